; cpu: x86-64-v2
; Compatibility mode: 32- and 16-bit code of ring 3 beneath a 64-bit kernel. Segments and limits are there, addresses have 32 bits, opcodes are those of
; protected mode; interrupts, call gates and SYSENTER lead to 64-bit code. SDM Vol. 3A, sections 3.4.5, 5.8 and 6.14; Vol. 1, section 3.2.1.
%include "lib/start.inc"
%include "lib/long.inc"

USER16  equ     FREE + 80 | 3           ; 16-bit code, base 0, limit FFFFh
SMALL   equ     FREE + 88 | 3           ; data at 7C00h with a limit of FFh
EXPANDS equ     FREE + 96 | 3           ; data that expands down from FFFFFFFFh to 1000h
CALLING equ     GATE64 | 3              ; a call gate to 64-bit code of ring 0

%macro compatible 3-4 USER32            ; text, EXPECT(vector, error), the code's label, its selector: in ring 3
        check64 {%1}, %2, {mov r11d, %3}, {mov r10d, %4}, {call to_user}
%endmacro
%macro answers 3-4 USER32               ; text, EAX after INT 41h, label, selector
        compatible {%1, ": ends"}, EXPECT(41h, 0), %3, %4
        mov     rax, [rax64]
        value64 %1, eax, %2
%endmacro

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        raw     USER16, 0000FFFFh, 0000FB00h
        raw     SMALL, 7C0000FFh, 0040F300h
        raw     EXPANDS, 00000000h, 00C0F700h
        raw     GATE64, (CODE64 << 16), 0EC00h
        raw     GATE64 + 8, 0, 0
        mov     eax, gate_target
        mov     [gdt + GATE64], ax
        shr     eax, 16
        mov     [gdt + GATE64 + 6], ax
        mov     ecx, 174h
        mov     eax, CODE64
        xor     edx, edx
        wrmsr
        mov     ecx, 175h
        mov     eax, IST1
        wrmsr
        mov     ecx, 176h
        mov     eax, entered
        wrmsr
        call    long_mode_on
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, RESULTS
        mov     esp, STACK
        xor     eax, eax
        mov     ss, eax
        ; --- opcodes
        answers "40h is INC EAX", 8, user_inc
        answers "63h is ARPL", 13h, user_arpl
        answers "PUSHAD and POPAD", 12345678h, user_pushad
        answers "DAA", 10h, user_daa
        answers "PUSH ES and POP DS", USER, user_push_es
        answers "C5h is LDS", 5678h, user_lds
        answers "an address without base is absolute", 0DEADBEEFh, user_absolute
        compatible "BOUND", EXPECT(xBR, 0), user_bound
        compatible "INTO", EXPECT(xOF, 0), user_into
        compatible "SWAPGS", EXPECT(xUD, 0), user_swapgs
        compatible "HLT", EXPECT(xGP, 0), user_hlt
        ; --- addresses
        answers "they wrap at 4 GBytes", 0EAh, user_wrap
        answers "16-bit code: they wrap at 64 KBytes", 0EAh, user16_wrap, USER16
        answers "16-bit code: operands of 16 bits", 12340000h, user16_size, USER16
        mov     eax, USER
        mov     fs, eax
        mov     ecx, 0C0000100h         ; IA32_FS_BASE
        mov     eax, 7C00h
        mov     edx, 1
        wrmsr
        answers "of FS.base the lower half counts", 0EAh, user_fs
        ; --- segments
        mov     eax, SMALL
        mov     es, eax
        answers "a base is added", 0EAh, user_based
        compatible "beyond a limit", EXPECT(xGP, 0), user_beyond
        mov     eax, EXPANDS
        mov     es, eax
        compatible "below one that expands down", EXPECT(xGP, 0), user_based
        xor     eax, eax
        mov     es, eax
        compatible "a null segment", EXPECT(xGP, 0), user_based
        compatible "code beyond the limit of CS", EXPECT(xGP, 0), user16_beyond, USER16
        compatible "SS of another ring", EXPECT(xGP, DATA64), user_stack
        ; --- to 64-bit code and back
        answers "a far JMP to 64-bit code", 55h, user_far
        mov     r9, 1122334455667788h
        answers "R9 survives", 55667788h, user_far_r9
        compatible "an interrupt", EXPECT(41h, 0), user_int
        mov     rcx, [frame64]
        mov     r8, rcx
        value64 "it pushes on RSP0 eight bytes each", ecx, RSP0 - 8 - 56
        mov     eax, [r8 + 24]
        value64 "CS", eax, USER32
        mov     eax, [r8 + 40]
        value64 "RSP", eax, USTACK
        mov     eax, [r8 + 44]
        value64 "whose upper half is zero", eax, 0
        compatible "a call gate to 64-bit code", EXPECT(41h, 0), user_gate
        mov     rax, [gate_stack]
        value64 "pushes four quadwords on RSP0", eax, RSP0 - 32
        mov     word [gdt + GATE64 + 2], CODE0
        compatible "a call gate to 32-bit code", EXPECT(xGP, CODE0), user_gate
        mov     word [gdt + GATE64 + 2], CODE64
        mov     byte [gdt + GATE64 + 13], 4
        compatible "a call gate with a type in its upper half", EXPECT(xGP, GATE64), user_gate
        mov     byte [gdt + GATE64 + 13], 0
        answers "SYSENTER leads to 64-bit code, SYSEXIT back", 77h, user_sysenter
        mov     byte [IDT64 + 41h * 16 + 5], 8Eh
        compatible "INT through a gate of ring 0", EXPECT(xGP, 41h * 8 + 2), user_int
        go_outside

to_user:                                ; R10:R11, with data segments as they are
        push    USER
        push    USTACK
        push    2
        push    r10
        push    r11
        iretq
gate_target:
        mov     [gate_stack], rsp
        int     41h
entered:                                ; by SYSENTER
        mov     edx, user_back
        mov     ecx, USTACK
        sysexit
user_64:
        mov     rax, 5500000000h
        shr     rax, 32
        int     41h
user_64_r9:
        mov     rax, r9
        int     41h

        bits    32
user_inc:
        mov     eax, 7
        db      40h
        int     41h
user_arpl:
        mov     eax, 10h
        mov     ecx, 3
        db      63h, 0C8h               ; ARPL AX, CX
        int     41h
user_pushad:
        mov     eax, 12345678h
        pushad
        mov     eax, 1
        popad
        int     41h
user_daa:
        mov     eax, 0Ah
        daa
        int     41h
user_push_es:
        mov     eax, USER
        mov     es, eax
        push    es
        pop     ds
        xor     eax, eax
        mov     eax, ds
        int     41h
user_lds:
        mov     eax, USER
        mov     ds, eax
        xor     eax, eax
        lds     ax, [pointer16]
        int     41h
user_absolute:
        mov     eax, USER
        mov     ds, eax
        mov     eax, [absolute_word]
        int     41h
user_bound:
        mov     eax, USER
        mov     ds, eax
        mov     eax, 5
        bound   eax, [bounds]
        int     41h
user_into:
        mov     eax, 7FFFFFFFh
        inc     eax
        into
        int     41h
user_swapgs:
        db      0Fh, 01h, 0F8h
        int     41h
user_hlt:
        hlt
user_wrap:
        mov     eax, USER
        mov     ds, eax
        mov     ebx, 0FFFFFFF0h
        mov     ecx, 7C10h
        movzx   eax, byte [ebx + ecx]
        int     41h
user_fs:
        movzx   eax, byte [fs:0]
        int     41h
user_based:
        movzx   eax, byte [es:0]
        int     41h
user_beyond:
        mov     al, [es:100h]
        int     41h
user_stack:
        mov     eax, DATA64
        mov     ss, eax
        int     41h
user_far:
        jmp     USER64:user_64
user_far_r9:
        jmp     USER64:user_64_r9
user_int:
        int     41h
user_gate:
        call    CALLING:0
        int     41h
user_sysenter:
        sysenter
user_back:
        mov     eax, 77h
        int     41h
        bits    16
user16_wrap:
        mov     ax, USER
        mov     ds, ax
        mov     bx, 8000h
        mov     si, 0FC00h              ; 8000h + FC00h = 17C00h
        movzx   eax, byte [bx + si]
        int     41h
user16_size:
        mov     eax, 12345678h
        xor     ax, ax
        int     41h
user16_beyond:
        jmp     dword 10000h

        bits    32
outside:
        call    leave_long_mode
        compare_notes RESULTS

        section .data
        align   8
gate_stack:
        dq      0
pointer16:
        dw      5678h, USER
absolute_word:
        dd      0DEADBEEFh
bounds: dd      6, 9
