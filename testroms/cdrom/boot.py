#!/usr/bin/env python3
"""What boots from a CD, from what place in the boot order, and what is said when it does not. Each check is a line; the exit status is 1 when
one fails.

    boot.py --swemu build/swemu
    boot.py --emu qemu           the services of drive E0h alone, by our firmware in QEMU's isapc machine
"""
import argparse
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "state"))
from checks import check, failures  # noqa: E402
from discs import service_disc, volume  # noqa: E402

FIRMWARE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "firmware")


def says(text, then=b"\x31\xC0\xE6\xF4"):
    """Code that writes a text to port E9h, and then says that all is well, unless it shall do something else."""
    return b"".join(bytes([0xB0, character, 0xE6, 0xE9]) for character in text.encode()) + then + b"\xEB\xFE"


INT_18 = b"\xCD\x18"


def sum_again(validation):
    struct.pack_into("<H", validation, 28, 0)
    struct.pack_into("<H", validation, 28, -sum(struct.unpack("<16H", validation)) & 0xFFFF)


def put(which, offset, value, sums=True):
    def spoil(validation, entry):
        (validation, entry)[which][offset:offset + len(value)] = value
        if sums:
            sum_again(validation)
    return spoil


# What is wrong with a disc, and what the firmware says of it.
SPOILT = [
    ("catalog of no PC", put(0, 1, b"\1"), "the boot catalog of the disc is not valid"),
    ("catalog without its sum", put(0, 4, b"x", sums=False), "the boot catalog of the disc is not valid"),
    ("catalog without 55 AA", put(0, 30, b"\0"), "the boot catalog of the disc is not valid"),
    ("entry that is not bootable", put(1, 0, b"\0"), "the boot catalog of the disc is not valid"),
    ("medium of no kind", put(1, 1, b"\5"), "the boot catalog of the disc is not valid"),
    ("disk without a partition", put(1, 1, b"\4"), "the disc wants a disk emulated that has no partition"),
    ("image of 32 MB", put(1, 6, b"\xFF\xFF"), "what the disc boots does not fit below 640 KB"),
    ("image at the end of memory", put(1, 2, b"\xB0\x9F"), "what the disc boots does not fit below 640 KB"),
    ("image behind the end", put(1, 8, b"\0\0\1\0"), "the disc could not be read, sense key 05h"),
]


class Machine:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder

    def run(self, *words):
        return subprocess.run([self.swemu, *words], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def said(self, *words):
        """What came to port E9h."""
        return self.run("run", "--headless", "--memory", "4", "--debugcon", "stdio", "--no-post-mortem", "--max-ticks", "2G", *words)

    def screen(self, *words):
        result = self.run("run", "--headless", "--memory", "4", "--no-post-mortem", "--screen-text", "screen.txt", *words,
                          "--step", "screen: \"Any key tries again\"")
        with open(self.folder + "/screen.txt", encoding="utf-8") as f:
            return f.read() if result.returncode == 0 else repr(result)

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)


def check_services(machine):
    machine.write("services.iso", service_disc())
    for words in (["run", "services.iso"], ["run", "--cdrom", "services.iso", "--engine", "interpreter"], ["-cdrom", "services.iso", "-boot", "d"]):
        result = machine.run(*words, "--headless", "--debugcon", "stdio", "--no-post-mortem", "--max-ticks", "2G")
        passed = len(re.findall(r"^ok \d+ - ", result.stdout, re.M))
        check("INT 13h of drive E0h: %s" % " ".join(words), result.returncode == 0 and "# failed: 0" in result.stdout and passed > 50,
              (re.findall(r"^not ok.*", result.stdout, re.M), result.stderr))
    suite = machine.run("test", "services.iso")
    check("swemu test takes a disc, and its TAP", suite.returncode == 0 and "1 passed" in suite.stdout, suite)


def check_order(machine):
    def disk(code):
        return (code.ljust(510, b"\0") + b"\x55\xAA").ljust(1 << 20, b"\0")

    machine.write("disk.img", disk(says("disk")))
    machine.write("tired.img", disk(says("tired ", INT_18)))
    machine.write("blank.img", bytes(1 << 20))
    machine.write("disc.iso", volume("DISC", 40, boot=says("disc")))
    machine.write("weary.iso", volume("WEARY", 40, boot=says("weary ", INT_18)))
    machine.write("data.iso", volume("DATA", 40))
    machine.write("high.iso", volume("HIGH", 40, boot=says("high"), load_segment=0x2000))
    hybrid = bytearray(volume("HYBRID", 40, boot=says("as a disc")))
    hybrid[:512] = disk(says("as a disk"))[:512]
    machine.write("hybrid.iso", hybrid)
    for words, text in (
            (["disk.img", "--cdrom", "disc.iso"], "disk"), (["disk.img", "--cdrom", "disc.iso", "--boot", "d"], "disc"),
            (["disk.img", "--cdrom", "disc.iso", "--boot", "dc"], "disc"), (["disk.img", "--cdrom", "data.iso", "--boot", "dc"], "disk"),
            (["tired.img", "--cdrom", "disc.iso"], "tired disc"), (["disk.img", "--cdrom", "weary.iso", "--boot", "dc"], "weary disk"),
            (["blank.img", "--cdrom", "disc.iso"], "disc"), (["disk.img", "--cdrom", "none", "--boot", "dc"], "disk"), (["disc.iso"], "disc"),
            (["--cdrom", "high.iso"], "high"), (["hybrid.iso"], "as a disk"), (["--cdrom", "hybrid.iso"], "as a disc"),
            (["disk.img", "--hdb", "blank.img", "--hdd", "blank.img", "--cdrom", "disc.iso", "--boot", "d"], "disc")):
        result = machine.said("--snapshot", *words)
        check("%s boots the %s" % (" ".join(words), text), result.returncode == 0 and result.stdout.strip() == text, result)
    for words, lines in (
            (["blank.img", "--cdrom", "data.iso"], ["disk 80h: sector 0 was read, but", "CD-ROM: the disc has no El Torito boot record"]),
            (["blank.img", "--cdrom", "none"], ["CD-ROM: there is no disc in the drive"]),
            (["disk.img", "--cdrom", "weary.iso", "--boot", "d"], ["disk 80h: not in the boot order", "CD-ROM: was started, but gave control back"]),
            (["blank.img", "--cdrom", "disc.iso", "--boot", "c"], ["CD-ROM: not in the boot order"])):
        screen = machine.screen("--snapshot", *words)
        check("%s: says why nothing boots" % " ".join(words), all(line in screen for line in lines), screen)
    again = machine.said("--snapshot", "blank.img", "--cdrom", "none", "--cdrom", "disc.iso", "--step", "screen: Any key tries again", "--step", "insert: 1",
                         "--step", "keys: [ret]", "--step", "exit: 0")
    check("a disc that is put in then boots after a key", again.returncode == 0 and again.stdout.strip() == "disc", again)


def check_spoilt(machine):
    for name, spoil, text in SPOILT:
        machine.write("spoilt.iso", volume("SPOILT", 40, boot=says("disc"), spoil=spoil))
        screen = machine.screen("--cdrom", "spoilt.iso")
        check("%s: %s" % (name, text), "CD-ROM: " + text in screen, screen)


def ask_qemu():
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/services.iso", "wb") as f:
            f.write(service_disc())
        subprocess.run(["qemu-system-i386", "-accel", "tcg", "-M", "isapc", "-m", "16", "-bios", FIRMWARE + "/bios.bin", "-cdrom", folder + "/services.iso",
                        "-boot", "d", "-display", "none", "-nic", "none", "-debugcon", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
                       stdin=subprocess.DEVNULL, timeout=60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default="build/swemu")
    parser.add_argument("--emu", choices=["swemu", "qemu"], default="swemu")
    args = parser.parse_args()
    if args.emu == "qemu":
        return ask_qemu()
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(os.path.abspath(args.swemu), folder)
        check_services(machine)
        check_order(machine)
        check_spoilt(machine)
    print("%d failed" % len(failures) if failures else "all passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
