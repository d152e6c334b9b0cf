; Paging: linear addresses become physical ones through two levels of tables (SDM Vol. 3A, chapter on paging).
;
; Three experiments: a page is mapped and shows the bytes of its frame; a page that is missing is touched; a page that is
; read-only is written. The last two raise #PF on purpose. The handler decodes the error code, repairs the table, and
; returns: the processor then does the instruction again, and it succeeds, as if nothing had happened.

PRESENT         equ 1 << 0
WRITABLE        equ 1 << 1
CR0_WP          equ 1 << 16             ; ring 0 honours read-only pages, too (since the 486)
CR0_PG          equ 1 << 31

MISSING         equ WINDOW + 1234h      ; in the page after the first
%define entry_of(linear) (HIGH_TABLE + (((linear) >> 12) & 3FFh) * 4)

        bits 32
paging_check:
        pushad
        call    paging_on

; 1: a page at C0000000h and the frame at FRAME_A are the same memory.
        mov     dword [WINDOW + 10h], "SAME"
        mov     edi, in_box(ROW_PAGING, RIGHT, 1)
        mov     edx, WINDOW
        call    put_address
        mov     esi, .is
        mov     ah, LABEL
        call    put_string
        mov     edx, FRAME_A
        mov     ah, VALUE
        call    put_hex32
        cmp     dword [FRAME_A + 10h], "SAME"
        jne     .failed
        mov     esi, .same
        mov     ah, GOOD
        call    put_string

; 2: read a page that is not there.
        mov     dword [FRAME_B + (MISSING & 0FFFh)], "HERE"
        mov     edi, in_box(ROW_PAGING, RIGHT, 2)
        mov     esi, .read
        mov     ah, LABEL
        call    put_string
        mov     dword [fault_repair], FRAME_B | PRESENT | WRITABLE
        mov     eax, [MISSING]          ; #PF, repaired, done again
        cmp     eax, "HERE"
        jne     .failed
        mov     edx, MISSING
        mov     ecx, 0000b              ; what the error code has to be
        call    draw_fault
        jc      .failed

; 3: write a page that is read-only. A 386 has no CR0.WP and lets ring 0 write.
        mov     eax, cr0
        test    eax, CR0_WP
        jz      .no_wp
        mov     dword [entry_of(WINDOW)], FRAME_A | PRESENT
        call    flush_tlb
        mov     edi, in_box(ROW_PAGING, RIGHT, 4)
        mov     esi, .write
        mov     ah, LABEL
        call    put_string
        mov     dword [fault_repair], FRAME_A | PRESENT | WRITABLE
        mov     dword [WINDOW], "DONE"  ; #PF, repaired, done again
        cmp     dword [FRAME_A], "DONE"
        jne     .failed
        mov     edx, WINDOW
        mov     ecx, 0011b
        call    draw_fault
        jc      .failed
.passed:
        mov     edi, in_box(ROW_PAGING, RIGHT, 6)
        mov     edx, [fault_count]
        mov     ah, VALUE
        call    put_decimal
        mov     esi, .repaired
        mov     ah, LABEL
        call    put_string
        popad
        clc
        ret
.no_wp:
        mov     edi, in_box(ROW_PAGING, RIGHT, 4)
        mov     esi, .old
        mov     ah, LABEL
        call    put_string
        jmp     .passed
.failed:
        popad
        stc
        ret
.is:            db " is frame ", 0
.same:          db " ", 0FBh, 0
.read:          db "Read  ", 0
.write:         db "Write ", 0
.old:           db "No CR0.WP: this is a 386.", 0
.repaired:      db " faults repaired and resumed", 0
                times 7 db 0            ; the addresses behind it are in pages of docs

paging_on:
        mov     edi, PAGE_DIRECTORY     ; directory, both tables and both frames: all empty
        mov     ecx, (FRAME_B + 1000h - PAGE_DIRECTORY) / 4
        xor     eax, eax
        rep     stosd
        mov     edi, LOW_TABLE          ; 0-4 MiB to itself, or the next instruction would be elsewhere
        mov     eax, PRESENT | WRITABLE
        mov     ecx, 1024
.page:
        stosd
        add     eax, 1000h
        loop    .page
        mov     dword [PAGE_DIRECTORY], LOW_TABLE | PRESENT | WRITABLE
        mov     dword [PAGE_DIRECTORY + (WINDOW >> 22) * 4], HIGH_TABLE | PRESENT | WRITABLE
        mov     dword [entry_of(WINDOW)], FRAME_A | PRESENT | WRITABLE
        mov     eax, PAGE_DIRECTORY
        mov     cr3, eax
        mov     eax, cr0
        or      eax, CR0_PG | CR0_WP
        mov     cr0, eax
        jmp     .paged
.paged:
        ret

flush_tlb:                              ; loading CR3 forgets all translations
        push    eax
        mov     eax, cr3
        mov     cr3, eax
        pop     eax
        ret

; #PF: CR2 holds the linear address. Only a fault that an experiment has announced by `fault_repair` is repaired.
page_fault:
        mov     eax, cr2
        mov     edx, [fault_repair]
        test    edx, edx
        jz      unexpected
        mov     ecx, eax
        shr     ecx, 22
        cmp     ecx, WINDOW >> 22
        jne     unexpected
        mov     [fault_address], eax
        mov     ecx, [esp + 4 + FRAME_ERROR]
        mov     [fault_error], ecx
        inc     dword [fault_count]
        shr     eax, 12
        and     eax, 3FFh
        mov     [HIGH_TABLE + eax * 4], edx
        mov     dword [fault_repair], 0
        jmp     flush_tlb

; The fault in words, at EDI and in the line below. EDX = address and ECX = error code that it must have had; CF = 1 if not.
draw_fault:
        pushad
        mov     ebp, edx
        mov     ebx, edi
        mov     edx, [fault_address]
        call    put_address
        mov     esi, .code
        mov     ah, LABEL
        call    put_string
        mov     edx, [fault_error]
        mov     ah, VALUE
        call    put_decimal
        mov     edi, ebx                ; next row, indented
        sub     edi, 2 * 6
        add     edi, 160
        mov     ah, VALUE
        mov     esi, .missing
        test    dl, 1
        jz      .present
        mov     esi, .protection
.present:
        call    put_string
        mov     esi, .read
        test    dl, 2
        jz      .access
        mov     esi, .write
.access:
        call    put_string
        mov     esi, .supervisor
        test    dl, 4
        jz      .level
        mov     esi, .user
.level:
        call    put_string
        cmp     [fault_address], ebp
        jne     .wrong
        cmp     [fault_error], ecx
        jne     .wrong
        popad
        clc
        ret
.wrong:
        popad
        stc
        ret
.code:          db ": #PF, error code ", 0
.missing:       db "= page not present, ", 0
.protection:    db "= page protected, ", 0
.read:          db "read ", 0
.write:         db "write ", 0
.supervisor:    db "by ring 0", 0
.user:          db "by ring 3", 0

put_address:                            ; EDX
        push    eax
        mov     ah, VALUE
        call    put_hex32
        pop     eax
        ret

        align 4
fault_repair:   dd 0                    ; the table entry that mends the next fault; 0: none expected
fault_address:  dd 0
fault_error:    dd 0
fault_count:    dd 0
