; The chipset of a PC with PCI: configuration mechanism 1, base address registers, shadow RAM, tables of the BIOS, the power management timer, and
; a disk's DMA. PCI Local Bus Specification 2.1; Intel 82441FX and 82371SB; SFF-8038i; ACPI 1.0.
%define REAL_MODE_FIRST
%include "lib/start.inc"
%include "lib/pci.inc"
%include "lib/busmaster.inc"

HOST    equ     0 << 8
ISA     equ     8 << 8
POWER   equ     0Bh << 8
DISPLAY equ     10h << 8

PRD     equ     SCRATCH                 ; a table of descriptors
BUFFER  equ     200000h
TARGET  equ     300000h

        section low
        bits    16
; PCI BIOS, called while the BIOS is still in charge: what came back, for `main`.
%macro bios 2                           ; AX, where EAX to EDX and the flags go
        mov     eax, %1
        int     1Ah
        mov     [%2], eax
        mov     [%2 + 4], ebx
        mov     [%2 + 8], ecx
        mov     [%2 + 12], edx
        setc    [%2 + 16]
%endmacro
real_main:
        xor     ebx, ebx
        xor     ecx, ecx
        bios    0B101h, present
        mov     cx, 7010h
        mov     dx, 8086h
        xor     si, si
        bios    0B102h, found
        mov     cx, 7010h
        mov     dx, 8086h
        mov     si, 1
        bios    0B102h, second
        mov     ecx, 30000h
        xor     si, si
        bios    0B103h, class
        mov     bx, 10h
        xor     di, di
        bios    0B10Ah, double
        mov     bx, 9
        mov     di, 40h
        bios    0B109h, word_at_40
        mov     bx, 10h
        mov     di, 3Ch
        mov     cl, 55h
        bios    0B10Bh, written
        mov     bx, 10h
        mov     di, 3Ch
        bios    0B108h, byte_at_3C
        mov     bx, 10h
        mov     di, 1
        bios    0B109h, odd
        bios    0B17Fh, unknown
        ret
        align   4
present:        times 20 db 0
found:          times 20 db 0
second:         times 20 db 0
class:          times 20 db 0
double:         times 20 db 0
word_at_40:     times 20 db 0
written:        times 20 db 0
byte_at_3C:     times 20 db 0
odd:            times 20 db 0
unknown:        times 20 db 0

%macro status 3                         ; text, of what, AH * 2 + CF
        movzx   eax, byte [%2 + 1]
        add     eax, eax
        or      al, [%2 + 16]
        is      %1, eax, %3
%endmacro

        section .text
        bits    32
main:
        status  "PCI BIOS: B101h", present, 0
        is      "PCI BIOS: signature", dword [present + 12], 20494350h
        movzx   eax, word [present + 4]
        is      "PCI BIOS: version 2.1", eax, 210h
        mov     al, [present]
        and     eax, 3
        is      "PCI BIOS: configuration mechanism 1", eax, 1
        status  "PCI BIOS: B102h finds the IDE controller", found, 0
        movzx   eax, word [found + 4]
        is      "PCI BIOS: at 00:01.1", eax, 9
        status  "PCI BIOS: B102h finds no second one", second, 86h * 2 + 1
        status  "PCI BIOS: B103h finds the display", class, 0
        movzx   eax, word [class + 4]
        is      "PCI BIOS: at 00:02.0", eax, 10h
        status  "PCI BIOS: B10Ah", double, 0
        is      "PCI BIOS: a doubleword", dword [double + 8], 11111234h
        movzx   eax, word [word_at_40 + 8]
        is      "PCI BIOS: B109h: the primary channel is decoded", eax, 8000h
        status  "PCI BIOS: B10Bh", written, 0
        movzx   eax, byte [byte_at_3C + 8]
        is      "PCI BIOS: B108h: what was written", eax, 55h
        status  "PCI BIOS: an odd word", odd, 87h * 2 + 1
        status  "PCI BIOS: an unknown function", unknown, 81h * 2 + 1
        mov     dx, 0CF8h
        mov     eax, 80000004h
        out     dx, eax
        in      eax, dx
        is      "CF8h: CONFADD is read back", eax, 80000004h
        mov     al, 0
        out     dx, al
        in      eax, dx
        is      "CF8h: a byte is not heard", eax, 80000004h
        mov     eax, 80FF0600h          ; its second byte would be a reset at CF9h
        out     dx, eax
        mov     dx, 0CFCh
        in      eax, dx
        is      "CF8h: a doubleword does not reach CF9h, and there is no bus FFh", eax, 0FFFFFFFFh
        config  HOST
        is      "00:00.0 is the 82441FX", eax, 12378086h
        config  HOST | 2Ch
        is      "00:00.0: subsystem", eax, 11001AF4h
        config  ISA
        is      "00:01.0 is the 82371SB", eax, 70008086h
        config  ISA | 0Ch
        shr     eax, 16
        is      "00:01.0: one of several functions", eax, 80h
        config  IDE
        is      "00:01.1 is its IDE controller", eax, 70108086h
        config  IDE | 8
        shr     eax, 8
        is      "00:01.1: class", eax, 10180h
        config  POWER
        is      "00:01.3 is power management", eax, 71138086h
        config  DISPLAY
        is      "00:02.0 is the display", eax, 11111234h
        config  1Fh << 11
        is      "00:1F.0 is nobody", eax, 0FFFFFFFFh
        configure HOST, 0
        config  HOST
        is      "ids cannot be written", eax, 12378086h
        mov     dx, 0CFDh
        in      al, dx
        movzx   eax, al
        is      "CFDh: a byte of the register", eax, 80h

        ; base address registers
        config  IDE | 20h
        mov     [saved], eax
        configure IDE | 20h, 0FFFFFFFFh
        config  IDE | 20h
        is      "IDE, BAR 4: sixteen ports", eax, 0FFFFFFF1h
        configure IDE | 20h, [saved]
        config  DISPLAY | 10h
        mov     [saved + 4], eax
        configure DISPLAY | 10h, 0FFFFFFFFh
        config  DISPLAY | 10h
        is      "display, BAR 0: 16 MBytes, prefetchable", eax, 0FF000008h
        configure DISPLAY | 10h, [saved + 4]
        mov     ebx, [saved + 4]
        and     ebx, ~15
        mov     dword [ebx + 800000h], 12345678h
        configure DISPLAY | 10h, 0D0000000h
        mov     eax, [0D0800000h]
        is      "display: its memory moves with BAR 0", eax, 12345678h
        mov     dword [0D0800000h], 9ABCDEF0h
        configure DISPLAY | 10h, [saved + 4]
        mov     ebx, [saved + 4]
        and     ebx, ~15
        mov     eax, [ebx + 800000h]
        is      "and back", eax, 9ABCDEF0h
        config  DISPLAY | 18h
        and     eax, ~15
        movzx   eax, word [eax + 500h]
        and     eax, 0FFF0h
        is      "display, BAR 2: the display interface's version", eax, 0B0C0h

        ; shadow RAM
        config  HOST | 5Ch
        mov     [saved + 8], eax
        mov     bl, 33h
        call    pam
        mov     dword [0D0000h], 11111111h
        mov     eax, [0D0000h]
        is      "PAM: reads and writes go to RAM", eax, 11111111h
        mov     bl, 11h
        call    pam
        mov     dword [0D0000h], 22222222h
        mov     eax, [0D0000h]
        is      "PAM: RE alone: writes do not", eax, 11111111h
        mov     bl, 22h
        call    pam
        mov     dword [0D0000h], 33333333h
        mov     bl, 33h
        call    pam
        mov     eax, [0D0000h]
        is      "PAM: WE alone leads writes to RAM", eax, 33333333h
        ; code in shadow RAM that another map shows otherwise
        mov     dword [0D0100h], 0C301B0h   ; mov al,1; ret
        mov     eax, 0D0100h
        call    eax
        movzx   eax, al
        is      "PAM: code in RAM", eax, 1
        mov     bl, 0
        call    pam
        mov     bl, 33h
        call    pam
        mov     byte [0D0101h], 2
        mov     eax, 0D0100h
        call    eax
        movzx   eax, al
        is      "PAM: and changed", eax, 2
        mov     bl, [saved + 8]
        call    pam

        ; tables
        mov     eax, '$PIR'
        mov     edx, 0F0000h
        call    find
        test    esi, esi
        setnz   al
        movzx   eax, al
        is      "$PIR is there", eax, 1
        movzx   ecx, word [esi + 6]
        call    sum
        is      "$PIR: checksum", eax, 0
        mov     eax, 'RSD '
        mov     edx, 0E0000h
        call    find
        test    esi, esi
        setnz   al
        movzx   eax, al
        is      "RSDP is there", eax, 1
        mov     ecx, 20
        call    sum
        is      "RSDP: checksum", eax, 0
        mov     esi, [esi + 16]
        mov     ecx, [esi + 4]
        call    sum
        is      "RSDT: checksum", eax, 0
        mov     ecx, [esi + 4]          ; every table it names
        shr     ecx, 2
        sub     ecx, 9
        lea     ebx, [esi + 36]
        xor     edx, edx
.table: push    ecx
        mov     esi, [ebx]
        mov     ecx, [esi + 4]
        call    sum
        or      edx, eax
        cmp     dword [esi], 'FACP'
        jne     .other
        mov     [fadt], esi
.other: add     ebx, 4
        pop     ecx
        loop    .table
        is      "RSDT: checksums of its tables", edx, 0
        mov     esi, [fadt]
        test    esi, esi
        setnz   al
        movzx   eax, al
        is      "FADT is there", eax, 1
        mov     eax, [esi + 40]
        mov     eax, [eax]
        is      "FADT: leads to the DSDT", eax, 'DSDT'
        mov     eax, [esi + 36]
        mov     eax, [eax]
        is      "FADT: leads to the FACS", eax, 'FACS'
        mov     edx, [esi + 76]
        in      eax, dx
        mov     ebx, eax
        mov     ecx, 10000
.spin:  in      eax, dx
        cmp     eax, ebx
        jne     .counts
        loop    .spin
.counts:
        cmp     eax, ebx
        setne   al
        movzx   eax, al
        is      "the power management timer counts", eax, 1

        ; DMA
        find_bus_master
        mov     edi, BUFFER
        mov     ecx, 2000h / 4
        xor     eax, eax
        rep     stosd
        mov     dword [PRD], BUFFER + 2
        mov     dword [PRD + 4], 200h
        mov     dword [PRD + 8], BUFFER + 1000h
        mov     dword [PRD + 12], 80000200h
        mov     ecx, 2
        mov     eax, 0
        mov     bx, 8C8h
        mov     esi, PRD
        call    dma
        is      "READ DMA: interrupt, not active", eax, 4
        movzx   eax, word [BUFFER + 2 + 510]
        is      "READ DMA: the boot sector, at an odd word", eax, 0AA55h
        mov     esi, BUFFER + 1000h
        mov     edi, 7E00h
        mov     ecx, 16                 ; of the second sector, what the guest has not changed
        repe    cmpsb
        is      "READ DMA: the second sector, elsewhere", ecx, 0
        movzx   eax, word [BUFFER]
        is      "READ DMA: nothing before it", eax, 0
        mov     edi, BUFFER
        mov     ecx, 400h / 4
        mov     eax, 0CAFE0000h
.fill:  stosd
        inc     eax
        loop    .fill
        mov     dword [PRD], BUFFER
        mov     dword [PRD + 4], 80000400h
        mov     ecx, 2
        mov     eax, 1000
        mov     bx, 0CAh
        mov     esi, PRD
        call    dma
        is      "WRITE DMA: interrupt, not active", eax, 4
        mov     dword [PRD], TARGET
        mov     ecx, 2
        mov     eax, 1000
        mov     bx, 8C8h
        mov     esi, PRD
        call    dma
        is      "READ DMA of the same", eax, 4
        mov     esi, BUFFER
        mov     edi, TARGET
        mov     ecx, 400h / 4
        repe    cmpsd
        is      "what was written is read", ecx, 0
        mov     dword [PRD + 4], 80001000h
        mov     ecx, 1
        mov     eax, 1000
        mov     bx, 8C8h
        mov     esi, PRD
        call    dma
        is      "READ DMA: a table too long leaves it active", eax, 5
        jmp     finish

pam:    mov     eax, 80000000h | HOST | 5Ch     ; D0000h to D7FFFh by BL
        mov     dx, 0CF8h
        out     dx, eax
        mov     dx, 0CFCh
        mov     al, bl
        out     dx, al
        ret

find:   mov     esi, edx                ; ESI = the paragraph from EDX on that begins with EAX, 0 for none
.next:  cmp     [esi], eax
        je      .end
        add     esi, 16
        cmp     esi, 100000h
        jb      .next
        xor     esi, esi
.end:   ret

sum:    push    esi                     ; EAX = the low byte of the sum of ECX bytes at ESI
        push    edx
        xor     edx, edx
        xor     eax, eax
.next:  lodsb
        add     dl, al
        loop    .next
        movzx   eax, dl
        pop     edx
        pop     esi
        ret

        section .data
        align   4
saved:  dd      0, 0, 0
fadt:   dd      0
