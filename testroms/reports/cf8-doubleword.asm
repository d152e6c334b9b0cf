; options: --debugcon stdio --no-reboot
; A doubleword at CF8h is the configuration address, and never the byte register at CF9h.
bits 16
org 0x7c00
        mov eax,0x80000c00      ; PCI configuration address: bus 0, device 1, function 4
        mov dx,0xcf8
        out dx,eax              ; a doubleword: not for the byte register at CF9h
        mov al,0
        out 0xf4,al             ; still here: right
        hlt
times 510-($-$$) db 0
dw 0xaa55
