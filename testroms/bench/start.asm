; Real mode: looks up the wanted workload, opens A20, and enters protected mode unless the workload is a real-mode one.

REAL_MODE       equ 80000000h           ; flag in a workload's address

        bits 16
start:
        cli
        mov     bx, workloads
.compare:
        mov     si, wanted
        mov     di, bx
        mov     cx, 16
        repe    cmpsb
        je      .found
        add     bx, 20
        cmp     bx, workloads.end
        jb      .compare
        mov     si, unknown_workload
        call    print_16
        mov     si, wanted
        call    print_16
        mov     al, 10
        out     0E9h, al
        jmp     switch_off_16
.found:
        mov     al, 0FFh                ; all IRQs masked; workloads open what they need
        out     21h, al
        out     0A1h, al
        mov     ebx, [bx + 16]
        test    ebx, REAL_MODE
        jnz     real_mode_workload
        mov     [workload], ebx
        mov     ax, 2401h               ; A20 on
        int     15h
        cli
        in      al, 92h
        or      al, 02h
        and     al, 0FEh
        out     92h, al
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     CODE_0:protected
real_mode_workload:
        push    bx
        call    report_start_16
        mov     eax, [units]
        mov     [real_units], eax
        pop     bx
        call    bx
        jmp     report_end_16

unknown_workload:
        db      "ERROR unknown workload ", 0

        bits 32
protected:
        mov     ax, DATA_0
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     esp, STACK_TOP
        cld
        call    tables_init
        call    report_start_32
        mov     ecx, [units]
        call    [workload]              ; a workload may use all registers but ESP; it answers with a checksum in EAX
        jmp     report_end_32

        align 8
gdt:    dq      0
        dq      00CF9A000000FFFFh       ; 08h: code, ring 0
        dq      00CF92000000FFFFh       ; 10h: data, ring 0
        dq      00CFFA000000FFFFh       ; 18h: code, ring 3
        dq      00CFF2000000FFFFh       ; 20h: data, ring 3
gdt_task:
        dq      0000890000000067h       ; 28h: the TSS; its base is filled in
gdt_gate:
        dq      0000EC0000080000h       ; 30h: call gate to CODE_0, ring 3 may use it; its offset is filled in
        dq      00009A000000FFFFh       ; 38h: 16-bit code, on the way to real mode
        dq      000092000000FFFFh       ; 40h: 16-bit data
        dq      00AF9A000000FFFFh       ; 48h: 64-bit code, ring 0
        dq      00CF92000000FFFFh       ; 50h: data, ring 0
        dq      00CFF2000000FFFFh       ; 58h: data, ring 3
        dq      00AFFA000000FFFFh       ; 60h: 64-bit code, ring 3
gdt_pointer:
        dw      gdt_pointer - gdt - 1
        dd      gdt
workload:
        dd      0

%include "plain.asm"

workloads:
        plain_workloads
        workload "sys-int80", sys_int80
        workload "sys-callgate", sys_callgate
        workload "sys-sysenter", sys_sysenter
        workload "sys-segments", sys_segments
        workload "sys-modes", sys_modes
        workload "page-fault", page_fault
        workload "page-cr3", page_cr3
        workload "code-patch", code_patch
        workload "code-fresh", code_fresh
        workload "beside-stack", beside_stack
        workload "beside-data", beside_data
        workload "beside-old", beside_old
        workload "patch-int", patch_int
        workload "patch-constant", patch_constant
        workload "patch-seldom", patch_seldom
        workload "patch-opcode", patch_opcode
        workload "patch-self", patch_self
        workload "patch-jump", patch_jump
        workload "copy-again", copy_again
        workload "copy-overlay", copy_overlay
        workload "fresh-calls", fresh_calls
        workload "across-pages", across_pages
        workload "paged-alias", paged_alias
        workload "paged-beside", paged_beside
        long_plain_workloads
        workload "long-syscall", long_syscall
        workload "long-cr3", long_cr3
        workload "long-pcid", long_pcid
        workload "long-fault", long_fault
        workload "long-patch", long_patch
        workload "long-fresh", long_fresh
        workload "io-port", io_port
        workload "vga-text", vga_text
        workload "irq-uart", irq_uart
        workload "irq-hlt", irq_hlt
        workload "irq-timer", irq_timer
        workload "real-mix", real_mix, REAL_MODE
        workload "real-int", real_int, REAL_MODE
        workload "real-beside", real_beside, REAL_MODE
.end:
