#!/usr/bin/env python3
"""Compares the two engines where a machine has four processors: what the interpreter makes of a guest the recompiler makes of it, too, to the last bit.

    engines.py --swemu build/tests/release/swemu          a kernel of ours in lockstep, and the start of Linux: half a minute
    engines.py --swemu build/tests/release/swemu --all    Linux for 32 and 64 bits with all its checks: some minutes

testroms/guests/make.py makes the images of Linux; one that is not there is left out, and said so. Exit status: 0 when nothing differs.
"""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, failures  # noqa: E402
from guest import HASH, image  # noqa: E402

FOUR = ["--snapshot", "--headless", "--machine", "pc", "--smp", "4"]
# Image, what --all takes it for, MBytes, the last tick: behind the start of all processors, or behind the checks.
LINUX = [("linux-686-pae", False, 128, "3G"), ("linux-686-pae", True, 128, "9G"), ("linux-amd64", True, 192, "7990M")]


def lockstep(swemu):
    """Messages, locks, and code that others change."""
    with tempfile.TemporaryDirectory() as folder:
        disk = image(folder, "processors")
        done = subprocess.run(
            [swemu, "run", disk, *FOUR, "--debugcon", "stdio", "--memory", "16", "--cpu", "p6", "--max-ticks", "100M", "--recompile-after", "1", "--lockstep", "1000"],
            capture_output=True, text=True, timeout=600)
        whole = done.stdout.count("\nok ") > 40 and "not ok" not in done.stdout
        check("a kernel for four processors in lockstep", whole and "the engines differ" not in done.stderr, done.stderr[-2000:])


def linux(swemu, name, memory, ticks):
    disk = os.path.join(ROOT, "build/guests", name + ".img")
    what = "%s with four processors, %s ticks" % (name, ticks)
    if not os.path.exists(disk):
        print("skip  %s: no image; testroms/guests/make.py %s" % (what, name), flush=True)
        return
    ends = {}
    for engine in ("recompiler", "interpreter"):
        done = subprocess.run(
            [swemu, "run", disk, *FOUR, "--memory", "%dM" % memory, "--max-ticks", ticks, "--state-hash", "--engine", engine], capture_output=True, text=True, timeout=1800)
        found = HASH.search(done.stderr)
        ends[engine] = found[0] if found else done.stderr[-500:]
    check(what, ends["recompiler"] == ends["interpreter"] and HASH.match(ends["recompiler"]), ends)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--all", action="store_true")
    args = parser.parse_args()
    if not args.all:
        lockstep(args.swemu)
    for name, is_long, memory, ticks in LINUX:
        if is_long == args.all:
            linux(args.swemu, name, memory, ticks)
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
