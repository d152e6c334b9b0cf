; The far jump after LGDT names the data segment.
; expect: loads CS with selector 0010h, which is a data segment, not code
; status: 10
%include "mistake.inc"
start:
        lgdt    [gdt_pointer]
        jmp     0x10:next
next:   jmp     $
