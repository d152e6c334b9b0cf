#!/usr/bin/env python3
"""Runs C programs natively and under Linux in swemu; both have to print the same.

    run.py                           the programs of idioms/ and the first 50 seeds of csmith, in .build/release/swemu
    run.py --seeds 10                fewer seeds
    run.py --all                     all seeds of seeds.txt, every program of idioms/ with every choice of options; then a sample with the interpreter
                                     and on a processor without SSE
    run.py --only 'overflow|s17-'    programs whose names match
    run.py --choose 1-400            prints which of these seeds make programs that serve, for seeds.txt

programs.py says which programs there are and compiles them, with 32 bits, into build/csmith. One boot of Debian's kernel runs all of them. A program
is called many times in one process (repeat.c), so that the recompiler has its code. Compared are exit status and all lines printed.
The exit status is 1 when one differs; hosts that cannot run 32-bit x86 programs are told so, and nothing is tested.
"""
import argparse
import concurrent.futures
import glob
import os
import platform
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTROMS)
sys.path.insert(0, os.path.join(TESTROMS, "guests"))

import programs
from emulators import engine_in
from initramfs import Archive
from packages import Packages, Unavailable

ROUNDS = 100
TICKS_PER_PROGRAM, TICKS_TO_BOOT = 2, 20            # at most, in 10^9
SAMPLE = 50                                         # programs for the interpreter, which is slower


def native(program):
    """Exit status and lines with their numbers, as init has them: "status 0 100 checksum = 1234"."""
    try:
        done = subprocess.run([program.path, str(ROUNDS)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except subprocess.TimeoutExpired:
        return "does not end in a minute on this host"
    lines = done.stdout.decode("latin-1").splitlines()
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return " ".join(" ".join(["status %d" % status] + ["%d %s" % (lines.count(line), line) for line in sorted(set(lines))]).split())


def initramfs_of(chosen, busybox):
    archive = Archive()
    for folder in ("bin", "dev", "etc", "lib", "lib32", "programs", "tmp"):
        archive.folder(folder)
    archive.device("dev/console", 5, 1)
    for name, path in {"init": os.path.join(HERE, "init"), "bin/busybox": busybox, "lib/ld-linux.so.2": programs.library("ld-linux.so.2"),
                       "lib32/libc.so.6": programs.library("libc.so.6"), "lib32/libm.so.6": programs.library("libm.so.6")}.items():
        archive.file(name, read(path), 0o755)
    for program in chosen:
        archive.file("programs/" + program.name, read(program.path), 0o755)
    archive.file("etc/programs", "".join(program.name + "\n" for program in chosen).encode())
    archive.file("etc/rounds", b"%d\n" % ROUNDS)
    return archive.compressed()


def read(path):
    with open(path, "rb") as f:
        return f.read()


def boot(swemu, kernel, chosen, busybox, cpu, engine):
    """Name -> what the program printed under Linux in swemu, and what is wrong with the run as a whole."""
    initrd = os.path.join(programs.BUILD, "initrd.gz")
    with open(initrd, "wb") as f:
        f.write(initramfs_of(chosen, busybox))
    command = [swemu, "run", "--kernel", kernel, "--initrd", initrd, "--append", "console=ttyS0,115200 quiet loglevel=1", "--cpu", cpu, "--engine", engine,
               "--headless", "--serial", "stdio", "--memory", "256", "--no-reboot", "--stats", "--no-post-mortem",
               "--max-ticks", "%dG" % (TICKS_TO_BOOT + TICKS_PER_PROGRAM * len(chosen))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    said, errors = done.stdout.decode("latin-1").replace("\r", ""), done.stderr.decode("latin-1")
    results = {name: " ".join(words.split()) for name, words in re.findall(r"^result: (\S+) (.*)$", said, re.M)}
    problems = []
    if results.pop("all", None) != "done" or done.returncode != 0:
        last = [line for line in errors.splitlines() if line.startswith("swemu: ")] or [said[-200:]]
        problems.append("the guest did not come to its end: status %d, %s" % (done.returncode, last[-1]))
    if engine_in(errors) != engine:
        problems.append("the engine that ran is %s" % engine_in(errors))
    return results, problems


def compare(title, arguments, kernel, busybox, chosen, expected, cpu="nehalem", engine="recompiler"):
    """Runs the programs in swemu and prints each difference; answers how many there are."""
    results, problems = boot(arguments.swemu, kernel, chosen, busybox, cpu, engine)
    failed = len(problems)
    for problem in problems:
        print("FAIL  %s: %s" % (title, problem))
    for program in chosen:
        here, there = expected[program.name], results.get(program.name, "nothing")
        if here != there:
            failed += 1
            print("FAIL  %s: %s\n      native %s\n      swemu  %s\n      made by %s" % (title, program.name, *apart(here, there), program.in_words()))
    print("%-4s  %s: %d programs, %d differ" % ("FAIL" if failed else "ok", title, len(chosen), failed), flush=True)
    return failed


def apart(here, there):
    """The two texts from a little before their first difference on."""
    start = max(0, len(os.path.commonprefix([here, there])) - 30)
    return here[start:start + 120], there[start:start + 120]


def build(chosen):
    programs.repeated()                             # needed by all of them
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda program: program.build(), chosen))


def runs_32_bits():
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        return False
    try:
        return subprocess.run([programs.library("ld-linux.so.2"), "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def choose(seeds):
    """Prints the seeds whose program ends at once, without a trap, and with the same checksum each time."""
    first, last = map(int, seeds.split("-"))
    programs.repeated()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for seed, good in zip(range(first, last + 1), pool.map(serves, range(first, last + 1))):
            if good:
                print(seed, flush=True)
    return 0


def serves(seed):
    program = programs.Csmith(seed)
    try:
        program.build(seconds=5)
        done = subprocess.run([program.path, str(ROUNDS)], capture_output=True, timeout=2)
    except (subprocess.TimeoutExpired, RuntimeError):
        return False
    lines = done.stdout.decode().splitlines()
    return done.returncode == 0 and len(lines) == ROUNDS and len(set(lines)) == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(ROOT, ".build/release/swemu"))
    parser.add_argument("--seeds", type=int, default=50, metavar="N")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", metavar="PATTERN")
    parser.add_argument("--choose", metavar="FIRST-LAST")
    parser.add_argument("--cache", default=os.environ.get("GUEST_CACHE", os.path.join(ROOT, "build/guests/packages")))
    arguments = parser.parse_args()
    if not runs_32_bits():
        print("skipped: this host cannot run 32-bit x86 programs, and C programs in swemu are compared with those that it runs")
        return 0
    if arguments.choose:
        return choose(arguments.choose)
    try:
        packages = Packages(arguments.cache)
        kernel = glob.glob(os.path.join(packages.folder(packages.newest_dependency("linux-image-686", "linux-image-6.", "i386"), "i386"), "boot/vmlinuz-*"))[0]
        busybox = os.path.join(packages.folder("busybox-static", "i386"), "bin/busybox")
        everything = programs.idioms(arguments.all) + programs.csmith(None if arguments.all else arguments.seeds)
        chosen = [program for program in everything if re.search(arguments.only, program.name)]
        if not chosen:
            raise RuntimeError("no program's name matches %r" % arguments.only)
        build(chosen)
    except (Unavailable, RuntimeError, OSError) as problem:
        print("run.py: %s" % problem, file=sys.stderr)
        return 1
    expected = {program.name: native(program) for program in chosen}
    failed = compare("recompiler", arguments, kernel, busybox, chosen, expected)
    if arguments.all:
        sample = chosen[::max(1, len(chosen) // SAMPLE)]
        failed += compare("interpreter", arguments, kernel, busybox, sample, expected, engine="interpreter")
        plain = [program for program in chosen if not program.needs_sse]
        failed += compare("recompiler, without SSE", arguments, kernel, busybox, plain, expected, cpu="p6")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
