; Benchmark guests: one disk image, many workloads. run.py writes into the parameter sector which one is to run and how many
; units of it; the guest says on port E9h
;
;       START name
;       END name checksum
;
; and switches the machine off. The emulators print port E9h as it comes, so that run.py can time each workload between its
; own markers; booting is not measured.
;
; Build: nasm -f bin -o bench.img bench.asm   (testroms/build.sh does it)

        cpu x64
        bits 16

%include "layout.inc"

        section boot start=0 vstart=BOOT_SECTOR
%include "boot.asm"

        section kernel start=SECTOR vstart=PARAMETERS
%include "parameters.asm"               ; the parameter sector, sector 1
%include "start.asm"                    ; real mode: finds the workload, enters protected mode
%include "report.asm"                   ; START, END, switching off
%include "tables.asm"                   ; IDT, TSS, paging, 8259A
%include "integer.asm"
%include "memory.asm"
%include "branches.asm"
%include "x87.asm"
%include "system.asm"
%include "pages.asm"
%include "code.asm"
%include "changing.asm"
%include "long.asm"
%include "longcode.asm"
        cpu     default
%include "longdata.asm"
        cpu     x64
        bits 32
%include "devices.asm"
%include "realmode.asm"

kernel_end:
KERNEL_SECTORS  equ (kernel_end - parameters + SECTOR - 1) / SECTOR
%if KERNEL_SECTORS * SECTOR > KERNEL_LIMIT - PARAMETERS
  %error "The benchmark kernel has grown past KERNEL_LIMIT."
%endif

; One cylinder of 16 heads and 63 sectors, for emulators that want to be told a geometry.
        times DISK_SECTORS * SECTOR - SECTOR - ($ - $$) db 0
