; The way into 64-bit mode, in five steps (SDM Vol. 3A, "Initializing IA-32e Mode"), and the way from there to 32-bit routines.

CR4_PAE         equ 1 << 5
EFER            equ 0C0000080h          ; a model-specific register
EFER_SCE        equ 1 << 0              ; SYSCALL and SYSRET
EFER_LME        equ 1 << 8              ; long mode, as soon as paging is on
EFER_LMA        equ 1 << 10             ; long mode is on: the processor sets it
EFER_NXE        equ 1 << 11             ; bit 63 of a page table's entry means "no code here"
CR0_WP          equ 1 << 16
CR0_PG          equ 1 << 31

        bits 32
enter_64_bit_mode:
        call    make_page_tables
        lgdt    [.gdt_pointer]

        mov     edi, in_box(ROW_MODE, LEFT, 1) + 2 * 11
        mov     eax, cr4                ; 1: entries of page tables have 8 bytes
        or      eax, CR4_PAE
        mov     cr4, eax
        call    .show
        mov     eax, TOP_TABLE          ; 2: where the tables begin
        mov     cr3, eax
        call    .show
        mov     ecx, EFER               ; 3: with paging, long mode will come
        rdmsr
        or      eax, EFER_LME | EFER_SCE
        cmp     byte [has_no_execute], 0
        je      .no_execute_is_done
        or      eax, EFER_NXE
.no_execute_is_done:
        wrmsr
        call    .show
        mov     eax, cr0                ; 4: paging, and so long mode, but still 32-bit code in it
        or      eax, CR0_PG | CR0_WP
        mov     cr0, eax
        call    .show
        mov     eax, in_64_bit_mode     ; 5: a code segment whose descriptor has bit L. Between step 4 and LIDT an interrupt
        call    .show                   ;    would find 32-bit gates where 64-bit ones belong
        jmp     CODE64_SELECTOR:in_64_bit_mode

.show:                                  ; EAX, in the line at EDI
        push    eax
        mov     edx, eax
        mov     ah, VALUE
        call    put_hex32
        add     edi, 160 - 2 * 8
        pop     eax
        ret

        align 8
; Long mode ignores base and limit of code and data. 32-bit code under it does not, so the first two are as they were.
.gdt:   dq      0
        dq      00CF9A000000FFFFh       ; 08h: 32-bit code
        dq      00CF92000000FFFFh       ; 10h: data
        dq      00AF9A000000FFFFh       ; 18h: 64-bit code: L = 1, D = 0
        dq      00CF92000000FFFFh       ; 20h: data: SYSCALL takes the descriptor behind that of CS
        dq      00CFF2000000FFFFh       ; 28h: data of ring 3
        dq      00AFFA000000FFFFh       ; 30h: 64-bit code of ring 3
        dw      103, TSS & 0FFFFh       ; 38h: the TSS: limit, base 15-0
        db      (TSS >> 16) & 0FFh, 89h, 0, 0
        dq      0                       ; a system descriptor has 16 bytes: base 63-32
.gdt_end:
.gdt_pointer:
        dw      .gdt_end - .gdt - 1
        dd      .gdt

        bits 64
in_64_bit_mode:
        mov     esp, STACK_TOP          ; writing ESP clears the upper half of RSP
        mov     eax, RING3_BASE + 8 | 3 ; 64-bit code ignores DS and ES. 32-bit code does not, and a way to ring 3 by IRET empties
        mov     ds, eax                 ;   them, unless ring 3 may have what is in them
        mov     es, eax
        call    gates_init
        jmp     kernel64

; Passed when LMA is set and this is 64-bit code: the byte 48h is DEC EAX elsewhere, and here a prefix for what follows.
mode_check:
        mov     ecx, EFER
        rdmsr
        test    eax, EFER_LMA
        jz      .failed
        xor     eax, eax
        db      48h
        dec     eax                     ; DEC RAX
        shr     rax, 63
        cmp     eax, 1
        jne     .failed
        mov     eax, cs
        cmp     eax, CODE64_SELECTOR
        jne     .failed
        clc
        ret
.failed:
        stc
        ret

        bits 64
compatibility:                          ; compat.inc says what it is for
        push    .returned               ; 8 bytes, of which the routine's RET takes 4
        push    CODE_SELECTOR
        push    qword [rsp + 24]        ; the routine
        retfq
        bits 32
.returned:
        jmp     CODE64_SELECTOR:.back
        bits 64
.back:
        lea     esp, [rsp + 4]
        ret     8
