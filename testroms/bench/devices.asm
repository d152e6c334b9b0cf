; Devices and interrupts. ECX = units; the answer is a checksum in EAX.

        bits 32
; The POST port and the interrupt mask of the 8259A. Unit: 8 times OUT 80h, IN 21h, OUT 21h.
io_port:
        mov     [units_left], ecx
        xor     ebx, ebx
.unit:
        mov     ecx, 8
.round:
        mov     al, cl
        out     80h, al
        or      al, 0E0h
        out     21h, al
        in      al, 21h
        movzx   eax, al
        rol     ebx, 1
        add     ebx, eax
        dec     ecx
        jnz     .round
        dec     dword [units_left]
        jnz     .unit
        mov     al, 0FFh
        out     21h, al
        mov     eax, ebx
        ret

; Text memory: the screen scrolls up by REP MOVSD, a line is written cell by cell and read again. Unit: one line.
vga_text:
        mov     [units_left], ecx
        mov     edi, 0B8000h
        mov     ecx, 1000
        mov     eax, 07200720h
        rep     stosd
        xor     ebx, ebx
.unit:
        mov     esi, 0B8000h + 160
        mov     edi, 0B8000h
        mov     ecx, 24 * 40
        rep     movsd
        mov     eax, [units_left]
        and     eax, 3Fh
        add     eax, 0720h
        mov     ecx, 80
.write:
        mov     [edi], ax
        add     edi, 2
        xor     al, cl
        dec     ecx
        jnz     .write
        mov     ecx, 80
.read:
        sub     edi, 2
        movzx   eax, word [edi]
        rol     ebx, 1
        add     ebx, eax
        dec     ecx
        jnz     .read
        add     bx, [0B8000h]           ; what came up from below
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; Hardware interrupts without waiting: the 16550A raises IRQ 4 whenever its transmitter interrupt is enabled while it has nothing
; to send. Unit: one interrupt.
irq_uart:
        mov     [units_left], ecx
        mov     eax, .handler
        mov     ebx, PIC_BASE + 4
        call    set_gate
        mov     al, 0EFh
        call    pic_init
        mov     dx, 3FBh
        mov     al, 03h                 ; DLAB = 0
        out     dx, al
        mov     dx, 3FCh
        mov     al, 08h                 ; OUT2: the PC's gate between the chip and IRQ 4
        out     dx, al
        mov     dx, 3F9h
        xor     al, al
        out     dx, al
        xor     ebx, ebx
        mov     dword [irq_count], 0
        sti
.unit:
        mov     eax, [irq_count]
        mov     dx, 3F9h
        push    eax
        mov     al, 02h                 ; ETBEI
        out     dx, al
        pop     eax
.wait:
        cmp     [irq_count], eax
        je      .wait
        dec     dword [units_left]
        jnz     .unit
        cli
        mov     eax, [irq_count]
        ret
.handler:
        push    eax
        push    edx
        mov     dx, 3FAh
        in      al, dx                  ; IIR: the reading takes the request away
        mov     dx, 3F9h
        xor     al, al
        out     dx, al
        inc     dword [irq_count]
        mov     al, 20h
        out     20h, al
        pop     edx
        pop     eax
        iretd

; Sleep and wake: counter 0 of the 8254 in mode 0 with a count of 12 (10 microseconds), HLT until it is over. Unit: one sleep.
irq_hlt:
        mov     [units_left], ecx
        mov     eax, tick
        mov     ebx, PIC_BASE
        call    set_gate
        mov     al, 0FEh
        call    pic_init
        mov     dword [irq_count], 0
.unit:
        mov     ebx, [irq_count]
        mov     al, 10h                 ; counter 0, low byte only, mode 0: one interrupt at the end
        out     43h, al
        mov     al, 12
        out     40h, al
.sleep:
        sti
        hlt
        cli
        cmp     [irq_count], ebx
        je      .sleep
        dec     dword [units_left]
        jnz     .unit
        mov     eax, [irq_count]
        ret

; Computing while the timer interrupts at 5 kHz. Unit: 1000 rounds of the loop, as in int-hash.
irq_timer:
        push    ecx
        mov     eax, tick
        mov     ebx, PIC_BASE
        call    set_gate
        mov     al, 0FEh
        call    pic_init
        mov     al, 34h                 ; counter 0, mode 2
        out     43h, al
        mov     al, 239                 ; 1193182 / 5000
        out     40h, al
        xor     al, al
        out     40h, al
        pop     ecx
        sti
        call    int_hash
        cli
        ret

tick:
        push    eax
        inc     dword [irq_count]
        mov     al, 20h
        out     20h, al
        pop     eax
        iretd
