; Memory workloads. ECX = units; the answer is a checksum in EAX.

        bits 32
; Copies with MOV, four dwords a turn. Unit: 64 KiB.
mem_copy:
        mov     [units_left], ecx
        mov     edi, BUFFER
        mov     ecx, 16384
        call    fill_random
        mov     esi, BUFFER
        mov     edi, BUFFER_2
.unit:
        xor     ecx, ecx
.copy:
        mov     eax, [esi + ecx]
        mov     ebx, [esi + ecx + 4]
        mov     [edi + ecx], eax
        mov     [edi + ecx + 4], ebx
        mov     eax, [esi + ecx + 8]
        mov     ebx, [esi + ecx + 12]
        mov     [edi + ecx + 8], eax
        mov     [edi + ecx + 12], ebx
        add     ecx, 16
        cmp     ecx, 65536
        jb      .copy
        movzx   eax, word [units_left]
        add     [edi + eax], eax        ; so that no two copies are alike
        xchg    esi, edi
        dec     dword [units_left]
        jnz     .unit
        xor     eax, eax
        mov     ecx, 16384
.sum:
        rol     eax, 1
        add     eax, [esi - 4 + ecx * 4]
        dec     ecx
        jnz     .sum
        ret

; REP MOVSD and REP STOSD. Unit: 64 KiB copied and 64 KiB filled.
mem_rep:
        mov     [units_left], ecx
        mov     edi, BUFFER
        mov     ecx, 16384
        call    fill_random
        xor     ebx, ebx
.unit:
        mov     esi, BUFFER
        mov     edi, BUFFER_2
        mov     ecx, 16384
        rep     movsd
        mov     ecx, 16384
        mov     eax, [units_left]
        rep     stosd
        rol     ebx, 1
        add     ebx, [BUFFER_2 + 65532]
        xor     ebx, [BUFFER_2 + 131068]
        add     [BUFFER + 65532], ebx
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; REPNE SCASB, REPE CMPSD and LODSB over 4 KiB. Unit: one of each.
mem_scan:
        mov     [units_left], ecx
        mov     edi, BUFFER
        mov     ecx, 1024
        mov     eax, 55555555h
        rep     stosd
        mov     edi, BUFFER_2
        mov     ecx, 1024
        rep     stosd
        mov     byte [BUFFER + 4095], 0AAh
        xor     ebx, ebx
.unit:
        mov     edi, BUFFER
        mov     ecx, 4096
        mov     al, 0AAh
        repne   scasb
        add     ebx, edi
        mov     esi, BUFFER
        mov     edi, BUFFER_2
        mov     ecx, 1024
        repe    cmpsd
        add     ebx, esi
        mov     esi, BUFFER
        mov     ecx, 1024
.load:
        lodsb
        rol     ebx, 1
        add     bl, al
        dec     ecx
        jnz     .load
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret

; A linked list whose 16384 nodes of 64 bytes are strewn over 1 MiB. Unit: 1000 hops.
mem_list:
        mov     [units_left], ecx
        xor     ecx, ecx
.node:
        imul    eax, ecx, 5             ; i -> 5i + 3009 mod 16384 visits every node (Hull and Dobell)
        add     eax, 3009
        and     eax, 16383
        mov     edx, ecx
        shl     edx, 6
        shl     eax, 6
        add     eax, BUFFER
        mov     [BUFFER + edx], eax
        mov     [BUFFER + edx + 4], ecx
        inc     ecx
        cmp     ecx, 16384
        jb      .node
        mov     esi, BUFFER
        xor     eax, eax
.unit:
        mov     ecx, 1000
.hop:
        mov     esi, [esi]
        add     eax, [esi + 4]
        dec     ecx
        jnz     .hop
        dec     dword [units_left]
        jnz     .unit
        ret

; Reads, adds and writes far apart with paging on, 4160 bytes apart over 12 MiB. Unit: one pass.
mem_tlb:
        mov     [units_left], ecx
        mov     edi, BUFFER
        mov     ecx, 12 * 1024 * 256
        xor     eax, eax
        rep     stosd
        call    paging_init
        xor     ebx, ebx
.unit:
        mov     esi, BUFFER
.place:
        mov     eax, [esi]
        lea     eax, [eax + esi + 1]
        mov     [esi], eax
        add     ebx, eax
        add     esi, 4096 + 64
        cmp     esi, BUFFER + 12 * 1024 * 1024
        jb      .place
        dec     dword [units_left]
        jnz     .unit
        mov     eax, ebx
        ret
