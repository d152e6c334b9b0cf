; An IDT with the entries of 32-bit mode, 8 bytes each.
; expect: the IDT has entries of 8 bytes; in IA-32e mode each has 16
; status: 10
; variants: -DFEW
%include "mistake64.inc"
start:
        LONG_MODE
%macro GATE32 1
        mov     eax, handler
        mov     [abs idt + %1 * 8], ax
        mov     word [abs idt + %1 * 8 + 2], 0x08
        mov     word [abs idt + %1 * 8 + 4], 0x8E00
        shr     eax, 16
        mov     [abs idt + %1 * 8 + 6], ax
%endmacro
%assign vector 0
%rep 32
%ifdef FEW
 %if vector == 0 || vector == 6 || vector == 13 || vector == 14
        GATE32  vector
 %endif
%else
        GATE32  vector
%endif
%assign vector vector + 1
%endrep
        lidt    [idt_pointer]
        ud2
handler: jmp    $
