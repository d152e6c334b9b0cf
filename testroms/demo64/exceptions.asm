; Exceptions on purpose, each on a stack of its own: one of the TSS's interrupt stacks (IST), which its gate names.
;
; Two are #PF: a page of data is called, from ring 3 (rings.asm does it) and from ring 0. The handler lifts the page's ban and returns; the
; processor fetches again, and it succeeds. The third is #GP: an address whose bits 63-47 are not all the same.

FETCH           equ 1 << 4 | 1          ; #PF's error code: a fetch, from a page that is there; ring 3 adds 4
NOT_CANONICAL   equ 0000800000000000h   ; one byte past the lower half

        bits 64
exceptions_check:
        cmp     byte [has_no_execute], 0
        je      .no_bit
        mov     edi, in_box(ROW_EXCEPTIONS, LEFT, 1) + 2 * 14
        mov     ecx, FETCH | 4
        mov     eax, [ring3_answer]
        call    .fetched
        jc      .failed
        call    fill_data_page
        mov     eax, DATA_PAGE
        call    rax
        mov     edi, in_box(ROW_EXCEPTIONS, LEFT, 2) + 2 * 14
        mov     ecx, FETCH
        call    .fetched
        jc      .failed
.canonical:
        mov     rdx, NOT_CANONICAL
        mov     dword [protection_error], -1
.access:
        mov     al, [rdx]               ; #GP; the handler goes on behind it
.behind:
        mov     edi, in_box(ROW_EXCEPTIONS, LEFT, 3) + 2 * 14
        mov     esi, .protection
        mov     edx, [protection_error]
        mov     ecx, [protection_stack]
        call    .show
        cmp     dword [protection_error], 0
        jne     .failed
        cmp     dword [protection_stack], PROTECTION_STACK
        jne     .failed
        clc
        ret
.failed:
        stc
        ret
.no_bit:
        mov     edi, in_box(ROW_EXCEPTIONS, LEFT, 1) + 2 * 14
        mov     esi, .none
        mov     ah, LABEL
        legacy  put_string
        jmp     .canonical

.fetched:                               ; EDI = where, ECX = error code that it has to be, EAX = what the call answered
        push    rax
        push    rcx
        mov     esi, .page
        mov     edx, [fault_error]
        mov     ecx, [fault_stack]
        call    .show
        pop     rcx
        pop     rax
        cmp     [fault_error], ecx
        jne     .failed
        cmp     dword [fault_stack], FAULT_STACK
        jne     .failed
        cmp     eax, "DATA"
        jne     .failed
        clc
        ret

.show:                                  ; EDI = where, ESI = name, EDX = error code, ECX = stack
        mov     ah, VALUE
        legacy  put_string
        legacy  put_hex8
        mov     esi, .stack
        mov     ah, LABEL
        legacy  put_string
        mov     edx, ecx
        mov     ah, VALUE
        legacy  put_hex32
        ret
.page:          db "#PF ", 0
.protection:    db "#GP ", 0
.stack:         db " IST ", 0
.none:          db "no NX here", 0

; A page of data that happens to be code, too. It is not to be executed.
fill_data_page:
        mov     rax, [.data]
        mov     [DATA_FRAME], rax
        cmp     byte [has_no_execute], 0
        je      .done
        bts     qword [TABLE + 16], NO_EXECUTE
        invlpg  [DATA_PAGE]             ; or the processor may use what it remembers
.done:
        ret
.data:
        mov     eax, "DATA"
        ret
        align 8

; Frame: error code, RIP, CS, RFLAGS, RSP, SS, 8 bytes each.
page_fault64:
        push    rax
        mov     rax, cr2
        cmp     rax, DATA_PAGE
        jne     .other
        mov     eax, [rsp + 8]
        mov     [fault_error], eax
        mov     eax, esp
        and     eax, -IST_SIZE
        mov     [fault_stack], eax
        btr     qword [TABLE + 16], NO_EXECUTE
        jnc     .other                  ; it was not that
        invlpg  [DATA_PAGE]
        pop     rax
        add     rsp, 8
        iretq
.other:
        pop     rax
        push    byte 14
        jmp     dispatch64

protection_fault64:
        push    rax
        mov     rax, [rsp + 16]
        cmp     rax, exceptions_check.access
        jne     .other
        mov     eax, [rsp + 8]
        mov     [protection_error], eax
        mov     eax, esp
        and     eax, -IST_SIZE
        mov     [protection_stack], eax
        mov     qword [rsp + 16], exceptions_check.behind
        pop     rax
        add     rsp, 8
        iretq
.other:
        pop     rax
        push    byte 13
        jmp     dispatch64

        align 4
fault_error:            dd 0
fault_stack:            dd 0
protection_error:       dd 0
protection_stack:       dd 0
