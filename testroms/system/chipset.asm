; options: --machine pc --nic user
; The chipset in its registers: configuration mechanism 1 in all widths, the reset register within it, base address registers and the command register,
; shadow RAM of all areas, SMRAM, and interrupts that PIRQ registers lead to the 8259As. PCI Local Bus Specification 2.1, sections 3.7.4.1, 6.2.2 and 6.2.5;
; Intel 82441FX and 82371SB.
%include "lib/start.inc"
%include "lib/pci.inc"

HOST    equ     0 << 8
ISA     equ     8 << 8
IDE     equ     9 << 8
DISPLAY equ     10h << 8
CARD    equ     18h << 8

; EAX = what %1 (a byte, word or doubleword of data) reads at port %2
%macro port_in 2
        xor     eax, eax
        mov     dx, %2
        in      %1, dx
%endmacro
%macro port_out 3                       ; port, AL, AX or EAX, value
        mov     dx, %1
        mov     eax, %3
        out     dx, %2
%endmacro

        section .text
        bits    32
main:
        ; CF8h and CF9h
        port_out 0CF8h, eax, 80000000h | ISA
        port_out 0CF8h, ax, 1234h
        port_in eax, 0CF8h
        is      "CF8h: a word is not heard", eax, 80000000h | ISA
        port_out 0CF8h, al, 34h
        port_out 0CFAh, al, 34h
        port_out 0CFBh, al, 0
        port_in eax, 0CF8h
        is      "CF8h to CFBh: bytes are not heard", eax, 80000000h | ISA
        port_out 0CF9h, al, 2           ; the kind of reset, without one
        port_in al, 0CF9h
        is      "CF9h: a byte is the reset control register's", eax, 2
        port_in eax, 0CF8h
        is      "CF9h: not the address's", eax, 80000000h | ISA
        port_out 0CF8h, eax, 80FF0600h
        port_in al, 0CF9h
        is      "CF9h: a doubleword at CF8h is not the reset register's", eax, 2
        port_out 0CF9h, al, 0
        port_out 0CF8h, eax, 0FFFFFFFFh
        port_in eax, 0CF8h
        is      "CF8h: reserved bits are zeros", eax, 80FFFFFCh

        ; CFCh to CFFh
        port_out 0CF8h, eax, 80000000h | HOST
        port_in al, 0CFCh
        is      "CFCh: a byte", eax, 86h
        port_in al, 0CFDh
        is      "CFDh: a byte", eax, 80h
        port_in al, 0CFFh
        is      "CFFh: a byte", eax, 12h
        port_in ax, 0CFCh
        is      "CFCh: a word", eax, 8086h
        port_in ax, 0CFEh
        is      "CFEh: a word", eax, 1237h
        port_out 0CF8h, eax, HOST
        port_in eax, 0CFCh
        is      "CONE is clear: nobody answers", eax, 0FFFFFFFFh
        port_out 0CF8h, eax, 80000000h | ISA | 3Ch
        port_in eax, 0CFCh
        is      "a bridge without an interrupt pin has no interrupt line", eax, 0
        port_out 0CF8h, eax, 80000000h | CARD | 3Ch
        port_in al, 0CFCh
        mov     [saved], eax
        port_out 0CFCh, al, 55h
        port_out 0CFDh, al, 0AAh        ; the pin is read-only
        port_in eax, 0CFCh
        and     eax, 0FFFFh
        is      "a byte is written, its read-only neighbour is not", eax, 155h
        port_out 0CFCh, al, [saved]
        port_out 0CF8h, eax, 80000000h | CARD | 0Ch
        port_out 0CFCh, ax, 4008h
        port_in eax, 0CFCh
        is      "a word is written: cache line size, latency timer", eax, 4008h
        config  (1Fh << 11) | 700h
        is      "no such function: ones", eax, 0FFFFFFFFh
        configure (1Fh << 11), 0
        config  ISA | 100h + 0FCh       ; the IDE controller's last register
        is      "a register that is none: zeros", eax, 0

        ; command register and base address registers
        config  CARD | 4
        and     eax, 0FFFFh
        mov     [saved + 4], eax
        configure CARD | 4, 0FFFFh
        config  CARD | 4
        and     eax, 7
        is      "command: ports, memory, bus master", eax, 7
        configure CARD | 4, 0
        config  CARD | 4
        and     eax, 7
        is      "command: cleared", eax, 0
        config  CARD | 10h
        mov     [base], eax
        mov     eax, [eax + 8]
        is      "memory space is off: nobody answers", eax, 0FFFFFFFFh
        config  CARD | 14h
        and     eax, ~3
        mov     [ports], eax
        mov     edx, eax
        in      eax, dx
        is      "port space is off: nobody answers", eax, 0FFFFFFFFh
        configure CARD | 4, 2
        mov     eax, [base]
        mov     eax, [eax + 8]
        inc     eax
        setnz   al
        movzx   eax, al
        is      "memory space alone: memory answers", eax, 1
        mov     edx, [ports]
        in      eax, dx
        is      "and ports do not", eax, 0FFFFFFFFh
        configure CARD | 4, 7
        configure CARD | 18h, 0FFFFFFFFh
        config  CARD | 18h
        is      "BAR 2 of a card with two: zeros", eax, 0
        configure CARD | 10h, 0FFFFFFFFh
        config  CARD | 10h
        is      "BAR 0: 128 KBytes of 32-bit memory", eax, 0FFFE0000h
        configure CARD | 10h, 0D0012345h
        config  CARD | 10h
        is      "BAR 0: bits below its size are zeros", eax, 0D0000000h
        mov     eax, [0D0000000h + 5400h]
        is      "BAR 0: it answers there", eax, 12005452h
        configure CARD | 10h, [base]
        mov     eax, [0D0000000h + 5400h]
        is      "and no more when it has moved back", eax, 0FFFFFFFFh
        config  DISPLAY | 18h
        mov     [saved + 8], eax
        configure DISPLAY | 18h, 0FFFFFFFFh
        config  DISPLAY | 18h
        is      "display, BAR 2: 4 KBytes", eax, 0FFFFF000h
        configure DISPLAY | 18h, [saved + 8]
        config  HOST | 10h
        is      "the host bridge has no BAR", eax, 0
        configure IDE | 4, 0
        config  IDE | 20h
        and     eax, ~3
        lea     edx, [eax + 2]
        xor     eax, eax
        in      al, dx
        is      "IDE: without port space no bus master", eax, 0FFh
        configure IDE | 4, 5
        config  IDE | 20h
        and     eax, ~3
        lea     edx, [eax + 2]
        xor     eax, eax
        in      al, dx
        and     eax, 1
        is      "IDE: with it there is one, and it is idle", eax, 0

        ; PAM: each of the twelve areas of 16 KBytes, then the BIOS's 64
        mov     eax, 80000000h | HOST | 58h
        call    config_read
        mov     [saved + 12], eax
        mov     eax, 80000000h | HOST | 5Ch
        call    config_read
        mov     [saved + 16], eax
        mov     esi, 0C0000h
        mov     edi, 2                  ; half registers from 59h on
.area:  call    all_areas
        add     esi, 4000h
        inc     edi
        cmp     edi, 14
        jb      .area
        mov     esi, 0F0000h
        mov     edi, 1
        call    all_areas
        is      "PAM: RE and WE: RAM", dword [good], 1FFFh
        is      "PAM: RE alone: writes are lost", dword [good + 4], 1FFFh
        is      "PAM: neither: what is there without RAM", dword [good + 8], 1FFFh
        is      "PAM: WE alone: writes go to RAM, reads do not", dword [good + 12], 1FFFh
        mov     ebx, [saved + 16]
        mov     eax, 80000000h | HOST | 5Ch
        call    config_write
        mov     ebx, [saved + 12]
        mov     eax, 80000000h | HOST | 58h
        call    config_write

        ; SMRAM
        mov     dword [0A0000h], 0      ; the display's, or nothing
        mov     al, 4Ah                 ; D_OPEN, G_SMRAME
        call    smram
        mov     dword [0A0000h], 5A5A1234h
        mov     eax, [0A0000h]
        is      "SMRAM: D_OPEN shows RAM at A0000h", eax, 5A5A1234h
        mov     al, 0Ah
        call    smram
        cmp     dword [0A0000h], 5A5A1234h
        setne   al
        movzx   eax, al
        is      "SMRAM: closed, the display", eax, 1
        mov     al, 4Ah
        call    smram
        mov     eax, [0A0000h]
        is      "SMRAM: and opened again", eax, 5A5A1234h
        mov     al, 1Ah                 ; D_LCK
        call    smram
        mov     al, 4Ah
        call    smram
        port_in al, 0CFEh
        is      "SMRAM: D_LCK stays, and closes", eax, 1Ah

        ; ELCR, and PCI interrupts by PIRQC, at which the card's INTA# is
        port_out 4D0h, al, 0FFh
        port_in al, 4D0h
        is      "ELCR: IRQ 0, 1 and 2 have edges", eax, 0F8h
        port_out 4D1h, al, 0FFh
        port_in al, 4D1h
        is      "ELCR: IRQ 8 and 13 have edges", eax, 0DEh
        port_out 4D0h, al, 20h          ; IRQ 5
        port_out 4D1h, al, 0Ch          ; IRQ 10, 11
        mov     al, 8Bh
        call    pirq
        port_in al, 0CFEh
        is      "PIRQRCC: kept", eax, 8Bh
        mov     eax, [base]
        mov     dword [eax + 0D8h], -1  ; IMC
        mov     ecx, [eax + 0C0h]       ; ICR
        call    irr
        is      "nothing asks", eax, 0
        mov     eax, [base]
        mov     dword [eax + 0D0h], 4   ; IMS: LSC
        mov     dword [eax + 0C8h], 4   ; ICS
        call    irr
        is      "PIRQRCC: bit 7 leads it nowhere", eax, 0
        mov     al, 0Bh
        call    pirq
        call    irr
        is      "PIRQRCC: IRQ 11", eax, 800h
        mov     al, 5
        call    pirq
        call    irr
        is      "PIRQRCC: IRQ 5", eax, 20h
        mov     al, 8Ah
        call    pirq
        call    irr
        is      "PIRQRCC: off, the level is gone", eax, 0
        mov     al, 0Ah
        call    pirq
        call    irr
        is      "PIRQRCC: IRQ 10", eax, 400h
        configure CARD | 4, 407h
        call    irr
        is      "command: interrupt disable takes INTA# back", eax, 0
        configure CARD | 4, 7
        call    irr
        is      "and lets it go", eax, 400h
        ; it is a level: taken twice as long as it lasts
        idt_gate 2Ah, CODE0, on_irq, 8Eh
        port_out 21h, al, 0FBh
        port_out 0A1h, al, 0FBh
        sti
        mov     ecx, 100000
.wait:  cmp     dword [interrupts], 2
        jae     .came
        in      al, 80h
        loop    .wait
.came:  mov     ecx, 1000
        loop    $
        cli
        is      "a level interrupts until its cause is gone", dword [interrupts], 2
        call    irr
        is      "and then asks no more", eax, 0
        port_out 21h, al, 0FFh
        port_out 0A1h, al, 0FFh
        mov     al, 0Bh
        call    pirq

        ; further registers of the bridges
        mov     eax, 80000000h | ISA | 4Ch
        call    config_read
        mov     [saved + 20], eax
        is      "the recovery timer and XBCS as firmware finds them", eax, 0003004Dh
        configure ISA | 0, 12345678h
        config  ISA
        is      "ids of the bridge stay", eax, 70008086h
        configure IDE | 40h, 80008000h
        config  IDE | 40h
        is      "IDETIM: both channels", eax, 80008000h
        mov     dx, 1F7h
        xor     eax, eax
        in      al, dx
        and     eax, 0C0h
        is      "and their ports are there", eax, 40h
        jmp     finish

; An area of PAM: ESI is its first address, EDI its half register, counted from 59h's low one. Each of four things that it does sets its bit in `good`.
all_areas:
        mov     al, 3
        call    pam
        mov     dword [esi + 3FF0h], 0A5A50000h
        mov     [esi + 3FF4h], esi
        mov     eax, [esi + 3FF4h]
        cmp     eax, esi
        sete    al
        mov     ebp, good
        call    note
        mov     al, 1
        call    pam
        mov     dword [esi + 3FF4h], 0
        mov     eax, [esi + 3FF4h]
        cmp     eax, esi
        sete    al
        call    note
        mov     al, 0
        call    pam
        mov     eax, [esi + 3FF4h]
        cmp     eax, esi
        setne   al
        call    note
        mov     al, 2
        call    pam
        lea     eax, [esi + 1]
        mov     [esi + 3FF4h], eax
        mov     edx, [esi + 3FF4h]
        cmp     edx, eax
        setne   bl
        push    ebx
        mov     al, 3
        call    pam
        pop     ebx
        lea     eax, [esi + 1]
        cmp     [esi + 3FF4h], eax
        sete    al
        and     al, bl
note:   movzx   eax, al                 ; bit EDI - 1 of [EBP], the next doubleword afterwards
        push    ecx
        lea     ecx, [edi - 1]
        shl     eax, cl
        or      [ebp], eax
        add     ebp, 4
        pop     ecx
        ret

pam:    pushad                          ; half register EDI = AL
        mov     bl, al
        mov     ecx, edi
        shr     ecx, 1
        lea     eax, [ecx + (80000000h | HOST | 59h)]
        mov     ecx, eax
        and     al, ~3
        mov     dx, 0CF8h
        out     dx, eax
        and     ecx, 3
        lea     edx, [ecx + 0CFCh]
        in      al, dx
        test    edi, 1
        jnz     .high
        and     al, 0F0h
        or      al, bl
        jmp     .put
.high:  and     al, 0Fh
        shl     bl, 4
        or      al, bl
.put:   out     dx, al
        popad
        ret

smram:  mov     bl, al                  ; SMRAM = AL
        mov     eax, 80000000h | HOST | 70h
        mov     dx, 0CF8h
        out     dx, eax
        mov     dx, 0CFEh
        mov     al, bl
        out     dx, al
        ret

pirq:   mov     bl, al                  ; PIRQRCC = AL
        mov     eax, 80000000h | ISA | 60h
        mov     dx, 0CF8h
        out     dx, eax
        mov     dx, 0CFEh
        mov     al, bl
        out     dx, al
        ret

irr:    mov     al, 0Ah                 ; EAX = the requests of IRQ 3 to 15, without the cascade, the mouse's and the disks'
        out     20h, al
        out     0A0h, al
        xor     eax, eax
        in      al, 0A0h
        mov     ah, al
        in      al, 20h
        and     eax, 0E28h
        ret

on_irq: pushad
        inc     dword [interrupts]
        cmp     dword [interrupts], 2
        jb      .end
        mov     eax, [base]
        mov     eax, [eax + 0C0h]       ; ICR: the cause is gone
.end:   mov     al, 20h
        out     0A0h, al
        out     20h, al
        popad
        iretd

        section .data
        align   4
saved:  times 6 dd 0
good:   times 4 dd 0
base:   dd      0
ports:  dd      0
interrupts:
        dd      0
