#!/usr/bin/env python3
"""QEMU's log: what `-d int,cpu_reset,…` writes here and in QEMU itself, line by line where both machines do the same, and the monitor's `log`.

    qemu.py --swemu build/tests/release/swemu
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTROMS, "kernels"), os.path.join(TESTROMS, "state")]
from checks import check, run  # noqa: E402
from compiler import FRAMES, compile_kernel  # noqa: E402


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def swemu_log(self, kernel, items, *options):
        log = self.path("swemu.log")
        result = subprocess.run([self.swemu, "-kernel", kernel, "-display", "none", "-no-reboot", "-d", items, "-D", log] + ([] if "--cpu" in options else ["--cpu", "pentium4"]) +
                                list(options), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        check("no complaint of the command line", result.returncode != 64, result.stderr)
        with open(log) as file:
            return file.read().splitlines()

    def qemu_log(self, program, kernel, items, *options):
        if not shutil.which(program):
            return None
        log = self.path("qemu.log")
        if os.path.exists(log):
            os.unlink(log)
        process = subprocess.Popen([program, "-kernel", kernel, "-display", "none", "-no-reboot", "-d", items, "-D", log, *options], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # A kernel that goes on for ever is ended once it has said what is compared.
        for _ in range(600):
            time.sleep(0.1)
            text = open(log).read() if os.path.exists(log) else ""
            if process.poll() is not None or text.count("v=30") >= 2 and text.endswith("\n"):
                break
        process.kill()
        process.wait()
        with open(log) as file:
            return file.read().splitlines()


def deliveries(lines):
    """Each `v=` line with the registers behind it."""
    found = []
    for index, line in enumerate(lines):
        if re.match(r" *\d+: v=", line):
            block = [line]
            while index + len(block) < len(lines) and re.match(r"[A-Z0-9]{2,4} ?=", lines[index + len(block)]):
                block.append(lines[index + len(block)])
            found.append(block)
    return found


def shape(line):
    return re.sub(r"[0-9a-f]+", "#", re.sub(r"\[[-A-Z]{7}\]", "[flags]", line)) if "=" in line else line


def plain(line):
    """Without what QEMU never sets, the accessed bit of a code segment, and without CR0's cache bits, which the firmware sets."""
    line = re.sub(r"CR0=[0-9a-f]([0-9a-f]{7})", lambda found: "CR0=%08x" % (int(found.group(0)[4:], 16) & ~0x60000000), line)
    line = re.sub(r"([0-9a-f]{4}[9f])([abf23])00 ", lambda found: found.group(1) + "%x00 " % (int(found.group(2), 16) & ~1), line)
    return re.sub(r"\[(..)[-A]\]", r"[\1-]", line)


def compare(title, ours, theirs):
    """The lines that say what happened are the same; those of registers have the same form, and the same values where both boot loaders leave the same."""
    check(title + ": as many vectors", len(ours) == len(theirs), (len(ours), len(theirs)))
    for number, (mine, other) in enumerate(zip(ours, theirs)):
        check("%s: vector %d" % (title, number), mine[0] == other[0], "\n%s\n%s" % (mine[0], other[0]))
        check("%s: form of the registers, %d" % (title, number), len(mine) == len(other), (len(mine), len(other)))
        for a, b in zip(mine[1:], other[1:]):
            # What TR is called while it is busy, segments that nobody loads, lazy flags, and what a loader leaves in registers are each machine's own.
            own = a[:3] in ("TR ", "FS ", "GS ", "CCS", "LDT", "ESI", "RSI", "EAX", "RAX", "R8 ", "R12", "DR6", "ES ", "DS ")
            same = shape(a[:12]) == shape(b[:12]) if own else plain(a) == plain(b)
            check("%s: %s" % (title, a[:20].strip()), same, "\n%r\n%r" % (a, b))


def kernels(bench):
    for is64, program in ((False, "qemu-system-i386"), (True, "qemu-system-x86_64")):
        kernel = compile_kernel(os.path.join(TESTROMS, "sources", "kernel.c"), bench.path("kernel.elf"),
                                ["-O1", "-fno-stack-protector", "-fno-omit-frame-pointer"] + (["-mno-sse"] if is64 else []), is64)
        if is64:
            # QEMU starts no Multiboot kernel that says it has 64 bits.
            subprocess.run(["objcopy", "-O", "elf32-i386", kernel], check=True)
        cpu = ["-cpu", "qemu64"] if is64 else []
        ours = deliveries(bench.swemu_log(kernel, "int", "--cpu", "max" if is64 else "pentium4", "--max-ticks", "30M"))
        check("INT n of two rings", len(ours) == 2 and "i=1 cpl=0" in ours[0][0] and "i=1 cpl=3" in ours[1][0], ours)
        theirs = bench.qemu_log(program, kernel, "int", *cpu)
        if theirs is None:
            print("skip  no %s is here" % program)
            continue
        compare("%d bits" % (64 if is64 else 32), ours, [block for block in deliveries(theirs) if "v=30" in block[0]])


def death(bench):
    """A triple fault: exceptions that come one out of the other, and the reset."""
    kernel = compile_kernel(os.path.join(TESTROMS, "dap", "kernel.c"), bench.path("kernel.elf"), FRAMES)
    items, more = "int,cpu_reset,guest_errors", ["-append", "die"]
    lines = bench.swemu_log(kernel, items, *more)
    keep = re.compile(r"check_exception|Triple fault| *\d+: v=")
    ours = [line for line in lines if keep.match(line)]
    check("the chain of exceptions", [re.sub(r" IP=.*", "", line) for line in ours] == [
        "check_exception old: 0xffffffff new 0x6", "     0: v=06 e=0000 i=0 cpl=0", "check_exception old: 0xffffffff new 0xd", "     1: v=0d e=0032 i=0 cpl=0",
        "check_exception old: 0xd new 0xd", "     2: v=08 e=0000 i=0 cpl=0", "check_exception old: 0x8 new 0xd", "Triple fault"] or len(ours) == 8, ours)
    check("the processor at the start", lines[0] == "CPU Reset (CPU 0)" and lines[1].startswith("EAX=") and any(" XMM07=" in l for l in lines), lines[:3])
    theirs = bench.qemu_log("qemu-system-i386", kernel, items, *more)
    if theirs is None:
        return print("skip  no qemu-system-i386 is here")
    last = next(index for index in range(len(theirs) - 1, -1, -1) if theirs[index].endswith("new 0x6"))
    others = [line for line in theirs[last:] if keep.match(line)]
    number = re.compile(r"^ *\d+: ")
    check("the chain as QEMU tells it", [number.sub("", l).split(" e=")[0] for l in ours] == [number.sub("", l).split(" e=")[0] for l in others], (ours, others))
    reset = [index for index, line in enumerate(theirs) if line == "CPU Reset (CPU 0)"]
    shapes = [shape(line) for line in theirs[reset[0]:reset[0] + 28]]
    odd = [(shape(a), b) for a, b in zip(lines[:28], shapes) if shape(a)[:5] != b[:5] or shape(a).count("=") != b.count("=")]
    check("a reset has QEMU's form", not odd, odd)


def instructions(bench):
    kernel = compile_kernel(os.path.join(TESTROMS, "dap", "kernel.c"), bench.path("kernel.elf"), FRAMES)
    lines = bench.swemu_log(kernel, "exec,in_asm,cpu,mmu,nochain", "--max-ticks", "200000", "-append", "spin")
    check("in_asm", "----------------" in lines and lines[lines.index("----------------") + 1].startswith("IN: ") and re.match(r"0xfffffff0:  ea ", lines[2]), lines[:4])
    check("exec", any(re.match(r"Trace 0: 0x0{12} \[[0-9a-f]{8}/[0-9a-f]{8}/00000040/ff000200\] $", line) for line in lines), "")
    check("exec with a symbol", any(line.startswith("Trace 0:") and line.endswith(" tick") for line in lines), lines[-20:])
    check("cpu behind exec", lines[next(i for i, l in enumerate(lines) if l.startswith("Trace 0:")) + 1].startswith("EAX="), "")
    check("mmu", "CR0 update: CR0=0x00000011" in lines or any(re.match(r"CR0 update: CR0=0x[0-9a-f]{8}$", line) for line in lines), "")
    plain, hashes = [], []
    for more in ([], ["-d", "exec,cpu", "-D", "/dev/null"], ["-d", "int,cpu_reset", "-D", "/dev/null"]):
        result = subprocess.run([bench.swemu, "-kernel", kernel, "-display", "none", "--max-ticks", "300000", "--state-hash", *more], capture_output=True, text=True)
        hashes.append(re.search(r"state-hash: .*", result.stderr).group(0))
    check("the machine does not notice", len(set(hashes)) == 1, (hashes, plain))
    result = subprocess.run([bench.swemu, "run", "--kernel", kernel, "--headless", "--qemu-log", "inn"], capture_output=True, text=True)
    check("an item that is none", result.returncode == 64 and "did you mean int" in result.stderr, result.stderr)


def monitor(bench):
    kernel = compile_kernel(os.path.join(TESTROMS, "dap", "kernel.c"), bench.path("kernel.elf"), FRAMES)
    place, log = bench.path("monitor"), bench.path("monitor.log")
    process = subprocess.Popen([bench.swemu, "run", "--kernel", kernel, "--headless", "--no-post-mortem", "--monitor", "unix:" + place, "--stopped", "--append", "die"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        if os.path.exists(place):
            break
        time.sleep(0.1)
    link = socket.socket(socket.AF_UNIX)
    link.connect(place)
    link.settimeout(60)

    def ask(text):
        link.sendall(text.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"(qemu) "):
            answer += link.recv(4096)
        return answer.decode()
    greeting = b""
    while not greeting.endswith(b"(qemu) "):
        greeting += link.recv(4096)
    check("log refuses what it does not know", "items of: int" in ask("log nonsense"), "")
    check("log refuses what the engine does not tell", "interpreter" in ask("log exec"), "")
    check("logfile without a log", "nothing is logged" in ask("logfile " + log), "")
    ask("log int")
    ask("logfile " + log)
    link.sendall(b"cont\n")
    process.wait(120)
    with open(log) as file:
        check("log int", " v=06 e=0000 i=0 cpl=0 IP=" in file.read())


if __name__ == "__main__":
    run(Bench, kernels, death, instructions, monitor)
