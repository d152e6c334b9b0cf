; What the runner sees: text on port E9h. The routines are wanted in both code sizes, so they are a macro.

%macro report_routines 1                ; suffix of the names
print_%1:                               ; (E)SI = characters, 0 ends them
        lodsb
        test    al, al
        jz      %%done
        out     0E9h, al
        jmp     print_%1
%%done: ret

print_hex_%1:                           ; EDX
        mov     ecx, 8
%%next: rol     edx, 4
        mov     al, dl
        and     al, 0Fh
        cmp     al, 10
        sbb     al, 69h
        das
        out     0E9h, al
        dec     ecx
        jnz     %%next
        ret

report_start_%1:
        mov     esi, text_start
        call    print_%1
        mov     esi, wanted
        call    print_%1
        mov     al, 10
        out     0E9h, al
        ret

report_end_%1:                          ; EAX = checksum; does not return
        mov     edx, eax
        mov     esi, text_end
        call    print_%1
        mov     esi, wanted
        call    print_%1
        mov     al, " "
        out     0E9h, al
        call    print_hex_%1
        mov     al, 10
        out     0E9h, al
switch_off_%1:
        mov     dx, 604h                ; QEMU and swemu: ACPI PM1a control, SLP_EN
        mov     ax, 2000h
        out     dx, ax
        mov     dx, 8900h               ; Bochs
        mov     esi, text_shutdown
        mov     ecx, 8
        rep     outsb
        xor     al, al                  ; QEMU without ACPI: isa-debug-exit
        out     0F4h, al
        cli
%%stop: hlt
        jmp     %%stop
%endmacro

        bits 16
        report_routines 16
        bits 32
        report_routines 32

text_start:     db "START ", 0
text_end:       db "END ", 0
text_shutdown:  db "Shutdown"
