; INT 10h AH=1Ch and AX=4F04h: the display's state to memory and back. CX says what of it: bit 0 the VGA's registers, 1 the BIOS's data,
; 2 the DAC, 3 (4F04h only) the display interface. The parts follow each other in this order, in units of 64 bytes.

STATE_HARDWARE  equ 2                   ; units
STATE_DATA      equ 1
STATE_DAC       equ 13
STATE_VBE       equ 1

video_save_state:                       ; AL = 0: BX = units needed; 1: save to ES:BX; 2: restore from there
        cmp     al, 2
        ja      video_none
        and     cx, 0x07
        jz      video_none
        call    state_function
        mov     byte [bp+f_al], 0x1C
        ret

; ---- 04h: the same with the number of the function in DL ----
vbe_state:
        mov     al, dl
        cmp     al, 2
        ja      vbe_failed
        and     cx, 0x0F
        jz      vbe_failed

state_function:
        test    al, al
        jnz     .move
        xor     bx, bx
        shr     cx, 1
        jnc     .data
        add     bx, STATE_HARDWARE
.data:
        shr     cx, 1
        jnc     .dac
        add     bx, STATE_DATA
.dac:
        shr     cx, 1
        jnc     .vbe
        add     bx, STATE_DAC
.vbe:
        shr     cx, 1
        jnc     .size
        add     bx, STATE_VBE
.size:
        mov     [bp+f_bx], bx
        ret
.move:
        mov     di, bx
        mov     si, .parts
        cmp     al, 1
        je      .part
        test    cl, 0x08                ; the display interface off, before the registers under it change
        jz      .restore
        call    vbe_off
.restore:
        mov     si, .parts + 4
.part:
        shr     cx, 1
        jnc     .next
        pusha
        call    [cs:si]
        popa
        add     di, [cs:si+2]
.next:
        add     si, 8
        test    cx, cx
        jnz     .part
        ret
.parts:
        dw      state_hardware_save, STATE_HARDWARE * 64, state_hardware_restore, STATE_HARDWARE * 64
        dw      state_data_save, STATE_DATA * 64, state_data_restore, STATE_DATA * 64
        dw      state_dac_save, STATE_DAC * 64, state_dac_restore, STATE_DAC * 64
        dw      state_vbe_save, STATE_VBE * 64, state_vbe_restore, STATE_VBE * 64

; ---- the VGA's registers: CRTC's port, three indices, SR0-4, miscellaneous, CR0-18, GR0-8, AR0-14 and its index ----
state_hardware_save:
        mov     ax, [b_crtc]
        stosw
        mov     dx, 0x3C4
        in      al, dx
        stosb
        mov     dx, 0x3CE
        in      al, dx
        stosb
        mov     dx, [b_crtc]
        in      al, dx
        stosb
        mov     dx, 0x3C4
        mov     cx, 5
        call    .indexed
        mov     dx, 0x3CC
        in      al, dx
        stosb
        mov     dx, [b_crtc]
        mov     cx, 25
        call    .indexed
        mov     dx, 0x3CE
        mov     cx, 9
        call    .indexed
        mov     dx, 0x3C0
        in      al, dx
        mov     ah, al
        and     ah, 0x20
        xor     bx, bx
.attribute:
        call    state_attribute_index
        mov     dx, 0x3C1
        in      al, dx
        stosb
        inc     bx
        cmp     bx, 21
        jb      .attribute
        mov     al, ah
        stosb
        mov     bl, ah
        call    state_attribute_index
        mov     di, [bp+f_bx]           ; indices as they were
        jmp     state_indices
.indexed:
        xor     bx, bx
.register:
        mov     al, bl
        out     dx, al
        inc     dx
        in      al, dx
        dec     dx
        stosb
        inc     bx
        loop    .register
        ret

; The next access to 3C0h is data of register BL.
state_attribute_index:
        mov     dx, [b_crtc]
        add     dl, 6
        in      al, dx
        mov     dx, 0x3C0
        mov     al, bl
        out     dx, al
        ret

; Index registers from ES:DI.
state_indices:
        mov     dx, 0x3C4
        mov     al, [es:di+2]
        out     dx, al
        mov     dx, 0x3CE
        mov     al, [es:di+3]
        out     dx, al
        mov     dx, [es:di]
        mov     al, [es:di+4]
        out     dx, al
        ret

state_hardware_restore:
        push    di
        mov     ax, [es:di]
        mov     [b_crtc], ax
        add     di, 5
        push    di
        mov     dx, 0x3C4
        mov     ax, 0x0100              ; reset while the clock changes
        out     dx, ax
        inc     di
        mov     bx, 1
        mov     cx, 4
        call    .indexed
        mov     al, [es:di]
        inc     di
        mov     dx, 0x3C2
        out     dx, al
        pop     si
        mov     dx, 0x3C4
        mov     ah, [es:si]
        mov     al, 0
        out     dx, ax
        mov     dx, [b_crtc]
        mov     ax, 0x0011              ; CR00-CR07 unlocked
        out     dx, ax
        xor     bx, bx
        mov     cx, 25
        call    .indexed
        mov     dx, 0x3CE
        xor     bx, bx
        mov     cx, 9
        call    .indexed
        xor     bx, bx
.attribute:
        call    state_attribute_index
        mov     al, [es:di]
        inc     di
        out     dx, al
        inc     bx
        cmp     bx, 21
        jb      .attribute
        mov     bl, [es:di]
        call    state_attribute_index
        pop     di
        jmp     state_indices
.indexed:
        mov     al, bl
        mov     ah, [es:di]
        out     dx, ax
        inc     di
        inc     bx
        loop    .indexed
        ret

; ---- the BIOS's data: 40:49-66, 84-8A, A8-AB, the VBE mode; vectors 1Fh and 43h ----
state_data_save:
        mov     si, .areas
.area:
        mov     bx, [cs:si]
        movzx   cx, byte [cs:si+2]
        jcxz    .vectors
.byte:
        mov     al, [bx]
        stosb
        inc     bx
        loop    .byte
        add     si, 3
        jmp     .area
.vectors:
        push    ds
        push    byte 0
        pop     ds
        mov     eax, [0x1F*4]
        stosd
        mov     eax, [0x43*4]
        stosd
        pop     ds
        ret
.areas:
        dw      b_mode
        db      30
        dw      b_rows
        db      7
        dw      b_video_save
        db      4
        dw      b_vbe_mode
        db      2
        dw      0
        db      0

state_data_restore:
        mov     si, state_data_save.areas
.area:
        mov     bx, [cs:si]
        movzx   cx, byte [cs:si+2]
        jcxz    .vectors
.byte:
        mov     al, [es:di]
        mov     [bx], al
        inc     di
        inc     bx
        loop    .byte
        add     si, 3
        jmp     .area
.vectors:
        push    ds
        push    byte 0
        pop     ds
        mov     eax, [es:di]
        mov     [0x1F*4], eax
        mov     eax, [es:di+4]
        mov     [0x43*4], eax
        pop     ds
        ret

; ---- the DAC: mask, and 256 entries ----
state_dac_save:
        mov     dx, 0x3C6
        in      al, dx
        stosb
        inc     dx
        xor     al, al
        out     dx, al
        mov     dl, 0xC9
        mov     cx, 768
.next:
        in      al, dx
        stosb
        loop    .next
        ret

state_dac_restore:
        mov     dx, 0x3C6
        mov     al, [es:di]
        inc     di
        out     dx, al
        mov     dl, 0xC8
        xor     al, al
        out     dx, al
        inc     dx
        mov     cx, 768
.next:
        mov     al, [es:di]
        inc     di
        out     dx, al
        loop    .next
        ret

; ---- the display interface: registers 1 to 9 ----
state_vbe_save:
        mov     cx, 1
.next:
        mov     al, cl
        call    vbe_read
        stosw
        inc     cx
        cmp     cl, VBE_Y
        jbe     .next
        ret

state_vbe_restore:
        mov     cx, 1
.next:
        mov     al, cl
        mov     bx, [es:di]
        cmp     al, VBE_HEIGHT
        je      .skip                   ; follows from the width
        cmp     al, VBE_ENABLE
        jne     .write
        or      bl, VBE_KEEP
.write:
        call    vbe_write
.skip:
        add     di, 2
        inc     cx
        cmp     cl, VBE_Y
        jbe     .next
        ret
