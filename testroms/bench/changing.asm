; Code that changes, and data beside code, in the ways in which translating code anew again and again would cost most. ECX = units;
; the answer is a checksum in EAX, which depends on every change having been seen by the next instruction.

        bits 32
%macro place 2                          ; copies %1…%1_end to %2
        mov     esi, %1
        mov     edi, %2
        mov     ecx, %1_end - %1
        rep     movsb
%endmacro

%macro pad_with_blocks 1                ; blocks that go on
  %assign i 0
  %rep %1
        test    ebx, 1 << (i % 31)
        jz      %%skip %+ i
        add     edx, i + 1
%%skip %+ i:
    %assign i i + 1
  %endrep
%endmacro

; The stack lies behind the code, in its page, at three alignments. Unit: three calls of a recursion of eight levels.
beside_stack:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        xor     ebx, ebx
        mov     ebp, esp
.unit:
        mov     esp, CHANGING_CODE + 1000h
        call    .thrice
        mov     esp, CHANGING_CODE + 0FFFh
        call    .thrice
        mov     esp, CHANGING_CODE + 0FFEh
        call    .thrice
        dec     dword [units_left]
        jnz     .unit
        mov     esp, ebp
        mov     eax, ebx
        ret
.thrice:
        mov     ecx, 8
        mov     eax, CHANGING_CODE
        call    eax
        ret
.routine:
        push    ecx
        push    word 1234h
        pushad
        popad
        add     bx, [esp]
        pop     dx
        rol     ebx, 3
        dec     ecx
        jz      .enough
        call    .routine
.enough:
        pop     ecx
        xor     ebx, ecx
        ret
.routine_end:

; Variables of all sizes behind the code, in its page. Unit: 16 rounds.
beside_data:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        xor     ebx, ebx
        mov     ebp, CHANGING_CODE + 800h
.unit:
        mov     ecx, 16
        mov     eax, CHANGING_CODE
        call    eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.routine:
        inc     dword [ebp + ecx * 4]
        add     [ebp + 101h], bl
        mov     [ebp + 203h], bx
        xor     bx, [ebp + 202h]
        add     ebx, [ebp + ecx * 4]
        xchg    ebx, [ebp + 301h]
        rol     dword [ebp + 301h], 5
        add     ebx, [ebp + 301h]
        lea     edi, [ebp + 400h]
        mov     eax, ebx
        stosd
        stosb
        fild    dword [ebp + 301h]
        fstp    qword [ebp + 500h]
        add     ebx, [ebp + 504h]
        dec     ecx
        jnz     .routine
        ret
.routine_end:

; Most of a page of code ran, and is overwritten in part; what is written is data from then on. Unit: 64 writes.
beside_old:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        mov     ecx, 100
        mov     eax, CHANGING_CODE
        call    eax
        xor     ebx, ebx
.unit:
        mov     ecx, 64
.write:
        mov     [CHANGING_CODE + 20h + ecx * 2], cx
        add     ebx, [CHANGING_CODE + 1Fh + ecx * 2]
        inc     dword [CHANGING_CODE + 11h]
        rol     ebx, 1
        dec     ecx
        jnz     .write
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + edx]
        ret
.routine:
        pad_with_blocks 200
        inc     ebx
        dec     ecx
        jnz     .routine
        ret
.routine_end:

; The number of an INT is written before each call, amid other blocks: mostly the same one. Unit: eight calls.
patch_int:
        mov     [units_left], ecx
        mov     eax, .first_handler
        mov     ebx, 60h
        call    set_gate
        mov     eax, .second_handler
        inc     ebx
        call    set_gate
        place   .routine, CHANGING_CODE
        xor     ebx, ebx
.unit:
        mov     ecx, 8
.call:
        mov     eax, ecx
        shr     eax, 2
        and     eax, 1
        add     eax, 60h
        mov     ebp, CHANGING_CODE
        call    ebp
        dec     ecx
        jnz     .call
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.first_handler:
        add     ebx, edx
        iretd
.second_handler:
        rol     ebx, 7
        xor     ebx, edx
        iretd
.routine:
        mov     [CHANGING_CODE + .number - .routine], al
        pad_with_blocks 12
        jmp     short .interrupt
.interrupt:
        int     0
.number equ     $ - 1
        pad_with_blocks 12
        ret
.routine_end:

; A constant of a loop is written before each run of it, another each time. Unit: one run of 20 rounds.
patch_constant:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        xor     ebx, ebx
.unit:
        mov     eax, [units_left]
        mov     [CHANGING_CODE + .first - .routine + 1], eax
        mov     [CHANGING_CODE + .second - .routine + 2], al
        mov     ecx, 20
        mov     eax, CHANGING_CODE
        call    eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.routine:
.first: mov     eax, 12345678h
        add     ebx, eax
        rol     ebx, 5
        pad_with_blocks 6
.second:
        add     ebx, byte 1
        dec     ecx
        jnz     .routine
        ret
.routine_end:

; The same, seldom enough that translating the loop pays nearly. Unit: one run of 400 rounds.
patch_seldom:
        mov     [units_left], ecx
        place   patch_constant.routine, CHANGING_CODE
        xor     ebx, ebx
.unit:
        mov     eax, [units_left]
        mov     [CHANGING_CODE + patch_constant.first - patch_constant.routine + 1], eax
        mov     ecx, 400
        mov     eax, CHANGING_CODE
        call    eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; Operations become others: of the same length, and of other lengths. Unit: one call.
patch_opcode:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        mov     ebx, 1
.unit:
        mov     eax, [units_left]
        and     eax, 3
        mov     dl, [.operations + eax]
        mov     [CHANGING_CODE + .first - .routine], dl
        mov     edx, [.others + eax * 4]
        mov     [CHANGING_CODE + .second - .routine], edx
        mov     ecx, 20
        mov     eax, CHANGING_CODE
        call    eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.operations:
        db      01h, 29h, 31h, 11h      ; ADD, SUB, XOR, ADC EBX, ECX
.others:
        db      90h, 90h, 90h, 90h      ; four NOPs
        db      83h, 0C3h, 07h, 43h     ; ADD EBX, 7; INC EBX
        db      0EBh, 02h, 43h, 43h     ; JMP over INC EBX twice
        db      0Fh, 0CBh, 4Bh, 90h     ; BSWAP EBX; DEC EBX; NOP
.routine:
.first: add     ebx, ecx
        rol     ebx, 1
        nop
.second:
        nop
        nop
        nop
        nop
        dec     ecx
        jnz     .routine
        ret
.routine_end:

; A loop that writes what is executed next, what is executed one round later, and across two instructions. Unit: 16 rounds.
patch_self:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        mov     ebx, 1
.unit:
        mov     ecx, 16
        mov     eax, CHANGING_CODE
        call    eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.routine:
        add     ebx, 11111111h
        mov     [CHANGING_CODE + .next - .routine + 2], bl
.next:  xor     ebx, byte 1
        mov     [CHANGING_CODE + 2], bh
        mov     ax, 90C0h               ; ROL, NOP
        test    cl, 1
        jz      .even
        mov     ax, 43C8h               ; ROR, INC EBX
.even:  mov     [CHANGING_CODE + .turn - .routine + 1], al
        mov     [CHANGING_CODE + .across - .routine + 1], ax    ; an operand, and the opcode behind it
.turn:  rol     eax, 3
        nop
.across:
        mov     al, 1
        ret                             ; never executed: it has been replaced
        add     ebx, eax
        dec     ecx
        jnz     .routine
        ret
.routine_end:

; Five bytes that are a jump or no operation, as trace points are; in the middle of a loop. Unit: two runs of 300 rounds.
patch_jump:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE
        mov     ebx, 1
.unit:
        mov     dword [CHANGING_CODE + .point - .routine + 1], .away - .behind
        mov     byte [CHANGING_CODE + .point - .routine], 0E9h
        call    .run
        mov     dword [CHANGING_CODE + .point - .routine + 1], 00441F0Fh
        mov     dword [CHANGING_CODE + .point - .routine], 00441F0Fh
        mov     byte [CHANGING_CODE + .point - .routine + 4], 0
        call    .run
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.run:
        mov     ecx, 300
        mov     eax, CHANGING_CODE
        jmp     eax
.routine:
        add     ebx, ecx
        rol     ebx, 3
.point: db      0Fh, 1Fh, 44h, 0, 0     ; NOP of five bytes
.behind:
        dec     ecx
        jnz     .routine
        ret
.away:  xor     ebx, 55AAh
        jmp     .behind
.routine_end:

; The same code is copied to the same place before each use. Unit: one copy, and four calls.
copy_again:
        mov     [units_left], ecx
        xor     ebx, ebx
.unit:
        mov     esi, .routine
        mov     edi, CHANGING_CODE
        mov     ecx, (.routine_end - .routine + 3) / 4
        rep     movsd
        mov     ecx, 4
.call:
        mov     eax, CHANGING_CODE
        call    eax
        dec     ecx
        jnz     .call
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + edx]
        ret
.routine:
        pad_with_blocks 20
        add     ebx, ecx
        rol     ebx, 1
        ret
.routine_end:

; Two programs take turns at one address. Unit: both are loaded, and called 50 times each.
copy_overlay:
        mov     [units_left], ecx
        mov     ebx, 1
.unit:
        place   copy_again.routine, CHANGING_CODE
        call    .run
        place   .routine, CHANGING_CODE
        call    .run
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + edx]
        ret
.run:
        mov     ecx, 50
.call:
        mov     eax, CHANGING_CODE
        call    eax
        dec     ecx
        jnz     .call
        ret
.routine:
        imul    ebx, ebx, 1103515245
        pad_with_blocks 18
        add     ebx, 12345
        ret
.routine_end:

; Functions are made one behind the other through 1 MiB, and each one is called 100 times. Unit: one function.
fresh_calls:
        mov     [units_left], ecx
        mov     ebx, 1
        xor     edx, edx
        mov     ebp, FRESH_CODE
.unit:
        mov     esi, copy_again.routine
        mov     edi, ebp
        mov     ecx, copy_again.routine_end - copy_again.routine
        rep     movsb
        mov     ecx, 100
.call:
        call    ebp
        dec     ecx
        jnz     .call
        mov     ebp, edi
        cmp     ebp, FRESH_CODE + 100000h - 1000h
        jb      .room
        mov     ebp, FRESH_CODE
.room:
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + edx]
        ret

; A loop of which one instruction reaches into the next page, and is patched on either side. Unit: two runs of 50 rounds.
across_pages:
        mov     [units_left], ecx
        place   .routine, CHANGING_CODE + 1000h - (.inside - .routine)
        mov     ebx, 1
.unit:
        mov     eax, [units_left]
        mov     [CHANGING_CODE + 0FFFh], al
        call    .run
        mov     [CHANGING_CODE + 1001h], ax
        call    .run
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.run:
        push    eax
        mov     ecx, 50
        mov     eax, CHANGING_CODE + 1000h - (.inside - .routine)
        call    eax
        pop     eax
        ret
.routine:
        rol     ebx, 3
        add     ebx, 12345678h
.inside equ     $ - 3
        dec     ecx
        jnz     .routine
        ret
.routine_end:

; Paging is on; code at one linear address is patched through another one. Unit: one run of 20 rounds.
paged_alias:
        mov     [units_left], ecx
        call    paging_init
        place   patch_constant.routine, CHANGING_CODE
        mov     dword [WINDOW_TABLE], CHANGING_CODE | PRESENT | WRITABLE
        mov     dword [WINDOW_TABLE + 4], CHANGING_CODE | PRESENT | WRITABLE
        xor     ebx, ebx
.unit:
        mov     eax, [units_left]
        mov     [WINDOW + patch_constant.first - patch_constant.routine + 1], eax
        mov     [CHANGING_CODE + patch_constant.second - patch_constant.routine + 2], al
        mov     ecx, 20
        mov     eax, WINDOW + 1000h
        call    eax
        inc     dword [WINDOW + 0F00h]
        add     ebx, [CHANGING_CODE + 0F00h]
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; Paging is on, and stack and variables lie in the page of the code; address spaces change. Unit: two switches.
paged_beside:
        mov     [units_left], ecx
        call    paging_init
        place   beside_data.routine, CHANGING_CODE
        place   beside_stack.routine, CHANGING_CODE + 200h
        xor     ebx, ebx
        mov     edx, esp
        mov     esp, CHANGING_CODE + 1000h
        push    edx
        mov     ebp, CHANGING_CODE + 800h
.unit:
        mov     eax, OTHER_DIRECTORY
        mov     cr3, eax
        mov     ecx, 16
        mov     eax, CHANGING_CODE
        call    eax
        mov     eax, PAGE_DIRECTORY
        mov     cr3, eax
        mov     ecx, 8
        mov     eax, CHANGING_CODE + 200h
        call    eax
        dec     dword [units_left]
        jnz     .unit
        pop     esp
        mov     eax, ebx
        ret

; Real mode, with stack, variables and code in one page, as a boot sector has them; INT patched before each call. Unit: 100 rounds.
        bits 16
real_beside:
        mov     word [60h * 4], .service
        mov     word [60h * 4 + 2], REAL_BUFFER >> 4
        mov     word [61h * 4], .other
        mov     word [61h * 4 + 2], REAL_BUFFER >> 4
        mov     ax, REAL_BUFFER >> 4
        mov     es, ax
        mov     si, .routine
        mov     di, .routine
        mov     cx, .routine_end - .routine
        rep     movsb
        mov     [real_stack], sp
        mov     ss, ax
        mov     sp, .routine + 400h
        call    (REAL_BUFFER >> 4):.routine
        xor     cx, cx
        mov     ss, cx
        mov     sp, [real_stack]
        ret
        align   1024
.routine:
        xor     ebx, ebx
        push    ds
        pop     fs
        push    cs
        pop     ds
.unit:
        mov     cx, 100
.round:
        mov     al, cl
        shr     al, 6
        add     al, 60h
        mov     [.number], al
        jmp     short .interrupt
.interrupt:
        int     0
.number equ     $ - 1
        inc     word [.variable]
        add     bx, [.variable]
        loop    .round
        dec     dword [fs:real_units]
        jnz     .unit
        push    fs
        pop     ds
        mov     eax, ebx
        retf
.service:
        add     bx, cx
        rol     bx, 3
        iret
.other: push    bp
        mov     bp, sp
        xor     ebx, [bp + 2]
        pop     bp
        iret
.variable:
        dw      0
.routine_end:
