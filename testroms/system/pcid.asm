; cpu: max
; Process-context identifiers: MOV to CR3 that keeps translations, INVLPG and the four types of INVPCID, global pages. What is stale here is so on
; purpose: nothing asked that it go. SDM Vol. 3A, section 4.10; Vol. 2A, "INVPCID".
%include "lib/start.inc"

CODE64  equ     FREE

; Two address spaces: the same but for AREA.
TABLES1 equ     100000h                 ; PML4, page-directory pointers, directory, table
TABLES2 equ     104000h
AREA1   equ     TABLES1 + 3000h         ; the tables of AREA
AREA2   equ     TABLES2 + 3000h
AREA    equ     400000h
DATA    equ     AREA
SHARED  equ     AREA + 1000h            ; a global page in the first
CODE    equ     AREA + 2000h
MORE    equ     AREA + 3000h
RESULTS equ     110000h
FRAME   equ     200000h                 ; frame n holds 11h * n, or a function that answers it
KEEP    equ     1 << 63
FIRST   equ     TABLES1 | 1
SECOND  equ     TABLES2 | 2

%define frame(n) (FRAME + (n) * 1000h | 3)
ALL     equ     100h                    ; the entry's G

        section .text
        bits    32
main:   call    make_tables
        mov     dword [gdt + CODE64], 0000FFFFh
        mov     dword [gdt + CODE64 + 4], 00AF9B00h
        mov     eax, cr4
        or      eax, 0A0h               ; PAE, PGE
        mov     cr4, eax
        mov     eax, TABLES1
        mov     cr3, eax
        mov     ecx, 0C0000080h
        mov     eax, 100h               ; LME
        xor     edx, edx
        wrmsr
        mov     eax, cr0
        or      eax, 80000000h
        mov     cr0, eax
        jmp     CODE64:long_start

        bits    64
%include "lib/notes64.inc"
; reads "text", address, value
%macro reads 3
        mov     eax, [%2]
        value64 %1, eax, %3
%endmacro
%macro enter_context 1
        mov     rax, %1
        mov     cr3, rax
%endmacro
%macro map 3                            ; table, page, entry
        mov     dword [%1 + ((%2) - AREA) / 1000h * 8], %3
%endmacro
%macro invalidate 3                     ; type, PCID, address
        mov     qword [descriptor64], %2
        mov     qword [descriptor64 + 8], %3
        mov     eax, %1
        invpcid rax, [descriptor64]
%endmacro

long_start:
        mov     r12d, RESULTS
        mov     rax, cr4
        or      eax, 20000h             ; PCIDE
        mov     cr4, rax
        ; --- the same addresses in two contexts
        enter_context FIRST
        reads   "first context", DATA, 11h
        enter_context SECOND
        reads   "second context", DATA, 22h
        enter_context KEEP | FIRST
        reads   "first context, kept", DATA, 11h
        enter_context KEEP | SECOND
        reads   "second context, kept", DATA, 22h
        mov     rax, cr3
        mov     rdx, rax
        shr     rdx, 32
        or      eax, edx
        value64 "CR3 does not remember bit 63", eax, SECOND
        ; --- what is kept
        enter_context KEEP | FIRST
        map     AREA1, DATA, frame(7)
        enter_context KEEP | SECOND
        enter_context KEEP | FIRST
        reads   "bit 63 keeps what another context left", DATA, 11h
        enter_context KEEP | FIRST
        reads   "bit 63 keeps the current context", DATA, 11h
        enter_context KEEP | TABLES2 | 1
        reads   "the identifier counts, not the tables", DATA, 11h
        enter_context FIRST
        reads   "without it the context goes", DATA, 77h
        map     AREA2, DATA, frame(7)
        enter_context KEEP | SECOND
        reads   "and no other", DATA, 22h
        map     AREA1, DATA, frame(1)
        enter_context FIRST
        reads   "without it what the context left goes", DATA, 11h
        ; --- INVLPG: the second has frame 2 remembered and 7 in its table; the first 1 and then 7
        map     AREA1, DATA, frame(7)
        enter_context KEEP | SECOND
        reads   "before INVLPG", DATA, 22h
        invlpg  [DATA]
        reads   "INVLPG takes the page", DATA, 77h
        enter_context KEEP | FIRST
        reads   "of the current context alone", DATA, 11h
        invlpg  [DATA]
        reads   "INVLPG in the other one", DATA, 77h
        ; --- global pages
        reads   "a global page", SHARED, 33h
        enter_context KEEP | SECOND
        reads   "is global", SHARED, 33h
        enter_context SECOND
        reads   "and stays", SHARED, 33h
        invlpg  [SHARED]
        reads   "until INVLPG", SHARED, 44h
        enter_context KEEP | FIRST
        reads   "in any context", SHARED, 33h
        ; --- INVPCID of an address
        map     AREA1, DATA, frame(1)
        map     AREA1, SHARED, frame(4) | ALL
        reads   "before INVPCID", DATA, 77h
        reads   "and another page", MORE, 88h
        map     AREA1, MORE, frame(9)
        enter_context KEEP | SECOND
        invalidate 0, 2, DATA
        invalidate 0, 1, DATA
        enter_context KEEP | FIRST
        reads   "INVPCID 0 takes a page of another context", DATA, 11h
        reads   "and no other page", MORE, 88h
        invalidate 0, 1, MORE
        reads   "INVPCID 0 takes a page of the current one", MORE, 99h
        invalidate 0, 1, SHARED
        reads   "but no global page", SHARED, 33h
        ; --- INVPCID of a context
        map     AREA1, DATA, frame(7)
        map     AREA1, MORE, frame(8)
        enter_context KEEP | SECOND
        reads   "second context before INVPCID 1", MORE, 88h
        map     AREA2, MORE, frame(9)
        invalidate 1, 1, 0
        reads   "INVPCID 1 leaves the current context", MORE, 88h
        enter_context KEEP | FIRST
        reads   "INVPCID 1 takes a context", DATA, 77h
        reads   "and all pages of it", MORE, 88h
        reads   "but no global ones", SHARED, 33h
        map     AREA1, DATA, frame(1)
        invalidate 1, 1, 0
        reads   "or the current one", DATA, 11h
        reads   "with the same exception", SHARED, 33h
        enter_context KEEP | SECOND
        reads   "what it leaves alone", MORE, 88h
        ; --- INVPCID of all
        map     AREA1, DATA, frame(7)
        invalidate 3, 0, 0
        reads   "INVPCID 3 takes the current context", MORE, 99h
        reads   "but no global pages", SHARED, 33h
        map     AREA2, MORE, frame(8)
        enter_context KEEP | FIRST
        reads   "and the others", DATA, 77h
        map     AREA1, DATA, frame(1)
        enter_context KEEP | SECOND
        invalidate 2, 0, 0
        reads   "INVPCID 2 does, too", MORE, 88h
        reads   "with global pages", SHARED, 44h
        enter_context KEEP | FIRST
        reads   "in all contexts", DATA, 11h
        ; --- code
        xor     ebp, ebp
        mov     ebx, 500
.round: enter_context KEEP | FIRST
        mov     edi, CODE
        call    rdi
        add     ebp, eax
        call    rdi
        add     ebp, eax
        enter_context KEEP | SECOND
        call    rdi
        add     ebp, eax
        call    rdi
        add     ebp, eax
        dec     ebx
        jnz     .round
        value64 "code of two contexts", ebp, 1000 * (55h + 66h)
        ; --- more contexts than are remembered: each has to come right
        mov     ebx, 40
        xor     ebp, ebp
.many:  lea     eax, [rbx + TABLES1]
        mov     ecx, ebx
        and     ecx, 1
        shl     ecx, 14                 ; TABLES2 - TABLES1
        add     eax, ecx
        bts     rax, 63
        mov     cr3, rax
        add     ebp, [MORE]
        invlpg  [MORE]
        dec     ebx
        jnz     .many
        value64 "forty contexts", ebp, 40 * 88h
        ; --- PCIDE cleared and set again
        enter_context KEEP | FIRST
        reads   "before CR4.PCIDE is cleared", DATA, 11h
        map     AREA1, DATA, frame(7)
        mov     rax, cr4
        and     eax, ~20000h
        mov     cr4, rax
        reads   "that takes the current context", DATA, 77h
        enter_context TABLES1
        mov     rax, cr4
        or      eax, 20000h
        mov     cr4, rax
        map     AREA2, MORE, frame(9)
        enter_context KEEP | SECOND
        reads   "and the others", MORE, 99h
        mov     rax, cr4
        and     eax, ~20000h
        mov     cr4, rax
        ; --- out
        o64 jmp far [way_out]

        bits    32
outside:
        mov     eax, DATA0
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        mov     esp, STACK
        mov     eax, cr0
        and     eax, 7FFFFFFFh
        mov     cr0, eax
        compare_notes RESULTS

make_tables:
        mov     edi, TABLES1
        mov     ecx, 20000h / 4
        xor     eax, eax
        cld
        rep     stosd
        mov     edi, TABLES1
        call    .space
        mov     edi, TABLES2
        call    .space
        map     AREA1, DATA, frame(1)
        map     AREA2, DATA, frame(2)
        map     AREA1, SHARED, frame(3) | ALL
        map     AREA2, SHARED, frame(4)
        map     AREA1, CODE, frame(5)
        map     AREA2, CODE, frame(6)
        map     AREA1, MORE, frame(8)
        map     AREA2, MORE, frame(8)
        mov     edi, FRAME
        xor     eax, eax
.frame: mov     [edi], eax
        add     edi, 1000h
        add     eax, 11h
        cmp     eax, 99h
        jbe     .frame
        mov     dword [FRAME + 5000h], 000055B8h        ; mov eax, 55h; ret
        mov     dword [FRAME + 5004h], 0000C300h
        mov     dword [FRAME + 6000h], 000066B8h
        mov     dword [FRAME + 6004h], 0000C300h
        ret
.space: lea     eax, [edi + 1007h]
        mov     [edi], eax
        add     eax, 1000h
        mov     [edi + 1000h], eax
        add     eax, 1000h
        mov     dword [edi + 2000h], 87h
        mov     dword [edi + 2008h], 200087h
        mov     [edi + 2010h], eax
        ret

        section .data
        align   16
descriptor64:
        dq      0, 0
way_out:
        dq      outside
        dw      CODE0
