; An IDT entry names memory that nobody has filled: the run ends where RAM does, or when its time is up.
; expect: UD2 at ... There is no handler: IDT entry 6 names 00180000h, where nothing but zeros is
; status: 16
; options: --max-ticks 200K
%include "mistake.inc"
start:
        LOAD_GDT
        GATE    6, 0x180000
        lidt    [idt_pointer]
        mov     eax, 0x110000
        ud2
