; Boxes on a page of text: frames, titles, labels, and the marks that say what passed. The tables `boxes` and `labels` say which.

LEFT            equ 1                   ; columns of the two columns of boxes
RIGHT           equ 41
HALF            equ 38                  ; their width
WHOLE           equ 78

; Where a box has its mark, and where its lines begin.
%define mark(row, column, width) at(row, (column) + (width) - 7)
%define in_box(row, column, line) at((row) + (line), (column) + 2)

        bits 32
draw_page:
        mov     edi, at(0, 0)           ; everything blank
        mov     ecx, 80 * 25
        mov     ax, (LABEL << 8) | " "
        rep     stosw
        mov     edi, at(0, 0)
        mov     ecx, 80
        mov     ah, BAR
        rep     stosw
        mov     edi, at(24, 0)
        mov     ecx, 80
        rep     stosw

        mov     edi, at(0, 2)
        mov     esi, .title
        call    put_string
        mov     edi, at(0, 40)
        mov     esi, .subtitle
        call    put_string
        mov     edi, at(24, 2)
        mov     esi, .keys
        call    put_string

        mov     ebx, boxes
.next:
        call    draw_box
        add     ebx, 8
        cmp     ebx, boxes_end
        jb      .next

        mov     ebx, labels
.label:
        mov     edi, [ebx]
        mov     esi, [ebx + 4]
        mov     ah, LABEL
        call    put_string
        add     ebx, 8
        cmp     ebx, labels.end
        jb      .label
        ret
.title:         db HEADING, 0
.subtitle:      db SUBHEADING, 0
.keys:          db "Esc switches the machine off", 0

draw_box:                               ; EBX = table entry
        pushad
        movzx   eax, byte [ebx]
        imul    eax, eax, 160
        movzx   edx, byte [ebx + 1]
        lea     edi, [eax + edx * 2 + TEXT_MEMORY]
        movzx   ecx, byte [ebx + 2]
        sub     ecx, 2
        movzx   edx, byte [ebx + 3]
        sub     edx, 2

        push    edi                     ; the top edge
        push    ecx
        mov     ax, (LINE << 8) | 0DAh
        stosw
        mov     al, 0C4h
        rep     stosw
        mov     al, 0BFh
        stosw
        pop     ecx
        pop     edi
        push    edi                     ; with the title in it
        add     edi, 4
        mov     ax, (TITLE << 8) | " "
        stosw
        mov     esi, [ebx + 4]
        call    put_string
        stosw
        pop     edi
.side:
        add     edi, 160
        mov     ax, (LINE << 8) | 0B3h
        mov     [edi], ax
        mov     [edi + ecx * 2 + 2], ax
        dec     edx
        jnz     .side
        add     edi, 160                ; the bottom edge
        mov     al, 0C0h
        stosw
        mov     al, 0C4h
        rep     stosw
        mov     al, 0D9h
        stosw
        popad
        ret

mark_passed:                            ; EDI = where
        mov     ah, GOOD
        mov     esi, .text
        jmp     put_string
.text:          db " ", 0FBh, " ok ", 0
mark_failed:
        mov     ah, BAD
        mov     esi, .text
        jmp     put_string
.text:          db " fail ", 0
