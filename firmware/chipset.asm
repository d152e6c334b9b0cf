; The chips every AT has: interrupt controllers (8259A), interval timer (8254), DMA controllers (8237A), CMOS memory (MC146818A).

; Vectors 08h-0Fh and 70h-77h. Open at the start: timer, keyboard, cascade, RTC, mouse, FPU and the disk channels.
pic_init:
        mov     al, 0x11                ; ICW1: edge triggered, cascaded, ICW4 follows
        out     0x20, al
        out     0xA0, al
        mov     al, 0x08                ; ICW2
        out     0x21, al
        mov     al, 0x70
        out     0xA1, al
        mov     al, 0x04                ; ICW3
        out     0x21, al
        mov     al, 0x02
        out     0xA1, al
        mov     al, 0x01                ; ICW4: 8086 mode, EOI by command
        out     0x21, al
        out     0xA1, al
        mov     al, 0xB8                ; OCW1
        out     0x21, al
        mov     al, 0x0E
        out     0xA1, al
        ret

; Counter 0: 65536 clocks of 1.193182 MHz, rate generator. Mode 2 rather than 3, so that a latched count tells time.
; Counter 1: memory refresh, every 15 us. Counter 2: speaker, 896 Hz.
pit_init:
        mov     al, 0x34
        out     0x43, al
        xor     al, al
        out     0x40, al
        out     0x40, al
        mov     al, 0x54
        out     0x43, al
        mov     al, 18
        out     0x41, al
        mov     al, 0xB6
        out     0x43, al
        mov     al, 0x33
        out     0x42, al
        mov     al, 0x05
        out     0x42, al
        ret

; The first DMA controller asks through channel 4, the first of the second one.
dma_init:
        out     0x0D, al                ; master clear
        out     0xDA, al
        mov     al, 0xC0                ; channel 4: cascade
        out     0xD6, al
        mov     al, 0x00
        out     0xD4, al
        ret

; AL = CMOS byte AL. NMI stays enabled.
cmos_read:
        out     0x70, al
        in      al, 0x71
        ret

; CMOS byte AL = AH.
cmos_write:
        out     0x70, al
        xchg    al, ah
        out     0x71, al
        xchg    al, ah
        ret
