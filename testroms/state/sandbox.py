#!/usr/bin/env python3
"""The closed door (docs/security.md), line by line: gdb stops a running swemu and makes it try what it may not.

    sandbox.py --swemu PATH
"""
import os
import re
import signal
import socket
import stat
import subprocess
import time

import checks
from checks import check

EPERM, EACCES = 1, 13
# System calls of x86-64.
CALLS = {"open": 2, "mmap": 9, "mprotect": 10, "ioctl": 16, "socket": 41, "connect": 42, "bind": 49, "clone": 56, "fork": 57, "execve": 59, "kill": 62,
         "unlink": 87, "ptrace": 101, "openat": 257, "process_vm_readv": 310, "pidfd_open": 434}
WRITE_NEW = os.O_WRONLY | os.O_CREAT
LOOP = "org 0x7c00\nbits 16\nsti\nagain: inc eax\njmp again\ntimes 510-($-$$) db 0\ndw 0xaa55\n"
FLAT = "bits 32\nagain: inc eax\njmp again\n"


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        for name, source in (("loop", LOOP), ("flat", FLAT)):
            with open(self.path("asm"), "w") as f:
                f.write(source)
            subprocess.run(["nasm", "-f", "bin", "-o", self.path(name), self.path("asm")], check=True)
        os.truncate(self.path("loop"), 1 << 20)
        os.mkdir(self.path("out"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *words):
        """A machine that runs on and on, behind its door."""
        process = subprocess.Popen([self.swemu, "run", "--memory", "2", "--max-ticks", "1000G", *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and "--no-sandbox" not in words and status(process)["Seccomp"] != "2":
            time.sleep(0.05)
        if "--no-sandbox" in words:
            time.sleep(2)
        return process

    def tries(self, words, calls):
        """Results of system calls that a machine makes: 0 or a number of errno."""
        process = self.start(*words)
        try:
            lines = ["set confirm off", "set language c"]
            for call in calls:
                values = ", ".join('"%s"' % value if isinstance(value, str) else "%dL" % value for value in call[1:])
                lines += ["print ((long (*)(long, ...))syscall)(%d, %s)" % (CALLS[call[0]], values), "print *((int *(*)(void))__errno_location)()"]
            words = [word for line in lines for word in ("-ex", line)]
            said = subprocess.run(["gdb", "-q", "-nx", "-batch", "-p", str(process.pid), *words], capture_output=True, text=True, timeout=120)
            values = [int(value) for value in re.findall(r"^\$\d+ = (-?\d+)", said.stdout, re.M)]
            if len(values) != 2 * len(calls):
                return said.stdout + said.stderr
            return [error if result == -1 else 0 for result, error in zip(values[::2], values[1::2])]
        finally:
            process.kill()
            process.communicate()


def status(process):
    with open("/proc/%d/status" % process.pid) as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)


KERNEL = ["--headless", "--kernel", "flat", "--load-address", "0x100000", "--serial", "file:serial.txt"]
DISK = ["--headless", "--snapshot", "loop", "--screen-png", "out/screen.png", "--save", "out/state-{tick}.snap"]


def refused(name, results, error, count):
    check(name, results == [error] * count, results)


def check_no_file(bench):
    calls = [("open", "/etc/passwd", 0), ("open", bench.path("flat"), 0), ("openat", -100, bench.path("new"), WRITE_NEW, 0o600), ("unlink", bench.path("flat"))]
    refused("no file is opened", bench.tries(KERNEL, calls), EPERM, len(calls))


def check_no_socket(bench):
    calls = [("socket", 2, 1, 0), ("socket", 1, 1, 0), ("connect", 1, 0, 16), ("bind", 1, 0, 16)]
    refused("no socket", bench.tries(KERNEL, calls), EPERM, len(calls))


def check_no_program(bench):
    calls = [("execve", "/bin/true", 0, 0), ("clone", 17, 0, 0, 0, 0), ("fork", 0), ("kill", os.getpid(), 0), ("ptrace", 16, os.getpid(), 0, 0),
             ("process_vm_readv", os.getpid(), 0, 0, 0, 0, 0), ("pidfd_open", os.getpid(), 0)]
    refused("no program, no process, no signal", bench.tries(KERNEL, calls), EPERM, len(calls))
    process = bench.start(*KERNEL)
    check("no new privileges", status(process)["NoNewPrivs"] == "1", status(process))
    process.kill()
    process.communicate()


def check_no_new_code(bench):
    calls = [("mmap", 0, 4096, 7, 0x22, -1, 0), ("mmap", 0, 4096, 6, 0x22, -1, 0), ("mprotect", 0x400000, 4096, 5)]
    refused("no memory is written and executed", bench.tries(KERNEL, calls), EPERM, len(calls))


def check_no_typing(bench):
    calls = [("ioctl", 0, 0x5412, 0), ("ioctl", 0, 0x541C, 0)]
    refused("nothing is typed into a terminal", bench.tries(KERNEL, calls), EPERM, len(calls))


def check_named_files(bench):
    calls = [("open", "/etc/passwd", 0), ("open", bench.path("new"), WRITE_NEW, 0o600), ("open", bench.path("flat"), os.O_WRONLY), ("unlink", bench.path("flat")),
             ("open", bench.path("flat"), 0), ("open", "/proc/self/mem", os.O_WRONLY)]
    refused("other files are closed", bench.tries(DISK, calls), EACCES, len(calls))
    calls = [("open", bench.path("loop"), 0), ("open", bench.path("out/new"), WRITE_NEW, 0o600)]
    refused("these are not", bench.tries(DISK, calls), 0, len(calls))
    process = bench.start(*DISK)
    process.send_signal(signal.SIGUSR1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(name.endswith(".snap") for name in os.listdir(bench.path("out"))):
        time.sleep(0.1)
    process.terminate()
    errors = process.communicate(timeout=120)[1]
    made = os.listdir(bench.path("out"))
    check("pictures and snapshots are made behind the door", process.returncode == 18 and "screen.png" in made and any(n.endswith(".snap") for n in made), (made, errors))


def check_open_door(bench):
    results = bench.tries(KERNEL + ["--no-sandbox"], [("open", "/etc/passwd", 0), ("socket", 2, 1, 0)])
    refused("--no-sandbox leaves it open", results, 0, 2)


def mappings(process):
    """(rights, name) of each piece of a process's memory."""
    with open("/proc/%d/maps" % process.pid) as f:
        lines = [line.split(None, 5) for line in f]
    return [(words[1], words[5].strip() if len(words) > 5 else "") for words in lines]


def check_code_memory(bench):
    """Nothing is writable and executable at one address; the interpreter has no memory for code at all."""
    for name, words in (("recompiler", []), ("interpreter", ["--engine", "interpreter"])):
        process = bench.start(*KERNEL, *words)
        time.sleep(1)
        found = mappings(process)
        process.kill()
        process.communicate()
        check("no memory is writable and executable: " + name, found and not [m for m in found if "w" in m[0] and "x" in m[0]], found)
        code = [rights for rights, file in found if "swemu-code" in file]
        views = (any("w" in rights for rights in code), any("x" in rights for rights in code))
        check("views of the memory for code: " + name, views == ((True, True) if name == "recompiler" else (False, False)), code)


def check_clients_come(bench):
    """Sockets that listen when the door is shut take their clients, and those of TCP listen on this host alone."""
    process = bench.start(*KERNEL[:-2], "--serial", "unix:here", "--serial", "tcp::0")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(bench.path("here"))
    with open("/proc/%d/net/tcp" % process.pid) as f:
        rows = [line.split() for line in f.read().splitlines()[1:]]
    inodes = set()
    for name in os.listdir("/proc/%d/fd" % process.pid):
        inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink("/proc/%d/fd/%s" % (process.pid, name))))
    places = [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    check("a TCP socket listens on this host alone", places and all(place.startswith("0100007F:") for place in places), places)
    for place in places:
        with socket.create_connection(("127.0.0.1", int(place.split(":")[1], 16)), timeout=20):
            pass
    check("clients come behind the door", process.poll() is None)
    process.kill()
    process.communicate()


def check_clients_name_files(bench):
    """With a monitor, files are not limited, and stream sockets may be made, to listen; none connects. Others are refused, and programs."""
    calls = [("open", "/etc/passwd", 0), ("socket", 2, 1, 0), ("connect", 1, 0, 16), ("socket", 2, 2, 0), ("execve", "/bin/true", 0, 0)]
    results = bench.tries(DISK + ["--monitor", "unix:clients"], calls)
    check("behind a monitor files are open, sockets may listen, and nothing else", results == [0, 0, EPERM, EPERM, EPERM], results)


def check_no_door(bench):
    """Where somebody looks at the machine there is no door, as the page says."""
    for words in (["debug", "loop", "--plain"], ["dap"], ["serve", "loop"]):
        process = subprocess.Popen([bench.swemu, *words], cwd=bench.folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        check("no door: swemu " + words[0], process.poll() is None and status(process)["Seccomp"] == "0", process.poll())
        process.kill()
        process.communicate()


def check_own_bug(bench):
    process = bench.start(*KERNEL)
    process.send_signal(signal.SIGSEGV)
    errors = process.communicate(timeout=60)[1]
    check("a bug of ours has its status", process.returncode == 72 and errors.count(b"\n") == 1, (process.returncode, errors))


def check_sockets(bench):
    names = {"line": ["--serial", "unix:line"], "monitor": ["--monitor", "unix:monitor"], "qmp": ["--qmp", "unix:qmp"], "gdb": ["--gdb", "unix:gdb"]}
    process = bench.start("--headless", "--snapshot", "loop", *[word for words in names.values() for word in words])
    modes = {name: stat.S_IMODE(os.lstat(bench.path(name)).st_mode) for name in names if os.path.exists(bench.path(name))}
    check("sockets are for their user alone", modes == dict.fromkeys(names, 0o600), modes)
    process.terminate()
    process.communicate(timeout=120)
    left = [name for name in names if os.path.exists(bench.path(name))]
    check("and go with the machine", not left, left)


def check_raw_is_raw(bench):
    with open(bench.path("like.img"), "wb") as f:
        f.write(b"QFI\xfb\0\0\0\3" + bytes(1 << 20))
        f.truncate(1 << 20)
    said = subprocess.run([bench.swemu, "image", "info", "like.img"], cwd=bench.folder, capture_output=True, text=True)
    check("a raw image that begins like another stays raw", said.returncode == 0 and "raw" in said.stdout, said)


def check_no_refusals(bench):
    """A whole run asks for nothing that it is refused."""
    demo = os.path.join(os.path.dirname(checks.__file__), "../demo/demo.img")
    words = ["--headless", "--snapshot", demo, "--memory", "16", "--max-ticks", "20M", "--screen-png", "out/s.png", "--film", "film.png", "--report", "out/r.json",
             "--evidence", "out/evidence", "--save", "out/end.snap", "--save-at", "end", "--record", "record.txt", "--trace", "modes", "--trace-file", "trace.txt",
             "--profile", "out/p.folded", "--serial", "unix:line", "--step", "wait: 1M", "--step", "screenshot: out/step.png", "--step", "exit: 0"]
    result = subprocess.run(["strace", "-f", "-o", "calls", bench.swemu, "run", *words], cwd=bench.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    calls = open(bench.path("calls")).read()
    behind = calls[calls.index("seccomp("):] if "seccomp(" in calls else ""
    bad = [line for line in behind.splitlines() if "EPERM" in line or "EACCES" in line]
    check("nothing that a run needs is refused", result.returncode == 16 and behind and not bad, (result.returncode, result.stderr[-500:], bad[:5]))
    missing = [name for name in ("out/s.png", "film.png", "out/r.json", "out/evidence/failure.snap", "out/end.snap", "record.txt", "trace.txt",
                                 "out/p.folded", "out/step.png") if not os.path.exists(bench.path(name)) or not os.path.getsize(bench.path(name))]
    check("all that was asked for is there", not missing, missing)


checks.run(Bench, check_no_file, check_no_socket, check_no_program, check_no_new_code, check_no_typing, check_named_files, check_code_memory, check_clients_come,
           check_clients_name_files, check_no_door, check_open_door, check_own_bug, check_sockets,
           check_raw_is_raw, check_no_refusals)
