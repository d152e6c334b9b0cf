; Interrupts and exceptions: the IDT, the two 8259A interrupt controllers, and what happens when something unexpected comes.

PIC1            equ 20h                 ; command port; data port is the next one
PIC2            equ 0A0h
IRQ_BASE        equ 20h                 ; IRQ 0-7 arrive as vectors 20h-27h, IRQ 8-15 as 28h-2Fh
VECTORS         equ 30h
EOI             equ 20h

        bits 32
interrupts_init:
        pushad
; Vectors 0-1Fh belong to the processor's exceptions. The BIOS had IRQ 0-7 on vectors 8-0Fh, in their midst, so both
; controllers get a new base. ICW1-ICW4 are the 8259A's four initialisation command words.
        mov     al, 11h                 ; ICW1: edge triggered, cascaded, ICW4 follows
        out     PIC1, al
        out     PIC2, al
        mov     al, IRQ_BASE            ; ICW2: vector base
        out     PIC1 + 1, al
        mov     al, IRQ_BASE + 8
        out     PIC2 + 1, al
        mov     al, 04h                 ; ICW3: the slave hangs on IR2 of the master
        out     PIC1 + 1, al
        mov     al, 02h
        out     PIC2 + 1, al
        mov     al, 01h                 ; ICW4: 8086 mode
        out     PIC1 + 1, al
        out     PIC2 + 1, al
        mov     al, 0F8h                ; open: IRQ 0 timer, IRQ 1 keyboard, IRQ 2 cascade
        out     PIC1 + 1, al
        mov     al, 0FEh                ; open: IRQ 8 clock
        out     PIC2 + 1, al

; Every vector gets an interrupt gate to a stub of its own; the stubs below are STUB_SIZE bytes apart.
        mov     edi, IDT
        mov     eax, stubs
        mov     ecx, VECTORS
.gate:
        mov     [edi], ax               ; offset 15-0
        mov     word [edi + 2], CODE_SELECTOR
        mov     word [edi + 4], 8E00h   ; present, ring 0, 32-bit interrupt gate: IF is cleared on entry
        mov     edx, eax
        shr     edx, 16
        mov     [edi + 6], dx           ; offset 31-16
        add     edi, 8
        add     eax, STUB_SIZE
        loop    .gate
        lidt    [.pointer]
        popad
        ret
.pointer:
        dw      VECTORS * 8 - 1
        dd      IDT

; A stub makes all vectors look alike: error code (0 where the processor pushes none), then the vector, then `dispatch`.
STUB_SIZE       equ 16
%macro stubs_before 1
  %assign vector 0
  %rep VECTORS
    %if vector = 8 || (vector >= 10 && vector <= 14) || vector = 17
        nop                             ; #DF #TS #NP #SS #GP #PF #AC: the processor has pushed an error code
        nop
    %else
        push    byte 0
    %endif
        push    byte vector
        jmp     near %1
        align   STUB_SIZE
    %assign vector vector + 1
  %endrep
%endmacro

        align   STUB_SIZE
stubs:  stubs_before dispatch

; Stack at a handler, from ESP after PUSHAD: 8 registers, vector, error code, EIP, CS, EFLAGS.
FRAME_VECTOR    equ 32
FRAME_ERROR     equ 36
FRAME_EIP       equ 40

dispatch:
        cld
        pushad
        mov     eax, [esp + FRAME_VECTOR]
        call    [handlers + eax * 4]
        popad
        add     esp, 8                  ; vector and error code
        iretd

handlers:                               ; called with the frame 4 bytes further up: CALL pushed a return address
        times 14 dd unexpected
        dd      page_fault              ; 0Eh
        times IRQ_BASE - 15 dd unexpected
        dd      timer_interrupt         ; IRQ 0
        dd      keyboard_interrupt      ; IRQ 1
        times 6 dd spurious_interrupt
        dd      clock_interrupt         ; IRQ 8
        times 7 dd spurious_interrupt

; An 8259A that was asked for a vector when the request had already gone answers with its lowest one. The master still
; wants an EOI when the slave did that.
spurious_interrupt:
        mov     eax, [esp + 4 + FRAME_VECTOR]
        cmp     eax, IRQ_BASE + 8
        jb      .done
        mov     al, EOI
        out     PIC1, al
.done:
        ret

; An exception nobody asked for: say so on screen and serial line, then stop for good.
unexpected:
        mov     edi, at(24, 0)
        mov     ecx, 80
        mov     ax, (BAR_ALARM << 8) | " "
        rep     stosw
        mov     edi, at(24, 2)
        mov     esi, .exception
        call    put_string
        call    serial_string
        mov     edx, [esp + 4 + FRAME_VECTOR]
        call    put_hex8
        call    serial_hex8
        mov     esi, .error
        call    put_string
        mov     edx, [esp + 4 + FRAME_ERROR]
        call    put_hex32
        mov     esi, .address
        call    put_string
        call    serial_string
        mov     edx, [esp + 4 + FRAME_EIP]
        call    put_hex32
        rol     edx, 8
        mov     ecx, 4
.byte:
        call    serial_hex8
        rol     edx, 8
        loop    .byte
        mov     esi, .end
        call    serial_line
        cli
.stop:
        hlt
        jmp     .stop
.exception:     db NAME, ": unexpected exception ", 0
.error:         db ", error code ", 0
.address:       db " at EIP ", 0
.end:           db 0

serial_hex8:                            ; DL
        push    eax
        push    edx
        mov     al, dl
        shr     al, 4
        call    .digit
        mov     al, dl
        call    .digit
        pop     edx
        pop     eax
        ret
.digit:
        and     al, 0Fh
        cmp     al, 10
        sbb     al, 69h
        das
        jmp     serial_char
