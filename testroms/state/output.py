#!/usr/bin/env python3
"""Where the output goes: readers that do not read, devices that are full, sockets and names that are taken.

    output.py --swemu PATH

Exit status: 0 when all is well.
"""
import json
import os
import resource
import signal
import socket
import subprocess
import time

import checks
from checks import check

# A boot sector that prints for ever on the debug console and one that says ok on both lines and ends with success.
TALKER = "org 0x7c00\nbits 16\nmov al, 'x'\nagain: out 0xe9, al\njmp again\ntimes 510-($-$$) db 0\ndw 0xaa55\n"
SPEAKER = """org 0x7c00
bits 16
mov al, 'o'
out 0xe9, al
out 0x80, al
mov dx, 0x3f8
out dx, al
mov ax, 0
out 0xf4, al
jmp $
times 510-($-$$) db 0
dw 0xaa55
"""


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        for name, source in (("talker", TALKER), ("speaker", SPEAKER)):
            with open(self.path(name + ".asm"), "w") as f:
                f.write(source)
            subprocess.run(["nasm", "-f", "bin", "-o", self.path(name), self.path(name + ".asm")], check=True)
            with open(self.path(name), "ab") as f:
                f.truncate(1 << 20)
        self.talk = ["run", "talker", "--snapshot", "--headless", "--memory", "2", "--no-post-mortem"]
        self.speak = ["run", "speaker", "--snapshot", "--headless", "--memory", "2", "--no-post-mortem", "--max-ticks", "20M"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **more}
        return subprocess.run([self.swemu, *words], cwd=self.folder, timeout=120, **more)

    def unread(self, *words, errors=subprocess.PIPE):
        """A process whose standard output is a pipe that nobody reads."""
        return subprocess.Popen([self.swemu, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)


def ended(process):
    """The status of a process that has to end by itself now, and its last line; None where it does not."""
    try:
        status = process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        status = None
    lines = process.stderr.read().decode().splitlines() if process.stderr else []
    process.stdout.close()
    return status, lines[-1] if lines else ""


def fill(process):
    """Waits until the pipe is full: the process sleeps and its processor time stands still."""
    last = None
    for _ in range(200):
        time.sleep(0.1)
        with open("/proc/%d/stat" % process.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        spent = (fields[11], fields[12])
        if fields[0] == "S" and spent == last and spent != ("0", "0"):
            return
        last = spent


def check_readers(bench):
    console = [*bench.talk, "--debugcon", "stdio"]
    for name, number in (("SIGTERM", signal.SIGTERM), ("SIGINT", signal.SIGINT), ("SIGHUP", signal.SIGHUP)):
        process = bench.unread(*console)
        fill(process)
        process.send_signal(number)
        status, line = ended(process)
        check("a console that nobody reads: " + name, status == 18 and name in line and "does not read" in line, (status, line))
    check("a console that nobody reads: --timeout", ended(bench.unread(*console, "--timeout", "1"))[0] == 22)
    check("a console that nobody reads: --max-output", ended(bench.unread(*console, "--max-output", "1000"))[0] == 66)
    # Standard error is the same full pipe: the trace and the last words go there.
    for more in (["--trace", "ports"], ["--trace", "ports", "--trace-file", "-"]):
        process = bench.unread(*bench.talk, *more, "--timeout", "1", errors=subprocess.STDOUT)
        check("a trace that nobody reads: " + more[-1], ended(process)[0] == 22)
    process = bench.unread(*bench.talk, "--debugcon", "unix:console", "--timeout", "20")
    client = connected(bench, "console")
    fill(process)
    process.send_signal(signal.SIGTERM)
    check("a client that does not read: SIGTERM", ended(process)[0] == 18)
    client.close()
    process = bench.unread(*bench.talk, "--gdb", "unix:gdb", "--stopped")
    client = connected(bench, "gdb")
    client.settimeout(0.2)
    try:
        # Memory is asked for again and again, and no answer is taken.
        for _ in range(3000):
            client.sendall(b"+$m0,800#8f")
    except socket.timeout:
        pass
    process.send_signal(signal.SIGTERM)
    check("a gdb that does not read: SIGTERM", ended(process)[0] == 18)
    client.close()
    process = bench.unread("debug", "talker", "--snapshot", "--memory", "2", "--plain", "--command", "trace ports", "--command", "continue 5000000")
    fill(process)
    process.send_signal(signal.SIGTERM)
    check("a debugger that nobody reads: SIGTERM", ended(process)[0] is not None)
    process = bench.unread("explain", "90", errors=subprocess.PIPE)
    process.stdout.close()
    check("an answer that nobody reads any more", process.wait(timeout=60) in (0, -signal.SIGPIPE) and not process.stderr.read())
    process.stderr.close()
    # Nothing is lost for a reader that is slow.
    process = bench.unread(*bench.talk, "--debugcon", "stdio", "--max-ticks", "3M")
    time.sleep(0.5)
    text, errors = process.communicate(timeout=60)
    total = bench.run(*bench.talk, "--debugcon", "file:all", "--max-ticks", "3M")
    check("a slow reader gets everything", process.returncode == 16 and len(text) == os.path.getsize(bench.path("all")) > 1 << 20, (process.returncode, len(text), total))
    process = bench.unread(*bench.talk, "--debugcon", "stdio", "--max-ticks", "3M")
    process.stdout.close()
    check("a reader that leaves does not change the verdict", process.wait(timeout=60) == 16)


def connected(bench, name):
    for _ in range(100):
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(bench.path(name))
            return client
        except OSError:
            client.close()
            time.sleep(0.1)
    raise SystemExit("nobody listens at " + name)


def check_pipes(bench):
    """The reader of a pipe of the file system is waited for, but not beyond --timeout; it gets the last contents of a file that is renewed."""
    os.mkfifo(bench.path("pipe"))
    for words in (["--report", "pipe"], ["--screen-text", "pipe"], ["--serial", "file:pipe"], ["--trace", "ports", "--trace-file", "pipe"], ["--step", "screenshot: pipe"]):
        result = bench.run(*bench.speak, "--timeout", "1", *words)
        check("a pipe that nobody opens: " + words[0], result.returncode in (22, 70) and b"pipe" in result.stderr.splitlines()[-1], result)
    for option, good in (("--report", lambda text: json.loads(text)["verdict"] == "passed"), ("--screen-png", lambda text: text[:4] == b"\x89PNG")):
        reader = subprocess.Popen(["cat", bench.path("pipe")], stdout=subprocess.PIPE)
        result = bench.run(*bench.speak, option, "pipe")
        text = reader.communicate(timeout=60)[0]
        check("the reader of a pipe gets it: " + option, result.returncode == 0 and good(text), (result, text))
    result = bench.run(*bench.speak, "--film", "pipe")
    check("a film wants a file", result.returncode == 54 and b"name a file" in result.stderr, result)


def check_full(bench):
    """On /dev/full every write fails as on a full disk."""
    cases = {option: [option, "/dev/full"] for option in ("--report", "--screen-png", "--screen-text", "--screen-ppm", "--film", "--post-codes", "--record")}
    cases.update({
        "--log-file": ["--log", "all", "--log-file", "/dev/full"],
        "--trace-file": ["--trace", "ports", "--trace-file", "/dev/full"],
        "--serial": ["--serial", "file:/dev/full"],
        "--debugcon": ["--debugcon", "file:/dev/full"],
        "a screenshot of a step": ["--step", "screenshot: /dev/full"],
    })
    for name, words in cases.items():
        result = bench.run(*bench.speak, *words)
        lines = result.stderr.decode().splitlines()
        check("no room: " + name, result.returncode == 70 and "/dev/full" in lines[-1], result)
    with open("/dev/full", "wb") as full:
        for words in (["--debugcon", "stdio"], ["--report", "-"], ["--screen-text", "-"], ["--trace", "ports", "--trace-file", "-"]):
            result = bench.run(*bench.speak, *words, stdout=full)
            check("no room on standard output: " + words[0], result.returncode == 70 and b"standard output" in result.stderr, result)
        bench.run("test", "speaker", "--report", "part.json")
        for words in (["explain", "90"], ["disasm", "speaker", "--bits", "16"], ["help"], ["--version"], ["image", "info", "speaker"], ["merge", "part.json"],
                      ["test", "speaker"], ["debug", "speaker", "--snapshot", "--plain", "--command", "quit"]):
            result = bench.run(*words, stdout=full)
            check("no room for the answer of " + words[0], result.returncode == 70 and b"standard output" in result.stderr, result)
        result = bench.run(*bench.speak, "--trace", "ports", stderr=full)
        check("no room on standard error for a trace", result.returncode == 70, result)
    # Files may grow to nothing: what a full disk is to the machines of a suite, too.
    result = bench.run("test", "speaker", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
    check("no room in the folder of a suite", result.returncode == 70 and b"output-lost: " in result.stdout and b"free space" in result.stdout, result)
    for option in ("--junit", "--tap", "--report"):
        result = bench.run("test", "speaker", option, "/dev/full")
        check("no room: swemu test " + option, result.returncode == 70 and b"/dev/full" in result.stderr, result)
    # A descriptor that the shell has closed is no place for output, and no name for the next file that is opened.
    before = open(bench.path("speaker"), "rb").read()
    result = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" >&-', bench.swemu, "run", "speaker", "--headless", "--debugcon", "stdio", "--no-post-mortem"], cwd=bench.folder,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    check("a closed standard output", result.returncode == 70 and open(bench.path("speaker"), "rb").read() == before, result)


def check_names(bench):
    """`-` is standard output; sockets and links that others have put there stay theirs."""
    for words in (["--trace", "ports", "--trace-file", "-"], ["--log", "all", "--log-file", "-"], ["--report", "-"], ["--screen-text", "-"], ["--post-codes", "-"]):
        result = bench.run(*bench.speak, *words)
        check("- is standard output: " + words[-2], result.returncode == 0 and len(result.stdout) > 2 and not os.path.exists(bench.path("-")), result)
    first = bench.unread(*bench.talk, "--serial", "unix:line")
    connected(bench, "line").close()
    second = bench.run(*bench.speak, "--serial", "unix:line")
    check("a socket that somebody listens at", second.returncode == 54 and b"another program listens" in second.stderr and os.path.exists(bench.path("line")), second)
    client = connected(bench, "line")
    first.send_signal(signal.SIGKILL)
    first.wait()
    client.close()
    check("a socket that nobody listens at", os.path.exists(bench.path("line")) and bench.run(*bench.speak, "--serial", "unix:line").returncode == 0)
    for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as other:
            other.bind(bench.path("other"))
            if kind == socket.SOCK_SEQPACKET:
                other.listen(1)
            second = bench.run(*bench.speak, "--serial", "unix:other")
            check("a socket of another type: %s" % kind.name, second.returncode == 54 and os.path.exists(bench.path("other")), second)
        os.unlink(bench.path("other"))
    check("a socket goes with its machine", not os.path.exists(bench.path("line")))
    check("a file is no socket", bench.run(*bench.speak, "--serial", "unix:speaker.asm").returncode == 54)
    os.symlink("victim", bench.path("link"))
    check("a link is no socket", bench.run(*bench.speak, "--serial", "unix:link").returncode == 54)
    process = bench.unread(*bench.talk, "--debugcon", "unix:console")
    client = connected(bench, "console")
    client.settimeout(30)
    check("--debugcon unix: accepts", client.recv(1) == b"x")
    client.close()
    client = connected(bench, "console")
    client.settimeout(30)
    check("--debugcon unix: accepts another one afterwards", client.recv(1) == b"x")
    client.close()
    process.kill()
    ended(process)


if __name__ == "__main__":
    checks.run(Bench, check_readers, check_pipes, check_full, check_names)
