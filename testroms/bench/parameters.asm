; The parameter sector: run.py looks for these 16 bytes at sector 1 and overwrites what follows.

parameters:
        db      "BENCH PARAMETERS"
wanted: db      "int-hash", 0           ; the workload's name
        times   16 - ($ - wanted) db 0
units:  dd      1000                    ; how many units of work
        times   SECTOR - ($ - parameters) db 0
