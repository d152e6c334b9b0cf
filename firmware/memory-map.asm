; INT 15h AH=88h, E801h, E881h, E820h: where memory is. E820h: ACPI 6.0, chapter 15.

MEMORY_USABLE   equ 1
MEMORY_RESERVED equ 2
SMAP            equ 0x534D4150

memory_88:                              ; KiB from 1 MiB up, as far as 16 bits go
        call    memory_low_kib
        cmp     eax, 0xFFFF
        jbe     .fits
        mov     ax, 0xFFFF
.fits:
        mov     [bp+f_ax], ax
        CARRY_CLEAR
        ret

; EAX = KiB from 1 MiB up, below 4 GiB. DS = EBDA from here on.
memory_low_kib:
        push    word EBDA
        pop     ds
        mov     eax, [e_memory_low]
        shr     eax, 10
        ret

memory_function:
        cmp     al, 0x20
        je      memory_map
        cmp     al, 0x01
        je      .words
        cmp     al, 0x81
        jne     system_unknown
        call    .sizes
        mov     [bp+f_eax], ecx
        mov     [bp+f_ecx], ecx
        mov     [bp+f_ebx], eax
        mov     [bp+f_edx], eax
        ret
.words:
        call    .sizes
        mov     [bp+f_ax], cx
        mov     [bp+f_cx], cx
        mov     [bp+f_bx], ax
        mov     [bp+f_dx], ax
        ret
; ECX = KiB from 1 to 16 MiB, EAX = 64 KiB units from 16 MiB up.
.sizes:
        call    memory_low_kib
        mov     ecx, 15 * 1024
        sub     eax, ecx
        jae     .above
        add     ecx, eax
        xor     eax, eax
.above:
        shr     eax, 6
        CARRY_CLEAR
        ret

; EBX = which entry (0 at first), ECX = room at ES:DI, EDX = "SMAP".
memory_map:
        cmp     edx, SMAP
        jne     system_unknown
        cmp     ecx, 20
        jb      system_unknown
        cmp     ebx, 6
        jae     system_unknown
        push    word EBDA
        pop     ds
        mov     di, [bp+f_di]
        imul    si, bx, 20
        add     si, .entries
        mov     cx, 5
        push    di
.copy:
        cs lodsd
        mov     [es:di], eax
        add     di, 4
        loop    .copy
        pop     di
        cmp     bx, 3
        jne     .not_low
        mov     eax, [e_memory_low]
        mov     [es:di+8], eax
.not_low:
        cmp     bx, 5
        jne     .not_high
        mov     eax, [e_memory_high]
        mov     [es:di+8], eax
        mov     eax, [e_memory_high+4]
        mov     [es:di+12], eax
.not_high:
        inc     bx
        cmp     bx, 6
        je      .last
        cmp     bx, 5                   ; nothing above 4 GiB: its entry is left out
        jne     .more
        mov     eax, [e_memory_high]
        or      eax, [e_memory_high+4]
        jnz     .more
.last:
        xor     bx, bx
.more:
        movzx   ebx, bx
        mov     [bp+f_ebx], ebx
        mov     dword [bp+f_eax], SMAP
        mov     dword [bp+f_ecx], 20
        CARRY_CLEAR
        ret

; Base, length, type. The lengths of entries 3 and 5 are filled in.
.entries:
        dd      0x00000000, 0, EBDA << 4, 0, MEMORY_USABLE
        dd      EBDA << 4, 0, 0xA0000 - (EBDA << 4), 0, MEMORY_RESERVED
        dd      0x000F0000, 0, 0x10000, 0, MEMORY_RESERVED
        dd      0x00100000, 0, 0, 0, MEMORY_USABLE
        dd      0xFFFF0000, 0, 0x10000, 0, MEMORY_RESERVED
        dd      0x00000000, 1, 0, 0, MEMORY_USABLE
