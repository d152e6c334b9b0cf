; A thread pushes more than its stack holds, and over what another thread will return through.
; check: stack
; expect: a return address was overwritten ... pushed by the call at: 0008: ... overwritten by: push 7 at 0008: ... that pushed on another stack, which ran into this one
%include "mistake.inc"
low_top         equ 0x150000
start:  LOAD_GDT
        mov     esp, low_top
        call    lower
        xor     eax, eax
        out     0xF4, al
lower:  mov     [saved], esp
        mov     esp, low_top + 0x80                             ; 128 bytes for it
        mov     ecx, 34
.next:  push    dword 7
        loop    .next
        mov     esp, [saved]
        mov     eax, 7                                          ; where 7 leads
        mov     byte [eax], 0xE9
        mov     dword [eax + 1], back - 12
        ret
back:   xor     eax, eax
        out     0xF4, al
saved   dd      0
