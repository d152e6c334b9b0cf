; Ring 3 and back: SYSCALL and SYSRET take addresses from registers and selectors from STAR; no descriptor is read, no stack is switched.
;
; A program of ring 3 calls the kernel ten times, with the numbers 10 to 1. Then it calls DATA_PAGE, which exceptions.asm is about.

STAR            equ 0C0000081h          ; bits 47-32: CS of SYSCALL, SS behind it; bits 63-48: RING3_BASE of SYSRET
LSTAR           equ 0C0000082h          ; where SYSCALL goes
FMASK           equ 0C0000084h          ; which flags it clears
FLAG_IF         equ 1 << 9
FLAG_DF         equ 1 << 10

CALL_ADD        equ 1                   ; EAX of SYSCALL: EDI is a number, ESI the CS of ring 3
CALL_END        equ 2                   ;   EDI is what the call of DATA_PAGE answered
CALLS           equ 10

        bits 64
rings_check:
        mov     ecx, STAR
        xor     eax, eax
        mov     edx, (RING3_BASE | 3) << 16 | CODE64_SELECTOR
        wrmsr
        mov     ecx, LSTAR
        mov     eax, system_call
        xor     edx, edx
        wrmsr
        mov     ecx, FMASK
        mov     eax, FLAG_IF | FLAG_DF
        wrmsr
        mov     esi, ring3_program
        mov     edi, RING3_FRAME
        mov     ecx, ring3_end - ring3_program
        rep     movsb
        call    fill_data_page

        push    rbx
        mov     [TSS + TSS_RSP0], rsp   ; the kernel's stack as it is now, for interrupts and for system_call
        mov     ecx, RING3
        mov     r11d, FLAG_IF | 2
        mov     esp, RING3_STACK_TOP
        o64 sysret                      ; RIP := RCX, RFLAGS := R11, CS and SS := ring 3
.ended:                                 ; EDI = what ring 3 said last
        mov     rsp, [TSS + TSS_RSP0]
        pop     rbx
        mov     [ring3_answer], edi

        mov     rdx, [.from]
        mov     edi, in_box(ROW_RINGS, RIGHT, 1) + 2 * 9
        mov     ah, VALUE
        legacy  put_hex32
        mov     esi, .to
        mov     ah, LABEL
        legacy  put_string
        mov     edx, system_call
        mov     ah, VALUE
        legacy  put_hex32
        mov     edi, in_box(ROW_RINGS, RIGHT, 2) + 2 * 9
        mov     edx, [.selector]
        legacy  put_hex16
        mov     esi, .ring3
        mov     ah, LABEL
        legacy  put_string
        mov     edi, in_box(ROW_RINGS, RIGHT, 3) + 2 * 9
        mov     edx, [.calls]
        mov     ah, VALUE
        legacy  put_decimal
        mov     esi, .there
        mov     ah, LABEL
        legacy  put_string
        mov     edx, [.sum]
        mov     ah, VALUE
        legacy  put_decimal

        cmp     dword [.calls], CALLS
        jne     .failed
        cmp     dword [.sum], CALLS * (CALLS + 1) / 2
        jne     .failed
        cmp     dword [.selector], RING3_BASE + 16 | 3
        jne     .failed
        mov     rax, RING3 + ring3_called - ring3_program
        cmp     [.from], rax
        jne     .failed
        clc
        ret
.failed:
        stc
        ret
.to:            db " to ", 0
.ring3:         db " is CS, ring 3 again", 0
.there:         db " calls and back, sum ", 0

        align 8
.from:          dq 0                    ; where ring 3 goes on
.selector:      dd 0
.calls:         dd 0
.sum:           dd 0

system_call:                            ; RCX = where ring 3 goes on, R11 = its flags; RSP is still its own
        cmp     eax, CALL_END
        je      rings_check.ended
        mov     [rings_check.from], rcx
        mov     [rings_check.selector], esi
        inc     dword [rings_check.calls]
        add     [rings_check.sum], edi
        o64 sysret

ring3_program:                          ; runs at RING3, so nothing in it names an address
        mov     ebx, CALLS
.again:
        mov     eax, CALL_ADD
        mov     edi, ebx
        mov     esi, cs
        syscall
ring3_called:
        dec     ebx
        jnz     ring3_program.again
        mov     eax, DATA_PAGE
        call    rax
        mov     edi, eax
        mov     eax, CALL_END
        syscall
ring3_end:

        align 4
ring3_answer:   dd 0
