; Page faults and changes of address space. ECX = units; the answer is a checksum in EAX.

        bits 32
; Demand paging: 256 pages are touched, each one faults and gets its frame; then all are taken away. Unit: 256 faults.
page_fault:
        mov     [units_left], ecx
        call    paging_init
        mov     eax, .handler
        mov     ebx, 0Eh
        call    set_gate
        xor     ebp, ebp
.unit:
        mov     esi, WINDOW + 100h
.touch:
        add     [esi], esi
        add     ebp, [esi]
        add     esi, 1000h
        cmp     esi, WINDOW + 256 * 1000h
        jb      .touch
        mov     edi, WINDOW_TABLE
        mov     ecx, 256
        xor     eax, eax
        rep     stosd
        mov     eax, cr3
        mov     cr3, eax
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebp
        ret
.handler:
        push    eax
        push    edx
        mov     edx, cr2
        shr     edx, 12
        and     edx, 3FFh
        mov     eax, edx
        shl     eax, 12
        add     eax, FRAMES | PRESENT | WRITABLE
        mov     [WINDOW_TABLE + edx * 4], eax
        pop     edx
        pop     eax
        add     esp, 4                  ; the error code
        iretd

; Two address spaces with the same page numbers and other frames. Unit: there and back, eight pages touched in each.
page_cr3:
        mov     [units_left], ecx
        call    paging_init
        xor     ecx, ecx
        mov     eax, FRAMES | PRESENT | WRITABLE
.map:
        mov     [WINDOW_TABLE + ecx * 4], eax
        lea     edx, [eax + 100000h]
        mov     [OTHER_TABLE + ecx * 4], edx
        add     eax, 1000h
        inc     ecx
        cmp     ecx, 8
        jb      .map
        xor     ebx, ebx
.unit:
        mov     eax, OTHER_DIRECTORY
        mov     cr3, eax
        call    .touch
        mov     eax, PAGE_DIRECTORY
        mov     cr3, eax
        call    .touch
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
.touch:
%assign page 0
%rep 8
        rol     ebx, 1
        add     ebx, [WINDOW + page * 1000h]
        inc     dword [WINDOW + page * 1000h]
  %assign page page + 1
%endrep
        ret
