; PCI at power-on, where there is an Intel 440FX (datasheets 290549 and 290550): the BIOS moves to RAM, functions get addresses and interrupts.
; PCI Local Bus Specification 2.1, chapter 6; configuration mechanism 1.

PCI_ADDRESS     equ 0xCF8
PCI_DATA        equ 0xCFC

PCI_440FX       equ 0x12378086
PCI_PIIX3       equ 0x08                ; device 1, function 0
PCI_PIIX3_IDE   equ 0x09
PCI_PIIX4_POWER equ 0x0B

PCI_MEMORY      equ 0xE0000000          ; windows from here up; the display's is the first one
PCI_PORTS       equ 0xC000
PM_BASE         equ 0x600
SMBUS_BASE      equ 0x700

; Register DI of function BL (device * 8 + function) on bus BH: DX = the port that shows it.
pci_select:
        push    eax
        movzx   eax, bx
        shl     eax, 8
        bts     eax, 31
        push    di
        and     di, 0xFC
        or      ax, di
        pop     di
        mov     dx, PCI_ADDRESS
        out     dx, eax
        mov     dx, di
        and     dx, 3
        add     dx, PCI_DATA
        pop     eax
        ret

pci_read_byte:
        push    dx
        call    pci_select
        in      al, dx
        pop     dx
        ret
pci_read_word:
        push    dx
        call    pci_select
        in      ax, dx
        pop     dx
        ret
pci_read:
        push    dx
        call    pci_select
        in      eax, dx
        pop     dx
        ret
pci_write_byte:
        push    dx
        call    pci_select
        out     dx, al
        pop     dx
        ret
pci_write_word:
        push    dx
        call    pci_select
        out     dx, ax
        pop     dx
        ret
pci_write:
        push    dx
        call    pci_select
        out     dx, eax
        pop     dx
        ret

; ZF = there is a 440FX. Changes EAX, BX, DI.
pci_detect:
        xor     bx, bx
        xor     di, di
        call    pci_read
        cmp     eax, PCI_440FX
        ret

; PAM0 = AL: who answers from F0000h to FFFFFh.
pci_shadow:
        xor     bx, bx
        mov     di, 0x59
        jmp     pci_write_byte

pci_init:
        call    pci_detect
        jne     .none
        mov     al, 0x20                ; reads from ROM, writes to RAM
        call    pci_shadow
        push    ds
        push    es
        push    word BIOS
        pop     ds
        push    ds
        pop     es
        xor     si, si
        xor     di, di
        mov     cx, 0x4000
        rep     movsd
        pop     es
        pop     ds
        mov     al, 0x30                ; RAM
        call    pci_shadow
        call    pci_chipset
        mov     esi, PCI_MEMORY
        mov     ebp, PCI_PORTS
        xor     bx, bx
.function:
        xor     di, di
        call    pci_read_word
        inc     ax
        jz      .absent
        call    pci_windows
        call    pci_interrupt
        test    bl, 7
        jnz     .next
        mov     di, 0x0E
        call    pci_read_byte
        test    al, 0x80                ; more functions
        jnz     .next
.skip:
        or      bl, 7
.next:
        inc     bl
        jnz     .function
.none:
        ret
.absent:
        test    bl, 7
        jnz     .next
        jmp     .skip

; What only this chipset has.
pci_chipset:
        mov     bx, PCI_PIIX3
        mov     di, 0x60
        mov     eax, [cs:pci_irqs]
        call    pci_write
        mov     dx, 0x4D0               ; PCI interrupts and the SCI are levels
        mov     ax, 0x0E00
        out     dx, ax
        mov     bx, PCI_PIIX3_IDE
        mov     di, 0x40
        mov     eax, 0x80008000         ; both channels are decoded
        call    pci_write
        mov     bx, PCI_PIIX4_POWER
        mov     eax, PM_BASE | 1
        call    pci_write
        mov     di, 0x80
        mov     al, 1
        call    pci_write_byte
        mov     di, 0x90
        mov     eax, SMBUS_BASE | 1
        call    pci_write
        mov     di, 0xD2
        mov     al, 0x09
        call    pci_write_byte
        mov     dx, PM_BASE + 4         ; SCI_EN: there is no way back to a mode before ACPI
        mov     ax, 1
        out     dx, ax
        ret

; By PIRQ A-D: the interrupt it asks for.
pci_irqs:
        db      10, 10, 11, 11

; Sizes the windows of function BX and gives them addresses: memory from ESI, ports from EBP up.
pci_windows:
        mov     di, 0x10
.register:
        or      eax, byte -1
        call    pci_write
        call    pci_read
        test    eax, eax
        jz      .next
        test    al, 1
        jnz     .ports
        and     al, 0xF0
        mov     ecx, eax
        neg     ecx                     ; the size
        dec     esi
        add     esi, ecx
        and     esi, eax
        mov     eax, esi
        add     esi, ecx
        jmp     .assign
.ports:
        or      eax, 0xFFFF0000
        and     al, 0xFC
        mov     ecx, eax
        neg     ecx
        dec     ebp
        add     ebp, ecx
        and     ebp, eax
        mov     eax, ebp
        add     ebp, ecx
.assign:
        call    pci_write
.next:
        add     di, 4
        cmp     di, 0x28
        jb      .register
        mov     di, 0x04
        call    pci_read_word
        or      al, 3                   ; answers at its ports and addresses
        jmp     pci_write_word

; The interrupt line register, by pin and slot.
pci_interrupt:
        mov     di, 0x3D
        call    pci_read_byte
        test    al, al
        jz      .none
        mov     ah, 9                   ; the SCI
        cmp     bl, PCI_PIIX4_POWER
        je      .write
        mov     dl, bl
        shr     dl, 3
        add     dl, al
        sub     dl, 2
        and     dx, 3
        mov     di, dx
        mov     ah, [cs:di+pci_irqs]
.write:
        mov     di, 0x3C
        mov     al, ah
        jmp     pci_write_byte
.none:
        ret
