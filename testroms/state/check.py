#!/usr/bin/env python3
"""Runs that have to repeat themselves: the same state hash and the same bytes on the serial line.

    check.py --swemu PATH                 the demo disk
    check.py --swemu PATH --linux IMAGE   also Linux's boot, and a command typed into its shell, from an image of ../guests/make.py
    check.py ... --runs 100 --linux-runs 20

Each machine is run by both engines in turn, the second half of the runs beside as many busy processes as the host has processors; saved and restored in
other processes; recorded with keys and replayed; from a raw image as from qcow2. Exit status: 0 when all runs agree.

The long proof, for a night in the background; a line for each run, result.json after each, and it ends with the first difference:

    check.py --swemu PATH --linux IMAGE --only linux --linux-runs 100 --result result.json --evidence differences > proof.log &

--engine recompiler|interpreter takes one of them only, --load N other numbers of busy processes (0: none).
"""
import argparse
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

from repeat import Failed, Repetition, Result

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Its own checks, then a command for its shell, and what that says.
LINUX_STEPS = ['{serial: "check: all done", within: 12000000000}', 'serial: "# "', 'send: "echo answer $((6*7))\\r"', 'serial: "answer 42"', "wait: 50M"]
HASH = re.compile(rb"state-hash: ([0-9a-f]{32}) at tick (\d+)")


class Machine:
    """One guest: its image, its options, how many instructions, and what is typed where it is to repeat itself."""

    def __init__(self, swemu, name, image, options, instructions, folder, steps=()):
        self.swemu, self.name, self.image, self.options = swemu, name, image, options
        self.instructions, self.folder, self.steps = instructions, folder, steps
        # The last command, and what it said.
        self.last = ""

    def run(self, *options, image=None, status=16, until=None, typed=False):
        """(hash, tick, serial bytes) of a run. `typed`: up to the end of the steps, if there are any, and not for a number of instructions."""
        serial = os.path.join(self.folder, "serial")
        if typed and self.steps:
            options, status, until = [*options, *(word for step in self.steps for word in ("--step", step))], 0, 4 * self.instructions
        command = [self.swemu, "run", image or self.image, "--snapshot", "--headless", "--serial", "file:" + serial, "--state-hash",
                   "--idle", "skip", "--max-ticks", str(until or self.instructions)] + self.options + list(options)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, errors = process.communicate()
        self.last = "%s\n%s" % (shlex.join(command), errors.decode())
        found = HASH.search(errors)
        if process.returncode != status or not found:
            raise Failed("%s: status %d, expected %d: %s" % (self.name, process.returncode, status, self.last))
        return found[1].decode(), int(found[2]), open(serial, "rb").read()

    def say(self, what, right):
        print("%-6s %-60s %s" % (self.name, what, "the same" if right else "DIFFERENT"), flush=True)
        return 0 if right else 1


def repeat(machine, runs, arguments, result):
    """The same run, again and again."""
    if runs == 0:
        return 0
    same = Repetition(machine, max(2, runs), arguments.engine, arguments.load, result, arguments.evidence).run()
    return machine.say("%d runs by %s, half of them on a loaded host" % (max(2, runs), "both engines" if arguments.engine == "both" else arguments.engine), same)


def restore(machine, points):
    """Saved at `points`, then each of them restored in a new process."""
    first = machine.run()
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
    parser.add_argument("--only", choices=["demo", "linux"], help="the runs that repeat themselves of this machine, and nothing else")
    parser.add_argument("--engine", choices=["both", "recompiler", "interpreter"], default="both")
    parser.add_argument("--load", type=int, default=os.cpu_count() or 2, help="busy processes beside the second half of the runs; 0 for none")
    parser.add_argument("--result", help="a JSON file that is written after each run")
    parser.add_argument("--evidence", help="folder for what is kept of runs that differ", default=os.path.join(ROOT, "build/differences"))
    arguments = parser.parse_args()
    if arguments.only == "linux" and not arguments.linux:
        parser.error("--only linux needs --linux IMAGE")
    swemu = os.path.abspath(arguments.swemu)
    result = Result(arguments.result)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        demo = Machine(swemu, "demo", os.path.join(ROOT, "testroms/demo/demo.img"), ["--memory", "8"], 60_000_000, folder)
        if arguments.only != "linux":
            wrong += repeat(demo, arguments.runs, arguments, result)
        if not arguments.only and not wrong:
            wrong += restore(demo, [1, 999, 1_234_567, 3_000_001, 5_000_000, 20_000_000]) + replay(demo)
        if arguments.linux and arguments.only != "demo" and not wrong:
            linux = Machine(swemu, "linux", arguments.linux, ["--memory", "64"], 5_000_000_000, folder, LINUX_STEPS)
            wrong += repeat(linux, arguments.linux_runs, arguments, result)
            if not arguments.only and not wrong:
                wrong += restore(linux, [500_000_000, 2_600_000_000, 3_456_789_012, 4_500_000_001])
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(str(error))
