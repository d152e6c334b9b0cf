; status: 10
; ARPL on a read-only segment where RPL has to rise: #GP, and no IDT.
bits 16
org 0x7c00
        cli
        xor ax,ax
        mov ds,ax
        mov ss,ax
        mov sp,0x7c00
        lgdt [gdtr]
        mov eax,cr0
        or al,1
        mov cr0,eax
        jmp 8:pm
bits 32
pm:     mov ax,16
        mov ss,ax
        mov esp,0x7c00
        mov ax,24          ; read-only data segment, 4 GB
        mov ds,ax
        mov ebx,3
        mov ax,0
        arpl [ss:0x9000],ax
        arpl [0x9000],bx       ; RPL 0 has to become 3
        mov al,0
        out 0xf4,al
        hlt
align 8
gdt: dq 0
 dq 0x00cf9a000000ffff
 dq 0x00cf92000000ffff
 dq 0x00cf90000000ffff
gdtr: dw 31
 dd gdt
times 510-($-$$) db 0
dw 0xaa55
