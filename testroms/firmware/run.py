#!/usr/bin/env python3
"""Other firmware than ours starts the same guests: SeaBIOS, Bochs' BIOS, U-Boot, OVMF, from Debian's packages.

    run.py --swemu build/tests/release/swemu
    run.py --swemu ... --packages FOLDER    the packages are unpacked there, and not installed
    run.py --swemu ... --guests FOLDER      Linux is there (guests/make.py): linux-amd64 for OVMF to start, linux-686-pae for four processors
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTROMS, "state"))
from checks import check, failures  # noqa: E402

DEMO = os.path.join(TESTROMS, "demo", "demo.img")
KERNEL = os.path.join(TESTROMS, "kernels", "kludge.asm")
DISK = [DEMO, "--snapshot", "--step", 'serial: "all checks passed"', "--step", "keys: [esc]", "--step", "exit: 0"]
PROMPT = ["--memory", "64", "--step", 'serial: "Hit any key"', "--step", 'send: "\\r"', "--step", 'serial: "=> "',
          "--step", 'send: "echo typed $arch; pci\\r"', "--step", 'serial: "typed x86"', "--step", 'serial: "0x8086"']
SEABIOS, BOCHS = "share/seabios/", "share/bochs/"
PCI_VGA, ISA_VGA, LGPL_VGA = SEABIOS + "vgabios-stdvga.bin", SEABIOS + "vgabios-isavga.bin", "share/vgabios/vgabios.bin"
UBOOT = "lib/u-boot/qemu-x86/u-boot.rom"
OVMF = "share/OVMF/OVMF_CODE_4M.fd"
# The keys end the wait for a script of start-up.
SHELL = ["--memory", "256", "--step", 'serial: "any other key"', "--step", 'send: "\\r"', "--step", 'serial: "Shell> "',
         "--step", 'send: "ver\\r"', "--step", 'serial: "EDK II"', "--step", 'serial: "Shell> "', "--step", 'send: "reset -s\\r"', "--step", "exit: 0"]

# What it finds of a kernel in fw_cfg: 512 bytes, a command line.
PARTS = ["--memory", "64", "--append", "some words", "--step", 'serial: "Hit any key"', "--step", 'send: "\\r"', "--step", 'serial: "=> "',
         "--step", 'send: "qfw load 0x1000000 0x2000000; printenv bootargs; md.b 0x1000400 4\\r"', "--step", 'serial: "bootargs=some words"',
         "--step", 'serial: "4b 4b 4b 4b"']

# Linux with four processors by the firmware's own tables, to the end of its checks and S5.
FOUR = ["--snapshot", "--memory", "128", "--cpu", "p6", "--smp", "4", "--step", '{serial: "ACPI: Interpreter enabled", within: 8G}',
        "--step", '{serial: "check: all done", within: 20G}', "--step", 'send: "poweroff -f\\r"', "--step", "{exit: 0, within: 4G}"]

# Name, firmware, display's BIOS, board, what it starts; a text on the debug console at 402h.
RUNS = [
    ("SeaBIOS, a disk", SEABIOS + "bios-256k.bin", PCI_VGA, "pc", DISK, "Found QEMU fw_cfg"),
    ("SeaBIOS, a kernel", SEABIOS + "bios-256k.bin", PCI_VGA, "pc", "kernel", "qemu/e820"),
    ("SeaBIOS, nothing", SEABIOS + "bios-256k.bin", PCI_VGA, "pc", ["--step", 'screen: "No bootable device"'], "Returned"),
    ("SeaBIOS without PCI, a disk", SEABIOS + "bios.bin", ISA_VGA, "isa", DISK, None),
    ("SeaBIOS without PCI, nothing", SEABIOS + "bios.bin", ISA_VGA, "isa", ["--step", 'screen: "No bootable device"'], None),
    ("Bochs' legacy BIOS, a disk", BOCHS + "BIOS-bochs-legacy", LGPL_VGA, "isa", DISK, None),
    ("SeaBIOS, a diskette", SEABIOS + "bios-256k.bin", PCI_VGA, "pc", "diskette", None),
    ("Bochs' legacy BIOS, a diskette", BOCHS + "BIOS-bochs-legacy", LGPL_VGA, "isa", "diskette", None),
    ("Bochs' BIOS, a diskette", BOCHS + "BIOS-bochs-latest", LGPL_VGA, "pc", "diskette", None),
    ("Bochs' BIOS, a disk", BOCHS + "BIOS-bochs-latest", LGPL_VGA, "pc", DISK, None),
    ("Bochs' BIOS, nothing", BOCHS + "BIOS-bochs-latest", LGPL_VGA, "isa", ["--step", 'screen: "No bootable device"'], None),
    ("U-Boot, its prompt", UBOOT, None, "pc", PROMPT, None),
    ("U-Boot, a kernel's parts", UBOOT, None, "pc", "parts", None),
    ("OVMF, its shell", OVMF, None, "pc", SHELL, None),
    ("OVMF, an application", OVMF, None, "pc", "application", None),
    ("OVMF, an application, all that a processor can have", OVMF, None, "pc", "application-max", None),
    ("OVMF, Linux", OVMF, None, "pc", "linux", None),
    ("SeaBIOS, Linux on four processors", SEABIOS + "bios-256k.bin", PCI_VGA, "pc", "four", None),
    ("Bochs' BIOS, Linux on four processors", BOCHS + "BIOS-bochs-latest", LGPL_VGA, "pc", "four", None),
    ("SeaBIOS, Linux and its initrd", SEABIOS + "bios-256k.bin", PCI_VGA, "pc", "initrd", None),
]


# Reads its second sector to 7E00h and says what is there, on COM1: under one of these there is no VGA BIOS (docs/board.md).
BOOT = """\
        org 7C00h
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ax, 201h
        mov     cx, 2
        mov     dx, 0
        mov     bx, 7E00h
        int     13h
        jc      halt
        mov     si, bx
next:   mov     dx, 3FDh
busy:   in      al, dx
        test    al, 20h
        jz      busy
        mov     dx, 3F8h
        lodsb
        out     dx, al
        test    al, al
        jnz     next
halt:   sti
        hlt
        jmp     $ - 1
        times 510 - ($ - $$) db 0
        dw 0AA55h
        db "read from a diskette", 0
        times 1474560 - ($ - $$) db 0
"""


def diskette(folder):
    """1.44 MB, for which firmware has to set the data rate, or not to."""
    source, image = os.path.join(folder, "diskette.asm"), os.path.join(folder, "diskette")
    with open(source, "w") as file:
        file.write(BOOT)
    subprocess.run(["nasm", "-o", image, source], check=True)
    return ["--fda", image, "--snapshot", "--step", 'serial: "read from a diskette"']


def linux_image(path):
    """The least that is a bzImage: a setup part of two sectors, boot protocol 2.10, and a kernel of one sector."""
    image = bytearray(1024) + b"K" * 512
    for offset, value in [(0x1F1, b"\x01"), (0x1FE, b"\x55\xAA"), (0x202, b"HdrS\x0A\x02"), (0x211, b"\x01"), (0x22C, b"\xFF\xFF\xFF\x37"),
                          (0x238, b"\xFF\x00\x00\x00"), (0x260, b"\x00\x10\x00\x00")]:
        image[offset:offset + len(value)] = value
    with open(path, "wb") as file:
        file.write(image)
    return path


def linux(folder):
    """Linux of 64 bits by its EFI entry, as far as its own checks that need no disk."""
    start = os.path.join(folder, "linux-amd64")
    return ["--kernel", start + ".bzImage", "--initrd", start + ".initrd", "--append", "console=ttyS0,115200", "--memory", "512",
            "--step", "{serial: 'efi: EFI v2', within: 8G}", "--step", "{serial: 'check: forks 60', within: 8G}"]


def application(folder):
    """An EFI application, on a disk that is made for it."""
    program = os.path.join(folder, "hello.efi")
    subprocess.run(["nasm", "-o", program, os.path.join(os.path.dirname(os.path.abspath(__file__)), "hello-efi.asm")], check=True)
    return ["--efi", program, "--step", 'serial: "hello from EFI"', "--step", "exit: 0"]


def beside_tables(folder):
    """The firmware's tables are where they were when an initrd is in memory, too."""
    start = os.path.join(folder, "linux-686-pae")
    return ["--kernel", start + ".bzImage", "--initrd", start + ".initrd", "--append", "console=ttyS0,115200", "--memory", "512", "--smp", "4",
            "--step", "{serial: 'ACPI: Interpreter enabled', within: 8G}", "--step", "{serial: 'check: started', within: 8G}"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--packages", default="/")
    parser.add_argument("--guests")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kernel, console = os.path.join(folder, "kernel"), os.path.join(folder, "console")
        subprocess.run(["nasm", "-I", os.path.dirname(KERNEL) + "/", "-o", kernel, KERNEL], check=True)
        for name, firmware, vga, board, guest, text in RUNS:
            path = os.path.join(args.packages, "usr", firmware)
            if not os.path.exists(path):
                print(f"skipped: {name}: {path} is not there")
                continue
            if guest in ("linux", "four", "initrd") and not args.guests:
                continue
            guest = ["--kernel", kernel, "--append", "test=all"] if guest == "kernel" else guest
            guest = [os.path.join(args.guests, "linux-686-pae.img"), *FOUR] if guest == "four" else guest
            guest = beside_tables(args.guests) if guest == "initrd" else guest
            guest = application(folder) if guest == "application" else guest
            guest = [*application(folder), "--cpu", "max", "--max-instructions", "2G"] if guest == "application-max" else guest
            guest = diskette(folder) if guest == "diskette" else guest
            guest = linux(args.guests) if guest == "linux" else guest
            guest = ["--kernel", linux_image(os.path.join(folder, "bzImage")), *PARTS] if guest == "parts" else guest
            display = ["--vga-rom", os.path.join(args.packages, "usr", vga)] if vga else []
            # OVMF's code is flash memory, beside which its variables are.
            variables = os.path.join(folder, "variables.fd")
            if firmware == OVMF:
                shutil.copy(path.replace("CODE", "VARS"), variables)
            flash = ["--pflash", path + ",readonly", "--pflash", variables] if firmware == OVMF else ["--bios", path]
            done = subprocess.run(
                [args.swemu, "run", *guest, "--headless", "--machine", board, *flash, *display, "--max-ticks", "30G",
                 "--debugcon", "file:" + console, "--debugcon-port", "0x402"], capture_output=True, text=True, timeout=600)
            check(name, done.returncode == 0, done.stderr[-1500:])
            if text:
                with open(console, errors="replace") as file:
                    said = file.read()
                check(f"{name}: {text}", text in said, said[-1500:])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
