; The keyboard controller (8042) as POST and the services speak to it: polled, every wait bounded.

; Waits until the controller takes a byte. CF = it does not.
i8042_writable:
        push    cx
        push    ax
        mov     cx, 0xFFFF
.poll:
        in      al, 0x64
        test    al, 0x02
        jz      .yes
        loop    .poll
        stc
        jmp     .done
.yes:
        clc
.done:
        pop     ax
        pop     cx
        ret

; AL = next byte from the controller. CF = none came.
i8042_read:
        push    cx
        mov     cx, 0xFFFF
.poll:
        in      al, 0x64
        test    al, 0x01
        jnz     .yes
        loop    .poll
        stc
        pop     cx
        ret
.yes:
        in      al, 0x60
        clc
        pop     cx
        ret

; Command AL to the controller.
i8042_command:
        call    i8042_writable
        jc      .done
        out     0x64, al
.done:
        ret

; Data AL to the controller, or to the keyboard.
i8042_data:
        call    i8042_writable
        jc      .done
        out     0x60, al
.done:
        ret

; Throws away what waits in the output buffer.
i8042_drain:
        mov     cx, 64
.poll:
        in      al, 0x64
        test    al, 0x01
        jz      .done
        in      al, 0x60
        loop    .poll
.done:
        ret

; Command AL to the keyboard, waits for its acknowledgement. CF = there was none. For use with interrupts off.
keyboard_send:
        call    i8042_data
        jc      .done
        call    i8042_read
        jc      .done
        cmp     al, 0xFA
        je      .done                   ; CF = 0
        stc
.done:
        ret

COMMAND_BYTE    equ 0x45                ; translate to set 1, system flag, keyboard interrupt; both devices enabled

; POST: self test of controller and line, then keyboard and mouse are enabled.
i8042_init:
        mov     al, 0xAD
        call    i8042_command
        call    i8042_drain
        mov     al, 0xAA                ; self test: 55h
        call    i8042_command
        call    i8042_read
        jc      .done
        mov     al, 0xAB                ; keyboard line test: 00h
        call    i8042_command
        call    i8042_read
        mov     al, 0x60                ; while both are asked: no interrupts, mouse clock off
        call    i8042_command
        mov     al, (COMMAND_BYTE & ~1) | 0x20
        call    i8042_data
        mov     al, 0xAE
        call    i8042_command
        mov     al, 0xF4                ; enable scanning
        call    keyboard_send
        call    mouse_detect
        mov     al, 0x60
        call    i8042_command
        mov     al, COMMAND_BYTE
        test    byte [b_equipment], 0x04
        jz      .write
        or      al, 0x02                ; mouse interrupt
.write:
        call    i8042_data
.done:
        ret
