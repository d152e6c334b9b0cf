; The upper half of a handler's address never came into its gate.
; expect: the lower half of ... alone; the upper half of the address belongs into bits 63 to 48 of the gate
; status: 10
; options: --max-ticks 20M
%include "mistake.inc"
start:
        LOAD_GDT
        mov     ecx, 0x21
fill:   mov     ebx, ecx
        shl     ebx, 3
        mov     word [idt + ebx], (handler - header) & 0xFFFF
        mov     word [idt + ebx + 2], 0x08
        mov     word [idt + ebx + 4], 0x8E00
        dec     ecx
        jns     fill
        lidt    [idt_pointer]
        mov     dword [(handler - header) & 0xFFFF], 0xFFFFFFFF
        xor     ecx, ecx
        div     ecx
        jmp     $
        times   0x600 nop
handler: pushad
        popad
        iretd
