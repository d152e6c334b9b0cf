#!/usr/bin/env python3
"""Discs that are changed while a guest runs, from outside: by script, recorded and replayed, saved and gone on from, on both engines;
and what is refused. Each check is a line; the exit status is 1 when one fails.

    run.py --swemu build/swemu
    run.py --emu qemu            what the guest says to QEMU's drive, by its monitor
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "state"))
from checks import check, failures  # noqa: E402
from discs import assembled, volume  # noqa: E402

HASH = re.compile(r"state-hash: ([0-9a-f]{32} at tick \d+)")
STEPS = ["serial: insert the other", "insert: { cdrom: second.iso }", "serial: press the button", "insert: 1", "exit: 0"]
LINES = ["disc FIRST, blocks 00000028, sum ", "insert the other disc", "sense 06 28 00", "disc SECOND, blocks 0000014D, sum ",
         "locked; press the button", "the button was pressed", "sense 02 3A 02", "sense 06 28 00", "disc FIRST, blocks 00000028, sum ",
         "all discs were read"]


def block_sum(data):
    total = 0
    for i in range(0, len(data), 4):
        total = ((total << 1 | total >> 31) + int.from_bytes(data[i:i + 4], "little")) & 0xFFFFFFFF
    return "%08X" % total


def prepare(folder):
    with open(folder + "/discs", "wb") as f:
        f.write(assembled("discs.asm"))
    sums = {}
    for name, blocks in (("first", 40), ("second", 333)):
        data = volume(name.upper(), blocks)
        sums[name.upper()] = block_sum(data)
        with open("%s/%s.iso" % (folder, name), "wb") as f:
            f.write(data)
    return [line + sums[line.split()[1].strip(",")] if line.endswith("sum ") else line for line in LINES]


def steps(list):
    return [word for step in list for word in ("--step", step)]


def run(args, folder, *words):
    machine = ["run", "--kernel", "discs", "--cdrom", "first.iso", "--cdrom", "second.iso", "--headless", "--memory", "16"]
    return subprocess.run([args.swemu, *machine, "--max-ticks", "500M", *words], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)


def hash_of(result):
    found = HASH.search(result.stderr)
    return found[1] if found else None


def check_changes(args, folder, lines):
    hashes = []
    for engine in ("interpreter", "recompiler"):
        result = run(args, folder, "--engine", engine, "--serial", "stdio", "--state-hash", *steps(STEPS))
        check("discs are changed by script, with the " + engine, result.returncode == 0 and result.stdout.splitlines() == lines, result)
        hashes.append(hash_of(result))
    check("both engines come to the same state", hashes[0] and hashes[0] == hashes[1], hashes)
    result = run(args, folder, "--lockstep", "10000", "--snapshot", *steps(STEPS[:1]))
    check("in lockstep, too", result.returncode == 0, result)
    return hashes[0]


def check_recording(args, folder, hash, lines):
    recorded = run(args, folder, "--record", "run.txt", "--state-hash", *steps(STEPS))
    text = open(folder + "/run.txt").read()
    check("each change is recorded with its tick", re.search(r"^\d+ insert 1\n\d+ eject\n\d+ insert 0\nend ", text, re.M), text)
    check("recording changes nothing", hash_of(recorded) == hash, recorded)
    for engine in ("interpreter", "recompiler"):
        replayed = run(args, folder, "--engine", engine, "--replay", "run.txt", "--serial", "stdio", "--state-hash")
        check("a replay is the same run, with the " + engine,
              replayed.returncode == 0 and hash_of(replayed) == hash and replayed.stdout.splitlines() == lines, replayed)
    other = subprocess.run([args.swemu, "run", "--kernel", "discs", "--memory", "16", "--cdrom", "second.iso", "--headless", "--replay", "run.txt"],
                           cwd=folder, capture_output=True, text=True)
    check("a replay with other discs is refused", other.returncode == 68 and "other discs" in other.stderr and other.stderr.count("\n") == 1, other)


def check_snapshots(args, folder, hash):
    for name, before, after in (("waiting for a disc", STEPS[:1], STEPS[1:]), ("locked", STEPS[:3], STEPS[3:])):
        saved = run(args, folder, *steps(before + ["snapshot: here.snap"]))
        gone_on = run(args, folder, "--restore", "here.snap", "--state-hash", *steps(after))
        check("saved while %s, gone on from: the same end" % name, saved.returncode == 0 and hash_of(gone_on) == hash, (saved, gone_on))
    for words, what in ((["--cdrom", "second.iso"], "1"), ([], "--cdrom")):
        refused = subprocess.run([args.swemu, "run", "--kernel", "discs", *words, "--headless", "--restore", "here.snap"], cwd=folder,
                                 capture_output=True, text=True)
        check("a snapshot without its discs is refused", refused.returncode == 68 and what in refused.stderr and refused.stderr.count("\n") == 1,
              refused)


def check_suite(args, folder):
    with open(folder + "/discs.test.yaml", "w") as f:
        f.write("kernel: discs\ncdrom: [first.iso, second.iso]\nsteps:\n" + "".join("  - %s\n" % step for step in STEPS))
    with open(folder + "/patient.test.yaml", "w") as f:
        f.write("kernel: discs\ncdrom: [none, first.iso, second.iso]\nsteps:\n  - wait: 20M\n  - insert: first.iso\n"
                "  - serial: insert the other disc\n  - eject: cdrom\n  - serial: sense 02 3A 02\n  - insert: 2\n  - serial: press the button\n"
                "  - insert: 2\n    within: 900M\n  - exit: 0\n")
    suite = subprocess.run([args.swemu, "test", "discs.test.yaml", "patient.test.yaml"], cwd=folder, capture_output=True, text=True)
    check("swemu test changes discs", suite.returncode == 0 and "2 passed" in suite.stdout, suite)


def check_refusals(args, folder):
    with open(folder + "/odd.iso", "wb") as f:
        f.write(bytes(2048 * 3 + 512))
    with open(folder + "/raw.iso", "wb") as f:
        f.write(bytes(2352 * 16))
    with open(folder + "/data.iso", "wb") as f:
        f.write(volume("DATA", 40))
    for words, status, text in (
            (["--cdrom", "nothing.iso"], 30, "nothing.iso: no such file"), (["--cdrom", "odd.iso"], 38, "not a multiple of 2048"),
            (["--cdrom", "raw.iso"], 38, "raw sectors of 2352"), (["--cdrom", "data.iso"], 44, "no El Torito boot record: data.iso"),
            (["data.iso"], 44, "no El Torito boot record: data.iso"), (["--cdrom", "none"], 46, "no disc in the drive"),
            (["--cdrom", "first.iso", "--cdrom", "none"], 64, "give it first"), (["--cdrom", "first.iso", "--hdc", "x"], 64, "--hdd"),
            (["--boot", "d", "--kernel", "discs"], 64, "give --cdrom FILE"), (["--boot", "x", "--cdrom", "first.iso"], 64, "--boot"),
            (["--kernel", "discs", "--cdrom", "first.iso", "--step", "insert: third.iso"], 62, "known: 1 first.iso"),
            (["--kernel", "discs", "--step", "insert: 1"], 62, "there is no CD-ROM drive")):
        result = subprocess.run([args.swemu, "run", "--headless", *words], cwd=folder, capture_output=True, text=True)
        lines = [line for line in result.stderr.splitlines() if not line.startswith(("Help:", "Usage:", "  See"))]
        check("refused: " + " ".join(words), result.returncode == status and text in result.stderr and len(lines) == 1, result)


def check_linux(args, folder, image):
    """Linux hears of another disc, and of the button while one is mounted."""
    with open(folder + "/other.iso", "wb") as f:
        f.write(volume("OTHER", 300, [("READ.ME", b"a file on the other disc\n")]))
    with open(folder + "/linux.yaml", "w") as f:
        f.write(r"""
steps:
  - serial: "check: all done"
    within: 8G
  - serial: "/ # "
  - send: "mount -t iso9660 -o ro /dev/sr0 /mnt && echo one=$(ls /mnt | wc -l)\n"
  - serial: "\none=5"
  - wait: 100M
  - send: "sleep 3; umount /mnt; tray open; echo two=$?\n"
  - insert: other.iso
  - serial: "\ntwo=0"
  - send: "mount -t iso9660 -o ro /dev/sr0 /mnt; cat /mnt/read.me; umount /mnt\n"
  - serial: "\na file on the other disc"
  - eject: cdrom
  - send: "mount -t iso9660 -o ro /dev/sr0 /mnt || echo three=$?\n"
  - serial: "\nthree="
""")
    result = subprocess.run([args.swemu, "run", "--cdrom", image, "--cdrom", "other.iso", "--headless", "--serial", "stdio", "--script", "linux.yaml"],
                            cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    check("Linux mounts, gives out and takes discs", result.returncode == 0, (result.stderr, result.stdout[-2000:]))


def ask_qemu(folder):
    """The same with QEMU, whose discs are changed by its monitor."""
    process = subprocess.Popen(
        ["qemu-system-i386", "-kernel", "discs", "-cdrom", "first.iso", "-serial", "file:qemu.txt", "-display", "none", "-monitor", "stdio"],
        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def wait(text):
        for _ in range(200):
            time.sleep(0.05)
            if os.path.exists(folder + "/qemu.txt") and text in open(folder + "/qemu.txt").read():
                return
    for text, command in (("insert the other", "change ide1-cd0 second.iso"), ("press the button", "eject ide1-cd0"),
                          ("was pressed\nsense 02 3A", "change ide1-cd0 first.iso"), ("all discs", "quit")):
        wait(text)
        process.stdin.write(command + "\n")
        process.stdin.flush()
    process.wait(timeout=20)
    print(open(folder + "/qemu.txt").read(), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default="build/swemu")
    parser.add_argument("--linux", help="the CD of guests/make.py linux-cd")
    parser.add_argument("--emu", choices=["swemu", "qemu"], default="swemu")
    args = parser.parse_args()
    args.swemu = os.path.abspath(args.swemu)
    with tempfile.TemporaryDirectory() as folder:
        lines = prepare(folder)
        if args.emu == "qemu":
            return ask_qemu(folder)
        hash = check_changes(args, folder, lines)
        check_recording(args, folder, hash, lines)
        check_snapshots(args, folder, hash)
        check_suite(args, folder)
        check_refusals(args, folder)
        if args.linux:
            check_linux(args, folder, os.path.abspath(args.linux))
    print("%d failed" % len(failures) if failures else "all passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
