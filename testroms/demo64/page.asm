; The page: frames, titles, and labels that never change. The values are filled in by each topic's own file.

ROW_PROCESSOR   equ 1
ROW_MODE        equ 5
ROW_PAGING      equ 5
ROW_RINGS       equ 10
ROW_EXCEPTIONS  equ 12
ROW_TIMER       equ 15
ROW_REGISTERS   equ 17
ROW_KEYBOARD    equ 20

MARK_PROCESSOR  equ mark(ROW_PROCESSOR, LEFT, WHOLE)
MARK_MODE       equ mark(ROW_MODE, LEFT, HALF)
MARK_PAGING     equ mark(ROW_PAGING, RIGHT, HALF)
MARK_RINGS      equ mark(ROW_RINGS, RIGHT, HALF)
MARK_EXCEPTIONS equ mark(ROW_EXCEPTIONS, LEFT, HALF)
MARK_TIMER      equ mark(ROW_TIMER, RIGHT, HALF)
MARK_REGISTERS  equ mark(ROW_REGISTERS, LEFT, HALF)
MARK_KEYBOARD   equ mark(ROW_KEYBOARD, LEFT, WHOLE)

boxes:  db      ROW_PROCESSOR, LEFT, WHOLE, 4
        dd      title_processor
        db      ROW_MODE, LEFT, HALF, 7
        dd      title_mode
        db      ROW_PAGING, RIGHT, HALF, 5
        dd      title_paging
        db      ROW_RINGS, RIGHT, HALF, 5
        dd      title_rings
        db      ROW_EXCEPTIONS, LEFT, HALF, 5
        dd      title_exceptions
        db      ROW_TIMER, RIGHT, HALF, 5
        dd      title_timer
        db      ROW_REGISTERS, LEFT, HALF, 3
        dd      title_registers
        db      ROW_KEYBOARD, LEFT, WHOLE, 4
        dd      title_keyboard
boxes_end:
title_processor: db "Processor: CPUID", 0
title_mode:     db "Five steps to 64 bits", 0
title_paging:   db "Paging: four levels", 0
title_rings:    db "Rings: SYSCALL, SYSRET", 0
title_exceptions: db "Exceptions on purpose", 0
title_timer:    db "Timer: IRQ 0, 16-byte gate", 0
title_registers: db "Sixteen registers", 0
title_keyboard: db "Keyboard: 8042, IRQ 1", 0

labels: dd      in_box(ROW_PROCESSOR, LEFT, 1), .name
        dd      in_box(ROW_PROCESSOR, LEFT, 2), .features
        dd      in_box(ROW_MODE, LEFT, 1), .step1
        dd      in_box(ROW_MODE, LEFT, 2), .step2
        dd      in_box(ROW_MODE, LEFT, 3), .step3
        dd      in_box(ROW_MODE, LEFT, 4), .step4
        dd      in_box(ROW_MODE, LEFT, 5), .step5
        dd      in_box(ROW_PAGING, RIGHT, 1), .large
        dd      in_box(ROW_PAGING, RIGHT, 2), .gigabyte
        dd      in_box(ROW_PAGING, RIGHT, 3), .high
        dd      in_box(ROW_RINGS, RIGHT, 1), .call
        dd      in_box(ROW_RINGS, RIGHT, 2), .return
        dd      in_box(ROW_RINGS, RIGHT, 3), .counted
        dd      in_box(ROW_EXCEPTIONS, LEFT, 1), .fetch3
        dd      in_box(ROW_EXCEPTIONS, LEFT, 2), .fetch0
        dd      in_box(ROW_EXCEPTIONS, LEFT, 3), .canonical
        dd      in_box(ROW_TIMER, RIGHT, 1), .uptime
        dd      in_box(ROW_TIMER, RIGHT, 2), .ticks
        dd      in_box(ROW_TIMER, RIGHT, 3), .halts
        dd      in_box(ROW_REGISTERS, LEFT, 1), .registers
        dd      in_box(ROW_KEYBOARD, LEFT, 1), .codes
        dd      in_box(ROW_KEYBOARD, LEFT, 2), .typed
.end:
.name:          db "Name", 0
.features:      db "Has", 0
.step1:         db "1 CR4.PAE           8-byte entries", 0
.step2:         db "2 CR3               table, level 4", 0
.step3:         db "3 EFER.LME          LMA will come", 0
.step4:         db "4 CR0.PG            LMA is set", 0
.step5:         db "5 JMP FAR           CS has L = 1", 0
.large:         db "2 MB page", 0
.gigabyte:      db "1 GB page", 0
.high:          db "High half", 0
.call:          db "SYSCALL", 0
.return:        db "SYSRET", 0
.counted:       db "Counted", 0
.fetch3:        db "NX, ring 3", 0
.fetch0:        db "NX, ring 0", 0
.canonical:     db "Not canonical", 0
.uptime:        db "Uptime", 0
.ticks:         db "Ticks", 0
.halts:         db "Sleeps", 0
.registers:     db "RAX + ... + R15", 0
.codes:         db "Scan codes", 0
.typed:         db "You typed", 0
