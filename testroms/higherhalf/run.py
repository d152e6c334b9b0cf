#!/usr/bin/env python3
"""A kernel of the higher half and the two ways to it: by Multiboot on a BIOS machine, and by UEFI, where its loader is an EFI application.

    run.py --swemu PATH                 in both engines, on several models, with one processor and with four
    run.py --swemu PATH --show          with what the kernel says

loader.h does what Limine does for a kernel: segments with their own rights, all memory mapped once more, write protection and execute-disable on.
"""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "kernels"))
from compiler import HERE as KERNELS, compile_kernel  # noqa: E402

OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"
CHECKS, SEVERAL = 17, 5
PLAIN = ["-m64", "-O1", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-mno-red-zone", "-mgeneral-regs-only", "-Wall",
         "-Wextra", "-Werror"]


def build(folder):
    """(the kernel for Multiboot, the EFI application)."""
    def path(name):
        return os.path.join(folder, name)

    def call(*words):
        subprocess.run(words, check=True, cwd=HERE)
    call("gcc", *PLAIN, "-fno-pic", "-mcmodel=kernel", "-c", "kernel.c", "-o", path("kernel.o"))
    call("ld", "-m", "elf_x86_64", "-n", "--no-warn-rwx-segments", "-T", "kernel.ld", "-o", path("kernel.elf"), path("kernel.o"))
    embedded = '-DKERNEL="%s"' % path("kernel.elf")
    multiboot = compile_kernel(os.path.join(HERE, "multiboot.c"), path("multiboot"), [*PLAIN, "-I", KERNELS, embedded], True)
    call("nasm", "-f", "elf64", "-o", path("header.o"), "header.asm")
    call("gcc", *PLAIN, "-fpie", "-fvisibility=hidden", "-fno-jump-tables", embedded, "-c", "efi.c", "-o", path("efi.o"))
    call("ld", "-m", "elf_x86_64", "-T", "efi.ld", "--oformat", "binary", "-o", path("efi"), path("header.o"), path("efi.o"))
    return multiboot, path("efi")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    failed = count = 0
    with tempfile.TemporaryDirectory(prefix="higherhalf-") as folder:
        multiboot, efi = build(folder)
        for way, words in (("Multiboot", ["--kernel", multiboot]), ("UEFI", ["--efi", efi])):
            if way == "UEFI" and not os.path.exists(OVMF):
                print("skipped: UEFI: %s is not there" % OVMF)
                continue
            for model, processors, engine in (("x86-64", 1, "recompiler"), ("x86-64-v2", 4, "recompiler"), ("x86-64-v2", 2, "interpreter"), ("nehalem", 4, "recompiler"),
                                              ("max", 1, "recompiler"), ("max", 4, "recompiler")):
                if way == "UEFI" and engine == "interpreter":
                    continue
                done = subprocess.run(
                    [args.swemu, "run", *words, "--headless", "--debugcon", "stdio", "--cpu", model, "--smp", str(processors), "--engine", engine, "--max-ticks", "10G"],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=300)
                lines = done.stdout.splitlines()
                plan = CHECKS + (SEVERAL if processors > 1 else 0)
                good = done.returncode == 0 and sum(line.startswith("ok ") for line in lines) == plan and "1..%d" % plan in lines
                count += 1
                failed += not good
                print("%-4s  %s, %s, %d processors, %s" % ("ok" if good else "FAIL", way, model, processors, engine), flush=True)
                if args.show or not good:
                    print("\n".join([line for line in lines if args.show or not line.startswith("ok ")] + [done.stderr[-1500:]]))
    print("%d runs, %d failed" % (count, failed))
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
