; Exceptions: each cause, its vector, error code, saved CS:EIP and EFLAGS, and that nothing else changed.
; SDM Vol. 3A, chapter 6, and the instruction pages of Vol. 2.
%include "lib/start.inc"

main:
        probe   "DIV r32 by zero"
        set     ecx, 0
        code
.f:     div     ecx
        endcode
        want    xDE, 0

        probe   "DIV r32 quotient too large"
        set     edx, 5
        set     ecx, 5
        code
.f:     div     ecx
        endcode
        want    xDE, 0

        probe   "IDIV r32 of 80000000h by -1"
        set     edx, -1
        set     eax, 80000000h
        set     ecx, -1
        code
.f:     idiv    ecx
        endcode
        want    xDE, 0

        probe   "IDIV r16 quotient 8000h"
        set     edx, 0
        set     eax, 8000h
        set     ecx, 1
        code
.f:     idiv    cx
        endcode
        want    xDE, 0

        probe   "DIV r8 quotient too large"
        set     eax, 1000h
        set     ecx, 10h
        code
.f:     div     cl
        endcode
        want    xDE, 0

        probe   "AAM 0"
        code
.f:     aam     0
        endcode
        want    xDE, 0

        probe   "DIV by zero in ring 3"
        ring    3
        set     ecx, 0
        code
.f:     div     ecx
        endcode
        want    xDE, 0

        probe   "INT3 saves the next EIP and no RF"
        code
        int3
.f:     nop
        endcode
        want    xBP, 0

        probe   "INT3 in ring 3"
        ring    3
        code
        int3
.f:     nop
        endcode
        want    xBP, 0

        probe   "INT 3 (CD 03)"
        ring    3
        code
        db      0CDh, 3
.f:     nop
        endcode
        want    xBP, 0

        probe   "INTO with OF"
        set     eflags, 802h
        mov     dword [flag_mask], 3F7FD5h
        code
        into
.f:     nop
        endcode
        want    xOF, 0

        probe   "INTO without OF"
        code
        into
        endcode
        want_done

        probe   "BOUND below"
        mov     dword [SCRATCH], 10
        mov     dword [SCRATCH + 4], 20
        set     eax, 9
        code
.f:     bound   eax, [SCRATCH]
        endcode
        want    xBR, 0

        probe   "BOUND above"
        set     eax, 21
        code
.f:     bound   eax, [SCRATCH]
        endcode
        want    xBR, 0

        probe   "BOUND at both ends is inside"
        set     eax, 10
        set     ecx, 20
        code
        bound   eax, [SCRATCH]
        bound   ecx, [SCRATCH]
        endcode
        want_done

        probe   "BOUND is signed"
        mov     dword [SCRATCH], -10
        mov     dword [SCRATCH + 4], -5
        set     eax, -4
        code
.f:     bound   eax, [SCRATCH]
        endcode
        want    xBR, 0

        probe   "UD2"
        code
.f:     ud2
        endcode
        want    xUD, 0

        probe   "UD1 (0F B9)"
        code
.f:     db      0Fh, 0B9h, 0C0h
        endcode
        want    xUD, 0

        probe   "BOUND with a register operand"
        code
.f:     db      62h, 0C0h
        endcode
        want    xUD, 0

        probe   "LEA with a register operand"
        code
.f:     db      8Dh, 0C0h
        endcode
        want    xUD, 0

        probe   "LES with a register operand"
        code
.f:     db      0C4h, 0C1h
        endcode
        want    xUD, 0

        probe   "MOV to CS"
        code
.f:     db      8Eh, 0C8h
        endcode
        want    xUD, 0

        probe   "MOV to segment register 6"
        code
.f:     db      8Eh, 0F0h
        endcode
        want    xUD, 0

        probe   "FF /7"
        code
.f:     db      0FFh, 0F8h
        endcode
        want    xUD, 0

        probe   "FE /2"
        code
.f:     db      0FEh, 0D0h
        endcode
        want    xUD, 0

        probe   "CALL far with a register operand"
        code
.f:     db      0FFh, 0D8h
        endcode
        want    xUD, 0

        probe   "C6 /1"
        code
.f:     db      0C6h, 0C8h, 0
        endcode
        want    xUD, 0

        probe   "MOV from CR1"
        code
.f:     db      0Fh, 20h, 0C8h
        endcode
        want    xUD, 0

        probe   "LOCK before MOV"
        code
.f:     db      0F0h, 89h, 05h
        dd      SCRATCH
        endcode
        want    xUD, 0

        probe   "INVLPG with a register operand"
        code
.f:     db      0Fh, 01h, 0F8h
        endcode
        want    xUD, 0

        probe   "LGDT with a register operand"
        code
.f:     db      0Fh, 01h, 0D0h
        endcode
        want    xUD, 0

        probe   "CMPXCHG8B with a register operand"
        code
.f:     db      0Fh, 0C7h, 0C8h
        endcode
        want    xUD, 0

        ; --- #NM
        mov     eax, cr0
        or      al, 8                   ; TS
        mov     cr0, eax
        probe   "FNOP with CR0.TS"
        code
.f:     fnop
        endcode
        want    xNM, 0

        probe   "FLD with CR0.TS comes before its page or segment fault"
        ring    3
        set     ds, 0
        code
.f:     fld     dword [0]
        endcode
        want    xNM, 0

        probe   "WAIT with TS but not MP"
        code
        fwait
        endcode
        want_done

        mov     eax, cr0
        or      al, 2                   ; MP
        mov     cr0, eax
        probe   "WAIT with TS and MP"
        code
.f:     fwait
        endcode
        want    xNM, 0

        mov     eax, cr0
        and     al, ~0Eh
        or      al, 4                   ; EM
        mov     cr0, eax
        probe   "FNINIT with CR0.EM"
        code
.f:     fninit
        endcode
        want    xNM, 0

        probe   "WAIT with EM is not trapped"
        code
        fwait
        endcode
        want_done

        mov     eax, cr0
        and     al, ~0Eh
        or      al, 22h                 ; MP NE
        mov     cr0, eax

        ; --- #MF: reported by the next waiting instruction
        fninit
        mov     word [SCRATCH], 37Bh    ; zero divide unmasked
        probe   "FDIV by zero is reported by the next waiting instruction"
        code
        fldcw   [SCRATCH]
        fld1
        fldz
        fdivp   st1
        nop
.f:     fld1
        endcode
        mov     dword [ignored], 1 << 7
        want    xMF, 0

        probe   "FNSTSW and FNINIT do not wait"
        code
        fnstsw  ax
        fninit
        fld1
        endcode
        mov     dword [ignored], 1 << 7
        want_done

        ; --- #GP by privilege
%macro privileged 1+
        probe   %1
        ring    3
        code
.f:
%endmacro
        privileged "HLT in ring 3"
        hlt
        endcode
        want    xGP, 0
        privileged "CLI in ring 3"
        cli
        endcode
        want    xGP, 0
        privileged "STI in ring 3"
        sti
        endcode
        want    xGP, 0
        privileged "IN in ring 3"
        in      al, 80h
        endcode
        want    xGP, 0
        privileged "OUT in ring 3"
        out     dx, eax
        endcode
        want    xGP, 0
        privileged "INS in ring 3"
        insb
        endcode
        want    xGP, 0
        privileged "REP OUTS with ECX 5 in ring 3"
        rep     outsb
        endcode
        want    xGP, 0
        privileged "LGDT in ring 3"
        lgdt    [SCRATCH]
        endcode
        want    xGP, 0
        privileged "LIDT in ring 3"
        lidt    [SCRATCH]
        endcode
        want    xGP, 0
        privileged "LLDT in ring 3"
        lldt    ax
        endcode
        want    xGP, 0
        privileged "LTR in ring 3"
        ltr     ax
        endcode
        want    xGP, 0
        privileged "LMSW in ring 3"
        lmsw    ax
        endcode
        want    xGP, 0
        privileged "CLTS in ring 3"
        clts
        endcode
        want    xGP, 0
        privileged "MOV EAX, CR0 in ring 3"
        mov     eax, cr0
        endcode
        want    xGP, 0
        privileged "MOV CR3, EAX in ring 3"
        mov     cr3, eax
        endcode
        want    xGP, 0
        privileged "MOV EAX, DR7 in ring 3"
        mov     eax, dr7
        endcode
        want    xGP, 0
        privileged "MOV DR0, EAX in ring 3"
        mov     dr0, eax
        endcode
        want    xGP, 0
        privileged "INVLPG in ring 3"
        invlpg  [0]
        endcode
        want    xGP, 0
        privileged "INVD in ring 3"
        invd
        endcode
        want    xGP, 0
        privileged "WBINVD in ring 3"
        wbinvd
        endcode
        want    xGP, 0
        privileged "RDMSR in ring 3"
        rdmsr
        endcode
        want    xGP, 0
        privileged "WRMSR in ring 3"
        wrmsr
        endcode
        want    xGP, 0

        probe   "HLT in ring 1"
        ring    1
        code
.f:     hlt
        endcode
        want    xGP, 0

        probe   "SMSW, SGDT, SIDT, SLDT, STR are allowed in ring 3"
        ring    3
        code
        smsw    ax
        sgdt    [SCRATCH]
        sidt    [SCRATCH]
        sldt    bx
        str     cx
        endcode
        mov     dword [ignored], (1 << 7) | (1 << 8) | (1 << 10)
        want_done

        probe   "POPF in ring 3 leaves IF and IOPL alone"
        ring    3
        code
        push    dword 3202h
        popfd
        pushfd
        pop     eax
        endcode
        set     eax, 2
        want_done

        ; --- vectors of the interrupt table
        probe   "INT n whose gate has DPL 0, in ring 3"
        ring    3
        code
.f:     int     50h
        endcode
        want    xGP, 50h * 8 + 2

        probe   "INT 14 in ring 3 pushes no error code: the gate's DPL stops it"
        ring    3
        code
.f:     int     14
        endcode
        want    xGP, 14 * 8 + 2

        probe   "INT n through a gate that is not present"
        mov     byte [idt + 50h * 8 + 5], 6Eh
        ring    3
        code
.f:     int     50h
        endcode
        want    xNP, 50h * 8 + 2

        probe   "INT n: privilege comes before presence"
        mov     byte [idt + 50h * 8 + 5], 0Eh
        ring    3
        code
.f:     int     50h
        endcode
        want    xGP, 50h * 8 + 2

        probe   "INT n through something that is no gate"
        mov     byte [idt + 50h * 8 + 5], 0ECh
        code
.f:     int     50h
        endcode
        want    xGP, 50h * 8 + 2
        idt_default 50h

        probe   "INT n beyond the limit of the table"
        mov     word [SCRATCH], 50h * 8 + 6
        mov     dword [SCRATCH + 2], idt
        lidt    [SCRATCH]
        code
.f:     int     50h
        endcode
        want    xGP, 50h * 8 + 2
        lidt    [idt_pointer]

        probe   "INT n: a gate whose code segment is null"
        mov     word [idt + 50h * 8 + 2], 0
        code
.f:     int     50h
        endcode
        want    xGP, 0

        probe   "INT n: a gate whose code segment is data"
        mov     word [idt + 50h * 8 + 2], DATA0
        code
.f:     int     50h
        endcode
        want    xGP, DATA0

        probe   "INT n: a gate whose code segment is beyond the GDT"
        mov     word [idt + 50h * 8 + 2], 0FFF0h
        code
.f:     int     50h
        endcode
        want    xGP, 0FFF0h

        probe   "INT n: a gate to a less privileged code segment"
        mov     word [idt + 50h * 8 + 2], CODE3
        code
.f:     int     50h
        endcode
        want    xGP, CODE3 & ~3

        probe   "INT n: a gate whose code segment is not present"
        descriptor FREE, 0, 0FFFFFh, 1Bh, 0Ch
        mov     word [idt + 50h * 8 + 2], FREE
        code
.f:     int     50h
        endcode
        want    xNP, FREE

        probe   "INT n: an offset beyond the code segment's limit"
        descriptor FREE, 0, 0FFFh, 9Bh, 4
        code
.f:     int     50h
        endcode
        want    xGP, 0
        idt_default 50h

        ; --- EXT: the same for exceptions
        probe   "EXT: #UD through a gate that is not present"
        mov     byte [idt + xUD * 8 + 5], 0Eh
        code
.f:     ud2
        endcode
        want    xNP, xUD * 8 + 3
        idt_default xUD

        probe   "EXT: #UD through something that is no gate"
        mov     byte [idt + xUD * 8 + 5], 8Ch
        code
.f:     ud2
        endcode
        want    xGP, xUD * 8 + 3
        idt_default xUD

        probe   "EXT: #UD, gate with null code segment"
        mov     word [idt + xUD * 8 + 2], 0
        code
.f:     ud2
        endcode
        want    xGP, 1
        idt_default xUD

        probe   "EXT: #UD, gate with data segment"
        mov     word [idt + xUD * 8 + 2], DATA0
        code
.f:     ud2
        endcode
        want    xGP, DATA0 | 1
        idt_default xUD

        probe   "INT3 is software: no EXT"
        mov     byte [idt + xBP * 8 + 5], 6Eh
        ring    3
        code
.f:     int3
        endcode
        want    xNP, xBP * 8 + 2
        idt_default xBP

        probe   "INTO through a DPL 0 gate in ring 3"
        mov     byte [idt + xOF * 8 + 5], 8Eh
        ring    3
        set     eflags, 802h
        code
.f:     into
        endcode
        want    xGP, xOF * 8 + 2
        idt_default xOF

        ; --- double fault
        probe   "#NP while delivering #GP: #DF with error code 0"
        mov     byte [idt + xGP * 8 + 5], 0Eh
        ring    3
        code
.f:     hlt
        endcode
        mov     dword [flag_mask], 3E7700h      ; RF in a double fault's image is model-specific
        want    xDF, 0
        idt_default xGP

        probe   "#NP while delivering #DE: #DF"
        mov     byte [idt + xDE * 8 + 5], 0Eh
        code
.f:     aam     0
        endcode
        mov     dword [flag_mask], 3E7700h
        want    xDF, 0
        idt_default xDE

        probe   "#NP while delivering #UD (benign): #NP"
        mov     byte [idt + xUD * 8 + 5], 0Eh
        ring    3
        code
.f:     ud2
        endcode
        want    xNP, xUD * 8 + 3
        idt_default xUD

        probe   "#NP while delivering #NP: #DF"
        mov     byte [idt + xUD * 8 + 5], 0Eh
        mov     byte [idt + xNP * 8 + 5], 0Eh
        ring    3
        code
.f:     ud2
        endcode
        mov     dword [flag_mask], 3E7700h
        want    xDF, 0
        idt_default xUD
        idt_default xNP

        ; --- priority: fetch, decode, then execution
        probe   "priority: #UD before the privilege of LLDT with a bad LOCK"
        ring    3
        code
.f:     db      0F0h, 0Fh, 0, 0D0h
        endcode
        want    xUD, 0

        probe   "priority: MOV CR5 in ring 3: #UD or #GP; #UD is of the decoder"
        ring    3
        code
.f:     db      0Fh, 22h, 0E8h
        endcode
        want    xUD, 0

        probe   "priority: the limit of the first segment operand of MOVS before the second"
        ring    3
        set     ds, 0
        set     es, 0
        code
.f:     movsb
        endcode
        want    xGP, 0

        probe   "priority: DIV by zero from memory that may not be read is #GP"
        ring    3
        set     ds, 0
        code
.f:     div     dword [SCRATCH]
        endcode
        want    xGP, 0

        probe   "single-step trap after the instruction: BS"
        mov     eax, 0
        mov     dr6, eax
        set     eflags, 102h
        code
        nop
.f:     nop
        endcode
        want    xDB, 0
        is      "BS is set", [got + machine.dr6], 0FFFF4FF0h

        probe   "a fault wins over the single-step trap of the same instruction"
        mov     eax, 0
        mov     dr6, eax
        set     eflags, 102h
        code
.f:     ud2
        endcode
        want    xUD, 0
        is      "and BS is clear", [got + machine.dr6], 0FFFF0FF0h

        ; --- no partial change
        probe   "POPA over the end of a segment changes no register"
        descriptor FREE, SCRATCH, 0FFFh, 0F3h, 4
        ring    3
        set     ss, FREE | 3
        set     esp, 0FF0h
        code
.f:     popad
        endcode
        want    xSS, 0

        probe   "PUSHA over the end of an expand-down segment writes nothing"
        descriptor FREE, SCRATCH, 0FFFh, 0F7h, 4
        mov     dword [SCRATCH + 1008h], 12345678h
        mov     dword [SCRATCH + 100Ch], 12345678h
        ring    3
        set     ss, FREE | 3
        set     esp, 1010h
        code
.f:     pushad
        endcode
        want    xSS, 0

        probe   "XCHG with a read-only segment changes no register"
        descriptor FREE, 0, 0FFFFFh, 0F1h, 0Ch
        ring    3
        set     fs, FREE | 3
        code
.f:     xchg    eax, [fs:SCRATCH]
        endcode
        want    xGP, 0

        probe   "ADD to a read-only segment changes no flag"
        ring    3
        set     fs, FREE | 3
        set     eflags, 8D7h
        mov     dword [flag_mask], 3F7FD5h
        code
.f:     add     [fs:SCRATCH], eax
        endcode
        want    xGP, 0

        probe   "CMPXCHG to a read-only segment faults even when it would not store"
        mov     dword [SCRATCH], 0
        ring    3
        set     fs, FREE | 3
        code
.f:     cmpxchg [fs:SCRATCH], ecx
        endcode
        want    xGP, 0

        probe   "ENTER that runs out of stack leaves ESP and EBP"
        descriptor FREE, SCRATCH, 0FFFh, 0F7h, 4
        ring    3
        set     ss, FREE | 3
        set     esp, 1004h
        set     ebp, 2000h
        code
.f:     enter   0, 3
        endcode
        want    xSS, 0

        probe   "LEAVE with a bad EBP changes nothing"
        descriptor FREE, SCRATCH, 0FFFh, 0F3h, 4
        ring    3
        set     ss, FREE | 3
        set     esp, 100h
        set     ebp, 1000h
        code
.f:     leave
        endcode
        want    xSS, 0

        probe   "LES from a segment that ends in between"
        descriptor FREE, SCRATCH, 0FFFh, 0F3h, 4
        ring    3
        set     fs, FREE | 3
        set     ebx, 0FFCh
        code
.f:     les     eax, [fs:ebx]
        endcode
        want    xGP, 0

        probe   "LES with a bad selector changes neither ES nor the register"
        mov     dword [SCRATCH], 1234h
        mov     dword [SCRATCH + 4], 0FFF0h
        ring    3
        code
.f:     les     eax, [SCRATCH]
        endcode
        want    xGP, 0FFF0h

        probe   "REP MOVS stops at the element that faults"
        descriptor FREE, SCRATCH, 0FFFh, 0F3h, 4
        ring    3
        set     es, FREE | 3
        set     esi, SCRATCH
        set     edi, 0FF8h
        set     ecx, 10
        code
.f:     rep     movsd
        endcode
        set     esi, SCRATCH + 8
        set     edi, 1000h
        set     ecx, 8
        want    xGP, 0

        probe   "REP SCAS with ECX 0 touches nothing"
        ring    3
        set     es, 0
        set     ecx, 0
        code
        repne   scasb
        endcode
        want_done

        jmp     finish
