; Gates and privilege: call, interrupt and trap gates of both sizes, direct far transfers, conforming code, stack switch and its faults, RET
; and IRET to the same and to outer levels, and the data segments they take away. SDM Vol. 3A, chapters 5 and 6.
%include "lib/start.inc"

target: int     DONE                    ; where gates lead
target_done:
        nop

%macro at_target 3                      ; CS, SS, ESP there
        set     cs, %1
        set     ss, %2
        set     esp, %3
        want    DONE, 0, target_done
%endmacro

%macro load_task 0                      ; TR again, after a change of its descriptor
        and     byte [gdt + TSS0 + 5], ~2
        mov     ax, TSS0
        ltr     ax
%endmacro

main:
        ; --- call gates
        probe   "call gate 32, same level"
        gdt_gate FREE, CODE0, target, 8Ch
        code
        call    FREE:12345678h
.next:
        endcode
        at_target CODE0, DATA0, STACK0 - 8
        is      "CS pushed", [STACK0 - 4], CODE0
        is      "EIP pushed", [STACK0 - 8], .next

        probe   "call gate 16, same level, takes 16 bits of the offset"
        gate_at gdt + FREE, CODE0, target, 84h, 0
        mov     word [gdt + FREE + 6], 0FFFFh
        code
        call    FREE:0
        endcode
        at_target CODE0, DATA0, STACK0 - 4

        probe   "call gate 32, ring 3 to 0, three parameters"
        gdt_gate FREE, CODE0, target, 0ECh, 3
        ring    3
        code
        push    dword 11111111h
        push    dword 22222222h
        push    dword 33333333h
        call    FREE:0
.next:
        endcode
        at_target CODE0, DATA0, STACK_H - 28
        is      "SS", [STACK_H - 4], DATA3
        is      "ESP", [STACK_H - 8], STACK3 - 12
        is      "parameter 1", [STACK_H - 12], 11111111h
        is      "parameter 3", [STACK_H - 20], 33333333h
        is      "CS", [STACK_H - 24], CODE3
        is      "EIP", [STACK_H - 28], .next

        probe   "call gate 16, ring 3 to 0, two parameters"
        gdt_gate FREE, CODE0, target, 0E4h, 2
        ring    3
        code
        push    dword 22221111h
        call    FREE:0
        endcode
        at_target CODE0, DATA0, STACK_H - 12
        is      "SP and SS", [STACK_H - 4], (DATA3 << 16) | ((STACK3 - 4) & 0FFFFh)
        is      "parameters", [STACK_H - 8], 22221111h

        probe   "call gate, ring 3 to 1"
        gdt_gate FREE, CODE1, target, 0ECh
        ring    3
        code
        call    FREE:0
        endcode
        at_target CODE1, DATA1, STACK1 - 16

        probe   "call gate, ring 3 to 2; the RPL in the gate does not matter"
        gdt_gate FREE, CODE2 & ~3, target, 0ECh
        ring    3
        code
        call    FREE | 3:0
        endcode
        at_target CODE2, DATA2, STACK2 - 16

        probe   "call gate to conforming code keeps the level"
        descriptor FREE + 8, 0, 0FFFFFh, 9Fh, 0Ch
        gdt_gate FREE, FREE + 8, target, 0ECh, 5
        ring    3
        code
        call    FREE:0
        endcode
        at_target FREE + 8 + 3, DATA3, STACK3 - 8

        probe   "JMP through a call gate, same level"
        gdt_gate FREE, CODE3, target, 0ECh, 5
        ring    3
        code
        jmp     FREE:0
        endcode
        at_target CODE3, DATA3, STACK3

%macro gate_fault 5                     ; text, ring, instruction, vector, error
        probe   %1
        ring    %2
        code
.f:     %3
        endcode
        want    %4, %5
%endmacro
        gdt_gate FREE, CODE0, target, 0ECh
        gate_fault "JMP through a call gate to an inner level", 3, {jmp FREE:0}, xGP, CODE0
        gdt_gate FREE, CODE0, target, 8Ch
        gate_fault "call gate: DPL below CPL", 3, {call FREE:0}, xGP, FREE
        gate_fault "call gate: DPL below RPL", 0, {call FREE | 3:0}, xGP, FREE
        gdt_gate FREE, CODE0, target, 6Ch
        gate_fault "call gate: not present", 3, {call FREE:0}, xNP, FREE
        gdt_gate FREE, CODE0, target, 0Ch
        gate_fault "call gate: privilege before presence", 3, {call FREE:0}, xGP, FREE
        gdt_gate FREE, 3, target, 0ECh
        gate_fault "call gate: null code segment", 3, {call FREE:0}, xGP, 0
        gdt_gate FREE, DATA3, target, 0ECh
        gate_fault "call gate: to data", 3, {call FREE:0}, xGP, DATA3 & ~3
        gdt_gate FREE, 0FFFBh, target, 0ECh
        gate_fault "call gate: beyond the GDT", 3, {call FREE:0}, xGP, 0FFF8h
        gdt_gate FREE, 0Fh, target, 0ECh
        gate_fault "call gate: in an LDT that there is not", 3, {call FREE:0}, xGP, 0Ch
        gdt_gate FREE, CODE3, target, 8Ch
        gate_fault "call gate: to a less privileged segment", 0, {call FREE:0}, xGP, CODE3 & ~3
        descriptor FREE + 8, 0, 0FFFFFh, 1Bh, 0Ch
        gdt_gate FREE, FREE + 8, target, 0ECh
        gate_fault "call gate: code segment not present", 3, {call FREE:0}, xNP, FREE + 8
        descriptor FREE + 8, 0, 0FFFh, 9Bh, 4
        gate_fault "call gate: offset beyond the limit, inner level", 3, {call FREE:0}, xGP, 0
        gate_fault "call gate: offset beyond the limit, same level", 0, {call FREE:0}, xGP, 0
        gdt_gate FREE, CODE0, target, 0EEh
        gate_fault "CALL of an interrupt gate", 0, {call FREE:0}, xGP, FREE
        descriptor FREE, 0, 0FFFFFh, 82h, 0Ch
        gate_fault "CALL of an LDT", 0, {call FREE:0}, xGP, FREE
        gate_fault "JMP to an LDT", 0, {jmp FREE:0}, xGP, FREE

        ; --- the inner stack, of ring 1 so that ring 0 can tell
%macro stack_fault 5                    ; text, ESP1, SS1, vector, error code of CALL
        mov     dword [tss0 + 12], %2
        mov     dword [tss0 + 16], %3
        gdt_gate FREE, CODE1, target, 0ECh, 2
        gate_fault %strcat("CALL, inner stack: ", %1), 3, {call FREE:0}, %4, %5
        idt_gate 50h, CODE1, target, 0EEh
        gate_fault %strcat("INT n, inner stack: ", %1), 3, {int 50h}, %4, %5
        idt_gate xUD, CODE1, target, 0EEh
        gate_fault %strcat("#UD, inner stack, with EXT: ", %1), 3, {ud2}, %4, %5 | 1
        idt_default xUD
%endmacro
        stack_fault "null", STACK1, 0, xTS, 0
        stack_fault "RPL", STACK1, DATA1 & ~3, xTS, DATA1 & ~3
        stack_fault "DPL", STACK1, DATA2 & ~3 | 1, xTS, DATA2 & ~3
        stack_fault "code", STACK1, CODE1, xTS, CODE1 & ~3
        descriptor FREE + 8, 0, 0FFFFFh, 0B1h, 0Ch
        stack_fault "read-only", STACK1, FREE + 8 + 1, xTS, FREE + 8
        stack_fault "beyond the GDT", STACK1, 0FFF9h, xTS, 0FFF8h
        stack_fault "LDT without one", STACK1, 0Dh, xTS, 0Ch
        descriptor FREE + 8, 0, 0FFFFFh, 33h, 0Ch
        stack_fault "not present", STACK1, FREE + 8 + 1, xSS, FREE + 8
        descriptor FREE + 8, 0, 0FFFh, 0B7h, 4
        stack_fault "no room", 100Bh, FREE + 8 + 1, xSS, FREE + 8
        mov     dword [tss0 + 12], STACK1
        mov     dword [tss0 + 16], DATA1
        mov     word [gdt + TSS0], 10h  ; SS1 is beyond
        load_task
        gate_fault "CALL, inner stack beyond the limit of the TSS", 3, {call FREE:0}, xTS, TSS0
        gate_fault "INT n, inner stack beyond the limit of the TSS", 3, {int 50h}, xTS, TSS0
        idt_gate xUD, CODE1, target, 0EEh
        gate_fault "#UD, inner stack beyond the limit of the TSS", 3, {ud2}, xTS, TSS0 | 1
        idt_default xUD
        mov     word [gdt + TSS0], TSS_LIMIT
        load_task

        probe   "a 16-bit TSS gives SP and SS of the inner level"
        descriptor FREE + 16, tss2, 2Bh, 81h, 0
        mov     word [tss2 + 2], 1000h
        mov     word [tss2 + 4], DATA0
        mov     word [tss2 + 6], 0F00h
        mov     word [tss2 + 8], DATA1
        mov     ax, FREE + 16
        ltr     ax
        gdt_gate FREE, CODE1, target, 0ECh
        ring    3
        code
        call    FREE:0
        endcode
        load_task
        at_target CODE1, DATA1, 0F00h - 16

        probe   "parameters from beyond the outer stack's limit"
        descriptor FREE + 8, SCRATCH, 0FFFh, 0F3h, 4
        gdt_gate FREE, CODE0, target, 0ECh, 4
        ring    3
        set     ss, FREE + 8 + 3
        set     esp, 0FF8h
        code
.f:     call    FREE:0
        endcode
        want    xSS, 0

        probe   "a call gate in the LDT, to code in the LDT"
        mov     ax, LDT0
        lldt    ax
        mov     eax, [gdt + CODE0]
        mov     [ldt0 + 8], eax
        mov     eax, [gdt + CODE0 + 4]
        mov     [ldt0 + 12], eax
        gate_at ldt0 + 16, 0Ch, target, 0ECh, 0
        ring    3
        code
        call    17h:0
        endcode
        at_target 0Ch, DATA0, STACK_H - 16
        probe   "an interrupt gate to code in the LDT"
        idt_gate 50h, 0Ch, target, 0EEh
        ring    3
        code
        int     50h
        endcode
        at_target 0Ch, DATA0, STACK_H - 20
        probe   "an inner stack in the LDT"
        mov     eax, [gdt + (DATA1 & ~7)]
        mov     [ldt0 + 24], eax
        mov     eax, [gdt + (DATA1 & ~7) + 4]
        mov     [ldt0 + 28], eax
        mov     dword [tss0 + 16], 1Dh
        gdt_gate FREE, CODE1, target, 0ECh
        ring    3
        code
        call    FREE:0
        endcode
        mov     dword [tss0 + 16], DATA1
        at_target CODE1, 1Dh, STACK1 - 16
        xor     eax, eax
        lldt    ax

        ; --- direct far transfers
        descriptor FREE, 0, 0FFFFFh, 9Fh, 0Ch   ; conforming, DPL 0
        probe   "JMP far to conforming code from ring 3"
        ring    3
        code
        jmp     FREE:target
        endcode
        at_target FREE | 3, DATA3, STACK3

        probe   "CALL far to conforming code from ring 3"
        ring    3
        code
        call    FREE | 3:target
        endcode
        at_target FREE | 3, DATA3, STACK3 - 8

        gate_fault "JMP far: null", 0, {jmp 3:0}, xGP, 0
        gate_fault "JMP far: data", 0, {jmp DATA0:0}, xGP, DATA0
        gate_fault "JMP far: beyond the GDT", 0, {jmp 0FFF8h:0}, xGP, 0FFF8h
        gate_fault "JMP far: to an inner level", 3, {jmp CODE0:target}, xGP, CODE0
        gate_fault "JMP far: to an outer level", 0, {jmp CODE3:target}, xGP, CODE3 & ~3
        gate_fault "JMP far: RPL above CPL", 0, {jmp CODE0 | 3:target}, xGP, CODE0
        descriptor FREE, 0, 0FFFFFh, 0FFh, 0Ch
        gate_fault "JMP far: conforming, but less privileged", 0, {jmp FREE:target}, xGP, FREE
        descriptor FREE, 0, 0FFFFFh, 1Bh, 0Ch
        gate_fault "JMP far: not present", 0, {jmp FREE:target}, xNP, FREE
        descriptor FREE, 0, 0FFFh, 9Bh, 4
        gate_fault "JMP far: beyond the limit", 0, {jmp FREE:target}, xGP, 0
        gate_fault "CALL far: beyond the limit", 0, {call FREE:target}, xGP, 0
        gate_fault "CALL far: to an inner level", 3, {call CODE0:target}, xGP, CODE0
        gate_fault "CALL far: null", 3, {call 0:target}, xGP, 0
        descriptor FREE + 8, 0, 0FFFh, 0F7h, 4
        probe   "CALL far: no room on the stack"
        ring    3
        set     ss, FREE + 8 + 3
        set     esp, 1007h
        code
.f:     call    CODE3:target
        endcode
        want    xSS, 0

        ; --- RET far
%macro frame 2-*                        ; address of the stack pointer, doublewords from there up
%assign %%offset 0
%assign %%last %0 - 1
%push frame
%define %$base %1
%rep %%last
%rotate 1
        mov     dword [%$base + %%offset], %1
%assign %%offset %%offset + 4
%endrep
%pop
%endmacro
        probe   "RETF to ring 3 with parameters on both stacks"
        frame   STACK0 - 40h, target, CODE3, 1, 2, STACK3 - 8, DATA3
        set     esp, STACK0 - 40h
        set     ds, DATA3
        set     es, DATA0
        set     fs, DATA2
        set     gs, DATA3
        code
        retf    8
        endcode
        set     es, 0
        set     fs, 0
        at_target CODE3, DATA3, STACK3

        probe   "RETF to ring 1 keeps data of ring 1, drops ring 0's"
        frame   STACK0 - 40h, target, CODE1, STACK1, DATA1
        set     esp, STACK0 - 40h
        set     ds, DATA1
        set     es, DATA0
        set     fs, DATA3
        set     gs, 0
        code
        retf
        endcode
        set     es, 0
        at_target CODE1, DATA1, STACK1

        probe   "RETF drops conforming code no more than data of the outer level"
        descriptor FREE, 0, 0FFFFFh, 9Fh, 0Ch
        frame   STACK0 - 40h, target, CODE3, STACK3, DATA3
        set     esp, STACK0 - 40h
        set     ds, FREE
        set     es, CODE0
        set     fs, CODE3
        set     gs, DATA0 | 3
        set     gs, DATA3
        code
        retf
        endcode
        set     es, 0
        at_target CODE3, DATA3, STACK3

        probe   "RETF to the same level, conforming code"
        frame   STACK3 - 40h, target, FREE | 3
        ring    3
        set     esp, STACK3 - 40h
        code
        retf    4
        endcode
        at_target FREE | 3, DATA3, STACK3 - 40h + 12

%macro far_return_fault 8               ; text, ring, vector, error, EIP, CS, ESP, SS on the stack
        probe   %strcat("RETF: ", %1)
        frame   STACK%2 - 40h, %5, %6, %7, %8
        ring    %2
        set     esp, STACK%2 - 40h
        code
.f:     retf
        endcode
        want    %3, %4
        probe   %strcat("IRET: ", %1)
        frame   STACK%2 - 40h, %5, %6, 202h, %7, %8
        ring    %2
        set     esp, STACK%2 - 40h
        code
.f:     iretd
        endcode
        want    %3, %4
%endmacro
        far_return_fault "null CS", 0, xGP, 0, target, 3, STACK3, DATA3
        far_return_fault "CS beyond the GDT", 0, xGP, 0FFF8h, target, 0FFFBh, STACK3, DATA3
        far_return_fault "CS is data", 0, xGP, DATA3 & ~3, target, DATA3, STACK3, DATA3
        far_return_fault "RPL below CPL", 3, xGP, CODE0, target, CODE0, STACK3, DATA3
        far_return_fault "RPL of CS is not its DPL", 0, xGP, CODE0, target, CODE0 | 3, STACK3, DATA3
        descriptor FREE, 0, 0FFFFFh, 0FFh, 0Ch
        far_return_fault "conforming with DPL above RPL", 0, xGP, FREE, target, FREE | 1, STACK1, DATA1
        descriptor FREE, 0, 0FFFFFh, 7Bh, 0Ch
        far_return_fault "CS not present", 0, xNP, FREE, target, FREE | 3, STACK3, DATA3
        descriptor FREE, 0, 0FFFh, 0FBh, 4
        far_return_fault "EIP beyond the limit, outer level", 0, xGP, 0, 1000h, FREE | 3, STACK3, DATA3
        far_return_fault "EIP beyond the limit, same level", 3, xGP, 0, 1000h, FREE | 3, STACK3, DATA3
        far_return_fault "null SS", 0, xGP, 0, target, CODE3, STACK3, 0
        far_return_fault "SS beyond the GDT", 0, xGP, 0FFF8h, target, CODE3, STACK3, 0FFFBh
        far_return_fault "RPL of SS", 0, xGP, DATA3 & ~3, target, CODE3, STACK3, DATA3 & ~3
        far_return_fault "DPL of SS", 0, xGP, DATA2 & ~3, target, CODE3, STACK3, DATA2 | 3
        far_return_fault "SS is code", 0, xGP, CODE3 & ~3, target, CODE3, STACK3, CODE3
        descriptor FREE, 0, 0FFFFFh, 0F1h, 0Ch
        far_return_fault "SS read-only", 0, xGP, FREE, target, CODE3, STACK3, FREE | 3
        descriptor FREE, 0, 0FFFFFh, 73h, 0Ch
        far_return_fault "SS not present", 0, xSS, FREE, target, CODE3, STACK3, FREE | 3

        ; --- IRET
        probe   "IRET to ring 3 drops data segments"
        frame   STACK0 - 40h, target, CODE3, 202h, STACK3, DATA3
        set     esp, STACK0 - 40h
        set     ds, DATA0
        set     es, DATA3
        set     fs, DATA2
        set     gs, DATA1
        code
        iretd
        endcode
        set     ds, 0
        set     fs, 0
        set     gs, 0
        set     eflags, 202h
        at_target CODE3, DATA3, STACK3

        probe   "IRET at CPL 0 loads every flag"
        frame   STACK0 - 40h, target, CODE0, 3C7ED7h
        and     dword [STACK0 - 40h + 8], ~(FLAG_VM | FLAG_TF)
        set     esp, STACK0 - 40h
        mov     dword [flag_mask], 3EFFFFh
        code
        iretd
        endcode
        set     eflags, 3C7ED7h & ~(FLAG_TF)
        at_target CODE0, DATA0, STACK0 - 40h + 12

        probe   "IRET at CPL 3 leaves IF, IOPL, VIF, VIP and VM"
        frame   STACK3 - 40h, target, CODE3, 3A3202h | FLAG_AC
        ring    3
        set     esp, STACK3 - 40h
        code
        iretd
        endcode
        set     eflags, 200002h | FLAG_AC
        at_target CODE3, DATA3, STACK3 - 40h + 12

        probe   "IRET at CPL 3 with IOPL 3 changes IF, not IOPL"
        frame   STACK3 - 40h, target, CODE3, 202h
        ring    3
        set     eflags, IOPL3 | 2
        set     esp, STACK3 - 40h
        code
        iretd
        endcode
        set     eflags, IOPL3 | 202h
        at_target CODE3, DATA3, STACK3 - 40h + 12

        probe   "IRETW takes words and leaves the upper flags"
        frame   STACK3 - 40h, (CODE3 << 16) | 600h, 2
        mov     word [600h], 40CDh      ; INT 40h within reach of 16 bits
        ring    3
        set     eflags, FLAG_AC | 2
        set     esp, STACK3 - 40h
        code
        o16 iret
        endcode
        set     eflags, FLAG_AC | 2
        set     cs, CODE3
        set     ss, DATA3
        set     esp, STACK3 - 40h + 6
        want    DONE, 0, 602h

        probe   "IRET to virtual-8086 mode with EIP beyond FFFFh"
        frame   STACK0 - 40h, 10000h, 0, FLAG_VM | 2, 0FF0h, 7000h, 0, 0, 0, 0
        set     esp, STACK0 - 40h
        code
.f:     iretd
        endcode
        want    xGP, 0
        probe   "IRET in ring 1 with VM in the image does not enter virtual-8086 mode"
        frame   STACK1 - 40h, target, CODE1, FLAG_VM | 2
        ring    1
        set     esp, STACK1 - 40h
        code
        iretd
        endcode
        at_target CODE1, DATA1, STACK1 - 40h + 12
        probe   "IRET whose frame runs over the limit of SS"
        descriptor FREE, SCRATCH, 0FFFh, 0F3h, 4
        ring    3
        set     ss, FREE | 3
        set     esp, 0FF8h
        code
.f:     iretd
        endcode
        want    xSS, 0
        probe   "IRET to a stack selector beyond the frame's segment"
        descriptor FREE, STACK0 - 1000h, 0FFFh, 93h, 4
        frame   STACK0 - 0Ch, target, CODE3, 2
        set     ss, FREE
        set     esp, 0FF4h
        code
.f:     iretd
        endcode
        mov     dword [ignored], 0
        want    xSS, 0

        ; --- interrupt and trap gates
        probe   "interrupt gate clears IF, TF and NT; the image has them"
        idt_gate 50h, CODE0, target, 8Eh
        set     eflags, FLAG_NT | FLAG_IF | 2
        code
        int     50h
.next:
        endcode
        set     eflags, 2
        at_target CODE0, DATA0, STACK0 - 12
        is      "EFLAGS pushed", [STACK0 - 4], FLAG_NT | FLAG_IF | 2
        is      "CS pushed", [STACK0 - 8], CODE0
        is      "EIP pushed", [STACK0 - 12], .next

        probe   "trap gate keeps IF"
        idt_gate 50h, CODE0, target, 8Fh
        set     eflags, FLAG_IF | FLAG_NT | 2
        code
        int     50h
        endcode
        set     eflags, FLAG_IF | 2
        at_target CODE0, DATA0, STACK0 - 12

        probe   "interrupt gate 16 pushes words"
        idt_gate 50h, CODE0, target, 86h
        code
        int     50h
        endcode
        at_target CODE0, DATA0, STACK0 - 6

        probe   "interrupt gate 16 from ring 3"
        idt_gate 50h, CODE0, target, 0E6h
        ring    3
        code
        int     50h
        endcode
        at_target CODE0, DATA0, STACK_H - 10
        is      "SP and SS", [STACK_H - 4], (DATA3 << 16) | (STACK3 & 0FFFFh)

        probe   "trap gate 16 with an error code pushes a word of it"
        idt_gate xGP, CODE0, target, 87h
        ring    3
        set     eax, 0FFF8h
        code
        mov     ds, ax
        endcode
        idt_default xGP
        at_target CODE0, DATA0, STACK_H - 12
        movzx   eax, word [STACK_H - 12]
        is      "the error code", eax, 0FFF8h

        probe   "interrupt gate to ring 1 from ring 3"
        idt_gate 50h, CODE1, target, 0EEh
        ring    3
        code
        int     50h
        endcode
        at_target CODE1, DATA1, STACK1 - 20

        probe   "interrupt gate to conforming code stays at ring 3"
        descriptor FREE, 0, 0FFFFFh, 9Fh, 0Ch
        idt_gate 50h, FREE, target, 0EEh
        ring    3
        code
        int     50h
        endcode
        at_target FREE | 3, DATA3, STACK3 - 12

        probe   "an exception through a task-less gate of DPL 0 in ring 3 needs no DPL"
        idt_gate xUD, CODE0, target, 8Eh
        ring    3
        code
        ud2
        endcode
        idt_default xUD
        at_target CODE0, DATA0, STACK_H - 20

        probe   "INT1 (F1) does not look at the gate's DPL"
        idt_gate xDB, CODE0, target, 8Eh
        ring    3
        code
        db      0F1h
        endcode
        idt_default xDB
        at_target CODE0, DATA0, STACK_H - 20

        probe   "the accessed bits of the new CS and SS are set"
        descriptor FREE, 0, 0FFFFFh, 0BAh, 0Ch
        descriptor FREE + 8, 0, 0FFFFFh, 0B2h, 0Ch
        mov     dword [tss0 + 16], FREE + 8 + 1
        gdt_gate FREE + 16, FREE, target, 0ECh
        ring    3
        code
        call    FREE + 16:0
        endcode
        mov     dword [tss0 + 16], DATA1
        at_target FREE | 1, FREE + 8 + 1, STACK1 - 16
        movzx   eax, byte [gdt + FREE + 5]
        is      "CS accessed", eax, 0BBh
        movzx   eax, byte [gdt + FREE + 13]
        is      "SS accessed", eax, 0B3h

        jmp     finish
