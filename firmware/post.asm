; Power-on self test: brings every part of the machine to the state that software expects from a BIOS, then boots.
; There is no memory test and no delay: the boot sector is reached within some hundred thousand instructions.

post:
        cli
        cld
        POST_CODE 0x01
        mov     eax, cr0                ; reset leaves caching off: CD and NW. SDM Vol. 3A, section 9.3
        and     eax, ~0x60000000
        mov     cr0, eax
        ; Shutdown codes 5 and 0Ah: somebody left protected mode by a reset and wants to go on at 40:67.
        mov     al, 0x8F                ; NMI off while there is no stack
        out     0x70, al
        in      al, 0x71
        mov     bl, al
        mov     al, 0x8F
        out     0x70, al
        xor     al, al
        out     0x71, al
        mov     al, 0x0D
        out     0x70, al
        mov     ax, BDA
        mov     ds, ax
        cmp     bl, 0x05
        je      resume_with_eoi
        cmp     bl, 0x0A
        je      resume

        POST_CODE 0x02
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7C00
        call    a20_enable
        POST_CODE 0x03
        call    data_area_init
        call    vectors_init
        POST_CODE 0x04
        call    pic_init
        call    pit_init
        call    dma_init
        call    apic_init
        call    pci_init
        POST_CODE 0x05
        call    memory_size
        call    fpu_detect
        POST_CODE 0x06
        call    video_init
        POST_CODE 0x07
        mov     cx, 0xC000              ; a video ROM takes INT 10h over before anything is shown
        mov     dx, 0xC800
        call    option_roms_run
        mov     si, message_sign_on
        call    print
        POST_CODE 0x08
        call    i8042_init
        POST_CODE 0x09
        call    serial_detect
        call    printer_detect
        call    rtc_init
        POST_CODE 0x0A
        sti
        call    floppy_init
        call    ata_detect
        call    tables_init
        POST_CODE 0x0B
        mov     cx, 0xC800
        mov     dx, 0xF000
        call    option_roms_run
        POST_CODE 0x0C
        call    boot_menu
        int     0x19

resume_with_eoi:
        mov     al, 0x20
        out     0xA0, al
        out     0x20, al
resume:
        jmp     far [b_resume]

; ---- BDA and EBDA ----
data_area_init:
        mov     ax, BDA
        mov     ds, ax
        mov     es, ax
        mov     bx, [b_warm]
        xor     ax, ax
        xor     di, di
        mov     cx, 0x80
        rep     stosw
        mov     [b_print_status], al
        cmp     bx, 0x1234
        jne     .cold
        mov     [b_warm], bx
.cold:
        mov     word [b_ebda], EBDA
        mov     word [b_memory], 639
        mov     word [b_equipment], 0x0020      ; 80x25 colour
        mov     ax, b_key_buffer
        mov     [b_key_head], ax
        mov     [b_key_tail], ax
        mov     [b_key_first], ax
        add     ax, 32
        mov     [b_key_end], ax
        mov     dword [b_lpt_timeout], 0x14141414
        mov     dword [b_com_timeout], 0x01010101
        mov     byte [b_key_flags], 0x10        ; 101-key keyboard
        mov     ax, EBDA
        mov     es, ax
        xor     di, di
        xor     ax, ax
        mov     cx, 512
        rep     stosw
        mov     byte [es:e_size], 1
        ret

; FNINIT leaves 0 in the status word where there is an FPU, and nothing where there is none.
fpu_detect:
        mov     word [b_resume], 0x5A5A
        fninit
        fnstsw  [b_resume]
        cmp     byte [b_resume], 0
        mov     dword [b_resume], 0
        jne     .none
        or      byte [b_equipment], 0x02
.none:
        ret
