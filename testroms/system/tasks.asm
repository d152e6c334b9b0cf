; Task switches by JMP, CALL, INT and IRET, with 32- and 16-bit TSSs: what is saved and loaded, busy bits, back link, NT, TS, and every fault.
; SDM Vol. 3A, chapter 7.
%include "lib/start.inc"
%include "lib/paging.inc"

task_code:                              ; where other tasks begin
        int     DONE
task_end:
        nop

; After a switch that did not come back: TSS0 is the current task again, everything else available.
restore_tasks:
        pushad
        pushfd
        and     dword [esp], ~FLAG_NT
        popfd
        clts
        and     byte [gdt + TSS0 + 5], ~2
        and     byte [gdt + TSS1 + 5], ~2
        and     byte [gdt + TSS2 + 5], ~2
        mov     ax, TSS0
        ltr     ax
        xor     eax, eax
        lldt    ax
        mov     dword [tss0 + 4], STACK_H
        mov     dword [tss0 + 8], DATA0
        popad
        ret

; A fresh task in TSS1 (32-bit, ring 0) and TSS2 (16-bit, ring 0), both known to `context` as what is expected there.
new_tasks:
        pushad
        mov     edi, tss1
        mov     ecx, 100h / 4
        xor     eax, eax
        rep     stosd
        mov     dword [gdt + TSS1], 67h | (tss1_low << 16)
        mov     word [gdt + TSS1 + 4], 8900h | tss0_middle
        mov     dword [gdt + TSS2], 2Bh | (tss2_low << 16)
        mov     word [gdt + TSS2 + 4], 8100h | tss0_middle
        mov     dword [tss1 + 4], STACK_H
        mov     dword [tss1 + 8], DATA0
        mov     eax, cr3
        mov     [tss1 + 1Ch], eax
        mov     dword [tss1 + 20h], task_code
        mov     dword [tss1 + 24h], 2
        mov     dword [tss1 + 28h], 0A0000001h
        mov     dword [tss1 + 2Ch], 0C0000002h
        mov     dword [tss1 + 30h], 0D0000003h
        mov     dword [tss1 + 34h], 0B0000004h
        mov     dword [tss1 + 38h], STACK0 - 1000h
        mov     dword [tss1 + 3Ch], 0B5000006h
        mov     dword [tss1 + 40h], 051000007h
        mov     dword [tss1 + 44h], 0D1000008h
        mov     dword [tss1 + 48h], DATA0
        mov     dword [tss1 + 4Ch], CODE0
        mov     dword [tss1 + 50h], DATA0
        mov     dword [tss1 + 54h], DATA0
        mov     dword [tss1 + 58h], DATA0
        mov     dword [tss1 + 5Ch], DATA0
        mov     dword [tss1 + 64h], 680000h
        mov     word [tss2 + 2], 2000h  ; SP0 SS0
        mov     word [tss2 + 4], DATA0
        mov     word [tss2 + 0Eh], 600h
        mov     word [600h], 40CDh      ; INT 40h within reach of 16 bits
        mov     word [tss2 + 10h], 2
        mov     word [tss2 + 12h], 1111h
        mov     word [tss2 + 14h], 2222h
        mov     word [tss2 + 16h], 3333h
        mov     word [tss2 + 18h], 4444h
        mov     word [tss2 + 1Ah], 1800h
        mov     word [tss2 + 1Ch], 6666h
        mov     word [tss2 + 1Eh], 7777h
        mov     word [tss2 + 20h], 8888h
        mov     word [tss2 + 22h], DATA3
        mov     word [tss2 + 24h], CODE3 ; its own stack, with ones in the upper half of ESP, is not to be used
        mov     word [tss2 + 26h], DATA3
        mov     word [tss2 + 28h], DATA3
        mov     dword [SCRATCH + 10h], 0
        popad
        ret

expect_task1:                           ; the machine in the new task
        set     eax, 0A0000001h
        set     ecx, 0C0000002h
        set     edx, 0D0000003h
        set     ebx, 0B0000004h
        set     esp, STACK0 - 1000h
        set     ebp, 0B5000006h
        set     esi, 051000007h
        set     edi, 0D1000008h
        set     cs, CODE0
        set     ss, DATA0
        set     ds, DATA0
        set     es, DATA0
        set     fs, DATA0
        set     gs, DATA0
        set     eflags, 2
        mov     eax, cr0                ; and the registers that `caught` does not keep
        mov     [seen_cr0], eax
        str     [seen_tr]
        movzx   eax, byte [gdt + TSS0 + 5]
        mov     [seen_old], eax
        movzx   eax, byte [gdt + TSS1 + 5]
        mov     [seen_new], eax
        ret

expect_task2:
        set     eax, 0FFFF1111h
        set     ecx, 0FFFF2222h
        set     edx, 0FFFF3333h
        set     ebx, 0FFFF4444h
        set     esp, 0FFFF1800h
        set     ebp, 0FFFF6666h
        set     esi, 0FFFF7777h
        set     edi, 0FFFF8888h
        set     cs, CODE3
        set     ss, DATA3
        set     ds, DATA3
        set     es, DATA3
        set     fs, 0
        set     gs, 0
        set     eflags, 2
        ret

%macro task 1
        probe   %1
        call    new_tasks
%endmacro

main:
        task    "JMP to a 32-bit TSS"
        code
        jmp     TSS1:12345678h
.next:
        endcode
        call    expect_task1
        want    DONE, 0, task_end
        mov     eax, [seen_cr0]
        and     eax, 9
        is      "JMP: CR0.TS is set", eax, 9
        movzx   eax, word [seen_tr]
        is      "JMP: TR", eax, TSS1
        is      "JMP: the old task is available", [seen_old], 89h
        is      "JMP: the new task is busy", [seen_new], 8Bh
        is      "JMP: no back link", [tss1], 0
        is      "JMP: EIP saved", [tss0 + 20h], .next
        is      "JMP: EFLAGS saved", [tss0 + 24h], 2
        is      "JMP: EAX saved", [tss0 + 28h], 0A0A0A0A0h
        is      "JMP: ECX saved", [tss0 + 2Ch], 0C1C1C1C1h
        is      "JMP: ESP saved", [tss0 + 38h], STACK0
        is      "JMP: EDI saved", [tss0 + 44h], 0D7D7D7D7h
        is      "JMP: CS saved", [tss0 + 4Ch], CODE0
        is      "JMP: GS saved", [tss0 + 5Ch], DATA0
        is      "JMP: ESP0 is not written", [tss0 + 4], STACK_H
        call    restore_tasks

        task    "CALL to a 32-bit TSS: NT, and no DR7 local enables"
        mov     eax, 0FFFF0000h
        mov     dr0, eax
        mov     eax, 403h
        mov     dr7, eax
        code
        call    TSS1:0
.next:
        endcode
        call    expect_task1
        set     eflags, FLAG_NT | 2
        want    DONE, 0, task_end
        mov     eax, dr7
        is      "CALL: L0 is clear, G0 stays", eax, 402h
        mov     eax, 400h
        mov     dr7, eax
        is      "CALL: the old task stays busy", [seen_old], 8Bh
        is      "CALL: the new task is busy", [seen_new], 8Bh
        movzx   eax, word [tss1]
        is      "CALL: back link", eax, TSS0
        is      "CALL: EIP saved", [tss0 + 20h], .next
        call    restore_tasks

        task    "CALL, and IRET back to the caller"
        mov     dword [tss1 + 20h], return_task
        code
        call    TSS1:0
        endcode
        want_done
        movzx   eax, byte [gdt + TSS0 + 5]
        is      "IRET: the caller is busy", eax, 8Bh
        movzx   eax, byte [gdt + TSS1 + 5]
        is      "IRET: the callee is available", eax, 89h
        is      "IRET: the callee's EIP is saved behind the IRET", [tss1 + 20h], return_task.after
        is      "IRET: the callee's NT is clear in its TSS", [tss1 + 24h], 2
        call    restore_tasks

        task    "INT through a task gate"
        gate_at idt + 50h * 8, TSS1, 0, 85h, 0
        code
        int     50h
.next:
        endcode
        call    expect_task1
        set     eflags, FLAG_NT | 2
        want    DONE, 0, task_end
        is      "INT: EIP saved", [tss0 + 20h], .next
        is      "INT: the old task stays busy", [seen_old], 8Bh
        call    restore_tasks

        task    "#UD through a task gate: RF in the saved image, the EIP of the instruction"
        gate_at idt + xUD * 8, TSS1, 0, 85h, 0
        code
.f:     ud2
        endcode
        call    expect_task1
        set     eflags, FLAG_NT | 2
        want    DONE, 0, task_end
        is      "#UD: EIP saved", [tss0 + 20h], .f
        mov     eax, [tss0 + 24h]
        is      "#UD: EFLAGS saved", eax, FLAG_RF | 2
        call    restore_tasks
        idt_default xUD

        task    "#GP through a task gate pushes its error code in the new task"
        gate_at idt + xGP * 8, TSS1, 0, 85h, 0
        set     ecx, 0FFF8h
        code
        mov     ds, cx
        endcode
        call    restore_tasks
        idt_default xGP
        call    expect_task1
        set     eflags, FLAG_NT | 2
        set     esp, STACK0 - 1004h
        want    DONE, 0, task_end
        is      "#GP: the error code", [STACK0 - 1004h], 0FFF8h

        task    "#GP through a task gate from ring 3"
        gate_at idt + xGP * 8, TSS1, 0, 85h, 0
        ring    3
        code
.f:     hlt
        endcode
        call    restore_tasks
        idt_default xGP
        call    expect_task1
        set     eflags, FLAG_NT | 2
        set     esp, STACK0 - 1004h
        want    DONE, 0, task_end
        is      "from ring 3: CS saved", [tss0 + 4Ch], CODE3
        is      "from ring 3: SS saved", [tss0 + 50h], DATA3
        is      "from ring 3: ESP saved", [tss0 + 38h], STACK3

        task    "JMP to a 16-bit TSS: the upper halves are ones, FS and GS null"
        code
        jmp     TSS2:0
        endcode
        call    restore_tasks
        call    expect_task2
        want    DONE, 0, 602h

        task    "from a 16-bit TSS: saves words"
        mov     word [600h], 0EA66h     ; JMP 16:16
        mov     dword [602h], TSS1 << 16
        mov     byte [gdt + TSS1 + 5], 0E9h
        code
        jmp     TSS2:0
        endcode
        call    restore_tasks
        call    expect_task1
        want    DONE, 0, task_end
        movzx   eax, word [tss2 + 0Eh]
        is      "16-bit: IP saved", eax, 606h
        movzx   eax, word [tss2 + 12h]
        is      "16-bit: AX saved", eax, 1111h
        movzx   eax, word [tss2 + 1Ah]
        is      "16-bit: SP saved", eax, 1800h
        movzx   eax, word [tss2 + 28h]
        is      "16-bit: DS saved", eax, DATA3
        is      "16-bit: nothing behind", [tss2 + 2Ch], 0

        task    "CALL through a task gate from ring 3"
        gdt_gate FREE, TSS1, 0, 0E5h
        ring    3
        code
        call    FREE:0
        endcode
        call    restore_tasks
        call    expect_task1
        set     eflags, FLAG_NT | 2
        want    DONE, 0, task_end

        task    "JMP through a task gate"
        gdt_gate FREE, TSS1, 0, 85h
        code
        jmp     FREE:0
        endcode
        call    restore_tasks
        call    expect_task1
        want    DONE, 0, task_end

        task    "into a ring-3 task, which loads its LDT"
        mov     dword [ldt0 + 8], 0FFFFh
        mov     dword [ldt0 + 12], 0CFF300h
        mov     dword [tss1 + 60h], LDT0
        mov     dword [tss1 + 4Ch], CODE3
        mov     dword [tss1 + 50h], DATA3
        mov     dword [tss1 + 38h], STACK3
        mov     dword [tss1 + 54h], DATA3
        mov     dword [tss1 + 48h], DATA3
        mov     dword [tss1 + 58h], 0Fh
        mov     dword [tss1 + 5Ch], 0
        code
        jmp     TSS1:0
        endcode
        sldt    [SCRATCH]
        call    restore_tasks
        call    expect_task1
        ring    3
        set     fs, 0Fh
        set     gs, 0
        want    DONE, 0, task_end
        movzx   eax, word [SCRATCH]
        is      "LDTR", eax, LDT0

        task    "IF, DF and IOPL of the new task"
        mov     dword [tss1 + 24h], 3402h
        code
        jmp     TSS1:0
        endcode
        call    restore_tasks
        call    expect_task1
        set     eflags, 3402h
        want    DONE, 0, task_end

        task    "into virtual-8086 mode"
        mov     dword [tss1 + 24h], FLAG_VM | IOPL3 | 2
        mov     dword [tss1 + 20h], v86_task
        mov     dword [tss1 + 38h], 0FF0h
        mov     dword [tss1 + 48h], 1111h
        mov     dword [tss1 + 4Ch], 0
        mov     dword [tss1 + 50h], 7000h
        mov     dword [tss1 + 54h], 2222h
        mov     dword [tss1 + 58h], 3333h
        mov     dword [tss1 + 5Ch], 4444h
        code
        jmp     TSS1:0
        endcode
        call    restore_tasks
        call    expect_task1
        set     eflags, FLAG_VM | IOPL3 | 2
        set     esp, 0FF0h
        set     cs, 0
        set     ss, 7000h
        set     ds, 2222h
        set     es, 1111h
        set     fs, 3333h
        set     gs, 4444h
        want    DONE, 0, v86_task + 2

        task    "the T flag of the new TSS: #DB with BT before its first instruction"
        mov     eax, 0
        mov     dr6, eax
        mov     word [tss1 + 64h], 1
        code
        jmp     TSS1:0
        endcode
        call    restore_tasks
        call    expect_task1
        want    xDB, 0, task_code
        mov     eax, [got + machine.dr6]
        is      "BT is set", eax, 0FFFF8FF0h
        mov     eax, 0
        mov     dr6, eax

        ; --- faults before the switch: in the old task
%macro switch_fault 5                   ; text, ring, instruction, vector, error
        ring    %2
        code
.f:     %3
        endcode
        call    restore_tasks
        want    %4, %5
%endmacro
        task    "JMP: TSS not present"
        mov     byte [gdt + TSS1 + 5], 9
        switch_fault "", 0, {jmp TSS1:0}, xNP, TSS1

        task    "JMP: TSS busy"
        mov     byte [gdt + TSS1 + 5], 8Bh
        switch_fault "", 0, {jmp TSS1:0}, xGP, TSS1

        task    "CALL: TSS busy (itself)"
        switch_fault "", 0, {call TSS0:0}, xGP, TSS0

        task    "JMP: TSS of DPL 0 from ring 3"
        switch_fault "", 3, {jmp TSS1:0}, xGP, TSS1

        task    "JMP: RPL above DPL"
        switch_fault "", 0, {jmp TSS1 | 3:0}, xGP, TSS1

        task    "JMP: limit below 67h"
        mov     word [gdt + TSS1], 66h
        switch_fault "", 0, {jmp TSS1:0}, xTS, TSS1

        task    "JMP: 16-bit TSS, limit below 2Bh"
        mov     word [gdt + TSS2], 2Ah
        switch_fault "", 0, {jmp TSS2:0}, xTS, TSS2

        task    "JMP: TSS in the LDT"
        mov     ax, LDT0
        lldt    ax
        mov     eax, [gdt + TSS1]
        mov     [ldt0 + 16], eax
        mov     eax, [gdt + TSS1 + 4]
        mov     [ldt0 + 20], eax
        switch_fault "", 0, {jmp 14h:0}, xGP, 14h

        task    "task gate: DPL"
        gdt_gate FREE, TSS1, 0, 85h
        switch_fault "", 3, {call FREE:0}, xGP, FREE

        task    "task gate: not present"
        gdt_gate FREE, TSS1, 0, 05h
        switch_fault "", 0, {call FREE:0}, xNP, FREE

        task    "task gate: to no TSS"
        gdt_gate FREE, DATA0, 0, 85h
        switch_fault "", 0, {call FREE:0}, xGP, DATA0

        task    "task gate: to a busy TSS"
        gdt_gate FREE, TSS0, 0, 85h
        switch_fault "", 0, {call FREE:0}, xGP, TSS0

        task    "task gate: to a TSS that is not present"
        mov     byte [gdt + TSS1 + 5], 9
        gdt_gate FREE, TSS1, 0, 85h
        switch_fault "", 0, {call FREE:0}, xNP, TSS1

        task    "task gate: beyond the GDT"
        gdt_gate FREE, 0FFF8h, 0, 85h
        switch_fault "", 0, {call FREE:0}, xGP, 0FFF8h

        task    "INT, task gate: to no TSS"
        gate_at idt + 50h * 8, DATA0, 0, 85h, 0
        switch_fault "", 0, {int 50h}, xGP, DATA0

        task    "INT, task gate: TSS not present"
        mov     byte [gdt + TSS1 + 5], 9
        gate_at idt + 50h * 8, TSS1, 0, 85h, 0
        switch_fault "", 0, {int 50h}, xNP, TSS1

        task    "#UD, task gate: TSS not present, with EXT"
        mov     byte [gdt + TSS1 + 5], 9
        gate_at idt + xUD * 8, TSS1, 0, 85h, 0
        switch_fault "", 0, {ud2}, xNP, TSS1 | 1

        task    "#UD, task gate: limit too small, with EXT"
        mov     word [gdt + TSS1], 66h
        switch_fault "", 0, {ud2}, xTS, TSS1 | 1

        task    "#UD, task gate: busy, with EXT"
        mov     byte [gdt + TSS1 + 5], 8Bh
        switch_fault "", 0, {ud2}, xGP, TSS1 | 1
        idt_default xUD

        task    "IRET with NT: back link to an available TSS"
        mov     word [tss0], TSS1
        set     eflags, FLAG_NT | 2
        code
.f:     iretd
        endcode
        call    restore_tasks
        want    xTS, TSS1

        task    "IRET with NT: back link to no TSS"
        mov     word [tss0], DATA0
        set     eflags, FLAG_NT | 2
        code
.f:     iretd
        endcode
        call    restore_tasks
        want    xTS, DATA0

        task    "IRET with NT: back link to the LDT"
        mov     word [tss0], 14h
        set     eflags, FLAG_NT | 2
        code
.f:     iretd
        endcode
        call    restore_tasks
        want    xTS, 14h

        task    "IRET with NT: TSS not present"
        mov     word [tss0], TSS1
        mov     byte [gdt + TSS1 + 5], 0Bh
        set     eflags, FLAG_NT | 2
        code
.f:     iretd
        endcode
        call    restore_tasks
        want    xNP, TSS1
        mov     word [tss0], 0

        ; --- faults after the switch: in the new task, at its first instruction
; The state of a half-loaded task may not be consistent (SDM Vol. 3A, "Invalid TSS Exception"): the handlers are tasks of their own.
TSS_TS  equ     FREE + 64
TSS_NP  equ     FREE + 72
tss_ts  equ     tss1 + 300h
tss_np  equ     tss1 + 400h
%macro handler_task 3                   ; vector, selector, TSS
        mov     esi, tss1
        mov     edi, %3
        mov     ecx, 68h / 4
        rep     movsd
        mov     dword [%3 + 28h], %1
        mov     dword [%3 + 38h], STACK0 - 2000h
        descriptor %2, %3, 67h, 89h, 0
        gate_at idt + %1 * 8, %2, 0, 85h, 0
%endmacro
%macro new_task_fault 4                 ; text, address to change (value in EBX), vector, error
        probe   %1
        call    new_tasks
        handler_task xTS, TSS_TS, tss_ts
        handler_task xNP, TSS_NP, tss_np
        mov     [%2], ebx
        mov     dword [STACK0 - 2004h], 0BADh
        code
        jmp     TSS1:0
        endcode
        str     [seen_tr]
        mov     eax, [tss_ts]
        mov     [seen_old], eax
        call    restore_tasks
        idt_default xTS
        idt_default xNP
        call    expect_task1
        set     eax, %3
        set     esp, STACK0 - 2004h
        set     eflags, FLAG_NT | 2
        want    DONE, 0, task_end
        is      %strcat(%1, ": error code"), [STACK0 - 2004h], %4
        is      %strcat(%1, ": EIP in the new TSS"), [tss1 + 20h], task_code
%endmacro
        mov     ebx, 0
        new_task_fault "new task: null CS", tss1 + 4Ch, xTS, 0
        mov     ebx, DATA0
        new_task_fault "new task: CS is data", tss1 + 4Ch, xTS, DATA0
        mov     ebx, 0FFF8h
        new_task_fault "new task: CS beyond the GDT", tss1 + 4Ch, xTS, 0FFF8h
        mov     ebx, CODE0 | 3
        new_task_fault "new task: DPL of CS is not its RPL", tss1 + 4Ch, xTS, CODE0
        descriptor FREE, 0, 0FFFFFh, 1Bh, 0Ch
        mov     ebx, FREE
        new_task_fault "new task: CS not present", tss1 + 4Ch, xNP, FREE
        mov     ebx, 0
        new_task_fault "new task: null SS", tss1 + 50h, xTS, 0
        mov     ebx, CODE0
        new_task_fault "new task: SS is code", tss1 + 50h, xTS, CODE0
        mov     ebx, DATA0 | 3
        new_task_fault "new task: RPL of SS", tss1 + 50h, xTS, DATA0
        mov     ebx, DATA3 & ~3
        new_task_fault "new task: DPL of SS", tss1 + 50h, xTS, DATA3 & ~3
        mov     ebx, 0FFF8h
        new_task_fault "new task: SS beyond the GDT", tss1 + 50h, xTS, 0FFF8h
        mov     ebx, 0FFF8h
        new_task_fault "new task: DS beyond the GDT", tss1 + 54h, xTS, 0FFF8h
        descriptor FREE, 0, 0FFFFFh, 98h, 0Ch
        mov     ebx, FREE
        new_task_fault "new task: ES is execute-only", tss1 + 48h, xTS, FREE
        descriptor FREE, 0, 0FFFFFh, 13h, 0Ch
        mov     ebx, FREE
        new_task_fault "new task: FS not present", tss1 + 58h, xNP, FREE
        mov     ebx, TSS0
        new_task_fault "new task: GS is a system segment", tss1 + 5Ch, xTS, TSS0
        mov     ebx, DATA0
        new_task_fault "new task: LDT is none", tss1 + 60h, xTS, DATA0
        mov     ebx, 14h
        new_task_fault "new task: LDT in the LDT", tss1 + 60h, xTS, 14h
        mov     ebx, 0FFF8h
        new_task_fault "new task: LDT beyond the GDT", tss1 + 60h, xTS, 0FFF8h
        descriptor FREE, ldt0, 0FFh, 02h, 0
        mov     ebx, FREE
        new_task_fault "new task: LDT not present", tss1 + 60h, xTS, FREE

        probe   "new task: EIP beyond the limit of CS"
        call    new_tasks
        descriptor FREE, 0, 0FFFh, 9Bh, 4
        mov     dword [tss1 + 4Ch], FREE
        code
        jmp     TSS1:0
        endcode
        call    restore_tasks
        call    expect_task1
        set     cs, FREE
        want    xGP, 0, task_code

        task    "a double fault through a task gate leaves a bad stack behind"
        gate_at idt + xDF * 8, TSS1, 0, 85h, 0
        mov     dword [tss0 + 4], 80000000h
        mov     dword [tss0 + 8], 0
        ring    3
        code
.f:     ud2
        endcode
        call    restore_tasks
        call    expect_task1
        set     eflags, FLAG_NT | 2
        set     esp, STACK0 - 1004h
        want    DONE, 0, task_end
        is      "its error code is 0", [STACK0 - 1004h], 0
        is      "the old task's EIP", [tss0 + 20h], .f
        idt_default xDF

        ; --- with paging
        call    paging_on
PD2     equ     120000h
PT2     equ     121000h
        mov     esi, PD
        mov     edi, PD2
        mov     ecx, 1024
        rep     movsd
        mov     esi, PT1
        mov     edi, PT2
        mov     ecx, 1024
        rep     movsd
        mov     dword [PD2 + 4], PT2 | 7
        mov     dword [PT2], (AREA + 1000h) | 7         ; AREA is another page there
        mov     dword [AREA], 1111h
        mov     dword [AREA + 1000h], 2222h
        task    "CR3 of the new task"
        mov     dword [tss1 + 1Ch], PD2
        mov     dword [tss1 + 20h], read_area
        code
        jmp     TSS1:0
        endcode
        mov     eax, cr3
        mov     [SCRATCH], eax
        call    restore_tasks
        mov     eax, PD
        mov     cr3, eax
        call    expect_task1
        set     eax, 2222h
        want    DONE, 0, read_area.end
        is      "and CR3 itself", [SCRATCH], PD2
        is      "the old CR3 is not written", [tss0 + 1Ch], 0

        task    "the new TSS in a missing page: #PF in the old task"
        descriptor FREE, AREA + 2000h, 67h, 89h, 0
        pte     2, 0
        code
.f:     jmp     FREE:0
        endcode
        str     [seen_tr]
        mov     dword [ignored], 1 << 18
        mov     eax, cr2
        shr     eax, 12
        mov     [SCRATCH], eax
        movzx   eax, byte [gdt + FREE + 5]
        mov     [SCRATCH + 4], eax
        call    restore_tasks
        mov     dword [context + machine.error], 0
        and     dword [got + machine.error], ~2         ; read or write first is the processor's business
        want    xPF, 0
        movzx   eax, word [seen_tr]
        is      "TR is the old one", eax, TSS0
        is      "in CR2 its page", [SCRATCH], (AREA + 2000h) >> 12
        is      "the TSS is available", [SCRATCH + 4], 89h
        pte     2, (AREA + 2000h) | 7

        task    "the new TSS over two pages"
        mov     esi, tss1
        mov     edi, AREA + 0FE0h
        mov     ecx, 68h / 4
        rep     movsd
        descriptor FREE, AREA + 0FE0h, 67h, 89h, 0
        code
        jmp     FREE:0
        endcode
        call    restore_tasks
        call    expect_task1
        want    DONE, 0, task_end

        task    "the second page of the new TSS missing"
        descriptor FREE, AREA + 0FE0h, 67h, 89h, 0
        pte     1, 0
        code
.f:     jmp     FREE:0
        endcode
        call    restore_tasks
        and     dword [got + machine.error], ~2
        set     cr2, AREA + 1000h
        mov     dword [ignored], 1 << 18
        want    xPF, 0
        call    paging_off
        jmp     finish

read_area:
        mov     eax, [AREA]
        int     DONE
.end:   nop

return_task:
        iretd
.after: nop

        section low
        bits    16
v86_task:
        int     DONE

        section .data
        align   4
seen_cr0: dd    0
seen_tr: dd     0
seen_old: dd    0
seen_new: dd    0
