#!/usr/bin/env python3
"""Runs that have to repeat themselves: the same state hash and the same bytes on the serial line.

    check.py --swemu PATH                 the demo disk
    check.py --swemu PATH --linux IMAGE   also Linux's boot from an image of ../guests/make.py
    check.py ... --runs 100 --linux-runs 20

Each machine is run by both engines in turn, the second half of the runs beside as many busy processes as the host has processors; saved and restored in
other processes; recorded with keys and replayed; from a raw image as from qcow2. Exit status: 0 when all runs agree.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HASH = re.compile(rb"state-hash: ([0-9a-f]{32}) at tick (\d+)")


class Machine:
    """One guest: its image, its options, how many instructions."""

    def __init__(self, swemu, name, image, options, instructions, folder):
        self.swemu, self.name, self.image, self.options = swemu, name, image, options
        self.instructions, self.folder = instructions, folder

    def run(self, *options, image=None, status=16, until=None):
        """(hash, tick, serial bytes) of a run."""
        serial = os.path.join(self.folder, "serial")
        command = [self.swemu, "run", image or self.image, "--snapshot", "--headless", "--serial", "file:" + serial, "--state-hash",
                   "--idle", "skip", "--max-instructions", str(until or self.instructions)] + self.options + list(options)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, errors = process.communicate()
        found = HASH.search(errors)
        if process.returncode != status or not found:
            sys.exit("%s: %s ended with status %d: %s" % (self.name, " ".join(command), process.returncode, errors.decode()))
        return found[1].decode(), int(found[2]), open(serial, "rb").read()

    def say(self, what, right):
        print("%-6s %-60s %s" % (self.name, what, "the same" if right else "DIFFERENT"), flush=True)
        return 0 if right else 1


def repeat(machine, runs):
    """Runs by both engines in turn, half of them beside busy processes."""
    first = machine.run("--engine", "recompiler")
    engines = ["interpreter", "recompiler"]
    half = runs // 2
    wrong = sum(machine.run("--engine", engines[i % 2]) != first for i in range(half - 1))
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 2)]
    try:
        wrong += sum(machine.run("--engine", engines[i % 2]) != first for i in range(runs - half))
    finally:
        for process in load:
            process.kill()
            process.wait()
    return first, machine.say("%d runs by both engines, half of them on a loaded host" % runs, wrong == 0)


def restore(machine, first, points):
    """Saved at `points`, then each of them restored in a new process."""
    name = os.path.join(machine.folder, machine.name + "-{tick}.snap")
    moments = [option for point in points for option in ("--save-at", str(point))]
    wrong = machine.say("saved at %d points on the way" % len(points), machine.run("--save", name, *moments) == first)
    for path in sorted(glob.glob(name.replace("{tick}", "*"))):
        hash, tick, serial = machine.run("--restore", path)
        wrong += machine.say("restored from " + os.path.basename(path), (hash, tick) == first[:2] and first[2].endswith(serial))
        os.remove(path)
    return wrong


def replay(machine):
    """Recorded while somebody types at any moment; replayed twice, once from qcow2."""
    pipe, recording = os.path.join(machine.folder, "keys"), os.path.join(machine.folder, "recording")
    again = os.path.join(machine.folder, "again")

    # Written before the machine starts, and held open, so that nothing depends on the host's time.
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    os.write(writer, b'["down"]\n"abc\\n"\n["ctrl-alt-f1"]\n"123"\n')
    first = machine.run("--keys", pipe, "--record", recording)
    os.close(writer)
    count = sum(" key " in line for line in open(recording))
    status = 24
    wrong = machine.say("replayed, %d movements of keys" % count, count > 10 and machine.run("--replay", recording, "--record", again, status=status, until="1T") == first)
    wrong += machine.say("its recording", open(recording).read() == open(again).read())
    qcow2 = os.path.join(machine.folder, machine.name + ".qcow2")
    subprocess.run([machine.swemu, "image", "convert", machine.image, qcow2], check=True)
    wrong += machine.say("replayed from qcow2", machine.run("--replay", recording, image=qcow2, status=status, until="1T") == first)
    os.remove(qcow2)
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--linux")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--linux-runs", type=int, default=4)
    arguments = parser.parse_args()
    swemu = os.path.abspath(arguments.swemu)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        demo = Machine(swemu, "demo", os.path.join(ROOT, "testroms/demo/demo.img"), ["--memory", "8"], 60_000_000, folder)
        first, bad = repeat(demo, arguments.runs)
        wrong += bad + restore(demo, first, [1, 999, 1_234_567, 3_000_001, 5_000_000, 20_000_000]) + replay(demo)
        if arguments.linux:
            linux = Machine(swemu, "linux", arguments.linux, ["--memory", "64"], 5_000_000_000, folder)
            first, bad = repeat(linux, max(2, arguments.linux_runs))
            wrong += bad + restore(linux, first, [500_000_000, 2_600_000_000, 3_456_789_012, 4_500_000_001])
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
