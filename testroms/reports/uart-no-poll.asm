; options: --serial stdio
; says: bytes
%define MODE 0
%define BAUD 12
; Bytes are written without a look at LSR bit 5: most are lost, and that is said.
%include "rm.inc"
main:
    cli
    mov dx,0x3fa
%if MODE=3
    mov al,0xc7
%else
    mov al,0
%endif
    out dx,al
    mov dx,0x3fb
    mov al,0x80
    out dx,al
    mov dx,0x3f8
    mov al,BAUD
    out dx,al
    inc dx
    mov al,0
    out dx,al
    mov dx,0x3fb
    mov al,3
    out dx,al
    mov si,msg
.l: lodsb
    test al,al
    jz .d
    mov ah,al
%if MODE=1
    mov cx,128
%elif MODE=2
    mov cx,12800
%elif MODE=4
    mov cx,0
%else
    jmp .w
%endif
.p: mov dx,0x3fd
    in al,dx
    test al,0x20
    jnz .w
%if MODE=2
    in al,0x84
    in al,0x84
    in al,0x84
    in al,0x84
%endif
%if MODE=4
    jmp .p
%else
    loop .p
%endif
.w: mov dx,0x3f8
    mov al,ah
    out dx,al
    jmp .l
.d: mov ecx,3000000
.e: a32 loop .e
    jmp finish
msg: db "The quick brown fox jumps over the lazy dog",0
