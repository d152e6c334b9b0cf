; INT 10h AX=4F00h and 4F01h: what the adapter can do. VBE Core Functions Standard 3.0, functions 00h and 01h.

; Number, width, height, bits of a dot. 100h-11Bh are VESA's, the others free for everybody.
%macro VBE_MODES 0
        VBE_MODE 0x100,  640,  400,  8
        VBE_MODE 0x101,  640,  480,  8
        VBE_MODE 0x102,  800,  600,  4
        VBE_MODE 0x103,  800,  600,  8
        VBE_MODE 0x104, 1024,  768,  4
        VBE_MODE 0x105, 1024,  768,  8
        VBE_MODE 0x106, 1280, 1024,  4
        VBE_MODE 0x107, 1280, 1024,  8
        VBE_MODE 0x10D,  320,  200, 15
        VBE_MODE 0x10E,  320,  200, 16
        VBE_MODE 0x10F,  320,  200, 24
        VBE_MODE 0x110,  640,  480, 15
        VBE_MODE 0x111,  640,  480, 16
        VBE_MODE 0x112,  640,  480, 24
        VBE_MODE 0x113,  800,  600, 15
        VBE_MODE 0x114,  800,  600, 16
        VBE_MODE 0x115,  800,  600, 24
        VBE_MODE 0x116, 1024,  768, 15
        VBE_MODE 0x117, 1024,  768, 16
        VBE_MODE 0x118, 1024,  768, 24
        VBE_MODE 0x119, 1280, 1024, 15
        VBE_MODE 0x11A, 1280, 1024, 16
        VBE_MODE 0x11B, 1280, 1024, 24
        VBE_MODE 0x11C, 1600, 1200,  8
        VBE_MODE 0x11D, 1600, 1200, 15
        VBE_MODE 0x11E, 1600, 1200, 16
        VBE_MODE 0x11F, 1600, 1200, 24
        VBE_MODE 0x140,  320,  200, 32
        VBE_MODE 0x141,  640,  400, 32
        VBE_MODE 0x142,  640,  480, 32
        VBE_MODE 0x143,  800,  600, 32
        VBE_MODE 0x144, 1024,  768, 32
        VBE_MODE 0x145, 1280, 1024, 32
        VBE_MODE 0x146,  320,  200,  8
        VBE_MODE 0x147, 1600, 1200, 32
        VBE_MODE 0x175, 1280,  720, 16
        VBE_MODE 0x176, 1280,  720, 24
        VBE_MODE 0x177, 1280,  720, 32
        VBE_MODE 0x178, 1280,  800, 16
        VBE_MODE 0x179, 1280,  800, 24
        VBE_MODE 0x17A, 1280,  800, 32
        VBE_MODE 0x17B, 1440,  900, 16
        VBE_MODE 0x17C, 1440,  900, 24
        VBE_MODE 0x17D, 1440,  900, 32
        VBE_MODE 0x181, 1680, 1050, 16
        VBE_MODE 0x182, 1680, 1050, 24
        VBE_MODE 0x183, 1680, 1050, 32
        VBE_MODE 0x187, 1920, 1080,  8
        VBE_MODE 0x188, 1920, 1080, 16
        VBE_MODE 0x189, 1920, 1080, 24
        VBE_MODE 0x18A, 1920, 1080, 32
%endmacro

vbe_modes:                              ; eight bytes each
%macro VBE_MODE 4
        dw      %1, %2, %3
        db      %4, 0
%endmacro
        VBE_MODES
        dw      0xFFFF
%unmacro VBE_MODE 4

vbe_mode_list:
%macro VBE_MODE 4
        dw      %1
%endmacro
        VBE_MODES
        dw      0xFFFF
%unmacro VBE_MODE 4

vbe_maker:
        db      "swemu", 0
vbe_product:
        db      "swemu VGA", 0
vbe_revision:
        db      "1.0", 0

; ---- 00h: VbeInfoBlock at ES:DI, 512 bytes when it says VBE2 before, else 256 ----
vbe_controller:
        push    di
        mov     cx, 128
        mov     eax, [es:di]
        cmp     eax, 'VBE2'
        pushf
        jne     .short
        add     cx, cx
.short:
        xor     ax, ax
        rep     stosw
        popf
        pop     di
        jne     .old
        mov     word [es:di+0x14], 0x0100
        mov     word [es:di+0x16], vbe_maker
        mov     word [es:di+0x18], BIOS
        mov     word [es:di+0x1A], vbe_product
        mov     word [es:di+0x1C], BIOS
        mov     word [es:di+0x1E], vbe_revision
        mov     word [es:di+0x20], BIOS
.old:
        mov     dword [es:di], 'VESA'
        mov     word [es:di+0x04], 0x0300
        mov     word [es:di+0x06], vbe_product
        mov     word [es:di+0x08], BIOS
        mov     byte [es:di+0x0A], 0x01         ; the DAC can have eight bits
        mov     word [es:di+0x0E], vbe_mode_list
        mov     word [es:di+0x10], BIOS
        mov     al, VBE_MEMORY
        call    vbe_read
        mov     [es:di+0x12], ax
        ret

; ---- 01h: ModeInfoBlock of mode CX at ES:DI ----
vbe_mode_information:
        mov     ax, cx
        and     ax, 0x01FF
        call    vbe_find
        jc      vbe_failed
        push    di
        mov     cx, 128
        xor     ax, ax
        rep     stosw
        pop     di
        push    si
        push    di
        mov     si, .fixed
        mov     cx, .fixed_end - .fixed
.copy:
        cs lodsb
        stosb
        loop    .copy
        pop     di
        pop     si
        mov     eax, [cs:si+2]                  ; width and height
        mov     [es:di+0x12], eax
        mov     word [es:di+0x16], 0x1008       ; characters of 8 by 16
        mov     word [es:di+0x18], 0x0001       ; planes
        mov     word [es:di+0x1A], 0x0601       ; banks; direct colour
        mov     byte [es:di+0x1E], 0x01
        movzx   bx, byte [cs:si+6]
        mov     [es:di+0x19], bl
        cmp     bl, 8
        ja      .direct
        mov     byte [es:di+0x1B], 0x04         ; packed
        je      .linear
        mov     byte [es:di+0x1B], 0x03         ; planar: no linear frame buffer
        mov     byte [es:di+0x18], 4
        and     byte [es:di], 0x7F
        jmp     .sized
.direct:
        push    si
        push    di
        mov     si, .masks_15
        cmp     bl, 16
        jb      .masks
        mov     si, .masks_16
        je      .masks
        mov     si, .masks_24
        cmp     bl, 24
        je      .masks
        mov     si, .masks_32
        mov     byte [es:di+0x27], 0x02         ; the fourth byte is free for use
.masks:
        mov     ecx, [cs:si]
        mov     edx, [cs:si+4]
        mov     [es:di+0x1F], ecx
        mov     [es:di+0x23], edx
        mov     [es:di+0x36], ecx
        mov     [es:di+0x3A], edx
        pop     di
        pop     si
.linear:
        mov     dword [es:di+0x28], VBE_FRAMEBUFFER
.sized:
        mov     ax, [cs:si+2]
        call    vbe_pitch
        mov     [es:di+0x10], ax
        mov     [es:di+0x32], ax
        movzx   eax, ax
        movzx   ecx, word [cs:si+4]
        mul     ecx
        mov     ecx, eax
        call    vbe_bytes
        cmp     bl, 4
        jne     .pages
        shr     eax, 2
.pages:
        xor     edx, edx
        div     ecx
        dec     eax
        cmp     eax, 255
        jbe     .count
        mov     al, 255
.count:
        mov     [es:di+0x1D], al
        mov     [es:di+0x34], al
        mov     [es:di+0x35], al
        mov     dword [es:di+0x3E], 230000000   ; no clock is too fast
        ret
.fixed:                                         ; colour graphics with linear frame buffer; window A of 64 KiB at A0000h
        dw      0x009B
        db      0x07, 0x00
        dw      64, 64, 0xA000, 0x0000
        dw      vbe_window_far, BIOS
.fixed_end:
.masks_15:                                      ; sizes and positions of red, green, blue, rest
        db      5, 10, 5, 5, 5, 0, 1, 15
.masks_16:
        db      5, 11, 6, 5, 5, 0, 0, 0
.masks_24:
        db      8, 16, 8, 8, 8, 0, 0, 0
.masks_32:
        db      8, 16, 8, 8, 8, 0, 8, 24

; AX = bytes of a line of AX dots of BL bits; in planar modes of one plane.
vbe_pitch:
        cmp     bl, 4
        je      .planar
        push    bx
        push    dx
        mov     bh, 0
        add     bl, 7
        shr     bl, 3
        mul     bx
        pop     dx
        pop     bx
        ret
.planar:
        shr     ax, 3
        ret

; ---- 0Bh: BL=0: the clock nearest to ECX hertz, for mode DX ----
vbe_pixel_clock:
        test    bl, bl
        jnz     vbe_failed
        ret                                     ; any clock will do
