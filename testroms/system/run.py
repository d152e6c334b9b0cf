#!/usr/bin/env python3
"""Runs the self-checking guests of this folder and counts their checks.

    run.py                              all guests in swemu, with the recompiler (swemu) and without (interpreter)
    run.py --only paging,debug          some of them
    run.py --emu swemu,qemu,bochs       beside other emulators, for comparison; differences.json says what is known of those

Each NAME.asm is assembled here. Its first lines may say `; cpu: NAME` (the processor), `; options: ...` (further options of
swemu run), `; rom` (a 64 KByte firmware instead of a disk). A guest prints TAP on port E9h; a check that is missing fails too,
and so does a run that swemu's --stats says was not the engine's that was asked for.
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
INSTRUCTIONS = "100M"
DISK_BYTES = 1 << 20
ENGINE = {"swemu": re.compile(r"^stats: \d+ ticks, .*\b[1-9]\d* recompiled", re.M),
          "interpreter": re.compile(r"^stats: \d+ ticks, .*; interpreter", re.M)}
LINE = re.compile(r"^(not )?ok \d+ - (.*?)(?: # SKIP .*| \|(.*))?$")
QEMU_CPU = {"486": "486", "pentium": "pentium", "p6": "pentium3", "x86-64-v2": "Nehalem", "x86-64-v3": "Haswell", "max": "max"}
BOCHS_CPU = {"pentium": "pentium", "p6": "corei5_lynnfield_750", "x86-64-v2": "corei5_lynnfield_750", "x86-64-v3": "corei7_haswell_4770", "max": "corei7_icelake_u"}
BOCHSRC = """\
plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1
config_interface: textconfig
display_library: rfb, options="timeout=0"
memory: guest=128, host=128
romimage: file={rom}
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
boot: disk
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
{disk}
port_e9_hack: enabled=1
clock: sync=none, time0=1262304000
cpu: model={cpu}, ips=50000000, reset_on_triple_fault={reset}, ignore_bad_msrs=0
panic: action=fatal
error: action=ignore
info: action=report
debug: action=ignore
log: {log}
"""


class Guest:
    """One source file, what its head asks for, and its image."""

    def __init__(self, source, folder):
        self.name = os.path.splitext(os.path.basename(source))[0]
        self.cpu, self.options, self.is_rom = "p6", [], False
        with open(source) as f:
            for line in f:
                if not line.startswith(";"):
                    break
                key, _, value = line[1:].strip().partition(":")
                if key == "cpu":
                    self.cpu = value.strip()
                elif key == "options":
                    self.options = value.split()
                elif key == "rom":
                    self.is_rom = True
        self.image = os.path.join(folder, self.name + ".img")
        subprocess.run(["nasm", "-f", "bin", "-w+all", "-w+error", "-I", HERE + "/", "-o", self.image, source], check=True)
        self.disk = self.image
        if self.is_rom:
            self.disk = os.path.join(folder, self.name + ".disk")
            with open(self.disk, "wb") as f:
                f.write(bytes(510) + b"\x55\xAA")
        os.truncate(self.disk, DISK_BYTES)


def swemu(guest, args, folder):
    source = ["--bios", guest.image, guest.disk] if guest.is_rom else [guest.disk]
    return [args.swemu, "run", *source, "--snapshot", "--headless", "--debugcon", "stdio", "--memory", "128", "--cpu", guest.cpu,
            "--max-ticks", INSTRUCTIONS, "--recompile-after", "1", "--stats", *guest.options]


def interpreter(guest, args, folder):
    return swemu(guest, args, folder) + ["--engine", "interpreter"]


def qemu(guest, args, folder):
    source = ["-bios", guest.image] if guest.is_rom else ["-drive", "file=%s,format=raw,if=ide,index=0,snapshot=on" % guest.image]
    if "--smp" in guest.options:
        source += ["-smp", guest.options[guest.options.index("--smp") + 1]]
    network = "user,model=e1000" if "--nic" in guest.options else "none"
    return ["qemu-system-x86_64" if guest.cpu.startswith("x86-64") or guest.cpu == "max" else "qemu-system-i386", "-accel", "tcg", "-cpu", QEMU_CPU[guest.cpu], "-m", "128", "-display", "none", "-nic", network,
            *source, "-debugcon", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


def bochs(guest, args, folder):
    configuration, script = os.path.join(folder, "bochsrc"), os.path.join(folder, "commands")
    disk = "" if guest.is_rom else "ata0-master: type=disk, path=%s, mode=volatile, cylinders=2, heads=16, spt=63" % guest.image
    with open(configuration, "w") as f:
        f.write(BOCHSRC.format(
            rom=guest.image if guest.is_rom else "/usr/share/bochs/BIOS-bochs-latest", disk=disk, cpu=BOCHS_CPU[guest.cpu],
            reset=int("--reboot-on-triple-fault" in guest.options), log=os.path.join(folder, "log")))
    with open(script, "w") as f:
        f.write("continue\n" * 20)  # Debian's Bochs has its debugger built in and waits at the first instruction and after a reset
    return ["bochs", "-q", "-f", configuration, "-rc", script]


EMULATORS = {"swemu": swemu, "interpreter": interpreter, "qemu": qemu, "bochs": bochs}


class Result:
    """The checks of one run: (passed, text, rest of the line), and what is wrong with the run itself."""

    def __init__(self, output):
        self.checks, self.plan, self.problem = [], None, None
        for line in output.splitlines():
            match = LINE.match(line)
            if match:
                self.checks.append((match[1] is None, match[2], match[3] or ""))
            elif line.startswith("1.."):
                self.plan = int(line[3:])
            elif line.startswith("Bail out!"):
                self.problem = line
        if self.problem is None and self.plan is None:
            self.problem = "the guest did not end"
        elif self.problem is None and self.plan != len(self.checks):
            self.problem = "%d checks of %d" % (len(self.checks), self.plan)

    def counts(self):
        passed = sum(1 for check in self.checks if check[0])
        return passed, len(self.checks) - passed + (self.problem is not None)


def run(emulator, guest, args):
    with tempfile.TemporaryDirectory(prefix="system-") as folder:
        command = EMULATORS[emulator](guest, args, folder)
        try:
            process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=args.timeout)
            output = process.stdout
        except subprocess.TimeoutExpired as expired:
            output = expired.stdout or b""
    text = output.decode("latin-1")
    at = re.search(r"(not )?ok 1 - ", text)         # other emulators say something before, on the same line
    result = Result(text[at.start():] if at else text)
    if emulator in ENGINE and not result.problem and not ENGINE[emulator].search(text):
        result.problem = "another engine ran"
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(HERE, "../../.build/release/swemu"))
    parser.add_argument("--emu", default="swemu,interpreter", help="which emulators, by commas: swemu, interpreter, qemu, bochs")
    parser.add_argument("--only", default="", help="names of guests, by commas")
    parser.add_argument("--show", default="swemu,interpreter,bochs", help="whose failures to print; QEMU has hundreds")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one guest")
    args = parser.parse_args()
    if not shutil.which("nasm"):
        sys.exit("run.py: nasm is missing; on Debian: apt-get install nasm")
    with open(os.path.join(HERE, "differences.json")) as f:
        known = json.load(f)
    only = [name for name in args.only.split(",") if name]
    sources = sorted(glob.glob(os.path.join(HERE, "*.asm")))
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="system-images-") as folder:
        guests = [Guest(s, folder) for s in sources if not only or os.path.splitext(os.path.basename(s))[0] in only]
        print("%-14s %-11s %7s %7s %7s" % ("guest", "emulator", "passed", "failed", "known"))
        for guest in guests:
            for emulator in args.emu.split(","):
                if emulator == "bochs" and (guest.cpu not in BOCHS_CPU or "--nic" in guest.options):
                    continue                        # Debian's has no such model, or no network to go with it
                result = run(emulator, guest, args)
                reasons = known.get(emulator, {}).get(guest.name, {})
                good, bad = result.counts()
                failures = [c for c in result.checks if not c[0]]
                expected = [c for c in failures if c[1] in reasons]
                stale = [text for ok, text, _ in result.checks if ok and text in reasons]
                bad += len(stale) - len(expected)
                print("%-14s %-11s %7d %7d %7d" % (guest.name, emulator, good, bad, len(expected)), flush=True)
                for ok, text, rest in failures:
                    if text not in reasons and emulator in args.show.split(","):
                        print("    not ok: %s |%s" % (text, rest))
                for text in stale:
                    print("    passes, but differences.json says it does not: " + text)
                if result.problem:
                    print("    " + result.problem)
                if emulator in ENGINE:
                    passed, failed = passed + good, failed + bad
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
