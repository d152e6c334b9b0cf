#!/usr/bin/env python3
"""How much longer a run takes with --coverage and with --profile: processor time of the recompiler, in turn, medians.

    observers.py --swemu .build/release/swemu [--rounds 5] [--ticks 2G]

The guests are kernels in C that run until their ticks are spent: a loop with calls, two tasks without frame pointers that take turns, one that hardly does
anything but call, change stacks and rings and take interrupts, nothing but calls and returns in ring 0 and in ring 3, and numbers in arrays.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTROMS, "kernels"))
from compiler import FRAMES, compile_kernel  # noqa: E402

NO_FRAMES = ["-g", "-O2", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"]
GUESTS = {
    "calls": ("dap/kernel.c", FRAMES + ["-g"], ["--append", "spin"]),
    "tasks": ("trace/tasks.c", NO_FRAMES, []),
    "stacks": ("trace/stacks.c", NO_FRAMES, []),
    "returns": ("bench/returns.c", NO_FRAMES + ["-DKERNEL"], []),
    "ring 3": ("bench/returns.c", NO_FRAMES, []),
    "work": ("checks/work.c", ["-g", "-O2", "-DFOREVER"], []),
}
OBSERVERS = {"coverage": ["--coverage", "out.info"], "profile": ["--profile", "out.folded"]}


def seconds(command, folder):
    """The processor time of a run that its ticks end."""
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 16:
        raise SystemExit("observers.py: %s ended with status %d and not because its ticks were spent" % (" ".join(command), process.returncode))
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ticks", default="2G")
    args = parser.parse_args()
    swemu = os.path.abspath(args.swemu)
    print("%-10s %10s" % ("guest", "seconds") + "".join("%12s" % name for name in OBSERVERS))
    with tempfile.TemporaryDirectory(prefix="observers-") as folder:
        for name, (source, flags, options) in GUESTS.items():
            kernel = compile_kernel(os.path.join(TESTROMS, source), os.path.join(folder, name + ".elf"), flags)
            command = [swemu, "run", "--kernel", kernel, "--headless", "--no-post-mortem", "--max-ticks", args.ticks, *options]
            times = {observer: [] for observer in [None, *OBSERVERS]}
            for _ in range(args.rounds):
                for observer in times:
                    times[observer].append(seconds(command + OBSERVERS.get(observer, []), folder))
            alone = statistics.median(times[None])
            print("%-10s %10.2f" % (name, alone) + "".join("%11.2fx" % (statistics.median(times[o]) / alone) for o in OBSERVERS), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
