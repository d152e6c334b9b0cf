; What systems find APICs and the HPET by: MADT and HPET for ACPI (ACPI 2.0, section 5.2.10.4; IA-PC HPET 1.0a, section 3.2.4), and the table of the
; MultiProcessor Specification 1.4. Inputs of the I/O APIC are numbered as the interrupts of the 8259As are, but for the timer, which is at input 2.

LOCAL_APIC      equ 0xFEE00000
IO_APIC         equ 0xFEC00000
IO_APIC_ID      equ 1                   ; after the processor's, 0
MP_PLACE        equ 0x0FD0              ; of the floating pointer, in the image

        align   16
madt:
        ACPI_HEADER 'APIC', madt_end, 1, 'SWEMUAPC'
        dd      LOCAL_APIC
        dd      1                       ; the 8259As are there, too
        db      0, 8, 0, 0              ; a processor and its APIC
        dd      1                       ; which is enabled
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
        dd      ACPI_ADDRESS + mp_table
        db      1, 4, 0                 ; paragraphs, revision, checksum
        db      0, 0, 0, 0, 0           ; there is a table; virtual wire mode

        align   16
mp_table:
        db      'PCMP'
        dw      mp_table_end - mp_table
        db      4, 0
        db      'SWEMU   '
        db      'PC          '
        dd      0
        dw      0
        dw      MP_ENTRIES
        dd      LOCAL_APIC
        dd      0
        db      0, 0, 0x14, 3           ; the bootstrap processor, enabled
        dd      0x600, 0x201, 0, 0
        db      1, 0, 'PCI   '
        db      1, 1, 'ISA   '
        db      2, IO_APIC_ID, 0x20, 1
        dd      IO_APIC
%assign entries 4
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
MP_ENTRIES      equ entries + 2
mp_table_end:

; Makes the tables known, or takes them out of the RSDT. DS and ES are the BIOS.
apic_tables:
        pushad
        call    apic_detect
        jz      .none
        mov     si, madt
        call    acpi_checksum
        mov     si, hpet
        call    acpi_checksum
        mov     si, mp_table
        mov     cx, mp_table_end - mp_table
        mov     bx, 7
        call    table_checksum
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
        popad
        ret
