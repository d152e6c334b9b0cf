; A call to a text; what its letters do ends in zeros behind it, and those end in data.
; expect: Data is being executed at 00180000h, the text "Hello, world": the call at ... went there
; status: 10
; variants: -DDEEP | -DPAGED
%include "mistake.inc"
start:
        LOAD_GDT
        mov     edi, 0x180000
        mov     esi, text
        mov     ecx, 12
        rep movsb
        mov     word [0x1A0000], 0x0B0F
        mov     eax, 0x150000
        mov     ebx, 0x150000
        mov     edx, 0x80
        mov     ebx, 0x180000
        call    ebx
text:   db      "Hello, world"
