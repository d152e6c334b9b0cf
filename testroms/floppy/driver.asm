; A kernel with a driver for the diskette controller, as protected-mode systems have it: reset, IRQ 6, DMA channel 2 by hand, PIO, change of the
; diskette. Prints TAP on COM1. Drive A has 1.44 MB, each sector of which holds its number at both ends.
; Intel 82077AA datasheet 290166; 8237A datasheet 231466.
%include "mistake.inc"

buffer  equ     0x20000
TIMER   equ     0x20
FLOPPY  equ     0x26
DOR     equ     0x3F2
MSR     equ     0x3F4
FIFO    equ     0x3F5
DIR     equ     0x3F7

%macro CHECK 2                          ; passes when the condition holds
        set%1   byte [result]
        call    tap
        db      %2, 0
%endmacro
%macro IS 3
        cmp     %1, %2
        CHECK   e, %3
%endmacro

; Sends the bytes of a command.
%macro SEND 1-*
 %rep %0
        mov     al, %1
        call    send
  %rotate 1
 %endrep
%endmacro

start:
        LOAD_GDT
        REMAP
        GATE    TIMER, timer
        GATE    FLOPPY, floppy
        lidt    [idt_pointer]
        mov     al, 0xBE                ; timer and diskette
        out     0x21, al
        mov     al, 0xC0                ; channel 4 lets the first controller through
        out     0xD6, al
        mov     al, 0
        out     0xD4, al
        sti

        call    reset
        IS      dword [interrupts], 1, "a reset interrupts once"
        IS      byte [answer], 0xC3, "and has changed four drives"
        SEND    0x08
        call    get_result
        IS      byte [answer], 0x80, "but no fifth"
        SEND    0x10
        call    get_result
        IS      byte [answer], 0x90, "VERSION"
        SEND    0x94
        call    get_result
        IS      byte [answer], 0x10, "LOCK"
        SEND    0x14
        call    get_result

        mov     dx, DOR
        mov     al, 0x1C                ; motor A
        out     dx, al
        mov     dx, DIR
        in      al, dx
        test    al, 0x80
        CHECK   nz, "the change line is active at first"
        mov     al, 0                   ; 500 kbit/s
        out     dx, al
        call    recalibrate
        IS      byte [answer], 0x20, "RECALIBRATE: seek end"
        mov     bl, 1
        call    seek
        IS      word [answer], 0x0120, "SEEK: seek end, cylinder 1"
        mov     dx, DIR
        in      al, dx
        test    al, 0x80
        CHECK   z, "steps clear the change line"

        ; both tracks of a cylinder by one command
        mov     bl, 33
        call    seek
        mov     ecx, 36 * 512
        mov     al, 0x46
        call    set_up_dma
        SEND    0xC6, 0, 33, 0, 1, 2, 18, 27, 0xFF
        call    wait_interrupt
        call    get_result
        IS      byte [answer], 4, "READ DATA, multi-track: normal, head 1"
        IS      word [answer + 1], 0, "READ DATA: ST1, ST2"
        IS      dword [answer + 3], 0x02010022, "READ DATA: behind the last sector"
        IS      dword [buffer], 33 * 36, "READ DATA: the first sector"
        IS      dword [buffer + 35 * 512], 33 * 36 + 35, "READ DATA: the last sector"
        in      al, 0x08
        test    al, 0x04
        CHECK   nz, "the DMA controller has reached terminal count"
        mov     ecx, 512
        mov     al, 0x46
        call    set_up_dma
        SEND    0x46, 0, 34, 0, 1, 2, 18, 27, 0xFF
        call    wait_interrupt
        call    get_result
        IS      byte [answer], 0x40, "the wrong cylinder: abnormal"
        IS      word [answer + 1], 0x1004, "the wrong cylinder: no data, wrong cylinder"

        ; write, and read it with an implied seek
        mov     edi, buffer
        mov     ecx, 256
        mov     eax, 0xC0FFEE
        rep     stosd
        mov     bl, 60
        call    seek
        mov     ecx, 1024
        mov     al, 0x4A
        call    set_up_dma
        SEND    0x45, 4, 60, 1, 17, 2, 18, 27, 0xFF
        call    wait_interrupt
        call    get_result
        IS      byte [answer], 4, "WRITE DATA"
        SEND    0x13, 0, 0x57, 0        ; CONFIGURE: implied seeks, FIFO of 8
        mov     bl, 2
        call    seek
        mov     ecx, 1024
        mov     al, 0x46
        call    set_up_dma
        mov     dword [buffer], 0
        SEND    0x46, 4, 60, 1, 17, 2, 18, 27, 0xFF
        call    wait_interrupt
        call    get_result
        IS      byte [answer], 0x24, "READ DATA with an implied seek: seek end"
        IS      dword [buffer], 0xC0FFEE, "what was written"
        IS      dword [buffer + 1020], 0xC0FFEE, "to its end"

        ; without DMA
        SEND    0x03, 0xAF, 0x03
        mov     dword [interrupts], 0
        SEND    0x46, 0, 7, 0, 18, 2, 18, 27, 0xFF
        mov     edi, buffer
        mov     ecx, 512
.byte:  mov     dx, MSR
.poll:  in      al, dx
        test    al, 0x80
        jz      .poll
        test    al, 0x20
        jz      .over
        inc     edx
        in      al, dx
        stosb
        loop    .byte
.over:  IS      ecx, 0, "PIO: 512 bytes"
        call    get_result
        IS      dword [buffer], 7 * 36 + 17, "PIO: the sector"
        IS      dword [buffer + 508], 7 * 36 + 17, "PIO: to its end"
        IS      word [answer], 0x8060, "PIO: end of cylinder, because nobody gives TC"
        cmp     dword [interrupts], 1
        CHECK   ae, "PIO: with interrupts"
        SEND    0x03, 0xAF, 0x02

        mov     esi, text_insert
        call    print
.same:  hlt
        mov     dx, DIR
        in      al, dx
        test    al, 0x80
        jz      .same
        mov     bl, 1
        call    seek
        mov     al, 2                   ; 250 kbit/s
        mov     dx, DIR
        out     dx, al
        mov     ecx, 512
        mov     al, 0x46
        call    set_up_dma
        SEND    0x46, 4, 79, 1, 9, 2, 9, 27, 0xFF
        call    wait_interrupt
        call    get_result
        IS      byte [answer], 0x24, "the other diskette"
        IS      dword [buffer], 1439, "its last sector"

        mov     esi, text_plan
        call    print
        mov     eax, [count]
        call    print_decimal
        mov     al, 10
        call    print_character
        mov     al, [failed]
        out     0xF4, al
        jmp     $

timer:  push    eax
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd

floppy: push    eax
        inc     dword [interrupts]
        mov     byte [came], 1
        mov     al, 0x20
        out     0x20, al
        pop     eax
        iretd

reset:  mov     byte [came], 0
        mov     dword [interrupts], 0
        mov     dx, DOR
        mov     al, 0
        out     dx, al
        hlt
        mov     al, 0x0C
        out     dx, al
        call    wait_interrupt
        mov     ebx, 4
.drive: SEND    0x08
        call    get_result
        dec     ebx
        jnz     .drive
        SEND    0x03, 0xAF, 0x02
        ret

recalibrate:
        SEND    0x07, 0
        call    wait_interrupt
        SEND    0x08
        jmp     get_result

seek:   SEND    0x0F, 0, bl
        call    wait_interrupt
        SEND    0x08
        jmp     get_result

; ECX bytes in mode AL at the buffer.
set_up_dma:
        push    eax
        mov     al, 6
        out     0x0A, al
        out     0x0C, al
        pop     eax
        out     0x0B, al
        mov     al, buffer & 0xFF
        out     0x04, al
        mov     al, (buffer >> 8) & 0xFF
        out     0x04, al
        mov     al, buffer >> 16
        out     0x81, al
        dec     ecx
        mov     al, cl
        out     0x05, al
        mov     al, ch
        out     0x05, al
        mov     al, 2
        out     0x0A, al
        ret

send:   push    edx
        push    eax
        mov     byte [came], 0
        mov     dx, MSR
.poll:  in      al, dx
        and     al, 0xC0
        cmp     al, 0x80
        jne     .poll
        pop     eax
        inc     edx
        out     dx, al
        pop     edx
        ret

get_result:
        mov     edi, answer
.byte:  mov     dx, MSR
.poll:  in      al, dx
        test    al, 0x80
        jz      .poll
        and     al, 0x50
        cmp     al, 0x50
        jne     .done
        inc     edx
        in      al, dx
        stosb
        jmp     .byte
.done:  ret

wait_interrupt:
        mov     ecx, 100                ; timer ticks
.wait:  cmp     byte [came], 0
        jne     .done
        hlt
        loop    .wait
        mov     esi, text_lost
        call    print
        mov     al, 99
        out     0xF4, al
.done:  mov     byte [came], 0
        ret

; ---- TAP ----
tap:    pushfd
        pushad
        inc     dword [count]
        mov     esi, [esp + 36]         ; behind the call: the text
        cmp     byte [result], 0
        jne     .good
        inc     dword [failed]
        push    esi
        mov     esi, text_not
        call    print
        pop     esi
.good:  push    esi
        mov     esi, text_ok
        call    print
        mov     eax, [count]
        call    print_decimal
        mov     esi, text_dash
        call    print
        pop     esi
        call    print
        mov     [esp + 36], esi
        mov     al, 10
        call    print_character
        popad
        popfd
        ret

print:  lodsb                           ; zero-ended text at ESI
        test    al, al
        jz      .end
        call    print_character
        jmp     print
.end:   ret

print_character:
        push    edx
        push    eax
        mov     dx, 0x3FD
.wait:  in      al, dx
        test    al, 0x20
        jz      .wait
        pop     eax
        mov     dx, 0x3F8
        out     dx, al
        pop     edx
        ret

print_decimal:                          ; EAX
        xor     edx, edx
        push    ebx
        mov     ebx, 10
        div     ebx
        pop     ebx
        push    edx
        test    eax, eax
        jz      .digit
        call    print_decimal
.digit: pop     eax
        add     al, '0'
        jmp     print_character

text_insert:    db "# put the other diskette in", 10, 0
text_lost:      db "Bail out! no interrupt", 10, 0
text_plan:      db "1..", 0
text_not:       db "not ", 0
text_ok:        db "ok ", 0
text_dash:      db " - ", 0
align 4
interrupts:     dd 0
count:          dd 0
failed:         dd 0
answer:         times 16 db 0
came:           db 0
result:         db 0
