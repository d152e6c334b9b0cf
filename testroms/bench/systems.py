#!/usr/bin/env python3
"""Boots real guests in swemu and in QEMU (TCG), in turn, and prints how much processor time each took to its proof.

    systems.py                          the guests that are quick
    systems.py --all --rounds 5         the slow ones, too; medians of five runs each
    systems.py --only 'linux|grub'      some of them
    systems.py --swemu A --swemu B      two builds of swemu beside each other, then QEMU
    systems.py --emu swemu              without QEMU

testroms/guests/make.py makes the images, the *.json files beside it say what is typed and what proves that a guest came up; here a run counts
only when its proof was complete. Times are user and system time of the emulator's process, because other programs on the host
would spoil a wall clock; ratios below 1 mean that swemu took less. Exit status: 0 all proven; 1 not.
"""
import argparse
import math
import os
import re
import shlex
import shutil
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "testroms", "guests"))
from check import descriptions, follow, image_of  # noqa: E402
from emulators import QEMU, Swemu  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid):
    """User and system time of a process that is still there or not yet waited for."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def peak_mib(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def once(guest, emulator_class, options):
    """Processor seconds and peak resident MiB until the proof; None when it did not come."""
    emulator = emulator_class(options)
    # The last thing that is seen is an ended process in some guests: its times are read while it is running.
    last = (0.0, 0.0)
    try:
        emulator.start(guest, image_of(guest, options))
        pid = emulator.process.pid
        original = emulator.exit_status

        def watched():
            nonlocal last
            try:
                last = (processor_seconds(pid), peak_mib(pid) or last[1])
            except OSError:
                pass
            return original()
        emulator.exit_status = watched
        missing, step = follow(guest, emulator, time.monotonic() + guest["seconds"] * options.slow)
        return None if missing or step else last
    finally:
        if hasattr(emulator, "process"):
            emulator.stop()
        emulator.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", action="append", help="the program; may be given more than once")
    parser.add_argument("--swemu-options", type=shlex.split, default=[], help="more options for it, in one word")
    parser.add_argument("--emu", default="swemu,qemu", help="swemu, qemu, or both")
    parser.add_argument("--images", default=os.path.join(ROOT, "build/guests"), help="where make.py put them")
    parser.add_argument("--only", default="", help="regular expression on names")
    parser.add_argument("--all", action="store_true", help="the slow ones, too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow", type=float, default=2.0, help="multiplies the time limits")
    options = parser.parse_args()
    options.show, options.qemu_machine = False, "pc"
    programs = options.swemu or [os.path.join(ROOT, ".build/release/swemu")]
    contestants = []
    if "swemu" in options.emu:
        contestants += [("swemu" if len(programs) == 1 else "swemu %d" % (n + 1), Swemu, p) for n, p in enumerate(programs)]
    if "qemu" in options.emu:
        contestants.append(("QEMU", QEMU, "qemu-system-i386"))
    for _, _, program in contestants:
        if not shutil.which(program):
            raise SystemExit("systems.py: no %s; make build builds swemu, Debian's qemu-system-x86 has QEMU" % program)

    print("%-18s" % "guest", *("%20s" % name for name, _, _ in contestants), "%9s" % "of QEMU")
    failed, ratios = 0, []
    for guest in descriptions():
        if not re.search(options.only, guest["name"]) or guest.get("slow") and not (options.all or options.only):
            continue
        if not os.path.exists(image_of(guest, options)):
            print("%-18s no image; make it: testroms/guests/make.py %s" % (guest["name"], guest.get("made by", "")))
            failed += 1
            continue
        times = {name: [] for name, _, _ in contestants}
        for _ in range(options.rounds):
            for name, emulator_class, program in contestants:
                if name != "QEMU":
                    options.swemu = program
                times[name].append(once(guest, emulator_class, options))
        cells, medians = [], []
        for name, _, _ in contestants:
            proven = [t for t in times[name] if t]
            if len(proven) < len(times[name]):
                failed += name != "QEMU"
                cells.append("not proven")
                medians.append(None)
                continue
            seconds = statistics.median(t[0] for t in proven)
            medians.append(seconds)
            cells.append("%.2f s, %.0f MiB" % (seconds, max(t[1] for t in proven)))
        ratio = medians[0] / medians[-1] if len(medians) > 1 and medians[0] and medians[-1] else None
        if ratio:
            ratios.append(ratio)
        print("%-18s" % guest["name"], *("%20s" % c for c in cells), "%9s" % ("%.2f" % ratio if ratio else ""), flush=True)
    if ratios:
        print("geometric mean of the ratios: %.2f" % math.exp(sum(map(math.log, ratios)) / len(ratios)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
