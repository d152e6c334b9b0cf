; A function pointer that is null is called, and page 0 is not mapped.
; expect: EIP 00000000h is not mapped: the call at ... (call eax) went there
; status: 10
; variants: -DDEEP | -DWITH_IDT
%include "mistake.inc"
start:
        LOAD_GDT
%ifdef WITH_IDT
        GATE    14, handler
        lidt    [idt_pointer]
%endif
        MAP_4MB 3
        mov     dword [table], 0
        PAGING_ON
        xor     eax, eax
        call    eax
handler: ud2
