#!/usr/bin/env python3
"""What our own BIOS leaves for systems, read back by the tools that people have for that: ACPI by iasl, SMBIOS by dmidecode, PCI by lspci.
And its boot menu.

    own.py --swemu build/tests/release/swemu
"""
import os
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, run  # noqa: E402

# sti; again: hlt; jmp again
IDLE = bytes([0xFB, 0xF4, 0xEB, 0xFD])
# mov si,text; next: lodsb; test al,al; jz end; out E9h,al; jmp next; end: out F4h,al; hlt
SAY = bytes([0xBE, 0x11, 0x7C, 0xAC, 0x84, 0xC0, 0x74, 0x04, 0xE6, 0xE9, 0xEB, 0xF7, 0xE6, 0xF4, 0xFA, 0xF4, 0xF4])
EBDA, BIOS = 0x9FC00, 0xF0000
UUID = "550e8400-e29b-41d4-a716-446655440000"


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def disk(self, name, code, size=1 << 20):
        return self.file(name, (code.ljust(510, b"\0") + b"\x55\xAA").ljust(size, b"\0"))

    def memory(self, *options):
        """The BIOS's segment and the extended BIOS data area of a machine that has started its disk."""
        image = self.disk("idle.img", IDLE)
        done = subprocess.run(
            [self.swemu, "run", image, "--headless", "--monitor", "stdio", "--step", "wait: 5M", *options], text=True, capture_output=True, timeout=120,
            input="".join('pmemsave %d %d "%s"\n' % (place, size, self.path(name)) for place, size, name in [(BIOS, 0x10000, "bios"), (EBDA, 0x400, "ebda")]))
        pieces = []
        for name, size in (("bios", 0x10000), ("ebda", 0x400)):
            with open(self.path(name), "rb") as file:
                pieces.append(file.read())
            assert len(pieces[-1]) == size, done.stderr
        return pieces


def tool(*command, cwd):
    done = subprocess.run(command, text=True, capture_output=True, cwd=cwd, timeout=120)
    return done.returncode, done.stdout + done.stderr


def acpi(bench):
    for processors in (1, 16):
        bios, ebda = bench.memory("--smp", str(processors))

        def at(place, size):
            base, piece = (BIOS, bios) if place >= BIOS else (EBDA, ebda)
            return piece[place - base:place - base + size]

        def table(place):
            size = 64 if at(place, 4) == b"FACS" else struct.unpack("<I", at(place + 4, 4))[0]
            content = at(place, size)
            tables[content[:4].decode()] = content
            return content

        tables = {}
        pointer = bios.find(b"RSD PTR ")
        for size in (20, 36):
            check("ACPI, %d processors: the sum of %d bytes of the RSDP" % (processors, size), sum(bios[pointer:pointer + size]) % 256 == 0)
        root = table(struct.unpack_from("<I", bios, pointer + 16)[0])
        long = table(struct.unpack_from("<Q", bios, pointer + 24)[0])
        places = [struct.unpack_from("<I", root, entry)[0] for entry in range(36, len(root), 4)]
        check("ACPI, %d processors: both roots" % processors, places == [struct.unpack_from("<Q", long, entry)[0] for entry in range(36, len(long), 8)])
        for place in places:
            content = table(place)
            if content[:4] == b"FACP":
                for offset in (36, 40):
                    table(struct.unpack_from("<I", content, offset)[0])
        check("ACPI, %d processors: tables" % processors, set(tables) == {"RSDT", "XSDT", "FACP", "FACS", "DSDT", "APIC", "HPET"}, sorted(tables))
        for name, content in sorted(tables.items()):
            bench.file(name + ".dat", content)
            status, text = tool("iasl", "-d", name + ".dat", cwd=bench.folder)
            with open(bench.path(name + ".dsl")) as file:
                source = file.read()
            # What is wrong with a field stands beside it.
            complaint = re.search(r"(?im)^.*\b(error|warning|invalid|incorrect|unknown|reserved subtable)\b.*$", text + "".join(re.findall(r"//?\*.*|.*!.*", source)))
            check("ACPI, %d processors: iasl reads %s" % (processors, name), status == 0 and not complaint, complaint and complaint[0])
        os.rename(bench.path("DSDT.dsl"), bench.path("again.dsl"))
        status, text = tool("iasl", "again.dsl", cwd=bench.folder)
        check("ACPI, %d processors: the DSDT compiles again" % processors, "0 Errors, 0 Warnings" in text, text[-800:])


def smbios(bench):
    for processors, memory in ((1, "64"), (4, "6G")):
        bios, _ = bench.memory("--smp", str(processors), "--memory", memory, "--uuid", UUID)
        # dmidecode's own form of a dump: the entry point, then the structures, whose address is where they lie in the file.
        place = struct.unpack_from("<I", bios, 24)[0] - BIOS
        size = struct.unpack_from("<H", bios, 22)[0]
        entry = bytearray(bios[:32])
        entry[24:28] = struct.pack("<I", 32)
        entry[21] = 0
        entry[21] = -sum(entry[16:31]) & 255
        entry[4] = 0
        entry[4] = -sum(entry[:31]) & 255
        bench.file("dmi", bytes(entry) + bios[place:place + size])
        status, text = tool("dmidecode", "--from-dump", "dmi", cwd=bench.folder)
        name = "SMBIOS, %d processors" % processors
        complaint = re.search(r"(?im)^.*(invalid|truncated|wrong|out of spec|bad index|broken|unknown type).*$", text)
        check(name + ": dmidecode", status == 0 and "SMBIOS 2.8 present." in text and not complaint, complaint and complaint[0] or text[:300])
        check(name + ": sockets", text.count("Socket Designation:") == processors, text)
        check(name + ": memory", "Size: " + {"64": "64 MB", "6G": "6 GB"}[memory] in text or "Size: 6144 MB" in text, text)
        check(name + ": name", "UUID: " + UUID in text, text)
        check(name + ": the BIOS", "Vendor: swemu" in text, text)


def pci(bench):
    image = bench.path("pci.img")
    subprocess.run(["nasm", "-f", "bin", "-w+all", "-w+error", "-o", image, os.path.join(HERE, "pci.asm")], check=True)
    os.truncate(image, 1 << 20)
    dump = subprocess.run([bench.swemu, "run", image, "--snapshot", "--headless", "--debugcon", "stdio"], capture_output=True, timeout=120)
    bench.file("dump", dump.stdout)
    status, text = tool("lspci", "-F", "dump", "-vv", "-nn", cwd=bench.folder)
    complaint = re.search(r"(?im)^.*(lspci: (?!Unable to load libkmod)|!!!|invalid|unknown header|<unassigned>|\[disabled\]).*$", text)
    check("PCI: lspci", dump.returncode == 0 and status == 0 and not complaint, complaint and complaint[0] or dump.stderr)
    for ids in ("8086:1237", "8086:7000", "8086:7010", "8086:7113", "1234:1111"):
        check("PCI: " + ids, "[%s]" % ids in text, text)


def menu(bench):
    disk = bench.disk("disk.img", SAY + b"from the disk\n\0")
    floppy = bench.disk("floppy.img", SAY + b"from the diskette\n\0", 1474560)

    def booted(*options):
        done = subprocess.run([bench.swemu, "run", "--hda", disk, "--fda", floppy, "--snapshot", "--headless", "--debugcon", "stdio", *options],
                              capture_output=True, text=True, timeout=120)
        return done.stdout, done.stderr

    def steps(*lines):
        return [word for line in lines for word in ("--step", line)]

    check("boot menu: none", booted()[0] == "from the disk\n", booted())
    check("boot menu: nobody presses a key", booted("--boot-menu")[0] == "from the disk\n", booted("--boot-menu"))
    for key in ("f12", "esc"):
        options = ["--boot-menu", *steps('screen: "Press F12 for the boot menu."', "keys: [%s]" % key, 'screen: "  1 disk 80h"', 'screen: "  2 diskette"', "keys: ['2']", "exit: 0")]
        check("boot menu: a diskette by %s" % key, booted(*options)[0] == "from the diskette\n", booted(*options))
    options = ["--boot-menu", "--boot", "ac", *steps('screen: "Press F12"', "keys: [f12]", 'screen: "Boot from"', "keys: ['9', '1']", "exit: 0")]
    check("boot menu: the disk, whatever the order", booted(*options)[0] == "from the disk\n", booted(*options))
    options = ["--boot-menu", "--boot", "ac", *steps('screen: "Press F12"', "keys: [f12]", 'screen: "Boot from"', "keys: [esc]", "exit: 0")]
    check("boot menu: the order as it is", booted(*options)[0] == "from the diskette\n", booted(*options))
    options = ["--boot-menu", *steps('screen: "Press F12"', "keys: [a]", "exit: 0")]
    check("boot menu: another key boots", booted(*options)[0] == "from the disk\n", booted(*options))
    # INT 19h again, as a guest may do it, and what was asked for once.
    again = bench.disk("again.img", bytes([0xB0, 0xFE, 0xE6, 0x64, 0xF4]), 1474560)
    done = subprocess.run([bench.swemu, "run", "--hda", disk, "--fda", again, "--boot", "ca", "--boot-once", "a", "--snapshot", "--headless", "--debugcon", "stdio"],
                          capture_output=True, text=True, timeout=120)
    check("boot once: the diskette resets, and the disk boots", done.stdout == "from the disk\n", done)


if __name__ == "__main__":
    run(Bench, acpi, smbios, pci, menu)
