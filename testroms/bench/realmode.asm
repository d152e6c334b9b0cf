; Real-mode workloads, in 16-bit code as DOS programs were. The answer is a checksum in EAX.

        bits 16
; A sieve, string instructions, near calls, segment arithmetic. Unit: one round over 16 KiB.
real_mix:
        mov     ax, REAL_BUFFER >> 4
        mov     es, ax
        xor     bp, bp
        mov     word [real_sum], 0
.unit:
        xor     di, di
        mov     cx, 8192
        mov     ax, 0101h
        rep     stosw
        mov     si, 2
.candidate:
        cmp     byte [es:si], 0
        je      .composite
        mov     ax, si
        mul     si
        mov     bx, ax
.strike:
        mov     byte [es:bx], 0
        add     bx, si
        cmp     bx, 16384
        jb      .strike
.composite:
        inc     si
        cmp     si, 128
        jb      .candidate
        push    ds
        push    es
        pop     ds
        xor     si, si
        mov     cx, 16384
        xor     dx, dx
.count:
        lodsb
        cbw
        call    .add
        loop    .count
        pop     ds
        rol     word [real_sum], 1
        add     [real_sum], dx
        dec     dword [real_units]
        jnz     .unit
        movzx   eax, word [real_sum]
        ret
.add:
        push    bx
        mov     bx, ax
        add     dx, bx
        xor     bp, dx
        pop     bx
        ret

; Software interrupts through the interrupt vector table, far calls, PUSHF and POPF. Unit: 100 rounds.
real_int:
        mov     word [60h * 4], .service
        mov     word [60h * 4 + 2], 0
        xor     ebx, ebx
.unit:
        mov     cx, 100
.round:
        mov     ax, cx
        int     60h
        pushf
        call    0:.far
        popf
        adc     bx, 0
        loop    .round
        dec     dword [real_units]
        jnz     .unit
        mov     eax, ebx
        ret
.service:
        push    ax
        add     bx, ax
        rol     bx, 3
        pop     ax
        iret
.far:
        push    ds
        xor     ax, ax
        mov     ds, ax
        xor     bx, cx
        pop     ds
        retf
