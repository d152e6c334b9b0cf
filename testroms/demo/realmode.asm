; The last steps in real mode: the memory map, the A20 gate, and the switch to protected mode.
; The BIOS is callable only here; afterwards the kernel speaks to the hardware itself.

        bits 16
real_mode_start:
        mov     ax, 0003h               ; text mode, 80 columns by 25 rows
        int     10h

; INT 15h AX=E820h hands out one range at a time; EBX is the BIOS's own bookmark, 0 at both ends.
        xor     ebx, ebx
        xor     bp, bp
        mov     di, E820_ENTRIES
.range:
        mov     dword [di + 20], 1      ; ACPI attributes, if the BIOS writes only 20 bytes
        mov     eax, 0E820h
        mov     edx, "PAMS"             ; "SMAP", most significant byte first
        mov     ecx, E820_ENTRY_SIZE
        int     15h
        jc      .ranges_done
        cmp     eax, "PAMS"
        jne     .ranges_done
        add     di, E820_ENTRY_SIZE
        inc     bp
        cmp     bp, E820_MAX
        je      .ranges_done
        test    ebx, ebx
        jnz     .range
.ranges_done:
        movzx   ebp, bp
        mov     [E820_COUNT], ebp

; Address line 20 may be held low, so that addresses wrap at 1 MiB as on an 8086.
        mov     ax, 2401h
        int     15h
        in      al, 92h                 ; the other usual way; harmless when the first one worked
        or      al, 02h
        and     al, 0FEh                ; bit 0 would reset the machine
        out     92h, al

        cli
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1                   ; CR0.PE
        mov     cr0, eax
        jmp     CODE_SELECTOR:protected_mode_start

        align 8
; Flat segments: base 0, limit 4 GiB. The bytes of a descriptor are shuffled for the sake of the 286.
gdt:    dq      0                       ; selector 0 is never usable
        dq      00CF9A000000FFFFh       ; 08h: code, readable, ring 0, 32-bit
        dq      00CF92000000FFFFh       ; 10h: data, writable, ring 0, 32-bit
gdt_pointer:
        dw      gdt_pointer - gdt - 1
        dd      gdt

        bits 32
protected_mode_start:
        mov     ax, DATA_SELECTOR
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     esp, STACK_TOP
        jmp     kernel
