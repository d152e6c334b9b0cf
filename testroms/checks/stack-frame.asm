; A handler writes past its array, over the frame of the interrupt: IRET leads to where no page is.
; check: stack
; expect: the return address of an interrupt was overwritten ... interrupted at: 0008: ... overwritten by: rep stosd at 0008:
%include "mistake.inc"
start:  LOAD_GDT
        MAP_4MB 7
        PAGING_ON
        GATE    3, handler
        GATE    14, fault
        lidt    [idt_pointer]
        int3
        hlt
handler:
        pushad
        sub     esp, 16
        mov     edi, esp
        mov     ecx, 13
        mov     eax, 0x70000000
        cld
        rep     stosd
        add     esp, 16 + 32
        iretd
fault:  xor     eax, eax
        out     0xF4, al
