; What systems find APICs and the HPET by: MADT and HPET for ACPI (ACPI 2.0, section 5.2.10.4; IA-PC HPET 1.0a, section 3.2.4), and the table of the
; MultiProcessor Specification 1.4. Inputs of the I/O APIC are numbered as the interrupts of the 8259As are, but for the timer, which is at input 2.

LOCAL_APIC      equ 0xFEE00000
IO_APIC         equ 0xFEC00000
IO_APIC_ID      equ 0                   ; as the chip has it at power-on
MOST_PROCESSORS equ 16
CMOS_PROCESSORS equ 0x5F                ; how many there are besides the bootstrap processor
MP_PLACE        equ 0x0FD0              ; of the floating pointer, in the image

        align   16
madt:
        ACPI_HEADER 'APIC', madt_end, 1, 'SWEMUAPC'
        dd      LOCAL_APIC
        dd      1                       ; the 8259As are there, too
        db      1, 12, IO_APIC_ID, 0
        dd      IO_APIC, 0              ; inputs from 0 on
        db      2, 10, 0, 0             ; IRQ 0 is input 2
        dd      2
        dw      0
%macro LEVEL_TRIGGERED 1
        db      2, 10, 0, %1
        dd      %1
        dw      0xD                     ; active high, level triggered
%endmacro
        LEVEL_TRIGGERED 5
        LEVEL_TRIGGERED 9
        LEVEL_TRIGGERED 10
        LEVEL_TRIGGERED 11
        db      4, 6, 0xFF, 0, 0, 1     ; all processors: NMI at LINT1
madt_processors:                        ; as many as there are
        times   8 * MOST_PROCESSORS db 0
madt_end:

        align   16
hpet:
        ACPI_HEADER 'HPET', hpet_end, 1, 'SWEMUHPT'
        dd      0x8086A201              ; as the block's own identification says
        db      0, 64, 0, 0             ; in memory
        dd      0xFED00000, 0
        db      0
        dw      100                     ; cycles between interrupts at least
        db      0
hpet_end:

        align   16
        times   8 db 0                  ; not where the signature is looked for
mp_pointer:
        db      '_MP_'
        dd      0                       ; the table
        db      1, 4, 0                 ; paragraphs, revision, checksum
        db      0, 0, 0, 0, 0           ; there is a table; virtual wire mode

mp_header:                              ; to be put before the first processor
        db      'PCMP'
        dw      0
        db      4, 0
        db      'SWEMU   '
        db      'PC          '
        dd      0
        dw      0
        dw      0
        dd      LOCAL_APIC
        dd      0
MP_HEADER_SIZE  equ $ - mp_header
MP_PROCESSOR    equ 20                  ; bytes of an entry

        times   MP_HEADER_SIZE + MP_PROCESSOR * MOST_PROCESSORS db 0
mp_processors_end:
        db      1, 0, 'PCI   '
        db      1, 1, 'ISA   '
        db      2, IO_APIC_ID, 0x20, 1
        dd      IO_APIC
%assign entries 3
%assign irq 0
%rep 16
%if irq != 2
        db      3, 0                    ; a vectored interrupt, as the bus has it
        dw      0
        db      1, irq, IO_APIC_ID
%if irq == 0
        db      2
%else
        db      irq
%endif
%assign entries entries + 1
%endif
%assign irq irq + 1
%endrep
%assign device 1
%rep PIR_ENTRIES
%assign pin 0
%rep 4
        db      3, 0
        dw      0xD                     ; active high, level triggered
        db      0, device * 4 + pin, IO_APIC_ID
%if (device - 1 + pin) & 2
        db      11
%else
        db      10
%endif
%assign entries entries + 1
%assign pin pin + 1
%endrep
%assign device device + 1
%endrep
        db      4, 3                    ; the 8259As at LINT0, NMI at LINT1
        dw      0
        db      1, 0, 0xFF, 0
        db      4, 1
        dw      0
        db      1, 0, 0xFF, 1
MP_ENTRIES      equ entries + 2         ; without the processors
mp_table_end:

; Makes the tables known, or takes them out of the RSDT. DS and ES are the BIOS.
apic_tables:
        pushad
        call    apic_detect
        jz      .none
        mov     al, CMOS_PROCESSORS
        call    cmos_read
        and     ax, MOST_PROCESSORS - 1
        inc     ax
        mov     bp, ax
        call    madt_fill
        mov     si, hpet
        call    acpi_checksum
        call    mp_fill
        mov     si, mp_pointer
        mov     di, MP_PLACE
        mov     cx, 16
        rep     movsb
        mov     si, MP_PLACE
        mov     cx, 16
        mov     bx, 10
        call    table_checksum
        popad
        ret
.none:
        sub     dword [rsdt+4], 8
        sub     dword [xsdt+4], 16
        popad
        ret

; The MADT's processors, BP of them, each with its local APIC. Identifications are their numbers.
madt_fill:
        mov     di, madt_processors
        xor     bx, bx
.processor:
        mov     ax, 8 << 8
        stosw
        mov     al, bl
        mov     ah, bl
        stosw
        mov     eax, 1                  ; enabled
        stosd
        inc     bx
        cmp     bx, bp
        jb      .processor
        sub     di, madt
        mov     [madt+4], di
        mov     si, madt
        jmp     acpi_checksum

; The MultiProcessor table with BP processors: their entries end where the others begin.
mp_fill:
        imul    ax, bp, MP_PROCESSOR
        mov     di, mp_processors_end - MP_HEADER_SIZE
        sub     di, ax
        push    di
        movzx   eax, di
        add     eax, ACPI_ADDRESS
        mov     [mp_pointer+4], eax
        mov     si, mp_header
        mov     cx, MP_HEADER_SIZE
        rep     movsb
        mov     bx, 0x0300              ; enabled, the bootstrap processor
.processor:
        xor     al, al
        mov     ah, bl
        stosw
        mov     al, 0x14                ; version of the local APIC
        mov     ah, bh
        stosw
        mov     eax, 0x600
        stosd
        mov     eax, 0x201
        stosd
        xor     eax, eax
        stosd
        stosd
        mov     bh, 1
        inc     bl
        mov     ax, bp
        cmp     bl, al
        jb      .processor
        pop     si
        mov     cx, mp_table_end
        sub     cx, si
        mov     [si+4], cx
        add     ax, MP_ENTRIES
        mov     [si+34], ax
        mov     bx, 7
        jmp     table_checksum
