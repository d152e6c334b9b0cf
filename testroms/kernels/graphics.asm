; A kernel that asks for 640×480 dots of 16 bits, by Multiboot (flag 2) or with -DSECOND by Multiboot2 (tag 5). It paints the frame buffer that the
; information tells it of: red, with one green dot, in the format of the colour fields. Multiboot 0.6.96, 3.1.4 and 3.3; Multiboot2 2.0, 3.1.10 and 3.6.12.
%include "hello.inc"

WIDTH   equ 640
HEIGHT  equ 480
%ifndef DEPTH
%define DEPTH 16
%endif

section .text
align 8
%ifdef SECOND
header:
        dd      0xE85250D6, 0, header_end - header
        dd      0x100000000 - (0xE85250D6 + (header_end - header))
        dw      5, 0
        dd      20, WIDTH, HEIGHT, DEPTH
        align   8
        dw      0, 0
        dd      8
header_end:
%else
        dd      0x1BADB002, 4, 0x100000000 - (0x1BADB002 + 4)
        dd      0, 0, 0, 0, 0           ; the addresses are ELF's
        dd      0, WIDTH, HEIGHT, DEPTH
%endif

global start
start:
        mov     esp, stack_top
%ifdef SECOND
        lea     esi, [ebx+8]
.tag:
        mov     eax, [esi]
        test    eax, eax
        CHECK   1, nz
        cmp     eax, 8
        je      .found
        mov     eax, [esi+4]
        add     eax, 7
        and     eax, ~7
        add     esi, eax
        jmp     .tag
.found:
        lea     edi, [esi+32]           ; colour fields
        add     esi, 8
%else
        test    dword [ebx], 1 << 12
        CHECK   2, nz
        lea     esi, [ebx+88]
        lea     edi, [ebx+110]
%endif
        cmp     dword [esi+12], WIDTH
        CHECK   3, e
        cmp     dword [esi+16], HEIGHT
        CHECK   4, e
        cmp     byte [esi+20], DEPTH
        CHECK   5, e
        cmp     byte [esi+21], 1        ; direct colours
        CHECK   6, e
        cmp     dword [esi+4], 0        ; below 4 GB
        CHECK   7, e
        cmp     dword [esi+8], WIDTH * (DEPTH / 8)
        CHECK   8, e
        mov     ebx, 1                  ; red: the mask of its bits, at its position
        mov     cl, [edi+1]
        shl     ebx, cl
        dec     ebx
        mov     cl, [edi]
        shl     ebx, cl
        mov     edx, 1                  ; green
        mov     cl, [edi+3]
        shl     edx, cl
        dec     edx
        mov     cl, [edi+2]
        shl     edx, cl
        mov     edi, [esi]
        mov     eax, ebx
        mov     ecx, WIDTH * HEIGHT
%if DEPTH = 16
        rep     stosw
        mov     edi, [esi]
        mov     [edi + 2 * (WIDTH * 2 + 3)], dx
        cmp     [edi + 2 * WIDTH * HEIGHT - 2], bx
%else
        rep     stosd
        mov     edi, [esi]
        mov     [edi + 4 * (WIDTH * 2 + 3)], edx
        cmp     [edi + 4 * WIDTH * HEIGHT - 4], ebx
%endif
        CHECK   9, e
        xor     eax, eax
        jmp     finish

section .bss
        resb    4096
stack_top:
