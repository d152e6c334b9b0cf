; Debugging: breakpoints on fetch, write, access and ports, DR6 and DR7, GD, RF, TF over repeated strings, stack-segment loads, INT and faults.
; SDM Vol. 3B, chapter 17.
%include "lib/start.inc"

ONES    equ     0FFFF0FF0h              ; the bits of DR6 that are fixed

%macro breakpoint 2                     ; DR0, DR7; DR6 := 0
        mov     eax, 0
        mov     dr7, eax
        mov     dr6, eax
        mov     eax, %1
        mov     dr0, eax
        mov     eax, %2
        mov     dr7, eax
%endmacro
%macro dr6_is 2
        mov     eax, [got + machine.dr6]
        is      %1, eax, ONES | (%2)
        xor     eax, eax
        mov     dr7, eax
        mov     dr6, eax
%endmacro
EXEC    equ     0
WRITE   equ     1
PORT    equ     2
ACCESS  equ     3
; DR7 with breakpoint 0: L0 or G0, condition, length code
%define DR7(enable, condition, length) (400h | (enable) | ((condition) << 16) | ((length) << 18))

%macro data_hit 5                       ; text, condition, length code, address of the breakpoint, instruction
        probe   %1
        breakpoint %4, DR7(1, %2, %3)
        ring    3
        code
        %5
.f:     nop
        endcode
        mov     dword [ignored], (7 << 7) | (1 << 5)
        want    xDB, 0
        dr6_is  %strcat(%1, ": B0"), 1
%endmacro
%macro data_miss 5
        probe   %1
        breakpoint %4, DR7(1, %2, %3)
        ring    3
        code
        %5
        endcode
        mov     dword [ignored], (7 << 7) | (1 << 5)
        want_done
%endmacro

main:
        ; --- registers
        mov     eax, -1
        mov     dr6, eax
        mov     eax, dr6
        is      "DR6: the bits that can be set", eax, 0FFFFEFFFh
        xor     eax, eax
        mov     dr6, eax
        mov     eax, dr6
        is      "DR6: fixed ones", eax, ONES
        mov     dr7, eax
        xor     eax, eax
        mov     dr7, eax
        mov     eax, dr7
        is      "DR7: bit 10 is one", eax, 400h
        mov     eax, 12345678h
        mov     dr3, eax
        mov     eax, dr3
        is      "DR3 keeps its value", eax, 12345678h
        mov     eax, dr4
        is      "DR4 is DR6 without CR4.DE", eax, ONES

        ; --- fetch
        probe   "instruction breakpoint: a fault, before the instruction, RF clear"
        mov     eax, .f
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(2, EXEC, 0)
        ring    3
        code
        nop
.f:     inc     eax
        endcode
        and     dword [context + machine.eflags], ~FLAG_RF
        want    xDB, 0
        dr6_is  "instruction breakpoint: B0", 1

        probe   "RF lets the instruction pass once"
        mov     eax, .f
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(2, EXEC, 0)
        ring    3
        set     eflags, FLAG_RF | 2
        set     ecx, 2
        code
.f:     inc     eax
        loop    .f
        endcode
        set     eax, 0A0A0A0A1h
        set     ecx, 1
        set     eflags, 2
        want    xDB, 0
        dr6_is  "the second time it hits", 1

        probe   "instruction breakpoint comes before the fault of the instruction"
        mov     eax, .f
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(1, EXEC, 0)
        ring    3
        code
.f:     ud2
        endcode
        and     dword [context + machine.eflags], ~FLAG_RF
        want    xDB, 0
        dr6_is  "not its fault", 1

        probe   "not enabled: no hit"
        mov     eax, .f
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(0, EXEC, 0)
        ring    3
        code
.f:     nop
        endcode
        want_done

        probe   "in the middle of an instruction: no hit"
        mov     eax, .f + 1
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(1, EXEC, 0)
        ring    3
        code
.f:     mov     eax, 0A0A0A0A0h
        endcode
        want_done

        probe   "instruction breakpoint behind MOV SS is suppressed"
        mov     eax, .f
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(1, EXEC, 0)
        set     eax, DATA0
        code
        mov     ss, ax
.f:     nop
        endcode
        want_done

        probe   "at a repeated string instruction: once, before it"
        mov     eax, .f
        mov     [SCRATCH], eax
        breakpoint [SCRATCH], DR7(1, EXEC, 0)
        ring    3
        set     eflags, FLAG_RF | 2
        set     edi, SCRATCH + 100h
        set     ecx, 10
        code
.f:     rep     stosb
        endcode
        set     ecx, 0
        set     edi, SCRATCH + 10Ah
        set     eflags, 2
        want_done

        ; --- data
        data_hit "write: byte", WRITE, 0, SCRATCH + 5, {mov [SCRATCH + 5], al}
        data_hit "write: a doubleword that covers the byte", WRITE, 0, SCRATCH + 7, {mov [SCRATCH + 4], eax}
        data_miss "write: a byte beside", WRITE, 0, SCRATCH + 5, {mov [SCRATCH + 6], al}
        data_miss "write: a read does not hit", WRITE, 3, SCRATCH + 4, {mov eax, [SCRATCH + 4]}
        data_hit "access: a read hits", ACCESS, 3, SCRATCH + 4, {mov eax, [SCRATCH + 4]}
        data_hit "access: a write hits", ACCESS, 3, SCRATCH + 4, {mov [SCRATCH + 7], al}
        data_hit "length 2", WRITE, 1, SCRATCH + 4, {mov [SCRATCH + 5], al}
        data_miss "length 2: the next byte", WRITE, 1, SCRATCH + 4, {mov [SCRATCH + 6], al}
        data_hit "length 4, low bits of the address ignored", WRITE, 3, SCRATCH + 6, {mov [SCRATCH + 4], al}
        data_hit "read-modify-write", WRITE, 3, SCRATCH + 4, {inc dword [SCRATCH + 4]}
        data_hit "PUSH", WRITE, 3, STACK3 - 4, {push eax}
        data_miss "a fetch does not hit", ACCESS, 3, t1, {nop}
        data_hit "POP reads", ACCESS, 3, STACK3, {pop ecx}
        data_hit "PUSHA", WRITE, 3, STACK3 - 8, {pushad}
        data_hit "across a page", WRITE, 0, SCRATCH + 1000h, {mov [SCRATCH + 0FFEh], eax}
        data_hit "CMPXCHG that does not store still writes", WRITE, 3, SCRATCH + 4, {cmpxchg [SCRATCH + 4], ecx}

        probe   "LEAVE reads"
        breakpoint STACK3 - 20h, DR7(1, ACCESS, 3)
        ring    3
        set     ebp, STACK3 - 20h
        mov     eax, 0
        mov     dr7, eax
        mov     dword [STACK3 - 20h], 77h
        mov     eax, DR7(1, ACCESS, 3)
        mov     dr7, eax
        code
        leave
.f:     nop
        endcode
        set     esp, STACK3 - 1Ch
        set     ebp, 77h
        want    xDB, 0
        dr6_is  "LEAVE: B0", 1

        probe   "G0 works as L0"
        breakpoint SCRATCH, DR7(2, WRITE, 3)
        ring    3
        code
        mov     [SCRATCH], eax
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "G0: B0", 1

        probe   "two breakpoints in one instruction"
        breakpoint SCRATCH, 400h | 0Fh | (3 << 16) | (3 << 18) | (1 << 20) | (3 << 22)
        mov     eax, SCRATCH + 10h
        mov     dr1, eax
        ring    3
        set     esi, SCRATCH
        set     edi, SCRATCH + 10h
        code
        movsd
.f:     nop
        endcode
        set     esi, SCRATCH + 4
        set     edi, SCRATCH + 14h
        want    xDB, 0
        dr6_is  "B0 and B1", 3

        probe   "REP MOVSB: traps after the iteration"
        breakpoint SCRATCH + 102h, DR7(1, WRITE, 0)
        ring    3
        set     esi, SCRATCH
        set     edi, SCRATCH + 100h
        set     ecx, 10
        code
.f:     rep     movsb
        endcode
        set     esi, SCRATCH + 3
        set     edi, SCRATCH + 103h
        set     ecx, 7
        set     eflags, FLAG_RF | 2             ; the instruction goes on
        want    xDB, 0
        dr6_is  "REP MOVSB: B0", 1

        probe   "a faulting instruction does not report its data breakpoint"
        breakpoint SCRATCH, DR7(1, ACCESS, 3)
        ring    3
        set     es, 0
        set     esi, SCRATCH
        code
.f:     movsd
        endcode
        want    xGP, 0
        mov     eax, 0
        mov     dr7, eax

        probe   "a data breakpoint hit by the pushes of INT: at the first instruction of the handler"
        breakpoint STACK_H - 8, DR7(1, WRITE, 3)
        idt_gate 50h, CODE0, handler, 0EEh
        ring    3
        code
        int     50h
        endcode
        idt_default 50h
        set     cs, CODE0
        set     ss, DATA0
        set     esp, STACK_H - 20
        want    xDB, 0, handler
        dr6_is  "pushes of INT: B0", 1

        probe   "a data breakpoint in IRET, at its target"
        breakpoint STACK3 - 40h, DR7(1, ACCESS, 3)
        mov     dword [STACK3 - 3Ch], CODE3
        mov     dword [STACK3 - 38h], 2
        mov     eax, 0
        mov     dr7, eax
        mov     dword [STACK3 - 40h], .f
        mov     eax, DR7(1, ACCESS, 3)
        mov     dr7, eax
        ring    3
        set     esp, STACK3 - 40h
        code
        iretd
        nop
.f:     nop
        endcode
        set     esp, STACK3 - 34h
        want    xDB, 0
        dr6_is  "IRET: B0", 1

        ; --- behind MOV SS
        probe   "a data breakpoint in MOV SS waits for the next instruction"
        mov     word [SCRATCH], DATA0
        breakpoint SCRATCH, DR7(1, ACCESS, 1)
        code
        mov     ss, [SCRATCH]
        nop
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "MOV SS: B0", 1

        probe   "TF: no trap behind MOV SS, one behind its successor"
        set     eflags, FLAG_TF | 2
        set     eax, DATA0
        code
        mov     ss, ax
        nop
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "MOV SS: BS", 4000h

        probe   "TF: POP SS too"
        set     eflags, FLAG_TF | 2
        set     esp, STACK0 - 4
        mov     dword [STACK0 - 4], DATA0
        code
        pop     ss
        nop
.f:     nop
        endcode
        set     esp, STACK0
        want    xDB, 0
        dr6_is  "POP SS: BS", 4000h

        ; --- TF
        probe   "TF: set by POPF, traps after the next instruction"
        code
        push    dword FLAG_TF | 2
        popfd
        nop
.f:     nop
        endcode
        set     eflags, FLAG_TF | 2
        want    xDB, 0
        dr6_is  "POPF: BS", 4000h

        probe   "TF: cleared by POPF, still traps after it"
        set     eflags, FLAG_TF | 2
        set     esp, STACK0 - 4
        mov     dword [STACK0 - 4], 2
        code
        popfd
.f:     nop
        endcode
        set     eflags, 2
        set     esp, STACK0
        want    xDB, 0
        dr6_is  "POPF clears: BS", 4000h

        probe   "TF: REP STOSB traps after each iteration"
        set     eflags, FLAG_TF | 2
        set     edi, SCRATCH
        set     ecx, 3
        code
.f:     rep     stosb
        nop
        endcode
        set     edi, SCRATCH + 1
        set     ecx, 2
        set     eflags, FLAG_RF | FLAG_TF | 2
        want    xDB, 0
        dr6_is  "REP STOSB: BS", 4000h

        probe   "TF: REP STOSB with ECX 1 ends behind"
        set     eflags, FLAG_TF | 2
        set     edi, SCRATCH
        set     ecx, 1
        code
        rep     stosb
.f:     nop
        endcode
        set     edi, SCRATCH + 1
        set     ecx, 0
        want    xDB, 0
        dr6_is  "REP STOSB 1: BS", 4000h

        probe   "TF: REP STOSB with ECX 0"
        set     eflags, FLAG_TF | 2
        set     ecx, 0
        code
        rep     stosb
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "REP STOSB 0: BS", 4000h

        probe   "TF: INT n clears TF for the handler; no trap at its start"
        idt_gate 50h, CODE0, handler, 8Eh
        set     eflags, FLAG_TF | 2
        code
        int     50h
.f:     nop
        endcode
        set     eflags, 2
        set     esp, STACK0 - 12
        want    DONE, 0, handler.end
        is      "INT n: the image has TF", [STACK0 - 4], FLAG_TF | 2
        mov     eax, dr6
        is      "INT n: DR6 untouched", eax, ONES

        probe   "TF: after IRET with TF in the image, one instruction"
        mov     dword [STACK0 - 12], .g
        mov     dword [STACK0 - 8], CODE0
        mov     dword [STACK0 - 4], FLAG_TF | 2
        set     esp, STACK0 - 12
        code
        iretd
.g:     nop
.f:     nop
        endcode
        set     esp, STACK0
        set     eflags, FLAG_TF | 2
        want    xDB, 0
        dr6_is  "IRET: BS", 4000h

        probe   "TF: a taken branch traps at its target"
        set     eflags, FLAG_TF | 2
        code
        jmp     .f
        nop
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "JMP: BS", 4000h

        probe   "TF: a #GP wins, its image has TF and RF, and DR6 stays"
        ring    3
        set     eflags, FLAG_TF | 2
        code
.f:     hlt
        endcode
        want    xGP, 0
        dr6_is  "#GP: DR6", 0

        probe   "TF: CALL through a gate to ring 0 goes on stepping there"
        gdt_gate FREE, CODE0, handler, 0ECh
        ring    3
        set     eflags, FLAG_TF | 2
        code
        call    FREE:0
        endcode
        set     cs, CODE0
        set     ss, DATA0
        set     esp, STACK_H - 16
        want    xDB, 0, handler
        dr6_is  "call gate: BS", 4000h

        probe   "TF and a data breakpoint together"
        breakpoint SCRATCH, DR7(1, WRITE, 3)
        set     eflags, FLAG_TF | 2
        code
        mov     [SCRATCH], eax
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "BS and B0", 4001h

        probe   "DR6 is only added to"
        mov     eax, 4002h
        mov     dr6, eax
        mov     eax, SCRATCH
        mov     dr0, eax
        mov     eax, DR7(1, WRITE, 3)
        mov     dr7, eax
        code
        mov     [SCRATCH], eax
.f:     nop
        endcode
        want    xDB, 0
        mov     eax, [got + machine.dr6]
        and     eax, 4001h
        is      "BS of before stays", eax, 4001h
        mov     eax, 0
        mov     dr7, eax
        mov     dr6, eax

        ; --- GD
        probe   "GD: MOV from DR0"
        mov     eax, 2400h
        mov     dr7, eax
        code
.f:     mov     eax, dr0
        endcode
        or      dword [context + machine.eflags], FLAG_RF
        mov     dword [flag_mask], 3E7700h
        want    xDB, 0
        mov     eax, dr7
        is      "GD is clear in the handler", eax, 400h
        dr6_is  "BD", 2000h

        probe   "GD: MOV to DR7"
        mov     eax, 2400h
        mov     dr7, eax
        set     eax, 400h
        code
.f:     mov     dr7, eax
        endcode
        mov     dword [flag_mask], 3E7700h
        want    xDB, 0
        dr6_is  "MOV to DR7: BD", 2000h

        probe   "GD: privilege comes first"
        mov     eax, 2400h
        mov     dr7, eax
        mov     dword [reads_dr6], 0
        ring    3
        code
.f:     mov     dr0, eax
        endcode
        mov     dword [reads_dr6], 1
        want    xGP, 0
        call    reset_context
        code                            ; #DB clears GD, if it is still set
        mov     eax, dr7
        endcode

        ; --- CR4.DE
        mov     eax, cr4
        or      al, 8
        mov     cr4, eax
        probe   "CR4.DE: DR4 is #UD"
        code
.f:     db      0Fh, 21h, 0E0h
        endcode
        want    xUD, 0
        probe   "CR4.DE: MOV to DR5"
        code
.f:     db      0Fh, 23h, 0E8h
        endcode
        want    xUD, 0

        probe   "port breakpoint: OUT"
        breakpoint 80h, DR7(1, PORT, 0)
        code
        out     80h, al
.f:     nop
        endcode
        want    xDB, 0
        dr6_is  "OUT: B0", 1

        probe   "port breakpoint: IN of a word that covers it"
        breakpoint 81h, DR7(1, PORT, 0)
        code
        in      ax, 80h
.f:     nop
        endcode
        mov     dword [ignored], 1 << 7
        want    xDB, 0
        dr6_is  "IN: B0", 1

        probe   "port breakpoint: another port"
        breakpoint 81h, DR7(1, PORT, 0)
        code
        out     80h, al
        endcode
        want_done

        probe   "port breakpoint: memory at that address does not hit"
        breakpoint 680h, DR7(1, PORT, 3)
        code
        mov     [680h], eax
        endcode
        want_done
        mov     eax, 0
        mov     dr7, eax
        mov     eax, cr4
        and     al, ~8
        mov     cr4, eax
        jmp     finish

handler:
        int     DONE
.end:   nop
