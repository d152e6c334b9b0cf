#!/usr/bin/env python3
"""Runs the guests with four processors and with a network card again and again: each run has to end in the same state after the same output, whatever engine and however busy the host.
The guests of the board's chips are saved in the middle of what they do, and have to end so when they are restored.

    same.py --swemu build/tests/release/swemu [--runs 100]
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, failures  # noqa: E402
from guest import HASH, image  # noqa: E402
from repeat import Load  # noqa: E402


def repeat(swemu, guest, what, runs, options, least):
    """`least`: so many checks it has at least."""
    with tempfile.TemporaryDirectory() as folder:
        disk = image(folder, guest)
        # The second half beside processes that want the host's processors, too; engines in turn, and the recompiler late and at once.
        outcomes = {}
        for number in range(runs):
            engine = ["--engine", "interpreter"] if number % 2 else ["--recompile-after", ["1", "100"][number // 2 % 2]]
            with Load(2 if number >= (runs + 1) // 2 else 0):
                done = subprocess.run(
                    [swemu, "run", disk, "--snapshot", "--headless", "--debugcon", "stdio", "--memory", "128", "--cpu", "p6", "--machine", "pc", *options,
                     "--max-ticks", "100M", "--state-hash", *engine], capture_output=True, text=True, timeout=120)
            state = HASH.search(done.stdout + done.stderr)
            outcomes.setdefault((done.stdout, state and state[0]), []).append(number)
        whole = all(output.count("\nok ") > least and "not ok" not in output and state for output, state in outcomes)
        check("%d runs of %s" % (runs, what), len(outcomes) == 1 and whole, sorted(outcomes.values()))


def resume(swemu, guest, options, points=12):
    """Saved at the first ticks and at `points` moments all over the run, and restored from each."""
    with tempfile.TemporaryDirectory() as folder:
        disk = image(folder, guest)

        def end(*more):
            done = subprocess.run(
                [swemu, "run", disk, "--snapshot", "--headless", "--memory", "32", "--machine", "pc", *options, "--max-ticks", "400M", "--state-hash", *more],
                capture_output=True, text=True, timeout=120)
            found = HASH.search(done.stderr)
            return found and found[0]

        first = end()
        ticks = int(first.split()[-1])
        moments = {1, 999, *(ticks * part // (points + 1) + 37 * part for part in range(1, points + 1))}
        saved = end("--save", os.path.join(folder, "{tick}.snap"), *(word for moment in sorted(moments) for word in ("--save-at", str(moment))))
        files = sorted(glob.glob(os.path.join(folder, "*.snap")))
        wrong = [os.path.basename(path) for path in files if end("--restore", path) != first]
        check("%s goes on from %d snapshots" % (guest, len(files)), saved == first and len(files) == len(moments) and not wrong, wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    repeat(args.swemu, "processors", "four processors", args.runs, ["--smp", "4"], 40)
    repeat(args.swemu, "network", "a network card", min(args.runs, 12), ["--nic", "user"], 20)
    for guest, options in (("chipset", ["--nic", "user"]), ("interrupts", ["--nic", "user"]), ("timers", ["--cpu", "max"]), ("hostile", [])):
        resume(args.swemu, guest, options)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
