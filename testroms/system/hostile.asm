; options: --machine pc
; What a kernel does by mistake, or somebody on purpose: tables of descriptors without end and without memory, DMA to ROMs, to devices and onto its own table,
; windows over RAM, over ROMs and over other devices, fw_cfg transfers that are malformed. The machine goes on, and RAM, ROMs and disk are as they were.
; SFF-8038i 1.0; PCI Local Bus Specification 2.1, section 6.2.5; QEMU, docs/specs/fw_cfg.
%include "lib/start.inc"
%include "lib/pci.inc"
%include "lib/busmaster.inc"

POWER   equ     0Bh << 8
DISPLAY equ     10h << 8
TABLE   equ     210000h                 ; 64 KBytes of descriptors
BUFFER  equ     300000h                 ; 128 KBytes
GUARD   equ     320000h
SECTOR  equ     1000                    ; a sector that has a pattern of its own
HIGH_BIOS equ   0FFFFFF00h

; Moves sectors by the table at %1: how many, the drive's command, the bus master's direction. EAX = the bus master's status.
%macro move 4
        mov     esi, %1
        mov     ecx, %2
        mov     ebx, %3 | (%4) << 8
        mov     eax, SECTOR
        call    dma
%endmacro
; One descriptor at TABLE: address, count with the end bit
%macro descriptor_at 2
        mov     dword [TABLE], %1
        mov     dword [TABLE + 4], %2
%endmacro
; A transfer of fw_cfg at SCRATCH: control, length, address. EAX = its control afterwards, as it is in memory.
%macro transfer 3
        mov     dword [SCRATCH], %1
        mov     dword [SCRATCH + 4], %2
        mov     dword [SCRATCH + 8], 0
        mov     dword [SCRATCH + 12], %3
        mov     eax, SCRATCH
        call    fw_cfg
%endmacro
%define be(x) ((((x) & 0FFh) << 24) | (((x) & 0FF00h) << 8) | (((x) >> 8) & 0FF00h) | (((x) >> 24) & 0FFh))
%define READ be(2)
%define SELECT(n) be((n) << 16 | 8)
%define SELECT_READ(n) be((n) << 16 | 0Ah)

        section .text
        bits    32
main:
        find_bus_master
        mov     edi, BUFFER             ; sectors 1000 and 1001, a pattern
        mov     ecx, 100h
        mov     eax, 51EC0000h
        cld
.fill:  stosd
        inc     eax
        loop    .fill
        descriptor_at BUFFER, 80000400h
        move    TABLE, 2, 0CAh, 0
        is      "a pattern is written", eax, 4
        call    firmware_sum
        mov     [firmware], eax
        call    image_sum
        mov     [image], eax

        ; tables
        mov     edi, TABLE              ; 8192 descriptors of two bytes, none of which is the last
        mov     ecx, 2000h
.entry: mov     dword [edi], BUFFER + 1000h
        mov     dword [edi + 4], 2
        add     edi, 8
        loop    .entry
        move    TABLE, 2, 0C8h, 8
        and     eax, 6
        is      "a table without an end: what the drive has is moved", eax, 4
        mov     eax, [BUFFER + 1000h]
        and     eax, 0FFFFh
        is      "by each descriptor one after the other", eax, 51ECh
        mov     edi, TABLE + 0FFF8h     ; the table's last descriptor, and no end
        mov     dword [edi], BUFFER + 2000h
        mov     dword [edi + 4], 200h
        mov     dword [TABLE], BUFFER + 3000h
        mov     dword [TABLE + 4], 80000200h
        mov     dword [TABLE + 10000h], GUARD
        mov     dword [TABLE + 10004h], 80000200h
        mov     dword [GUARD], 0
        mov     dword [BUFFER + 3000h], 0
        move    TABLE + 0FFF8h, 2, 0C8h, 8
        mov     eax, [BUFFER + 3000h]
        or      eax, [GUARD]
        is      "a table at the end of its 64 KBytes goes on somewhere", eax, 51EC0080h
        mov     dword [TABLE + 10000h], 0
        mov     dword [TABLE + 10004h], 0
        move    0F0000000h, 1, 0C8h, 8  ; there is no memory
        call    stop_dma
        call    alive
        is      "a table where nothing is", eax, 1
        move    0FFFFFFFCh, 1, 0C8h, 8
        call    stop_dma
        call    alive
        is      "a table at the end of all addresses", eax, 1
        move    HIGH_BIOS, 1, 0C8h, 8
        call    stop_dma
        call    restore
        call    alive
        is      "a table in the ROM", eax, 1
        descriptor_at TABLE, 80000200h  ; the sector is moved over its own table
        move    TABLE, 1, 0C8h, 8
        call    stop_dma
        mov     eax, [TABLE]
        is      "DMA onto its own table", eax, 51EC0000h
        descriptor_at BUFFER + 1, 80000201h
        mov     dword [BUFFER], 0
        move    TABLE, 1, 0C8h, 8
        mov     eax, [BUFFER]
        is      "odd addresses and counts are even ones", eax, 51EC0000h
        descriptor_at BUFFER, 80000000h ; 64 KBytes
        move    TABLE, 1, 0C8h, 8
        and     eax, 5
        is      "a count of 0 is 64 KBytes: more than the drive has", eax, 5
        call    stop_dma

        ; destinations
        descriptor_at 0FFFF0000h, 80000200h
        move    TABLE, 1, 0C8h, 8
        call    firmware_sum
        is      "DMA to the ROM leaves it", eax, [firmware]
        descriptor_at 0FFFFFF00h, 80000200h
        move    TABLE, 1, 0C8h, 8
        call    alive
        is      "DMA beyond the last address", eax, 1
        descriptor_at 0F0000000h, 80000200h
        move    TABLE, 1, 0C8h, 8
        is      "DMA to where nothing is ends well for the drive", eax, 4
        descriptor_at 0FEC00000h, 80000200h
        move    TABLE, 1, 0C8h, 8
        call    alive
        is      "DMA to the I/O APIC", eax, 1
        descriptor_at 0FED00000h, 80000200h
        move    TABLE, 1, 0C8h, 8
        mov     dword [0FED00010h], 0
        call    alive
        is      "DMA to the HPET", eax, 1
        config  DISPLAY | 18h
        and     eax, ~15
        descriptor_at eax, 80000200h
        move    TABLE, 1, 0C8h, 8
        call    alive
        is      "DMA to the display's registers", eax, 1
        descriptor_at 0A0000h, 80000200h
        move    TABLE, 1, 0C8h, 8
        call    alive
        is      "DMA to the display's window", eax, 1

        ; the two sides do not agree
        descriptor_at BUFFER, 80000200h
        mov     dword [BUFFER], 12345678h
        move    TABLE, 1, 0C8h, 0       ; the drive reads, the bus master writes
        call    stop_dma
        call    soft_reset
        call    alive
        is      "the bus master moves the other way than the drive", eax, 1
        configure IDE | 4, 1            ; no bus master
        move    TABLE, 1, 0C8h, 8
        call    stop_dma
        call    soft_reset
        configure IDE | 4, 5
        call    alive
        is      "a bus master that must not be one", eax, 1
        descriptor_at BUFFER, 80000200h
        call    stop_dma
        mov     edx, [bus_master]           ; the bus master runs, and no drive asks
        mov     al, 9
        out     dx, al
        add     dl, 2
        in      al, dx
        and     eax, 5
        is      "no drive asks: active, and nothing happens", eax, 1
        call    stop_dma
        mov     ecx, 300                ; commands, resets and starts in any order
.mix:   push    ecx
        call    random
        mov     ebx, eax
        mov     dx, 1F7h
        mov     al, 0C8h
        test    bl, 1
        jz      .command
        mov     al, 0CAh
.command:
        and     al, 0FDh                ; READ DMA or READ DMA alone: the disk stays as it is
        or      al, 8
        out     dx, al
        mov     edx, [bus_master]
        mov     al, bh
        and     al, 9
        out     dx, al
        test    bl, 6
        jnz     .next
        mov     dx, 3F6h
        mov     al, 4
        out     dx, al
        xor     al, al
        out     dx, al
.next:  pop     ecx
        loop    .mix
        call    stop_dma
        call    soft_reset
        call    alive
        is      "commands, resets and starts in any order", eax, 1

        ; windows
        config  DISPLAY | 10h
        mov     [saved], eax
        configure DISPLAY | 10h, 0      ; over RAM, with this code in it
        call    image_sum
        is      "a window over RAM: this code is there", eax, [image]
        configure DISPLAY | 10h, 1000000h
        mov     dword [1000000h], 600D0001h
        mov     eax, [1000000h]
        is      "a window over other RAM: it can be written", eax, 600D0001h
        configure DISPLAY | 10h, 0FE000000h     ; 16 MBytes, up to FEFFFFFFh
        mov     eax, [0FEE00030h]
        and     eax, 0FFh
        is      "a window over the local APIC, which stays", eax, 14h
        configure DISPLAY | 10h, 0FF000000h     ; and over the firmware
        call    alive
        is      "a window over the firmware", eax, 1
        configure DISPLAY | 10h, 0FFFFFFFFh
        call    alive
        is      "a window that is being sized", eax, 1
        configure DISPLAY | 10h, [saved]
        config  DISPLAY | 18h
        mov     [saved + 4], eax
        mov     eax, [saved]
        and     eax, ~15
        configure DISPLAY | 18h, eax    ; one window of the card over the other
        call    alive
        is      "a window over a window", eax, 1
        configure DISPLAY | 18h, [saved + 4]
        config  DISPLAY | 18h
        and     eax, ~15
        movzx   eax, word [eax + 500h]
        and     eax, 0FFF0h
        is      "back in their places they are as before", eax, 0B0C0h
        call    firmware_sum
        is      "the firmware is as before", eax, [firmware]

        config  IDE | 20h
        mov     [saved + 8], eax
        mov     esi, port_list
.ports: movzx   eax, word [esi]
        test    eax, eax
        jz      .moved
        push    esi
        mov     ebx, eax
        mov     eax, 80000000h | IDE | 20h
        call    config_write
        call    alive_without_dma
        or      [bad], eax
        pop     esi
        add     esi, 2
        jmp     .ports
.moved: configure IDE | 20h, [saved + 8]
        xor     eax, eax
        cmp     dword [bad], 1
        sete    al
        is      "sixteen ports over the chips of an AT", eax, 1
        config  POWER | 40h
        mov     [saved + 12], eax
        configure POWER | 40h, 0FFC0h
        configure POWER | 40h, 0C1h
        configure POWER | 40h, [saved + 12]
        call    alive
        is      "power management over the DMA controller", eax, 1
        call    alive
        is      "a sector can be read as before", eax, 1

        ; fw_cfg
        transfer SELECT_READ(0), be(4), be(BUFFER)
        is      "fw_cfg: a transfer", eax, 0
        mov     eax, [BUFFER]
        is      "fw_cfg: its signature", eax, 'QEMU'
        transfer READ, be(16), be(BUFFER)
        mov     eax, [BUFFER]
        is      "fw_cfg: zeros behind the end", eax, 0
        mov     dword [BUFFER], -1
        transfer SELECT_READ(3FFFh), be(4), be(BUFFER)
        mov     eax, [BUFFER]
        is      "fw_cfg: an item that is none: zeros", eax, 0
        transfer be(10h), be(4), be(BUFFER)
        call    fails
        is      "fw_cfg: writing fails", eax, 1
        transfer SELECT_READ(5), be(2), be(0FFFF0000h)
        call    firmware_sum
        is      "fw_cfg: to the ROM", eax, [firmware]
        transfer SELECT_READ(5), be(2), be(0F0000000h)
        call    alive
        is      "fw_cfg: to where nothing is", eax, 1
        transfer SELECT_READ(5), be(20), be(SCRATCH)
        mov     eax, [SCRATCH + 4]
        is      "fw_cfg: onto its own structure", eax, 0
        transfer be(0FFFF0000h), be(0FFFFFFFFh), be(BUFFER)
        is      "fw_cfg: nothing is asked for", eax, 0
        transfer be(4), be(0FFFFFFFFh), 0
        is      "fw_cfg: skip 4 GBytes", eax, 0
        mov     eax, 0FFFFFFF8h         ; a structure that is in the ROM, and ends with the last address
        call    fw_cfg
        call    alive
        is      "fw_cfg: a structure at the end of all addresses", eax, 1
        mov     eax, 0F0000000h
        call    fw_cfg
        call    alive
        is      "fw_cfg: a structure where nothing is", eax, 1
        mov     dx, 510h
        mov     ecx, 10000h
.item:  mov     eax, ecx                ; all items, by bytes, words and doublewords
        out     dx, ax
        inc     edx
        in      al, dx
        dec     edx
        in      ax, dx
        in      eax, dx
        loop    .item
        call    alive
        is      "fw_cfg: all numbers, in all widths", eax, 1
        call    image_sum
        is      "this guest's code is as it was", eax, [image]
        configure IDE | 20h, 0CF1h      ; the last one, as some machines do not come back from it
        config  0
        is      "ports over the configuration mechanism, which stays", eax, 12378086h
        configure IDE | 20h, [saved + 8]
        call    alive
        is      "and moves them back", eax, 1
        jmp     finish

fw_cfg: bswap   eax                     ; the structure at EAX, below 4 GBytes
        push    eax
        mov     dx, 514h
        xor     eax, eax
        out     dx, eax
        mov     dx, 518h
        pop     eax
        out     dx, eax
        mov     eax, [SCRATCH]
        ret
fails:  and     eax, be(1)
        setnz   al
        movzx   eax, al
        ret

random: mov     eax, [seed]
        imul    eax, 1664525
        add     eax, 1013904223
        mov     [seed], eax
        shr     eax, 12
        ret

soft_reset:
        mov     dx, 3F6h
        mov     al, 4
        out     dx, al
        xor     al, al
        out     dx, al
        mov     ecx, 1000000
.wait:  in      al, dx
        test    al, 80h
        jz      .end
        loop    .wait
.end:   ret

restore:                                ; the table's first descriptor leads to BUFFER
        descriptor_at BUFFER, 80000200h
        ret

; EAX = 1: the drive moves sector 1000 to memory by itself, and it has the pattern.
alive:  call    stop_dma
        call    soft_reset
        call    restore
        mov     dword [BUFFER], 0
        mov     dword [BUFFER + 508], 0
        move    TABLE, 1, 0C8h, 8
        cmp     eax, 4
        jne     .dead
        cmp     dword [BUFFER], 51EC0000h
        jne     .dead
        cmp     dword [BUFFER + 508], 51EC007Fh
        jne     .dead
        mov     eax, 1
        ret
.dead:  xor     eax, eax
        ret

; EAX = 1: the processor counts.
alive_without_dma:
        mov     ecx, 1000
        xor     eax, eax
.next:  inc     eax
        loop    .next
        cmp     eax, 1000
        sete    al
        movzx   eax, al
        ret

firmware_sum:                           ; EAX: of the last 64 KBytes below 4 GBytes
        mov     esi, 0FFFF0000h
        mov     ecx, 4000h
        jmp     sum
image_sum:                              ; EAX: of this code
        mov     esi, main
        mov     ecx, (image_end - main) / 4
sum:    xor     eax, eax
.next:  add     eax, [esi]
        rol     eax, 1
        add     esi, 4
        loop    .next
        ret
image_end:

        section .data
        align   4
saved:  times 4 dd 0
firmware:
        dd      0
image:  dd      0
bad:    dd      0
seed:   dd      12345678h
port_list:                              ; where the bus master's registers go
        dw      1, 21h, 41h, 61h, 71h, 81h, 0A1h, 0C1h, 0E1h, 0F1h, 171h, 1F1h, 3F1h, 511h, 0FFF1h, 0
