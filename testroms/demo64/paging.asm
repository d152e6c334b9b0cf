; Paging with four levels: 9 bits of a linear address for each, and 12 for the byte in the page (SDM Vol. 3A, chapter on paging).
; A level can be left out at the end: an entry with bit PS maps all that the missing table would.

PRESENT         equ 1 << 0
WRITABLE        equ 1 << 1
USER            equ 1 << 2              ; for ring 3, too
DIRTY           equ 1 << 6              ; written: the processor sets it
LARGE           equ 1 << 7              ; PS
NO_EXECUTE      equ 63

        bits 32
make_page_tables:
        mov     edi, TOP_TABLE
        mov     ecx, (FRAMES_END - TOP_TABLE) / 4
        xor     eax, eax
        rep     stosd
        mov     eax, POINTERS | PRESENT | WRITABLE | USER
        mov     [TOP_TABLE], eax
        mov     [TOP_TABLE + 256 * 8], eax              ; HIGH_HALF: the same tables, and so the same memory
        mov     dword [POINTERS], DIRECTORY | PRESENT | WRITABLE | USER
        mov     dword [DIRECTORY], 0 | PRESENT | WRITABLE | LARGE       ; 2 MB, the kernel in them, to themselves
        mov     dword [DIRECTORY + 8], TABLE | PRESENT | WRITABLE | USER
        mov     dword [TABLE], RING3_FRAME | PRESENT | USER
        mov     dword [TABLE + 8], STACK_FRAME | PRESENT | WRITABLE | USER
        mov     dword [TABLE + 16], DATA_FRAME | PRESENT | WRITABLE | USER
        cmp     byte [has_gigabyte], 0
        je      .done
        mov     dword [POINTERS + 8], 0 | PRESENT | WRITABLE | LARGE    ; 1 GB, physical 0 again
.done:
        ret

        bits 64
; Passed when bytes written by one address are read by another.
paging_check:
        mov     dword [.probe], "2 MB"
        mov     edi, in_box(ROW_PAGING, RIGHT, 1) + 2 * 11
        xor     edx, edx
        call    put_address
        test    byte [DIRECTORY], DIRTY
        jz      .failed
        call    put_check

        mov     edi, in_box(ROW_PAGING, RIGHT, 2) + 2 * 11
        cmp     byte [has_gigabyte], 0
        je      .no_gigabyte
        mov     edx, GIGABYTE
        call    put_address
        mov     dword [.probe + GIGABYTE], "1 GB"
        cmp     dword [.probe], "1 GB"
        jne     .failed
        call    put_check
        jmp     .high
.no_gigabyte:
        mov     esi, .none
        mov     ah, LABEL
        legacy  put_string

.high:
        mov     rdx, HIGH_HALF
        mov     edi, in_box(ROW_PAGING, RIGHT, 3) + 2 * 11
        call    put_address
        mov     rdx, HIGH_HALF + .probe
        mov     dword [.probe], "down"
        cmp     dword [rdx], "down"
        jne     .failed
        mov     dword [rdx], "high"
        cmp     dword [.probe], "high"
        jne     .failed
        call    put_check
        clc
        ret
.failed:
        stc
        ret
        align 4
.probe:         dd 0
.none:          db "this processor has none", 0

put_address:                            ; RDX
        push    rdx
        shr     rdx, 32
        mov     ah, VALUE
        legacy  put_hex32
        pop     rdx
        legacy  put_hex32
        ret

put_check:
        mov     esi, .mark
        mov     ah, GOOD
        legacy  put_string
        ret
.mark:          db " ", 0FBh, 0
