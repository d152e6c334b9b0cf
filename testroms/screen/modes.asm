; Draws a test card in every mode. Says "card NAME" on port E9h when a card is whole, waits for a key, and goes on; switches off at the end.

%include "boot.inc"

start:
        mov     si, cards
.next:
        mov     bx, [si]
        test    bx, bx
        jz      power_off
        push    si
        mov     ax, [si+2]              ; the mode
        call    bx
        mov     si, .announcement
        call    debug_text
        pop     si
        add     si, 4
        call    debug_text
        mov     al, 10
        out     0xE9, al
        xor     ax, ax
        int     0x16
        jmp     .next
.announcement:
        db      "card ", 0

%macro CARD 3                           ; routine, mode, name
        dw      %1, %2
        db      %3, 0
%endmacro

cards:
        CARD    card_text, 0x01, "text 40x25"
        CARD    card_text, 0x03, "text 80x25"
        CARD    card_text, 0x07, "text 80x25 monochrome"
        CARD    card_text_50, 0x03, "text 80x50"
        CARD    card_fonts, 0x03, "text with two fonts"
        CARD    card_split, 0x03, "text with split screen and panning"
        CARD    card_dots, 0x04, "320x200 four colours"
        CARD    card_dots, 0x06, "640x200 two colours"
        CARD    card_dots, 0x0D, "320x200 sixteen colours"
        CARD    card_dots, 0x0E, "640x200 sixteen colours"
        CARD    card_dots, 0x0F, "640x350 monochrome"
        CARD    card_dots, 0x10, "640x350 sixteen colours"
        CARD    card_dots, 0x11, "640x480 two colours"
        CARD    card_dots, 0x12, "640x480 sixteen colours"
        CARD    card_write_modes, 0x12, "640x480 with all write modes"
        CARD    card_dots, 0x13, "320x200 256 colours"
        CARD    card_mode_x, 0x13, "320x240 256 colours in planes"
        CARD    card_vbe, 0x101, "VBE 640x480 8 bits"
        CARD    card_vbe_planar, 0x102, "VBE 800x600 4 bits"
        CARD    card_vbe, 0x110, "VBE 640x480 15 bits"
        CARD    card_vbe, 0x114, "VBE 800x600 16 bits"
        CARD    card_vbe, 0x118, "VBE 1024x768 24 bits"
        CARD    card_vbe, 0x142, "VBE 640x480 32 bits"
        CARD    card_vbe, 0x18A, "VBE 1920x1080 32 bits"
        CARD    card_text, 0x03, "text again"
        dw      0

%include "cards-text.inc"
%include "cards-vga.inc"
%include "cards-vbe.inc"

        IMAGE_END
