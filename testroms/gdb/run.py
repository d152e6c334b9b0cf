#!/usr/bin/env python3
"""Drives the program with the real gdb: a boot sector from real into protected mode, a C kernel with its source; and with a client of our own: what
gdb does not send.

    run.py --swemu build/tests/release/swemu
    run.py --show               print what gdb says
"""
import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTROMS, "kernels")]
from client import Client  # noqa: E402
from compiler import compile_kernel  # noqa: E402

failures = []


def check(name, good, detail=""):
    print("%-4s  %s" % ("ok" if good else "FAIL", name) + ("" if good else "\n      %s" % str(detail)[-3000:]), flush=True)
    if not good:
        failures.append(name)


class Machine:
    """The program with a free port for gdb, waiting for it."""

    def __init__(self, args, *options, stopped=True):
        command = [args.swemu, "run", "--headless", "--memory", "16", "--gdb", "tcp::0", "--max-ticks", "4G"]
        self.process = subprocess.Popen(command + ["--stopped"] * stopped + list(options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.said = ""
        while "target remote" not in self.said:
            line = self.process.stderr.readline()
            if not line:
                raise SystemExit("the machine did not come up: " + self.said)
            self.said += line
        self.port = int(re.search(r"target remote 127\.0\.0\.1:(\d+)", self.said).group(1))

    def end(self, timeout=120):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        self.said += err
        return self.process.returncode


def gdb(args, machine, commands, symbols=None):
    """What gdb says to `commands`."""
    line = ["gdb", "-nx", "-q", "-batch", "-ex", "set confirm off", "-ex", "set pagination off", "-ex", "set disassembly-flavor intel",
            "-ex", "set tcp connect-timeout 30", "-ex", "set debuginfod enabled off"]
    if symbols:
        line += ["-ex", "file " + symbols]
    line += ["-ex", "target remote 127.0.0.1:%d" % machine.port]
    for command in commands:
        line += ["-ex", "echo >>> %s\\n" % command.replace("\\", ""), "-ex", command]
    try:
        result = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, cwd=HERE)
        said = result.stdout + result.stderr
        out = result.stdout
    except subprocess.TimeoutExpired as late:
        said = out = (late.stdout or b"").decode() + "\ntimed out"
    if args.show:
        print(said)
    answers = {}
    for part in out.split(">>> ")[1:]:
        command, _, answer = part.partition("\n")
        answers.setdefault(command, []).append(answer)
    return said, answers


def offsets(source, folder):
    """The boot sector and the addresses of its labels."""
    binary, listing = os.path.join(folder, "boot.img"), os.path.join(folder, "boot.map")
    subprocess.run(["nasm", "-f", "bin", "-w+all", "-w+error", "-l", listing, "-o", binary, source], check=True)
    labels, waiting = {}, []
    for line in open(listing):
        # The source begins in column 40.
        label, code = re.match(r"(\w+):", line[40:]), re.match(r"\s*\d+ ([0-9A-F]{8}) ", line)
        waiting += [label.group(1)] if label else []
        if code:
            labels.update((name, 0x7c00 + int(code.group(1), 16)) for name in waiting)
            waiting = []
    with open(binary, "r+b") as f:
        f.truncate(516096)
    return binary, labels


def check_boot_sector(args, folder):
    image, at = offsets(os.path.join(HERE, "boot.asm"), folder)
    machine = Machine(args, image, "--snapshot", "--cpu", "pentium4")
    said, answers = gdb(args, machine, [
        "p/x $eip", "x/i $pc", "break *0x7c00", "continue", "p/x $eip", "x/3i $pc", "break *%d" % at["again"], "continue", "p $cs", "p $cs_base",
        "p $ip", "p $ss_base", "p/x $sp_linear", "x/3i $pc", "stepi", "x/i $pc", "stepi 2", "p $ebx", "info breakpoints",
        "delete", "watch *(short*)%d" % at["sum"], "continue", "p *(short*)%d" % at["sum"], "delete", "p/x $eip", "p $cr0", "break *%d" % at["protected"],
        "continue", "p $cr0", "set architecture i386", "x/3i $pc", "p/x $cs_limit", "p/x $gdtr_base", "break *%d" % at["after_value"],
        "awatch *(int*)%d" % at["value"], "continue", "continue", "p *(int*)%d" % at["value"], "p/x $eax", "p $eax = 7", "p $eax",
        "set {int}0x8000 = 0x55aa", "x/wx 0x8000", "p $xmm0", "p $ymm0", "p $st0", "info registers eflags", "monitor help", "kill"])

    def answered(command, pattern, index=0):
        text = answers.get(command, [])
        check("boot sector: %s" % command, len(text) > index and re.search(pattern, text[index]), text[index:] or said[-2000:])

    answered("p/x $eip", r"0xfffffff0")
    answered("x/i $pc", r"jmp +0xf000:0xe05b")
    answered("continue", r"Breakpoint 1, 0x00007c00")
    answered("x/3i $pc", r"cli[^\n]*\n[^\n]*jmp +0x7c0:0x6")
    answered("p $cs", r"= 1984")
    answered("p $cs_base", r"0x7c00")
    answered("continue", r"Breakpoint 2, 0x%08x" % at["again"], 1)
    answered("p $ip", r"= %d\b" % (at["again"] - 0x7c00))
    answered("p $ss_base", r"0x9000")
    answered("p/x $sp_linear", r"0x9100")
    answered("x/3i $pc", r"call +0x%x.*\n.*loop +0x%x" % (at["add_cx"], at["again"]), 1)
    answered("x/i $pc", r"add +bx,cx", 1)
    answered("p $ebx", r"= 5\n")
    answered("info breakpoints", r"already hit 1 time")
    answered("p *(short*)%d" % at["sum"], r"= 15")
    answered("p $cr0", r"\[ ET ")
    answered("p $cr0", r"PE", 1)
    answered("p/x $cs_limit", r"0xffffffff")
    answered("p/x $gdtr_base", r"0x7c")
    answered("p $eax", r"= 7")
    answered("x/wx 0x8000", r"0x000055aa")
    answered("p $xmm0", r"uint128")
    answered("p $ymm0", r"v4_int64")
    answered("info registers eflags", r"eflags")
    check("boot sector: a watchpoint shows both values", re.search(r"Old value = 0\s+New value = 15", said), said)
    check("boot sector: 32-bit code after set architecture", re.search(r"mov +eax,0x10\n[^\n]*mov +ds,eax", said), said)
    check("boot sector: an access watchpoint", "Hardware access (read/write) watchpoint" in said and re.search(r"New value = 1\b", said), said)
    check("boot sector: no complaint of gdb", not re.search(r"OS ABI|Remote connection closed|malformed|rror reading|ncompatible", said), said)
    check("boot sector: kill ends it", machine.end() == 18 and "ended by gdb" in machine.said, machine.said)


def build_kernel(folder, source="gdb/kernel.c"):
    kernel = os.path.join(folder, os.path.basename(source)[:-2])
    return compile_kernel(os.path.join(TESTROMS, source), kernel, ["-fno-stack-protector", "-O0", "-g"])


def check_kernel(args, folder):
    kernel = build_kernel(folder)
    said_by_guest = os.path.join(folder, "said")
    machine = Machine(args, "--kernel", kernel, "--debugcon", "file:" + said_by_guest)
    said, answers = gdb(args, machine, [
        "break kmain", "continue", "next", "info locals", "step", "info locals", "break square", "info args", "tbreak factorial if n == 2", "watch counter",
        "continue", "bt 3", "continue", "delete", "tbreak factorial if n == 1", "continue", "bt", "finish", "up", "p n", "p origin", "p/x &counter",
        "x/s origin.name", "p $_siginfo", "tbreak kernel.c:57", "continue", "info locals", "x/2i $pc", "watch counter", "reverse-continue",
        "p counter", "delete", "reverse-step", "reverse-stepi", "tbreak kmain", "reverse-continue", "p first", "reverse-continue", "monitor catch port 0xe9 out", "continue",
        "monitor delete",
        "tbreak kernel.c:57", "continue", "p third", "p $esp", "p factorial(4)", "p $esp", "info registers cr0 gdtr_base", "monitor info gdt", "monitor step", "monitor print third + 1", "maintenance packet qqemu.PhyMemMode", "detach"], kernel)
    for name, pattern in [
        ("break on a function", r"Breakpoint 1, kmain \(\) at kernel.c:\d+"), ("next shows the source", r"int second = count\(10\);"),
        ("locals", r"first = 25"), ("step goes in", r"count \(to=10\) at kernel.c:\d+"),
        ("a watchpoint on a variable", r"Hardware watchpoint \d+: counter\s+Old value = 25\s+New value = 1\b"),
        ("the next change", r"Old value = 1\s+New value = 3\b"), ("a condition", r"factorial \(n=1\) at kernel.c"),
        ("a backtrace through recursion", r"#0 +factorial \(n=1\)(.|\n)*#4 +0x[0-9a-f]+ in factorial \(n=5\)(.|\n)*#5 +0x[0-9a-f]+ in kmain"),
        ("finish tells the value", r"Value returned is \$\d+ = 1\b"), ("a structure", r"\{x = 3, y = 4, name = 0x[0-9a-f]+ \"origin\"\}"),
        ("a line of the source", r"third = 120"), ("back to the last write", r"Old value = 55\s+New value = 45\b"),
        ("back to the beginning", r"No more reverse-execution history"), ("and forward again", r"\$\d+ = 120\n"),
        ("a call of the kernel's function", r"(\$\d+ = (?:\(void \*\) )?0x[0-9a-f]+)[^$]*\$\d+ = 24\n"), ("monitor shows tables", r"GDT"), ("monitor catches what gdb cannot", r"port 00E9h"), ("monitor does not move the machine", r"gdb has to know that the machine moves"), ("detached", r"\[Inferior 1 .*detached\]"),
    ]:
        check("kernel: " + name, re.search(pattern, said), said[-6000:])
    status = machine.end()
    check("kernel: what was said in the past is not said again", open(said_by_guest).read() == "abcdefghij", open(said_by_guest).read())
    check("kernel: goes on after detach", status == 0 and "passed" in machine.said, machine.said)


def check_conditions_that_call(args, folder):
    """A condition may call a function of the kernel: the machine runs it and comes back as it was, also where it has to go on."""
    machine = Machine(args, "--kernel", build_kernel(folder), "--debugcon", "file:" + os.path.join(folder, "said"))
    said, _ = gdb(args, machine, [
        "break kernel.c:46 if total == factorial(3)", "continue", "p i", "p total", "condition 1 factorial(i) > 100 && factorial(2) == 2", "continue",
        "p i", "delete", "info registers cr0 cr3 efer gdtr_base gdtr_limit idtr_base ldtr tr cs_base cs_limit cs_attributes", "info registers system",
        "detach"], os.path.join(folder, "kernel"))
    check("a condition that calls a function", re.search(r"Breakpoint 1, count(.|\n)*\$1 = 3\n[^$]*\$2 = 6\n", said), said)
    check("and one that calls two, passed over until it holds", re.search(r"\$2 = 6\n(.|\n)*Breakpoint 1, count(.|\n)*\$3 = 5\n", said), said)
    check("system registers by name", all(re.search(r"^%s +0x" % name, said, re.M) for name in (
        "cr0", "cr3", "efer", "gdtr_base", "gdtr_limit", "idtr_base", "ldtr", "tr", "cs_base", "cs_limit", "cs_attributes")), said)
    check("the kernel has noticed nothing", machine.end() == 0 and "passed" in machine.said, machine.said)


def check_long_mode(args, folder):
    """A kernel of 64 bits from its 32-bit entry on, and 16-bit code in the same session."""
    kernel = compile_kernel(os.path.join(HERE, "long.c"), os.path.join(folder, "long"), ["-g", "-O0", "-fno-omit-frame-pointer"], is64=True)
    machine = Machine(args, "--kernel", kernel)
    said, answers = gdb(args, machine, [
        "show architecture", "p/x $rip", "monitor architecture i8086", "unset tdesc filename", "set architecture i8086", "x/i $pc", "p/x $eip", "stepi", "p/x $eip",
        "monitor architecture auto", "unset tdesc filename", "set architecture auto", "p/x $rip", "break start", "continue", "p/x $efer", "break kmain", "continue", "p/x $rip", "p/x $efer", "p $cr0",
        "next", "p first", "p factorial(15)", "delete", "watch counter", "continue", "p/x counter", "bt", "delete", "finish",
        "p origin", "p $r15 = 0x8877665544332211", "p/x $r15", "info registers rax rsp r8 fs_base gs_base k_gs_base cr8", "p $xmm15", "p/x $mxcsr", "reverse-stepi",
        "x/2i $pc", "monitor info gdt", "detach"], kernel)
    for name, command, pattern, index in [
        ("the architecture", "show architecture", r"i386:x86-64", 0), ("the reset vector", "p/x $rip", r"0xfffffff0", 0),
        ("16-bit code", "x/i $pc", r"jmp +0xf000:0xe05b|ljmp +0xf000:0xe05b", 0), ("its registers", "p/x $eip", r"0xfffffff0", 0),
        ("after a step", "p/x $eip", r"0xfe05b", 1), ("back to 64 bits", "p/x $rip", r"0xfe05b", 1),
        ("the 32-bit entry", "continue", r"Breakpoint 1, 0x[0-9a-f]+ in start", 0), ("EFER before", "p/x $efer", r"= 0x0\b", 0),
        ("64-bit code", "continue", r"Breakpoint 2, kmain \(\) at long\.c:\d+", 1), ("EFER", "p/x $efer", r"= 0x500\b", 1),
        ("CR0 by names", "p $cr0", r"PG", 0), ("a number of 64 bits", "p first", r"= 2432902008176640000\b", 0),
        ("a watchpoint of 8 bytes", "continue", r"New value = 4294967296\b", 2), ("the variable", "p/x counter", r"= 0x100000000\b", 0),
        ("a backtrace", "bt", r"#0 +0?x?[0-9a-f]* *(in )?count \(to=10\)[^\n]*\n#1 +0x[0-9a-f]+ in kmain", 0),
        ("finish", "finish", r"Value returned is \$\d+ = 236223201280\b", 0), ("a structure", "p origin", r"x = 3, y = 81985529216486895, name = 0x[0-9a-f]+ \"origin\"", 0),
        ("R15 is set", "p/x $r15", r"= 0x8877665544332211\b", 0), ("the bases", "info registers rax rsp r8 fs_base gs_base k_gs_base cr8", r"k_gs_base +0x0", 0),
        ("XMM15", "p $xmm15", r"v4_float|uint128", 0), ("MXCSR", "p/x $mxcsr", r"= 0x1f80\b", 0),
        ("a step back", "x/2i $pc", r"=> 0x[0-9a-f]+ <count\+\d+>:", 0)
    ]:
        text = answers.get(command, [])
        check("long mode: " + name, len(text) > index and re.search(pattern, text[index]), text[index:] or said[-3000:])
    check("long mode: the tables", "64-bit code segment" in said, said)
    check("long mode: no packet is too long", "too long" not in said and "Truncated" not in said, said)
    check("long mode: goes on", machine.end() == 0 and "passed" in machine.said, machine.said)


def check_memory_map(args, folder):
    """All addresses are RAM, so that nothing becomes inaccessible and nothing is refused."""
    kernels = [(32, build_kernel(folder), ["--cpu", "pentium4"]),
               (64, compile_kernel(os.path.join(HERE, "long.c"), os.path.join(folder, "long"), ["-g", "-O0", "-fno-omit-frame-pointer"], is64=True), [])]
    for bits, kernel, options in kernels:
        machine = Machine(args, "--kernel", kernel, *options)
        said, answers = gdb(args, machine, [
            "info mem", "x/i 0xfe05b", "break *0xfe05b", "continue", "delete", "break kmain", "continue", "set {int}0x9000 = 0x55aa", "x/wx 0x9000", "x/bx 0xfff00000",
            "set {char}0xf0000 = 1", "load", "p $pc == start", "x/wx 0x800000000000", "kill"], kernel)
        end = "0x100000000" if bits == 32 else "0x0000800000000000"
        name = "memory map, %d bits: " % bits
        check(name + "all is RAM", re.search(r"\b0x0+ +%s +rw" % end, answers["info mem"][0]), answers["info mem"])
        check(name + "a breakpoint in the BIOS", "Breakpoint 1, 0x" in answers["continue"][0], said)
        check(name + "writes", "0x000055aa" in answers["x/wx 0x9000"][0], said)
        if bits == 32:
            check(name + "what is no RAM can be read", re.search(r"0xfff00000:\s+0x", answers["x/bx 0xfff00000"][0]), said)
        check(name + "no write is refused", "read-only" not in said and "Writing to" not in said, said)
        check(name + "load", "Transfer rate" in answers["load"][0] and "= 1" in answers["p $pc == start"][0], said)
        if bits == 64:
            check(name + "between the halves nothing is", "Cannot access memory at address 0x800000000000" in said, said)
        machine.end()


def check_processors(args, folder):
    """With the scheduler locked, a step is that of one processor."""
    kernel = compile_kernel(os.path.join(TESTROMS, "dap/smp.c"), os.path.join(folder, "smp"), ["-g", "-O0", "-fno-stack-protector"])
    machine = Machine(args, "--kernel", kernel, "--smp", "2")
    said, answers = gdb(args, machine, ["break work", "continue", "delete", "set scheduler-locking on", "thread 1", "p/x $pc", "thread 2", "p/x $pc", "thread 1", "stepi", "stepi", "stepi",
                                        "maintenance flush register-cache", "thread 2", "p/x $pc", "set scheduler-locking off", "kill"], kernel)
    places = [re.search(r"= (0x[0-9a-f]+)", text).group(1) for text in answers.get("p/x $pc", []) if "= 0x" in text]
    check("scheduler-locking: the other processor stays", len(places) == 3 and places[1] == places[2], said)
    machine.end()
    # The first processor waits in kmain for what the second one counts: it goes alone, and waits for ever; then the second one alone; then both.
    machine = Machine(args, "--kernel", kernel, "--smp", "2")
    said, answers = gdb(args, machine, ["break work if number == 1", "continue", "delete", "set scheduler-locking on", "p done", "thread 1", "p/x $pc", "thread 2",
                                        "tbreak fetch_add if done == 40", "continue", "p done", "thread 1", "p/x $pc", "thread 2", "reverse-stepi", "p/x $pc", "stepi", "p/x $pc",
                                        "set scheduler-locking off", "continue"], kernel)
    counted = [int(re.search(r"= (\d+)", text).group(1)) for text in answers.get("p done", [])]
    places = [re.search(r"= (0x[0-9a-f]+)", text).group(1) for text in answers.get("p/x $pc", []) if "= 0x" in text]
    check("scheduler-locking: a processor goes alone", len(counted) == 2 and counted[1] == 40, said)
    check("scheduler-locking: the other one executes nothing meanwhile", len(places) == 4 and places[0] == places[1], said)
    check("scheduler-locking: back and forward", len(places) == 4 and places[2] != places[3], said)
    check("scheduler-locking: off, both go on to the end", "exited normally" in said and machine.end() == 0, said)
    machine = Machine(args, "--kernel", kernel, "--smp", "2")
    client = Client(machine.port)
    client.ask("?")
    stop = "Z0,%x,1" % int(subprocess.run(["nm", kernel], capture_output=True, text=True).stdout.split(" t work")[0].split("\n")[-1], 16)
    client.ask(stop)
    client.ask("vCont;c")
    before = client.ask("vCont;c")
    check("a thread that is none", client.ask("vCont;c:9") == "E16" and client.ask("vCont;c:2;c:9") == "E16")
    client.ask(stop.replace("Z", "z"))
    client.send("vCont;c:1")
    time.sleep(1)
    client.send_raw(b"\x03")
    answer = client.receive()
    check("alone until Ctrl-C, with time going on", answer.startswith("T02thread:01"), (before, answer))
    client.ask("vKill;1")
    machine.end()


def check_write_through(args, folder):
    """A drive that writes to its image: no way back, and gdb is told so."""
    image, _ = offsets(os.path.join(HERE, "boot.asm"), folder)
    machine = Machine(args, image)
    client = Client(machine.port)
    check("write-through: no way back is offered", "Reverse" not in client.ask("qSupported") and client.ask("bs") == "")
    check("write-through: killed", client.ask("vKill;1") == "OK")
    check("write-through: the reason is told", machine.end() == 18 and "gdb cannot go back: " in machine.said, machine.said)


def check_death(args, folder):
    """A machine that dies says why, in gdb, and can still be looked at."""
    kernel = build_kernel(folder, "kernels/faulty.c")
    machine = Machine(args, "--kernel", kernel)
    said, _ = gdb(args, machine, ["x/2i divide", "break divide", "delete", "continue", "p $eip", "bt 3", "reverse-stepi", "x/i $pc", "continue", "continue"], kernel)
    for name, pattern in [("the kernel's code before it is loaded", r"<divide>:\s+push +ebp"), ("a breakpoint behind a prologue", r"Breakpoint 1 at 0x[0-9a-f]+: file faulty\.c, line 20"),
                          ("the post-mortem", r"post-mortem: triple fault at 0010:"), ("the advice", r"look first: The division at "),
                          ("the stop", r"SIGSEGV"), ("the place", r"#0 +(0x[0-9a-f]+ in )?divide "), ("back from the end", r"=> 0x[0-9a-f]+ <divide\+\d+>:"), ("the end", r"exited with code 012")]:
        check("death: " + name, re.search(pattern, said), said)
    check("death: the verdict", machine.end() == 10, machine.said)


def check_client(args, folder):
    """What gdb does not send at will."""
    loop = os.path.join(folder, "loop")
    with open(loop, "wb") as f:
        f.write(b"\x40\xeb\xfd")  # inc eax; jmp: no dead loop, because EAX changes
    machine = Machine(args, "--kernel", loop, "--load-address", "0x100000", "--idle", "skip", "--cpu", "pentium4")
    client = Client(machine.port)
    features = client.ask("qSupported:xmlRegisters=i386")
    check("client: features", "QStartNoAckMode+" in features and "ReverseContinue+" in features, features)
    check("client: real mode is i8086", "<architecture>i8086</architecture>" in client.ask("qXfer:features:read:target.xml:0,fff"))
    check("client: stopped", client.ask("?").startswith("T05"))
    registers = client.ask("g")
    client.send("vCont;c")
    time.sleep(0.2)
    client.send_raw(b"\x03")
    check("client: Ctrl-C stops", client.receive().startswith("T02"))
    check("client: the machine ran", client.ask("g") != registers)
    client.send_raw(b"$g#00")
    client.buffer = b""
    check("client: a damaged packet is refused", client.byte() == b"-")
    check("client: no acknowledgements", client.ask("QStartNoAckMode") == "OK")
    client.acknowledges = False
    noise = random.Random(6)
    letters = b"gGpPmMXZzvqQbscCSkDHT?!R0123456789abcdef,;:=#$}*+-\x03\x00\xff"
    answered = 0
    for _ in range(400):
        body = bytes(noise.choice(letters) for _ in range(noise.randrange(1, 40)))
        # Those that make the machine go, or end the session, have their own checks.
        if body[:1] in b"cCsSkDRb?" or body.startswith((b"vC", b"vK", b"vR")):
            continue
        client.send_raw(b"$" + body.replace(b"#", b"").replace(b"$", b"") + b"#" + b"%02x" % noise.randrange(256))
    client.send_raw(b"\x03\x03$" + b"A" * 100000 + b"#00")
    client.send("qC")
    while answered < 2000 and client.receive() != "QC01":
        answered += 1
    check("client: noise is survived", client.ask("qC") == "QC01")
    client.close()
    again = Client(machine.port)
    check("client: another one finds nothing of the first", again.ask("qXfer:features:read:target.xml:0,fff").count("i386</arch") == 1)
    check("client: continues and stops again", again.ask("?").startswith("T05"))
    check("client: detach", again.ask("D") == "OK")
    again.close()
    machine.process.send_signal(signal.SIGTERM)
    check("client: the machine went on by itself", machine.end() == 18 and "SIGTERM" in machine.said, machine.said)


def check_stdio(args, folder):
    """`target remote | swemu`, and QEMU's words."""
    kernel = build_kernel(folder)
    pipe = "target remote | exec %s run --kernel %s --headless --memory 16 --gdb stdio 2>/dev/null" % (args.swemu, kernel)
    result = subprocess.run(["gdb", "-nx", "-q", "-batch", "-ex", "file " + kernel, "-ex", pipe, "-ex", "break count", "-ex", "continue", "-ex",
                             "delete", "-ex", "continue"],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, cwd=HERE)
    said = result.stdout + result.stderr
    check("stdio: a breakpoint", "Breakpoint 1, count (to=10)" in said, said)
    check("stdio: the exit status arrives", "exited normally" in said, said)
    refused = subprocess.run([args.swemu, "-S", "-kernel", kernel, "-display", "none"], capture_output=True, text=True, timeout=60)
    check("-S alone is refused", refused.returncode == 64 and "--gdb" in refused.stderr, refused.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(TESTROMS, "../.build/release/swemu"))
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    args.swemu = os.path.abspath(args.swemu)
    for tool in ("gdb", "nasm", "gcc"):
        if not shutil.which(tool):
            sys.exit("run.py: %s is missing; on Debian: apt-get install gdb nasm gcc" % tool)
    with tempfile.TemporaryDirectory(prefix="gdb-") as folder:
        check_boot_sector(args, folder)
        check_kernel(args, folder)
        check_conditions_that_call(args, folder)
        check_long_mode(args, folder)
        check_death(args, folder)
        check_memory_map(args, folder)
        check_processors(args, folder)
        check_write_through(args, folder)
        check_client(args, folder)
        check_stdio(args, folder)
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
