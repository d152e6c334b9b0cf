; Code that changes. ECX = units; the answer is a checksum in EAX.

        bits 32
; A routine is patched before each call, and it patches itself one instruction ahead. Unit: one call.
code_patch:
        mov     [units_left], ecx
        mov     esi, .routine           ; the routine runs in a page of its own
        mov     edi, GENERATED_CODE
        mov     ecx, .routine_end - .routine
        rep     movsb
        xor     ebx, ebx
        mov     ecx, [units_left]
        mov     ebp, GENERATED_CODE
.unit:
        mov     [GENERATED_CODE + .first - .routine + 1], ecx
        call    ebp
        dec     ecx
        jnz     .unit
        mov     eax, ebx
        ret
.routine:                               ; position-independent, but for the address it patches
.first: mov     eax, 0                  ; patched by the caller
        rol     ebx, 1
        xor     ebx, eax
        mov     [GENERATED_CODE + .second - .routine + 2], bl
.second:
        add     ebx, byte 0             ; patched by the instruction before
        ret
.routine_end:

; A generator writes functions of twelve operations one behind the other through 1 MiB, and calls each one twice. Unit: one function.
code_fresh:
        mov     [units_left], ecx
        mov     edi, FRESH_CODE
        mov     ebp, 2463534242
        mov     ebx, 1
        mov     ecx, 2
.unit:
        mov     esi, edi                ; where this one starts
        mov     edx, 12
.operation:
        push    edx
        xorshift ebp, edx
        pop     edx
        mov     eax, ebp
        shr     eax, 29
        mov     eax, [.templates + eax * 4]
        stosd                           ; three bytes of code and a byte that does nothing alone: NOP or an immediate
        dec     edx
        jnz     .operation
        mov     byte [edi - 1], 0C3h    ; RET, in the last one's place for a NOP
        call    esi
        call    esi
        cmp     edi, FRESH_CODE + 100000h - 64
        jb      .room
        mov     edi, FRESH_CODE
.room:
        dec     dword [units_left]
        jnz     .unit
        lea     eax, [ebx + ecx]
        ret
.templates:
        db      01h, 0CBh, 90h, 90h     ; ADD EBX, ECX
        db      31h, 0D9h, 90h, 90h     ; XOR ECX, EBX
        db      0C1h, 0C3h, 05h, 90h    ; ROL EBX, 5
        db      0C1h, 0C9h, 03h, 90h    ; ROR ECX, 3
        db      8Dh, 1Ch, 4Bh, 90h      ; LEA EBX, [EBX + ECX * 2]
        db      83h, 0C1h, 11h, 90h     ; ADD ECX, 11h
        db      0Fh, 0AFh, 0CBh, 90h    ; IMUL ECX, EBX
        db      29h, 0CBh, 41h, 90h     ; SUB EBX, ECX; INC ECX
