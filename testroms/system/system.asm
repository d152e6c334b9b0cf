; The rest of the system volume: alignment checks, LOCK, the length limit, interrupt shadows, HLT, SYSENTER and SYSEXIT, CPUID, model-specific
; registers, control registers, flags. SDM Vol. 3A, chapters 2, 6, 8 and 9; Vol. 2.
%include "lib/start.inc"

%macro fault 5                          ; text, ring, instruction, vector, error
        probe   %1
        ring    %2
        code
.f:     %3
        endcode
        want    %4, %5
%endmacro
%macro works 3
        probe   %1
        ring    %2
        code
        %3
        endcode
        mov     dword [ignored], 0F80h
        want_done
%endmacro
%macro aligned 4                        ; text, ring, instruction, 1 when #AC is due
        probe   %1
        ring    %2
        set     eflags, FLAG_AC | 2
        set     ebx, SCRATCH + 1
        set     esi, SCRATCH + 1
        set     edi, SCRATCH + 101h
        code
.f:     %3
        endcode
        mov     dword [ignored], 3F80h
%if %4
        want    xAC, 0
%else
        want_done
%endif
%endmacro

main:
        ; --- alignment
        mov     eax, cr0
        or      eax, 40000h
        mov     cr0, eax
        aligned "#AC: read of a doubleword", 3, {mov eax, [ebx]}, 1
        aligned "#AC: write of a word", 3, {mov [ebx], ax}, 1
        aligned "#AC: a byte never", 3, {mov al, [ebx]}, 0
        aligned "#AC: an aligned doubleword", 3, {mov eax, [ebx + 3]}, 0
        aligned "#AC: a doubleword at 2 mod 4", 3, {mov eax, [ebx + 1]}, 1
        aligned "#AC: a word at 2 mod 4", 3, {mov ax, [ebx + 1]}, 0
        aligned "#AC: not in ring 0", 0, {mov eax, [ebx]}, 0
        aligned "#AC: not in ring 2", 2, {mov eax, [ebx]}, 0
        aligned "#AC: MOVSD", 3, {movsd}, 1
        aligned "#AC: read-modify-write", 3, {inc dword [ebx]}, 1
        aligned "#AC: FLD of 32 bits", 3, {fld dword [ebx]}, 1
        fninit
        aligned "#AC: FLD of 64 bits at 4 mod 8", 3, {fld qword [ebx + 3]}, 1
        fninit
        aligned "#AC: a far pointer", 3, {lds eax, [ebx]}, 1
        probe   "#AC: PUSH"
        ring    3
        set     eflags, FLAG_AC | 2
        set     esp, STACK3 - 1
        code
.f:     push    eax
        endcode
        want    xAC, 0
        probe   "#AC: without EFLAGS.AC"
        ring    3
        set     esp, STACK3 - 5
        code
        push    eax
        endcode
        set     esp, STACK3 - 9
        want_done
        probe   "#AC: segment limits come first"
        ring    3
        set     eflags, FLAG_AC | 2
        set     es, 0
        code
.f:     mov     eax, [es:1]
        endcode
        want    xGP, 0
        probe   "#AC: the handler runs without the check"
        ring    3
        set     eflags, FLAG_AC | 2
        idt_gate 50h, CODE3, .misaligned, 0EEh
        code
        int     50h
.misaligned:
.f:     mov     eax, [SCRATCH + 1]
        endcode
        set     esp, STACK3 - 12
        want    xAC, 0
        idt_default 50h
        mov     eax, cr0
        and     eax, ~40000h
        mov     cr0, eax
        aligned "#AC: without CR0.AM", 3, {mov eax, [ebx]}, 0

        ; --- LOCK
%macro lockable 1+
%defstr lock_name %1
        works   %strcat("LOCK ", lock_name), 0, {lock %1}
%endmacro
%macro not_lockable 2+
        fault   %strcat("LOCK, #UD: ", %1), 0, {%2}, xUD, 0
%endmacro
        lockable add dword [SCRATCH], eax
        lockable or byte [SCRATCH], 1
        lockable adc word [SCRATCH], 1
        lockable sbb dword [SCRATCH], 1
        lockable and dword [SCRATCH], 1
        lockable sub dword [SCRATCH], eax
        lockable xor dword [SCRATCH], eax
        lockable inc dword [SCRATCH]
        lockable dec byte [SCRATCH]
        lockable not dword [SCRATCH]
        lockable neg dword [SCRATCH]
        lockable xchg [SCRATCH], eax
        lockable xadd [SCRATCH], ecx
        lockable cmpxchg [SCRATCH], ecx
        lockable cmpxchg8b [SCRATCH]
        lockable bts dword [SCRATCH], 3
        lockable btr dword [SCRATCH], 3
        lockable btc dword [SCRATCH], 3
        not_lockable "ADD to a register", db 0F0h, 1, 0C0h
        not_lockable "CMP", db 0F0h, 39h, 5, 0, 0, 8, 0
        not_lockable "TEST", db 0F0h, 85h, 5, 0, 0, 8, 0
        not_lockable "MOV", db 0F0h, 0A1h, 0, 0, 8, 0
        not_lockable "BT", db 0F0h, 0Fh, 0BAh, 25h, 0, 0, 8, 0, 3
        not_lockable "XCHG of registers", db 0F0h, 87h, 0C8h
        not_lockable "NOP", db 0F0h, 90h
        not_lockable "ADD from memory", db 0F0h, 3, 5, 0, 0, 8, 0
        not_lockable "LOCK REP MOVS", db 0F0h, 0F3h, 0A4h
        not_lockable "JMP", db 0F0h, 0EBh, 0
        not_lockable "PUSH", db 0F0h, 50h
        not_lockable "INC of a register", db 0F0h, 0FEh, 0C0h
        not_lockable "CLI", db 0F0h, 0FAh
        not_lockable "SHL", db 0F0h, 0D1h, 25h, 0, 0, 8, 0

        ; --- length
        works   "15 bytes", 0, {db 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 0B8h, 1, 2, 3, 4}
        fault   "16 bytes", 0, {db 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 3Eh, 0B8h, 1, 2, 3, 4}, xGP, 0
        fault   "15 prefixes and NOP", 0, {db 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 90h}, xGP, 0
        works   "14 prefixes and NOP", 0, {db 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 90h}
        fault   "too long before #UD", 0, {db 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 0Fh, 0Bh}, xGP, 0

        ; --- interrupt shadows, with the timer waiting
        call    start_timer
        probe   "STI: the next instruction runs before the interrupt"
        code
        call    wait_timer
        sti
        inc     eax
.f:     inc     eax
        endcode
        set     eax, 0A0A0A0A1h
        set     eflags, FLAG_IF | 2
        want    20h, 0

        call    start_timer
        probe   "STI, CLI: no interrupt between"
        code
        call    wait_timer
        sti
        cli
        nop
        endcode
        want_done

        call    start_timer
        probe   "STI while IF is set keeps nothing away"
        code
        call    wait_timer
        push    dword FLAG_IF | 2
        popfd
.f:     inc     eax
        endcode
        set     eflags, FLAG_IF | 2
        want    20h, 0

        call    start_timer
        probe   "MOV SS: not before the next instruction"
        set     ecx, DATA0
        code
        call    wait_timer
        mov     bx, ss
        sti
        mov     ss, bx
        nop
.f:     nop
        endcode
        set     eflags, FLAG_IF | 2
        mov     dword [ignored], 1 << 10
        want    20h, 0

        call    start_timer
        probe   "STI, HLT wakes, and returns behind the HLT"
        code
        sti
        hlt
.f:     nop
        endcode
        set     eflags, FLAG_IF | 2
        want    20h, 0

        call    start_timer
        probe   "REP MOVSB is interrupted between elements"
        set     ecx, 0FFFFFFh
        set     esi, 200000h
        set     edi, 200001h
        set     eflags, FLAG_IF | 2
        code
.f:     rep     movsb
        endcode
        mov     dword [ignored], (1 << 8) | (3 << 12)
        set     eflags, FLAG_IF | FLAG_RF | 2
        want    20h, 0
        mov     eax, [got + machine.ecx]
        add     eax, [got + machine.esi]
        is      "and ECX and ESI fit", eax, 0FFFFFFh + 200000h
        mov     eax, [got + machine.edi]
        sub     eax, [got + machine.esi]
        is      "and EDI", eax, 1

        call    start_timer
        probe   "an external interrupt to ring 0 from ring 3"
        ring    3
        set     eflags, FLAG_IF | 2
        code
.f:     jmp     .f
        endcode
        want    20h, 0

        call    start_timer
        probe   "EXT: an external interrupt through a gate that is not present"
        mov     byte [idt + 20h * 8 + 5], 0Eh
        ring    3
        set     eflags, FLAG_IF | 2
        code
.f:     jmp     .f
        endcode
        idt_default 20h
        and     dword [got + machine.eflags], ~FLAG_RF
        mov     dword [flag_mask], 3E7700h
        want    xNP, 20h * 8 + 3
        call    stop_timer

        ; --- SYSENTER, SYSEXIT
        mov     ecx, 174h
        xor     edx, edx
        mov     eax, 0
        wrmsr
        fault   "SYSENTER with a null SYSENTER_CS", 3, {sysenter}, xGP, 0
        fault   "SYSEXIT with a null SYSENTER_CS", 0, {sysexit}, xGP, 0
        ; SYSEXIT wants CS3 and SS3 right behind CS0 and SS0: copy them
        mov     eax, [gdt + CODE0]
        mov     [gdt + FREE], eax
        mov     eax, [gdt + CODE0 + 4]
        mov     [gdt + FREE + 4], eax
        mov     eax, [gdt + DATA0]
        mov     [gdt + FREE + 8], eax
        mov     eax, [gdt + DATA0 + 4]
        mov     [gdt + FREE + 12], eax
        mov     ecx, 174h
        xor     edx, edx
        mov     eax, FREE
        wrmsr
        inc     ecx
        mov     eax, STACK_H - 100h
        wrmsr
        inc     ecx
        mov     eax, sysenter_target
        wrmsr
        rdmsr
        is      "SYSENTER_EIP reads back", eax, sysenter_target
        probe   "SYSENTER from ring 3"
        ring    3
        set     eflags, FLAG_IF | FLAG_NT | IOPL3 | 2
        code
        sysenter
        endcode
        set     cs, FREE
        set     ss, FREE + 8
        set     esp, STACK_H - 100h
        set     eflags, FLAG_NT | IOPL3 | 2
        want    DONE, 0, sysenter_target.end
        probe   "SYSENTER from ring 0"
        set     eflags, 2
        code
        sysenter
        endcode
        set     cs, FREE
        set     ss, FREE + 8
        set     esp, STACK_H - 100h
        want    DONE, 0, sysenter_target.end
        descriptor FREE + 16, 0, 0FFFFFh, 0FBh, 0Ch
        descriptor FREE + 24, 0, 0FFFFFh, 0F3h, 0Ch
        probe   "SYSEXIT to ring 3 leaves the data segments"
        set     ecx, STACK3
        set     edx, sysenter_target
        set     ds, DATA3
        set     es, DATA0
        code
        sysexit
        endcode
        set     cs, FREE + 16 + 3
        set     ss, FREE + 24 + 3
        set     esp, STACK3
        want    DONE, 0, sysenter_target.end
        fault   "SYSEXIT in ring 3", 3, {sysexit}, xGP, 0
        fault   "SYSEXIT in ring 1", 1, {sysexit}, xGP, 0

        ; --- CPUID and model-specific registers
        mov     eax, 0
        cpuid
        mov     esi, eax
        is      "CPUID 0: EBX", ebx, "Genu"
        is      "CPUID 0: EDX", edx, "ineI"
        is      "CPUID 0: ECX", ecx, "ntel"
        works   "CPUID in ring 3", 3, {cpuid}
        probe   "RDMSR of a register that does not exist"
        set     ecx, 12345678h
        code
.f:     rdmsr
        endcode
        want    xGP, 0
        probe   "WRMSR to a register that does not exist"
        set     ecx, 12345678h
        code
.f:     wrmsr
        endcode
        want    xGP, 0
        probe   "WRMSR of the time-stamp counter"
        mov     ecx, 10h
        mov     eax, 12345678h
        xor     edx, edx
        wrmsr
        rdtsc
        is      "RDTSC: upper half", edx, 0
        sub     eax, 12345678h
        shr     eax, 20
        is      "RDTSC: shortly after", eax, 0
        works   "RDTSC in ring 3", 3, {rdtsc}
        mov     eax, cr4
        or      al, 4
        mov     cr4, eax
        fault   "RDTSC in ring 3 with CR4.TSD", 3, {rdtsc}, xGP, 0
        works   "RDTSC in ring 0 with CR4.TSD", 0, {rdtsc}
        mov     eax, cr4
        and     al, ~4
        mov     cr4, eax
        probe   "RDPMC in ring 3 without CR4.PCE"
        ring    3
        set     ecx, 0
        code
.f:     rdpmc
        endcode
        want    xGP, 0

        ; --- control registers
%macro cr_fault 3                       ; text, register, value in EAX
        probe   %1
        mov     [context + machine.eax], eax
        code
.f:     mov     %2, eax
        endcode
        want    xGP, 0
%endmacro
        mov     eax, cr0
        or      eax, 20000000h
        and     eax, ~40000000h
        cr_fault "CR0: NW without CD", cr0, eax
        mov     eax, cr4
        or      eax, 80000000h
        cr_fault "CR4: reserved bit 31", cr4, eax
        mov     eax, cr4
        or      eax, 1 << 28
        cr_fault "CR4: reserved bit 28", cr4, eax
        mov     eax, cr0
        mov     ebx, eax
        xor     eax, 10h                ; ET
        mov     cr0, eax
        mov     eax, cr0
        is      "CR0.ET cannot be changed", eax, ebx
        mov     eax, cr0
        mov     ebx, eax
        xor     eax, 0FF80h             ; reserved
        mov     cr0, eax
        mov     eax, cr0
        is      "CR0: reserved bits are ignored", eax, ebx
        mov     ax, 0FFF0h
        lmsw    ax
        mov     eax, cr0
        and     eax, 1
        is      "LMSW cannot clear PE", eax, 1
        mov     ax, 0Eh
        lmsw    ax
        mov     eax, cr0
        and     eax, 0Fh
        is      "LMSW sets MP, EM, TS", eax, 0Fh
        mov     ax, 0
        lmsw    ax
        mov     eax, cr0
        and     eax, 0Fh
        is      "LMSW clears MP, EM, TS", eax, 1
        probe   "MOV from CR0 takes the register form whatever mod says"
        mov     eax, cr0
        mov     ebx, eax
        db      0Fh, 20h, 0             ; MOD 0
        is      "CR0", eax, ebx
        probe   "MOV to CR7"
        code
.f:     db      0Fh, 22h, 0F8h
        endcode
        want    xUD, 0
        fault   "LOCK MOV CR0", 0, {db 0F0h, 0Fh, 22h, 0C0h}, xUD, 0

        ; --- flags
        probe   "POPFD: the flags that exist"
        push    dword 0FFFFFFFFh & ~(FLAG_TF | FLAG_IF | FLAG_NT)
        popfd
        pushfd
        pop     eax
        push    dword 2
        popfd
        is      "and no others", eax, 247FD7h & ~(FLAG_TF | FLAG_IF | FLAG_NT) | 0
        fault   "RSM outside of system-management mode", 0, {db 0Fh, 0AAh}, xUD, 0
        works   "CLTS in ring 0", 0, {clts}
        works   "WBINVD, INVD", 0, {db 0Fh, 9}
        jmp     finish

sysenter_target:
        int     DONE
.end:   nop

; One shot of counter 0 after about 1 ms on IRQ 0, vector 20h.
start_timer:
        pushad
        cli
        mov     al, 0Bh                 ; clear what is pending
        mov     al, 20h
        out     20h, al
        mov     al, 30h
        out     43h, al
        mov     al, 80h
        out     40h, al
        mov     al, 04h
        out     40h, al
        mov     al, 0FEh
        out     21h, al
        popad
        ret

stop_timer:
        push    eax
        mov     al, 20h
        out     20h, al
        mov     al, 0FFh
        out     21h, al
        pop     eax
        ret

wait_timer:                             ; until the request is there
        push    eax
        pushfd
.more:  mov     al, 0Ah
        out     20h, al
        in      al, 20h
        test    al, 1
        jz      .more
        popfd
        pop     eax
        ret
