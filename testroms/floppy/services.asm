; A diskette that checks INT 13h for the drive it was started from, and prints TAP on port E9h and COM1. Boot sector, then the checks.
;
; run.py gives the format as CYLINDERS, HEADS, SECTORS and TYPE, and makes the image: each sector from 80 on holds its number at both ends.
; PROTECTED: the diskette is write-protected. SECOND: another diskette of 720 KB is put in when it is asked for.
; FOREIGN: the firmware is another one, whose own ways are not checked.
        cpu     386
        bits    16
        org     0x7C00

TOTAL   equ     CYLINDERS * HEADS * SECTORS
STAGE   equ     (end - stage + 511) / 512

        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        sti
        mov     [boot_drive], dl
        mov     ax, 0x0200 + STAGE      ; over heads and cylinders in one call
        mov     bx, stage
        mov     cx, 0x0002
        mov     dh, 0
        int     0x13
        jnc     stage
        mov     al, '!'
        out     0xE9, al
        mov     al, 1
        out     0xF4, al
        hlt
boot_drive:
        db      0
        times   510 - ($ - $$) db 0
        dw      0xAA55

stage:  jmp     start
%include "harness.inc"

; Reads AL sectors at CX, DH from the drive to the buffer.
%macro READ 3                           ; count, CX, DH
        mov     ax, 0x0200 + %1
        mov     bx, buffer
        mov     cx, %2
        mov     dx, (%3) << 8
        mov     dl, [boot_drive]
        int     0x13
%endmacro

; CX for a cylinder and a sector.
%define AT(cylinder, sector) ((cylinder) << 8 | (sector))
%define NUMBER(cylinder, head, sector) (((cylinder) * HEADS + (head)) * SECTORS + (sector) - 1)

start:
        cld
        IS      byte [boot_drive], 0, "DL is the drive"
        test    byte [0x410], 1
        CHECK   nz, "equipment: a diskette drive"

        READ    1, AT(CYLINDERS - 1, SECTORS), HEADS - 1
        CHECK   nc, "02h: the last sector"
        IS      ax, 0x0001, "02h: AH = 0, AL = sectors"
        IS      dword [buffer], TOTAL - 1, "02h: it is the last one"
        IS      dword [buffer + 508], TOTAL - 1, "02h: to its end"
        READ    4, AT(20, SECTORS - 1), 0
        CHECK   nc, "02h: over the end of a track"
        IS      ax, 0x0004, "02h: four sectors"
        IS      dword [buffer], NUMBER(20, 0, SECTORS - 1), "02h: the first of four"
        IS      dword [buffer + 3 * 512], NUMBER(20, 0, SECTORS + 2), "02h: the last of four"
        READ    SECTORS, AT(21, 1), HEADS - 1
        CHECK   nc, "02h: a whole track"
        IS      dword [buffer + 512 * SECTORS - 512], NUMBER(21, HEADS - 1, SECTORS), "02h: its last sector"
        READ    1, AT(20, SECTORS + 1), 0
        CHECK   c, "02h: no such sector"
        READ    1, AT(20, 0), 0
        CHECK   c, "02h: no sector 0"
        READ    1, AT(CYLINDERS + 5, 1), 0
        CHECK   c, "02h: no such cylinder"
%ifndef FOREIGN
        READ    1, AT(20, SECTORS + 1), 0
        IS      ah, 0x04, "02h: no such sector: status 04h"
        IS      al, 0, "02h: none was read"
        mov     ah, 0x01
        mov     dl, 0
        int     0x13
        CHECK   c, "01h: carry"
        IS      ah, 0x04, "01h: the same status"
%endif
        READ    0, AT(0, 1), 0
        CHECK   c, "02h: no sectors"
        IS      ah, 0x01, "02h: status 01h"

        push    word 0x1000             ; ES:BX at a boundary of 64 KiB
        pop     es
        mov     ax, 0x0202
        mov     bx, 0xFC10
        mov     cx, AT(20, 1)
        mov     dx, 0
        int     0x13
        CHECK   c, "02h: over a boundary of 64 KiB"
        IS      ah, 0x09, "02h: status 09h"
        push    ds
        pop     es

        mov     ah, 0x08
        mov     dl, 0
        int     0x13
        CHECK   nc, "08h"
        IS      ch, CYLINDERS - 1, "08h: last cylinder"
        IS      cl, SECTORS, "08h: last sector"
        IS      dh, HEADS - 1, "08h: last head"
%ifndef FOREIGN
        IS      dl, 1, "08h: one drive"
        IS      bl, TYPE, "08h: type"
        IS      ax, 0, "08h: AX"
        IS      byte [es:di+3], 2, "08h: parameter table"
%endif
        push    ds
        pop     es
        mov     ah, 0x15
        mov     dl, 0
        int     0x13
        CHECK   nc, "15h"
%ifndef FOREIGN
        cmp     ah, 2 - (TYPE == 1)
        CHECK   e, "15h: kind of drive"
        mov     ah, 0x15
        mov     dl, 1
        int     0x13
        CHECK   nc, "15h: drive B"
        IS      ah, 0, "15h: there is none"
        mov     ah, 0x16
        mov     dl, 0
        int     0x13
        CHECK   nc, "16h: not changed"
        mov     ax, 0x0201
        mov     bx, buffer
        mov     cx, 1
        mov     dx, 1
        int     0x13
        CHECK   c, "02h: no drive B"
        IS      ah, 0x80, "02h: status 80h"
%endif
        mov     ax, 0x0400 + SECTORS
        mov     cx, AT(20, 1)
        mov     dx, 0
        int     0x13
        CHECK   nc, "04h"

; ---- writing ----
        mov     di, buffer
        mov     cx, 3 * 256
        mov     ax, 0x5AA5
        rep     stosw
        mov     ax, 0x0303
        mov     bx, buffer
        mov     cx, AT(30, SECTORS - 1)
        mov     dx, 0
        int     0x13
%ifdef PROTECTED
        CHECK   c, "03h: write-protected"
        IS      ah, 0x03, "03h: status 03h"
        IS      al, 0, "03h: nothing was written"
        READ    1, AT(30, SECTORS - 1), 0
        IS      dword [buffer], NUMBER(30, 0, SECTORS - 1), "03h: the diskette is as it was"
%else
        CHECK   nc, "03h: three sectors, over the end of a track"
        IS      ax, 0x0003, "03h: AX"
        READ    5, AT(30, SECTORS - 2), 0
        IS      dword [buffer], NUMBER(30, 0, SECTORS - 2), "03h: the sector before"
        IS      dword [buffer + 512], 0x5AA55AA5, "03h: the first"
        IS      dword [buffer + 4 * 512 - 4], 0x5AA55AA5, "03h: the last"
        IS      dword [buffer + 4 * 512], NUMBER(30, 0, SECTORS + 2), "03h: the sector behind"

        mov     di, buffer              ; C, H, R, N of each sector
        mov     cx, SECTORS
        mov     al, 1
.id:
        mov     word [di], 35
        mov     [di+2], al
        mov     byte [di+3], 2
        inc     ax
        add     di, 4
        loop    .id
        mov     ax, 0x0500 + SECTORS
        mov     bx, buffer
        mov     cx, AT(35, 1)
        mov     dx, 0
        int     0x13
        CHECK   nc, "05h: a track"
 %ifndef FOREIGN
        READ    SECTORS, AT(35, 1), 0
        IS      dword [buffer], 0xF6F6F6F6, "05h: the first sector"
        IS      dword [buffer + 512 * SECTORS - 4], 0xF6F6F6F6, "05h: the last one"
        READ    1, AT(36, 1), 0
        IS      dword [buffer], NUMBER(36, 0, 1), "05h: the next track is as it was"
 %endif
%endif

; ---- block addresses ----
%ifndef FOREIGN
        mov     ah, 0x41
        mov     bx, 0x55AA
        mov     dl, 0
        int     0x13
        CHECK   nc, "41h"
        IS      bx, 0xAA55, "41h: BX"
        mov     dword [packet + 8], TOTAL - 3
        call    extended
        CHECK   nc, "42h: the last three, over a boundary of 64 KiB"
        IS      ah, 0, "42h: AH"
        IS      word [packet + 2], 3, "42h: sectors"
        push    word 0x1000
        pop     fs
        IS      dword [fs:0xFC00], TOTAL - 3, "42h: the first"
        push    word 0x2000
        pop     fs
        IS      dword [fs:0x01FC], TOTAL - 1, "42h: the last"
        mov     dword [packet + 8], TOTAL - 2
        call    extended
        CHECK   c, "42h: behind the end"
        IS      ah, 0x04, "42h: status 04h"
        mov     word [buffer], 0x1A
        mov     si, buffer
        mov     ah, 0x48
        mov     dl, 0
        int     0x13
        CHECK   nc, "48h"
        IS      dword [buffer + 16], TOTAL, "48h: sectors"
        IS      word [buffer + 12], SECTORS, "48h: in a track"

        mov     ah, 0x00
        mov     dl, 0
        int     0x13
        CHECK   nc, "00h: reset"
        READ    1, AT(25, 3), 0
        IS      dword [buffer], NUMBER(25, 0, 3), "00h: reads after it"
        mov     dx, 0x3F2
        in      al, dx
        test    al, 0x10
        CHECK   nz, "the motor runs"
        mov     cx, 45                  ; timer ticks
.tick:
        hlt
        loop    .tick
        in      al, dx
        test    al, 0xF0
        CHECK   z, "and is switched off when nobody reads"
%endif

%ifdef SECOND
        mov     si, insert
        call    say
.same:
        mov     ah, 0x16
        mov     dl, 0
        int     0x13
        jnc     .same
        IS      ah, 0x06, "16h: changed"
        READ    1, AT(79, 9), 1
        CHECK   c, "02h: told once"
        IS      ah, 0x06, "02h: status 06h"
        READ    1, AT(79, 9), 1
        CHECK   nc, "02h: the other diskette"
        IS      dword [buffer], 1439, "02h: its last sector"
        mov     ah, 0x08
        mov     dl, 0
        int     0x13
        IS      cx, 0x4F09, "08h: its format"
        mov     si, eject
        call    say
.there:
        mov     ah, 0x16
        mov     dl, 0
        int     0x13
        jnc     .there
        READ    1, AT(0, 1), 0
        CHECK   c, "02h: no diskette"
        IS      ah, 0x80, "02h: status 80h"
%endif
        jmp     tap_end

; Three sectors by the packet, to 1FC00h.
extended:
        mov     word [packet + 2], 3
        mov     ah, 0x42
        mov     dl, 0
        mov     si, packet
        int     0x13
        ret
packet: dw      0x10, 3, 0xFC00, 0x1000
        dq      0

insert: db      "# put the other diskette in", 10, 0
eject:  db      "# take it out", 10, 0
end:
buffer  equ     0x9000
