; Runs 32-bit and 16-bit code on the host's processor: a 32-bit program for Linux on x86-64 hosts, without libraries.
;
;   native FILE
;
; maps FILE at 10000h: 20000h bytes of memory for the code, and behind them, at 30000h, a page that says what to run (`Job`). For each byte
; that it reads it runs a job, writes into the page how it ended, and writes a byte. Tests/TestKit/NativeProcess.swift is the other side.

bits 32
org 0x08048000

memory equ 0x10000
job equ 0x30000
read_only equ 0x2A000
absent equ 0x2B000
; Registers in encoding order, flags, selectors and EIP to begin with; afterwards those at the end.
job_registers equ job
job_flags equ job + 32
job_ds equ job + 36
job_es equ job + 38
job_ss equ job + 40
job_cs equ job + 42
job_eip equ job + 44
; 0: came back; else 100h + vector of the exception.
job_status equ job + 48
job_error equ job + 52
job_address equ job + 56
; As FXSAVE writes it.
job_fx equ job + 64
; Entries for the LDT, in the form of modify_ldt(2), before the first job.
job_segments equ job + 1020
job_segment equ job + 1024

ehdr:
    db 0x7F, 'ELF', 1, 1, 1, 0
    times 8 db 0
    dw 2, 3
    dd 1, start, phdr - $$, 0, 0
    dw ehdr_size, phdr_size, 1, 0, 0, 0
ehdr_size equ $ - ehdr
phdr:
    dd 1, 0, $$, $$, file_size, memory_size, 7, 0x1000
phdr_size equ $ - phdr

; Where a job jumps to when it is done, by a far jump to 23h: an address that the other side knows.
    times 0x80 - ($ - $$) db 0
done:
    mov [fs:job_registers], eax
    mov eax, 0x2B
    mov ds, eax
    mov es, eax
    mov [job_registers + 4], ecx
    mov [job_registers + 8], edx
    mov [job_registers + 12], ebx
    mov [job_registers + 16], esp
    mov [job_registers + 20], ebp
    mov [job_registers + 24], esi
    mov [job_registers + 28], edi
    mov ss, eax
    mov esp, stack_top
    pushfd
    pop dword [job_flags]
    cld
    fxsave [job_fx]
    mov dword [job_status], 0
reply:
    mov esp, stack_top
    push dword 0x202
    popfd
    mov eax, 4
    mov ebx, 1
    mov ecx, byte_buffer
    mov edx, 1
    int 0x80
next:
    mov eax, 3
    xor ebx, ebx
    mov ecx, byte_buffer
    mov edx, 1
    int 0x80
    cmp eax, 1
    jne leave_quietly

    ; alarm: whoever does not come back is ended.
    mov eax, 27
    mov ebx, 20
    int 0x80
    fxrstor [job_fx]
    mov eax, [job_eip]
    mov [target], eax
    mov ax, [job_cs]
    mov [target + 4], ax
    mov eax, [job_registers + 16]
    mov [stack], eax
    mov ax, [job_ss]
    mov [stack + 4], ax
    mov eax, 0x2B
    mov fs, eax
    mov gs, eax
    mov es, [job_es]
    mov ecx, [job_registers + 4]
    mov edx, [job_registers + 8]
    mov ebx, [job_registers + 12]
    mov ebp, [job_registers + 20]
    mov esi, [job_registers + 24]
    mov edi, [job_registers + 28]
    push dword [job_flags]
    popfd
    lss esp, [stack]
    mov eax, [job_registers]
    mov ds, [job_ds]
    jmp far [fs:target]

; handler(signal, information, context): struct sigcontext is 20 bytes into the context.
caught:
    mov esi, [esp + 12]
    add esi, 20
    mov eax, [esi + 44]
    mov [job_registers], eax
    mov eax, [esi + 40]
    mov [job_registers + 4], eax
    mov eax, [esi + 36]
    mov [job_registers + 8], eax
    mov eax, [esi + 32]
    mov [job_registers + 12], eax
    mov eax, [esi + 28]
    mov [job_registers + 16], eax
    mov eax, [esi + 24]
    mov [job_registers + 20], eax
    mov eax, [esi + 20]
    mov [job_registers + 24], eax
    mov eax, [esi + 16]
    mov [job_registers + 28], eax
    mov eax, [esi + 64]
    mov [job_flags], eax
    mov eax, [esi + 56]
    mov [job_eip], eax
    mov eax, [esi + 48]
    or eax, 0x100
    mov [job_status], eax
    mov eax, [esi + 52]
    mov [job_error], eax
    mov eax, [esi + 84]
    mov [job_address], eax
    jmp reply

start:
    pop eax
    pop eax
    pop ebx
    ; open(FILE, O_RDWR)
    mov eax, 5
    mov ecx, 2
    xor edx, edx
    int 0x80
    test eax, eax
    js fail
    ; mmap2, shared, at this very address, to be executed
    mov edi, eax
    mov eax, 192
    mov ebx, memory
    mov ecx, 0x21000
    mov edx, 7
    mov esi, 0x11
    xor ebp, ebp
    int 0x80
    cmp eax, memory
    jne fail
    ; Pages whose rights differ, behind those that programs use: one that is read-only, one that is not there.
    mov eax, 125
    mov ebx, read_only
    mov ecx, 0x1000
    mov edx, 1
    int 0x80
    mov eax, 125
    mov ebx, absent
    xor edx, edx
    int 0x80
    ; sigaltstack
    mov eax, 186
    mov ebx, signal_stack
    xor ecx, ecx
    int 0x80
    ; rt_sigaction for SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV
    mov esi, signals
.signal:
    movzx ebx, byte [esi]
    test ebx, ebx
    jz .segments
    push esi
    mov eax, 174
    mov ecx, action
    xor edx, edx
    mov esi, 8
    int 0x80
    pop esi
    inc esi
    test eax, eax
    js fail
    jmp .signal
.segments:
    mov esi, [job_segments]
    mov ecx, job_segment
.segment:
    test esi, esi
    jz next
    mov eax, 123
    mov ebx, 0x11
    mov edx, 16
    int 0x80
    test eax, eax
    js fail
    add ecx, 16
    dec esi
    jmp .segment

fail:
    mov eax, 1
    mov ebx, 1
    int 0x80
leave_quietly:
    mov eax, 1
    xor ebx, ebx
    int 0x80

signals: db 4, 5, 7, 8, 11, 0
align 4
; SA_SIGINFO, SA_ONSTACK, SA_NODEFER: the handler does not return.
action: dd caught, 0x48000004, 0, 0, 0
signal_stack: dd signal_room, 0, 0x4000

file_size equ $ - $$
absolute $
alignb 16
target: resb 8
stack: resb 8
byte_buffer: resb 16
signal_room: resb 0x4000
stack_room: resb 0x1000
stack_top:
memory_size equ stack_top - 0x08048000
