; Virtual-8086 mode: what needs IOPL 3, what VME makes of it, the redirection bit map, the I/O bit map, and protected-mode virtual
; interrupts. SDM Vol. 3B, chapter 20; Vol. 1, chapter 19.
%include "lib/start.inc"

; In V86 mode INT 40h needs IOPL 3 or a redirection; otherwise HLT (#GP) ends the code under test.
%macro v86_end 0
.end:   hlt
        endcode
%endmacro
%macro v86_works 2                      ; text, IOPL; code follows
        probe   %1
        virtual %2
        code    16
%endmacro
%macro v86_ok 0
        v86_end
        want    xGP, 0, .end
%endmacro
%macro v86_gp 3+                        ; text, IOPL, instruction
        probe   %1
        virtual %2
        code    16
.f:     %3
        endcode
        want    xGP, 0
%endmacro

RETURN  equ     600h                    ; where V86 handlers are: HLT

main:
        mov     byte [RETURN], 0F4h
        mov     dword [50h * 4], RETURN ; 0000:0600
        ; --- IOPL
%assign iopl 0
%rep 3
%defstr iopl_name iopl
        v86_gp  %strcat("IOPL ", iopl_name, ": CLI"), iopl, cli
        v86_gp  %strcat("IOPL ", iopl_name, ": STI"), iopl, sti
        v86_gp  %strcat("IOPL ", iopl_name, ": PUSHF"), iopl, pushf
        v86_gp  %strcat("IOPL ", iopl_name, ": POPF"), iopl, popf
        v86_gp  %strcat("IOPL ", iopl_name, ": PUSHFD"), iopl, pushfd
        v86_gp  %strcat("IOPL ", iopl_name, ": INT 50h"), iopl, int 50h
        v86_gp  %strcat("IOPL ", iopl_name, ": IRET"), iopl, iret
%assign iopl iopl + 1
%endrep
        v86_works "IOPL 3: CLI, STI, PUSHF, POPF work on the flags themselves", 3
        sti
        pushf
        pop     ax
        cli
        endcode
        set     eax, 0A0A03202h
        mov     dword [ignored], 1 << 2
        want    DONE, 0, 0

        v86_works "IOPL 3: POPF does not change IOPL", 3
        push    word 2
        popf
        pushf
        pop     ax
        endcode
        set     eax, 0A0A03002h
        mov     dword [ignored], 1 << 2
        want    DONE, 0, 0

        v86_works "IOPL 3: IRET loads IF, keeps IOPL", 3
        push    word 202h
        push    word 0
        push    word RETURN
        iret
        endcode
        set     eflags, FLAG_VM | IOPL3 | 202h
        want    xGP, 0, RETURN

        probe   "INT n with IOPL 3: the gate's DPL counts"
        virtual 3
        code    16
.f:     int     51h
        endcode
        want    xGP, 51h * 8 + 2

        probe   "INT3 with IOPL 0 goes to protected mode"
        virtual 0
        code    16
        int3
.f:     hlt
        endcode
        want    xBP, 0

        probe   "INTO with IOPL 0"
        virtual 0
        or      dword [context + machine.eflags], 800h
        code    16
        into
.f:     hlt
        endcode
        want    xOF, 0

        ; --- segments and addresses
        probe   "a word at FFFFh is beyond the limit"
        virtual 0
        code    16
.f:     mov     ax, [0FFFFh]
        endcode
        want    xGP, 0

        probe   "a 32-bit address beyond 64K"
        virtual 0
        set     ebx, 10000h
        code    16
.f:     mov     al, [ebx]
        endcode
        want    xGP, 0

        probe   "POP beyond the limit of SS"
        virtual 0
        set     esp, 0FFFFh
        code    16
.f:     pop     ax
        endcode
        want    xSS, 0

        v86_works "segment registers take paragraphs", 0
        mov     ax, 1234h
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        v86_end
        set     eax, 0A0A01234h
        set     ds, 1234h
        set     es, 1234h
        set     fs, 1234h
        set     gs, 1234h
        want    xGP, 0, .end

        v86_gp  "HLT", 3, hlt
        v86_gp  "MOV EAX, CR0", 3, mov eax, cr0
        v86_gp  "MOV EAX, DR7", 3, mov eax, dr7
        v86_gp  "LGDT", 3, lgdt [0]
        v86_gp  "LMSW", 3, lmsw ax
        v86_gp  "CLTS", 3, clts
        v86_gp  "RDMSR", 3, rdmsr
        v86_gp  "INVLPG", 3, invlpg [0]
%macro v86_ud 1+
%defstr v86_name %1
        probe   %strcat("#UD: ", v86_name)
        virtual 3
        code    16
.f:     %1
        endcode
        want    xUD, 0
%endmacro
        v86_ud  lldt ax
        v86_ud  ltr ax
        v86_ud  sldt ax
        v86_ud  str ax
        v86_ud  lar ax, ax
        v86_ud  lsl ax, ax
        v86_ud  verr ax
        v86_ud  verw ax
        v86_ud  arpl ax, ax

        ; --- entry and exit
        probe   "an interrupt from V86 mode: nulls the data segments, frame of nine"
        virtual 3
        set     ds, 1111h
        set     es, 2222h
        set     fs, 3333h
        set     gs, 4444h
        idt_gate 50h, CODE0, from_v86, 0EEh
        code    16
        int     50h
        endcode
        set     eflags, IOPL3 | 2
        set     cs, CODE0
        set     ss, DATA0
        set     esp, STACK_H - 36
        set     ds, 0
        set     es, 0
        set     fs, 0
        set     gs, 0
        want    DONE, 0, from_v86.end
        is      "GS", [STACK_H - 4], 4444h
        is      "FS", [STACK_H - 8], 3333h
        is      "DS", [STACK_H - 12], 1111h
        is      "ES", [STACK_H - 16], 2222h
        is      "SS", [STACK_H - 20], STACK3 >> 4
        is      "ESP", [STACK_H - 24], 0FF0h
        is      "EFLAGS with VM", [STACK_H - 28], FLAG_VM | IOPL3 | 2
        is      "CS", [STACK_H - 32], 0
        idt_default 50h

        probe   "a handler that is not at ring 0"
        virtual 3
        idt_gate 50h, CODE1, from_v86, 0EEh
        code    16
.f:     int     50h
        endcode
        want    xGP, CODE1 & ~3

        probe   "a conforming handler"
        descriptor FREE, 0, 0FFFFFh, 9Fh, 0Ch
        virtual 3
        idt_gate 50h, FREE, from_v86, 0EEh
        code    16
.f:     int     50h
        endcode
        want    xGP, FREE
        idt_default 50h

        ; --- I/O bit map
        and     byte [tss0 + 68h + 32 + (80h >> 3)], ~1         ; port 80h
        and     byte [tss0 + 68h + 32 + (87h >> 3)], ~80h       ; port 87h
        and     byte [tss0 + 68h + 32 + (88h >> 3)], ~1         ; port 88h
        v86_works "I/O map: OUT to a port that is open, IOPL 0", 0
        out     80h, al
        v86_ok
        v86_gp  "I/O map: a closed port, IOPL 3 does not help in V86 mode", 3, out 81h, al
        v86_gp  "I/O map: a word needs both bits", 0, out 80h, ax
        v86_works "I/O map: a word over two bytes of the map", 0
        mov     dx, 87h
        out     dx, ax
        v86_end
        set     edx, 0D2D20087h
        want    xGP, 0, .end
        v86_gp  "I/O map: a doubleword over two bytes", 0, out 87h, eax

        probe   "I/O map: ring 3 with IOPL 0, open port"
        ring    3
        code
        out     80h, al
        endcode
        want_done

        probe   "I/O map: ring 3 with IOPL 3 does not look"
        ring    3
        set     eflags, IOPL3 | 2
        code
        out     81h, al
        endcode
        want_done

        probe   "I/O map: its last byte is needed too"
        mov     word [gdt + TSS0], 68h + 32 + (80h >> 3)
        call    load_task
        ring    3
        code
.f:     out     80h, al
        endcode
        want    xGP, 0
        mov     word [gdt + TSS0], TSS_LIMIT
        call    load_task

        probe   "I/O map: base beyond the limit"
        mov     word [tss0 + 66h], 0FFFFh
        ring    3
        code
.f:     out     80h, al
        endcode
        want    xGP, 0
        mov     word [tss0 + 66h], 68h + 32

        probe   "I/O map: a 16-bit TSS has none"
        mov     word [tss2 + 2], 2000h
        mov     word [tss2 + 4], DATA0
        mov     ax, TSS2
        ltr     ax
        ring    3
        code
.f:     out     80h, al
        endcode
        call    load_task
        want    xGP, 0

        ; --- VME
        or      byte [tss0 + 68h + DONE / 8], 1 ; INT 40h goes to its gate
        mov     eax, cr4
        or      al, 1
        mov     cr4, eax
        v86_works "VME, IOPL 0: STI sets VIF, not IF", 0
        sti
        v86_end
        set     eflags, FLAG_VM | FLAG_VIF | 2
        want    xGP, 0, .end

        probe   "VME, IOPL 0: CLI clears VIF"
        virtual 0
        or      dword [context + machine.eflags], FLAG_VIF | FLAG_IF
        code    16
        cli
        v86_end
        set     eflags, FLAG_VM | FLAG_IF | 2
        want    xGP, 0, .end

        probe   "VME: STI with VIP"
        virtual 0
        or      dword [context + machine.eflags], FLAG_VIP
        code    16
.f:     sti
        endcode
        want    xGP, 0

        probe   "VME, IOPL 3: STI with VIP works on IF"
        virtual 3
        or      dword [context + machine.eflags], FLAG_VIP
        code    16
        sti
        endcode
        set     eflags, FLAG_VM | IOPL3 | FLAG_VIP | FLAG_IF | 2
        mov     dword [ignored], 1 << 2
        want    DONE, 0, 0

        probe   "VME, IOPL 0: PUSHF has VIF as IF and IOPL 3"
        virtual 0
        or      dword [context + machine.eflags], FLAG_VIF
        code    16
        pushf
        pop     ax
        v86_end
        set     eax, 0A0A03202h
        want    xGP, 0, .end

        v86_works "VME, IOPL 0: POPF moves IF to VIF", 0
        push    word 202h
        popf
        v86_end
        set     eflags, FLAG_VM | FLAG_VIF | 2
        want    xGP, 0, .end

        probe   "VME: POPF with IF while VIP"
        virtual 0
        or      dword [context + machine.eflags], FLAG_VIP
        mov     word [STACK3 + 0FF0h], 202h
        code    16
.f:     popf
        endcode
        want    xGP, 0

        probe   "VME: POPF with TF"
        virtual 0
        mov     word [STACK3 + 0FF0h], 102h
        code    16
.f:     popf
        endcode
        want    xGP, 0

        v86_gp  "VME, IOPL 0: PUSHFD", 0, pushfd
        v86_gp  "VME, IOPL 2: POPFD", 2, popfd
        v86_gp  "VME, IOPL 1: IRETD", 1, iretd

        v86_works "VME, IOPL 0: IRET moves IF to VIF", 0
        push    word 202h
        push    word 0
        push    word RETURN
        iret
        endcode
        set     eflags, FLAG_VM | FLAG_VIF | 2
        want    xGP, 0, RETURN

        ; the redirection bit map: bit clear means the 8086 table
        v86_works "VME, IOPL 0: INT n redirected to the 8086 table", 0
        int     50h
        endcode
        set     esp, 0FF0h - 6
        want    xGP, 0, RETURN
        mov     eax, [STACK3 + 0FF0h - 4]
        is      "flags with IOPL 3, and CS", eax, 30020000h

        probe   "VME: the redirected INT clears VIF and saves it as IF"
        virtual 0
        or      dword [context + machine.eflags], FLAG_VIF
        code    16
        int     50h
        endcode
        set     eflags, FLAG_VM | 2
        set     esp, 0FF0h - 6
        want    xGP, 0, RETURN
        movzx   eax, word [STACK3 + 0FF0h - 2]
        is      "the image", eax, 3202h

        probe   "VME, IOPL 3: the redirected INT clears IF"
        virtual 3
        or      dword [context + machine.eflags], FLAG_IF
        code    16
        int     50h
        endcode
        set     eflags, FLAG_VM | IOPL3 | 2
        set     esp, 0FF0h - 6
        want    xGP, 0, RETURN

        or      byte [tss0 + 68h + 50h / 8], 1
        v86_gp  "VME, IOPL 0: INT n not redirected", 0, int 50h
        probe   "VME, IOPL 3: INT n not redirected goes through the gate"
        virtual 3
        idt_gate 50h, CODE0, stubs + 50h * 16, 0EEh
        code    16
        int     50h
.f:     hlt
        endcode
        want    50h, 0
        idt_default 50h
        mov     eax, cr4
        and     al, ~1
        mov     cr4, eax

        ; --- PVI
        probe   "without PVI: STI in ring 3"
        ring    3
        code
.f:     sti
        endcode
        want    xGP, 0
        mov     eax, cr4
        or      al, 2
        mov     cr4, eax
        probe   "PVI: STI sets VIF"
        ring    3
        code
        sti
        endcode
        set     eflags, FLAG_VIF | 2
        want_done
        probe   "PVI: CLI clears VIF"
        ring    3
        set     eflags, FLAG_VIF | 2
        code
        cli
        endcode
        set     eflags, 2
        want_done
        probe   "PVI: STI with VIP"
        ring    3
        set     eflags, FLAG_VIP | 2
        code
.f:     sti
        endcode
        want    xGP, 0
        probe   "PVI: only in ring 3"
        ring    2
        code
.f:     sti
        endcode
        want    xGP, 0
        probe   "PVI: PUSHFD shows the flags themselves"
        ring    3
        set     eflags, FLAG_VIF | 2
        code
        pushfd
        pop     eax
        endcode
        set     eax, FLAG_VIF | 2
        want_done
        mov     eax, cr4
        and     al, ~2
        mov     cr4, eax
        jmp     finish

load_task:
        and     byte [gdt + TSS0 + 5], ~2
        mov     ax, TSS0
        ltr     ax
        ret

from_v86:
        int     DONE
.end:   nop
