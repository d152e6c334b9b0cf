#!/usr/bin/env python3
"""Kills swemu with SIGKILL at every write to a disk image, and looks at the image.

    kill.py --swemu PATH        raw, qcow2, and qcow2 over a backing file

The guest (workload.asm) says what it writes and what is flushed. Afterwards what was flushed before has to be there, every sector has to be old
or new, and qemu-img has to find the qcow2 image whole (lost space is allowed). Exit status: 0 when all is well.
"""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SECTORS = 2048


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def make_disk(folder):
    path = os.path.join(folder, "base.img")
    boot = os.path.join(folder, "boot.bin")
    subprocess.run(["nasm", "-f", "bin", os.path.join(HERE, "workload.asm"), "-o", boot], check=True)
    with open(path, "wb") as f:
        f.write(open(boot, "rb").read())
        for sector in range(1, SECTORS):
            f.write(bytes([200 + sector % 50]) * 512)
    return path


def fresh(kind, base, folder, swemu):
    """A new image of the kind with the contents of `base`; its path."""
    path = os.path.join(folder, "disk." + ("img" if kind == "raw" else "qcow2"))
    if os.path.exists(path):
        os.remove(path)
    if kind == "raw":
        with open(base, "rb") as source, open(path, "wb") as f:
            f.write(source.read())
    elif kind == "qcow2":
        subprocess.run([swemu, "image", "convert", base, path], check=True)
    else:
        subprocess.run([swemu, "image", "create", path, "--backing", base], check=True)
    return path


def machine(swemu, disk, log, killer, at, after):
    environment = dict(os.environ, LD_PRELOAD=killer, KILL_AT=str(at))
    if after:
        environment["KILL_AFTER"] = "1"
    # A sandbox would not let the process kill itself.
    return run([swemu, "run", disk, "--headless", "--no-sandbox", "--memory", "2", "--debugcon", "file:" + log, "--max-ticks", "20M"],
               env=environment)


def contents(disk, folder):
    if disk.endswith(".img"):
        return open(disk, "rb").read()
    flat = os.path.join(folder, "flat.img")
    subprocess.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", disk, flat], check=True)
    return open(flat, "rb").read()


def plan(log):
    """The writes of a whole run, in order: (first sector, count, value), and after how many of them there was a flush."""
    writes, flushes = [], []
    for line in open(log):
        if line.startswith("w"):
            writes.append(tuple(int(word) for word in line.split()[1:]))
        elif line.startswith("f"):
            flushes.append(len(writes))
    return writes, flushes


def judge(base, found, writes, flushed):
    """What is wrong with the disk when the first `flushed` writes are safe; None when nothing is."""
    allowed = {}
    for number, (first, count, value) in enumerate(writes):
        for sector in range(first, first + count):
            if number < flushed:
                allowed[sector] = [bytes([value]) * 512]
            else:
                allowed.setdefault(sector, [base[sector * 512:sector * 512 + 512]]).append(bytes([value]) * 512)
    for sector in range(SECTORS):
        now = found[sector * 512:sector * 512 + 512]
        if now not in allowed.get(sector, [base[sector * 512:sector * 512 + 512]]):
            return "sector %d is neither old nor new" % sector
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    swemu = os.path.abspath(parser.parse_args().swemu)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        killer = os.path.join(folder, "killer.so")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", killer, os.path.join(HERE, "killer.c"), "-ldl"], check=True)
        base_path = make_disk(folder)
        base = open(base_path, "rb").read()
        log = os.path.join(folder, "log")
        for kind in ("raw", "qcow2", "overlay"):
            whole = machine(swemu, fresh(kind, base_path, folder, swemu), log, killer, 0, False)
            if whole.returncode != 0:
                sys.exit("%s: the workload failed: %s" % (kind, whole.stderr.decode()))
            total = int(whole.stderr.decode().split("writes: ")[1])
            writes, flushes = plan(log)
            if len(writes) != 40 or len(flushes) != 5 or judge(base, contents(os.path.join(folder, "disk." + ("img" if kind == "raw" else "qcow2")), folder), writes, 40):
                sys.exit("%s: the workload does not do what it says" % kind)
            # The write to the image that first carries the data of each of the guest's writes: flushes before that one are done by then.
            first = dict(reversed([int(word) for word in line.split()[1:]])
                         for line in whole.stderr.decode().splitlines() if line.startswith("data "))
            wrong = 0
            for at in range(1, total + 1):
                for after in (False, True):
                    disk = fresh(kind, base_path, folder, swemu)
                    result = machine(swemu, disk, log, killer, at, after)
                    flushed = max([0] + [number for number in flushes if first[number + 1] <= at])
                    problem = None if result.returncode == -9 else "was not killed (%d)" % result.returncode
                    if not problem and kind != "raw":
                        check = run(["qemu-img", "check", "-f", "qcow2", disk])
                        if check.returncode not in (0, 3):
                            problem = "qemu-img check: " + check.stdout.decode() + check.stderr.decode()
                    problem = problem or judge(base, contents(disk, folder), writes, flushed)
                    if problem:
                        wrong += 1
                        print("%s: killed %s write %d: %s" % (kind, "behind" if after else "before", at, problem))
            print("%-8s killed before and behind each of %d writes: %s" % (kind, total, "well" if not wrong else "%d WRONG" % wrong))
            bad += wrong
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
