; Hardware interrupts that need little: NMI, FPU error, disk channels, and those nobody has claimed.

int_02:
        iret

; IRQ 9 stands where the XT had IRQ 2: programs that took INT 0Ah get it.
int_71:
        push    ax
        mov     al, 0x20
        out     0xA0, al
        pop     ax
        int     0x0A
        iret

; IRQ 13: clears the FPU's busy latch and passes the error on as an 8087 would have reported it.
int_75:
        push    ax
        xor     al, al
        out     0xF0, al
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
        pop     ax
        int     0x02
        iret

; IRQ 14 and 15. INT 13h polls; the flag is for programs that wait on it.
int_76:
        push    ax
        push    ds
        push    byte BDA
        pop     ds
        mov     byte [b_disk_irq], 0xFF
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
        pop     ds
        pop     ax
        iret

; Nobody's interrupt: acknowledges what is really in service. A spurious IRQ 7 or 15 must not be acknowledged, and INT 0Ah
; comes here from INT 71h and from plain INT instructions, too.
irq_ignore:
        push    ax
        mov     al, 0x0B                ; OCW3: read ISR
        out     0xA0, al
        in      al, 0xA0
        test    al, al
        jz      .master
        mov     al, 0x20
        out     0xA0, al
.master:
        mov     al, 0x0B
        out     0x20, al
        in      al, 0x20
        test    al, al
        jz      .done
        mov     al, 0x20
        out     0x20, al
.done:
        pop     ax
        iret
