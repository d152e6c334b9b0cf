#!/usr/bin/env python3
"""Where the guest's bytes go and come from: LPT1 in a file, COM1 on a terminal of ours, on named pipes, on standard input, the debug console at another port.

    run.py --swemu build/tests/release/swemu
"""
import os
import re
import subprocess
import sys
import time
import tty

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, run  # noqa: E402

LONGEST = 120


class Guest:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        self.image = self.path("streams.img")
        subprocess.run(["nasm", "-f", "bin", "-o", self.image, os.path.join(HERE, "streams.asm")], check=True)
        os.truncate(self.image, 1 << 20)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *options):
        return subprocess.Popen([self.swemu, "run", self.image, "--snapshot", "--headless", "--debugcon-port", "0x402", *options],
                                cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ends(name, process, sent=b""):
    try:
        out, err = process.communicate(sent, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    check(name + ": the guest is content", process.returncode == 0, err.decode())
    return out


def talk(name, read, write):
    text = b""
    while b"hello" not in text:
        text += os.read(read, 100)
    os.write(write, b"HAL.")
    while b"IBM" not in text:
        text += os.read(read, 100)
    check(name + ": both ways", text.endswith(b"IBM"), text)


def on_files(guest):
    process = guest.start("--parallel", "file:printed", "--debugcon", "file:console", "--serial", "stdio")
    out = ends("stdio", process, b"HAL.")
    check("stdio: both ways", out == b"hello\nIBM", out)
    check("the printer's file", open(guest.path("printed")).read() == "by INT 17h\nby ports\n")
    check("the console at port 402h", open(guest.path("console")).read() == "!")


def on_a_terminal(guest):
    process = guest.start("--serial", "pty")
    name = None
    for line in process.stderr:
        found = re.search(r"char device redirected to (\S+)", line.decode())
        if found:
            name = found.group(1)
            break
    end = os.open(name, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(end)
    # Nobody was there when the guest said hello: the line begins with what is typed.
    os.write(end, b"HAL.")
    # The machine is off before anybody reads: its last words stay there.
    time.sleep(0.5)
    text = b""
    try:
        while b"IBM" not in text:
            text += os.read(end, 100)
    except OSError:
        pass
    check("terminal: both ways", text.endswith(b"IBM"), text)
    os.close(end)
    ends("terminal", process)


def on_pipes(guest):
    for path in ("p.in", "p.out"):
        os.mkfifo(guest.path(path))
    process = guest.start("--serial", "pipe:p")
    write, read = os.open(guest.path("p.in"), os.O_RDWR), os.open(guest.path("p.out"), os.O_RDWR)
    talk("pipes", read, write)
    ends("pipes", process)
    process = guest.start("--serial", "pipe:nothing")
    _, words = process.communicate(timeout=LONGEST)
    check("no pipe is one line", process.returncode == 54 and b"mkfifo" in words and words.count(b"\n") == 1, words)


def conflicts(guest):
    process = guest.start("--debugcon-port", "0x3f8")
    _, words = process.communicate(timeout=LONGEST)
    check("a port that is taken is one line", process.returncode == 64 and words.count(b"\n") == 1, words)


if __name__ == "__main__":
    run(Guest, on_files, on_a_terminal, on_pipes, conflicts)
