; The headers of a PE32+ file of two sections, of which the linker script (efi.ld) knows the sizes. Microsoft PE Format.
extern  efi_main, all_size, reloc_at, image_size
section .header
        db      "MZ"
        times   0x3C - 2 db 0
        dd      0x40
        db      "PE", 0, 0
        dw      0x8664, 2
        dd      0, 0, 0
        dw      240, 0x0206
        dw      0x20B, 0
        dd      all_size, 0x1000, 0
        dd      efi_main, 0x1000
        dq      0x40_0000
        dd      0x1000, 0x1000
        times   6 dw 0
        dd      0
        dd      image_size, 0x1000, 0
        dw      10, 0
        times   4 dq 0
        dd      0, 16
        times   5 dq 0
        dd      reloc_at, 12
        times   10 dq 0
        db      ".text", 0, 0, 0
        dd      all_size, 0x1000, all_size, 0x1000, 0, 0, 0
        dd      0xE000_0020
        db      ".reloc", 0, 0
        dd      0x1000, reloc_at, 0x1000, reloc_at, 0, 0, 0
        dd      0x4200_0040
section .reloc
        dd      reloc_at, 12, 0
        times   0x1000 - 12 db 0
