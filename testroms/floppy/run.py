#!/usr/bin/env python3
"""Floppy drives: the services of the firmware for diskettes of all formats, a driver in protected mode, what boots, and what becomes of images.
Each check is a line; the exit status is 1 when one fails.

    run.py --swemu build/swemu
    run.py --emu qemu            the services and the driver in QEMU, by SeaBIOS; what it does otherwise is in DIFFERENCES
"""
import argparse
import os
import re
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("cdrom", "state")]
from checks import check, failures  # noqa: E402
from discs import volume  # noqa: E402

# Cylinders, heads, sectors, type of the drive in CMOS.
FORMATS = {"160": (40, 1, 8, 1), "180": (40, 1, 9, 1), "320": (40, 2, 8, 1), "360": (40, 2, 9, 1), "720": (80, 2, 9, 4), "1200": (80, 2, 15, 2),
           "1440": (80, 2, 18, 4), "1680": (80, 2, 21, 4), "2880": (80, 2, 36, 5)}

# What SeaBIOS does otherwise than our firmware, and QEMU's controller otherwise than the datasheet says. With formats that are not in FOREIGN
# SeaBIOS takes the drive's usual one.
FOREIGN = ["320", "360", "720", "1200", "1440", "2880"]
DIFFERENCES = {
    "08h: last cylinder": "SeaBIOS tells the drive's format, not the diskette's",
    "08h: last sector": "the same",
    "PIO: end of cylinder, because nobody gives TC": "QEMU ends a command without DMA as if TC had come",
    "READ DATA: behind the last sector": "QEMU tells the last sector itself",
    "the wrong cylinder: abnormal": "QEMU goes to the cylinder that the command names",
    "the wrong cylinder: no data, wrong cylinder": "the same",
    "READ DATA, multi-track: normal, head 1": "QEMU sets SE in the result of each transfer",
    "WRITE DATA": "the same",
}


def assembled(name, *words):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["nasm", "-f", "bin", "-w+all", "-w+error", "-I", os.path.join(ROOT, "testroms", "mistakes") + "/",
                        "-I", os.path.join(ROOT, "firmware", "tests") + "/", *words, "-o", folder + "/out", os.path.join(HERE, name)], check=True)
        with open(folder + "/out", "rb") as f:
            return f.read()


def numbered(total, first=0):
    return b"".join(struct.pack("<I", n) + bytes(504) + struct.pack("<I", n) for n in range(first, total))


def diskette(name, *words):
    cylinders, heads, sectors, kind = FORMATS[name]
    code = assembled("services.asm", "-DCYLINDERS=%d" % cylinders, "-DHEADS=%d" % heads, "-DSECTORS=%d" % sectors, "-DTYPE=%d" % kind, *words)
    assert len(code) <= 80 * 512
    return code.ljust(80 * 512, b"\0") + numbered(cylinders * heads * sectors, 80)


def says(text, then=b"\x31\xC0\xE6\xF4"):
    """Code that writes a text to port E9h, and then says that all is well, unless it shall do something else."""
    return b"".join(bytes([0xB0, character, 0xE6, 0xE9]) for character in text.encode()) + then + b"\xEB\xFE"


INT_18 = b"\xCD\x18"


def boot_sector(code):
    return code.ljust(510, b"\0") + b"\x55\xAA"


class Machine:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder

    def run(self, *words):
        return subprocess.run([self.swemu, *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def said(self, *words):
        return self.run("run", "--headless", "--memory", "4", "--no-post-mortem", "--max-instructions", "2G", "--serial-pace", "instant",
                        "--debugcon", "stdio", *words)

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as f:
            return f.read()


def tap(name, result):
    passed = len(re.findall(r"^ok \d+ - ", result.stdout, re.M))
    bad = re.findall(r"^not ok.*", result.stdout, re.M)
    plan = re.search(r"^1\.\.(\d+)$", result.stdout, re.M)
    check("%s: %d checks" % (name, passed), result.returncode == 0 and not bad and plan and int(plan[1]) == passed, (bad, result.stdout[-300:], result.stderr))


SECOND = ("--step", "debugcon: put the other diskette in", "--step", "insert: { fda: 2 }", "--step", "debugcon: take it out",
          "--step", "eject: fda", "--step", "exit: 0")


def check_services(machine):
    machine.write("second.img", numbered(1440))
    for name in FORMATS:
        machine.write("f%s.img" % name, diskette(name))
        tap("INT 13h, %s KB" % name, machine.said("--fda", "f%s.img" % name, "--snapshot"))
    machine.write("f.img", diskette("1440", "-DSECOND"))
    tap("INT 13h, another diskette is put in", machine.said("--fda", "f.img", "--fda", "second.img", "--snapshot", *SECOND))
    tap("the same by the interpreter",
        machine.said("--fda", "f.img", "--fda", "second.img", "--snapshot", "--engine", "interpreter", *SECOND))
    machine.write("p.img", diskette("1440", "-DPROTECTED"))
    for words in (["--fda", "p.img", "--write-protect-diskettes"], ["--fda", "p.img", "--read-only"],
                  ["-drive", "file=p.img,if=floppy,format=raw,readonly=on"]):
        tap("INT 13h, write-protected: %s" % words[0], machine.said(*words))
    suite = machine.run("test", "f1440.img")
    check("swemu test takes a diskette, and its TAP", suite.returncode == 0 and "1 passed" in suite.stdout, suite)


DRIVER = ["--kernel", "driver", "--fda", "numbers.img", "--fda", "second.img", "--snapshot", "--headless", "--serial", "stdio", "--no-post-mortem",
          "--max-instructions", "2G"]
DRIVER_STEPS = ["--step", "serial: put the other diskette in", "--step", "insert: { fda: second.img }", "--step", "exit: 0"]


def check_driver(machine):
    machine.write("driver", assembled("driver.asm"))
    machine.write("numbers.img", numbered(2880))
    tap("a driver in protected mode", machine.run("run", *DRIVER, *DRIVER_STEPS, "--record", "run.txt"))
    tap("the same by the interpreter", machine.run("run", *DRIVER, *DRIVER_STEPS, "--engine", "interpreter"))
    again = machine.run("run", *DRIVER, "--replay", "run.txt")
    check("the recording, with the diskette that was put in, is replayed to the same state", again.returncode in (0, 24), again)
    hashes = {re.search("state-hash.*", machine.run("run", *DRIVER, *DRIVER_STEPS, "--state-hash", "--engine", engine).stderr)[0]
              for engine in ("interpreter", "recompiler")}
    check("both engines end in one state", len(hashes) == 1, hashes)
    saved = machine.run("snapshot", "save", *DRIVER, "--at", "serial=put the other", "-o", "saved.snap")
    back = machine.run("run", *DRIVER, "--restore", "saved.snap", "--step", "insert: { fda: 2 }", "--step", "exit: 0")
    check("a snapshot between two diskettes goes on", saved.returncode == 0 and back.returncode == 0 and "its last sector" in back.stdout, (saved, back))
    whole = machine.run("snapshot", "check", "saved.snap")
    check("and is whole", whole.returncode == 0, whole)
    other = [word if word != "second.img" else "numbers.img" for word in DRIVER]
    refused = machine.run("run", *other, "--restore", "saved.snap")
    check("with another diskette it is refused", refused.returncode == 68 and "diskette" in refused.stderr, refused)


def check_order(machine):
    machine.write("floppy.img", boot_sector(says("floppy")))
    machine.write("tired.img", boot_sector(says("tired ", INT_18)))
    machine.write("blank.img", bytes(1474560))
    machine.write("disk.img", boot_sector(says("disk")).ljust(1 << 20, b"\0"))
    machine.write("weary.img", boot_sector(says("weary ", INT_18)).ljust(1 << 20, b"\0"))
    machine.write("disc.iso", volume("DISC", 40, boot=says("disc")))
    for words, text in (
            (["--fda", "floppy.img"], "floppy"), (["--hda", "disk.img", "--fda", "floppy.img"], "disk"),
            (["--hda", "disk.img", "--fda", "floppy.img", "--boot", "a"], "floppy"), (["--hda", "weary.img", "--fda", "floppy.img"], "weary floppy"),
            (["--hda", "disk.img", "--fda", "tired.img", "--boot", "ac"], "tired disk"),
            (["--fda", "tired.img", "--cdrom", "disc.iso"], "tired disc"), (["--fda", "blank.img", "--cdrom", "disc.iso"], "disc"),
            (["--fda", "none", "--hda", "disk.img", "--boot", "ac"], "disk"), (["-fda", "floppy.img", "-boot", "a"], "floppy"),
            (["-drive", "file=floppy.img,if=floppy,index=0,format=raw"], "floppy"), (["-hda", "disk.img", "-fda", "floppy.img", "-boot", "order=a"], "floppy"),
            (["--fdb", "blank.img", "--fda", "floppy.img"], "floppy")):
        result = machine.said("--snapshot", *words)
        check("%s boots the %s" % (" ".join(words), text), result.returncode == 0 and result.stdout.strip() == text, result)
    later = machine.said("--fda", "none", "--fda", "floppy.img", "--cdrom", "none", "--snapshot", "--step", "screen: Any key tries again", "--step", "insert: { fda: 1 }",
                         "--step", "keys: [ret]", "--step", "exit: 0")
    check("a diskette that is put in then boots after a key", later.returncode == 0 and later.stdout.strip() == "floppy", later)


def with_partition(image, end_head=1, end_sector=18, cylinders=80):
    image = bytearray(image)
    image[446:462] = struct.pack("<BBBBBBBBII", 0x80, 0, 1, 0, 1, end_head, end_sector, cylinders - 1, 1, len(image) // 512 - 1)
    return bytes(image)


def check_emulation(machine):
    """What a CD emulates by El Torito."""
    def media(kind):
        def spoil(validation, entry):
            entry[1] = kind
        return spoil

    shows = bytes.fromhex("88D0 0430 E6E9 B801 02BB 00 7E B9 0A 01 B6 01 CD13 A0 00 7E 0430 E6E9")    # DL; cylinder 1, head 1, sector 10: its first byte
    for kind, sectors, size in ((1, 15, 1228800), (2, 18, 1474560), (3, 36, 2949120)):
        image = bytearray(boot_sector(says("", shows + says("")) ).ljust(size, b"\0"))
        image[512 * (3 * sectors + 9)] = 7
        machine.write("e.iso", volume("EMULATED", 21 + size // 2048 + 20, boot=bytes(image), boot_sectors=1, spoil=media(kind)))
        result = machine.said("--cdrom", "e.iso")
        check("a CD emulates a diskette of %d bytes" % size, result.returncode == 0 and result.stdout.strip() == "07", result)
    image = bytearray(boot_sector(says("", shows.replace(b"\x04\x30", b"\x2C\x50", 1) + says(""))).ljust(2 << 20, b"\0"))
    image[512 * ((4 + 1) * 17 + 9)] = 7
    image = with_partition(image, 3, 17, 60)
    machine.write("e.iso", volume("EMULATED", 1100, boot=image, boot_sectors=1, spoil=media(4)))
    result = machine.said("--cdrom", "e.iso")
    check("a CD emulates a disk", result.returncode == 0 and result.stdout.strip() == "07", result)


def check_images(machine):
    machine.write("exact.img", boot_sector(says("", b"\x88\xD0\x04\x30\xE6\xE9" + says(""))).ljust(1474560, b"\0"))
    result = machine.said("exact.img", "--snapshot")
    check("an image of a diskette's size is one, and it is said", result.stdout.strip() == "0" and "taken as a diskette" in result.stderr, result)
    machine.write("parted.img", with_partition(boot_sector(says("disk")).ljust(1474560, b"\0")))
    result = machine.said("parted.img", "--snapshot")
    check("with a partition table it is a hard disk", result.stdout.strip() == "disk" and "taken as" not in result.stderr, result)
    machine.write("odd.img", boot_sector(says("odd")) + b"kernel")
    result = machine.said("-fda", "odd.img", "--snapshot")
    check("cat boot kernel > image is a diskette", result.stdout.strip() == "odd" and "518 bytes, taken as a diskette of 1.44 MB" in result.stderr, result)
    # Writes the boot sector to the last but one sector of cylinder 0, head 0: behind the end of the file.
    writes = bytes.fromhex("B80103 BB007C B91100 BA0000 CD13")
    machine.write("grows.img", boot_sector(writes + says("written")))
    result = machine.said("--fda", "grows.img")
    data = machine.read("grows.img")
    check("what is written behind the end of a short image makes it longer",
          result.returncode == 0 and len(data) == 17 * 512 and data[16 * 512:] == data[:512], (result, len(data)))
    machine.write("large.img", bytes(5 << 20))
    result = machine.said("--fda", "large.img")
    check("an image longer than any diskette is refused", result.returncode == 38 and "give it as a hard disk, with --hda" in result.stderr, result)
    result = machine.said("--fda", "exact.img", "--fdb", "exact.img")
    check("one image in two drives is refused", result.returncode == 42, result)


def check_odd_disk(machine):
    """A hard disk whose image is not whole sectors."""
    shows = bytes.fromhex("B80102 BB007E B90200 BA8000 CD13 A0007E E6E9 A0FF7F 0430 E6E9")     # sector 2: its first byte and its last one
    machine.write("odd-disk.img", boot_sector(shows + says("")) + b"k" * 100)
    result = machine.said("--hda", "odd-disk.img")
    check("a disk image that is not whole sectors is run, and it is said",
          result.stdout.strip() == "k0" and "the size is not a multiple of 512" in result.stderr, result)
    writes = bytes.fromhex("B80103 BB007C B90200 BA8000 CD13 B030 1400 E6E9")
    machine.write("odd-disk.img", boot_sector(writes + says("")) + b"k" * 100)
    result = machine.said("--hda", "odd-disk.img")
    check("its last sector cannot be written", result.stdout.strip() != "0" and "cannot be written; make it whole with truncate" in result.stderr
          and len(machine.read("odd-disk.img")) == 612, result)
    result = machine.said("--hda", "odd-disk.img", "--snapshot")
    check("but with --snapshot it can", result.stdout.strip() == "0", result)


def ask_qemu():
    with tempfile.TemporaryDirectory() as folder:
        def run(name, *words):
            monitor = subprocess.Popen(["qemu-system-i386", "-display", "none", "-m", "16", "-monitor", "stdio", "-snapshot", "-nic", "none",
                                        "-device", "isa-debug-exit,iobase=0xf4", "-debugcon", "file:%s/out" % folder, "-serial", "file:%s/serial" % folder,
                                        *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            changed, end, text = False, time.time() + 60, ""
            while monitor.poll() is None and time.time() < end:
                time.sleep(0.2)
                text = "".join(open(os.path.join(folder, n), errors="replace").read() for n in ("out", "serial") if os.path.exists(os.path.join(folder, n)))
                if "put the other diskette in" in text and not changed:
                    changed = True
                    monitor.stdin.write(b"change floppy0 %s/second.img raw\n" % folder.encode())
                    monitor.stdin.flush()
            monitor.kill()
            text = "".join(open(os.path.join(folder, n), errors="replace").read() for n in ("out", "serial") if os.path.exists(os.path.join(folder, n)))
            bad = {line.split(" - ")[1].split(" # ")[0] for line in re.findall(r"^not ok.*", text, re.M)} - set(DIFFERENCES)
            check("QEMU: %s" % name, not bad and re.search(r"^1\.\.\d+", text, re.M), (bad, text[-200:]))

        open(folder + "/second.img", "wb").write(numbered(1440))
        for name in FOREIGN:
            open(folder + "/f.img", "wb").write(diskette(name, "-DFOREIGN"))
            run("INT 13h, %s KB" % name, "-drive", "file=%s/f.img,if=floppy,format=raw" % folder)
        open(folder + "/driver", "wb").write(assembled("driver.asm"))
        open(folder + "/numbers.img", "wb").write(numbered(2880))
        run("the driver", "-kernel", folder + "/driver", "-drive", "file=%s/numbers.img,if=floppy,format=raw" % folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", default=os.path.join(ROOT, "build", "swemu"))
    parser.add_argument("--emu", choices=["qemu"])
    options = parser.parse_args()
    if options.emu:
        ask_qemu()
    else:
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine(os.path.abspath(options.swemu), folder)
            for part in (check_services, check_driver, check_order, check_emulation, check_images, check_odd_disk):
                part(machine)
    print("%d failed" % len(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
