; cpu: max
; options: --machine pc --smp 1
; Everything that counts: the 8254's modes, the power management timer, the HPET with its comparators, interrupts by the I/O APIC and in the places of the 8254
; and of the clock, the local APIC's timer one-shot, periodic and with a TSC deadline. They have to agree on how fast time passes.
; Intel 8254; ACPI 1.0, section 4.7.3.3; IA-PC HPET specification 1.0a; SDM Vol. 3A, section 10.5.4.
%include "lib/start.inc"

APIC    equ     0FEE00000h
TPR     equ     APIC + 80h
EOI     equ     APIC + 0B0h
SVR     equ     APIC + 0F0h
IRR     equ     APIC + 200h
TIMER   equ     APIC + 320h
LINT0   equ     APIC + 350h
INITIAL equ     APIC + 380h
CURRENT equ     APIC + 390h
DIVIDE  equ     APIC + 3E0h
IO      equ     0FEC00000h
HPET    equ     0FED00000h
CNF     equ     HPET + 10h
STS     equ     HPET + 20h
COUNTER equ     HPET + 0F0h
; of comparator %1
%define T_CNF(n) (HPET + 100h + (n) * 20h)
%define T_VAL(n) (HPET + 108h + (n) * 20h)

%macro io 2
        mov     dword [IO], %1
        mov     dword [IO + 10h], %2
%endmacro
; Sets counter %1 of the 8254 to mode %2 and a count.
%macro pit 3
        mov     al, (%1) << 6 | 30h | (%2) << 1
        out     43h, al
        mov     al, (%3) & 0FFh
        out     40h + (%1), al
        mov     al, (%3) >> 8
        out     40h + (%1), al
%endmacro
; Is EAX within %2 to %3? Anything else is told as it is.
%macro between 3
        mov     ebx, %2
        mov     ecx, %3
        call    range
        is      %1, eax, 1
%endmacro
; Waits until [%1] is %2, but not for ever; interrupts are on.
%macro wait_for 2
        mov     edi, %1
        mov     eax, %2
        call    wait_until
%endmacro

        section .text
        bits    32
main:
        idt_gate 60h, CODE0, on_apic, 8Eh
        idt_gate 20h, CODE0, on_irq0, 8Eh
        idt_gate 28h, CODE0, on_irq8, 8Eh
        mov     dword [SVR], 1FFh
        mov     dword [TPR], 0
        mov     dword [LINT0], 10700h
        call    find_pm

        ; 8254
        mov     al, 30h
        out     43h, al
        mov     al, 0E2h
        out     43h, al
        xor     eax, eax
        in      al, 40h
        and     eax, 0FFh
        is      "8254, mode 0: OUT is low, no count yet", eax, 70h
        pit     0, 0, 0FFFFh
        mov     ecx, 1000
        loop    $
        mov     al, 0E2h
        out     43h, al
        in      al, 40h
        and     eax, 0FFh
        is      "mode 0: counting, OUT low", eax, 30h
        call    latch
        mov     [first], eax
        call    latch
        cmp     eax, [first]
        setbe   al
        movzx   eax, al
        is      "a latched count goes down", eax, 1
        pit     0, 0, 20
        mov     ecx, 100000
.out:   mov     al, 0E2h
        out     43h, al
        in      al, 40h
        test    al, al
        js      .high
        loop    .out
.high:  and     eax, 0B0h
        is      "mode 0: OUT goes high at the end", eax, 0B0h
        in      al, 61h                 ; counter 2: its gate, and its OUT in bit 5
        and     al, 0FCh
        out     61h, al
        pit     2, 0, 40
        mov     ecx, 20000
        loop    $
        in      al, 61h
        and     eax, 20h
        is      "counter 2: without its gate it does not count", eax, 0
        in      al, 61h
        and     al, 0FCh
        or      al, 1
        out     61h, al
        mov     ecx, 1000000
.gate:  in      al, 61h
        test    al, 20h
        jnz     .open
        loop    .gate
.open:  and     eax, 20h
        is      "counter 2: with it its OUT goes high", eax, 20h
        pit     2, 3, 1000
        xor     edx, edx                ; a square wave: both levels are seen
        mov     ecx, 100000
.wave:  in      al, 61h
        shr     al, 5
        and     eax, 1
        bts     edx, eax
        loop    .wave
        is      "counter 2, mode 3: a square wave", edx, 3
        in      al, 61h
        and     al, 0FCh
        out     61h, al
        pit     0, 2, 0

        ; the power management timer beside the 8254
        mov     edx, [pm]
        in      eax, dx
        and     eax, 0FF000000h
        is      "power management timer: 24 bits", eax, 0
        call    pm_now
        mov     [first], eax
        pit     0, 0, 11932             ; 10 ms
        call    pit_end
        call    pm_now
        sub     eax, [first]
        and     eax, 0FFFFFFh
        between "in 10 ms of the 8254 it counts 35795", 35795 * 9 / 10, 35795 * 3

        ; HPET
        mov     eax, [HPET]
        and     eax, 0FFFFA000h
        is      "HPET: Intel's, legacy routes, 64 bits", eax, 8086A000h
        mov     eax, [HPET + 4]
        cmp     eax, 5F5E100h           ; 100 ns
        setbe   al
        movzx   eax, al
        is      "HPET: a period of 100 ns at most", eax, 1
        mov     eax, 1316134912         ; 10^13 femtoseconds are 10 ms
        mov     edx, 2328
        div     dword [HPET + 4]
        mov     [ten_ms], eax
        mov     dword [CNF], 0
        mov     dword [COUNTER], 1234h
        mov     dword [COUNTER + 4], 5
        mov     eax, [COUNTER]
        is      "HPET: halted, its counter is written", eax, 1234h
        mov     eax, [COUNTER + 4]
        is      "HPET: both halves", eax, 5
        call    pit_10ms
        mov     eax, [COUNTER]
        is      "HPET: halted, it does not count", eax, 1234h
        mov     dword [COUNTER], 0FFFFFFF0h
        mov     dword [CNF], 1
        call    pit_10ms
        mov     eax, [COUNTER + 4]
        is      "HPET: carries into the high half", eax, 6
        mov     eax, [COUNTER]
        mov     [first], eax
        call    pit_10ms
        mov     eax, [COUNTER]
        sub     eax, [first]
        mov     ebx, [ten_ms]
        mov     ecx, ebx
        imul    ecx, 3
        imul    ebx, 9
        push    eax
        push    ecx
        mov     eax, ebx
        xor     edx, edx
        mov     ecx, 10
        div     ecx
        mov     ebx, eax
        pop     ecx
        pop     eax
        call    range
        is      "HPET: agrees with the 8254", eax, 1

        ; comparator 2 by the I/O APIC
        mov     dword [CNF], 0
        mov     dword [COUNTER], 0
        mov     dword [COUNTER + 4], 0
        mov     dword [T_CNF(0)], 0
        mov     dword [T_CNF(1)], 0
        mov     dword [STS], 7
        mov     ecx, 16                 ; the first of its inputs
.route: bt      [T_CNF(2) + 4], ecx
        jc      .routed
        inc     ecx
        cmp     ecx, 32
        jb      .route
.routed:
        mov     [input], ecx
        lea     eax, [ecx * 2 + 11h]
        mov     dword [IO], eax
        mov     dword [IO + 10h], 0
        dec     eax
        mov     dword [IO], eax
        mov     dword [IO + 10h], 60h
        shl     ecx, 9
        or      ecx, 4
        mov     [T_CNF(2)], ecx
        mov     eax, [T_CNF(2)]
        and     eax, 3F4Eh
        is      "comparator: its configuration is kept", eax, ecx
        mov     eax, [ten_ms]
        mov     [T_VAL(2)], eax
        mov     dword [T_VAL(2) + 4], 0
        mov     dword [came], 0
        mov     dword [CNF], 1
        wait_for came, 1
        mov     eax, [COUNTER]
        cmp     eax, [ten_ms]
        setae   al
        movzx   eax, al
        is      "comparator, one-shot: not before its time", eax, 1
        call    pit_10ms_open
        call    pit_10ms_open
        is      "comparator, one-shot: once", dword [came], 1
        mov     eax, [STS]
        is      "comparator, edge: no status", eax, 0
        ; level
        mov     dword [CNF], 0
        mov     dword [COUNTER], 0
        mov     dword [COUNTER + 4], 0
        mov     eax, [input]
        lea     ecx, [eax * 2 + 10h]
        mov     dword [IO], ecx
        mov     dword [IO + 10h], 8060h
        shl     eax, 9
        or      eax, 6
        mov     [T_CNF(2)], eax
        mov     eax, [ten_ms]
        mov     [T_VAL(2)], eax
        mov     dword [T_VAL(2) + 4], 0
        mov     dword [came], 0
        mov     dword [levels], 3       ; the handler takes it back the third time
        mov     dword [CNF], 1
        wait_for came, 3
        call    pit_10ms_open
        is      "comparator, level: as often as it is not taken back", dword [came], 3
        mov     eax, [STS]
        is      "comparator, level: status cleared", eax, 0
        mov     dword [T_CNF(2)], 0
        mov     eax, [input]
        lea     ecx, [eax * 2 + 10h]
        mov     dword [IO], ecx
        mov     dword [IO + 10h], 10000h

        ; the places of the 8254 and of the clock
        mov     dword [CNF], 0
        mov     dword [COUNTER], 0
        mov     dword [COUNTER + 4], 0
        pit     0, 2, 1193              ; goes on asking in its old place
        mov     eax, [ten_ms]
        mov     dword [T_CNF(1)], 4
        shl     eax, 1
        mov     [T_VAL(1)], eax
        mov     dword [T_VAL(1) + 4], 0
        mov     eax, [ten_ms]
        mov     dword [T_CNF(0)], 4Ch   ; periodic, value setting
        mov     [T_VAL(0)], eax
        mov     dword [T_VAL(0) + 4], 0
        mov     dword [T_CNF(0)], 0Ch
        mov     [T_VAL(0)], eax         ; the period
        mov     dword [irq0], 0
        mov     dword [irq8], 0
        mov     dword [LINT0], 700h
        mov     dword [CNF], 3
        mov     al, 0FEh
        out     21h, al
        call    open                    ; what was asked for before
        mov     dword [irq0], 0
        mov     al, 0FAh
        out     21h, al
        mov     al, 0FEh
        out     0A1h, al
        wait_for irq0, 5
        mov     al, 0FFh
        out     21h, al
        out     0A1h, al
        is      "legacy: IRQ 0, each time, by the 8259A", dword [irq0], 5
        mov     eax, [ten_ms]
        imul    eax, 5
        cmp     [irq0_at], eax
        setae   al
        movzx   eax, al
        is      "legacy: the fifth in its time, and not at the 8254's", eax, 1
        is      "legacy: comparator 1 is IRQ 8", dword [irq8], 1
        mov     dword [LINT0], 10700h
        io      15h, 0
        io      14h, 60h
        mov     dword [came], 0
        wait_for came, 3
        is      "legacy: comparator 0 is at input 2", dword [came], 3
        io      14h, 10060h
        mov     dword [T_CNF(0)], 0
        mov     dword [T_CNF(1)], 0
        mov     dword [CNF], 0

        ; the local APIC's timer
        mov     dword [DIVIDE], 0Bh     ; by 1
        mov     dword [TIMER], 10060h
        mov     dword [INITIAL], 0FFFFFFFFh
        mov     eax, [CURRENT]
        mov     [first], eax
        call    pit_10ms
        mov     eax, [first]
        sub     eax, [CURRENT]
        mov     [apic_ten_ms], eax
        between "APIC timer: counts between 100 kHz and 4 GHz", 1000, 40000000
        mov     dword [DIVIDE], 0Ah     ; by 128
        mov     dword [INITIAL], 0FFFFFFFFh
        mov     eax, [CURRENT]
        mov     [first], eax
        call    pit_10ms
        mov     eax, [first]
        sub     eax, [CURRENT]
        shl     eax, 7
        mov     ebx, [apic_ten_ms]
        shr     ebx, 1
        mov     ecx, [apic_ten_ms]
        imul    ecx, 2
        call    range
        is      "APIC timer: divided by 128", eax, 1
        mov     dword [DIVIDE], 0Bh
        mov     dword [TIMER], 60h
        mov     eax, [apic_ten_ms]
        shr     eax, 3
        mov     dword [came], 0
        mov     [INITIAL], eax
        wait_for came, 1
        mov     eax, [CURRENT]
        is      "APIC timer, one-shot: ends at 0", eax, 0
        call    pit_10ms_open
        is      "APIC timer, one-shot: once", dword [came], 1
        mov     dword [TIMER], 20060h
        mov     dword [came], 0
        mov     eax, [apic_ten_ms]
        shr     eax, 3
        mov     [INITIAL], eax
        wait_for came, 6
        cmp     dword [came], 6
        setae   al
        movzx   eax, al
        is      "APIC timer, periodic: goes on", eax, 1
        mov     dword [INITIAL], 0
        call    open
        mov     dword [came], 0
        call    pit_10ms_open
        is      "APIC timer: an initial count of 0 stops it", dword [came], 0
        mov     dword [TIMER], 10060h
        mov     dword [INITIAL], 1000
        call    pit_10ms
        mov     eax, [IRR + 30h]
        is      "APIC timer: masked, nothing is requested", eax, 0
        mov     dword [TIMER], 60h
        call    pit_10ms_open
        is      "APIC timer: and what has passed is not made up for", dword [came], 0

        mov     eax, 1
        cpuid
        bt      ecx, 24
        jc      .deadline
        skip    "TSC deadline: comes", "the processor has none"
        skip    "TSC deadline: not before its time", "the processor has none"
        skip    "TSC deadline: disarmed by its interrupt", "the processor has none"
        skip    "TSC deadline: a past one comes at once", "the processor has none"
        skip    "TSC deadline: 0 disarms", "the processor has none"
        skip    "TSC deadline: the initial count is not written", "the processor has none"
        jmp     finish
.deadline:
        mov     dword [TIMER], 40060h
        mov     dword [came], 0
        rdtsc
        add     eax, 200000
        adc     edx, 0
        mov     [first], eax
        mov     ecx, 6E0h
        wrmsr
        wait_for came, 1
        rdtsc
        sub     eax, [first]
        mov     esi, eax
        is      "TSC deadline: comes", dword [came], 1
        test    esi, esi
        setns   al
        movzx   eax, al
        is      "TSC deadline: not before its time", eax, 1
        mov     ecx, 6E0h
        rdmsr
        or      eax, edx
        is      "TSC deadline: disarmed by its interrupt", eax, 0
        mov     eax, 1
        xor     edx, edx
        wrmsr
        call    open
        is      "TSC deadline: a past one comes at once", dword [came], 2
        rdtsc
        add     eax, 100000
        adc     edx, 0
        wrmsr
        xor     eax, eax
        xor     edx, edx
        wrmsr
        call    pit_10ms_open
        is      "TSC deadline: 0 disarms", dword [came], 2
        mov     dword [INITIAL], 1000
        mov     eax, [INITIAL]
        is      "TSC deadline: the initial count is not written", eax, 0
        jmp     finish

open:   sti
        mov     ecx, 2000
        loop    $
        cli
        ret

latch:  xor     eax, eax                ; EAX = the count of counter 0
        out     43h, al
        in      al, 40h
        mov     ah, al
        in      al, 40h
        xchg    al, ah
        ret

pit_10ms:
        push    eax
        pit     0, 0, 11932
        call    pit_end
        pop     eax
        ret
pit_10ms_open:
        sti
        call    pit_10ms
        cli
        ret

pit_end:                                ; counter 0 in mode 0 has come to its end
        push    eax
        push    ecx
        mov     ecx, 10000000
.again: mov     al, 0E2h
        out     43h, al
        in      al, 40h
        test    al, al
        js      .end
        loop    .again
.end:   pop     ecx
        pop     eax
        ret

pm_now: push    edx
        mov     edx, [pm]
        in      eax, dx
        pop     edx
        ret

wait_until:                             ; [EDI] = EAX or more, or much time has passed
        push    ecx
        sti
        mov     ecx, 20000000
.again: cmp     [edi], eax
        jae     .done
        pause
        loop    .again
.done:  cli
        pop     ecx
        ret

range:  cmp     eax, ebx                ; EAX = 1 where it is from EBX to ECX
        jb      .end
        cmp     eax, ecx
        ja      .end
        mov     eax, 1
.end:   ret

find_pm:                                ; [pm] = the port of the timer, by the FADT
        mov     esi, 0E0000h
.root:  cmp     dword [esi], 'RSD '
        je      .found
        add     esi, 16
        cmp     esi, 100000h
        jb      .root
        ret
.found: mov     esi, [esi + 16]
        mov     ecx, [esi + 4]
        sub     ecx, 36
        shr     ecx, 2
        add     esi, 36
.table: mov     eax, [esi]
        cmp     dword [eax], 'FACP'
        je      .fadt
        add     esi, 4
        loop    .table
        ret
.fadt:  mov     eax, [eax + 76]
        mov     [pm], eax
        ret

on_apic:
        push    eax
        inc     dword [came]
        mov     eax, [came]
        cmp     eax, [levels]
        jne     .end
        mov     dword [STS], 4
        mov     dword [levels], 0
.end:   mov     dword [EOI], 0
        pop     eax
        iretd
on_irq0:
        push    eax
        inc     dword [irq0]
        mov     eax, [COUNTER]
        mov     [irq0_at], eax
        mov     al, 20h
        out     20h, al
        cmp     dword [irq0], 5
        jb      .end
        mov     al, 0FBh                ; no more of them
        out     21h, al
.end:   pop     eax
        iretd
on_irq8:
        push    eax
        inc     dword [irq8]
        mov     al, 20h
        out     0A0h, al
        out     20h, al
        pop     eax
        iretd

        section .data
        align   4
pm:     dd      0
first:  dd      0
ten_ms: dd      0
input:  dd      0
came:   dd      0
levels: dd      0
irq0:   dd      0
irq0_at:
        dd      0
irq8:   dd      0
apic_ten_ms:
        dd      0
