#!/usr/bin/env python3
"""Looks into a machine by QEMU's monitor (HMP) and drives it by its machine protocol (QMP), the latter with PyPI's qemu.qmp where that is installed.

    run.py --swemu build/tests/release/swemu
    run.py --swemu ... --qmp        the machine protocol, too
"""
import argparse
import asyncio
import fcntl
import json
import os
import pty
import re
import select
import socket
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "state"), os.path.join(os.path.dirname(HERE), "../build/clients")]
from checks import check, failures  # noqa: E402

DEMO = os.path.join(os.path.dirname(HERE), "demo", "demo.img")
PROMPT = b"(qemu) "
LONGEST = 120


def connect(path):
    for _ in range(LONGEST * 20):
        try:
            link = socket.socket(socket.AF_UNIX)
            link.connect(path)
            link.settimeout(LONGEST)
            return link
        except OSError:
            link.close()
            time.sleep(0.05)
    raise SystemExit(f"nobody listens at {path}")


def until(link, end):
    text = b""
    while end not in text:
        part = link.recv(65536)
        if not part:
            break
        text += part
    return text.decode()


def ask(link, line):
    link.sendall(line.encode() + b"\n")
    return until(link, PROMPT).removesuffix(PROMPT.decode())


class Machine:
    def __init__(self, swemu, folder, *options):
        self.process = subprocess.Popen([swemu, "run", DEMO, "--snapshot", "--headless", *options], cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self):
        try:
            return self.process.communicate(timeout=LONGEST)[1].decode(), self.process.returncode
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.communicate()[1].decode(), None


class Terminal:
    """A run in a terminal of its own, whose keys go to COM1."""

    def __init__(self, swemu, folder, *options):
        self.main, other = pty.openpty()
        self.before = termios.tcgetattr(other)
        self.other = other

        def own():
            os.setsid()
            fcntl.ioctl(other, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen([swemu, "run", DEMO, "--snapshot", "--headless", "--serial", "stdio", *options], cwd=folder,
                                        stdin=other, stdout=other, stderr=subprocess.PIPE, preexec_fn=own)

    def flags(self):
        return termios.tcgetattr(self.other)[3]

    def until(self, text):
        seen = b""
        while text not in seen:
            if not select.select([self.main], [], [], LONGEST)[0]:
                break
            seen += os.read(self.main, 65536)
        return seen

    def send(self, keys):
        os.write(self.main, keys)

    def wait_for_raw(self):
        for _ in range(LONGEST * 20):
            if not self.flags() & termios.ICANON:
                return True
            time.sleep(0.05)
        return False


def terminal(swemu, folder):
    run = Terminal(swemu, folder, "--monitor", "serial")
    check("the terminal is raw", run.wait_for_raw() and not run.flags() & (termios.ECHO | termios.ISIG), run.flags())
    run.send(b"\x01c")
    check("Ctrl-A c is heard at once", PROMPT in run.until(PROMPT))
    run.send(b"info stat\x7f\x7f\x7f\x7f\x1b[Astatus\r")
    seen = run.until(b"VM status: running\r\n" + PROMPT)
    check("the monitor shows what is typed", b"info stat" + 4 * b"\x08 \x08" + b"status" in seen and b"VM status: running" in seen, seen)
    run.send(b"\x01x")
    error = run.process.communicate(timeout=LONGEST)[1].decode()
    check("Ctrl-A x ends", run.process.returncode == 18, (run.process.returncode, error))
    check("the terminal is as it was", termios.tcgetattr(run.other) == run.before)
    alone = Terminal(swemu, folder)
    check("a serial line alone is raw", alone.wait_for_raw() and alone.flags() & termios.ISIG, alone.flags())
    alone.send(b"\x03")
    alone.process.communicate(timeout=LONGEST)
    check("Ctrl-C ends it", alone.process.returncode == 18, alone.process.returncode)
    check("its terminal is as it was", termios.tcgetattr(alone.other) == alone.before)


def people(swemu, folder):
    path = os.path.join(folder, "hmp")
    machine = Machine(swemu, folder, "--monitor", "unix:hmp")
    link = connect(path)
    check("a monitor greets", "monitor" in until(link, PROMPT))
    time.sleep(0.5)
    check("stop and status", ask(link, "stop") == "" and "paused" in ask(link, "info status"))
    check("info registers", re.search(r"^EAX=[0-9a-f]{8} EBX=", ask(link, "info registers"), re.M))
    check("xp shows bytes", re.match(r"0000000000007c00: 0xea 0x06 0x7c 0x00 0x00", ask(link, "xp /8xb 0x7c00")), ask(link, "xp /8xb 0x7c00"))
    check("xp keeps its format", ask(link, "xp 0x7c00").startswith("0000000000007c00: 0xea\n"), ask(link, "xp 0x7c00"))
    check("x/i shows code", "0x000fffff0" not in ask(link, "x/3i $pc") and len(ask(link, "x/3i $pc").splitlines()) == 3)
    check("p", ask(link, "p /x 0x10+0x20").strip() == "0x30" and ask(link, "p/d 5*5").strip() == "25")
    check("i", re.match(r"portb\[0x0064\] = 0x[0-9a-f]{2}", ask(link, "i /b 0x64")), ask(link, "i /b 0x64"))
    check("gva2gpa", ask(link, "gva2gpa 0x7c00").startswith("gpa: 0x7c00"), ask(link, "gva2gpa 0x7c00"))
    check("info mem", re.search(r"^0000000000000000-[0-9a-f]{16} [0-9a-f]{16} -rw$|PG disabled", ask(link, "info mem"), re.M))
    check("info tlb", re.search(r"^0000000000007000: 0000000000007000 [-A-Z]{9}$|PG disabled", ask(link, "info tlb"), re.M))
    check("info pic", re.search(r"^pic0: irr=[0-9a-f]{2} imr=", ask(link, "info pic"), re.M))
    for subject, text in [("block", "ide0-hd0"), ("pci", "8086:1237"), ("mtree", "fw_cfg"), ("qtree", "pit"), ("roms", "firmware"),
                          ("lapic", "APIC"), ("ioapic", "pin 0"), ("irq", "IRQ"), ("version", "swemu"), ("", "info registers")]:
        check(f"info {subject}", text in ask(link, f"info {subject}"), ask(link, f"info {subject}")[:200])
    ask(link, "screendump one.ppm")
    ask(link, "screendump two.png")
    check("screendump", open(os.path.join(folder, "one.ppm"), "rb").read(2) == b"P6" and
          open(os.path.join(folder, "two.png"), "rb").read(4) == b"\x89PNG")
    ask(link, "pmemsave 0x7c00 512 sector")
    with open(os.path.join(folder, "sector"), "rb") as file:
        sector = file.read()
    check("pmemsave", len(sector) == 512 and sector.startswith(b"\xea\x06\x7c"), sector[:16])
    check("savevm", ask(link, "savevm kept.snap") == "" and os.path.getsize(os.path.join(folder, "kept.snap")) > 1000)
    for wrong, words in [("nonsense", "unknown command: 'nonsense'"), ("x /4q 0", "invalid char"), ("x /99999999b 0", "a count"),
                         ("x", ""), ("p 1/0", "zero"), ("sendkey nokey", "no key"), ("pmemsave 0 99999999999 f", "too many"),
                         ("info nothing", "unknown"), ("eject nothing", "not found"), ("\xff\xfe", "unknown"), ("x/s 0", "invalid")]:
        answer = ask(link, wrong)
        check(f"a mistake is one line: {wrong}", words in answer and answer.count("\n") == 1, answer)
    link.sendall(b"y" * 100000 + b"\n")
    check("a line without end", "unknown command" in until(link, PROMPT))
    link.close()
    # Another one comes, and one that never reads.
    deaf = connect(path)
    for _ in range(300):
        try:
            deaf.settimeout(0.2)
            deaf.sendall(b"help\n" * 100)
        except OSError:
            break
    deaf.close()
    link = connect(path)
    until(link, PROMPT)
    check("loadvm", ask(link, "loadvm kept.snap") == "" and "paused" in ask(link, "info status"))
    ask(link, "cont")
    check("cont", "running" in ask(link, "info status"))
    check("system_powerdown", ask(link, "system_powerdown") == "" and "system_powerdown" in ask(link, "help"))
    check("help has gdbserver", "gdbserver [device] -- " in ask(link, "help"))
    gdb_comes(link, folder)
    link.sendall(b"quit\n")
    words, status = machine.end()
    check("quit ends the run", status == 18 and "ended by the user" in words, words)


def gdb_comes(link, folder):
    """A gdb is let in while the machine runs, in QEMU's words, and out again."""
    for wrong in ("stdio", "nonsense", "tcp::99999999", "unix:/no/such/folder/socket"):
        answer = ask(link, "gdbserver " + wrong)
        check(f"gdbserver {wrong} is refused in a line", "gdbserver" in answer and answer.count("\n") == 1, answer)
    ask(link, "stop")
    answer = ask(link, "gdbserver tcp::0")
    port = re.search(r"target remote 127\.0\.0\.1:(\d+)", answer)
    check("gdbserver", answer.startswith("Waiting for gdb connection on device 'tcp::0'") and port, answer)
    gdb = ["gdb", "-nx", "-q", "-batch", "-ex", "set debuginfod enabled off", "-ex", "target remote :" + port.group(1)]
    try:
        said = subprocess.run(gdb + ["-ex", "stepi", "-ex", "p 1 + 41", "-ex", "detach"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST).stdout
        check("gdb comes and goes", "= 42" in said and "detached]" in said, said)
        check("the machine goes on as gdb left it", "running" in ask(link, "info status"), ask(link, "info status"))
        second = subprocess.Popen(gdb + ["-ex", "echo here\\n", "-ex", "continue"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True)
        while "here" not in (line := second.stdout.readline()) and line:
            pass
        check("none ends a session, too", ask(link, "gdbserver none") == "Disabled gdbserver\n")
        said = second.communicate(timeout=LONGEST)[0]
        check("gdb hears of it", re.search("Remote (connection closed|communication error)", said) or second.returncode == 0, said)
    except FileNotFoundError:
        print("skipped: gdb is not installed")
        ask(link, "gdbserver none")
    with socket.socket() as lost:
        check("nobody listens then", lost.connect_ex(("127.0.0.1", int(port.group(1)))) != 0)
    check("gdbserver at a path, and at another one", "gdb-1" in ask(link, "gdbserver unix:gdb-1") and "gdb-2" in ask(link, "gdbserver unix:gdb-2")
          and os.path.exists(os.path.join(folder, "gdb-2")) and not os.path.exists(os.path.join(folder, "gdb-1")))
    check("the machine runs on", "running" in ask(link, "info status"))


def behind_serial(swemu, folder):
    process = subprocess.Popen([swemu, "-hda", DEMO, "-snapshot", "-nographic"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdin.write(b"\x01cinfo version\n\x01h\x01c\x01x")
    process.stdin.flush()
    try:
        text, _ = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
    check("Ctrl-A c on the serial line", b"(qemu) " in text and b"swemu" in text and process.returncode == 18, text)


def raw_protocol(swemu, folder):
    machine = Machine(swemu, folder, "--qmp", "unix:raw")
    link = connect(os.path.join(folder, "raw"))
    stream = link.makefile("rwb")
    greeting = json.loads(stream.readline())
    check("the protocol greets", "QMP" in greeting, greeting)

    def call(text):
        stream.write(text)
        stream.flush()
        while True:
            answer = json.loads(stream.readline())
            if "event" not in answer:
                return answer
    check("capabilities first", call(b'{"execute":"query-status"}')["error"]["class"] == "CommandNotFound")
    check("capabilities", call(b'{"execute":"qmp_capabilities","id":7}') == {"return": {}, "id": 7})
    check("no line feed between requests", call(b'{"execute": "query-status"}{"execute":"query-name"}')["return"]["running"] is True)
    check("the second one", json.loads(stream.readline())["return"]["name"] == "swemu")
    for wrong in (b'nonsense\n', b'{"execute":5}', b'{"a":"}\\""}', b'{' * 100 + b'}' * 100, b'{"execute":"eject-all"}'):
        check(f"a mistake is an error: {wrong[:20]}", "error" in call(wrong))
    check("its status", call(b'{"execute":"query-status"}')["return"]["status"] == "running")
    check("human-monitor-command", "running" in call(
        b'{"execute":"human-monitor-command","arguments":{"command-line":"info status"}}')["return"])
    stream.write(b'{"execute":"quit"}')
    stream.flush()
    said = [json.loads(line) for line in stream]
    check("quit tells of the end once", [m["event"] for m in said if "event" in m] == ["SHUTDOWN"], said)
    words, status = machine.end()
    check("quit by the protocol", status == 18, words)


async def library(swemu, folder):
    from qemu.qmp import QMPClient
    machine = Machine(swemu, folder, "--qmp", "unix:qmp")
    connect(os.path.join(folder, "qmp")).close()
    client = QMPClient("test")
    await client.connect(os.path.join(folder, "qmp"))
    check("qemu.qmp: status", (await client.execute("query-status"))["running"] is True)
    with client.listener(["STOP", "RESUME", "POWERDOWN", "RESET"]) as listener:
        await client.execute("stop")
        await client.execute("cont")
        await client.execute("system_powerdown")
        await client.execute("system_reset")
        names = [(await asyncio.wait_for(listener.get(), LONGEST))["event"] for _ in range(4)]
    check("qemu.qmp: events", names == ["STOP", "RESUME", "POWERDOWN", "RESET"], names)
    await client.execute("send-key", {"keys": [{"type": "qcode", "data": "ctrl"}, {"type": "qcode", "data": "a"}]})
    await client.execute("screendump", {"filename": "three.ppm"})
    check("qemu.qmp: screendump", os.path.exists(os.path.join(folder, "three.ppm")))
    await client.execute("quit")
    try:
        await client.disconnect()
    except EOFError:                                    # the machine has hung up first
        pass
    words, status = machine.end()
    check("qemu.qmp: quit", status == 18, words)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--qmp", action="store_true")
    args = parser.parse_args()
    swemu = os.path.abspath(args.swemu)
    with tempfile.TemporaryDirectory() as folder:
        people(swemu, folder)
        behind_serial(swemu, folder)
        terminal(swemu, folder)
        if args.qmp:
            raw_protocol(swemu, folder)
            try:
                import qemu.qmp  # noqa: F401
            except ImportError:
                print("skipped: qemu.qmp is not installed; .ci/clients brings it")
            else:
                asyncio.run(library(swemu, folder))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
