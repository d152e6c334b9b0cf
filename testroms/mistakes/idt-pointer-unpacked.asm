; A C compiler has put two bytes between the limit and the base that LIDT takes.
; expect: the divisor is 0. It was not reported because IDTR's base is 50000000h, where no RAM is; LIDT takes 2 bytes of limit and right behind them the base: a structure in C has to be packed
; status: 10
%include "mistake.inc"
start:
        LOAD_GDT
        lidt    [pointer]
        xor     ecx, ecx
        div     ecx
        jmp     $
align 4
pointer: dw     256 * 8 - 1, 0
        dd      idt + 0x5000
