#!/usr/bin/env python3
"""Runs the benchmark guests in swemu, QEMU (TCG) and Bochs, side by side, and prints how they compare.

    run.py                                  all workloads, all three emulators, and natively what can be
    run.py --only 'int|branch' --rounds 5   some of them
    run.py --emu qemu,bochs                 without swemu
    run.py --only 'beside|patch' --emu swemu,interpreter    swemu's recompiler beside its interpreter
    run.py --count                          count instructions per unit (with Bochs), for workloads.py
    run.py --lockstep 30                    both engines of swemu, compared on 30 million instructions of each workload

Every workload is one start of the machine. The guest writes START and END lines to port E9h; the time between their
arrivals counts, booting does not. A probe finds how many units each emulator gets through in --target seconds, and
compares the checksums at the same number of units; the timed runs of all emulators are interleaved, round by round.
Speeds are units per second, so that a slow emulator may run fewer of them. Times are the emulator's processor time by
default, because other programs on the host would spoil a wall clock; irq-hlt, which sleeps, is always on the wall clock.

"native" is the host's own processor, running the plain workloads as programs for Linux of 32 bits (native.asm) and of 64 (native64.asm).
"""
import argparse
import json
import math
import os
import platform
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
from workloads import CHANGING, COMPUTE, SYSTEM, WORKLOADS  # noqa: E402

IMAGE = os.path.join(HERE, "bench.img")
MARK = b"BENCH PARAMETERS"
MEMORY_MIB = 32
ON_WALL_CLOCK = {"irq-hlt"}
BOOT_LIMIT = 30.0           # seconds from start to the START line

BOCHSRC = """\
plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1
config_interface: textconfig
display_library: {display}
memory: guest={mib}, host={mib}
romimage: file={share}/BIOS-bochs-latest
vgaromimage: file={share}/VGABIOS-lgpl-latest
boot: disk
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path={image}, mode=volatile, cylinders=1, heads=16, spt=63
com1: enabled=1, mode=null
port_e9_hack: enabled=1
clock: sync=none, time0=1262304000
cpu: model={model}, ips=50000000, reset_on_triple_fault=0
panic: action=fatal
error: action=ignore
info: action=report
debug: action=ignore
log: {log}
"""


def missing_program(program):
    return not (shutil.which(program) or os.path.exists(program))


class Emulator:
    """How one emulator is started with an image, and what it is called in the table."""

    def __init__(self, name, command, program, runs=lambda workload: True):
        self.name, self.command, self.program, self.runs = name, command, program, runs

    def missing(self):
        return self.program if missing_program(self.program) else None


def swemu_command(args):
    return lambda image, folder, workload: [
        args.swemu, "run", image, "--headless", "--debugcon", "stdio", "--memory", str(MEMORY_MIB)] + (
            ["--cpu", "max" if workload.needs_max else "x86-64-v2"] if workload.is64 else [])


def qemu_command(args):
    return lambda image, folder, workload: [
        args.qemu64 if workload.is64 else args.qemu, "-accel", "tcg", "-cpu", ("max" if workload.needs_max else "qemu64") if workload.is64 else "pentium3", "-m", str(MEMORY_MIB), "-display", "none", "-nic", "none", "-no-reboot",
        "-drive", "file=%s,format=raw,if=ide,index=0" % image, "-debugcon", "stdio",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


def bochs_model(workload):
    return "corei7_haswell_4770" if workload.needs_max else "corei5_lynnfield_750" if workload.is64 else "p2_klamath"


def bochs_command(args):
    # Debian's Bochs has its debugger built in and would wait at the first instruction; one built for speed has none, and no window.
    debugs = missing_program(args.bochs) or "-rc" in subprocess.run([args.bochs, "--help"], capture_output=True, text=True).stdout

    def command(image, folder, workload):
        configuration, script = os.path.join(folder, "bochsrc"), os.path.join(folder, "commands")
        with open(configuration, "w") as f:
            f.write(BOCHSRC.format(display='rfb, options="timeout=0"' if debugs else "nogui", mib=MEMORY_MIB, share=args.bochs_share, image=image, model=bochs_model(workload), log=os.path.join(folder, "log")))
        with open(script, "w") as f:
            f.write("continue\n")
        return [args.bochs, "-q", "-f", configuration] + (["-rc", script] if debugs else [])
    return command


def has_native():
    return platform.system() == "Linux" and platform.machine() == "x86_64" and shutil.which("nasm") and shutil.which("ld")


def native(folder):
    """The host's processor as an emulator of itself; its two programs, of 32 and of 64 bits, are built in `folder`."""
    programs = {bits: os.path.join(folder, "native%d" % bits) for bits in (32, 64)}
    if has_native():
        for bits, source, options in ((32, "native.asm", ["-m", "elf_i386"]), (64, "native64.asm", ["-Ttext-segment=0x8000000"])):
            program = programs[bits]
            subprocess.run(["nasm", "-f", "elf%d" % bits, "-I", HERE + "/", "-o", program + ".o", os.path.join(HERE, source)], check=True)
            subprocess.run(["ld"] + options + ["-o", program, program + ".o"], check=True)
    with open(os.path.join(HERE, "plain.asm")) as f:
        plain = set(re.findall(r'^ +workload "([^"]+)"', f.read(), re.M))
    return Emulator("native", lambda image, folder, workload: [programs[64 if workload.is64 else 32], image], programs[64],
                    lambda workload: workload.name in plain)


class Outcome:
    """What one run of a guest gave: seconds between the markers by both clocks, or what went wrong."""

    def __init__(self):
        self.error = None
        self.checksum = None
        self.wall = self.cpu = None
        self.ticks = None

    def seconds(self, workload, clock):
        return self.wall if clock == "wall" or workload.name in ON_WALL_CLOCK else self.cpu


def processor_seconds(pid):
    """Processor time that a process and its threads have used so far: clock_getcpuclockid(3), by Linux's numbering."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:                     # it has ended already
        return None


def run_guest(emulator, workload, units, limit):
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        with open(IMAGE, "rb") as f:
            image = bytearray(f.read())
        if image[512:528] != MARK:
            raise SystemExit("run.py: %s has no parameter sector; build it with testroms/build.sh" % IMAGE)
        image[528:544] = workload.name.encode().ljust(16, b"\0")
        struct.pack_into("<I", image, 544, units)
        path = os.path.join(folder, "bench.img")
        with open(path, "wb") as f:
            f.write(image)
        process = subprocess.Popen(emulator.command(path, folder, workload), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            watch(process, outcome, workload, limit)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            _, errors = process.communicate()
        if outcome.error == "quit early" and errors.strip():
            outcome.error += ": " + errors.decode("latin-1").strip().splitlines()[-1][:100]
        log = os.path.join(folder, "log")
        if os.path.exists(log):
            with open(log, errors="replace") as f:
                found = re.findall(r"^(\d+)i\[CPU0", f.read(), re.M)
            outcome.ticks = int(found[-1]) if found else None
    return outcome


def wait_for_end(process, limit):
    """Processor time of an emulator in its whole life, or None when it does not end in time."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
        time.sleep(0.005)
    return None


def watch(process, outcome, workload, limit):
    """Reads the guest's lines as they come and notes when."""
    began = time.monotonic()
    started = None
    pending = b""
    descriptor = process.stdout.fileno()
    while True:
        deadline = started[0] + limit if started else began + BOOT_LIMIT
        ready, _, _ = select.select([descriptor], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            outcome.error = "hung" if started else "no START"
            return
        data = os.read(descriptor, 65536)
        now, used = time.monotonic(), processor_seconds(process.pid)
        if not data:
            outcome.error = outcome.error or "quit early"
            return
        pending += data
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            words = line.decode("latin-1").split()
            if words[:2] == ["START", workload.name]:
                started = (now, used)
            elif words[:2] == ["END", workload.name] and started:
                outcome.wall = now - started[0]
                outcome.checksum = words[2] if len(words) > 2 else ""
                total = wait_for_end(process, 10)
                if total is None:
                    outcome.error = "does not switch off"
                else:                   # an emulator that ended before we looked: its total, switching off included
                    outcome.cpu = (used if used is not None else total) - started[1]
                return
            elif words[:1] == ["ERROR"]:
                outcome.error = " ".join(words[1:])


def units_for(emulator, workload, probe, units, args):
    """How many units take about --target seconds: a power of two times as many as the probe's."""
    while probe.seconds(workload, args.clock) < args.target / 32 and not probe.error:      # too short to tell
        units *= 16
        probe = run_guest(emulator, workload, units, args.limit)
    if probe.error:
        return None, probe.error
    factor = 2.0 ** round(math.log2(args.target / probe.seconds(workload, args.clock)))
    return max(1, min(int(units * factor), 0xFFFFFFFF)), None


def measure(workload, emulators, args):
    """{emulator name: {"speed": units a second, "checksum", "error", "runs": [...]}} for one workload."""
    result = {}
    scale = args.scale
    probe_units = max(1, int(workload.units * scale))
    units = {}
    for emulator in emulators:
        if not emulator.runs(workload):
            result[emulator.name] = {"checksum": None, "error": None, "speeds": []}
            continue
        probe = run_guest(emulator, workload, probe_units, args.limit)
        result[emulator.name] = {"checksum": probe.checksum, "error": probe.error, "speeds": []}
        if not probe.error and args.rounds:
            units[emulator.name], result[emulator.name]["error"] = units_for(emulator, workload, probe, probe_units, args)
    for _ in range(args.rounds):
        for emulator in emulators:
            entry = result[emulator.name]
            if entry["error"] or emulator.name not in units:
                continue
            outcome = run_guest(emulator, workload, units[emulator.name], args.limit)
            if outcome.error:
                entry["error"] = outcome.error
            else:
                entry["speeds"].append(units[emulator.name] / max(outcome.seconds(workload, args.clock), 1e-6))
    for emulator in emulators:
        entry = result[emulator.name]
        entry["speed"] = statistics.median(entry["speeds"]) if entry["speeds"] and not entry["error"] else None
        entry["units"] = units.get(emulator.name)
    return result


def short(number):
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return "%.3g%s" % (number / limit, suffix)
    return "%.3g" % number


def row(workload, result, emulators, against):
    cells = []
    for emulator in emulators:
        entry = result[emulator.name]
        if entry["speed"] is None:
            cells.append("%18s" % (entry["error"] or "-")[:18])
        else:
            mips = "%5.0f MIPS" % (entry["speed"] * workload.instructions / 1e6) if workload.instructions else ""
            cells.append("%7s %10s" % (short(entry["speed"]), mips))
    for first, second in against:
        ratio = ratio_of(result, first, second)
        cells.append("%11s" % ("%.2f" % ratio if ratio else "-"))
    sums = {result[e.name]["checksum"] for e in emulators if result[e.name]["checksum"]}
    cells.append("  right" if len(sums) == 1 else "  DIFFER " + " ".join(str(result[e.name]["checksum"]) for e in emulators))
    return "%-14s %-14s " % (workload.name, workload.unit) + " ".join(cells)


def ratio_of(result, first, second):
    a, b = result.get(first, {}).get("speed"), result.get(second, {}).get("speed")
    return a / b if a and b else None


def geometric_mean(ratios):
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios)) if ratios else None


def count_instructions(args):
    """Prints how many instructions a unit of each workload takes, by Bochs' counter."""
    bochs = Emulator("bochs", bochs_command(args), args.bochs)
    for workload in selected(args):
        few = max(2, workload.units // 40)
        one, two = (run_guest(bochs, workload, n, 120) for n in (few, 2 * few))
        if one.error or two.error or not one.ticks or not two.ticks:
            print("%-14s %s" % (workload.name, one.error or two.error or "no count"))
        else:
            print("%-14s %.1f" % (workload.name, (two.ticks - one.ticks) / few), flush=True)


def compare_engines(args):
    """Runs both engines of swemu against each other; a difference ends the guest early. Returns how many workloads differ."""
    emulator = Emulator("swemu", lambda image, folder, workload: swemu_command(args)(image, folder, workload) + ["--snapshot", "--lockstep", "20000"], args.swemu)
    failures, total = 0, 0
    for workload in selected(args):
        wanted = args.lockstep * 1e6
        units = max(1, int(wanted / workload.instructions)) if workload.instructions else workload.units
        outcome = run_guest(emulator, workload, units, args.limit)
        total += units * (workload.instructions or 0)
        failures += outcome.error is not None
        print("%-14s %s" % (workload.name, outcome.error or "no difference, checksum %s" % outcome.checksum), flush=True)
    print("%.0f million instructions compared, %d workloads went wrong" % (total / 1e6, failures))
    return failures


def selected(args):
    return [w for w in WORKLOADS if re.search(args.only, w.name)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emu", default="swemu,qemu,bochs" + (",native" if has_native() else ""), help="which emulators, by commas")
    parser.add_argument("--only", default="", help="regular expression on workload names")
    parser.add_argument("--rounds", type=int, default=3, help="timed runs of each; the median counts; 0: compare checksums only")
    parser.add_argument("--target", type=float, default=1.0, help="seconds a timed run should take")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the probe's units, for very slow emulators")
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds after which a run counts as hung")
    parser.add_argument("--json", default="", help="write all results to this file")
    parser.add_argument("--count", action="store_true", help="count instructions per unit with Bochs, and stop")
    parser.add_argument("--lockstep", type=float, default=0, help="millions of instructions to compare swemu's engines on, and stop")
    parser.add_argument("--list", action="store_true", help="list the workloads, and stop")
    parser.add_argument("--swemu", default=os.path.join(ROOT, ".build/release/swemu"))
    parser.add_argument("--qemu", default="qemu-system-i386")
    parser.add_argument("--qemu64", default="qemu-system-x86_64", help="for the workloads of 64-bit code")
    parser.add_argument("--bochs", default="bochs")
    parser.add_argument("--bochs-share", default="/usr/share/bochs")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    if args.list:
        for w in WORKLOADS:
            print("%-14s %-8s unit: %s" % (w.name, w.group, w.unit))
        return 0
    if args.count:
        count_instructions(args)
        return 0

    if args.lockstep:
        return 1 if compare_engines(args) else 0

    folder = tempfile.TemporaryDirectory(prefix="bench-")
    known = {"swemu": Emulator("swemu", swemu_command(args), args.swemu),
             "interpreter": Emulator("interpreter", lambda image, folder, workload: swemu_command(args)(image, folder, workload) + ["--engine", "interpreter"],
                                     args.swemu),
             "qemu": Emulator("qemu", qemu_command(args), args.qemu),
             "bochs": Emulator("bochs", bochs_command(args), args.bochs),
             "native": native(folder.name)}
    emulators = []
    for name in args.emu.split(","):
        if name not in known:
            parser.error("unknown emulator %s; known: %s" % (name, ", ".join(known)))
        missing = known[name].missing()
        if missing:
            remedy = {"swemu": "make build-release", "interpreter": "make build-release", "qemu": "apt-get install qemu-system-x86", "bochs": "apt-get install bochs bochsbios vgabios",
                      "native": "it needs Linux on x86-64, nasm and binutils"}
            raise SystemExit("run.py: %s is not there; %s, or leave %s out with --emu" % (missing, remedy[name], name))
        emulators.append(known[name])
    names = [e.name for e in emulators]
    against = [(a, b) for a, b in (("swemu", "qemu"), ("swemu", "bochs"), ("qemu", "bochs")) if a in names and b in names][:2]
    against += [("swemu", "interpreter")] if "swemu" in names and "interpreter" in names else []
    against += [("native", "swemu")] if "native" in names and "swemu" in names else []

    header = "%-14s %-14s " % ("workload", "unit") + " ".join("%18s" % (n + " units/s") for n in names)
    print(header + "".join("%12s" % (a + "/" + b) for a, b in against) + "  checksum")
    results, failures = {}, 0
    for workload in selected(args):
        results[workload.name] = result = measure(workload, emulators, args)
        print(row(workload, result, emulators, against), flush=True)
        sums = {result[n]["checksum"] for n in names if result[n]["checksum"]}
        failures += len(sums) > 1 or any(result[n]["error"] for n in names)
    for group in (COMPUTE, SYSTEM, CHANGING):
        cells = []
        for a, b in against:
            ratios = [ratio_of(results[w.name], a, b) for w in selected(args) if w.group == group]
            mean = geometric_mean([r for r in ratios if r])
            cells.append("%11s" % ("%.2f" % mean if mean else "-"))
        print("%-29s " % ("geometric mean, " + group) + " ".join(["%18s" % ""] * len(names) + cells))
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"clock": args.clock, "rounds": args.rounds, "workloads": results}, f, indent=1)
    if failures:
        print("%d workloads went wrong" % failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
