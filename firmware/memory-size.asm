; How much memory there is, as the machine wrote it to CMOS:
;   30h/31h  KiB from 1 MiB up, at most 65535       34h/35h  64 KiB units from 16 MiB up
;   5Bh-5Dh  64 KiB units from 4 GiB up

memory_size:
        push    es
        push    word EBDA
        pop     es
        mov     al, 0x35
        call    cmos_read
        mov     ah, al
        mov     al, 0x34
        call    cmos_read
        movzx   ebx, ax
        test    bx, bx
        jz      .small
        shl     ebx, 16
        add     ebx, 15 << 20           ; counted from 1 MiB
        jc      .clip
        cmp     ebx, 0xFFFF0000 - 0x100000
        jbe     .store                  ; what is at the top of 4 GiB is this image
.clip:
        mov     ebx, 0xFFFF0000 - 0x100000
        jmp     .store
.small:
        mov     al, 0x31
        call    cmos_read
        mov     ah, al
        mov     al, 0x30
        call    cmos_read
        movzx   ebx, ax
        shl     ebx, 10
.store:
        mov     [es:e_memory_low], ebx
        mov     al, 0x5D
        call    cmos_read
        movzx   ecx, al
        shl     ecx, 16
        mov     al, 0x5C
        call    cmos_read
        mov     ch, al
        mov     al, 0x5B
        call    cmos_read
        mov     cl, al
        mov     edx, ecx
        shl     ecx, 16
        shr     edx, 16
        mov     [es:e_memory_high], ecx
        mov     [es:e_memory_high+4], edx
        pop     es
        ret
