; Behind the loop that prints a text comes the text, and nothing ends the program before it.
; boot: disk
; expect: Data is being executed at 00007C13h, the text "Hello, world! 
; status: 12
%include "boot.inc"
        xor     ax, ax
        mov     ds, ax
        mov     si, text
next:   lodsb
        or      al, al
        jz      done
        mov     ah, 0x0E
        int     0x10
        jmp     next
done:   nop
text:   db      "Hello, world! Welcome to an operating system.", 13, 10, 0
        SECTOR
