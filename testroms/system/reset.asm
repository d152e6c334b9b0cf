; rom
; options: --reboot-on-triple-fault
; A firmware that looks at the processor in the first instruction after power-on, and again after a triple fault in real mode, one in
; protected mode with paging, the reset of port 92h and the one of port CF9h. SDM Vol. 3A, table 9-1.
        bits    16
        org     0

; RAM: 500h registers as found, 600h what survives a reset
FOUND   equ     500h
FLAGS   equ     FOUND + 40h
PASS    equ     600h                    ; 0 at power-on: then the reason of the reset
COUNT   equ     604h
FAILED  equ     608h
HIT     equ     60Ch
MARK    equ     610h
MAGIC   equ     5E7F0E57h

begin:  mov     [FOUND], eax            ; nothing here changes a flag
        mov     [FOUND + 4], ecx
        mov     [FOUND + 8], edx
        mov     [FOUND + 12], ebx
        mov     [FOUND + 16], esp
        mov     [FOUND + 20], ebp
        mov     [FOUND + 24], esi
        mov     [FOUND + 28], edi
        mov     [FOUND + 32], ds
        mov     [FOUND + 34], es
        mov     [FOUND + 36], fs
        mov     [FOUND + 38], gs
        mov     [FOUND + 40], ss
        mov     [FOUND + 42], cs
        mov     sp, 7000h
        pushfd
        pop     dword [FLAGS]
        mov     eax, cr0
        mov     [FOUND + 44h], eax
        mov     eax, cr2
        mov     [FOUND + 48h], eax
        mov     eax, cr3
        mov     [FOUND + 4Ch], eax
        mov     eax, cr4
        mov     [FOUND + 50h], eax
        mov     eax, dr6
        mov     [FOUND + 54h], eax
        mov     eax, dr7
        mov     [FOUND + 58h], eax
        mov     eax, dr0
        mov     [FOUND + 5Ch], eax
        o32 sgdt [FOUND + 60h]
        o32 sidt [FOUND + 68h]
        smsw    [FOUND + 70h]
        fnstcw  [FOUND + 74h]
        fnstsw  [FOUND + 76h]
        o32 fnstenv [FOUND + 80h]
        mov     eax, 1
        cpuid
        sub     [FOUND + 8], eax        ; EDX holds the signature: the difference is 0
        mov     eax, [cs:0FFF0h]
        mov     [FOUND + 78h], eax

        ; where CS points: a breakpoint on FFFFFFF0h
        mov     word [4], breakpoint
        mov     word [6], 0F000h
        mov     dword [HIT], 0
        mov     eax, 0FFFFFFF0h
        mov     dr0, eax
        mov     eax, 30703h
        mov     dr7, eax
        mov     al, [cs:0FFF0h]
        nop
        mov     eax, 400h
        mov     dr7, eax
        jmp     0F000h:.low
.low:   mov     eax, 30703h
        mov     dr7, eax
        mov     al, [cs:0FFF0h]         ; now FFFF0h: no hit
        nop
        mov     eax, 400h
        mov     dr7, eax
        cmp     dword [MARK], MAGIC
        je      .again
        mov     dword [MARK], MAGIC
        mov     dword [PASS], 0
        mov     dword [COUNT], 0
        mov     dword [FAILED], 0
.again: mov     bx, [PASS]
        shl     bx, 1
        mov     bx, [cs:reasons + bx]
        mov     bp, bx                  ; BP = what to say before each text
        mov     si, checks
.check: cmp     word [cs:si], 0
        je      .checked
        mov     di, [cs:si]
        mov     eax, [di]
        and     eax, [cs:si + 4]
        mov     edx, [cs:si + 8]
        mov     bx, [cs:si + 2]
        call    compare
        add     si, 12
        jmp     .check
.checked:
        cmp     dword [PASS], 0
        jne     .next
        mov     si, power_on_checks
        mov     dword [PASS], 100h      ; only once
        mov     bp, reasons.power
        jmp     .check
.next:  cmp     dword [PASS], 100h
        jne     .pass
        mov     dword [PASS], 0
.pass:  mov     bx, [PASS]
        inc     dword [PASS]
        shl     bx, 1
        ; leave traces everywhere
        mov     eax, 0FFFFFFFFh
        mov     cr2, eax
        mov     dr0, eax
        mov     eax, 0FFFFh
        mov     dr6, eax
        mov     eax, 7FFh
        mov     dr7, eax
        mov     eax, 455h
        mov     dr7, eax
        mov     eax, 18h
        mov     cr4, eax
        mov     eax, 200000h
        mov     cr3, eax
        jmp     [cs:ways + bx]

ways:   dw      triple_real, triple_protected, port_92, port_cf9, finish

triple_real:
        std
        mov     ecx, 12345678h
        mov     ax, 1234h
        mov     ds, ax
        mov     es, ax
        lidt    [cs:no_idt]
        sti
        int3
        hlt

triple_protected:
        lgdt    [cs:gdt_pointer]
        lidt    [cs:no_idt]
        mov     edi, 200000h            ; one 4-MByte page at 0, one at the top
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     .flush
.flush: mov     ax, 8
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     dword [edi], 87h
        mov     dword [edi + 0FFCh], 0FFC00087h
        mov     eax, cr0
        or      eax, 80010000h
        mov     cr0, eax
        ud2

port_92:
        in      al, 92h
        and     al, 0FEh
        out     92h, al
        or      al, 1
        out     92h, al
.wait:  jmp     .wait

port_cf9:
        mov     dx, 0CF9h
        mov     al, 2
        out     dx, al
        mov     al, 6
        out     dx, al
.wait:  jmp     .wait

breakpoint:
        inc     dword [HIT]
        iret

; EAX got, EDX expected, BP and BX texts
compare:
        inc     dword [COUNT]
        cmp     eax, edx
        je      .good
        inc     dword [FAILED]
        mov     di, not_text
        call    put
.good:  mov     di, ok_text
        call    put
        push    eax
        mov     eax, [COUNT]
        call    put_decimal
        mov     di, dash
        call    put
        mov     di, bp
        call    put
        mov     di, bx
        call    put
        pop     eax
        cmp     eax, edx
        je      .end
        mov     di, got_text
        call    put
        call    put_hex
        mov     di, expected_text
        call    put
        mov     eax, edx
        call    put_hex
.end:   mov     al, 10
        out     0E9h, al
        ret

put:    push    ax
.next:  mov     al, [cs:di]
        inc     di
        test    al, al
        jz      .end
        out     0E9h, al
        jmp     .next
.end:   pop     ax
        ret

put_decimal:                            ; EAX
        pushad
        mov     ebx, 10
        xor     cx, cx
.digit: xor     edx, edx
        div     ebx
        push    dx
        inc     cx
        test    eax, eax
        jnz     .digit
.put:   pop     ax
        add     al, '0'
        out     0E9h, al
        loop    .put
        popad
        ret

put_hex:
        pushad
        mov     cx, 8
.next:  rol     eax, 4
        mov     bx, ax
        and     bx, 15
        push    ax
        mov     al, [cs:digits + bx]
        out     0E9h, al
        pop     ax
        loop    .next
        popad
        ret

finish: mov     di, plan_text
        call    put
        mov     eax, [COUNT]
        call    put_decimal
        mov     al, 10
        out     0E9h, al
        mov     al, 10h
        cmp     dword [FAILED], 0
        je      .leave
        inc     al
.leave: mov     dword [MARK], 0
        out     0F4h, al
        mov     dx, 8900h
        mov     di, shutdown
.next:  mov     al, [cs:di]
        inc     di
        out     dx, al
        test    al, al
        jnz     .next
.stop:  hlt
        jmp     .stop

no_idt: dw      0, 0, 0
        align   8
gdt:    dw      0, 0, 0, 0
        dw      0FFFFh, 0, 9300h, 0CFh
gdt_pointer:
        dw      15
        dd      0F0000h + gdt

digits: db      "0123456789ABCDEF"
ok_text: db     "ok ", 0
not_text: db    "not ", 0
dash:   db      " - ", 0
got_text: db    " | got ", 0
expected_text: db " expected ", 0
plan_text: db   "1..", 0
shutdown: db    "Shutdown", 0
reasons:
        dw      .power, .real, .protected, .p92, .pcf9
.power: db      "power-on: ", 0
.real:  db      "triple fault in real mode: ", 0
.protected: db  "triple fault in protected mode: ", 0
.p92:   db      "port 92h: ", 0
.pcf9:  db      "port CF9h: ", 0

%macro row 4                            ; address, text label, mask, expected
        dw      %1, %2
        dd      %3, %4
%endmacro
checks: row     FOUND, text.eax, 0FFFFFFFFh, 0
        row     FOUND + 4, text.ecx, 0FFFFFFFFh, 0
        row     FOUND + 8, text.edx, 0FFFFFFFFh, 0
        row     FOUND + 12, text.ebx, 0FFFFFFFFh, 0
        row     FOUND + 16, text.esp, 0FFFFFFFFh, 0
        row     FOUND + 20, text.ebp, 0FFFFFFFFh, 0
        row     FOUND + 24, text.esi, 0FFFFFFFFh, 0
        row     FOUND + 28, text.edi, 0FFFFFFFFh, 0
        row     FOUND + 32, text.ds, 0FFFFFFFFh, 0
        row     FOUND + 36, text.fs, 0FFFFFFFFh, 0
        row     FOUND + 40, text.cs, 0FFFFFFFFh, 0F0000000h
        row     FLAGS, text.eflags, 0FFFFFFFFh, 2
        row     FOUND + 48h, text.cr2, 0FFFFFFFFh, 0
        row     FOUND + 4Ch, text.cr3, 0FFFFFFFFh, 0
        row     FOUND + 50h, text.cr4, 0FFFFFFFFh, 0
        row     FOUND + 54h, text.dr6, 0FFFFFFFFh, 0FFFF0FF0h
        row     FOUND + 58h, text.dr7, 0FFFFFFFFh, 400h
        row     FOUND + 5Ch, text.dr0, 0FFFFFFFFh, 0
        row     FOUND + 60h, text.gdt, 0FFFFFFFFh, 0FFFFh
        row     FOUND + 68h, text.idt, 0FFFFFFFFh, 0FFFFh
        row     HIT, text.hit, 0FFFFFFFFh, 1
        row     FOUND + 44h, text.cr0, 9FFFFFFFh, 10h           ; CD and NW outlive INIT
        dw      0
power_on_checks:
        row     FOUND + 44h, text.cache, 0FFFFFFFFh, 60000010h
        row     FOUND + 74h, text.fcw, 0FFFFFFFFh, 40h
        row     FOUND + 88h, text.ftw, 0FFFFh, 5555h
        dw      0
text:
.eax:   db      "EAX", 0
.ecx:   db      "ECX", 0
.edx:   db      "EDX is the signature of CPUID", 0
.ebx:   db      "EBX", 0
.esp:   db      "ESP", 0
.ebp:   db      "EBP", 0
.esi:   db      "ESI", 0
.edi:   db      "EDI", 0
.ds:    db      "DS and ES", 0
.fs:    db      "FS and GS", 0
.cs:    db      "SS 0 and CS F000h", 0
.eflags: db     "EFLAGS", 0
.cr0:   db      "CR0", 0
.cr2:   db      "CR2", 0
.cr3:   db      "CR3", 0
.cr4:   db      "CR4", 0
.dr6:   db      "DR6", 0
.dr7:   db      "DR7", 0
.dr0:   db      "DR0", 0
.gdt:   db      "GDTR: limit FFFFh, base 0", 0
.idt:   db      "IDTR: limit FFFFh, base 0", 0
.hit:   db      "the base of CS is FFFF0000h up to the first far jump", 0
.cache: db      "CR0 with CD and NW", 0
.fcw:   db      "x87: control word 0040h, status word 0", 0
.ftw:   db      "x87: tag word 5555h", 0

        times   0FFF0h - ($ - $$) db 0FFh
        jmp     begin
        times   10000h - ($ - $$) db 0
