; INT 15h AH=87h: moves CX words anywhere in the first 4 GiB. The caller's table at ES:SI has six descriptors: null, the table
; itself, source, destination, and two that the BIOS fills in (code, stack).

GDT_TABLE       equ 0x08
GDT_SOURCE      equ 0x10
GDT_TARGET      equ 0x18
GDT_CODE        equ 0x20
GDT_STACK       equ 0x28

block_move:
        mov     ax, cx
        dec     ax
        cmp     ax, 0x8000
        jae     .too_much
        cli
        mov     si, [bp+f_si]
        call    .descriptors
        call    a20_is_open
        pushf                           ; ZF = open
        jz      .open
        call    a20_enable
.open:
        sub     sp, 8
        mov     bx, sp
        sgdt    [ss:bx]
        mov     cx, [bp+f_cx]
        o32 lgdt [es:si+GDT_TABLE]
        mov     eax, cr0
        or      al, 0x01
        mov     cr0, eax
        jmp     GDT_CODE:.protected
.protected:
        mov     ax, GDT_SOURCE
        mov     ds, ax
        mov     ax, GDT_TARGET
        mov     es, ax
        xor     si, si
        xor     di, di
        shr     cx, 1
        rep     movsd
        adc     cx, cx
        rep     movsw
        mov     ax, GDT_STACK           ; 64 KiB limits for real mode; its base does not matter, the register is loaded anew
        mov     ds, ax
        mov     es, ax
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        jmp     BIOS:.real
.real:
        mov     bx, sp
        o32 lgdt [ss:bx]
        add     sp, 8
        push    byte BDA
        pop     ds
        popf
        jz      .left_open
        call    a20_disable
.left_open:
        POST_CODE 0x00
        mov     byte [bp+f_ah], 0
        and     byte [bp+f_flags], ~0x41
        or      byte [bp+f_flags], 0x40         ; ZF = 1: moved
        ret
.too_much:
        test    cx, cx
        jz      .nothing
        mov     byte [bp+f_ah], 0x02            ; "exception": more than 64 KiB
        and     byte [bp+f_flags], ~0x40
        CARRY_SET
        ret
.nothing:
        mov     byte [bp+f_ah], 0
        or      byte [bp+f_flags], 0x40
        CARRY_CLEAR
        ret

; Fills the descriptors for the table itself, code and stack in the table at ES:SI.
.descriptors:
        xor     eax, eax
        mov     ax, es
        shl     eax, 4
        movzx   edx, si
        add     eax, edx
        mov     word [es:si+GDT_TABLE], 0x2F    ; a pseudo-descriptor for LGDT at the same time
        mov     [es:si+GDT_TABLE+2], eax
        mov     dword [es:si+GDT_CODE], 0x0000FFFF
        mov     dword [es:si+GDT_CODE+4], 0x00009B0F
        xor     eax, eax
        mov     ax, ss
        shl     eax, 4
        mov     word [es:si+GDT_STACK], 0xFFFF
        mov     [es:si+GDT_STACK+2], eax
        mov     byte [es:si+GDT_STACK+5], 0x93
        mov     word [es:si+GDT_STACK+6], 0
        ret
