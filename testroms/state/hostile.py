#!/usr/bin/env python3
"""Files that nobody should believe, disks that are full, options that contradict: each is one line and a status of its own.

    hostile.py --swemu PATH

Exit status: 0 when all is well.
"""
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys

import checks
from checks import check

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)


class Bench:
    """A folder with a disk, kernels, and a snapshot and a recording of the disk's run."""

    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        shutil.copy(os.path.join(TESTROMS, "demo/demo.img"), self.path("disk.img"))
        subprocess.run(["nasm", "-f", "bin", "-I", TESTROMS + "/kernels/", "-o", self.path("kernel"), TESTROMS + "/kernels/kludge.asm"], check=True)
        with open(self.path("other"), "wb") as f:
            f.write(self.bytes("kernel").replace(b"hello", b"adieu"))
        self.disk = ["run", "disk.img", "--snapshot", "--headless", "--memory", "8", "--no-post-mortem"]
        self.boot = ["run", "--kernel", "kernel", "--headless", "--memory", "8", "--no-post-mortem"]
        made = self.run(*self.disk, "--save", "disk.snap", "--save-at", "2M", "--record", "disk.run", "--max-ticks", "3M")
        also = self.run(*self.boot, "--save", "kernel.snap", "--save-at", "200000", "--record", "kernel.run", "--max-ticks", "300000")
        if made.returncode != 16 or also.returncode != 16:
            sys.exit("no snapshot to begin with: %s %s" % (made, also))

    def path(self, name):
        return os.path.join(self.folder, name)

    def bytes(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def write(self, name, content):
        with open(self.path(name), "wb") as f:
            f.write(content)
        return name

    def run(self, *words, limit=None):
        def prepare():
            # A file that reaches this size is a full disk to the program.
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return subprocess.run([self.swemu, *words], stdin=subprocess.DEVNULL, capture_output=True, cwd=self.folder, timeout=120,
                              preexec_fn=prepare if limit is not None else None)

    def refused(self, name, words, status, says=""):
        """`words` end with `status` and one line."""
        result = self.run(*words)
        line = result.stderr.decode(errors="replace")
        check(name, result.returncode == status and line.startswith("swemu: ") and line.count("\n") == 1 and says in line and not result.stdout, result)


def check_snapshots(bench):
    whole = bench.bytes("disk.snap")
    restore = lambda path, *more: [*bench.disk, "--restore", path, "--max-ticks", "1", *more]
    bench.refused("a snapshot that is not there", restore("none"), 56)
    bench.refused("a snapshot that is a folder", restore("."), 68)
    for device in ("/dev/zero", "/dev/null", "/dev/urandom"):
        bench.refused("a snapshot from " + device, restore(device), 68)
    bench.refused("a snapshot of another version", restore(bench.write("x", whole[:8] + b"\x63" + whole[9:])), 68, "format")
    numbers = random.Random(5)
    wrong = []
    sound = bench.run(*restore("disk.snap", "--state-hash")).stderr
    for cut in [1, 8, 12, 16, 20] + [numbers.randrange(len(whole)) for _ in range(15)]:
        result = bench.run(*restore(bench.write("x", whole[:cut])))
        if result.returncode != 68 or result.stderr.count(b"\n") != 1:
            wrong.append(("cut at %d" % cut, result))
    for _ in range(60):
        place = numbers.randrange(len(whole))
        damaged = bench.write("x", whole[:place] + bytes([whole[place] ^ 1 << numbers.randrange(8)]) + whole[place + 1:])
        result = bench.run(*restore(damaged, "--state-hash"))
        # Some bits of compressed data fill up a byte and mean nothing.
        if (result.returncode != 68 or result.stderr.count(b"\n") != 1) and result.stderr != sound:
            wrong.append(("changed at %d" % place, result))
    check("80 damaged snapshots", not wrong, wrong[:2])
    bench.refused("a snapshot of another memory size", ["run", "disk.img", "--snapshot", "--headless", "--memory", "16", "--restore", "disk.snap"], 68, "--memory")
    bench.refused("a snapshot of another processor", restore("disk.snap", "--cpu", "486"), 68, "--cpu")
    bench.refused("a snapshot of another rate", restore("disk.snap", "--rate", "1000"), 68, "--rate")
    bench.refused("a snapshot without its disk", ["run", "--kernel", "kernel", "--headless", "--restore", "disk.snap"], 68, "hda")
    bench.refused("a snapshot with one disk more", restore("disk.snap", "--hdb", "disk.img"), 68, "hdb")
    bench.refused("a snapshot over an image to be written", ["run", "disk.img", "--headless", "--restore", "disk.snap"], 68, "--snapshot")
    content = bytearray(bench.bytes("disk.img"))
    content[-1] ^= 1
    bench.write("changed.img", content)
    bench.refused("a snapshot with another disk", ["run", "changed.img", "--snapshot", "--headless", "--restore", "disk.snap"], 68, "other contents")
    bench.write("longer.img", content + bytes(512))
    bench.refused("a snapshot with a longer disk", ["run", "longer.img", "--snapshot", "--headless", "--restore", "disk.snap"], 68, "sectors")
    bench.refused("a snapshot without its kernel", ["run", "--headless", "--restore", "kernel.snap"], 68, "--kernel")
    bench.refused("a snapshot with another kernel", ["run", "--kernel", "other", "--headless", "--restore", "kernel.snap"], 68, "--kernel")
    bench.refused("a snapshot with another command line", [*bench.boot, "--append", "x", "--restore", "kernel.snap"], 68, "--append")
    bench.refused("both a snapshot and lockstep", [*bench.boot, "--restore", "kernel.snap", "--lockstep", "1"], 64, "--lockstep")


def check_recordings(bench):
    lines = bench.bytes("disk.run").decode().splitlines()
    replay = lambda path, *more: [*bench.disk, "--replay", path, *more]

    def changed(**words):
        return bench.write("x", ("\n".join(re.sub(r"^%s .*" % line.split()[0], words[line.split()[0].replace("-", "_")], line)
                                           if line.split()[0].replace("-", "_") in words else line for line in lines) + "\n").encode())
    bench.refused("a recording that is not there", replay("none"), 56)
    bench.refused("a recording that is a folder", replay("."), 56)
    bench.refused("a recording from /dev/zero", replay("/dev/zero"), 56)
    bench.refused("an empty recording", replay("/dev/null"), 68, "not a recording")
    bench.refused("a recording that is a snapshot", replay("disk.snap"), 68, "not a recording")
    bench.refused("a recording of another format", replay(changed(swemu_recording="swemu-recording 99")), 68, "format 99")
    bench.refused("a recording of no memory", [*bench.disk[:4], "--replay", changed(memory="memory 0")], 68)
    bench.refused("a recording of too much memory", [*bench.disk[:4], "--replay", changed(memory="memory 18446744073709551615")], 68)
    bench.refused("a recording without time", [*bench.disk[:4], "--memory", "8", "--replay", changed(rate="rate 0")], 68)
    bench.refused("a recording of another memory size", ["run", "disk.img", "--snapshot", "--headless", "--memory", "16", "--replay", "disk.run"], 68, "--memory")
    bench.refused("a recording of another processor", replay("disk.run", "--cpu", "486"), 68, "--cpu")
    bench.refused("a recording of another rate", replay("disk.run", "--rate", "1000"), 68, "--rate")
    bench.refused("a recording with another disk", ["run", "changed.img", "--snapshot", "--headless", "--replay", "disk.run"], 68, "other contents")
    bench.refused("a recording without its kernel", ["run", "disk.img", "--snapshot", "--headless", "--replay", "kernel.run"], 68, "--kernel")
    bench.refused("a recording with another kernel", ["run", "--kernel", "other", "--headless", "--replay", "kernel.run"], 68, "--kernel")
    bench.refused("a recording with another command line", [*bench.boot, "--append", "x", "--replay", "kernel.run"], 68, "--append")
    bench.refused("a recording over itself", replay("disk.run", "--record", "disk.run"), 64)
    bench.refused("a replay that types", replay("disk.run", "--step", "type: x"), 64, "--replay")
    bench.refused("a replay in lockstep", replay("disk.run", "--lockstep", "1"), 64, "--lockstep")
    for text in ("5 key nosuchkey down", "5 key a sideways", "5 serial 7 41", "x", "99999999999999999999 reset", "5 mouse 1 2 3"):
        bench.refused("a recording with the line " + text, replay(bench.write("x", ("\n".join(lines[:-1] + [text]) + "\n").encode())), 68, "line")
    bench.refused("a recording that runs backwards", replay(bench.write("x", ("\n".join(lines[:-1] + ["9 reset", "8 reset"]) + "\n").encode())), 68, "backwards")
    # What is possible but was not recorded is a run that differs, with its verdict at the end.
    huge = "mouse 9223372036854775807 -9223372036854775808 9223372036854775807 255"
    strange = bench.write("x", ("\n".join(lines[:-1] + ["100000 " + huge, "100001 serial 1 FF", "100002 key a again"] + lines[-1:]) + "\n").encode())
    result = bench.run(*replay(strange))
    check("a recording with strange input", result.returncode == 26, result)


def check_full(bench):
    """The disk is full, or nobody may write there."""
    for option in ("--save", "--record", "--report", "--screen-png", "--screen-text", "--post-codes", "--log-file", "--film"):
        more = ["--save-at", "end"] if option == "--save" else ["--log", "all"] if option == "--log-file" else []
        bench.refused("%s into a folder that is not there" % option, [*bench.boot, option, "no/such/file", *more], 54)
        bench.refused("%s onto a folder" % option, [*bench.boot, option, ".", *more], 54)
    bench.refused("--serial into a folder that is not there", [*bench.boot, "--serial", "file:no/such/file"], 54)
    budget = ["--max-ticks", "20M"]
    for name, words, limit in [
        ("a snapshot", [*bench.disk, "--save", "full.snap", "--save-at", "1M", *budget], 4096),
        ("a recording", [*bench.boot, "--record", "full.run"], 64),
        ("the serial line", [*bench.boot, "--serial", "file:full.ser"], 8),
        ("the codes of port 80h", [*bench.disk, "--post-codes", "full.80", *budget], 4),
    ]:
        result = bench.run(*words, limit=limit)
        last = result.stderr.decode().splitlines()[-1] if result.stderr else ""
        check("no room for " + name, result.returncode == 70 and last.startswith("swemu: output lost: ") and "free space" in last, result)
    left = [name for name in os.listdir(bench.folder) if name.endswith(".new") or name == "full.snap"]
    check("no half of a file is left", not left, left)


def check_images(bench):
    bench.run("image", "convert", "disk.img", "disk.qcow2")
    whole = bench.bytes("disk.qcow2")
    numbers = random.Random(6)
    wrong = []
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(numbers.randrange(1, 4)):
            damaged[numbers.randrange(112 if numbers.random() < 0.5 else len(damaged))] = numbers.choice([0, 1, 0x7F, 0x80, 0xFF])
        result = bench.run("run", bench.write("x.qcow2", damaged), "--snapshot", "--headless", "--memory", "8", "--no-post-mortem", "--max-ticks", "2M")
        if result.returncode not in (12, 16, 28, 34, 36, 38, 40, 44) or result.returncode > 26 and result.stderr.count(b"\n") != 1:
            wrong.append(result)
    check("40 damaged qcow2 images", not wrong, wrong[:2])
    bench.write("loop.qcow2", b"")
    os.remove(bench.path("loop.qcow2"))
    bench.run("image", "create", "loop.qcow2", "1M")
    subprocess.run(["qemu-img", "rebase", "-u", "-f", "qcow2", "-b", "loop.qcow2", "-F", "qcow2", "loop.qcow2"], cwd=bench.folder, capture_output=True)
    bench.refused("a qcow2 that is its own backing file", ["run", "loop.qcow2", "--snapshot", "--headless"], 40) if shutil.which("qemu-img") else None
    bench.refused("an image over one that is there", ["image", "create", "disk.qcow2", "1M"], 54)
    bench.refused("an image in a folder that is not there", ["image", "create", "no/such.qcow2", "1M"], 54)
    bench.refused("an image of no size", ["image", "create", "none.qcow2", "0"], 54)
    full = bench.run("image", "convert", "disk.img", "full.qcow2", limit=70000)
    check("no room for an image", full.returncode in (54, 70) and full.stderr.count(b"\n") == 1 and not os.path.exists(bench.path("full.qcow2")), full)


def check_reports(bench):
    """Numbers in a report are believed by nobody."""
    test = bench.write("t.test.yaml", b"kernel: kernel\noptions: [--memory, '8']\n")
    made = bench.run("test", test, "--report", "part.json")
    whole = bench.bytes("part.json").decode()
    merged = lambda text: ["merge", bench.write("x.json", text.encode())]
    check("a report", made.returncode in (0, 1) and bench.run(*merged(whole)).returncode == made.returncode, made)
    bench.refused("a report that is not there", ["merge", "none.json"], 62, "report")
    for text in ("", "[]", "{}", "5", '{"format": 1}'):
        result = bench.run(*merged(text))
        check("a report that says %r" % text, result.returncode == 62 and result.stderr.count(b"\n") == 1, result)
    numbers = ("-1", "-9223372036854775808", "9223372036854775807", "18446744073709551615", "99999999999999999999999", "1e400", "nan", "inf", "-inf", "1.5", "x", "[]")
    for key in ("format", "shard-count", "instructions", "seconds", "checks", "failed-checks"):
        for number in numbers:
            text = re.sub(r'"%s": [0-9.]+' % key, '"%s": %s' % (key, number), whole)
            result = bench.run(*merged(text))
            good = (key, number) in (("seconds", "1.5"), ("instructions", "9223372036854775807"))
            check("a report with %s: %s" % (key, number), text != whole and (result.returncode == made.returncode if good else
                  result.returncode == 62 and result.stderr.startswith(b"swemu: x.json:") and result.stderr.count(b"\n") == 1), result)
    for number in (*numbers, "0", "2"):
        bench.refused("a report of shard %s" % number, merged(re.sub(r'"shards": \[\s*1\s*\]', '"shards": [%s]' % number, whole)), 62, "shard")


def check_searches(bench):
    """Expressions that cost what they cost, or are refused."""
    step = lambda text: bench.write("s.yaml", ('steps:\n  - serial: "%s"\n    regex: true\n' % text).encode())
    for text in ("(" * 12500 + "a" + ")" * 12500, "a{1,32767}{1,32767}", "(a{100}){100}{100}"):
        bench.refused("the expression %s" % text[:30], [*bench.boot, "--script", step(text)], 62, "regular expression")
    result = bench.run(*bench.boot, "--script", step("(A|AB|ABC)*(B|BC|C)*(D|h)(e|l)*o"))
    check("an expression with many ways", result.returncode == 0 and b"came true" in result.stderr, result)


def check_costly_images(bench):
    """Images that refer to one table thousands of times, and a large one with nothing in it."""
    bench.run("image", "create", "many.qcow2", "2T")
    content = bytearray(bench.bytes("many.qcow2"))
    table = len(content)
    content[3 << 16:(3 << 16) + 8 * 4096] = (table | 1 << 63).to_bytes(8, "big") * 4096
    content += (table + 65536 | 1 << 63).to_bytes(8, "big") * 8192 + bytes(65536)
    content[60:64] = (65536).to_bytes(4, "big")
    content[64:72] = len(content).to_bytes(8, "big")
    content += ((3 << 16).to_bytes(8, "big") + (4096).to_bytes(4, "big") + bytes(28)) * 65536
    result = bench.run("image", "check", bench.write("many.qcow2", content))
    check("65536 snapshots of one table of 4096 entries to one", result.returncode == 28, result.stderr)
    bench.run("image", "create", "huge.qcow2", "8T")
    for name in ("again.qcow2", "flat.img"):
        result = bench.run("image", "convert", "huge.qcow2", name)
        check("an empty disk of 8 TB as " + name, result.returncode == 0 or b"File too large" in result.stderr, result)
        if os.path.exists(bench.path("flat.img")):
            back = bench.run("image", "convert", "flat.img", "back.qcow2")
            check("and back", back.returncode == 0 and os.path.getsize(bench.path("back.qcow2")) < 1 << 20, back)


def check_kernels(bench):
    """Every byte of the headers at its extremes: a refusal in one line, or a kernel that runs into its budget or dies."""
    wrong, refused = [], 0
    subprocess.run(["nasm", "-f", "elf32", "-I", TESTROMS + "/kernels/", "-o", bench.path("m.o"), TESTROMS + "/kernels/multiboot1.asm"], check=True)
    subprocess.run(["ld", "--no-warn-rwx-segments", "-m", "elf_i386", "-T", TESTROMS + "/kernels/kernel.ld", "-o", bench.path("m.elf"), bench.path("m.o")], check=True)
    numbers = random.Random(7)
    for source in ("kernel", "m.elf"):
        whole = bench.bytes(source)
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(numbers.randrange(1, 4)):
                damaged[numbers.randrange(min(len(whole), 200))] = numbers.choice([0, 1, 0x7F, 0x80, 0xFF])
            result = bench.run("run", "--kernel", bench.write("x", damaged), "--headless", "--memory", "8", "--no-post-mortem", "--max-ticks", "2M")
            refused += result.returncode == 58
            if result.returncode not in (*range(11), 12, 16, 58) or result.returncode == 58 and result.stderr.count(b"\n") != 1:
                wrong.append(result)
    check("120 damaged kernels, %d refused" % refused, not wrong and refused > 10, wrong[:2])
    bench.refused("a kernel that is a folder", ["run", "--kernel", ".", "--headless"], 48)
    bench.refused("a kernel from /dev/zero", ["run", "--kernel", "/dev/zero", "--headless"], 48)
    bench.refused("an empty kernel", ["run", "--kernel", "/dev/null", "--headless"], 58)


if __name__ == "__main__":
    checks.run(Bench, check_snapshots, check_recordings, check_full, check_images, check_reports, check_searches, check_costly_images, check_kernels)
