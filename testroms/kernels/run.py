#!/usr/bin/env python3
"""Builds the kernels of this folder with NASM and ld, starts each without a disk image, and checks what it says and how it ends.

    run.py                      all, in .build/release/swemu
    run.py --only multiboot     those whose name contains the word
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

from compiler import FAULTY as SOURCE, FRAMES, compile_kernel

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = ["--headless", "--max-instructions", "200M", "--memory", "32"]
DEBUGCON = ["--debugcon", "stdio"]
PICTURE = ["--screen-ppm", "{picture}"]
# name: (source and definitions, format, linker script, option of the linker or None, options, what COM1 says, exit status)
KERNELS = {
    "multiboot1": ("multiboot1", "elf32", "kernel.ld", ["--append", "a=1 b", "--initrd", "{module} its text"],
                   "hello from Multiboot 1\n{kernel} a=1 b\n{module} its text\nMODULE", 0),
    "multiboot2": ("multiboot2", "elf32", "kernel.ld", ["--append", "words", "--initrd", "{module}"],
                   "hello from Multiboot 2\nwords", 0),
    "multiboot2-elf64": ("multiboot2", "elf64", "kernel.ld", ["--append", "words", "--initrd", "{module}"],
                         "hello from Multiboot 2\nwords", 0),
    "pvh": ("pvh", "elf32", "pvh.ld", ["--append", "a=1 b", "--initrd", "{module} its text"],
            "hello from PVH\na=1 b\n{module} its text\nMODULE", 0),
    "pvh-elf64": ("pvh", "elf64", "pvh.ld", ["--append", "a=1 b", "--initrd", "{module} its text"],
                  "hello from PVH\na=1 b\n{module} its text\nMODULE", 0),
    "kludge": ("kludge", "bin", None, [], "hello from the kludge\n", 0),
    "higherhalf": ("higherhalf", "elf32", "higherhalf.ld", [], "hello from the higher half\n", 0),
    # The linker puts the file's headers a page below the code, into the ROM.
    "ttext": ("ttext", "elf32", "-Ttext=0x100000", [], "hello from -Ttext\n", 0),
    "ttext-elf64": ("ttext", "elf64", "-Ttext=0x100000", [], "hello from -Ttext\n", 0),
    # Headers and code in one segment, which begins in the ROM.
    "ttext, one segment": ("ttext-DONE", "elf32", "-Ttext=0x100000 -z noseparate-code", [], "hello from -Ttext\n", 0),
    # Moved as one block: where it is, tag 21, and a word of its data; RAM ends at 2000000h, the tag's range before.
    "relocatable": ("relocatable", "elf32", "kernel.ld", DEBUGCON, "00200000 00200000 12345678 ", 0),
    "relocatable-elf64": ("relocatable", "elf64", "kernel.ld", DEBUGCON, "00200000 00200000 12345678 ", 0),
    "relocatable, highest": ("relocatable-DPREFERENCE=2", "elf32", "kernel.ld", DEBUGCON, "017F0000 017F0000 12345678 ", 0),
    "relocatable, nowhere": ("relocatable", "elf32", "kernel.ld", ["--memory", "2"], "", 58),
    "graphics 1": ("graphics", "elf32", "kernel.ld", PICTURE, "", 0),
    "graphics 2": ("graphics-DSECOND", "elf32", "kernel.ld", PICTURE, "", 0),
    "graphics 2, 32 bits": ("graphics-DSECOND-DDEPTH=32", "elf32", "kernel.ld", PICTURE, "", 0),
    "flat32": ("flat32", "bin", None, ["--load-address", "0x100000"], "hello from a flat binary\n", 0),
    "flat16": ("flat16", "bin", None, ["--load-address", "0x7c00", "--bits", "16", "--screen-text", "{screen}"], "", 0),
    "flat without an address": ("flat32", "bin", None, [], "", 58),
    # QEMU's spelling, and QEMU's formula for the status: the guest's 0 is a 1.
    "qemu": ("kludge", "bin", None, ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"], "hello from the kludge\n", 1),
}
# Lines that the post-mortem of faulty.c has to have, whatever version of DWARF the compiler writes.
FAULTY = ["post-mortem: triple fault at 0010:", "divide+0x7 (faulty.c:20)", "compute+0x", "(faulty.c:27)", "kmain+0x", "(faulty.c:33)",
          "look first: The division at ", "-> 0010:"]
EMULATION = {"elf32": "elf_i386", "elf64": "elf_x86_64"}


def build(source, kind, script, folder):
    base = os.path.join(folder, "%s-%s" % (source, kind))
    source, *definitions = source.split("-")
    if os.path.exists(base):
        return base
    target = base if kind == "bin" else base + ".o"
    subprocess.run(["nasm", "-f", kind, "-g" if kind != "bin" else "-O2", "-w+all", "-w+error", "-I", HERE + "/"] + ["-" + d for d in definitions] + ["-o", target,
                    os.path.join(HERE, source + ".asm")], check=True)
    if script:
        where = script.split() if script.startswith("-") else ["-T", os.path.join(HERE, script)]
        subprocess.run(["ld", "-m", EMULATION[kind], "-z", "max-page-size=4096", "--no-warn-rwx-segments"] + where
                       + ["-o", base, target], check=True)
    return base


def check_faulty(swemu, folder):
    """(name, problems) of the C kernel, for each version of DWARF."""
    for version in "2345":
        kernel = compile_kernel(SOURCE, os.path.join(folder, "faulty" + version), FRAMES + ["-gdwarf-" + version])
        result = subprocess.run([swemu, "run", "--kernel", kernel, "--headless"], stdin=subprocess.DEVNULL, capture_output=True)
        said = result.stderr.decode()
        missing = [words for words in FAULTY if words not in said.replace("kernels/", "")]
        yield "faulty, DWARF " + version, ["missing: " + ", ".join(missing)] * bool(missing) + ["status %d" % result.returncode] * (result.returncode != 10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(HERE, "../../.build/release/swemu"))
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    for tool in ("nasm", "ld", "gcc"):
        if not shutil.which(tool):
            sys.exit("run.py: %s is missing; on Debian: apt-get install nasm gcc" % tool)
    failed = count = 0
    with tempfile.TemporaryDirectory(prefix="kernels-") as folder:
        names = {word: os.path.join(folder, word) for word in ("module", "screen", "picture")}
        with open(names["module"], "wb") as f:
            f.write(b"MODULE\0")
        for name, (source, kind, script, options, says, status) in KERNELS.items():
            if args.only not in name:
                continue
            kernel = build(source, kind, script, folder)
            names["kernel"] = kernel
            if name == "qemu":
                command = [args.swemu, "-kernel", kernel, "-serial", "stdio", "-display", "none", "-m", "32"]
            else:
                command = [args.swemu, "run", "--kernel", kernel] + OPTIONS + ["--serial", "stdio"] * ("--debugcon" not in options)
            result = subprocess.run(command + [o.format(**names) for o in options], stdin=subprocess.DEVNULL, capture_output=True)
            said = result.stdout.decode("latin-1")
            problems = []
            if said != says.format(**{name: os.path.basename(path) for name, path in names.items()}):
                problems.append("said %r" % said)
            if result.returncode != status:
                problems.append("status %d: %s" % (result.returncode, result.stderr.decode().strip()))
            if name == "flat16" and "hello from real mode" not in open(names["screen"]).read():
                problems.append("nothing on the screen")
            if "{picture}" in options:
                # Red, and the fourth dot of the third line is green.
                picture = bytearray(b"\xff\0\0" * (640 * 480))
                picture[3 * (2 * 640 + 3):3 * (2 * 640 + 4)] = b"\0\xff\0"
                if open(names["picture"], "rb").read() != b"P6\n640 480\n255\n" + picture:
                    problems.append("another picture")
            count += 1
            failed += bool(problems)
            print("%-4s  %-24s %s" % ("FAIL" if problems else "ok", name, "; ".join(problems)))
        for name, problems in check_faulty(args.swemu, folder) if args.only in "faulty" else ():
            count += 1
            failed += bool(problems)
            print("%-4s  %-24s %s" % ("FAIL" if problems else "ok", name, "; ".join(problems)))
    print("%d kernels, %d failed" % (count, failed))
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
