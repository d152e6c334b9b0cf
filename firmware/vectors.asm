; The interrupt vectors: which routine stands where. An entry of 0 leaves a null vector (60h-67h: free for programs).

vectors_init:
        push    ds
        xor     ax, ax
        mov     es, ax
        xor     di, di
        mov     cx, 0x78
        mov     si, vector_table
        push    cs
        pop     ds
.one:
        lodsw
        test    ax, ax
        jz      .null
        stosw
        mov     ax, BIOS
        stosw
        loop    .one
        jmp     .rest
.null:
        stosw
        stosw
        loop    .one
.rest:
        xor     eax, eax
        mov     cx, 0x100 - 0x78
        rep     stosd
        mov     dword [es:0x41*4], EBDA << 16 | e_fdpt
        mov     dword [es:0x46*4], EBDA << 16 | (e_fdpt + 16)
        pop     ds
        ret

vector_table:
        dw      int_ignore, int_ignore, int_02, int_ignore, int_ignore, entry_int_05, int_ignore, int_ignore
        dw      entry_int_08, entry_int_09, irq_ignore, irq_ignore, irq_ignore, irq_ignore, entry_int_0E, irq_ignore
        dw      entry_int_10, entry_int_11, entry_int_12, entry_int_13, entry_int_14, entry_int_15, entry_int_16, entry_int_17
        dw      int_18, entry_int_19, entry_int_1A, int_ignore, int_ignore, video_parameters, diskette_parameters, font_8x8_upper
        times   0x20 dw int_ignore                                                                      ; 20-3F
        dw      entry_int_40, 0, int_ignore, font_8x16, int_ignore, int_ignore, 0, int_ignore           ; 40-47
        times   8 dw int_ignore                                                                         ; 48-4F
        times   0x10 dw int_ignore                                                                      ; 50-5F
        times   8 dw 0                                                                                  ; 60-67
        times   8 dw int_ignore                                                                         ; 68-6F
        dw      int_70, int_71, irq_ignore, irq_ignore, int_74, int_75, int_76, int_76                  ; 70-77

int_ignore:
        iret
