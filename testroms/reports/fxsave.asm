; FXSAVE is there on the default processor.
bits 16
org 0x7c00
xor ax,ax
mov ds,ax
fxsave [0x9000]
mov al,0
out 0xf4,al
times 510-($-$$) db 0
dw 0xaa55
