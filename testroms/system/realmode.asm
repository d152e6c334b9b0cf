; Real-address mode: exceptions without error codes, the interrupt table and its limit, what is not recognised, limits at FFFFh, 32-bit
; operands and addresses, flags. SDM Vol. 3B, sections 20.1 and 20.2.
%define REAL_MODE_FIRST
%include "lib/start.inc"

        section low
        bits    16
RECORDS equ     SCRATCH                 ; what was found: name, then got and expected vector, IP, FLAGS, SP
RECORD  equ     36
STACK_R equ     7000h                   ; SP of the code under test, SS 5000h
NONE    equ     0FFh

%macro real 1-2 2                       ; text[, flags]
%assign test_number test_number + 1
rt%[test_number]:
        [section .data]
%%text: db      %1, 0
        __SECT__
        mov     dword [real_name], %%text
        mov     word [real_flags], %2
        mov     word [real_end], .end
        call    real_begin
%endmacro
%macro real_want 2-4 STACK_R, -1        ; vector, IP[, SP[, flags]]
        jmp     short .end
.end:   mov     ax, %1
        mov     bx, %2
        mov     cx, %3
%if %4 == -1
        mov     dx, [real_flags]
%else
        mov     dx, %4
%endif
        call    real_record
%endmacro
%macro real_none 0-1 -1
.none:
        real_want NONE, 0, 0, %1
%endmacro

real_main:
        mov     [real_stack], sp
        mov     word [real_next], 0
        mov     di, 0                   ; a gate for every vector: CALL in a row of stubs
        xor     ax, ax
        mov     es, ax
        mov     cx, 32
        mov     ax, real_stubs
.next:  stosw
        mov     word [es:di], 0
        add     di, 2
        add     ax, 4
        loop    .next

        real    "DIV by zero saves the IP of the DIV"
        mov     cx, 0
.f:     div     cx
        real_want 0, .f
        real    "INT3"
        int3
.f:     nop
        real_want 3, .f
        real    "INT 5 saves the next IP"
        int     5
.f:     nop
        real_want 5, .f
        real    "BOUND saves its own IP"
        mov     dword [es:0], 20000h
        mov     ax, 3
.f:     bound   ax, [es:0]
        real_want 5, .f
        real    "UD2"
.f:     ud2
        real_want 6, .f
        real    "INTO with OF", 802h
        into
.f:     nop
        real_want 4, .f
        real    "INTO without OF"
        into
        real_none
        real    "AAM 0"
.f:     aam     0
        real_want 0, .f
        real    "an interrupt clears IF, TF and AC and pushes FLAGS", 0AD7h
        int     9
.f:     nop
        real_want 9, .f

%macro real_ud 1+
%defstr real_text %1
        real    %strcat("not recognised: ", real_text)
.f:     %1
        real_want 6, .f
%endmacro
        real_ud sldt ax
        real_ud str ax
        real_ud lldt ax
        real_ud ltr ax
        real_ud lar ax, ax
        real_ud lsl ax, ax
        real_ud verr ax
        real_ud verw ax
        real_ud arpl ax, ax
        real    "LOCK MOV"
.f:     db      0F0h, 89h, 07h
        real_want 6, .f
        real_ud mov eax, cr1
        real    "MOV to CS"
.f:     db      8Eh, 0C8h
        real_want 6, .f

        ; --- FFFFh
        real    "a word read at FFFFh"
        mov     bx, 0FFFFh
.f:     mov     ax, [es:bx]
        real_want 13, .f
        real    "a word write at FFFFh"
        mov     bx, 0FFFFh
.f:     mov     [es:bx], ax
        real_want 13, .f
        real    "a doubleword at FFFDh"
        mov     bx, 0FFFDh
.f:     mov     eax, [es:bx]
        real_want 13, .f
        real    "a doubleword at FFFCh"
        mov     bx, 0FFFCh
        mov     eax, [es:bx]
        real_none
        real    "through BP it is #SS"
        mov     bp, 0FFFFh
.f:     mov     ax, [bp]
        real_want 12, .f
        real    "BX + SI wraps"
        mov     bx, 0FFFFh
        mov     si, 1
        mov     ax, [es:bx + si]
        real_none
        real    "a 32-bit address of 10000h"
        mov     ebx, 10000h
.f:     mov     al, [es:ebx]
        real_want 13, .f
        real    "a 32-bit address of FFFFh, byte"
        mov     ebx, 0FFFFh
        mov     al, [es:ebx]
        real_none
        real    "MOVSW with SI FFFFh"
        mov     si, 0FFFFh
        mov     di, 0
.f:     es movsw
        real_want 13, .f
        real    "REP MOVSB runs over FFFFh to 0"
        mov     si, 0FFFEh
        mov     di, 100h
        mov     cx, 4
        es rep movsb
        real_none
        real    "JMP near with 32-bit operand beyond FFFFh"
.f:     o32 jmp near .f + 10000h
        real_want 13, .f
        real    "JMP EAX beyond FFFFh"
        mov     eax, 10000h
.f:     jmp     eax
        real_want 13, .f
        real    "RETD beyond FFFFh"
        push    dword 10000h
.f:     o32 ret
        real_want 13, .f, STACK_R - 4
        real    "PUSHA with SP 9: its words wrap unless one crosses"
        mov     sp, 8
        pusha
        mov     sp, STACK_R
        real_none

        ; --- flags
        real    "POPFD changes IOPL, NT, AC, ID"
        push    dword 247002h
        popfd
        pushfd
        pop     eax
        push    dword 2
        popfd
        cmp     eax, 247002h
        push    word 2
        popf
        je      .none
        int     20h
        real_none
        real    "IRET takes FLAGS"
        push    word 0CD7h
        push    word 0
        push    word .g
        iret
.g:     int     10
.f:     nop
        real_want 10, .f, STACK_R, 0CD7h
        real    "IRETD takes EFLAGS and IP"
        push    dword 2
        push    dword 0
        push    dword .h
        o32 iret
.h:     int     10
.f:     nop
        real_want 10, .f
        real    "RETF with 32-bit operands"
        push    dword 0
        push    dword .i
        o32 retf
.i:     int     10
.f:     nop
        real_want 10, .f
        real    "CALL far and RETF n"
        push    ax
        call    0:real_far
        int     10
.f:     nop
        real_want 10, .f

        ; --- TF
        real    "TF traps after the next instruction"
        push    word 102h
        popf
        nop
.f:     nop
        real_want 1, .f, STACK_R, 102h
        real    "TF: not behind MOV SS"
        mov     bx, ss
        push    word 102h
        popf
        mov     ss, bx
        nop
.f:     nop
        real_want 1, .f, STACK_R, 102h
        real    "TF: the handler of INT n runs without"
        push    word 102h
        popf
        int     11
.f:     nop
        real_want 11, .f, STACK_R, 102h

        ; --- privileged instructions are allowed
        real    "HLT, CLI, MOV CR, LGDT, LMSW, CLTS, INVD, WBINVD are allowed"
        cli
        mov     eax, cr0
        mov     cr0, eax
        sgdt    [cs:real_table]
        clts
        invd
        wbinvd
        mov     eax, dr7
        smsw    ax
        lmsw    ax
        real_none

        ; --- the interrupt table
        real    "INT n at the limit of the table"
        mov     word [cs:real_table], 20h * 4 - 1
        mov     dword [cs:real_table + 2], 0
        lidt    [cs:real_table]
        int     1Fh
.f:     nop
        real_want 1Fh, .f
        real    "INT n beyond the limit of the table is #GP"
.f:     int     20h
        real_want 13, .f
        real    "an entry of which the last byte is beyond"
        mov     word [cs:real_table], 1Fh * 4 + 2
        lidt    [cs:real_table]
.f:     int     1Fh
        real_want 13, .f
        real    "a table elsewhere"
        mov     word [cs:real_table], 3FFh
        mov     dword [cs:real_table + 2], 4
        lidt    [cs:real_table]
        int     7
.f:     nop
        real_want 8, .f
        mov     dword [cs:real_table + 2], 0
        lidt    [cs:real_table]
        ret
real_table:
        dw      0, 0, 0

real_far:
        retf    2

real_begin:                             ; DS 0; ES 4000h; stack 5000:7000
        pop     word [real_code]
        mov     word [real_got], NONE
        mov     word [real_got + 2], 0
        push    word [real_flags]
        pop     word [real_got + 4]
        mov     word [real_got + 6], 0
        mov     ax, 4000h
        mov     es, ax
        mov     ax, 5000h
        mov     ss, ax
        mov     sp, STACK_R
        push    word [real_flags]
        popf
        jmp     [real_code]

real_stubs:
%assign stub_number 0
%rep 32
        push    byte stub_number
        jmp     short .common%[stub_number]
%assign stub_number stub_number + 1
%endrep
%assign stub_number 0
%rep 32
.common%[stub_number]:
%assign stub_number stub_number + 1
%endrep
        xor     ax, ax
        mov     ds, ax
        pop     word [real_got]
        pop     word [real_got + 2]
        pop     ax
        pop     word [real_got + 4]
        mov     [real_got + 6], sp
        jmp     real_back

real_back:
        push    word 2
        popf
        xor     ax, ax
        mov     ds, ax
        jmp     [real_end]

real_record:                            ; AX, BX, CX, DX = expected vector, IP, SP, FLAGS
        mov     bp, 0
        mov     ds, bp
        pop     si
        mov     ss, bp
        mov     sp, [real_stack]
        push    si
        push    ax
        mov     ax, RECORDS >> 4
        mov     es, ax
        pop     ax
        mov     di, [real_next]
        add     word [real_next], RECORD
        mov     esi, [real_name]
        mov     [es:di], esi
        movzx   esi, word [real_got]
        mov     [es:di + 4], esi
        movzx   eax, ax
        mov     [es:di + 8], eax
        movzx   esi, word [real_got + 2]
        mov     [es:di + 12], esi
        movzx   ebx, bx
        mov     [es:di + 16], ebx
        movzx   esi, word [real_got + 4]
        mov     [es:di + 20], esi
        movzx   edx, dx
        mov     [es:di + 24], edx
        movzx   esi, word [real_got + 6]
        mov     [es:di + 28], esi
        movzx   ecx, cx
        mov     [es:di + 32], ecx
        mov     dword [es:di + 36], 0
        ret

        align   4
real_name: dd   0
real_next: dw   0
real_stack: dw  0
real_flags: dw  0
real_code: dw   0
real_end: dw    0
real_got: dw    0, 0, 0, 0

        section .text
        bits    32
main:   mov     ebp, RECORDS
.next:  mov     esi, [ebp]
        test    esi, esi
        jz      .end
        mov     ebx, 0
        mov     eax, [ebp + 4]
        cmp     eax, [ebp + 8]
        jne     .bad
        mov     ebx, 8
        mov     eax, [ebp + 12]
        cmp     eax, [ebp + 16]
        jne     .bad
        mov     ebx, 16
        mov     eax, [ebp + 20]
        cmp     eax, [ebp + 24]
        jne     .bad
        mov     ebx, 24
        mov     eax, [ebp + 28]
        cmp     eax, [ebp + 32]
        jne     .bad
        call    put_ok
        jmp     .line
.bad:   call    put_not_ok
        put     " | "
        shr     ebx, 1
        lea     esi, [field_text + ebx]
        call    put_string
        put     " got "
        add     ebx, ebx
        mov     eax, [ebp + ebx + 4]
        call    put_hex
        put     " expected "
        mov     eax, [ebp + ebx + 8]
        call    put_hex
.line:  call    put_line_end
        add     ebp, RECORD
        jmp     .next
.end:   jmp     finish

        section .data
field_text:
        db      "VEC", 0, " IP", 0, "FLG", 0, " SP", 0
