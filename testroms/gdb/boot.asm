; A boot sector for a debugger: real mode with a stack and segments of its own, a loop, a call, then protected mode. It ends with 0 at port F4h.
bits 16
org 0x7c00

start:
        cli
        jmp 0x07c0:begin - 0x7c00       ; CS is not 0 from here on: linear addresses are not offsets
begin:
        mov ax, 0x07c0
        mov ds, ax
        mov ax, 0x0900
        mov ss, ax
        mov sp, 0x0100
        mov cx, 5
        xor bx, bx
again:
        call add_cx
        loop again
        mov [sum - 0x7c00], bx          ; 5 + 4 + 3 + 2 + 1 = 15
after_sum:
        lgdt [gdtr - 0x7c00]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:protected

add_cx:
        add bx, cx
        ret

bits 32
protected:
        mov eax, 0x10
        mov ds, eax
        mov ss, eax
        mov esp, 0x9000
        mov eax, 0x12345678
        mov dword [value], 1
        inc dword [value]
after_value:
        xor eax, eax
        out 0xf4, al
        hlt

align 8
gdt:    dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
gdtr:   dw 23
        dd gdt
sum:    dw 0
value:  dd 0

        times 510 - ($ - $$) db 0
        dw 0xaa55
