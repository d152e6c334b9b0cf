; options: --machine pc --nic user
; The network card, and the network that its cable leads to: identification, EEPROM, PHY, an answer to ARP that is polled for, one to a ping that comes by an
; interrupt, loopback. Intel's manual of the 82540EM, chapters 3, 5, 13 and 14; RFC 791, 792 and 826.
%include "lib/start.inc"
%include "lib/pci.inc"

CARD    equ     18h << 8                ; 00:03.0
RX      equ     SCRATCH                 ; rings of eight descriptors
TX      equ     SCRATCH + 800h
FRAME   equ     SCRATCH + 1000h         ; what is sent
BUFFERS equ     SCRATCH + 2000h         ; 2 KBytes for each descriptor
IRQ     equ     11                      ; PIRQC: device 3, INTA#
VECTOR  equ     50h                     ; of IRQ 0

CTRL    equ     0
STATUS  equ     8
EERD    equ     14h
MDIC    equ     20h
ICR     equ     0C0h
IMS     equ     0D0h
IMC     equ     0D8h
RCTL    equ     100h
TCTL    equ     400h
RDBAL   equ     2800h
TDBAL   equ     3800h
RAL     equ     5400h
GPRC    equ     4074h
TIME    equ     20000000                ; reads of a port for which is waited: seconds

%macro get 1                            ; EAX = a register of the card
        mov     eax, [base]
        mov     eax, [eax + (%1)]
%endmacro
%macro store 2
        mov     eax, [base]
        mov     dword [eax + (%1)], %2
%endmacro

        section .text
        bits    32
main:
        config  CARD
        is      "00:03.0 is an 82540EM", eax, 100E8086h
        config  CARD | 8
        shr     eax, 8
        is      "class: Ethernet", eax, 20000h
        config  CARD | 3Ch
        and     eax, 0FFFFh
        is      "INTA#, and the BIOS has led it to IRQ 11", eax, 10Bh
        config  CARD | 10h
        mov     [saved], eax
        configure CARD | 10h, 0FFFFFFFFh
        config  CARD | 10h
        is      "BAR 0: 128 KBytes", eax, 0FFFE0000h
        configure CARD | 10h, [saved]
        config  CARD | 14h
        mov     [saved + 4], eax
        configure CARD | 14h, 0FFFFFFFFh
        config  CARD | 14h
        is      "BAR 1: 64 ports", eax, 0FFFFFFC1h
        configure CARD | 14h, [saved + 4]
        configure CARD | 4, 7           ; ports, memory, bus master
        mov     eax, [saved]
        and     eax, ~15
        mov     [base], eax

        store   IMC, 0FFFFFFFFh
        mov     eax, [base]
        or      dword [eax + CTRL], 1 << 26
        mov     ecx, 10000
        loop    $
        get     STATUS
        and     eax, 2
        is      "behind a reset the link is up", eax, 2
        get     RAL
        mov     [own], eax
        is      "RAL: 52:54:00:12", eax, 12005452h
        get     RAL + 4
        mov     [own + 4], ax
        is      "RAH: 34:56, valid", eax, 80005634h
        xor     esi, esi                ; words of the EEPROM
        xor     edi, edi
.word:  mov     ecx, edi
        shl     ecx, 8
        inc     ecx
        store   EERD, ecx
.ready: get     EERD
        test    al, 10h
        jz      .ready
        shr     eax, 16
        add     esi, eax
        inc     edi
        cmp     edi, 64
        jb      .word
        and     esi, 0FFFFh
        is      "EEPROM: the sum of its words", esi, 0BABAh
        mov     ebx, 2 << 26 | 1 << 21 | 1 << 16
        call    manage
        and     eax, 4
        is      "PHY: the link is up", eax, 4

        ; rings
        mov     edi, RX
        mov     edx, BUFFERS
        mov     ecx, 8
.descriptor:
        mov     [edi], edx
        mov     dword [edi + 4], 0
        mov     dword [edi + 8], 0
        mov     dword [edi + 12], 0
        add     edx, 800h
        add     edi, 16
        loop    .descriptor
        store   RDBAL, RX
        store   RDBAL + 4, 0
        store   RDBAL + 8, 128
        store   RDBAL + 10h, 0
        store   RDBAL + 18h, 7
        store   TDBAL, TX
        store   TDBAL + 4, 0
        store   TDBAL + 8, 128
        store   TDBAL + 10h, 0
        store   TDBAL + 18h, 0
        store   RCTL, 1 << 26 | 1 << 15 | 2
        store   TCTL, 40h << 12 | 10h << 4 | 0Ah

        ; who has 10.0.2.2?
        mov     esi, arp
        mov     ecx, arp.end - arp
        call    frame
        mov     eax, 42
        mov     ebx, 0Bh                ; EOP, IFCS, RS
        call    send
        is      "transmit: the descriptor is done", eax, 1
        call    await
        and     eax, 3
        is      "receive: a whole frame", eax, 3
        cmp     word [RX + 8], 60
        setae   al
        movzx   eax, al
        is      "receive: 60 bytes at least", eax, 1
        mov     eax, [BUFFERS]
        is      "ARP: for this card", eax, [own]
        mov     eax, [BUFFERS + 18]
        is      "ARP: a reply", eax, 02000406h
        mov     eax, [BUFFERS + 22]
        mov     [station], eax
        is      "ARP: from 52:55:0A:00", eax, 000A5552h
        mov     ax, [BUFFERS + 26]
        mov     [station + 4], ax
        mov     eax, [BUFFERS + 28]
        is      "ARP: who is 10.0.2.2", eax, 0202000Ah

        ; ping, by interrupt
        mov     al, 11h                 ; the two 8259As
        out     20h, al
        out     0A0h, al
        mov     al, VECTOR
        out     21h, al
        mov     al, VECTOR + 8
        out     0A1h, al
        mov     al, 4
        out     21h, al
        mov     al, 2
        out     0A1h, al
        mov     al, 1
        out     21h, al
        out     0A1h, al
        mov     al, 0FBh
        out     21h, al
        mov     al, ~(1 << (IRQ - 8)) & 0FFh
        out     0A1h, al
        idt_gate VECTOR + IRQ, CODE0, interrupt, 8Eh
        get     ICR
        store   IMS, 80h                ; RXT0
        mov     esi, ping
        mov     ecx, ping.end - ping
        call    frame
        mov     eax, [station]
        mov     [FRAME], eax
        mov     ax, [station + 4]
        mov     [FRAME + 4], ax
        mov     eax, ping.end - ping    ; in two descriptors
        mov     ebx, 0Bh
        call    send_in_pieces
        sti
        mov     ecx, TIME
.halt:  in      al, 80h
        cmp     dword [interrupts], 0
        jne     .came
        loop    .halt
.came:  cli
        is      "ping: one interrupt", dword [interrupts], 1
        mov     eax, [causes]
        and     eax, 80h
        is      "ping: a frame is what it is for", eax, 80h
        movzx   eax, byte [BUFFERS + 800h + 34]
        is      "ping: an echo reply", eax, 0
        mov     eax, [BUFFERS + 800h + 38]
        is      "ping: identifier and sequence", eax, 34127856h
        mov     eax, [BUFFERS + 800h + 42]
        is      "ping: its data", eax, 'swem'
        xor     eax, eax                ; of the message, 25 bytes and a zero
        xor     edx, edx
        mov     byte [BUFFERS + 800h + 59], 0
        mov     esi, BUFFERS + 800h + 34
        mov     ecx, 13
.add:   lodsw
        add     edx, eax
        loop    .add
        mov     eax, edx
        shr     eax, 16
        add     ax, dx
        adc     ax, 0
        movzx   eax, ax
        is      "ping: its checksum", eax, 0FFFFh
        get     GPRC
        is      "counter: two good frames", eax, 2
        get     GPRC
        is      "counter: reading it clears it", eax, 0
        get     ICR
        is      "ICR: the handler has read it", eax, 0

        ; loopback
        store   IMC, 0FFFFFFFFh
        mov     ebx, 1 << 26 | 1 << 21 | 4140h
        call    manage                  ; by the PHY
        mov     esi, arp
        mov     ecx, arp.end - arp
        call    frame
        mov     dword [FRAME + 38], 12345678h
        mov     eax, 42
        mov     ebx, 0Bh
        call    send
        mov     ecx, 1000000
.back:  test    byte [RX + 2 * 16 + 12], 1
        jnz     .looped
        loop    .back
.looped:
        mov     eax, [BUFFERS + 2 * 800h + 38]
        is      "loopback: the frame comes back", eax, 12345678h
        jmp     finish

manage: store   MDIC, ebx               ; EAX = MDIC behind operation EBX
.wait:  get     MDIC
        test    eax, 1 << 28
        jz      .wait
        ret

frame:  mov     edi, FRAME              ; ECX bytes at ESI are to be sent, from this card
        rep     movsb
        mov     eax, [own]
        mov     [FRAME + 6], eax
        mov     ax, [own + 4]
        mov     [FRAME + 10], ax
        cmp     word [FRAME + 12], 0608h
        jne     .end
        mov     eax, [own]
        mov     [FRAME + 22], eax
        mov     ax, [own + 4]
        mov     [FRAME + 26], ax
.end:   ret

; Sends EAX bytes with command EBX. EAX = the status.
send:   mov     esi, [base]
        mov     edi, [esi + TDBAL + 18h]
        mov     edx, edi
        shl     edi, 4
        add     edi, TX
        mov     dword [edi], FRAME
        mov     dword [edi + 4], 0
        shl     ebx, 24
        or      eax, ebx
        mov     [edi + 8], eax
        mov     dword [edi + 12], 0
        inc     edx
        and     edx, 7
        mov     [esi + TDBAL + 18h], edx
        mov     ecx, 1000000
.wait:  mov     eax, [edi + 12]
        test    al, 1
        jnz     .end
        loop    .wait
.end:   and     eax, 1
        ret

send_in_pieces:                         ; the first 20 bytes apart
        mov     esi, [base]
        mov     edi, [esi + TDBAL + 18h]
        mov     edx, edi
        shl     edi, 4
        add     edi, TX
        mov     dword [edi], FRAME
        mov     dword [edi + 4], 0
        mov     dword [edi + 8], 2 << 24 | 20
        mov     dword [edi + 12], 0
        mov     dword [edi + 16], FRAME + 20
        mov     dword [edi + 20], 0
        sub     eax, 20
        shl     ebx, 24
        or      eax, ebx
        mov     [edi + 24], eax
        mov     dword [edi + 28], 0
        add     edx, 2
        mov     [esi + TDBAL + 18h], edx
        ret

await:  mov     ecx, TIME               ; EAX = the status of the first descriptor
.wait:  in      al, 80h
        movzx   eax, byte [RX + 12]
        test    al, 1
        jnz     .end
        loop    .wait
.end:   ret

interrupt:
        push    eax
        push    edx
        inc     dword [interrupts]
        mov     edx, [base]
        mov     eax, [edx + ICR]
        or      [causes], eax
        mov     al, 20h
        out     0A0h, al
        out     20h, al
        pop     edx
        pop     eax
        iretd

        section .data
        align   4
saved:  dd      0, 0
base:   dd      0
own:    dd      0, 0
station:
        dd      0, 0
interrupts:
        dd      0
causes: dd      0
arp:    times 6 db 0FFh
        times 6 db 0
        db      08h, 06h
        db      0, 1, 8, 0, 6, 4, 0, 1
        times 6 db 0
        db      10, 0, 2, 15
        times 6 db 0
        db      10, 0, 2, 2
.end:
ping:   times 12 db 0
        db      08h, 00h
        db      45h, 0, 0, 45, 0, 1, 0, 0, 64, 1, 62h, 0BFh, 10, 0, 2, 15, 10, 0, 2, 2
        db      8, 0
        db      61h, 0FCh
        dw      7856h, 3412h
        db      "swemu pings 10.0."
.end:
