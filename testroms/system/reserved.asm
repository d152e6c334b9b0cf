; cpu: max
; Reserved bits of four-level paging, every bit of every kind of entry, as CPUID's MAXPHYADDR says; with execute-disable enabled and without;
; what the error code says of the access. SDM Vol. 3A, section 4.5 and table 4-19.
%include "lib/start.inc"
%include "lib/long.inc"

; Tables of their own for the addresses from OWN on, so that nothing else goes through an entry under test.
OWN     equ     8000000000h             ; PML4 entry 1
PDPT1   equ     130000h
PD1     equ     131000h
PT1     equ     132000h
GIGABYTE equ    40000000h               ; a page of 1 GByte, entry 1
LARGE   equ     200000h                 ; a page of 2 MBytes, entry 1
; Bits that are looked at by themselves: G, those that hardware ignores, D of an entry that leads to a table; and PS where it is no choice.
IGNORED equ     7FF0000000000F00h

        section .text
        bits    32
main:   call    make_long_tables
        call    make_long_descriptors
        mov     edi, PDPT1
        mov     ecx, 3000h / 4
        xor     eax, eax
        rep     stosd
        mov     dword [PML4 + 8], PDPT1 | 7
        mov     dword [PDPT1], PD1 | 7
        mov     dword [PDPT1 + 8], 87h
        mov     dword [PD1], PT1 | 7
        mov     dword [PD1 + 8], 400087h
        mov     dword [PT1], AREA64 | 7
        mov     byte [AREA64], 0C3h     ; RET
        call    long_mode_on
        mov     eax, 80000008h
        cpuid
        mov     cl, al
        jmp     CODE64:long_start

        bits    64
long_start:
        mov     r12d, RESULTS
        mov     esp, STACK
        xor     edx, edx
        mov     ss, edx
        mov     edx, 1                  ; R14: bits 51 to MAXPHYADDR
        shl     rdx, cl
        dec     rdx
        not     rdx
        mov     r14, 000FFFFFFFFFFFFFh
        and     r14, rdx
        mov     [beyond], r14

; entries "text", address of the entry, an address that goes through it, bits that are reserved besides those beyond MAXPHYADDR
%macro entries 4
        mov     ebx, %2
        mov     rdi, OWN + %3
        mov     r13, %4
        call    look
        value64 {%1, ": reserved, low half"}, r8d, r9d
        mov     rax, r8
        shr     rax, 32
        mov     rdx, r9
        shr     rdx, 32
        value64 {%1, ": reserved, high half"}, eax, edx
        mov     eax, [codes]
        mov     edx, [codes + 4]
        shl     edx, 16
        or      eax, edx
        value64 {%1, ": error codes of loads, stores and fetches"}, eax, [wanted_codes]
        mov     eax, [codes + 8]
        value64 {%1, ": loads of ring 3"}, eax, 0Dh
%endmacro
%macro all_entries 2                    ; text, bits that are reserved in all
        entries {"PML4 entry", %1}, PML4 + 8, 0, (%2) | 80h
        entries {"page-directory-pointer table entry", %1}, PDPT1, 0, %2
        entries {"page-directory entry", %1}, PD1, 0, %2
        entries {"page-table entry", %1}, PT1, 0, %2
        entries {"2-MByte page", %1}, PD1 + 8, LARGE, (%2) | 1FE000h
        entries {"1-GByte page", %1}, PDPT1 + 8, GIGABYTE, (%2) | 3FFFE000h
%endmacro
        mov     dword [wanted_codes], 90B0009h
        all_entries " without NXE", 8000000000000000h
        mov     ecx, 0C0000080h
        rdmsr
        bts     eax, 11                 ; NXE
        wrmsr
        mov     dword [wanted_codes], 190B0009h
        all_entries " with NXE", 0
        ; --- what is no reserved bit: P comes first
        bts     qword [PT1], 51
        btr     qword [PT1], 0
        mov     rbx, OWN
        invlpg  [rbx]
        check64 "an entry that is not present has no reserved bits", EXPECT(xPF, 0), {mov al, [rbx]}
        bts     qword [PT1], 0
        ; --- CR3: its bits beyond MAXPHYADDR are no page fault's business
        mov     rax, cr3
        or      rax, [beyond]
        check64 "MOV to CR3 with them", EXPECT(xGP, 0), {mov cr3, rax}
        go_outside

; For each bit of the entry at RBX that is reserved or ignored: does a load from RDI fault with error 9? R8 = the bits that do, R9 = those that should,
; of which R13 are some. `codes`: the error codes of a load, a store, a fetch, and a load in ring 3 with the highest reserved bit set.
look:   mov     r9, r13
        or      r9, [beyond]
        mov     r10, IGNORED
        or      r10, r9
        xor     r8d, r8d
        mov     ecx, 63
.bit:   bt      r10, rcx
        jnc     .next
        call    .set
        lea     rax, [rel .load]
        call    attempt
        call    .clear
        cmp     eax, EXPECT(xPF, 9)
        jne     .next
        bts     r8, rcx
.next:  dec     ecx
        jns     .bit
        bsr     rcx, r9
        call    .set
        lea     rax, [rel .load]
        call    attempt
        mov     [codes], ax
        lea     rax, [rel .store]
        call    attempt
        mov     [codes + 4], al
        lea     rax, [rel .fetch]
        call    attempt
        mov     [codes + 5], al
        lea     rax, [rel .user]
        call    attempt
        mov     [codes + 8], ax
        call    .clear
        ret
.set:   bts     qword [rbx], rcx
        invlpg  [rdi]
        ret
.clear: btr     qword [rbx], rcx
        invlpg  [rdi]
        ret
.load:  mov     al, [rdi]
        ret
.store: mov     [rdi], al
        ret
.fetch: call    rdi
        ret
.user:  iretq64 USER64, USER, .user_load, USTACK
.user_load:
        mov     al, [rdi]
        int     41h

attempt:                                ; executes RAX; EAX = vector and error code, or NONE
        lea     r15, [rel .after]
        mov     [resume64], r15
        mov     [stack64], rsp
        mov     dword [got64], EXPECT(NONE, 0)
        call    rax
.after: mov     eax, [got64]
        ret

        bits    32
outside:
        call    leave_long_mode
        compare_notes RESULTS

        section .data
        align   8
beyond: dq      0
codes:  dd      0, 0, 0
wanted_codes:
        dd      0
