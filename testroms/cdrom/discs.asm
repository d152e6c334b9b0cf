; A kernel with a driver for the CD-ROM drive: says what is on the disc, waits until somebody changes it, locks the tray, and gives the
; disc out when the button is pressed. Talks on COM1; ends with 0 at port F4h, or with the number of what failed.
; ATA/ATAPI-6 (PACKET); SPC-2 and MMC-3 (the packets).
%include "mistake.inc"

buffer  equ     0x140000
TIMER   equ     0x20
DISC    equ     0x2F                    ; IRQ 15

start:
        LOAD_GDT
        REMAP
        GATE    TIMER, timer
        GATE    DISC, disc
        lidt    [idt_pointer]
        mov     al, 0xFA                ; timer and cascade
        out     0x21, al
        mov     al, 0x7F                ; IRQ 15
        out     0xA1, al
        sti

        mov     al, 0xA0
        mov     dx, 0x176
        out     dx, al
        mov     al, 0x08                ; DEVICE RESET
        inc     dx
        out     dx, al
        call    settle
        mov     bl, 1
        mov     dx, 0x174
        in      al, dx
        cmp     al, 0x14
        jne     failed
        inc     dx
        in      al, dx
        cmp     al, 0xEB
        jne     failed

        call    wait_ready
        call    describe
        mov     esi, text_insert
        call    print
.same:  call    pause
        mov     dword [cdb], 0          ; TEST UNIT READY
        call    packet
        jnc     .same
        call    tell_sense
        call    wait_ready
        call    describe

        mov     bl, 2
        mov     dword [cdb], 0x1E       ; PREVENT ALLOW MEDIUM REMOVAL
        mov     dword [cdb + 4], 1
        call    packet
        jc      failed
        mov     esi, text_locked
        call    print
.event: call    pause
        mov     bl, 3
        mov     dword [cdb], 0x14A      ; GET EVENT STATUS NOTIFICATION, polled
        mov     dword [cdb + 4], 0x10   ; media
        mov     dword [cdb + 8], 8
        call    packet
        jc      failed
        mov     al, [buffer + 4]
        and     al, 0x0F
        cmp     al, 1
        jne     .event
        mov     esi, text_pressed
        call    print
        mov     bl, 4
        mov     dword [cdb], 0x1E
        mov     dword [cdb + 4], 0
        call    packet
        jc      failed
        mov     dword [cdb], 0x1B       ; START STOP UNIT: open the tray
        mov     dword [cdb + 4], 2
        call    packet
        jc      failed
        call    wait_ready
        call    describe
        mov     bl, 5
        cmp     dword [interrupts], 100
        jb      failed
        mov     esi, text_end
        call    print
        mov     bl, 0
failed: mov     al, bl
        out     0xF4, al
        jmp     $

timer:  push    eax
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd

disc:   push    eax
        inc     dword [interrupts]
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
        pop     eax
        iretd

pause:  hlt
        hlt
        ret

settle:                                 ; until BSY is clear; status in AL
        mov     dx, 0x177
.busy:  in      al, dx
        test    al, 0x80
        jnz     .busy
        ret

; The packet in cdb, its data to buffer. CF: it failed, with the sense key in AL.
packet:
        mov     edi, buffer
        mov     dx, 0x171
        xor     eax, eax
        out     dx, al
        mov     dx, 0x174               ; at most 2048 bytes at a time
        out     dx, al
        inc     dx
        mov     al, 8
        out     dx, al
        mov     dx, 0x177
        mov     al, 0xA0
        out     dx, al
        call    settle
        test    al, 8
        jz      .end
        mov     esi, cdb
        mov     ecx, 6
        mov     dx, 0x170
        rep     outsw
.next:  call    settle
        test    al, 8
        jz      .end
        mov     dx, 0x174
        in      al, dx
        movzx   ecx, al
        inc     dx
        in      al, dx
        mov     ch, al
        inc     ecx
        shr     ecx, 1
        mov     dx, 0x170
        rep     insw
        jmp     .next
.end:   test    al, 1
        jz      .good
        mov     dx, 0x171
        in      al, dx
        shr     al, 4
        stc
        ret
.good:  clc
        ret

; REQUEST SENSE, told when it is another than last time.
tell_sense:
        mov     dword [cdb], 0x03
        mov     dword [cdb + 4], 18
        call    packet
        mov     eax, [buffer + 12]
        and     eax, 0xFFFF
        shl     eax, 8
        mov     al, [buffer + 2]
        cmp     eax, [last_sense]
        je      .end
        mov     [last_sense], eax
        mov     esi, text_sense
        call    print
        mov     al, [last_sense]
        call    print_byte
        mov     al, [last_sense + 1]
        call    print_byte
        mov     al, [last_sense + 2]
        call    print_byte
        call    print_line
.end:   ret

wait_ready:
        mov     dword [cdb], 0
        call    packet
        jnc     .ready
        call    tell_sense
        call    pause
        jmp     wait_ready
.ready: ret

; The volume's name, the number of blocks, and a sum over all of them.
describe:
        mov     bl, 6
        mov     dword [cdb], 0x25       ; READ CAPACITY
        call    packet
        jc      failed
        mov     ebp, [buffer]
        bswap   ebp
        inc     ebp                     ; blocks
        mov     esi, text_disc
        call    print
        mov     eax, 16                 ; the primary volume descriptor
        call    read_block
        mov     esi, buffer + 40
        mov     ecx, 32
.name:  lodsb
        cmp     al, ' '
        je      .named
        call    print_character
        loop    .name
.named: mov     esi, text_blocks
        call    print
        mov     eax, ebp
        call    print_number
        xor     ebx, ebx                ; block
        xor     edi, edi                ; sum
.block: mov     eax, ebx
        push    edi
        call    read_block
        pop     edi
        mov     esi, buffer
        mov     ecx, 512
.sum:   lodsd
        rol     edi, 1
        add     edi, eax
        loop    .sum
        inc     ebx
        cmp     ebx, ebp
        jb      .block
        mov     esi, text_sum
        call    print
        mov     eax, edi
        call    print_number
        jmp     print_line

read_block:                             ; block EAX to buffer, by READ(10)
        bswap   eax
        mov     dword [cdb], 0x28
        mov     [cdb + 2], eax
        mov     dword [cdb + 6], 0x010000
        push    ebx
        call    packet
        pop     ebx
        jc      .bad
        ret
.bad:   mov     bl, 7
        jmp     failed

print:                                  ; zero-ended text at ESI
        lodsb
        test    al, al
        jz      .end
        call    print_character
        jmp     print
.end:   ret

print_line:
        mov     al, 10
print_character:
        push    edx
        push    eax
        mov     dx, 0x3FD
.wait:  in      al, dx
        test    al, 0x20
        jz      .wait
        pop     eax
        mov     dx, 0x3F8
        out     dx, al
        pop     edx
        ret

print_number:                           ; EAX as 8 hexadecimal digits
        mov     ecx, 8
.digit: rol     eax, 4
        push    eax
        and     al, 15
        call    print_digit
        pop     eax
        loop    .digit
        ret

print_byte:                             ; a space and two digits
        push    eax
        mov     al, ' '
        call    print_character
        pop     eax
        push    eax
        shr     al, 4
        call    print_digit
        pop     eax
        and     al, 15
print_digit:
        add     al, '0'
        cmp     al, '9'
        jbe     print_character
        add     al, 'A' - '9' - 1
        jmp     print_character

text_insert:    db "insert the other disc", 10, 0
text_locked:    db "locked; press the button", 10, 0
text_pressed:   db "the button was pressed", 10, 0
text_sense:     db "sense", 0
text_disc:      db "disc ", 0
text_blocks:    db ", blocks ", 0
text_sum:       db ", sum ", 0
text_end:       db "all discs were read", 10, 0
align 4
cdb:            dd 0, 0, 0
last_sense:     dd 0
interrupts:     dd 0
