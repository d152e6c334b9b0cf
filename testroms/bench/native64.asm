; The plain workloads of 64-bit code as a program for Linux on the host's processor, as native.asm has those of 32 bits: it reads
; the parameter sector of the image that is its argument, and writes the START and END lines to its standard output.
;
; Build: nasm -f elf64 -o native64.o native64.asm && ld -Ttext-segment=8000000h -o native64 native64.o   (run.py does it)

        cpu default
        bits 64

%include "layout.inc"
%define PROGRAM

SYS_READ        equ 0                   ; the calls of 64-bit Linux, by SYSCALL
SYS_WRITE       equ 1
SYS_OPEN        equ 2
SYS_LSEEK       equ 8
SYS_MMAP        equ 9
SYS_EXIT        equ 60
READ_WRITE      equ 3
FIXED_ANONYMOUS equ 32h                 ; and private

%macro long_workload 1                  ; RBX = units; it answers in RAX
%1:     bits    64
%endmacro

        section .text
        global _start
_start:
        mov     rdi, [rsp + 16]         ; the first argument
        xor     esi, esi
        mov     eax, SYS_OPEN
        syscall
        test    eax, eax
        js      .failed
        mov     edi, eax
        mov     esi, SECTOR + 16        ; behind the mark
        xor     edx, edx
        mov     eax, SYS_LSEEK
        syscall
        mov     esi, wanted
        mov     edx, 20
        mov     eax, SYS_READ
        syscall
        cmp     eax, 20
        jne     .failed

        mov     edi, IDT                ; memory from there on is as in the machine
        mov     esi, 2000000h - IDT
        mov     edx, READ_WRITE
        mov     r10d, FIXED_ANONYMOUS
        mov     r8, -1
        xor     r9d, r9d
        mov     eax, SYS_MMAP
        syscall
        cmp     rax, IDT
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
        mov     edi, 1
        mov     eax, SYS_EXIT
        syscall
.found:
        push    rdx
        mov     esi, text_start
        call    print
        mov     esi, wanted
        call    print
        mov     esi, text_line
        call    print
        pop     rdx
        mov     ebx, [units]
        mov     eax, [rdx + 16]
        call    rax

        mov     rdx, rax                ; 64 bits of checksum become 32
        shr     rdx, 32
        xor     edx, eax
        mov     edi, hexadecimal
        mov     ecx, 8
.digit:
        rol     edx, 4
        mov     eax, edx
        and     eax, 0Fh
        mov     al, [digits + rax]
        stosb
        loop    .digit
        mov     esi, text_end
        call    print
        mov     esi, wanted
        call    print
        mov     esi, text_checksum
        call    print
        xor     edi, edi
        mov     eax, SYS_EXIT
        syscall

print:                                  ; RSI = characters, 0 ends them
        mov     rdi, rsi
.length:
        lodsb
        test    al, al
        jnz     .length
        mov     rdx, rsi
        sub     rdx, rdi
        dec     rdx
        mov     rsi, rdi
        mov     edi, 1
        mov     eax, SYS_WRITE
        syscall
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
        long_plain_workloads
.end:

%include "longcode.asm"
%include "longdata.asm"
