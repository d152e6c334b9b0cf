; The tables of protected mode: IDT, TSS, page tables, and the two 8259A.

PRESENT         equ 1
WRITABLE        equ 2
USER            equ 4

        bits 32
tables_init:
        mov     ecx, 256                ; every vector is unexpected until a workload sets it
        xor     ebx, ebx
.gate:
        mov     eax, unexpected
        call    set_gate
        inc     ebx
        loop    .gate
        lidt    [idt_pointer]

        mov     eax, tss
        mov     [gdt_task + 2], ax
        shr     eax, 16
        mov     [gdt_task + 4], al
        mov     [gdt_task + 7], ah
        mov     ax, TASK
        ltr     ax

        mov     eax, cr0
        and     eax, ~0Ch               ; EM, TS: x87 instructions run
        or      eax, 22h                ; NE, MP
        mov     cr0, eax
        fninit
        ret

set_gate:                               ; EBX = vector, EAX = handler: interrupt gate that ring 3 may use, too
        push    eax
        mov     [IDT + ebx * 8], ax
        mov     word [IDT + ebx * 8 + 2], CODE_0
        mov     word [IDT + ebx * 8 + 4], 0EE00h
        shr     eax, 16
        mov     [IDT + ebx * 8 + 6], ax
        pop     eax
        ret

; Identity map of 0-16 MiB, usable from ring 3, and an empty window, in both directories.
paging_init:
        mov     edi, PAGE_DIRECTORY
        mov     ecx, (OTHER_TABLE + 1000h - PAGE_DIRECTORY) / 4
        xor     eax, eax
        rep     stosd
        mov     edi, LOW_TABLES
        mov     eax, PRESENT | WRITABLE | USER
        mov     ecx, 4096
.page:
        stosd
        add     eax, 1000h
        loop    .page
        mov     eax, LOW_TABLES | PRESENT | WRITABLE | USER
        xor     ecx, ecx
.table:
        mov     [PAGE_DIRECTORY + ecx * 4], eax
        mov     [OTHER_DIRECTORY + ecx * 4], eax
        add     eax, 1000h
        inc     ecx
        cmp     ecx, 4
        jb      .table
        mov     dword [PAGE_DIRECTORY + (WINDOW >> 22) * 4], WINDOW_TABLE | PRESENT | WRITABLE | USER
        mov     dword [OTHER_DIRECTORY + (WINDOW >> 22) * 4], OTHER_TABLE | PRESENT | WRITABLE | USER
        mov     eax, PAGE_DIRECTORY
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 80000000h
        mov     cr0, eax
        jmp     .paged
.paged:
        ret

PIC_BASE        equ 50h

pic_init:                               ; AL = mask of the first controller; the second one stays masked
        push    eax
        mov     al, 11h
        out     20h, al
        mov     al, PIC_BASE
        out     21h, al
        mov     al, 04h
        out     21h, al
        mov     al, 01h
        out     21h, al
        pop     eax
        out     21h, al
        ret

unexpected:
        mov     esi, .text
        call    print_32
        mov     edx, [esp]
        call    print_hex_32
        mov     al, " "
        out     0E9h, al
        mov     edx, [esp + 4]
        call    print_hex_32
        mov     al, 10
        out     0E9h, al
        jmp     switch_off_32
.text:  db      "ERROR unexpected exception; on the stack: ", 0

idt_pointer:
        dw      256 * 8 - 1
        dd      IDT

        align 4
tss:    dd      0
tss_esp0:
        dd      STACK_TOP - 1000h       ; the stack of ring 0 while a workload runs in ring 3
        dd      DATA_0
        times   22 dd 0
        dw      0, 104                  ; no I/O permission map
