; The keyboard's handler does not read the byte.
; expect: A byte of the keyboard lies at port 60h, for which IRQ 1 has come: until its handler reads that port no other byte comes
; status: 16
%include "mistake.inc"
start:
        LOAD_GDT
        REMAP
        GATE    0x21, handler
        lidt    [idt_pointer]
        mov     al, 0xFD
        out     0x21, al
        mov     al, 0xD2
        out     0x64, al
        mov     al, 0x1E
        out     0x60, al
        sti
.wait:  hlt
        cmp     dword [keys], 3
        jb      .wait
        xor     eax, eax
        out     0xF4, al
handler: push   eax
        inc     dword [keys]
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd
keys:   dd      0
