; What looks like it and is none: threads with stacks of their own that are switched to by POP, RET and MOV; a jump out of nested calls; a stack that
; is used again for another thread, prepared by stores; retpolines; a call to get EIP; PUSH and RET as a jump; a handler that skips an instruction;
; system calls of ring 3 whose handler changes the frame; a stack that is cleared.
; check: stack
%include "mistake.inc"
thread_top      equ 0x150000
start:  LOAD_GDT
        GATE    6, undefined
        GATE    0x80, system, 0x08, 0xEE
        lidt    [idt_pointer]
        mov     eax, 0x28
        ltr     ax

        mov     ebx, 3                                          ; three threads, one after the other on one stack
.next:  mov     edi, thread_top - 4096
        mov     ecx, 1024
        xor     eax, eax
        cld
        rep     stosd
        mov     dword [thread_top - 4], ended
        mov     dword [thread_top - 8], thread
        mov     dword [thread_top - 12], 0x1234                 ; EBP
        mov     dword [other_esp], thread_top - 12
.run:   call    switch
        cmp     dword [other_esp], 0
        jne     .run
        dec     ebx
        jnz     .next

        call    deep                                            ; longjmp
.eip:   call    .here
.here:  pop     eax
        push    .pushed
        ret
.pushed:
        mov     eax, .reached                                   ; a retpoline
        call    .set
.spin:  pause
        jmp     .spin
.set:   mov     [esp], eax
        ret
.reached:
        ud2                                                     ; the handler skips it
        call    changes
        RING3   user

switch: push    ebp                                             ; to the other thread
        xchg    esp, [other_esp]
        pop     ebp
        ret

thread: call    .one
        call    .one
        ret                                                     ; to ended
.one:   call    .two
        ret
.two:   push    ecx
        call    switch
        pop     ecx
        ret
ended:  mov     eax, [other_esp]
        mov     dword [other_esp], 0
        mov     esp, eax
        pop     ebp
        ret

deep:   mov     [saved], esp
        call    .a
.a:     push    eax
        call    .b
.b:     sub     esp, 100
        call    .c
.c:     mov     esp, [saved]
        ret

changes:                                                        ; its own return address, and back again
        mov     eax, [esp]
        mov     ecx, esp
        mov     dword [ecx], 0
        mov     [ecx], eax
        ret

undefined:
        add     dword [esp], 2
        iretd
system: cmp     eax, 1
        je      .end
        mov     dword [esp], user.second                        ; as signals do
        iretd
.end:   xor     eax, eax
        out     0xF4, al
user:   mov     eax, 2
        int     0x80
        jmp     $
.second:
        call    .f
        mov     eax, 1
        int     0x80
.f:     ret

other_esp dd    0
saved   dd      0
