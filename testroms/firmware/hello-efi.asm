; An EFI application: says hello by the firmware's text output, and switches the machine off by its runtime services.
; UEFI Specification 2.10, sections 4.3 (system table), 8.5.1 (ResetSystem) and 12.4; Microsoft PE Format.
bits 64
default rel
org 0

SECTION_ALIGNMENT equ 0x1000
FILE_ALIGNMENT  equ 0x200
TEXT            equ SECTION_ALIGNMENT           ; where sections are in memory
RELOCATIONS     equ 2 * SECTION_ALIGNMENT
TEXT_OUTPUT     equ 64                          ; ConOut in the system table
RUNTIME         equ 88                          ; RuntimeServices
OUTPUT_STRING   equ 8                           ; in the protocol of text output
RESET_SYSTEM    equ 104                         ; in the runtime services
SHUTDOWN        equ 2

image:  db      "MZ"
        times   0x3C - ($ - image) db 0
        dd      header
header: db      "PE", 0, 0
        dw      0x8664, 2                       ; x86-64, two sections
        dd      0, 0, 0
        dw      optional_end - optional, 0x0206 ; executable, no line numbers, large addresses
optional:
        dw      0x20B                           ; PE32+
        db      0, 0
        dd      FILE_ALIGNMENT, FILE_ALIGNMENT, 0
        dd      TEXT, TEXT                      ; entry point, base of code
        dq      0x40_0000
        dd      SECTION_ALIGNMENT, FILE_ALIGNMENT
        times   6 dw 0
        dd      0
        dd      3 * SECTION_ALIGNMENT, FILE_ALIGNMENT, 0
        dw      10, 0                           ; subsystem: EFI application
        times   4 dq 0
        dd      0, 16
        times   5 dq 0
        dd      RELOCATIONS, 12                 ; the sixth directory: base relocations
        times   10 dq 0
optional_end:
        db      ".text", 0, 0, 0
        dd      SECTION_ALIGNMENT, TEXT, FILE_ALIGNMENT, text - image, 0, 0
        dw      0, 0
        dd      0x6000_0020
        db      ".reloc", 0, 0
        dd      12, RELOCATIONS, FILE_ALIGNMENT, relocations - image, 0, 0
        dw      0, 0
        dd      0x4200_0040
        times   FILE_ALIGNMENT - ($ - image) db 0

text:   push    rbx                             ; RCX: the image's handle, RDX: the system table
        sub     rsp, 32
        mov     rbx, rdx
        mov     rcx, [rdx + TEXT_OUTPUT]
        lea     rdx, [hello]
        call    [rcx + OUTPUT_STRING]
        mov     rax, [rbx + RUNTIME]
        mov     ecx, SHUTDOWN
        xor     edx, edx
        xor     r8d, r8d
        xor     r9d, r9d
        call    [rax + RESET_SYSTEM]
        jmp     $
hello:  dw      __utf16__("hello from EFI"), 13, 10, 0
        times   2 * FILE_ALIGNMENT - ($ - image) db 0

relocations:
        dd      RELOCATIONS, 12                 ; one block without any
        dd      0
        times   3 * FILE_ALIGNMENT - ($ - image) db 0
