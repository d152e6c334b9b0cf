; INT 10h AH=0Eh and 13h, read back from the display memory.

test_teletype:
        call    clear_screen
        mov     si, .text
.next:
        lodsb
        test    al, al
        jz      .done
        mov     ah, 0x0E
        mov     bx, 0x7707              ; a page that is not there
        int     0x10
        jmp     .next
.done:
        IS      word [es:0], 0x0741, "0Eh: character"
        IS      word [es:160+2], 0x0743, "0Eh: line feed keeps the column"
        IS      word [es:320], 0x0744, "0Eh: carriage return"
        IS      word [es:320+4], 0x0745, "0Eh: backspace moves back"
        mov     ah, 0x02                ; the last cell: the screen scrolls
        mov     bh, 0
        mov     dx, 0x184F
        int     0x10
        mov     byte [es:3999], 0x2E
        mov     ax, 0x0E5A
        mov     bx, 0x0007
        int     0x10
        IS      word [es:3998-160], 0x2E5A, "0Eh: scrolls after the last cell"
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        IS      dx, 0x1800, "0Eh: cursor at the last line's start"
        IS      word [es:2], 0x0743, "0Eh: line 1 is line 0 now"
        push    es
        push    ds
        pop     es
        mov     ax, 0x1301
        mov     bx, 0x001E
        mov     cx, 6
        mov     dx, 0x0503
        mov     bp, .string
        int     0x10
        pop     es
        IS      dword [es:5*160+6], 0x1E321E31, "13h: characters in the attribute"
        IS      dword [es:6*160+0], 0x1E341E33, "13h: control characters"
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        IS      dx, 0x0602, "13h AL=1: the cursor follows"
        push    es
        push    ds
        pop     es
        mov     ax, 0x1302
        mov     bx, 0x001E
        mov     cx, 2
        mov     dx, 0x0700
        mov     bp, .pairs
        int     0x10
        pop     es
        IS      dword [es:7*160], 0x20622161, "13h AL=2: attributes in the string"
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        IS      dx, 0x0602, "13h AL=2: the cursor stays"
        ret
.text:  db      "A", 10, "C", 13, 10, "DxY", 8, "E", 0
.string:
        db      "12", 13, 10, "34"
.pairs: db      "a", 0x21, "b", 0x20
