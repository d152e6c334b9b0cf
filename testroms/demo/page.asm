; The page: frames, titles, and labels that never change. The values are filled in by each topic's own file.

ROW_PROCESSOR   equ 2
ROW_TIMER       equ 2
ROW_MEMORY      equ 7
ROW_PAGING      equ 7
ROW_DISK        equ 15
ROW_CLOCK       equ 15
ROW_KEYBOARD    equ 20

MARK_PROCESSOR  equ mark(ROW_PROCESSOR, LEFT, HALF)
MARK_TIMER      equ mark(ROW_TIMER, RIGHT, HALF)
MARK_MEMORY     equ mark(ROW_MEMORY, LEFT, HALF)
MARK_PAGING     equ mark(ROW_PAGING, RIGHT, HALF)
MARK_DISK       equ mark(ROW_DISK, LEFT, HALF)
MARK_CLOCK      equ mark(ROW_CLOCK, RIGHT, HALF)
MARK_KEYBOARD   equ mark(ROW_KEYBOARD, LEFT, WHOLE)

boxes:  db      ROW_PROCESSOR, LEFT, HALF, 5
        dd      title_processor
        db      ROW_TIMER, RIGHT, HALF, 5
        dd      title_timer
        db      ROW_MEMORY, LEFT, HALF, 8
        dd      title_memory
        db      ROW_PAGING, RIGHT, HALF, 8
        dd      title_paging
        db      ROW_DISK, LEFT, HALF, 5
        dd      title_disk
        db      ROW_CLOCK, RIGHT, HALF, 5
        dd      title_clock
        db      ROW_KEYBOARD, LEFT, WHOLE, 4
        dd      title_keyboard
boxes_end:
title_processor: db "Processor: CPUID", 0
title_timer:    db "Timer: 8254, IRQ 0", 0
title_memory:   db "Memory map: INT 15h E820h", 0
title_paging:   db "Paging: faults on purpose", 0
title_disk:     db "Disk: ATA by PIO", 0
title_clock:    db "Clock: MC146818, IRQ 8", 0
title_keyboard: db "Keyboard: 8042, IRQ 1", 0

labels: dd      in_box(ROW_PROCESSOR, LEFT, 1), .vendor
        dd      in_box(ROW_PROCESSOR, LEFT, 2), .model
        dd      in_box(ROW_PROCESSOR, LEFT, 3), .features
        dd      in_box(ROW_TIMER, RIGHT, 1), .uptime
        dd      in_box(ROW_TIMER, RIGHT, 2), .ticks
        dd      in_box(ROW_TIMER, RIGHT, 3), .halts
        dd      in_box(ROW_DISK, LEFT, 1), .drive
        dd      in_box(ROW_DISK, LEFT, 2), .signature
        dd      in_box(ROW_CLOCK, RIGHT, 1), .date
        dd      in_box(ROW_CLOCK, RIGHT, 2), .time
        dd      in_box(ROW_CLOCK, RIGHT, 3), .updates
        dd      in_box(ROW_KEYBOARD, LEFT, 1), .codes
        dd      in_box(ROW_KEYBOARD, LEFT, 2), .typed
.end:
.vendor:        db "Vendor", 0
.model:         db "Family", 0
.features:      db "Has", 0
.uptime:        db "Uptime", 0
.ticks:         db "Ticks", 0
.halts:         db "Sleeps", 0
.drive:         db "Drive", 0
.signature:     db "Sector 0", 0
.date:          db "Date", 0
.time:          db "Time", 0
.updates:       db "Updates", 0
.codes:         db "Scan codes", 0
.typed:         db "You typed", 0
