#!/usr/bin/env python3
"""Classic mistakes of new kernels, each in a small guest: swemu has to say what a beginner needs to hear.

    run.py                      all, in .build/release/swemu
    run.py --only gdt           those whose name contains the word
    run.py --show               print what swemu says of each

Each NAME.asm begins with what the mistake is, `; expect:` the sentence that the line "look first:" has to contain, "..." standing for
anything, and `; status:` the exit status, or those that variants may have; `; options:` more of them for swemu run. `; variants:` are words for NASM, one set each between
bars ("-DPAGED | -DDEEP -DFRAMES"): the same mistake in another layout (mistake.inc has what layouts there are), of which the same has to be said. `; boot: disk`: a boot sector (boot.inc) and started from a
disk, not as a kernel; `; link: elf64`: linked to an ELF file at 1 MB. NAME.c is a kernel in C (kernels/kernel.h) with its head behind "//": `bits: 32 64` are what it is compiled for, and its variants are words for gcc.
"""
import argparse
import glob
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KERNELS = os.path.join(os.path.dirname(HERE), "kernels")
sys.path.insert(0, KERNELS)
from compiler import compile_kernel  # noqa: E402


def head(source):
    values = {}
    with open(source) as f:
        for line in f:
            if not line.startswith((";", "//")):
                break
            key, found, value = line.lstrip(";/ ").strip().partition(": ")
            if found and key in ("expect", "status", "options", "variants", "boot", "bits", "link"):
                values[key] = value.strip()
    variants = [variant.split() for variant in values.get("variants", "").split("|") if variant.strip()]
    pattern = re.compile(".*".join(re.escape(part.strip()) for part in values["expect"].split("...")))
    variants = [[]] + variants
    if source.endswith(".c"):
        variants = [["-m" + bits] + variant for bits, variant in itertools.product(values.get("bits", "32").split(), variants)]
    return pattern, {int(word) for word in values["status"].split()}, values.get("options", "").split(), variants, "boot" in values, values.get("link")


DISK = 20160 * 512


def problems_of(args, kernel, source, pattern, status, options, variant, engine, is_disk, link):
    if source.endswith(".c"):
        words = ["-g", "-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-w"] + (variant[1:] or ["-O1", "-fno-omit-frame-pointer"])
        compile_kernel(source, kernel, words, variant[0] == "-m64")
    elif link:
        subprocess.run(["nasm", "-f", link, "-w+all", "-w+error", "-I", HERE + "/", "-o", kernel + ".o", source] + variant, check=True)
        subprocess.run(["ld", "-n", "-e", "start", "-Ttext=0x100000", "--no-warn-rwx-segments", "-o", kernel, kernel + ".o"], check=True)
    else:
        subprocess.run(["nasm", "-f", "bin", "-w+all", "-w+error", "-I", HERE + "/", "-o", kernel, source] + variant, check=True)
    if is_disk:
        os.truncate(kernel, DISK)
    result = subprocess.run([args.swemu, "run"] + ([] if is_disk else ["--kernel"]) + [kernel, "--headless", "--engine", engine]
                            + ([] if "--max-ticks" in options else ["--max-ticks", "100M"]) + options,
                            stdin=subprocess.DEVNULL, capture_output=True)
    said = result.stderr.decode()
    advice = [line for line in said.splitlines() if line.startswith("look first: ")]
    problems = []
    if result.returncode not in status:
        problems.append("status %d instead of %s" % (result.returncode, " or ".join(map(str, sorted(status)))))
    if not advice or not pattern.search(advice[0]):
        problems.append("said: %s" % (advice[0] if advice else said.strip()))
    return problems, said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(HERE, "../../.build/release/swemu"))
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    if not shutil.which("nasm"):
        sys.exit("run.py: nasm is missing; on Debian: apt-get install nasm")
    failed = count = guests = 0
    with tempfile.TemporaryDirectory(prefix="mistakes-") as folder:
        for source in sorted(glob.glob(os.path.join(HERE, "*.asm")) + glob.glob(os.path.join(HERE, "*.c"))):
            name = os.path.splitext(os.path.basename(source))[0]
            if args.only not in name:
                continue
            pattern, status, options, variants, is_disk, link = head(source)
            count += 1
            kernel = os.path.join(folder, name)
            for variant in variants:
                guests += 1
                said = {}
                for engine in ("recompiler", "interpreter"):
                    problems, said[engine] = problems_of(args, kernel, source, pattern, status, options, variant, engine, is_disk, link)
                    if problems:
                        break
                if not problems and said["recompiler"] != said["interpreter"]:
                    problems = ["the engines' texts differ"]
                failed += bool(problems)
                print("%-4s  %-26s %s" % ("FAIL" if problems else "ok", " ".join([name] + variant), "; ".join(problems)), flush=True)
                if args.show:
                    print(said["recompiler"])
    print("%d mistakes in %d guests, %d not recognised" % (count, guests, failed))
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
