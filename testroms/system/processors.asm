; options: --machine pc --smp 4
; Four processors: how firmware tells of them, start-up by INIT and SIPI, messages between them in all modes, locks, a shoot-down of translations,
; and code that one processor changes while others execute it. SDM Vol. 3A, chapters 8 and 10; MultiProcessor Specification 1.4; ACPI 1.0.
%include "lib/start.inc"

COUNT   equ     4
APIC    equ     0FEE00000h
ID      equ     APIC + 20h
TPR     equ     APIC + 80h
EOI     equ     APIC + 0B0h
LDR     equ     APIC + 0D0h
DFR     equ     APIC + 0E0h
SVR     equ     APIC + 0F0h
ESR     equ     APIC + 280h
ICR     equ     APIC + 300h
ICR_TO  equ     APIC + 310h

TRAMPOLINE equ  8F000h                  ; where the others begin, in real mode
STACKS  equ     80000h                  ; 4 KBytes each, by the order of arrival
PING    equ     60h                     ; vectors
SHOOT   equ     61h
LOOPS   equ     500                     ; of each processor, with a lock

; Sends message %1 to destination %2.
%macro send 1-2 0
        mov     dword [ICR_TO], %2
        mov     dword [ICR], %1
%endmacro
; ECX = this processor's number
%macro number 0
        mov     ecx, [ID]
        shr     ecx, 24
%endmacro
; All others execute %1, while this processor waits.
%macro others 1
        mov     eax, %1
        call    begin
        call    await
%endmacro
; All, this processor too, execute %1.
%macro everybody 1
        mov     eax, %1
        call    begin
        call    %1
        call    await
%endmacro
; Waits until [%1] is %2, but not for ever.
%macro wait_for 2
        mov     edi, %1
        mov     eax, %2
        call    wait_until
%endmacro
%macro clear_pings 0
        mov     dword [pings], 0
        mov     dword [pings + 4], 0
        mov     dword [pings + 8], 0
        mov     dword [pings + 12], 0
%endmacro
; EAX = who was pinged how often, a digit each, processor 3 first
%macro pinged 0
        call    settle
        mov     eax, [pings + 12]
        shl     eax, 4
        or      eax, [pings + 8]
        shl     eax, 4
        or      eax, [pings + 4]
        shl     eax, 4
        or      eax, [pings]
%endmacro

        section low
        bits    16
; The first code of the others, to be copied to TRAMPOLINE.
trampoline:
        cli
        xor     ax, ax
        mov     ds, ax
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword CODE0:other
trampoline_end:

        section .text
        bits    32
main:
        call    tables
        idt_gate PING, CODE0, on_ping, 8Eh
        idt_gate SHOOT, CODE0, on_shoot, 8Eh
        idt_gate 0FFh, CODE0, on_spurious, 8Eh
        idt_gate xNMI, CODE0, on_nmi, 8Eh
        mov     dword [TPR], 0
        mov     dword [SVR], 1FFh
        mov     ecx, 1Bh
        rdmsr
        is      "IA32_APIC_BASE of the bootstrap processor", eax, APIC | 900h
        mov     esi, trampoline
        mov     edi, TRAMPOLINE
        mov     ecx, trampoline_end - trampoline
        cld
        rep     movsb

        is      "nobody else runs after power-on", dword [alive], 0
        send    0C4600h | TRAMPOLINE >> 12      ; SIPI for all others
        wait_for alive, COUNT - 1
        is      "a start-up message begins those that wait since power-on", dword [alive], COUNT - 1
        send    0C4500h                 ; INIT
        call    settle
        mov     dword [alive], 0
        call    settle
        is      "INIT stops them", dword [alive], 0
        send    0C4600h | TRAMPOLINE >> 12
        wait_for alive, COUNT - 1
        send    0C4600h | TRAMPOLINE >> 12
        call    settle
        is      "a second start-up message is not heard", dword [alive], COUNT - 1
        mov     eax, [ids]
        is      "APIC identifications", eax, 3020100h
        is      "CPUID leaf 1 says the same", dword [cpuids], 3020100h
        is      "one bootstrap processor", dword [bootstraps], 0

        others  identify
        is      "each processor executes what it is told", dword [told], COUNT - 1

        ; Locks.
        everybody count_locked
        is      "a lock with LOCK BTS and PAUSE", dword [counter], COUNT * LOOPS
        mov     dword [counter], 0
        everybody count_spinning
        is      "a lock with XCHG and no PAUSE", dword [counter], COUNT * LOOPS
        mov     dword [counter], 0
        everybody count_atomic
        is      "LOCK XADD, LOCK INC", dword [counter], COUNT * LOOPS * 2
        mov     dword [counter], 0
        everybody count_compared
        is      "LOCK CMPXCHG, LOCK CMPXCHG8B", dword [counter], COUNT * LOOPS * 2
        mov     dword [counter], 0
        everybody count_by_ticket
        is      "a ticket lock", dword [counter], COUNT * LOOPS
        mov     dword [counter], 0
        mov     dword [expected_turn], 0
        everybody pass_baton
        is      "a baton is handed round", dword [counter], COUNT * 64

        ; Messages.
        sti
        clear_pings
        send    4000h | PING, 2 << 24
        pinged
        is      "to one processor", eax, 0100h
        clear_pings
        send    44000h | PING
        pinged
        is      "shorthand: self", eax, 1
        clear_pings
        send    84000h | PING
        pinged
        is      "shorthand: all", eax, 1111h
        clear_pings
        send    0C4000h | PING
        pinged
        is      "shorthand: all others", eax, 1110h
        clear_pings
        send    4000h | PING, 0FFh << 24
        pinged
        is      "broadcast destination", eax, 1111h
        everybody flat
        clear_pings
        send    4800h | PING, 0Ah << 24
        pinged
        is      "logical, flat model", eax, 1010h
        clear_pings
        send    4800h | PING, 30h << 24
        pinged
        is      "logical: nobody has these bits", eax, 0
        everybody flat_priorities
        clear_pings
        send    4900h | PING, 0Fh << 24
        pinged
        is      "lowest priority: the one with the least TPR", eax, 1000h
        everybody cluster
        clear_pings
        send    4800h | PING, 13h << 24
        pinged
        is      "logical, cluster model: both of the second cluster", eax, 1100h
        clear_pings
        send    4800h | PING, 2 << 24
        pinged
        is      "cluster model: one of the first", eax, 10h
        mov     dword [ESR], 0
        send    4000h | 5, 9 << 24       ; nobody is there
        mov     dword [ESR], 0
        is      "a vector below 16: send illegal vector", dword [ESR], 20h
        clear_pings
        send    4400h, 1 << 24
        call    settle
        is      "NMI", dword [nmis], 1 << 8
        mov     eax, halt
        call    begin
        call    settle
        is      "three sleep", dword [slept], 0
        clear_pings
        send    0C4000h | PING
        call    await
        is      "a message wakes a halted processor", dword [slept], COUNT - 1
        mov     eax, halt_deaf
        call    begin
        call    settle
        mov     byte [nmis + 1], 0
        send    0C4400h
        call    await
        is      "NMI wakes one that has interrupts off", dword [nmis], 1010100h

        ; Translations.
        everybody paged
        mov     dword [AREA], 11111111h
        mov     dword [AREA + 1000h], 22222222h
        mov     dword [seen], 0
        everybody look
        is      "all see the first page", dword [seen], COUNT
        mov     dword [PT1], AREA + 1000h | 7
        invlpg  [AREA]
        mov     dword [shot], 0
        send    0C4000h | SHOOT
        wait_for shot, COUNT - 1
        is      "translations are shot down by a message", dword [shot], COUNT - 1
        mov     dword [seen], 0
        mov     dword [pattern], 22222222h
        everybody look
        is      "all see the second page", dword [seen], COUNT
        others  accessed
        test    dword [PT1 + 8], 20h
        setnz   al
        movzx   eax, al
        is      "another processor's walk sets the accessed flag", eax, 1

        ; Code.
        mov     eax, execute
        call    begin
        mov     ebx, 1
.change:
        mov     [patched + 1], ebx      ; first the code, then what it has to give at least
        mov     [word_now], ebx
        mov     ecx, 10
.let:   pause
        loop    .let
        inc     ebx
        cmp     ebx, 60
        jb      .change
        mov     dword [stop_executing], 1
        call    await
        is      "code that another processor has changed is executed as it is", dword [wrong], 0
        cmp     dword [runs], 10000
        setae   al
        movzx   eax, al
        is      "and that often", eax, 1
        mov     dword [patched + 1], 0
        mov     dword [stop_executing], 0
        others  change
        call    patched
        is      "code that three others have changed", eax, 666
        call    paging_off

        ; One stops, and begins again.
        mov     dword [alive], 0
        send    4500h, 3 << 24
        send    4600h | TRAMPOLINE >> 12, 3 << 24
        wait_for alive, 1
        is      "INIT and SIPI for one processor", dword [alive], 1
        jmp     finish

; ---- What the others do.

other:  mov     ax, DATA0
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        lidt    [idt_pointer]
        mov     eax, [ID]
        shr     eax, 24
        mov     ecx, eax
        shl     eax, 12
        lea     esp, [eax + STACKS]
        mov     dword [SVR], 1FFh
        mov     [ids + ecx], cl
        mov     eax, 1
        push    ecx
        cpuid
        pop     ecx
        shr     ebx, 24
        mov     [cpuids + ecx], bl
        push    ecx
        mov     ecx, 1Bh
        rdmsr
        pop     ecx
        shr     eax, 8
        and     eax, 1
        lock add [bootstraps], eax
        mov     ebx, [round]
        lock inc dword [alive]
        sti
.idle:  pause
        cmp     ebx, [round]
        je      .idle
        inc     ebx
        push    ebx
        call    [task]
        pop     ebx
        lock inc dword [finished]
        jmp     .idle

begin:  mov     [task], eax             ; EAX = what the others are to do
        mov     dword [finished], 0
        lock inc dword [round]
        ret
await:  wait_for finished, COUNT - 1
        ret

wait_until:                             ; [EDI] = EAX, or much time has passed
        push    ecx
        mov     ecx, 1000000
.again: cmp     [edi], eax
        je      .done
        pause
        loop    .again
.done:  pop     ecx
        ret

settle: push    ecx                     ; time for everybody to hear of everything
        mov     ecx, 200000
.again: dec     ecx
        jnz     .again
        mov     ecx, 1000
.turn:  pause
        loop    .turn
        pop     ecx
        ret

identify:
        lock inc dword [told]
        ret

count_locked:
        mov     ecx, LOOPS
.next:  lock bts dword [lock_bit], 0
        jnc     .mine
        pause
        jmp     .next
.mine:  mov     eax, [counter]
        inc     eax
        mov     [counter], eax
        mov     dword [lock_bit], 0
        loop    .next
        ret

count_spinning:
        mov     ecx, LOOPS
.next:  mov     eax, 1
        xchg    eax, [lock_bit]
        test    eax, eax
        jnz     .next
        mov     eax, [counter]
        nop
        inc     eax
        mov     [counter], eax
        mov     dword [lock_bit], 0
        loop    .next
        ret

count_atomic:
        mov     ecx, LOOPS
.next:  mov     eax, 1
        lock xadd [counter], eax
        lock inc dword [counter]
        loop    .next
        ret

count_compared:
        mov     ecx, LOOPS
.next:  mov     eax, [counter]
.again: lea     edx, [eax + 1]
        lock cmpxchg [counter], edx
        jne     .again
        push    ecx
        mov     eax, [counter]
        mov     edx, [counter + 4]
.pair:  mov     ecx, edx
        lea     ebx, [eax + 1]
        lock cmpxchg8b [counter]
        jne     .pair
        pop     ecx
        loop    .next
        ret

count_by_ticket:
        mov     ecx, LOOPS
.next:  mov     eax, 1
        lock xadd [ticket], eax
.wait:  cmp     eax, [served]
        je      .mine
        pause
        jmp     .wait
.mine:  inc     dword [counter]
        inc     dword [served]
        loop    .next
        ret

; In turn, by number.
pass_baton:
        number
        mov     ebx, 64
.wait:  cmp     [expected_turn], ecx
        jne     .wait                   ; without PAUSE: the quantum ends it
        inc     dword [counter]
        lea     eax, [ecx + 1]
        and     eax, COUNT - 1
        mov     [expected_turn], eax
        dec     ebx
        jnz     .wait
        ret

flat:   number
        mov     dword [DFR], -1
        mov     eax, 1 << 24
        shl     eax, cl
        mov     [LDR], eax
        ret
flat_priorities:                        ; 40h, 30h, 20h, 10h
        call    flat
        number
        mov     eax, 4
        sub     eax, ecx
        shl     eax, 4
        mov     [TPR], eax
        ret
cluster:
        number
        mov     dword [TPR], 0
        mov     dword [DFR], 0FFFFFFFh
        mov     edx, ecx
        shr     edx, 1
        shl     edx, 28
        and     ecx, 1
        mov     eax, 1 << 24
        shl     eax, cl
        or      eax, edx
        mov     [LDR], eax
        ret

halt:   hlt
        lock inc dword [slept]
        ret
halt_deaf:
        cli
        hlt
        sti
        ret

paged:  number
        test    ecx, ecx
        jnz     .others
        call    make_tables
        mov     dword [PD + (APIC >> 22) * 4], 0FEC00000h | 93h
        mov     dword [ready], 1
.others:
        cmp     dword [ready], 1
        pause
        jne     .others
        mov     eax, cr4
        or      al, 10h                 ; PSE
        mov     cr4, eax
        mov     eax, PD
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 80010000h
        mov     cr0, eax
        ret

look:   mov     eax, [AREA]
        cmp     eax, [pattern]
        jne     .other
        lock inc dword [seen]
.other: ret

accessed:
        number
        cmp     ecx, 2
        jne     .other
        mov     eax, [AREA + 2000h]
.other: ret

; Executes `patched` while the bootstrap processor changes it: it never gives less than what was written before.
execute:
        mov     edx, [word_now]
        call    patched
        lock inc dword [runs]
        cmp     eax, edx
        jae     .right
        lock inc dword [wrong]
.right: cmp     dword [stop_executing], 1
        jne     execute
        ret

change: number
        mov     ecx, 222
.next:  lock inc dword [patched + 1]
        call    patched
        loop    .next
        ret

        align   64
patched:
        mov     eax, 0
        ret
        align   64

; ---- Handlers.

on_ping:
        push    ecx
        number
        lock inc dword [pings + ecx * 4]
        mov     dword [EOI], 0
        pop     ecx
        iret
on_shoot:
        invlpg  [AREA]
        lock inc dword [shot]
        mov     dword [EOI], 0
        iret
on_nmi: push    ecx
        number
        lock inc byte [nmis + ecx]
        pop     ecx
        iret
on_spurious:
        iret

; ---- What the firmware says.

; Looks for the four bytes EAX on paragraphs of the BIOS: ESI, or 0.
search: mov     esi, 0F0000h
.next:  cmp     [esi], eax
        je      .found
        add     esi, 16
        cmp     esi, 100000h
        jb      .next
        xor     esi, esi
.found: ret

tables: mov     eax, '_MP_'
        call    search
        mov     esi, [esi + 4]
        movzx   ecx, word [esi + 4]
        xor     eax, eax
        mov     edi, esi
.sum:   add     al, [edi]
        inc     edi
        loop    .sum
        push    esi
        is      "MP table: checksum", eax, 0
        pop     esi
        movzx   ecx, word [esi + 34]
        add     esi, 44
        xor     eax, eax                ; processors
        xor     ebx, ebx                ; identifications
        xor     edx, edx                ; bootstrap processors
.entry: cmp     byte [esi], 0
        jne     .other
        shl     ebx, 8
        mov     bl, [esi + 1]
        inc     eax
        test    byte [esi + 3], 2
        jz      .not_first
        inc     edx
.not_first:
        add     esi, 12
.other: add     esi, 8
        loop    .entry
        push    edx
        push    ebx
        is      "MP table: processors", eax, COUNT
        pop     ebx
        is      "MP table: their identifications", ebx, 00010203h
        pop     edx
        is      "MP table: one bootstrap processor", edx, 1

        mov     eax, 'RSD '
        call    search
        mov     esi, [esi + 16]         ; RSDT
        mov     ecx, [esi + 4]
        sub     ecx, 36
        shr     ecx, 2
        add     esi, 36
.table: mov     edi, [esi]
        cmp     dword [edi], 'APIC'
        je      .madt
        add     esi, 4
        loop    .table
.madt:  mov     ecx, [edi + 4]
        lea     esi, [edi + 44]
        add     ecx, edi                ; end
        xor     eax, eax
        xor     ebx, ebx
.structure:
        cmp     esi, ecx
        jae     .end
        cmp     byte [esi], 0
        jne     .next
        shl     ebx, 8
        mov     bl, [esi + 3]
        add     eax, [esi + 4]          ; 1: enabled
.next:  movzx   edx, byte [esi + 1]
        add     esi, edx
        jmp     .structure
.end:   push    ebx
        is      "MADT: enabled processors", eax, COUNT
        pop     ebx
        is      "MADT: their identifications", ebx, 00010203h
        ret

        section .data
        align   8
counter:        dd 0, 0
alive:          dd 0
ids:            dd 0
cpuids:         dd 0
bootstraps:     dd 0
round:          dd 0
task:           dd 0
finished:       dd 0
told:           dd 0
lock_bit:       dd 0
ticket:         dd 0
served:         dd 0
expected_turn:  dd 0
pings:          times 4 dd 0
nmis:           dd 0
slept:          dd 0
ready:          dd 0
seen:           dd 0
shot:           dd 0
pattern:        dd 11111111h
word_now:       dd 0
stop_executing: dd 0
wrong:          dd 0
runs:           dd 0

%include "lib/paging.inc"
