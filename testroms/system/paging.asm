; Paging: every bit of the error code, accessed and dirty flags, WP, large pages, PAE with reserved bits and execute-disable, global pages,
; INVLPG, page-crossing accesses, implicit accesses. SDM Vol. 3A, chapter 4.
%include "lib/start.inc"
%include "lib/paging.inc"

%macro access_fault 5                   ; text, ring, instruction, error code, CR2
        probe   %1
        ring    %2
        code
.f:     %3
        endcode
        set     cr2, %5
        want    xPF, %4
%endmacro
%macro access_works 3
        probe   %1
        ring    %2
        code
        %3
        endcode
        mov     dword [ignored], 1 << 7
        want_done
%endmacro
%macro bits_are 3                       ; text, address, value of the low 12 bits
        mov     eax, [%2]
        and     eax, 0FFFh
        is      %1, eax, %3
%endmacro

main:
        call    paging_on
        ; --- error codes
        pte     0, 0
        access_fault "supervisor read, not present", 0, {mov eax, [AREA + 123h]}, 0, AREA + 123h
        access_fault "supervisor write, not present", 0, {mov [AREA + 123h], eax}, 2, AREA + 123h
        access_fault "user read, not present", 3, {mov eax, [AREA + 123h]}, 4, AREA + 123h
        access_fault "user write, not present", 3, {mov [AREA + 123h], eax}, 6, AREA + 123h
        access_fault "read-modify-write, not present, is a write", 3, {inc dword [AREA]}, 6, AREA
        access_fault "CMP is a read", 3, {cmp dword [AREA], 0}, 4, AREA
        access_fault "ring 1 is supervisor", 1, {mov eax, [AREA]}, 0, AREA
        access_fault "ring 2 is supervisor", 2, {mov [AREA], eax}, 2, AREA
        pte     0, AREA | 3
        access_fault "user read of a supervisor page", 3, {mov eax, [AREA]}, 5, AREA
        access_fault "user write of a supervisor page", 3, {mov [AREA], eax}, 7, AREA
        access_works "ring 2 reads a supervisor page", 2, {mov eax, [AREA]}
        pte     0, AREA | 5
        access_fault "user write of a read-only page", 3, {mov [AREA], eax}, 7, AREA
        access_fault "supervisor write of a read-only page with WP", 0, {mov [AREA], eax}, 3, AREA
        access_works "user read of a read-only page", 3, {mov eax, [AREA]}
        mov     eax, cr0
        and     eax, ~10000h
        mov     cr0, eax
        access_works "supervisor write of a read-only page without WP", 0, {mov [AREA], eax}
        access_fault "user write of a read-only page without WP", 3, {mov [AREA], eax}, 7, AREA
        mov     eax, cr0
        or      eax, 10000h
        mov     cr0, eax
        access_fault "WP again: the earlier write does not count", 0, {mov [AREA], eax}, 3, AREA
        pte     0, AREA | 7
        mov     dword [PD + 4], PT1 | 5
        call    flush
        access_fault "read-only in the directory", 3, {mov [AREA], eax}, 7, AREA
        mov     dword [PD + 4], PT1 | 3
        call    flush
        access_fault "supervisor in the directory", 3, {mov eax, [AREA]}, 5, AREA
        mov     dword [PD + 4], PT1 | 6
        call    flush
        access_fault "not present in the directory", 3, {mov eax, [AREA]}, 4, AREA
        mov     dword [PD + 4], PT1 | 7
        call    flush
        access_fault "not present: beyond the tables", 0, {mov eax, [0C0000000h]}, 0, 0C0000000h

        probe   "fetch from a page that is not present"
        pte     0, 0
        ring    3
        set     eax, AREA + 10h
        code
        jmp     eax
        endcode
        set     cr2, AREA + 10h
        want    xPF, 4, AREA + 10h

        probe   "fetch from a supervisor page by a user"
        pte     0, AREA | 3
        ring    3
        set     eax, AREA + 10h
        code
        jmp     eax
        endcode
        set     cr2, AREA + 10h
        want    xPF, 5, AREA + 10h

        ; --- accessed and dirty
        pte     0, AREA | 7
        mov     dword [PD + 4], PT1 | 7
        call    flush
        mov     eax, [AREA]
        bits_are "a read sets A, not D", PT1, 27h
        bits_are "and A of the directory", PD + 4, 27h
        mov     [AREA], eax
        bits_are "a write sets D after a read", PT1, 67h
        bits_are "the directory entry has no D", PD + 4, 27h
        pte     0, AREA | 7
        mov     [AREA], eax
        bits_are "a first write sets both", PT1, 67h
        pte     0, AREA | 27h
        mov     [AREA], eax
        bits_are "D with A there before", PT1, 67h
        pte     0, AREA | 7
        lock inc dword [AREA]
        bits_are "LOCK INC sets both", PT1, 67h
        pte     0, AREA | 5
        access_fault "a write that faults", 3, {mov [AREA], eax}, 7, AREA
        mov     eax, [PT1]
        and     eax, 40h
        is      "does not set D", eax, 0
        pte     0, AREA | 7
        mov     byte [AREA], 0C3h
        pte     0, AREA | 7
        mov     eax, AREA
        call    eax
        bits_are "a fetch sets A", PT1, 27h
        pte     0, AREA | 0E07h
        mov     eax, [AREA]
        bits_are "bits 9 to 11 are the system's", PT1, 0E27h
        pte     0, AREA | 7
        mov     ebx, AREA
        mov     eax, 0
        mov     [AREA], eax
        pte     0, AREA | 7
        cmpxchg [AREA], ebx             ; equal: writes
        bits_are "CMPXCHG sets D", PT1, 67h

        ; --- stale translations
        mov     dword [AREA], 1111h
        mov     dword [AREA + 1000h], 2222h
        mov     eax, [AREA]
        mov     dword [PT1], (AREA + 1000h) | 7
        mov     eax, [AREA]             ; either is allowed (SDM 4.10.2.3)
        cmp     eax, 1111h
        je      .allowed
        cmp     eax, 2222h
.allowed:
        sete    al
        movzx   eax, al
        is      "without INVLPG: the old page or the new one", eax, 1
        invlpg  [AREA + 0FFFh]
        is      "after INVLPG: the new one", [AREA], 2222h
        mov     dword [PT1], AREA | 7
        call    flush
        is      "after MOV to CR3: the first again", [AREA], 1111h
        pte     1, 0
        mov     dword [PT1 + 4], (AREA + 1000h) | 7
        is      "not present is never cached", [AREA + 1000h], 2222h
        mov     eax, [AREA]
        mov     dword [PT1], (AREA + 1000h) | 7
        invlpg  [AREA + 1000h]          ; another page: the old one may stay
        invlpg  [AREA]
        is      "INVLPG of this page", [AREA], 2222h
        pte     0, AREA | 7
        ; rights taken away
        mov     [AREA], eax
        pte     0, AREA | 5
        access_fault "write right taken away, INVLPG", 0, {mov [AREA], eax}, 3, AREA
        mov     dword [PT1], AREA | 7   ; given back without INVLPG: after the fault it holds
        mov     [AREA], eax
        is      "write right given back after a fault", [AREA], eax

        ; global pages
        mov     eax, cr4
        or      al, 80h
        mov     cr4, eax
        mov     dword [AREA], 1111h
        mov     dword [AREA + 1000h], 2222h
        pte     0, AREA | 107h
        mov     eax, [AREA]
        mov     dword [PT1], (AREA + 1000h) | 107h
        invlpg  [AREA]
        is      "global: INVLPG", [AREA], 2222h
        mov     dword [PT1], AREA | 107h
        mov     eax, cr4
        and     al, ~80h
        mov     cr4, eax
        is      "global: clearing CR4.PGE", [AREA], 1111h
        or      al, 80h
        mov     cr4, eax
        mov     eax, [AREA]
        mov     dword [PT1], (AREA + 1000h) | 7
        mov     eax, cr0
        and     eax, 7FFFFFFFh
        mov     cr0, eax
        or      eax, 80000000h
        mov     cr0, eax
        is      "global: clearing CR0.PG", [AREA], 2222h
        mov     dword [PT1], AREA | 7
        call    flush
        is      "not global any more: MOV to CR3", [AREA], 1111h
        mov     eax, cr4
        and     al, ~80h
        mov     cr4, eax

        ; --- 4-MByte pages
        mov     eax, cr4
        or      al, 10h
        mov     cr4, eax
        mov     dword [PD + 8], AREA | 87h      ; 800000h leads to 400000h
        mov     dword [AREA + 2345h * 4], 0ABCDEFh
        is      "a 4-MByte page", [AREA * 2 + 2345h * 4], 0ABCDEFh
        bits_are "4 MBytes: A", PD + 8, 0A7h
        mov     dword [AREA * 2], 5
        bits_are "4 MBytes: D", PD + 8, 0E7h
        mov     dword [PD + 8], AREA | 85h
        invlpg  [AREA * 2 + 123456h]
        access_fault "4 MBytes: read-only", 3, {mov [AREA * 2], eax}, 7, AREA * 2
        mov     dword [PD + 8], AREA | 83h
        invlpg  [AREA * 2]
        access_fault "4 MBytes: supervisor", 3, {mov eax, [AREA * 2 + 3FFFFCh]}, 5, AREA * 2 + 3FFFFCh
        mov     dword [PD + 8], AREA | 200087h
        invlpg  [AREA * 2]
        access_fault "4 MBytes: reserved bit 21", 3, {mov eax, [AREA * 2]}, 0Dh, AREA * 2
        access_fault "4 MBytes: reserved bit 21, supervisor write", 0, {mov [AREA * 2], eax}, 0Bh, AREA * 2
        mov     eax, cr4
        and     al, ~10h
        mov     cr4, eax
        mov     dword [PD + 8], PT1 | 87h
        invlpg  [AREA * 2]
        mov     dword [AREA], 77h
        is      "without CR4.PSE bit 7 means nothing", [AREA * 2], 77h

        ; --- across pages
        pte     0, AREA | 7
        pte     1, 0
        mov     dword [AREA + 0FFCh], 0A1B2C3D4h
        access_fault "a write into the next page", 3, {mov [AREA + 0FFEh], eax}, 6, AREA + 1000h
        is      "has written nothing", [AREA + 0FFCh], 0A1B2C3D4h
        access_fault "a read into the next page", 3, {mov eax, [AREA + 0FFDh]}, 4, AREA + 1000h
        access_fault "read-modify-write into the next page", 0, {add [AREA + 0FFFh], eax}, 2, AREA + 1000h
        access_fault "the first of two missing pages", 3, {mov eax, [AREA + 1FFEh]}, 4, AREA + 1FFEh
        pte     1, (AREA + 1000h) | 5
        access_fault "a write into a read-only page", 3, {mov [AREA + 0FFEh], eax}, 7, AREA + 1000h
        pte     1, (AREA + 1000h) | 3
        access_fault "a read into a supervisor page", 3, {mov eax, [AREA + 0FFEh]}, 5, AREA + 1000h
        pte     1, AREA | 7             ; the same physical page: wraps onto its start
        mov     dword [AREA], 0
        mov     dword [AREA + 0FFEh], 12345678h
        mov     eax, [AREA]
        and     eax, 0FFFFh
        is      "a write across pages goes where the tables say", eax, 1234h
        pte     1, 0
        access_fault "FSTP across pages", 0, {fstp tword [AREA + 0FFAh]}, 2, AREA + 1000h
        fninit
        access_fault "FLD across pages", 0, {fld qword [AREA + 0FFCh]}, 0, AREA + 1000h
        fninit
        access_fault "LGDT across pages", 0, {lgdt [AREA + 0FFCh]}, 0, AREA + 1000h
        access_fault "PUSH with the operand missing", 0, {push dword [AREA + 1000h]}, 0, AREA + 1000h
        access_fault "POP to memory leaves ESP", 0, {pop dword [AREA + 1000h]}, 2, AREA + 1000h
        access_fault "XADD changes no register", 0, {xadd [AREA + 1000h], eax}, 2, AREA + 1000h
        access_fault "BTS with a register offset", 0, {bts [AREA + 1000h], ebp}, 2, AREA + 1000h + (((0B5B5B5B5h >> 5) | 0F8000000h) * 4 & 0FFFFFFFFh)

        probe   "PUSHA across pages"
        ring    3
        set     esp, AREA + 1010h
        code
.f:     pushad
        endcode
        mov     dword [ignored], 1 << 18        ; which of its accesses comes first is the processor's business
        want    xPF, 6

        probe   "POPA across pages changes nothing"
        ring    3
        set     esp, AREA + 0FF0h
        code
.f:     popad
        endcode
        mov     dword [ignored], 1 << 18
        want    xPF, 4

        probe   "CALL to a full stack page"
        ring    3
        set     esp, AREA + 1000h + 4
        code
.f:     call    $ + 5
        endcode
        set     cr2, AREA + 1000h
        want    xPF, 6

        probe   "REP MOVSD stops at the missing page"
        ring    3
        set     esi, SCRATCH
        set     edi, AREA + 0FF4h
        set     ecx, 10
        code
.f:     rep     movsd
        endcode
        set     esi, SCRATCH + 12
        set     edi, AREA + 1000h
        set     ecx, 7
        set     cr2, AREA + 1000h
        want    xPF, 6

        probe   "REP MOVSB downwards"
        ring    3
        set     eflags, FLAG_DF | 2
        set     esi, AREA + 2002h
        set     edi, SCRATCH + 100h
        set     ecx, 10
        pte     2, (AREA + 2000h) | 7
        code
.f:     rep     movsb
        endcode
        set     esi, AREA + 1FFFh
        set     edi, SCRATCH + 100h - 3
        set     ecx, 7
        set     cr2, AREA + 1FFFh
        want    xPF, 4

        probe   "an instruction across pages, the second missing"
        mov     byte [AREA + 0FFEh], 0B8h
        ring    3
        run_at  AREA + 0FFEh
        set     cr2, AREA + 1000h
        want    xPF, 4, AREA + 0FFEh

        probe   "an instruction that ends with the page"
        mov     word [AREA + 0FFEh], 40CDh
        ring    3
        run_at  AREA + 0FFEh
        want_done

        probe   "running into a missing page"
        mov     word [AREA + 0FFEh], 9090h
        ring    3
        run_at  AREA + 0FFEh
        set     cr2, AREA + 1000h
        want    xPF, 4, AREA + 1000h

        ; --- the end of the address space
        mov     dword [PD + 0FFCh], PT1 | 7             ; FFC00000h shows AREA
        call    flush
        pte     1023, AREA | 7                          ; FFFFF000h
        mov     dword [AREA + 0FFCh], 90909090h
        mov     word [0], 40CDh
        probe   "running over FFFFFFFFh goes on at 0"
        ring    3
        run_at  0FFFFFFFCh
        want    DONE, 0, 2

        mov     dword [AREA + 0FFCh], 0CD909090h
        mov     byte [0], 40h
        pte     1023, AREA | 7
        probe   "code segment with a base: EIP + base wraps at 4 GBytes"
        descriptor FREE, 0FFFFF000h, 0FFFFFh, 0FBh, 0Ch
        mov     word [1000h], 40CDh
        ring    3
        set     cs, FREE | 3
        run_at  2000h
        want    DONE, 0, 2002h
        mov     dword [PD + 0FFCh], 0
        call    flush

        ; --- implicit accesses are supervisor's
        mov     dword [gdt + LDT0], 0FFh
        mov     dword [gdt + LDT0 + 4], 00008240h       ; base 400000h
        mov     ax, LDT0
        lldt    ax
        mov     dword [AREA + 8], 0FFFFh
        mov     dword [AREA + 12], 0CFF200h
        pte     0, 0
        probe   "a descriptor in a missing page, from ring 3"
        ring    3
        set     eax, 0Fh
        code
.f:     mov     es, ax
        endcode
        set     cr2, AREA + 8
        want    xPF, 0

        probe   "the accessed bit in a read-only page"
        pte     0, AREA | 1
        ring    3
        set     eax, 0Fh
        code
.f:     mov     es, ax
        endcode
        set     cr2, AREA + 0Dh
        mov     dword [ignored], 1 << 18        ; of the byte or of the doubleword it is in
        want    xPF, 3

        probe   "a descriptor in a supervisor page, from ring 3"
        pte     0, AREA | 3
        ring    3
        set     eax, 0Fh
        code
        mov     es, ax
        endcode
        set     es, 0Fh
        want_done
        is      "and its accessed bit", [AREA + 12], 0CFF300h
        xor     eax, eax
        lldt    ax

        probe   "the inner stack in a missing page"
        pte     0, 0
        mov     dword [tss0 + 12], AREA + 20h
        idt_gate 50h, CODE1, 12345h, 0EEh
        ring    3
        code
.f:     int     50h
        endcode
        mov     dword [tss0 + 12], STACK1
        mov     dword [ignored], 1 << 18
        want    xPF, 2

        probe   "the IDT in a missing page: #UD, then #PF"
        pte     0, AREA | 7
        mov     word [SCRATCH], 7FFh
        mov     dword [SCRATCH + 2], AREA + 1000h - xUD * 8 - 8   ; #UD's gate is the last on its page
        mov     esi, idt
        mov     edi, AREA + 1000h - xUD * 8 - 8
        pte     1, (AREA + 1000h) | 7
        mov     ecx, 200h
        rep     movsd
        mov     eax, [SCRATCH + 2]
        add     eax, (xUD - 1) * 8              ; one byte more: shift by a vector
        lidt    [SCRATCH]
        ring    3
        code
.f:     ud2
        endcode
        lidt    [idt_pointer]
        want    xUD, 0

        probe   "#NP while delivering #PF: #DF"
        pte     0, 0
        mov     byte [idt + xPF * 8 + 5], 0Eh
        ring    3
        code
.f:     mov     eax, [AREA]
        endcode
        idt_default xPF
        mov     dword [flag_mask], 3E7700h
        want    xDF, 0

        probe   "MOV to CR2"
        mov     eax, 0DEADBEEFh
        mov     cr2, eax
        mov     eax, cr2
        is      "reads back", eax, 0DEADBEEFh

        call    paging_off
        probe   "CR0.PG without PE"
        mov     eax, cr0
        or      eax, 80000000h
        and     al, ~1
        mov     [context + machine.eax], eax
        code
.f:     mov     cr0, eax
        endcode
        want    xGP, 0

        ; --- PAE
        call    pae_on
        pae_pte 0, 0
        access_fault "PAE: user read, not present", 3, {mov eax, [AREA]}, 4, AREA
        pae_pte 0, AREA | 5
        access_fault "PAE: user write, read-only", 3, {mov [AREA], eax}, 7, AREA
        pae_pte 0, AREA | 3
        access_fault "PAE: user read, supervisor", 3, {mov eax, [AREA]}, 5, AREA
        pae_pte 0, AREA | 7, 100000h
        access_fault "PAE: reserved bit 52 of a table entry", 3, {mov eax, [AREA]}, 0Dh, AREA
        pae_pte 0, AREA | 7, 40000000h
        access_fault "PAE: reserved bit 62, supervisor write", 0, {mov [AREA], eax}, 0Bh, AREA
        pae_pte 0, AREA | 7, 80000000h
        access_fault "PAE: bit 63 without EFER.NXE is reserved", 3, {mov eax, [AREA]}, 0Dh, AREA
        pae_pte 0, AREA | 7
        mov     eax, [AREA]
        bits_are "PAE: A", PAE_PT1, 27h
        mov     [AREA], eax
        bits_are "PAE: D", PAE_PT1, 67h
        mov     dword [PAE_PD + 20], 100000h
        call    flush
        access_fault "PAE: reserved bit of a directory entry", 3, {mov eax, [AREA]}, 0Dh, AREA
        mov     dword [PAE_PD + 20], 0
        mov     dword [PAE_PD + 24], AREA | 87h         ; 600000h: 2 MBytes at 400000h
        mov     dword [PAE_PD + 28], 0
        call    flush
        mov     dword [AREA + 123450h], 0FEEDh
        is      "PAE: a 2-MByte page", [600000h + 123450h], 0FEEDh
        mov     dword [PAE_PD + 24], AREA | 2087h
        call    flush
        access_fault "PAE: reserved bit 13 of a 2-MByte page", 3, {mov eax, [600000h]}, 0Dh, 600000h
        access_fault "PAE: a missing page-directory pointer", 3, {mov eax, [40000000h]}, 4, 40000000h
        mov     dword [PAE_PD + 24], AREA | 87h
        call    flush

        ; the pointers are registers, loaded with CR3
        mov     dword [PDPT + 8], PAE_PD | 1            ; not seen yet
        access_fault "PAE: a pointer written is not seen", 0, {mov eax, [40000000h + AREA]}, 0, 40000000h + AREA
        call    flush
        access_works "PAE: and seen after MOV to CR3", 0, {mov eax, [40000000h + AREA]}
        mov     dword [PDPT + 8], 0
        call    flush
        mov     dword [PDPT + 16], PAE_PD | 3
        probe   "PAE: reserved bit 1 of a pointer: #GP at MOV to CR3"
        set     eax, PDPT
        code
.f:     mov     cr3, eax
        endcode
        want    xGP, 0
        mov     dword [PDPT + 16], 2                    ; not present: no matter
        access_works "PAE: a pointer that is not present may have any bits", 0, {db 0Fh, 20h, 0D8h, 0Fh, 22h, 0D8h}
        mov     dword [PDPT + 16], 0

        ; execute-disable
        mov     eax, 80000001h
        cpuid
        mov     eax, 80000000h
        cpuid
        mov     ecx, 0C0000080h
        rdmsr
        or      eax, 800h
        wrmsr
        pae_pte 0, AREA | 7
        mov     word [AREA], 40CDh
        pae_pte 0, AREA | 7, 80000000h
        access_works "NX: data may be read", 3, {mov eax, [AREA]}
        probe   "NX: user fetch"
        ring    3
        run_at  AREA
        set     cr2, AREA
        want    xPF, 15h, AREA
        probe   "NX: supervisor fetch"
        run_at  AREA
        set     cr2, AREA
        want    xPF, 11h, AREA
        pae_pte 0, 0
        probe   "NX: fetch from a missing page has the I/D bit"
        ring    3
        run_at  AREA
        set     cr2, AREA
        want    xPF, 14h, AREA
        pae_pte 0, AREA | 7
        mov     dword [PAE_PD + 20], 80000000h
        call    flush
        probe   "NX: in the directory"
        ring    3
        run_at  AREA
        set     cr2, AREA
        want    xPF, 15h, AREA
        mov     dword [PAE_PD + 20], 0
        call    flush
        probe   "NX: none: runs"
        ring    3
        run_at  AREA
        want_done
        mov     byte [AREA + 0FFFh], 0CDh
        mov     byte [AREA + 1000h], 40h
        pae_pte 1, (AREA + 1000h) | 7, 80000000h
        probe   "NX: the second page of an instruction"
        ring    3
        run_at  AREA + 0FFFh
        set     cr2, AREA + 1000h
        want    xPF, 15h, AREA + 0FFFh
        mov     ecx, 0C0000080h
        rdmsr
        and     eax, ~800h
        wrmsr
        call    pae_off
        jmp     finish
