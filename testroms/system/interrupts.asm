; options: --machine pc --nic user
; The interrupts of one processor with APICs: priorities, nesting and masks in the local APIC, its errors and its two switches; the I/O APIC with edges and
; levels, EOI broadcast, ExtINT; the 8259A through LINT0 and by the I/O APIC; its spurious interrupt; messages by the processor and by a bus master.
; SDM Vol. 3A, chapter 10; Intel 82093AA; MultiProcessor Specification 1.4, section 3.6.2.
%include "lib/start.inc"
%include "lib/pci.inc"
%include "lib/busmaster.inc"

APIC    equ     0FEE00000h
ID      equ     APIC + 20h
VERSION equ     APIC + 30h
TPR     equ     APIC + 80h
PPR     equ     APIC + 0A0h
EOI     equ     APIC + 0B0h
LDR     equ     APIC + 0D0h
DFR     equ     APIC + 0E0h
SVR     equ     APIC + 0F0h
ISR     equ     APIC + 100h
TMR     equ     APIC + 180h
IRR     equ     APIC + 200h
ESR     equ     APIC + 280h
ICR     equ     APIC + 300h
TIMER   equ     APIC + 320h
LINT0   equ     APIC + 350h
LINT1   equ     APIC + 360h
ERROR   equ     APIC + 370h
IO      equ     0FEC00000h
CARD    equ     18h << 8                ; 00:03.0, by PIRQC at IRQ 11
BUFFER  equ     200000h
PRD     equ     SCRATCH

; The I/O APIC's register %1 = %2.
%macro io 2
        mov     dword [IO], %1
        mov     dword [IO + 10h], %2
%endmacro
; EAX = the I/O APIC's register %1
%macro io_get 1
        mov     dword [IO], %1
        mov     eax, [IO + 10h]
%endmacro
; A message to oneself, with vector %1.
%macro self 1
        mov     dword [ICR], 44000h | (%1)
%endmacro
; EAX = the doubleword of a register of vectors that %2 is in
%macro vectors 2
        mov     eax, [(%1) + ((%2) >> 5) * 10h]
%endmacro
; Opens interrupts for a moment: `trail` has the vectors that came, the last one lowest.
%macro listen 0
        mov     dword [trail], 0
        call    open
%endmacro

        section .text
        bits    32
main:
        ; handlers: vectors 20h to 2Fh are the 8259As', the others end with an EOI to the local APIC
        mov     ecx, 20h
.gate:  mov     eax, ecx
        sub     eax, 20h
        imul    eax, 8
        add     eax, handlers
        mov     [idt + ecx * 8], ax
        mov     word [idt + ecx * 8 + 2], CODE0
        mov     word [idt + ecx * 8 + 4], 8E00h
        shr     eax, 16
        mov     [idt + ecx * 8 + 6], ax
        inc     ecx
        cmp     ecx, 100h
        jb      .gate
        idt_gate xNMI, CODE0, on_nmi, 8Eh

        ; the switches
        mov     ecx, 1Bh
        rdmsr
        is      "IA32_APIC_BASE: bootstrap processor, enabled", eax, APIC | 900h
        mov     eax, [ID]
        is      "ID", eax, 0
        mov     eax, [VERSION]
        and     eax, 0FFh
        is      "version: integrated", eax, 14h
        mov     dword [SVR], 0FFh
        mov     dword [LINT1], 400h
        mov     eax, [LINT1]
        is      "disabled by software: entries stay masked", eax, 10400h
        self    60h
        vectors IRR, 60h
        is      "disabled by software: no request is accepted", eax, 0
        mov     dword [SVR], 1FFh
        mov     dword [LINT1], 400h
        mov     eax, [LINT1]
        is      "enabled: an entry is opened", eax, 400h
        mov     dword [TIMER], 20040h
        mov     dword [SVR], 0FFh
        mov     eax, [TIMER]
        is      "disabling masks all entries", eax, 30040h
        mov     dword [SVR], 1FFh
        mov     eax, [TIMER]
        is      "enabling opens none", eax, 30040h
        mov     dword [LINT0], 10700h
        mov     dword [LINT1], 10400h
        mov     dword [TPR], 0

        ; priorities
        self    60h
        vectors IRR, 60h
        is      "IRR: requested", eax, 1
        self    71h
        self    75h
        self    75h
        vectors IRR, 75h
        is      "IRR: two of a class, beside the first", eax, 220001h
        listen
        is      "the highest first, each of them once", dword [trail], 00757160h
        vectors IRR, 60h
        is      "IRR: empty", eax, 0
        mov     dword [TPR], 71h
        mov     eax, [PPR]
        is      "PPR: TPR", eax, 71h
        self    75h
        self    80h
        listen
        is      "TPR holds its class back", dword [trail], 80h
        mov     dword [TPR], 6Fh
        listen
        is      "and lets it go", dword [trail], 75h
        mov     dword [TPR], 0
        mov     dword [nested], 90h     ; vector 50h sends it, with interrupts on
        self    50h
        listen
        is      "a higher class interrupts a handler", dword [trail], 5090h
        is      "PPR in it", dword [priority], 90h
        mov     dword [nested], 5Fh
        self    50h
        listen
        is      "a vector of the same class waits", dword [trail], 505Fh
        is      "ISR of the handler", dword [in_service], 10000h
        is      "PPR of the handler", dword [priority], 50h
        mov     dword [nested], 0
        vectors ISR, 50h
        is      "ISR: empty behind the EOI", eax, 0
        mov     dword [EOI], 0
        self    61h
        listen
        is      "an EOI without an interrupt has no effect", dword [trail], 61h

        ; errors
        idt_gate 5, CODE0, on_low, 8Eh  ; where vectors below 16 are taken for vectors
        idt_gate 6, CODE0, on_low, 8Eh
        mov     dword [ESR], 0
        self    5
        mov     dword [ESR], 0
        mov     eax, [ESR]
        is      "ESR: send illegal vector", eax, 20h
        mov     dword [ESR], 0
        mov     eax, [ESR]
        is      "ESR: told once", eax, 0
        mov     dword [ERROR], 0E1h
        self    6
        listen
        is      "an error interrupts", dword [trail], 0E1h
        mov     dword [ERROR], 10000h
        mov     dword [ESR], 0
        idt_default 5
        idt_default 6

        ; the 8259As by LINT0: virtual wire mode
        call    pit_stop
        mov     dword [LINT0], 700h
        mov     al, 0FEh
        out     21h, al
        call    pit_edge
        listen
        is      "LINT0, ExtINT: IRQ 0 with the 8259A's vector", dword [trail], 20h
        vectors ISR, 20h
        is      "and nothing is in service", eax, 0
        mov     dword [TPR], 0F0h
        call    pit_edge
        listen
        is      "ExtINT: TPR is not asked", dword [trail], 20h
        mov     dword [TPR], 0
        mov     dword [LINT0], 10700h
        call    pit_edge
        listen
        is      "LINT0 masked: the 8259A is not heard", dword [trail], 0
        mov     dword [LINT0], 700h
        listen
        is      "but waits", dword [trail], 20h
        mov     al, 70h                 ; IMCR, where there is one: MP table, feature byte 2, bit 7
        out     22h, al
        mov     al, 1
        out     23h, al
        call    pit_edge
        listen
        is      "no IMCR: writing there changes nothing", dword [trail], 20h
        mov     dword [LINT0], 10700h
        mov     al, 0FFh
        out     21h, al

        ; the I/O APIC
        io_get  1
        and     eax, 0FF0000h
        is      "I/O APIC: 24 entries", eax, 170000h
        io      0, 0F000000h
        io_get  0
        is      "I/O APIC: identification, four bits", eax, 0F000000h
        io      0, 0
        io      12h, 0FFFFFFFFh
        io_get  12h
        is      "an entry: delivery status and remote IRR are read-only", eax, 1AFFFh
        io      12h, 10000h
        io      13h, 0FFFFFFFFh
        io_get  13h
        is      "an entry: destination", eax, 0FF000000h
        io      13h, 0
        io      2, 12345678h
        io_get  2
        is      "the arbitration identification is read-only", eax, 0
        io      14h, 62h                ; pin 2: the 8254
        call    pit_edge
        listen
        is      "pin 2, edge: the 8254", dword [trail], 62h
        call    pit_edge
        call    pit_edge
        listen
        is      "two edges before one was served are one", dword [trail], 62h
        io      14h, 10062h
        call    pit_edge
        io      14h, 62h
        listen
        is      "an edge behind a mask is lost", dword [trail], 0
        io      15h, 1000000h           ; there is no processor 1
        call    pit_edge
        listen
        is      "for another processor", dword [trail], 0
        mov     dword [LDR], 4000000h
        mov     dword [DFR], 0FFFFFFFFh
        io      15h, 4000000h
        io      14h, 862h
        call    pit_edge
        listen
        is      "a logical destination", dword [trail], 62h
        io      14h, 962h
        call    pit_edge
        listen
        is      "of lowest priority", dword [trail], 62h
        io      15h, 0
        io      14h, 462h
        mov     dword [trail], 0
        call    pit_edge
        is      "NMI, and its vector is not asked for", dword [trail], 2
        ; ExtINT by pin 2 while the 8259A has nothing: IR7, and nothing in service
        io      14h, 700h
        call    pit_edge
        listen
        is      "ExtINT without a request: the 8259A's spurious vector", dword [trail], 27h
        mov     al, 0Bh
        out     20h, al
        xor     eax, eax
        in      al, 20h
        is      "of which its ISR does not know", eax, 0
        io      14h, 10000h

        ; levels: the network card
        configure CARD | 4, 7
        config  CARD | 10h
        and     eax, ~15
        mov     [base], eax
        mov     dword [eax + 0D8h], -1
        mov     ecx, [eax + 0C0h]
        mov     dword [eax + 0D0h], 4
        mov     dword [causes], 2       ; times until its handler takes the cause away
        io      27h, 0
        io      26h, 0A06Bh             ; pin 11: level, active low
        io      26h, 806Bh              ; active high
        mov     eax, [base]
        mov     dword [eax + 0C8h], 4
        io_get  26h
        is      "level: remote IRR", eax, 0C06Bh
        vectors IRR, 6Bh
        and     eax, 800h
        is      "level: requested", eax, 800h
        vectors TMR, 6Bh
        and     eax, 800h
        is      "level: in TMR", eax, 800h
        listen
        is      "level: again behind an EOI, as long as it lasts", dword [trail], 6B6Bh
        io_get  26h
        is      "level: the EOI cleared remote IRR", eax, 806Bh
        io      26h, 1806Bh
        mov     dword [causes], 1
        mov     eax, [base]
        mov     dword [eax + 0C8h], 4
        listen
        is      "level: masked", dword [trail], 0
        io      26h, 806Bh
        listen
        is      "level: a mask only delays it", dword [trail], 6Bh
        io      26h, 10000h
        self    6Ch
        vectors TMR, 6Ch
        and     eax, 1000h
        is      "an edge is not in TMR", eax, 0
        listen

        ; messages
        mov     dword [0FEEFF000h], 4065h
        listen
        is      "a message to all, by the processor", dword [trail], 65h
        mov     dword [0FEE01000h], 4065h
        listen
        is      "a message to a processor that is none", dword [trail], 0
        mov     dword [0FEE04004h], 4066h
        listen
        is      "to a logical destination", dword [trail], 66h
        mov     edi, BUFFER
        mov     ecx, 80h
        mov     eax, 4067h
        cld
        rep     stosd
        find_bus_master
        mov     dword [PRD], BUFFER
        mov     dword [PRD + 4], 80000200h
        mov     bx, 0CAh
        call    sector
        mov     dword [PRD], 0FEEFF000h ; four bytes are the message
        mov     dword [PRD + 4], 4
        mov     dword [PRD + 8], BUFFER
        mov     dword [PRD + 12], 800001FCh
        mov     bx, 8C8h
        call    sector
        is      "DMA goes there", eax, 4
        listen
        is      "a message by a bus master", dword [trail], 67h

        ; hardware switch
        mov     ecx, 1Bh
        mov     eax, APIC | 100h
        xor     edx, edx
        wrmsr
        mov     al, 0FEh
        out     21h, al
        call    pit_edge
        listen
        is      "switched off: the 8259A reaches the processor", dword [trail], 20h
        mov     eax, 1
        cpuid
        and     edx, 200h
        is      "switched off: CPUID has no APIC", edx, 0
        mov     ecx, 1Bh
        mov     eax, APIC | 900h
        xor     edx, edx
        wrmsr
        mov     eax, [SVR]
        is      "switched on again: as behind a reset", eax, 0FFh
        jmp     finish

open:   sti
        mov     ecx, 2000
        loop    $
        cli
        ret

pit_stop:                               ; counter 0 in mode 0: OUT is low until it has counted
        mov     al, 30h
        out     43h, al
        ret
pit_edge:                               ; OUT low, and high 20 cycles later
        mov     al, 30h
        out     43h, al
        mov     al, 20
        out     40h, al
        xor     al, al
        out     40h, al
        mov     ecx, 100000
.wait:  mov     al, 0E2h                ; read-back: status of counter 0
        out     43h, al
        in      al, 40h
        test    al, al
        js      .end
        loop    .wait
.end:   ret

; One sector, number 1000, by the table at PRD: BX as for `dma`. EAX = the bus master's status.
sector: mov     esi, PRD
        mov     eax, 1000
        mov     ecx, 1
        call    dma
        jmp     stop_dma

        align   8
handlers:
%assign handler_number 20h
%rep 0E0h
        align   8
        push    byte handler_number - 80h
        jmp     near on_vector
%assign handler_number handler_number + 1
%endrep

on_nmi: shl     dword [trail], 8
        or      dword [trail], 2
        iretd

on_low: mov     dword [EOI], 0
        iretd

on_vector:
        pushad
        mov     eax, [esp + 32]
        add     eax, 80h
        shl     dword [trail], 8
        or      [trail], eax
        cmp     eax, 27h                ; spurious
        je      .end
        cmp     eax, 0FFh
        je      .end
        cmp     eax, 30h
        jae     .local
        mov     al, 20h
        out     20h, al
        jmp     .end
.local: cmp     eax, 90h
        jne     .not_90
        mov     edx, [PPR]
        mov     [priority], edx
.not_90:
        cmp     eax, 50h
        jne     .not_50
        mov     edx, [nested]
        test    edx, edx
        jz      .not_50
        or      edx, 44000h
        mov     [ICR], edx
        sti
        mov     ecx, 2000
        loop    $
        cli
        cmp     dword [nested], 90h
        je      .not_50
        mov     edx, [ISR + 20h]
        mov     [in_service], edx
        mov     edx, [PPR]
        mov     [priority], edx
.not_50:
        cmp     eax, 6Bh
        jne     .eoi
        dec     dword [causes]
        jnz     .eoi
        mov     edx, [base]
        mov     edx, [edx + 0C0h]       ; ICR: the card's causes
.eoi:   mov     dword [EOI], 0
.end:   popad
        add     esp, 4
        iretd

        section .data
        align   4
trail:  dd      0
nested: dd      0
priority:
        dd      0
in_service:
        dd      0
causes: dd      0
base:   dd      0
