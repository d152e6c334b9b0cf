"""The same machine many times: one state hash and the same bytes on the serial line, by both engines, on an idle host and beside busy processes.

Used by check.py. Each run is a line as it ends and is kept in the result file, which is whole at any moment; the first run that differs ends it all and
leaves what one needs to find out why: of both runs the command, the serial bytes, what was said, and a snapshot of the machine at its end.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time


class Failed(Exception):
    """A run did not end as it should."""


class Load:
    """So many processes that do nothing but work."""

    def __init__(self, count):
        self.processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


class Result:
    """The result file."""

    def __init__(self, path):
        self.path, self.machines = path, {}

    def note(self, name, **facts):
        self.machines.setdefault(name, {}).update(facts)
        if self.path:
            with open(self.path + ".new", "w") as f:
                json.dump(self.machines, f, indent=1)
            os.replace(self.path + ".new", self.path)


def plan(runs, engine, load):
    """(engine, busy processes) of each run: engines in turn, and the second half beside busy processes."""
    engines = ["recompiler", "interpreter"] if engine == "both" else [engine]
    idle = (runs + 1) // 2 if load else runs
    return [(engines[i % len(engines)], 0) for i in range(idle)] + [(engines[(i + 1) % len(engines)], load) for i in range(runs - idle)]


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


class Repetition:
    def __init__(self, machine, runs, engine, load, result, evidence):
        """`machine.run(options…)` gives (hash, tick, serial bytes); it is a check.Machine."""
        self.machine, self.plan, self.result, self.evidence = machine, plan(runs, engine, load), result, evidence
        self.first = None
        self.done = []

    def run(self):
        """Whether all runs were the same."""
        name = self.machine.name
        self.result.note(name, state="running", image=digest(self.machine.image), swemu=digest(self.machine.swemu), planned=len(self.plan), runs=self.done)
        for number, (engine, load) in enumerate(self.plan):
            with Load(load):
                began = time.monotonic()
                try:
                    outcome = self.machine.run("--engine", engine, "--save", self.snapshot(number), "--save-at", "end", typed=True)
                except Failed as error:
                    self.result.note(name, state="FAILED", runs=self.done, difference=str(error))
                    raise
                seconds = time.monotonic() - began
            same = self.first in (None, outcome)
            self.done.append({"engine": engine, "busy processes": load, "seconds": round(seconds, 1), "state hash": outcome[0], "tick": outcome[1],
                              "serial bytes": len(outcome[2]), "serial sha256": hashlib.sha256(outcome[2]).hexdigest()})
            print("%-6s run %3d of %d  %-11s %-7s %6.1f s  %s at tick %d, %d bytes  %s"
                  % (name, number + 1, len(self.plan), engine, "loaded" if load else "idle", seconds, outcome[0], outcome[1], len(outcome[2]),
                     "the same" if same else "DIFFERENT"), flush=True)
            self.keep(number, outcome)
            if not same:
                where = next((i for i, (a, b) in enumerate(zip(self.first[2], outcome[2])) if a != b), min(len(self.first[2]), len(outcome[2])))
                words = "run %d differs from run 1%s; kept in %s" % (
                    number + 1, ", on COM1 from byte %d on" % where if self.first[2] != outcome[2] else ", on COM1 it does not", self.evidence)
                self.result.note(name, state="DIFFERENT", runs=self.done, difference=words)
                print("%-6s %s" % (name, words), flush=True)
                return False
            self.first = self.first or outcome
            self.result.note(name, runs=self.done)
        self.result.note(name, state="all the same")
        shutil.rmtree(self.folder(), ignore_errors=True)
        return True

    def folder(self):
        return os.path.join(self.evidence, self.machine.name)

    def snapshot(self, number):
        os.makedirs(self.folder(), exist_ok=True)
        return os.path.join(self.folder(), "run%d.snap" % (number + 1))

    def keep(self, number, outcome):
        """What belongs to a run, for the first and the present one."""
        stem = self.snapshot(number)[:-len(".snap")]
        for suffix, content in ((".serial", outcome[2]), (".txt", self.machine.last.encode())):
            with open(stem + suffix, "wb") as f:
                f.write(content)
        if number > 1:
            for suffix in (".snap", ".serial", ".txt"):
                os.remove(self.snapshot(number - 1)[:-len(".snap")] + suffix)
