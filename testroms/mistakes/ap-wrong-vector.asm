; The start-up message has the address where its page number belongs: the other processor begins where nothing is.
; expect: Processor 1 executes nothing but zeros, from 00080000h on: there its start-up message sent it, whose vector 80h is the number of a page
; options: --smp 2 --max-ticks 20M
; status: 16
%include "mistake.inc"
start:
        LOAD_GDT
        mov     esi, trampoline
        mov     edi, 0x8000
        mov     ecx, trampoline_end - trampoline
        rep movsb
        mov     dword [0xFEE00310], 1 << 24
        mov     dword [0xFEE00300], 0x4500
        mov     ecx, 100000
delay:  loop    delay
        mov     dword [0xFEE00310], 1 << 24
        mov     dword [0xFEE00300], 0x4680
wait_:  cmp     byte [0x7000], 0
        je      wait_
        jmp     $
trampoline:
        db      0xC6, 0x06, 0x00, 0x70, 0x01, 0xFA, 0xF4        ; mov byte [7000h], 1; cli; hlt
trampoline_end:
