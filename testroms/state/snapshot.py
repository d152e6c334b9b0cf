#!/usr/bin/env python3
"""`swemu snapshot`: saved at an instruction, at a word of the guest, at its death, by a signal; described; checked; opened again.

    snapshot.py --swemu PATH

Each check is a line; the exit status is 1 when one fails.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import checks
from checks import check

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
HASH = re.compile(r"state-hash: ([0-9a-f]{32}) at tick (\d+)")
DEMO = ["disk.img", "--headless", "--memory", "8", "--idle", "skip"]
SHOWS = "mov esi, text\nmov edi, 0xB8000\nmore: lodsb\ntest al, al\njz done\nstosb\nmov al, 7\nstosb\njmp more\ndone: "
KERNELS = {
    "triple": "ud2\n",
    "code": "mov al, 3\nout 0xf4, al\n",
    "post": "mov al, 0x3F\nout 0x80, al\nmov al, 0\nout 0xf4, al\n",
    "debug": "mov al, 'O'\nout 0xE9, al\nmov al, 'K'\nout 0xE9, al\nmore: jmp more\n",
    # Its screen is seen only when it has ended.
    "shows": SHOWS + "mov al, 0\nout 0xf4, al\ntext: db 'all is lost', 0\n",
    # Nothing but time passes.
    "endless": "mov dx, 0x3F8\nmov al, '!'\nout dx, al\nmore: inc ecx\njmp more\n",
}


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        shutil.copy(os.path.join(TESTROMS, "demo/demo.img"), self.path("disk.img"))
        for name, code in KERNELS.items():
            with open(self.path("x.asm"), "w") as f:
                f.write('%include "mistake.inc"\nstart:\n        mov esp, stack_top\n' + code)
            subprocess.run(["nasm", "-f", "bin", "-I", TESTROMS + "/mistakes/", "-o", self.path(name), self.path("x.asm")], check=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, given=""):
        return subprocess.run([self.swemu, *words], input=given, capture_output=True, text=True, cwd=self.folder, timeout=300)

    def save(self, name, words, moments, status=0, says="saved x.snap at tick"):
        """Saves x.snap; what `info` says of it."""
        if os.path.exists(self.path("x.snap")):
            os.remove(self.path("x.snap"))
        at = [word for moment in moments for word in ("--at", moment)]
        result = self.run("snapshot", "save", *words, *at, "-o", "x.snap")
        good = result.returncode == status and says in result.stderr.splitlines()[-1]
        check(name, good and os.path.exists(self.path("x.snap")) == (status == 0), result)
        return self.info("x.snap") if status == 0 and good else None

    def info(self, name):
        return json.loads(self.run("snapshot", "info", name, "--json").stdout)

    def restored(self, *words):
        """(hash, tick) one instruction later than x.snap, and the tick it began at."""
        return HASH.search(self.run("run", *words, "--restore", "x.snap", "--state-hash").stderr)


def check_moments(bench):
    info = bench.save("saved at an instruction", DEMO, ["1234567"])
    check("it is that instruction", info and info["tick"] == 1234567, info)
    info = bench.save("the first of two moments counts", DEMO, ["5M", "3M"])
    check("it is the first", info and info["tick"] == 3_000_000, info)
    info = bench.save("saved at a text on COM1", DEMO, ["serial=all checks passed"])
    check("within the instruction that said it", info and info["tick"] > 1_000_000 and info["tick"] % 1_000_000 != 0, info)
    info = bench.save("saved at a text on the screen", DEMO, ["screen=usable"])
    check("at a whole slice", info and info["tick"] % 1_000_000 == 0, info)
    bench.save("saved at a text that is on the screen at the end", ["--kernel", "shows", "--headless"], ["screen=all is lost"])
    info = bench.save("saved at a text on port E9h", ["--kernel", "debug", "--headless"], ["debugcon=OK"])
    check("the machine goes on there", info and info["condition"] == "running", info)
    info = bench.save("saved at a byte on port 80h", ["--kernel", "post", "--headless"], ["post=3F"])
    check("before it ended", info and info["condition"] == "running", info)
    for moment in ("triple-fault", "failure", "end"):
        info = bench.save("saved at a triple fault: %s" % moment, ["--kernel", "triple", "--headless"], [moment])
        check("as one who died of it: %s" % moment, info and info["condition"] == "ended: triple fault", info)
    info = bench.save("saved at a guest's failure", ["--kernel", "code", "--headless"], ["failure"])
    check("with its code", info and "wrote 3" in info["condition"], info)
    info = bench.save("saved at the budget", [*DEMO, "--max-ticks", "2M"], ["failure"])
    check("to the instruction", info and info["tick"] == 2_000_000, info)
    info = bench.save("saved when the steps came true", [*DEMO, "--expect", "all checks passed", "--step", "wait: 1M"], [])
    check("behind the last", info and info["tick"] % 1_000_000 == 0, info)


def check_misses(bench):
    bench.save("a success before the moment is none", ["--kernel", "post", "--headless"], ["500M"], 20, "nothing saved")
    bench.save("a guest that passes has no failure", ["--kernel", "post", "--headless"], ["failure"], 20, "nothing saved")
    bench.save("another failure keeps its status", ["--kernel", "triple", "--headless", "--no-post-mortem"], ["serial=no"], 10, "nothing saved")
    bench.save("a step in vain", [*DEMO, "--step", "{serial: nothing, within: 2M}"], [], 20, "nothing saved")
    for words, status, says in [
        (["save", "disk.img", "--at", "soon", "-o", "x"], 64, "--at"), (["save", "disk.img", "--at", "5"], 64, "--output"),
        (["save", "disk.img", "--at", "5", "--save", "y", "-o", "x"], 64, "-o"), (["save", "none.img", "--at", "5", "-o", "x"], 30, "none.img"),
        (["save", "disk.img", "--at", "5", "-o", "no/such/file"], 54, "no/such/file"), (["info", "none"], 56, "none"), (["check", "none"], 56, "none"),
        (["chekc", "none"], 64, "chekc"),
    ]:
        result = bench.run("snapshot", *words)
        check("refused: " + " ".join(words), result.returncode == status and result.stderr.count("\n") == 1 and says in result.stderr, result)


def check_signal(bench):
    """SIGUSR1, when the guest has said that it runs."""
    for name, words in (("snapshot save", ["snapshot", "save", "-o", "x.snap"]), ("run", ["run", "--save", "x.snap"])):
        serial = bench.path("said")
        with open(serial, "w"):
            pass
        process = subprocess.Popen([bench.swemu, *words, "--kernel", "endless", "--headless", "--serial", "file:" + serial], cwd=bench.folder,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 120
        while not os.path.getsize(serial) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGUSR1)
        if name == "run":
            while not os.path.exists(bench.path("x.snap")) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.terminate()
        try:
            _, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            errors = "it did not end"
        good = process.returncode == (18 if name == "run" else 0) and "saved x.snap at tick" in errors
        check("%s: saved by SIGUSR1" % name, good and bench.info("x.snap")["condition"] == "running", (process.returncode, errors))
        if os.path.exists(bench.path("x.snap")):
            os.remove(bench.path("x.snap"))


def check_opening(bench):
    """A→C is A→B, saved, B→C; and the commands that `info` names work."""
    whole = HASH.search(bench.run("run", *DEMO, "--snapshot", "--state-hash", "--max-ticks", "9M").stderr)
    bench.save("saved on the way", DEMO, ["4444444"])
    rest = bench.restored(*DEMO, "--snapshot", "--max-ticks", "9M")
    check("the rest of the run comes to the same state", whole and rest and whole.groups() == rest.groups(), (whole, rest))
    text = bench.run("snapshot", "info", "x.snap").stdout
    line = next((line for line in text.splitlines() if line.startswith("open it:  swemu ")), "")
    opened = bench.run(*line[len("open it:  swemu "):].split(), "--headless", "--max-ticks", "9M", "--state-hash")
    check("the line of info opens it", opened.returncode == 16 and HASH.search(opened.stderr)[1] == whole[1], (line, opened))
    info = bench.info("x.snap")
    state = HASH.search(bench.run("run", *DEMO, "--snapshot", "--state-hash", "--max-ticks", "4444444").stderr)
    check("info has the state's hash", info["state-hash"] == state[1], info)
    check("info says what it is of", info["memory-bytes"] == 8 << 20 and info["cpu"] == "x86-64-v2" and info["built-in-firmware"] and info["pages"] > 3
          and info["disks"][0]["drive"] == "hda" and info["disks"][0]["sectors"] * 512 == os.path.getsize(bench.path("disk.img"))
          and info["booted"] == ["disk.img", "--snapshot"] and info["bytes"] == os.path.getsize(bench.path("x.snap")), info)
    debugged = bench.run("debug", "disk.img", "--restore", "x.snap", "--plain", given="quit\n")
    check("the debugger stands there", "eip=%08x" % info["eip"] in debugged.stdout, (info, debugged))
    bench.save("a kernel", ["--kernel", "triple", "--append", "it's \x1b[1m", "--headless"], ["triple-fault"])
    text = bench.run("snapshot", "info", "x.snap").stdout
    check("what a stranger wrote does not reach the terminal", "--append" in text and "\x1b" not in text, text)


def check_damage(bench):
    bench.save("saved", DEMO, ["2M"])
    whole = open(bench.path("x.snap"), "rb").read()
    sound = bench.run("snapshot", "check", "x.snap")
    check("a whole file", sound.returncode == 0 and sound.stdout.startswith("x.snap: whole; state ") and sound.stdout.endswith(" at tick 2000000\n"), sound)
    numbers, wrong = random.Random(9), []

    def refused(name, content):
        with open(bench.path("y.snap"), "wb") as f:
            f.write(content)
        for command in ("check", "info"):
            result = bench.run("snapshot", command, "y.snap")
            # Some bits of compressed data fill up a byte and mean nothing; `info` does not put the machine together.
            fits = result.returncode == 0 and (command == "info" or result.stdout.replace("y.snap", "x.snap") == sound.stdout)
            if not fits and (result.returncode != 68 or result.stderr.count("\n") != 1 or result.stdout):
                wrong.append((name, result))
        return result.returncode
    for cut in [0, 7, 8, 11, 12, 20, len(whole) - 1] + [numbers.randrange(len(whole)) for _ in range(10)]:
        refused("cut at %d" % cut, whole[:cut])
    for _ in range(40):
        place = numbers.randrange(len(whole))
        refused("changed at %d" % place, whole[:place] + bytes([whole[place] ^ 1 << numbers.randrange(8)]) + whole[place + 1:])
    check("57 damaged files", not wrong, wrong[:2])
    for command in ("check", "info"):
        with open(bench.path("y.snap"), "wb") as f:
            f.write(whole + b"x")
        result = bench.run("snapshot", command, "y.snap")
        check("%s: more behind the end" % command, result.returncode == 68 and "more follows" in result.stderr and not result.stdout, result)
        with open(bench.path("y.snap"), "wb") as f:
            f.write(whole[:8] + b"\x63" + whole[9:])
        result = bench.run("snapshot", command, "y.snap")
        check("%s: another version" % command, result.returncode == 68 and "format 99" in result.stderr, result)
        for device in ("/dev/zero", "/dev/null", ".", "disk.img"):
            result = bench.run("snapshot", command, device)
            check("%s: %s" % (command, device), result.returncode == 68 and result.stderr.count("\n") == 1 and not result.stdout, result)


if __name__ == "__main__":
    checks.run(Bench, check_moments, check_misses, check_signal, check_opening, check_damage)
