#!/usr/bin/env python3
"""`swemu debug` as a page in a real terminal, driven through tmux by the keyboard alone, at 80 by 25 and larger. Each check is a line; the exit
status is 1 when one fails.

    page.py --swemu build/swemu
"""
import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SOCKET = "swemu-debug-test-%d" % os.getpid()
# Nothing here should need so long; a loaded host may.
PATIENCE = 60


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", SOCKET, "-f", "/dev/null"] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout


class Page:
    def __init__(self, columns, rows, command):
        # A page before this one has left its window, in a size of its own.
        tmux("new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(rows), "cat")
        tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))
        tmux("set-option", "-t", "t", "escape-time", "0")
        tmux("respawn-pane", "-k", "-t", "t", "sh", "-c", "echo before; %s; echo status $?; cat" % command)

    def send(self, *keys):
        tmux("send-keys", "-t", "t", *keys)

    def type(self, text):
        tmux("send-keys", "-t", "t", "-l", text)
        self.send("Enter")

    def lines(self, colours=False):
        return tmux(*(["capture-pane", "-p", "-t", "t"] + (["-e"] if colours else []))).split("\n")

    def wait(self, condition):
        """None when the condition comes true, otherwise the page."""
        end = time.time() + PATIENCE
        while True:
            lines = self.lines()
            if condition(lines):
                return None
            if time.time() > end:
                return "\n" + "\n".join(lines)
            time.sleep(0.1)

    def has(self, *texts):
        return self.wait(lambda lines: all(any(text in line for line in lines) for text in texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(ROOT, ".build/release/swemu"))
    options = parser.parse_args()
    failures = 0
    # Whoever ends this ends the terminal, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    def check(name, problem):
        nonlocal failures
        print("%s  %s%s" % ("FAIL" if problem else "ok  ", name, ": " + str(problem) if problem else ""), flush=True)
        failures += 1 if problem else 0

    demo = "%s debug %s --memory 32" % (shlex.quote(os.path.abspath(options.swemu)), os.path.join(ROOT, "testroms/demo/demo.img"))
    try:
        page = Page(80, 25, demo)
        check("starts before the first instruction", page.has("> f000:fff0 jmp", "EIP 0000fff0", "real mode, 16-bit", "-- stack", "-- memory"))
        check("fits 80 by 25", page.wait(lambda l: l[23].startswith("F1Help") and "F10Quit" in l[23] and l[24].startswith(">")))
        page.send("F7")
        check("F7 steps and explains", page.has("> f000:e05b jmp", "CS: F000h"))
        page.type("until 0x7c00")
        check("a command runs to a place", page.has("> 0000:7c00 jmp"))
        page.send("F7")
        page.send("F7")
        check("flags have reasons", page.has("> 0000:7c08 mov ds, ax", "ZF=1  the result is 0"))
        check("what changed is lit", page.wait(lambda _: any("\x1b[1;33m" in l or "\x1b[1m\x1b[33m" in l for l in page.lines(True))))
        page.send("F2")
        check("F2 sets a breakpoint", page.has(">*0000:7c08", "breakpoint at 00007C08h"))
        page.send("F2")
        check("F2 takes it away", page.wait(lambda l: any(x.startswith("> 0000:7c08") for x in l)))
        page.send("F6", "Down", "Down", "F4")
        check("F6 picks a line and F4 runs to it", page.has("> 0000:7c0c mov ss, ax"))
        page.send("Escape")
        page.send("F11")
        check("F11 goes back a step", page.has("> 0000:7c0a mov es, ax"))
        tmux("send-keys", "-t", "t", "-l", "disas")
        page.send("Tab")
        check("Tab completes", page.has("> disassemble"))
        page.send("C-u")
        page.send("Up")
        check("Up recalls", page.wait(lambda l: l[24].startswith("> until 0x7c00")))
        page.send("C-u")
        page.type("catch mode")
        page.send("F5")
        check("F5 runs to a change of the mode", page.has("from real mode", "to protected mode"))
        page.send("F1")
        check("F1 helps on the whole page", page.has("Running:", "PgUp PgDn scroll"))
        page.send("PPage")
        page.send("Escape")
        check("Esc comes back", page.has("-- stack"))
        page.type("delete")
        page.send("F5")
        check("a run shows that it runs", page.has("running: Ctrl-C stops"))
        time.sleep(2)
        page.send("C-c")
        check("Ctrl-C stops it", page.has("stopped because you asked"))
        page.send("F3")
        check("F3 shows the guest's screen", page.has("the demo disk", "any key: back"))
        page.send("F3")
        check("and any key comes back", page.has("-- messages"))
        page.type("nonsense")
        check("a mistake is one line", page.has("nonsense is no command"))
        tmux("resize-window", "-t", "t", "-x", "120", "-y", "40")
        check("a larger terminal shows more", page.wait(lambda l: len(l) >= 40 and l[39].startswith(">") and l[38].startswith("F1Help")))
        page.send("F10")
        check("F10 leaves, and the terminal is as before", page.has("before", "status 0"))
        check("nothing of the page is left", None if not any("F1Help" in l for l in page.lines()) else "\n".join(page.lines()))

        # Ends that nobody typed: the terminal is as before, with the last line and the status of `swemu run`.
        with tempfile.TemporaryDirectory() as folder:
            number = os.path.join(folder, "pid")
            known = "sh -c 'echo $$ > %s; exec %s'" % (number, demo)
            for does, shows in [("runs", "running: Ctrl-C stops"), ("waits", "> f000:fff0 jmp")]:
                page = Page(80, 25, known)
                check("the page comes", page.has("> f000:fff0 jmp", "F10Quit"))
                if does == "runs":
                    page.send("F5")
                check("and %s" % does, page.has(shows))
                os.kill(int(open(number).read()), signal.SIGTERM)
                check("SIGTERM ends a page that %s" % does,
                      page.has("before", "status 18", "swemu: interrupted: ended by SIGTERM at "))
        for option, text in [("--timeout 1s", "status 22"), ("--max-host-memory 8M", "status 66")]:
            page = Page(80, 25, demo + " " + option + " --command continue")
            check("%s ends a page" % option, page.has("before", text))
        page = Page(80, 25, demo + " --max-ticks 2M")
        page.has("F10Quit")
        page.send("F5")
        check("--max-ticks stops a page", page.has("no further than tick 2000000", "> "))
        page.send("F10")
        check("and its status is that of the budget", page.has("before", "status 16", "swemu: budget: --max-ticks reached at "))
    finally:
        tmux("kill-server")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
