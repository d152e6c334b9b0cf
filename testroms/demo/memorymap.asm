; Which addresses are memory: the list that INT 15h E820h gave in real mode, and whether line A20 is open.

MEMORY_ROWS     equ 6                   ; lines in the box

        bits 32
memory_check:
        pushad
        mov     ebx, E820_ENTRIES
        mov     ecx, [E820_COUNT]
        test    ecx, ecx
        jz      .nothing
        mov     ebp, ROW_MEMORY + 1     ; the row we draw in
.entry:
        cmp     ebp, ROW_MEMORY + MEMORY_ROWS
        ja      .undrawn
        imul    edi, ebp, 160
        add     edi, at(0, LEFT + 2)
        inc     ebp
        mov     ah, VALUE
        mov     edx, [ebx]
        call    put_hex32
        mov     ah, LABEL
        mov     al, "-"
        call    put_char
        mov     ah, VALUE
        mov     edx, [ebx]
        add     edx, [ebx + 8]
        dec     edx
        call    put_hex32
        mov     al, " "
        call    put_char

        mov     edx, [ebx + 16]         ; type 1 is usable memory
        cmp     edx, 5
        jbe     .known
        xor     edx, edx
.known:
        mov     esi, [.types + edx * 4]
        mov     ah, LABEL
        cmp     edx, 1
        jne     .colour
        mov     ah, GOOD
.colour:
        call    put_string
        mov     al, " "
        call    put_char
        mov     ah, LABEL
        mov     edx, [ebx + 8]
        shr     edx, 10
        call    put_decimal
        mov     al, "K"
        call    put_char
.undrawn:
        cmp     dword [ebx + 16], 1
        jne     .skip
        inc     dword [usable_ranges]
.skip:
        add     ebx, E820_ENTRY_SIZE
        dec     ecx
        jnz     .entry

; With A20 held low 100500h would be 500h: write to one and look at the other.
        mov     eax, [00500h]
        mov     edx, [100500h]
        not     dword [100500h]
        cmp     eax, [00500h]
        mov     [100500h], edx
        jne     .failed
        cmp     dword [usable_ranges], 2
        jb      .failed                 ; below 640 KiB and above 1 MiB there is memory in every PC since the 386
        popad
        clc
        ret
.nothing:
        mov     edi, in_box(ROW_MEMORY, LEFT, 1)
        mov     ah, BAD
        mov     esi, .none
        call    put_string
.failed:
        popad
        stc
        ret
.none:          db "This BIOS has no E820h.", 0
.types:         dd .other, .usable, .reserved, .acpi, .nvs, .bad
.other:         db "other", 0
.usable:        db "usable", 0
.reserved:      db "reserved", 0
.acpi:          db "ACPI", 0
.nvs:           db "ACPI NVS", 0
.bad:           db "bad", 0

        align 4
usable_ranges:  dd 0
