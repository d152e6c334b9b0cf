; INT 10h AH=4Fh: VESA BIOS Extension 3.0 on the display interface of Bochs' adapters (registers of 16 bits behind the index at 1CEh).
; Answers AX=004Fh for success, 014Fh for failure; AX stays where there is no such function, or no such adapter.
; Not there: sub-functions 10h (power), 15h (DDC), stereo display, refresh rates of one's own (BX bit 11 of 02h is ignored).

VBE_INDEX       equ 0x1CE
VBE_DATA        equ 0x1CF
VBE_FRAMEBUFFER equ 0xE0000000          ; where ISA adapters of this kind have it

VBE_ID          equ 0                   ; register numbers
VBE_XRES        equ 1
VBE_YRES        equ 2
VBE_BPP         equ 3
VBE_ENABLE      equ 4
VBE_BANK        equ 5
VBE_WIDTH       equ 6
VBE_HEIGHT      equ 7
VBE_X           equ 8
VBE_Y           equ 9
VBE_MEMORY      equ 10                  ; units of 64 KiB

VBE_ON          equ 0x01                ; bits of VBE_ENABLE
VBE_DAC_8       equ 0x20
VBE_LINEAR      equ 0x40
VBE_KEEP        equ 0x80

vbe_function:
        push    ax
        mov     al, VBE_ID
        call    vbe_read
        and     al, 0xF0
        cmp     ax, 0xB0C0
        pop     ax
        jne     .none
        movzx   si, al
        cmp     si, 0x0B
        ja      .none
        add     si, si
        mov     word [bp+f_ax], 0x004F
        jmp     [cs:si+.functions]
.none:
        ret
.functions:
        dw      vbe_controller, vbe_mode_information, vbe_set_mode, vbe_get_mode, vbe_state, vbe_window
        dw      vbe_line_length, vbe_display_start, vbe_dac_width, vbe_palette, vbe_protected_mode, vbe_pixel_clock

vbe_failed:
        mov     byte [bp+f_ah], 0x01
        ret

; AX = register AL.
vbe_read:
        push    dx
        mov     dx, VBE_INDEX
        xor     ah, ah
        out     dx, ax
        inc     dx
        in      ax, dx
        pop     dx
        ret

; EAX = bytes of the memory.
vbe_bytes:
        mov     al, VBE_MEMORY
        call    vbe_read
        shl     eax, 16
        ret

; Register AL = BX.
vbe_write:
        push    ax
        push    dx
        mov     dx, VBE_INDEX
        xor     ah, ah
        out     dx, ax
        inc     dx
        mov     ax, bx
        out     dx, ax
        pop     dx
        pop     ax
        ret

; Gives the screen back to the VGA's registers.
vbe_off:
        push    ax
        push    bx
        mov     al, VBE_ENABLE
        xor     bx, bx
        call    vbe_write
        pop     bx
        pop     ax
        ret

; ZF = the VGA's registers rule.
vbe_is_off:
        push    ax
        mov     al, VBE_ENABLE
        call    vbe_read
        test    al, VBE_ON
        pop     ax
        ret

; ---- 02h: BX = mode; bit 14: linear frame buffer, bit 15: the memory stays ----
vbe_set_mode:
        mov     ax, bx
        and     ax, 0x01FF
        test    ah, ah
        jnz     .vesa
        shr     bx, 8                   ; a mode of the VGA: bit 7 of AL means what bit 15 means here
        and     bl, 0x80
        or      al, bl
        mov     ah, 0
        int     0x10
        ret
.vesa:
        call    vbe_find
        jc      vbe_failed
        push    bx
        mov     ax, 0x0093              ; mode 13h, memory as it is: palette, attribute controller, DAC
        cmp     byte [cs:si+6], 4
        jne     .base
        dec     ax                      ; 12h for planar modes
.base:
        int     0x10
        mov     al, VBE_XRES
        mov     bx, [cs:si+2]
        call    vbe_write
        inc     ax
        mov     bx, [cs:si+4]
        call    vbe_write
        inc     ax
        movzx   bx, byte [cs:si+6]
        call    vbe_write
        pop     cx
        mov     bx, VBE_ON
        test    ch, 0x40
        jz      .banked
        or      bl, VBE_LINEAR
.banked:
        test    ch, 0x80
        jz      .clear
        or      bl, VBE_KEEP
.clear:
        mov     al, VBE_ENABLE
        call    vbe_write
        and     ch, 0xC1
        mov     [b_vbe_mode], cx
        mov     byte [b_mode], 0x7F     ; none that the other functions know
        mov     ax, [cs:si+2]
        shr     ax, 3
        mov     [b_columns], ax
        mov     ax, [cs:si+4]
        shr     ax, 4
        dec     ax
        mov     [b_rows], al
        ret

; ---- 03h ----
vbe_get_mode:
        movzx   ax, byte [b_mode]
        call    vbe_is_off
        jz      .store
        mov     ax, [b_vbe_mode]
.store:
        mov     [bp+f_bx], ax
        ret

; SI = the row of mode AX; CF = there is none.
vbe_find:
        mov     si, vbe_modes
.next:
        cmp     ax, [cs:si]
        je      .found
        add     si, 8
        cmp     word [cs:si], 0xFFFF
        jne     .next
        stc
.found:
        ret
