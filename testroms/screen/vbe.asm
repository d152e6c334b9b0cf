; VBE: 800 x 600 dots of 32 bits through the linear frame buffer in protected mode; two pages, shown in turn. A shaded ball
; bounces over a floor of squares. Esc switches off.

%include "boot.inc"

MODE            equ 0x143
WIDTH           equ 800
HEIGHT          equ 600
RADIUS          equ 90
information     equ 0x2000

start:
        mov     ax, 0x4F01
        mov     cx, MODE
        mov     di, information
        int     0x10
        cmp     ax, 0x004F
        jne     .none
        test    byte [information], 0x80
        jz      .none
        mov     ax, 0x4F02
        mov     bx, MODE | 0x4000
        int     0x10
        cmp     ax, 0x004F
        jne     .none
        mov     dword [ball_x], 200 << 8
        mov     dword [ball_y], 150 << 8
        mov     dword [speed_x], 0x0380
        mov     dword [speed_y], 0
        mov     word [page], 0
.frame:
        call    with_flat_memory
        call    move_ball
        mov     ax, 0x4F07              ; show the page that was drawn, from the next retrace on
        mov     bx, 0x0080
        xor     cx, cx
        mov     dx, [page]
        int     0x10
        xor     word [page], HEIGHT
        mov     ah, 0x01
        int     0x16
        jz      .frame
        mov     ah, 0
        int     0x16
        cmp     al, 27
        jne     .frame
        jmp     power_off
.none:
        mov     si, .text
.character:
        lodsb
        mov     ah, 0x0E
        mov     bx, 7
        int     0x10
        cmp     byte [si], 0
        jne     .character
        hlt
        jmp     .none
.text:  db      "No VBE mode of 800x600 dots with 32 bits and a linear frame buffer", 13, 10, 0

        align   4
page:   dw      0                       ; first line of the page that is drawn
        dw      0
ball_x: dd      0                       ; in 256ths of a dot
ball_y: dd      0
speed_x:
        dd      0
speed_y:
        dd      0

; Enters protected mode, draws, and comes back.
with_flat_memory:
        cli
        lgdt    [.table]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     0x08:.protected
        bits    32
.protected:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        movzx   esp, sp
        call    draw
        jmp     0x18:.sixteen
        bits    16
.sixteen:
        mov     ax, 0x20
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        jmp     0x0000:.real
.real:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        sti
        ret
        align   8
.descriptors:
        dq      0
        dq      0x00CF9A000000FFFF      ; flat code and data
        dq      0x00CF92000000FFFF
        dq      0x00009A000000FFFF      ; 16-bit ones of 64 KBytes for the way back
        dq      0x000092000000FFFF
.table: dw      5 * 8 - 1
        dd      .descriptors

; Falls, and bounces from floor and walls.
move_ball:
        add     dword [speed_y], 0x40
        mov     eax, [speed_x]
        add     [ball_x], eax
        mov     eax, [speed_y]
        add     [ball_y], eax
        cmp     dword [ball_y], (HEIGHT - RADIUS) << 8
        jl      .walls
        mov     dword [ball_y], (HEIGHT - RADIUS) << 8
        mov     dword [speed_y], -0x0F00
.walls:
        cmp     dword [ball_x], RADIUS << 8
        jl      .turn
        cmp     dword [ball_x], (WIDTH - RADIUS) << 8
        jl      .done
.turn:
        neg     dword [speed_x]
        mov     eax, [speed_x]
        add     [ball_x], eax
.done:
        ret

        bits    32
; The page: sky that grows lighter, squares, and the ball on top.
draw:
        mov     eax, [information+0x28]
        movzx   ebx, word [information+0x10]
        movzx   ecx, word [page]
        imul    ecx, ebx
        add     eax, ecx
        mov     ebp, eax                ; the page's first byte
        xor     edx, edx                ; row
.row:
        mov     edi, edx
        imul    edi, ebx
        add     edi, ebp
        mov     ecx, WIDTH
        cmp     edx, HEIGHT * 2 / 3
        jae     .floor
        mov     eax, edx
        imul    eax, 160
        shr     eax, 9
        add     al, 40
        mov     ah, al
        shl     eax, 8
        or      al, 0xC0                ; R = G = brightness, B = C0h
        rep     stosd
        jmp     .next
.floor:
        push    edx
        sub     edx, HEIGHT * 2 / 3 - 40
        mov     esi, (40 << 14) / 3     ; a square's width shrinks with the distance
        mov     eax, esi
        push    edx
        mov     ecx, edx
        xor     edx, edx
        div     ecx
        pop     edx
        mov     esi, eax                ; step in texture per dot
        mov     eax, 0x00400000
        push    edx
        mov     ecx, edx
        xor     edx, edx
        div     ecx
        pop     edx
        shr     eax, 12                 ; row of squares
        mov     edx, eax
        mov     eax, esi
        imul    eax, -(WIDTH / 2)
        mov     ecx, WIDTH
.square:
        push    eax
        shr     eax, 15
        xor     eax, edx
        and     eax, 1
        neg     eax
        and     eax, 0x00B0B0B0
        add     eax, 0x00302020
        stosd
        pop     eax
        add     eax, esi
        loop    .square
        pop     edx
.next:
        inc     edx
        cmp     edx, HEIGHT
        jb      .row

; The ball: for each row the half-width by counting down; brightness falls with the distance from a light at the upper left.
        mov     edx, -RADIUS
.ball_row:
        mov     ecx, -RADIUS
.ball_dot:
        mov     eax, ecx
        imul    eax, eax
        mov     esi, edx
        imul    esi, esi
        add     eax, esi
        cmp     eax, RADIUS * RADIUS
        ja      .outside
        mov     eax, ecx
        add     eax, RADIUS / 3
        imul    eax, eax
        mov     esi, edx
        add     esi, RADIUS / 3
        imul    esi, esi
        add     eax, esi
        shr     eax, 6                  ; 0 to about 220
        neg     eax
        add     eax, 255
        jns     .lit
        xor     eax, eax
.lit:
        mov     esi, eax                ; orange: red full, green half, blue a highlight
        shl     eax, 16
        push    esi
        shr     esi, 1
        shl     esi, 8
        or      eax, esi
        pop     esi
        sub     esi, 200
        jle     .plain
        or      eax, esi
        shl     esi, 9
        add     eax, esi
        and     eax, 0x00FFFFFF
.plain:
        mov     esi, [ball_y]
        sar     esi, 8
        add     esi, edx
        js      .outside
        cmp     esi, HEIGHT
        jge     .outside
        imul    esi, ebx
        add     esi, ebp
        mov     edi, [ball_x]
        sar     edi, 8
        add     edi, ecx
        mov     [esi + edi * 4], eax
.outside:
        inc     ecx
        cmp     ecx, RADIUS
        jle     .ball_dot
        inc     edx
        cmp     edx, RADIUS
        jle     .ball_row
        ret
        bits    16

        IMAGE_END
