; The workloads that any program could run: protected mode or not, at any level. native.asm has these alone.

%macro workload 2-3 0                   ; name, routine, flags
%%name: db      %1
        times   16 - ($ - %%name) db 0
        dd      %2 + %3
%endmacro

%macro plain_workloads 0
        workload "int-hash", int_hash
        workload "int-crc", int_crc
        workload "int-sieve", int_sieve
        workload "int-sort", int_sort
        workload "int-divide", int_divide
        workload "int-bignum", int_bignum
        workload "int-narrow", int_narrow
        workload "mem-copy", mem_copy
        workload "mem-rep", mem_rep
        workload "mem-scan", mem_scan
        workload "mem-list", mem_list
        workload "mem-tlb", mem_tlb
        workload "branch-interp", branch_interpreter
        workload "branch-random", branch_random
        workload "branch-call", branch_call
        workload "x87-nbody", x87_nbody
        workload "x87-mandel", x87_mandelbrot
        workload "x87-trans", x87_transcendental
%endmacro
