; Segments: limits, types and rights of each segment register for reads, writes and fetches; loading selectors; wrap at the ends of a
; segment and of the address space; descriptor inspection; big real mode. SDM Vol. 3A, chapters 3 and 5.
%define REAL_MODE_FIRST
%include "lib/start.inc"

BASE    equ     200000h

        section low
        bits    16
; Big real mode: a limit loaded in protected mode stays; and one beyond 64K without it.
real_main:
        
        mov     dword [13 * 4], .fault
        mov     dword [12 * 4], .fault
        mov     word [real_faults], 0
        mov     [.stack], sp
        xor     ax, ax
        mov     fs, ax
        mov     word [.resume], .one
        mov     ebx, 10000h             ; beyond the limit
        mov     al, [fs:ebx]
        jmp     .none1
.one:   or      word [real_faults], 1
.none1: mov     word [.resume], .two
        mov     bx, 0FFFFh              ; a word at FFFFh
        mov     ax, [fs:bx]
        jmp     .none2
.two:   or      word [real_faults], 2
.none2: mov     word [.resume], .three
        mov     al, [fs:0FFFFh]
        or      word [real_faults], 4   ; a byte at FFFFh is inside
        jmp     .none3
.three:
.none3: lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     .flush1
.flush1:
        mov     bx, DATA0
        mov     fs, bx
        and     al, 0FEh
        mov     cr0, eax
        jmp     .flush2
.flush2:
        xor     bx, bx
        mov     fs, bx                  ; base 0, limit stays 4 GBytes
        mov     word [.resume], .four
        mov     ebx, 200000h            ; DS is as before: #GP
        mov     dword [ebx], 0
        jmp     .none4
.four:  or      word [real_faults], 8
.none4: mov     word [.resume], .five
        mov     ebx, 200000h
        mov     dword [fs:ebx], 0CAFEF00Dh
        cmp     dword [fs:ebx], 0CAFEF00Dh
        jne     .five
        or      word [real_faults], 16
.five:  mov     word [.resume], .six    ; an instruction that crosses the end of CS
        mov     ax, SEG_END
        mov     es, ax
        mov     byte [es:0FFFFh], 0B8h
        jmp     SEG_END:0FFFFh
.six:   or      word [real_faults], 32
.none6: mov     word [.resume], .seven  ; POP with SP FFFFh
        mov     ax, 8000h
        mov     ss, ax
        mov     sp, 0FFFFh
        pop     ax
        jmp     .eight
.seven: or      word [real_faults], 64
.none7: mov     sp, [.stack]
        mov     word [.resume], .eight  ; PUSH with SP 0 wraps to FFFEh
        mov     ax, 8000h
        mov     ss, ax
        xor     sp, sp
        push    word 1234h
        cmp     sp, 0FFFEh
        jne     .eight
        or      word [real_faults], 128
.eight: xor     ax, ax
        mov     ss, ax
        mov     sp, [.stack]
        ret
SEG_END equ     5000h
.fault: mov     sp, [cs:.stack]
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        jmp     [.resume]
.stack: dw      0
.resume:
        dw      0
real_faults:
        dw      0

        section .text
        bits    32
%macro bit_is 2                         ; text, bit
        mov     eax, [real_faults]
        shr     eax, %2
        and     eax, 1
        is      %1, eax, 1
%endmacro

; seg_limit REGISTER, fault: reads and writes around the limit of an expand-up segment
%macro seg_limit 2
        descriptor FREE, BASE, 0FFFh, 0F3h, 4
        descriptor FREE + 8, BASE, 0FFFh, 0F1h, 4
        descriptor FREE + 16, BASE, 0FFFh, 0F7h, 4
        descriptor FREE + 24, BASE, 0FFFh, 0F7h, 0
        descriptor FREE + 32, BASE, 1, 0F3h, 0Ch
%defstr %%name %1
        probe   %strcat(%%name, ": the last byte, word and doubleword inside the limit")
        ring    3
        set     %1, FREE | 3
        code
        mov     al, [%1:0FFFh]
        mov     [%1:0FFFh], al
        mov     cx, [%1:0FFEh]
        mov     [%1:0FFEh], cx
        mov     edx, [%1:0FFCh]
        mov     [%1:0FFCh], edx
        endcode
        mov     dword [ignored], 7 << 7
        want_done
        limit_fault %1, %2, "a byte beyond the limit, read", FREE, al, 1000h, 0
        limit_fault %1, %2, "a word across the limit, read", FREE, ax, 0FFFh, 0
        limit_fault %1, %2, "a doubleword across the limit, read", FREE, eax, 0FFDh, 0
        limit_fault %1, %2, "a byte beyond the limit, write", FREE, al, 1000h, 1
        limit_fault %1, %2, "a doubleword across the limit, write", FREE, eax, 0FFDh, 1
        limit_fault %1, %2, "a doubleword at FFFFFFFEh", FREE, eax, 0FFFFFFFEh, 0
        limit_fault %1, %2, "expand-down, at the limit, read", FREE + 16, al, 0FFFh, 0
        limit_fault %1, %2, "expand-down, across the limit, read", FREE + 16, eax, 0FFEh, 0
        limit_fault %1, %2, "expand-down, below the limit, write", FREE + 16, al, 0, 1
        limit_fault %1, %2, "expand-down 16-bit, beyond FFFFh", FREE + 24, al, 10000h, 0
        limit_fault %1, %2, "expand-down 16-bit, across FFFFh", FREE + 24, eax, 0FFFDh, 1
        limit_fault %1, %2, "granularity: beyond 1FFFh", FREE + 32, al, 2000h, 0
        probe   %strcat(%%name, ": expand-down inside")
        ring    3
        set     %1, FREE + 16 + 3
        code
        mov     al, [%1:1000h]
        mov     [%1:10000h], eax
        mov     al, [%1:0FFFFFh]
        endcode
        mov     dword [ignored], 1 << 7
        want_done
        probe   %strcat(%%name, ": granularity inside")
        ring    3
        set     %1, FREE + 32 + 3
        code
        mov     eax, [%1:1FFCh]
        endcode
        mov     dword [ignored], 1 << 7
        want_done
%endmacro
%macro limit_fault 7                    ; register, vector, text, slot, operand, offset, isWrite
%defstr %%name %1
        probe   %strcat(%%name, ": ", %3)
        ring    3
        set     %1, (%4) | 3
        code
        mov     esp, STACK3             ; IRET to a 16-bit stack loads SP alone
%if %7
.f:     mov     [%1:%6], %5
%else
.f:     mov     %5, [%1:%6]
%endif
        endcode
        want    %2, 0
%endmacro

; seg_type REGISTER: read-only, execute-only, null
%macro seg_type 1
        descriptor FREE, 0, 0FFFFFh, 0F1h, 0Ch
        descriptor FREE + 8, 0, 0FFFFFh, 0F9h, 0Ch
        descriptor FREE + 16, 0, 0FFFFFh, 0FBh, 0Ch
%defstr %%name %1
        probe   %strcat(%%name, ": read-only data may be read")
        ring    3
        set     %1, FREE | 3
        code
        mov     eax, [%1:SCRATCH]
        endcode
        mov     dword [ignored], 1 << 7
        want_done
        limit_fault %1, xGP, "read-only data, write", FREE, eax, SCRATCH, 1
        limit_fault %1, xGP, "readable code, write", FREE + 16, eax, SCRATCH, 1
        probe   %strcat(%%name, ": readable code may be read")
        ring    3
        set     %1, FREE + 16 + 3
        code
        mov     eax, [%1:SCRATCH]
        endcode
        mov     dword [ignored], 1 << 7
        want_done
        probe   %strcat(%%name, ": null, read")
        ring    3
        set     %1, 0
        code
.f:     mov     eax, [%1:SCRATCH]
        endcode
        want    xGP, 0
        probe   %strcat(%%name, ": null with RPL 3, write")
        ring    3
        set     eax, 3
        code
        mov     %1, ax
.f:     inc     dword [%1:SCRATCH]
        endcode
        set     %1, 3
        want    xGP, 0
        load_fault %1, "execute-only code", FREE + 8 + 3, xGP, FREE + 8
        load_fault %1, "beyond the GDT", 0FFFBh, xGP, 0FFF8h
        load_fault %1, "LDT selector without an LDT", 0Fh, xGP, 0Ch
        load_fault %1, "a system descriptor", TSS0 | 3, xGP, TSS0
        load_fault %1, "DPL below CPL", DATA0, xGP, DATA0
        load_fault %1, "DPL below RPL", DATA2 | 3, xGP, DATA2 & ~3
        descriptor FREE + 24, 0, 0FFFFFh, 73h, 0Ch
        load_fault %1, "not present", FREE + 24 + 3, xNP, FREE + 24
        descriptor FREE + 32, 0, 0FFFFFh, 13h, 0Ch
        load_fault %1, "privilege before presence", FREE + 32 + 3, xGP, FREE + 32
        descriptor FREE + 40, 0, 0FFFFFh, 9Eh, 0Ch
        probe   %strcat(%%name, ": conforming readable code of DPL 0 in ring 3; sets the accessed bit")
        ring    3
        set     eax, FREE + 40 + 3
        code
        mov     %1, ax
        endcode
        set     %1, FREE + 40 + 3
        want_done
        movzx   eax, byte [gdt + FREE + 45]
        is      "accessed", eax, 9Fh
%endmacro
%macro load_fault 5
%defstr %%name %1
        probe   %strcat("MOV ", %%name, ": ", %2)
        ring    3
        set     eax, %3
        code
.f:     mov     %1, ax
        endcode
        want    %4, %5
%endmacro
%macro load_ss_fault 5                  ; text, ring, selector, vector, error
        probe   %strcat("MOV SS: ", %1)
        ring    %2
        set     eax, %3
        code
.f:     mov     ss, ax
        endcode
        want    %4, %5
%endmacro

main:
        bit_is  "real mode: a byte beyond FFFFh is #GP", 0
        bit_is  "real mode: a word at FFFFh is #GP", 1
        bit_is  "real mode: a byte at FFFFh is inside", 2
        bit_is  "big real mode: other registers keep their limit", 3
        bit_is  "big real mode: FS reaches 4 GBytes after a reload", 4
        bit_is  "real mode: an instruction across FFFFh is #GP", 5
        bit_is  "real mode: POP with SP FFFFh is #SS", 6
        bit_is  "real mode: PUSH with SP 0 wraps", 7

        seg_limit ds, xGP
        seg_limit es, xGP
        seg_limit fs, xGP
        seg_limit gs, xGP
        seg_limit ss, xSS
        seg_type ds
        seg_type es
        seg_type fs
        seg_type gs

        ; --- SS
        load_ss_fault "null", 0, 0, xGP, 0
        load_ss_fault "null with RPL 3 in ring 3", 3, 3, xGP, 0
        load_ss_fault "RPL above CPL", 0, DATA0 | 3, xGP, DATA0
        load_ss_fault "RPL below CPL", 3, DATA3 & ~3, xGP, DATA3 & ~3
        load_ss_fault "DPL below CPL", 3, DATA0 | 3, xGP, DATA0
        load_ss_fault "DPL above CPL", 0, DATA3 & ~3, xGP, DATA3 & ~3
        load_ss_fault "code", 0, CODE0, xGP, CODE0
        descriptor FREE, 0, 0FFFFFh, 91h, 0Ch
        load_ss_fault "read-only", 0, FREE, xGP, FREE
        descriptor FREE, 0, 0FFFFFh, 13h, 0Ch
        load_ss_fault "not present", 0, FREE, xSS, FREE
        load_ss_fault "beyond the GDT", 0, 0FFF8h, xGP, 0FFF8h

        probe   "POP SS with a bad selector leaves ESP"
        code
        push    dword CODE0
.f:     pop     ss
        endcode
        set     esp, STACK0 - 4
        want    xGP, CODE0

        probe   "POP DS with a bad selector leaves ESP"
        code
        push    dword 0FFF8h
.f:     pop     ds
        endcode
        set     esp, STACK0 - 4
        want    xGP, 0FFF8h

        probe   "LSS with a bad selector leaves ESP"
        mov     dword [SCRATCH], 1234h
        mov     dword [SCRATCH + 4], CODE0
        code
.f:     lss     esp, [SCRATCH]
        endcode
        want    xGP, CODE0

        ; --- stack limits
        descriptor FREE, BASE, 0FFFh, 0F3h, 4
        descriptor FREE + 8, BASE, 0FFFFh, 0F3h, 0
        probe   "PUSH with ESP 2"
        ring    3
        set     ss, FREE | 3
        set     esp, 2
        code
.f:     push    eax
        endcode
        want    xSS, 0

        probe   "POP beyond the limit"
        ring    3
        set     ss, FREE | 3
        set     esp, 0FFDh
        code
.f:     pop     eax
        endcode
        want    xSS, 0

        probe   "CALL with a full stack leaves EIP"
        ring    3
        set     ss, FREE | 3
        set     esp, 0
        code
.f:     call    $ + 5
        endcode
        want    xSS, 0

        probe   "[EBP] uses SS"
        ring    3
        set     ss, FREE | 3
        set     esp, 100h
        set     ebp, 1000h
        code
.f:     mov     al, [ebp]
        endcode
        want    xSS, 0

        probe   "[ESP+x] uses SS, [EAX+EBP*1] uses DS"
        ring    3
        set     ss, FREE | 3
        set     esp, 100h
        set     ebp, SCRATCH
        set     ecx, 0
        code
        mov     al, [nosplit ecx + ebp * 1]
.f:     mov     al, [esp + 1000h]
        endcode
        mov     dword [ignored], 1 << 7
        want    xSS, 0

        probe   "16-bit stack: PUSH with SP 0 wraps to FFFCh and keeps the upper half of ESP"
        ring    3
        set     ss, FREE + 8 + 3
        code
        mov     esp, 12340000h
        push    eax
        endcode
        set     esp, 1234FFFCh
        want_done
        is      "and writes there", [BASE + 0FFFCh], 0A0A0A0A0h

        probe   "16-bit stack: PUSH of a doubleword with SP 2 is #SS"
        ring    3
        set     ss, FREE + 8 + 3
        code
        mov     esp, 2
.f:     push    eax
        endcode
        set     esp, 2
        want    xSS, 0

        probe   "CS override may read readable code"
        code
        mov     eax, [cs:SCRATCH]
        endcode
        mov     dword [ignored], 1 << 7
        want_done

        probe   "CS override may not write"
        code
.f:     mov     [cs:SCRATCH], eax
        endcode
        want    xGP, 0

        ; --- fetch and the limit of CS
%macro copy_code 3                      ; from, bytes, to
        pushad
        mov     esi, %1
        mov     ecx, %2
        mov     edi, %3
        rep     movsb
        popad
%endmacro
        descriptor FREE, BASE, 0FFFh, 0FBh, 4
        mov     byte [BASE + 0FFEh], 90h
        mov     byte [BASE + 0FFFh], 90h
        mov     byte [BASE + 1000h], 90h
        probe   "running over the limit of CS"
        ring    3
        set     cs, FREE | 3
        run_at  0FFEh
        want    xGP, 0, 1000h

        mov     byte [BASE + 0FFEh], 0B8h
        probe   "an instruction across the limit of CS"
        ring    3
        set     cs, FREE | 3
        run_at  0FFEh
        want    xGP, 0, 0FFEh

        mov     word [BASE + 0FFEh], 40CDh
        probe   "an instruction that ends at the limit of CS"
        ring    3
        set     cs, FREE | 3
        run_at  0FFEh
        want_done

        mov     byte [BASE + 0], 0E9h
        mov     dword [BASE + 1], 0FFFh - 4
        probe   "JMP near beyond the limit saves the EIP of the JMP"
        ring    3
        set     cs, FREE | 3
        run_at  0
        want    xGP, 0, 0

        mov     word [BASE + 0], 0E0FFh
        probe   "JMP EAX beyond the limit"
        ring    3
        set     cs, FREE | 3
        set     eax, 1000h
        run_at  0
        want    xGP, 0, 0

        mov     byte [BASE + 0], 0E8h
        mov     dword [BASE + 1], 0FFFh - 4
        probe   "CALL near beyond the limit leaves ESP"
        ring    3
        set     cs, FREE | 3
        run_at  0
        want    xGP, 0, 0

        mov     byte [BASE + 0], 0C3h
        mov     dword [STACK3 - 4], 1000h
        probe   "RET near beyond the limit leaves ESP"
        ring    3
        set     cs, FREE | 3
        set     esp, STACK3 - 4
        run_at  0
        want    xGP, 0, 0

        mov     word [BASE + 0], 0FCE2h + 0     ; LOOP to FFFFFFFEh
        mov     word [BASE + 0], 0FCE2h
        probe   "LOOP beyond the limit leaves ECX"
        ring    3
        set     cs, FREE | 3
        run_at  0
        want    xGP, 0, 0

        mov     word [BASE + 0], 0FC74h
        probe   "Jcc that is not taken needs no limit"
        ring    3
        mov     word [BASE + 2], 40CDh
        set     cs, FREE | 3
        set     eflags, 2
        run_at  0
        want_done

        ; 16-bit code: the instruction pointer stays within 16 bits
        descriptor FREE, BASE, 0FFFFh, 0FBh, 0
        mov     word [BASE], 0FCEBh     ; JMP short -4: to FFFEh
        mov     word [BASE + 0FFFEh], 40CDh
        probe   "16-bit JMP short backwards wraps to FFFEh"
        ring    3
        set     cs, FREE | 3
        run_at  0
        want    DONE, 0, 10000h

        ; --- 16-bit addresses wrap, sums of 32 bits too
        mov     dword [SCRATCH + 5], 11223344h
        probe   "16-bit address: BX + DI wraps at 64K"
        ring    3
        descriptor FREE, SCRATCH, 0FFFFh, 0F3h, 0
        set     fs, FREE | 3
        set     ebx, 0FFFFh
        set     edi, 6
        code
        mov     eax, [fs:bx + di]
        endcode
        set     eax, 11223344h
        want_done

        probe   "32-bit address: sums wrap at 4 GBytes"
        set     ebx, 0FFFFFFFFh
        code
        mov     eax, [ebx + SCRATCH + 6]
        endcode
        set     eax, 11223344h
        want_done

        probe   "base + offset wraps at 4 GBytes"
        descriptor FREE, 0FFFFF000h, 0FFFFFh, 0F3h, 0Ch
        ring    3
        set     fs, FREE | 3
        code
        mov     eax, [fs:SCRATCH + 1005h]
        endcode
        set     eax, 11223344h
        want_done

        ; IRET to a 16-bit stack loads SP alone: the upper half of ESP is what it was at CPL 0.
        descriptor FREE, BASE, 0FFFFh, 0F3h, 0
        probe   "IRET to a 16-bit stack leaves the upper half of ESP"
        ring    3
        set     ss, FREE | 3
        set     esp, 12345678h
        code
        endcode
        set     esp, (STACK - 10000h) & 0FFFF0000h | 5678h
        want_done

        probe   "flat segment: a doubleword at FFFFFFFEh is beyond the limit"
        code
.f:     mov     eax, [0FFFFFFFEh]
        endcode
        want    xGP, 0

        probe   "flat stack: POP at FFFFFFFEh is beyond the limit"
        ring    3
        set     esp, 0FFFFFFFEh
        code
.f:     pop     eax
        endcode
        want    xSS, 0

        probe   "string instruction with 16-bit addresses: SI wraps"
        descriptor FREE, SCRATCH, 0FFFFh, 0F3h, 0
        ring    3
        set     ds, FREE | 3
        set     es, FREE | 3
        set     esi, 0FFFEh
        set     edi, 100h
        set     ecx, 4
        code
        a16 rep movsb
        endcode
        set     esi, 2
        set     edi, 104h
        set     ecx, 0
        want_done

        probe   "string instruction with 16-bit addresses: a word at FFFFh faults"
        ring    3
        set     ds, FREE | 3
        set     esi, 0FFFFh
        code
.f:     a16 lodsw
        endcode
        want    xGP, 0

        ; --- tables
        probe   "LGDT with operand size 16 loads 24 bits of base"
        mov     word [SCRATCH], 100h
        mov     dword [SCRATCH + 2], 0AB123456h
        sgdt    [SCRATCH + 8]
        o16 lgdt [SCRATCH]
        sgdt    [SCRATCH + 16]
        lgdt    [SCRATCH + 8]
        is      "the base", [SCRATCH + 18], 123456h

        probe   "LLDT: a selector of the LDT"
        set     eax, 0Ch
        code
.f:     lldt    ax
        endcode
        want    xGP, 0Ch

        probe   "LLDT: not an LDT"
        set     eax, DATA0
        code
.f:     lldt    ax
        endcode
        want    xGP, DATA0

        probe   "LLDT: not present"
        descriptor FREE, ldt0, 0FFh, 02h, 0
        set     eax, FREE
        code
.f:     lldt    ax
        endcode
        want    xNP, FREE

        probe   "LLDT null, then an LDT selector"
        mov     ax, 0
        lldt    ax
        set     eax, 7
        code
.f:     mov     es, ax
        endcode
        want    xGP, 4

        mov     ax, LDT0
        lldt    ax
        mov     dword [ldt0 + 8], 0FFFFh
        mov     dword [ldt0 + 12], 0CFF300h
        probe   "a selector of the LDT"
        set     eax, 0Fh
        code
        mov     es, ax
        endcode
        set     es, 0Fh
        want_done

        probe   "a selector beyond the LDT"
        set     eax, 107h
        code
.f:     mov     es, ax
        endcode
        want    xGP, 104h
        xor     eax, eax
        lldt    ax

        probe   "LTR: null"
        set     eax, 0
        code
.f:     ltr     ax
        endcode
        want    xGP, 0

        probe   "LTR: busy"
        set     eax, TSS0
        code
.f:     ltr     ax
        endcode
        want    xGP, TSS0

        probe   "LTR: not present"
        descriptor FREE, tss1, 67h, 09h, 0
        set     eax, FREE
        code
.f:     ltr     ax
        endcode
        want    xNP, FREE

        probe   "LTR: a selector of the LDT"
        set     eax, 0Ch
        code
.f:     ltr     ax
        endcode
        want    xGP, 0Ch

        ; --- LAR, LSL, VERR, VERW, ARPL
%macro inspect 6                        ; text, ring, selector, instruction, expected ZF, expected EAX
        probe   %1
        ring    %2
        set     eax, 0EEEEEEEEh
        set     ecx, %3
        mov     dword [flag_mask], 40h
        set     eflags, %5 << 6
        xor     dword [context + machine.eflags], 40h | 2
        or      dword [context + machine.eflags], 2
        code
        %4
        endcode
        set     eflags, %5 << 6
        set     eax, %6
        want_done
%endmacro
        descriptor FREE, 12345678h, 0ABCDEh, 0F3h, 0Dh
        inspect "LAR of data", 3, FREE | 3, {lar eax, cx}, 1, 0DAF300h
        inspect "LSL of data with granularity", 3, FREE | 3, {lsl eax, ecx}, 1, 0ABCDEFFFh
        inspect "LAR of a null selector", 0, 3, {lar eax, cx}, 0, 0EEEEEEEEh
        inspect "LSL beyond the GDT", 0, 0FFF8h, {lsl eax, ecx}, 0, 0EEEEEEEEh
        inspect "LAR of more privileged data", 3, DATA0, {lar eax, cx}, 0, 0EEEEEEEEh
        inspect "LAR: RPL counts", 0, DATA0 | 3, {lar eax, cx}, 0, 0EEEEEEEEh
        descriptor FREE, 0, 0FFFFFh, 9Eh, 0Ch
        inspect "LAR of conforming code", 3, FREE | 3, {lar eax, cx}, 1, 0CF9E00h
        inspect "VERR of conforming code", 3, FREE | 3, {verr cx}, 1, 0EEEEEEEEh
        inspect "VERW of conforming code", 3, FREE | 3, {verw cx}, 0, 0EEEEEEEEh
        descriptor FREE, 0, 0FFFFFh, 0F8h, 0Ch
        inspect "VERR of execute-only code", 3, FREE | 3, {verr cx}, 0, 0EEEEEEEEh
        descriptor FREE, 0, 0FFFFFh, 0F0h, 0Ch
        inspect "VERR of read-only data", 3, FREE | 3, {verr cx}, 1, 0EEEEEEEEh
        inspect "VERW of read-only data", 3, FREE | 3, {verw cx}, 0, 0EEEEEEEEh
        descriptor FREE, 0, 0FFFFFh, 72h, 0Ch
        inspect "VERW of writable data that is not present", 3, FREE | 3, {verw cx}, 1, 0EEEEEEEEh
        inspect "LAR of data that is not present", 3, FREE | 3, {lar eax, cx}, 1, 0CF7200h
        inspect "LAR of a TSS", 0, TSS1, {lar eax, cx}, 1, 008900h
        inspect "LSL of a TSS", 0, TSS1, {lsl eax, ecx}, 1, 67h
        gdt_gate FREE, CODE0, 5678h, 8Ch
        inspect "LAR of a call gate", 0, FREE, {lar eax, cx}, 1, 8C00h
        inspect "LSL of a call gate", 0, FREE, {lsl eax, ecx}, 0, 0EEEEEEEEh
        gdt_gate FREE, CODE0, 5678h, 8Eh
        inspect "LAR of an interrupt gate", 0, FREE, {lar eax, cx}, 0, 0EEEEEEEEh
        gdt_gate FREE, CODE0, 5678h, 85h
        inspect "LAR of a task gate", 0, FREE, {lar eax, cx}, 1, 8500h
        descriptor FREE, 0, 0, 80h, 0
        inspect "LAR of type 0", 0, FREE, {lar eax, cx}, 0, 0EEEEEEEEh
        inspect "VERR of a system segment", 0, TSS1, {verr cx}, 0, 0EEEEEEEEh
        inspect "LAR with a 16-bit destination", 3, DATA3, {lar ax, cx}, 1, 0EEEEF300h

        probe   "ARPL raises"
        set     eax, 8
        set     ecx, 3
        code
        arpl    ax, cx
        endcode
        set     eax, 0Bh
        want_done

        probe   "ARPL leaves"
        set     eax, 0Bh
        set     ecx, 1
        code
        arpl    ax, cx
        endcode
        want_done

        jmp     finish
