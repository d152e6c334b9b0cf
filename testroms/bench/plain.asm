; The workloads that any program could run: protected mode or not, at any level. native.asm has those of 32 bits alone,
; native64.asm those of 64 bits.

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
        workload "x87-calls", x87_calls
%endmacro

%macro long_plain_workloads 0
        workload "long-hash", long_hash
        workload "long-sort", long_sort
        workload "long-divide", long_divide
        workload "long-bignum", long_bignum
        workload "long-narrow", long_narrow
        workload "long-rep", long_rep
        workload "long-scan", long_scan
        workload "long-call", long_call
        workload "long-interp", long_interpreter
        workload "long-random", long_random
        workload "long-crc", long_crc
        workload "long-sieve", long_sieve
        workload "long-copy", long_copy
        workload "long-list", long_list
        workload "long-tlb", long_tlb
        workload "long-float", long_float
        workload "long-vector", long_vector
%endmacro
