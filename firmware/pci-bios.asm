; INT 1Ah AH=B1h: PCI BIOS Specification, revision 2.1. BH = bus, BL = device * 8 + function, DI = register, SI = which of several.
; Not there: special cycles (06h), a 32-bit entry.

PCI_UNSUPPORTED equ 0x81
PCI_BAD_VENDOR  equ 0x83
PCI_NOT_FOUND   equ 0x86
PCI_BAD_REGISTER equ 0x87
PCI_SET_FAILED  equ 0x88
PCI_TOO_SMALL   equ 0x89

pci_bios:
        pushad
        call    pci_detect
        popad
        jne     .unsupported
        mov     ah, al
        DISPATCH pci_functions, 0x10, .unsupported
        mov     [bp+f_ah], ah
        test    ah, ah
        jnz     .failed
        CARRY_CLEAR
        ret
.unsupported:
        mov     byte [bp+f_ah], PCI_UNSUPPORTED
.failed:
        CARRY_SET
        ret

pci_functions:
        dw      pci_none, pci_present, pci_find_device, pci_find_class, pci_none, pci_none, pci_none, pci_none
        dw      pci_get_byte, pci_get_word, pci_get_double, pci_put_byte, pci_put_word, pci_put_double, pci_get_routing, pci_set_interrupt

pci_none:
        mov     ah, PCI_UNSUPPORTED
        ret

pci_done:
        xor     ah, ah
        ret

pci_present:                            ; 01h
        mov     byte [bp+f_al], 0x01    ; configuration mechanism 1
        mov     word [bp+f_bx], 0x0210
        mov     byte [bp+f_cl], 0       ; the last bus
        mov     dword [bp+f_edx], 'PCI '
        jmp     pci_done

; 02h: the SIth function with device CX of vendor DX.
pci_find_device:
        cmp     dx, 0xFFFF
        mov     ah, PCI_BAD_VENDOR
        je      pci_find.end
        mov     ax, cx
        shl     eax, 16
        mov     ax, dx
        mov     ecx, eax
        xor     di, di
        mov     edx, -1
        jmp     pci_find

; 03h: the SIth function of class ECX.
pci_find_class:
        shl     ecx, 8
        mov     di, 0x08
        mov     edx, 0xFFFFFF00

; The SIth function on bus 0 whose register DI, as far as EDX goes, is ECX.
pci_find:
        mov     si, [bp+f_si]
        xor     bx, bx
.look:
        call    pci_read
        and     eax, edx
        cmp     eax, ecx
        jne     .next
        sub     si, 1
        jb      .found
.next:
        inc     bl
        jnz     .look
        mov     ah, PCI_NOT_FOUND
.end:
        ret
.found:
        mov     [bp+f_bx], bx
        jmp     pci_done

; CF = there is no such register: beyond FFh, or not a multiple of its size (AL + 1).
pci_check:
        cmp     di, 0x100
        jae     .bad
        push    ax
        and     ax, di
        test    al, al
        pop     ax
        jz      .good
.bad:
        mov     ah, PCI_BAD_REGISTER
        stc
        ret
.good:
        clc
        ret

pci_get_byte:                           ; 08h
        mov     al, 0
        call    pci_check
        jc      .end
        call    pci_read_byte
        mov     [bp+f_cl], al
        jmp     pci_done
.end:
        ret
pci_get_word:                           ; 09h
        mov     al, 1
        call    pci_check
        jc      .end
        call    pci_read_word
        mov     [bp+f_cx], ax
        jmp     pci_done
.end:
        ret
pci_get_double:                         ; 0Ah
        mov     al, 3
        call    pci_check
        jc      .end
        call    pci_read
        mov     [bp+f_ecx], eax
        jmp     pci_done
.end:
        ret
pci_put_byte:                           ; 0Bh
        mov     al, 0
        call    pci_check
        jc      .end
        mov     al, cl
        call    pci_write_byte
        jmp     pci_done
.end:
        ret
pci_put_word:                           ; 0Ch
        mov     al, 1
        call    pci_check
        jc      .end
        mov     ax, cx
        call    pci_write_word
        jmp     pci_done
.end:
        ret
pci_put_double:                         ; 0Dh
        mov     al, 3
        call    pci_check
        jc      .end
        mov     eax, ecx
        call    pci_write
        jmp     pci_done
.end:
        ret

; 0Eh: the table of interrupt routing into the buffer that the structure at ES:DI names.
pci_get_routing:
        mov     cx, PIR_ENTRIES * 16
        mov     word [bp+f_bx], PIR_EXCLUSIVE
        xchg    cx, [es:di]
        cmp     cx, [es:di]
        mov     ah, PCI_TOO_SMALL
        jb      .end
        mov     cx, [es:di]
        les     di, [es:di+2]
        mov     si, pir_entries
        cs rep  movsb
        jmp     pci_done
.end:
        ret

; 0Fh: pin CL (0Ah-0Dh) of device BX asks for interrupt CH. What POST has routed there is granted, nothing else.
pci_set_interrupt:
        sub     cl, 0x0A
        cmp     cl, 3
        ja      .failed
        mov     al, bl
        shr     al, 3
        dec     al
        add     al, cl
        and     ax, 3
        mov     si, ax
        cmp     ch, [cs:si+pci_irqs]
        je      pci_done
.failed:
        mov     ah, PCI_SET_FAILED
        ret
