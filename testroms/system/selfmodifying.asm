; Code that changes: every way that a store can reach an instruction that was executed before, is being executed, or comes next. A branch stands
; between a store through the same linear address and the new code where the SDM asks for one only across mappings (Vol. 3A, section 8.1.3;
; since the P6 the processor itself notices stores to code it has fetched, also by another linear address with a branch).
%include "lib/start.inc"
%include "lib/paging.inc"

HERE    equ     200000h                 ; where code is made

%macro put_code 2-*                     ; address, bytes
%assign %%at 0
%push bytes
%define %$base %1
%rep %0 - 1
%rotate 1
        mov     byte [%$base + %%at], %1
%assign %%at %%at + 1
%endrep
%pop
%endmacro

%macro result 2                         ; text, expected EAX
        is      %1, eax, %2
%endmacro

main:
        ; B8 imm32 C3: MOV EAX, imm; RET
        put_code HERE, 0B8h, 1, 0, 0, 0, 0C3h
        mov     ebx, HERE
        call    ebx
        result  "code runs", 1
        mov     dword [HERE + 1], 2
        call    ebx
        result  "its immediate changed, then called again", 2
        mov     ecx, 1000
.many:  call    ebx
        loop    .many
        mov     byte [HERE + 1], 3
        call    ebx
        result  "changed after a thousand runs", 3
        mov     byte [HERE], 0BAh       ; MOV EDX
        mov     eax, 55h
        mov     edx, 0
        call    ebx
        lea     eax, [eax + edx]
        result  "its opcode changed", 58h

        ; the next instruction
        mov     eax, 0
        mov     byte [.next], 90h       ; NOP instead of INC EAX
.next:  inc     eax
        result  "the next instruction", 0
        mov     byte [.next], 40h

        ; the next but some
        mov     eax, 0
        mov     byte [.later], 48h      ; DEC EAX instead of INC EAX
        nop
        nop
        nop
.later: inc     eax
        result  "a later instruction of the same block", -1
        mov     byte [.later], 40h

        ; itself, in a loop
        mov     ecx, 10
        mov     eax, 0
        mov     dword [.step + 1], 1
.step:  add     eax, strict dword 1
        inc     dword [.step + 1]
        loop    .step
        result  "an instruction behind it, each time round", 55
        mov     dword [.step + 1], 1

        ; an instruction that overwrites itself executes once as it was
        put_code HERE, 0C6h, 5, 0, 0, 0, 0, 0C3h, 40h, 0C3h  ; MOV byte [HERE], C3h; INC EAX; RET
        mov     dword [HERE + 2], HERE
        mov     eax, 0
        call    ebx
        result  "overwriting itself with RET: once as it was", 1
        mov     eax, 0
        call    ebx
        result  "and then as it is", 0

        ; REP STOSB over itself
        put_code HERE, 0F3h, 0AAh, 40h, 40h, 40h, 40h, 0C3h   ; REP STOSB; INC EAX x 4; RET
        mov     edi, HERE + 2
        mov     ecx, 4
        mov     eax, 90h
        call    ebx
        result  "REP STOSB over the instructions behind it", 90h
        put_code HERE, 0F3h, 0AAh, 40h, 40h, 40h, 40h, 0C3h
        mov     edi, HERE
        mov     ecx, 6
        mov     eax, 90h
        call    ebx
        movzx   eax, byte [HERE]
        result  "REP STOSB over itself ends", 90h

        ; REP MOVSB over code that ran
        put_code HERE, 0B8h, 7, 0, 0, 0, 0C3h
        put_code HERE + 800h, 0B8h, 8, 0, 0, 0, 0C3h
        call    ebx
        mov     esi, HERE + 800h
        mov     edi, HERE
        mov     ecx, 6
        rep     movsb
        call    ebx
        result  "REP MOVSB over code", 8
        put_code HERE + 800h, 0B8h, 9, 0, 0, 0, 0C3h
        mov     esi, HERE + 800h
        mov     edi, HERE
        mov     ecx, 1024
        rep     movsd
        call    ebx
        result  "REP MOVSD of a page over code", 9

        ; other stores
        mov     dword [HERE + 1], 10
        call    ebx
        mov     esp, HERE + 5
        push    dword 11
        mov     esp, STACK
        call    ebx
        result  "PUSH into code", 11
        lock inc byte [HERE + 1]
        call    ebx
        result  "LOCK INC of code", 12
        mov     ecx, 13
        xchg    [HERE + 1], ecx
        call    ebx
        result  "XCHG into code", 13
        push    dword 14
        pop     dword [HERE + 1]
        call    ebx
        result  "POP into code", 14
        fld1
        fistp   dword [HERE + 1]
        call    ebx
        result  "FISTP into code", 1
        mov     dword [SCRATCH], 15
        sgdt    [HERE + 900h]
        bts     dword [HERE + 1], 4
        call    ebx
        result  "BTS into code", 17

        ; a store that crosses into the code from the page before
        put_code HERE + 0FFEh, 90h, 90h, 0B8h, 1, 0, 0, 0, 0C3h       ; code at HERE + 1000h
        mov     ebx, HERE + 1000h
        call    ebx
        mov     dword [HERE + 0FFEh], 04B89090h
        call    ebx
        result  "a store across pages into code", 4

        ; an instruction across pages
        put_code HERE + 0FFEh, 0B8h, 1, 0, 0, 0, 0C3h
        mov     ebx, HERE + 0FFEh
        call    ebx
        result  "an instruction across pages", 1
        mov     byte [HERE + 1000h], 1
        call    ebx
        result  "its part on the second page changed", 101h
        mov     byte [HERE + 0FFFh], 5
        call    ebx
        result  "its part on the first page changed", 105h

        ; far-away data on the same page does not disturb, and code in two blocks
        put_code HERE, 0EBh, 10h
        put_code HERE + 12h, 0B8h, 21h, 0, 0, 0, 0C3h
        mov     ebx, HERE
        call    ebx
        mov     byte [HERE + 13h], 22h
        call    ebx
        result  "behind a jump", 22h
        mov     byte [HERE + 1], 20h
        put_code HERE + 22h, 0B8h, 23h, 0, 0, 0, 0C3h
        call    ebx
        result  "the jump itself", 23h

        ; a loop that changes its own end condition
        ; XOR EAX, EAX; INC EAX; MOV byte [HERE + 10], 90h; JMP to INC, which becomes NOP; TEST BL, 0; RET
        put_code HERE, 31h, 0C0h, 40h, 0C6h, 5, 0, 0, 0, 0, 90h, 0EBh, 0F6h, 0C3h, 0, 0C3h
        mov     dword [HERE + 5], HERE + 10
        call    ebx
        result  "the jump of a loop removed by the loop", 1

        ; --- through another mapping
        call    paging_on
        put_code AREA, 0B8h, 31h, 0, 0, 0, 0C3h
        pte     1, AREA | 7             ; AREA + 1000h shows AREA too
        mov     ebx, AREA
        call    ebx
        result  "paged code", 31h
        mov     dword [AREA + 1001h], 32h
        call    ebx
        result  "changed through another linear address", 32h
        mov     ebx, AREA + 1000h
        call    ebx
        result  "run by the other address", 32h
        mov     dword [AREA + 1], 33h
        call    ebx
        result  "changed by the first", 33h
        put_code AREA + 3000h, 0B8h, 34h, 0, 0, 0, 0C3h
        pte     1, (AREA + 3000h) | 7
        call    ebx
        result  "another page mapped in", 34h
        pte     1, AREA | 7
        call    ebx
        result  "and the old one back", 33h
        mov     dword [PT1 + 4], (AREA + 3000h) | 7
        call    flush
        call    ebx
        result  "by MOV to CR3", 34h
        pte     1, AREA | 5             ; read-only: written by its other address
        mov     dword [AREA + 1], 35h
        call    ebx
        result  "read-only code changed through a writable mapping", 35h
        put_code AREA + 0FFFh, 0B8h
        pte     1, (AREA + 3000h) | 7
        mov     dword [AREA + 3000h], 41h
        put_code AREA + 3004h, 0C3h
        mov     ebx, AREA + 0FFFh
        call    ebx
        result  "across pages that do not follow each other", 41h
        mov     dword [AREA + 3000h], 42h
        call    ebx
        result  "second part changed by its own mapping", 42h
        mov     dword [AREA + 4000h], 43h
        put_code AREA + 4004h, 0C3h
        pte     1, (AREA + 4000h) | 7
        call    ebx
        result  "second part mapped elsewhere", 43h

        ; the same bytes as 16- and as 32-bit code
        put_code AREA, 0B8h, 1, 0, 0CDh, 40h, 90h, 0CDh, 40h ; MOV AX, 1; INT 40h or MOV EAX, 40CD0001h; NOP; INT 40h
        descriptor FREE, AREA, 0FFFFh, 9Bh, 0
        probe   "as 16-bit code"
        set     cs, FREE
        set     eax, 0
        run_at  0
        set     eax, 1
        want    DONE, 0, 5
        probe   "as 32-bit code"
        run_at  AREA
        set     eax, 40CD0001h
        want    DONE, 0, AREA + 8
        probe   "as 16-bit code again"
        set     cs, FREE
        set     eax, 0
        run_at  0
        set     eax, 1
        want    DONE, 0, 5

        ; a store to code that faults changes nothing
        put_code AREA + 5000h, 0B8h, 51h, 0, 0, 0, 0CDh, 40h
        probe   "code on a read-only page"
        pte     5, (AREA + 5000h) | 5
        ring    3
        run_at  AREA + 5000h
        set     eax, 51h
        want_done
        probe   "a store there faults"
        ring    3
        code
.f:     mov     [AREA + 5001h], eax
        endcode
        set     cr2, AREA + 5001h
        want    xPF, 7
        probe   "and the code is as before"
        ring    3
        run_at  AREA + 5000h
        set     eax, 51h
        want_done

        ; the stack overwrites the code that pushes
        put_code AREA + 6000h, 68h, 90h, 90h, 90h, 90h, 40h, 40h, 40h, 40h, 0C3h      ; PUSH 90909090h; INC EAX x 4
        probe   "PUSH over the instructions behind it"
        put_code AREA + 6009h, 0CDh, 40h
        ring    3
        set     esp, AREA + 6009h
        set     eax, 0
        run_at  AREA + 6000h
        set     esp, AREA + 6005h
        want_done
        call    paging_off
        jmp     finish
