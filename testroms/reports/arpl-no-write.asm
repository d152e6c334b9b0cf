; ARPL on a read-only segment where RPL need not rise: nothing is written, nothing faults.
%ifndef RPL
%define RPL 2
%endif
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
        mov ebx,RPL
        mov ax,2
        arpl [ss:0x9000],ax    ; RPL 2 is there, through SS
        arpl [0x9000],bx       ; has to be raised only to 3
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
