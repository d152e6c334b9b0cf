"""The workloads of bench.img: what they are called, which group they belong to, how much of them is run.

`units` is what the probe runs and every emulator's checksum is compared at; timed runs take a power of two times as many.
`instructions` is how many instructions one unit takes, an iteration of a REP counting as one: the difference of two runs
of Bochs' instruction counter (`run.py --count`), None where it depends on time.
"""
from typing import NamedTuple, Optional


class Workload(NamedTuple):
    name: str
    group: str
    unit: str
    units: int
    instructions: Optional[float]

    @property
    def needs_max(self):
        """Whether it is about what the usual processor of 64 bits does not have."""
        return self.name in ("long-pcid", "long-vector")

    @property
    def is64(self):
        """Whether it needs a processor with IA-32e mode."""
        return self.name.startswith("long-")


COMPUTE, SYSTEM, CHANGING = "compute", "system", "changing code"

WORKLOADS = [
    Workload("int-hash", COMPUTE, "1000 rounds", 4000, 19003),
    Workload("int-crc", COMPUTE, "4096 bytes", 1000, 28676),
    Workload("int-sieve", COMPUTE, "sieve of 8192", 1000, 118908),
    Workload("int-sort", COMPUTE, "1024 numbers", 500, 163218),
    Workload("int-divide", COMPUTE, "100 pairs", 1000, 15816.5),
    Workload("int-bignum", COMPUTE, "16 additions", 10000, 5203),
    Workload("int-narrow", COMPUTE, "1000 rounds", 2000, 23987.7),
    Workload("mem-copy", COMPUTE, "64 KiB", 1000, 45062),
    Workload("mem-rep", COMPUTE, "128 KiB", 200, 32779),
    Workload("mem-scan", COMPUTE, "4 KiB thrice", 2000, 10252),
    Workload("mem-list", COMPUTE, "1000 hops", 4000, 4003),
    Workload("mem-tlb", COMPUTE, "12 MiB pass", 200, 21178),
    Workload("branch-interp", COMPUTE, "1000 bytecodes", 4000, 7201.8),
    Workload("branch-random", COMPUTE, "1000 rounds", 2000, 14835.1),
    Workload("branch-call", COMPUTE, "3193 calls", 400, 44703),
    Workload("x87-nbody", COMPUTE, "step", 4000, 412),
    Workload("x87-mandel", COMPUTE, "picture", 10, 453716),
    Workload("x87-trans", COMPUTE, "100 rounds", 200, 3103),
    Workload("x87-calls", COMPUTE, "1000 calls", 400, 11253.4),
    Workload("real-mix", COMPUTE, "16 KiB", 200, 287698),
    Workload("sys-int80", SYSTEM, "call", 50000, 9),
    Workload("sys-callgate", SYSTEM, "call", 50000, 9),
    Workload("sys-sysenter", SYSTEM, "call", 100000, 11),
    Workload("sys-segments", SYSTEM, "100 rounds", 500, 1303),
    Workload("sys-modes", SYSTEM, "round trip", 10000, 32),
    Workload("real-int", SYSTEM, "100 rounds", 1000, 1803),
    Workload("page-fault", SYSTEM, "256 faults", 100, 5128),
    Workload("page-cr3", SYSTEM, "2 switches", 20000, 58),
    Workload("code-patch", SYSTEM, "call", 4000, 10),
    Workload("code-fresh", SYSTEM, "function", 4000, 270.4),
    Workload("long-hash", COMPUTE, "1000 rounds", 4000, 19003),
    Workload("long-sort", COMPUTE, "1024 numbers", 500, 273426.2),
    Workload("long-call", COMPUTE, "3193 calls", 400, 47898),
    Workload("long-divide", COMPUTE, "100 pairs", 1000, 16713.1),
    Workload("long-bignum", COMPUTE, "16 additions", 4000, 5203),
    Workload("long-narrow", COMPUTE, "1000 rounds", 2000, 22974.5),
    Workload("long-rep", COMPUTE, "128 KiB", 200, 16395),
    Workload("long-scan", COMPUTE, "4 KiB thrice", 2000, 9740),
    Workload("long-interp", COMPUTE, "1000 bytecodes", 4000, 7204),
    Workload("long-random", COMPUTE, "1000 rounds", 2000, 14831.7),
    Workload("long-crc", COMPUTE, "4096 bytes", 1000, 36867),
    Workload("long-sieve", COMPUTE, "sieve of 8192", 200, 142609),
    Workload("long-copy", COMPUTE, "64 KiB", 500, 24583),
    Workload("long-list", COMPUTE, "1000 hops", 4000, 4004),
    Workload("long-tlb", COMPUTE, "12 MiB pass", 200, 21178),
    Workload("long-float", COMPUTE, "line", 200, 10949.7),
    Workload("long-vector", COMPUTE, "1024 numbers", 1000, 1539),
    Workload("long-syscall", SYSTEM, "call", 100000, 18),
    Workload("long-cr3", SYSTEM, "2 switches", 20000, 56),
    Workload("long-pcid", SYSTEM, "2 switches", 20000, 56),
    Workload("long-fault", SYSTEM, "256 faults", 100, 5128),
    Workload("long-patch", SYSTEM, "call", 4000, 11),
    Workload("long-fresh", SYSTEM, "function", 4000, 225.2),
    Workload("io-port", SYSTEM, "24 accesses", 4000, 83),
    Workload("vga-text", SYSTEM, "line", 500, 1851),
    Workload("irq-uart", SYSTEM, "interrupt", 20000, 23),
    Workload("irq-hlt", SYSTEM, "sleep", 2000, None),
    Workload("irq-timer", SYSTEM, "1000 rounds", 4000, None),
    Workload("beside-stack", CHANGING, "3 recursions", 3000, 329),
    Workload("beside-data", CHANGING, "16 rounds", 3500, 278),
    Workload("beside-old", CHANGING, "64 writes", 2500, 387),
    Workload("patch-int", CHANGING, "8 calls", 1600, 598.5),
    Workload("patch-constant", CHANGING, "20 rounds", 2300, 429),
    Workload("patch-seldom", CHANGING, "400 rounds", 200, 8404.4),
    Workload("patch-opcode", CHANGING, "20 rounds", 6300, 157),
    Workload("patch-self", CHANGING, "16 rounds", 3700, 270),
    Workload("patch-jump", CHANGING, "600 rounds", 200, 3617),
    Workload("copy-again", CHANGING, "4 calls", 3400, 292),
    Workload("copy-overlay", CHANGING, "100 calls", 200, 5898.3),
    Workload("fresh-calls", CHANGING, "100 calls", 200, 5900.7),
    Workload("across-pages", CHANGING, "100 rounds", 2300, 421),
    Workload("paged-alias", CHANGING, "20 rounds", 2300, 431.2),
    Workload("paged-beside", CHANGING, "2 switches", 2500, 388),
    Workload("real-beside", CHANGING, "100 rounds", 700, 1277),
]
