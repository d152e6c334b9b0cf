; The plain workloads as a program for Linux on the host's processor, to see how far away an emulator is. It reads the
; parameter sector of the image that is its argument, and writes the START and END lines to its standard output.
;
; Build: nasm -f elf32 -o native.o native.asm && ld -m elf_i386 -o native native.o   (run.py does it)

        cpu 686
        bits 32

%include "layout.inc"

SYS_EXIT        equ 1                   ; the calls of 32-bit Linux, by INT 80h
SYS_READ        equ 3
SYS_WRITE       equ 4
SYS_OPEN        equ 5
SYS_LSEEK       equ 19
SYS_MMAP2       equ 192
READ_WRITE      equ 3
FIXED_ANONYMOUS equ 32h                 ; and private

        section .text
        global _start
_start:
        mov     ebx, [esp + 8]          ; the first argument
        xor     ecx, ecx
        mov     eax, SYS_OPEN
        int     80h
        test    eax, eax
        js      .failed
        mov     ebx, eax
        mov     ecx, SECTOR + 16        ; behind the mark
        xor     edx, edx
        mov     eax, SYS_LSEEK
        int     80h
        mov     ecx, wanted
        mov     edx, 20
        mov     eax, SYS_READ
        int     80h
        cmp     eax, 20
        jne     .failed

        mov     ebx, IDT                ; memory from there on is as in the machine
        mov     ecx, 2000000h - IDT
        mov     edx, READ_WRITE
        mov     esi, FIXED_ANONYMOUS
        or      edi, -1
        xor     ebp, ebp
        mov     eax, SYS_MMAP2
        int     80h
        cmp     eax, IDT
        jne     .failed
        mov     esp, STACK_TOP

        mov     edx, workloads
.compare:
        mov     esi, wanted
        mov     edi, edx
        mov     ecx, 16
        repe    cmpsb
        je      .found
        add     edx, 20
        cmp     edx, workloads.end
        jb      .compare
.failed:
        mov     ebx, 1
        mov     eax, SYS_EXIT
        int     80h
.found:
        push    edx
        mov     esi, text_start
        call    print
        mov     esi, wanted
        call    print
        mov     esi, text_line
        call    print
        pop     edx
        mov     ecx, [units]
        call    [edx + 16]

        mov     edi, hexadecimal
        mov     edx, eax
        mov     ecx, 8
.digit:
        rol     edx, 4
        mov     eax, edx
        and     eax, 0Fh
        mov     al, [digits + eax]
        stosb
        loop    .digit
        mov     esi, text_end
        call    print
        mov     esi, wanted
        call    print
        mov     esi, text_checksum
        call    print
        xor     ebx, ebx
        mov     eax, SYS_EXIT
        int     80h

print:                                  ; ESI = characters, 0 ends them
        mov     ecx, esi
.length:
        lodsb
        test    al, al
        jnz     .length
        mov     edx, esi
        sub     edx, ecx
        dec     edx
        mov     ebx, 1
        mov     eax, SYS_WRITE
        int     80h
        ret

paging_init:                            ; the host's paging is on
        ret

        section .data
text_start:     db "START ", 0
text_end:       db "END ", 0
text_checksum:  db " "
hexadecimal:    times 8 db 0
text_line:      db 10, 0
digits:         db "0123456789ABCDEF"
wanted:         times 16 db 0
units:          dd 0

        section .text
%include "plain.asm"

workloads:
        plain_workloads
.end:

%include "integer.asm"
%include "memory.asm"
%include "branches.asm"
%include "x87.asm"
