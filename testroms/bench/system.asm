; System calls and segments. ECX = units; the answer is a checksum in EAX.

        bits 32
; The three ways from ring 3 to ring 0 and back share this frame: the workload enters ring 3 at `EDI` with ECX = units and comes
; back by INT 81h.
in_ring_3:                              ; EDI = code to run, ECX = units
        mov     eax, leave_ring_3
        mov     ebx, 81h
        call    set_gate
        mov     [kernel_stack], esp
        xor     ebx, ebx                ; the checksum
        push    dword DATA_3
        push    dword USER_STACK
        push    dword 2                 ; EFLAGS
        push    dword CODE_3
        push    edi
        mov     ax, DATA_3
        mov     ds, ax
        mov     es, ax
        iretd
leave_ring_3:
        mov     ax, DATA_0
        mov     ds, ax
        mov     es, ax
        mov     esp, [kernel_stack]
        mov     eax, ebx
        ret

; INT 80h and IRET. Unit: one call.
sys_int80:
        mov     eax, .service
        mov     ebx, 80h
        call    set_gate
        mov     edi, .user
        jmp     in_ring_3
.user:
        mov     eax, ecx
        int     80h
        dec     ecx
        jnz     .user
        int     81h
.service:
        push    ecx
        rol     ebx, 1
        add     ebx, eax
        pop     ecx
        iretd

; A far call through a call gate, and RETF. Unit: one call.
sys_callgate:
        mov     eax, .service
        mov     [gdt_gate], ax
        shr     eax, 16
        mov     [gdt_gate + 6], ax
        mov     edi, .user
        jmp     in_ring_3
.user:
        mov     eax, ecx
        call    GATE:0
        dec     ecx
        jnz     .user
        int     81h
.service:
        push    ecx
        rol     ebx, 1
        add     ebx, eax
        pop     ecx
        retf

; SYSENTER and SYSEXIT. Unit: one call.
sys_sysenter:
        push    ecx
        mov     ecx, 174h               ; IA32_SYSENTER_CS, _ESP, _EIP
        xor     edx, edx
        mov     eax, CODE_0
        wrmsr
        inc     ecx
        mov     eax, STACK_TOP - 1000h
        wrmsr
        inc     ecx
        mov     eax, .service
        wrmsr
        pop     ecx
        mov     edi, .user
        jmp     in_ring_3
.user:
        mov     eax, ecx
        mov     esi, ecx
        mov     ecx, esp
        mov     edx, .returned
        sysenter
.returned:
        mov     ecx, esi
        dec     ecx
        jnz     .user
        int     81h
.service:
        rol     ebx, 1
        add     ebx, eax
        sysexit

; Segment registers and far calls within ring 0. Unit: 100 rounds.
sys_segments:
        mov     [units_left], ecx
        xor     ebx, ebx
        mov     dword [BUFFER], 12345678h
        mov     dword [far_pointer], BUFFER
        mov     word [far_pointer + 4], DATA_0
.unit:
        mov     ecx, 100
.round:
        push    fs
        mov     eax, DATA_3
        mov     fs, eax
        add     ebx, [fs:BUFFER]
        lgs     esi, [far_pointer]
        rol     ebx, 1
        xor     ebx, [gs:esi]
        call    CODE_0:.far
        pop     fs
        dec     ecx
        jnz     .round
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.far:
        inc     ebx
        retf

; From protected mode to real mode, a software interrupt there as if the BIOS were asked, and back: what boot loaders do all the
; time. Unit: one round trip.
sys_modes:
        mov     word [60h * 4], .service
        mov     word [60h * 4 + 2], 0
        xor     ebx, ebx
.unit:
        mov     [kernel_stack], esp
        jmp     CODE_16:.leave

        bits 16
.leave:
        mov     ax, DATA_16             ; segments with the limits that real mode expects
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     eax, cr0
        and     al, 0FEh
        mov     cr0, eax
        jmp     0:.real
.real:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, REAL_STACK
        lidt    [.real_idt]
        int     60h
        lidt    [idt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword CODE_0:.protected
.service:
        rol     ebx, 1
        add     ebx, ecx
        iret

        bits 32
.protected:
        mov     ax, DATA_0
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, [kernel_stack]
        dec     ecx
        jnz     .unit
        mov     eax, ebx
        ret
.real_idt:
        dw      3FFh
        dd      0
