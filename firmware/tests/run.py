#!/usr/bin/env python3
"""Builds the test disk and runs it on the firmware, in QEMU's isapc machine or in another emulator.

    run.py                           QEMU
    run.py --emu 'COMMAND {hda} {hdb} {hdc} {bios} {rom} {debug}'
                                     any other: {rom} goes to D0000h, {debug} is the file for port E9h; without {debug}, TAP is
                                     read from stdout (COM1)

Prints the TAP lines that failed and a summary; exit status 0 when the plan was reached and nothing failed.
Disks: hda 16 MiB with the tests, every sector from 64 on holds its number at both ends; hdb 3 GiB and hdc 200 GiB (sparse files),
some sectors of which hold their number.
"""
import argparse, os, re, shlex, struct, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
MARKS = {"hdb": (6291456, [(700 * 128 + 100) * 63 + 6, 6291455]),
         "hdc": (200 * 2097152, [0x0FFFFFFF, 0x10000000, 200 * 2097152 - 1])}


def sector(number):
    return struct.pack("<I", number & 0xFFFFFFFF) + bytes(504) + struct.pack("<I", number & 0xFFFFFFFF)


def assemble(folder, name, bios, defines=()):
    with open(bios, "rb") as f:
        total = sum(struct.unpack("<16384I", f.read()[-65536:])) & 0xFFFFFFFF
    out = os.path.join(folder, name + ".bin")
    subprocess.run(["nasm", "-f", "bin", "-w+error", "-DBIOS_SUM=%d" % total, *defines, "-o", out, name + ".asm"], cwd=HERE, check=True)
    with open(out, "rb") as f:
        return f.read()


def make_rom(folder, bios):
    rom = bytearray(assemble(folder, "rom", bios))
    rom[511] = -sum(rom[:511]) & 0xFF
    path = os.path.join(folder, "rom.img")
    with open(path, "wb") as f:
        f.write(rom)
    return path


def make_disks(folder, bios, defines):
    code = assemble(folder, "services", bios, defines)
    if len(code) > 64 * 512:
        raise SystemExit("the tests no longer fit into sectors 0-63")
    disks = {"hda": os.path.join(folder, "hda.img")}
    with open(disks["hda"], "wb") as f:
        f.write(code.ljust(64 * 512, b"\0"))
        f.write(b"".join(sector(n) for n in range(64, 32768)))
    for name, (total, marks) in MARKS.items():
        disks[name] = os.path.join(folder, name + ".img")
        with open(disks[name], "wb") as f:
            f.truncate(total * 512)
            for n in marks:
                f.seek(n * 512)
                f.write(sector(n))
    return disks


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--emu", default="")
    ap.add_argument("--bios", default=os.path.join(HERE, "..", "bios.bin"))
    ap.add_argument("--cpu", default="486")
    ap.add_argument("--limit", type=float, default=60)
    ap.add_argument("--verbose", action="store_true")
    a = ap.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        words = make_disks(folder, a.bios, () if a.emu else ("-DQEMU",))
        debug = words["debug"] = os.path.join(folder, "debug")
        words["bios"] = a.bios
        words["rom"] = make_rom(folder, a.bios)
        if a.emu:
            command = shlex.split(a.emu.format(**words))
        else:
            command = ["qemu-system-i386", "-accel", "tcg", "-M", "isapc", "-vga", "std", "-cpu", a.cpu, "-m", "32", "-bios", a.bios, "-display", "none",
                       "-nic", "none", "-serial", "null", "-debugcon", "file:" + debug,
                       "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                       "-device", "loader,file=%s,addr=0xd0000,force-raw=on" % words["rom"]]
            for index, name in enumerate(("hda", "hdb", "hdc")):
                command += ["-drive", "file=%s,format=raw,if=ide,index=%d" % (words[name], index)]
        out = open(os.path.join(folder, "stdout"), "wb")
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out)
        end = time.time() + a.limit
        text = ""
        while time.time() < end:
            stopped = p.poll() is not None
            for name in (debug, out.name):
                if os.path.exists(name):
                    with open(name, "rb") as f:
                        text = f.read().decode("latin-1").replace("\r", "")
                    if text:
                        break
            if stopped or re.search(r"^# failed: \d+\n", text, re.M):
                break
            time.sleep(0.1)
        if p.poll() is None:
            p.terminate()
            p.wait()
    lines = [l for l in text.splitlines() if re.match(r"(not )?ok |1\.\.|#", l)]
    bad = [l for l in lines if l.startswith("not ok")]
    plan = next((int(l[3:]) for l in lines if l.startswith("1..")), None)
    ran = sum(bool(re.match(r"(not )?ok ", l)) for l in lines)
    print("\n".join(lines if a.verbose else bad))
    print("%d tests, %d failed%s" % (ran, len(bad), "" if plan == ran else ", and the end was not reached"))
    return 0 if plan == ran and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
