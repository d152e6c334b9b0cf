#!/usr/bin/env python3
"""Runs the guests with four processors and with a network card again and again: each run has to end in the same state after the same output, whatever engine and however busy the host.

    same.py --swemu build/tests/release/swemu [--runs 100]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, failures  # noqa: E402
from repeat import Load  # noqa: E402

HASH = re.compile(r"^state-hash: \w+ at tick \d+$", re.M)


def repeat(swemu, guest, what, runs, options, least):
    """`least`: so many checks it has at least."""
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, guest + ".img")
        subprocess.run(["nasm", "-f", "bin", "-I", HERE + "/", "-o", image, os.path.join(HERE, guest + ".asm")], check=True)
        os.truncate(image, 1 << 20)
        # The second half beside processes that want the host's processors, too; engines in turn, and the recompiler late and at once.
        outcomes = {}
        for number in range(runs):
            engine = ["--engine", "interpreter"] if number % 2 else ["--recompile-after", ["1", "100"][number // 2 % 2]]
            with Load(2 if number >= (runs + 1) // 2 else 0):
                done = subprocess.run(
                    [swemu, "run", image, "--snapshot", "--headless", "--debugcon", "stdio", "--memory", "128", "--cpu", "p6", "--machine", "pc", *options,
                     "--max-ticks", "100M", "--state-hash", *engine], capture_output=True, text=True, timeout=120)
            state = HASH.search(done.stdout + done.stderr)
            outcomes.setdefault((done.stdout, state and state[0]), []).append(number)
        whole = all(output.count("\nok ") > least and "not ok" not in output and state for output, state in outcomes)
        check("%d runs of %s" % (runs, what), len(outcomes) == 1 and whole, sorted(outcomes.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    repeat(args.swemu, "processors", "four processors", args.runs, ["--smp", "4"], 40)
    repeat(args.swemu, "network", "a network card", min(args.runs, 12), ["--nic", "user"], 20)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
