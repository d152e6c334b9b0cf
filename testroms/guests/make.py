#!/usr/bin/env python3
"""Makes the guests that swemu is tested with, from Debian packages: real boot loaders, a memory tester, real kernels.

    make.py                     the usual images, into build/guests
    make.py syslinux grub       some of them
    make.py --output DIR --cache DIR

Images are SYSLINUX's menu (syslinux), the same in graphics (vesamenu), GRUB 2's shell (grub) and its menu in graphics (gfxterm), memtest86+ (memtest), a CD of grub-mkrescue (grub-cd), Linux started by ISOLINUX
from a CD that it reads then (linux-cd), Linux for i386 without and with PAE
(linux-686, linux-686-pae) and for x86-64 (linux-amd64), memtest86+ of 64 bits (memtest-x64), Debian's installer for i386 (installer), iPXE (ipxe), GNU Mach (mach), Xen with Linux as its first
domain (xen), and what UEFI starts from a system partition: systemd-boot with Linux and GRUB in its menu (systemd-boot), GRUB (grub-efi), and Linux by its EFI stub
(linux-efi). What is typed into them and what proves that they came up is in the *.json files beside this
program; check.py runs them. Packages are kept unpacked in the cache, GUEST_CACHE or build/guests/packages.
Exit status: 0 all made; 1 something could not be fetched or made, and the message says what.
"""
import argparse
import glob
import gzip
import hashlib
import os
import shutil
import struct
import sys
import tempfile
import time
import zlib

import initramfs
from disks import DiskMaker
from packages import Packages, Unavailable

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "guests")
CONSOLES = "console=tty0 console=ttyS0,115200"


def syslinux_modules(packages):
    return os.path.join(packages.folder("syslinux-common"), "usr/lib/syslinux/modules/bios")


def make_syslinux(packages, disks, output):
    modules = syslinux_modules(packages)
    files = {name: os.path.join(modules, name)
             for name in ("ldlinux.c32", "menu.c32", "libutil.c32", "libcom32.c32", "ls.c32", "meminfo.c32", "cpuid.c32")}
    files["syslinux.cfg"] = b"""\
SERIAL 0 115200
UI menu.c32
MENU TITLE A menu of SYSLINUX
LABEL list
  MENU LABEL List the files
  COM32 ls.c32
LABEL memory
  MENU LABEL Show the memory map
  COM32 meminfo.c32
"""
    disks.syslinux_disk(os.path.join(output, "syslinux.img"), files, 4 * 1024)


def make_grub(packages, disks, output):
    data = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(32768))      # 1 MiB
    files = {"data.bin": data, "sums": b"%s  /data.bin\n" % hashlib.sha256(data).hexdigest().encode()}
    configuration = b"""\
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
echo "check: GRUB started"
ls /
if hashsum --hash sha256 --check /sums; then echo "check: sha256 right"; else echo "check: sha256 WRONG"; fi
lsmmap
date
sleep 2
echo "check: all done"
"""
    disks.grub_disk(os.path.join(output, "grub.img"), files, configuration, 8 * 1024,
                    ["serial", "terminal", "ls", "hashsum", "gcry_sha256", "lsmmap", "date", "datehook", "sleep", "minicmd"])


def make_grub_cd(packages, disks, output):
    data = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(32768))      # 1 MiB
    files = {"data.bin": data, "sums": b"%s  /data.bin\n" % hashlib.sha256(data).hexdigest().encode(), "read.me": b"a file on the CD\n"}
    configuration = b"""\
insmod serial
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
echo "check: GRUB started from $root"
ls /
if hashsum --hash sha256 --check /sums; then echo "check: sha256 right"; else echo "check: sha256 WRONG"; fi
echo "check: all done"
"""
    disks.grub_disc(os.path.join(output, "grub-cd.iso"), files, configuration)


def make_linux_cd(packages, disks, output):
    package = packages.newest_dependency("linux-image-686", "linux-image-6.", "i386")
    folder = packages.folder(package, "i386")
    kernel = glob.glob(os.path.join(folder, "boot", "vmlinuz-*"))[0]
    busybox = os.path.join(packages.folder("busybox-static", "i386"), "bin/busybox")
    data = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(131072))     # 4 MiB
    files = {"linux": kernel, "initrd.gz": initramfs.build(busybox, os.path.join(folder, "lib/modules"), "init-cd", initramfs.CD_MODULES,
                                                      {"tray": disks.assembled(os.path.join(HERE, "tray.asm"))}),
             "data.bin": data, "sums": b"%s  data.bin\n" % hashlib.sha256(data).hexdigest().encode(),
             "isolinux/ldlinux.c32": os.path.join(syslinux_modules(packages), "ldlinux.c32")}
    configuration = (b"SERIAL 0 115200\nDEFAULT l\nPROMPT 0\nLABEL l\n  LINUX /linux\n  INITRD /initrd.gz\n  APPEND " + CONSOLES.encode() + b"\n")
    disks.isolinux_disc(os.path.join(output, "linux-cd.iso"), files, configuration)


def make_vesamenu(packages, disks, output):
    modules = syslinux_modules(packages)
    files = {name: os.path.join(modules, name) for name in ("ldlinux.c32", "vesamenu.c32", "libutil.c32", "libcom32.c32", "ls.c32")}
    files["back.png"] = sky()
    files["syslinux.cfg"] = b"""\
SERIAL 0 115200
UI vesamenu.c32
MENU TITLE A menu of SYSLINUX in graphics
MENU BACKGROUND back.png
LABEL first
  MENU LABEL The first entry
  COM32 ls.c32
LABEL list
  MENU LABEL List the files
  COM32 ls.c32
LABEL third
  MENU LABEL The third entry
  COM32 ls.c32
"""
    disks.syslinux_disk(os.path.join(output, "vesamenu.img"), files, 4 * 1024)


def sky():
    """A picture for a background: 640 by 480 dots that grow lighter from top to bottom, as PNG."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b"".join(b"\0" + bytes((y // 6, y // 4, 96 + y // 4)) * 640 for y in range(480))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 640, 480, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def make_gfxterm(packages, disks, output):
    fonts = os.path.join(packages.folder("grub-common"), "usr/share/grub")
    files = {"font.pf2": os.path.join(fonts, "unicode.pf2")}
    configuration = b"""\
serial --unit=0 --speed=115200
loadfont /font.pf2
set gfxmode=1024x768x32
terminal_input console serial
terminal_output gfxterm serial
set menu_color_normal=cyan/blue
set menu_color_highlight=white/light-blue
echo "check: graphics are on"
menuentry "The first entry" { echo "check: first" ; sleep 2 }
menuentry "Modes" { videoinfo ; echo "check: modes are listed" ; sleep 100 }
menuentry "A test picture" { videotest 800x600x16 ; sleep 100 }
"""
    disks.grub_disk(os.path.join(output, "gfxterm.img"), files, configuration, 8 * 1024,
                    ["serial", "terminal", "gfxterm", "font", "vbe", "video_bochs", "video_fb", "videoinfo", "videotest", "sleep", "minicmd",
                     "gfxterm_background"])


def make_memtest(program, image):
    def make(packages, disks, output):
        files = {"memtest": os.path.join(packages.folder("memtest86+"), "boot", program),
                 "ldlinux.c32": os.path.join(syslinux_modules(packages), "ldlinux.c32"),
                 "syslinux.cfg": b"DEFAULT m\nPROMPT 0\nLABEL m\n  LINUX memtest\n  APPEND console=ttyS0,115200 nosmp\n"}
        disks.syslinux_disk(os.path.join(output, image), files, 4 * 1024)
    return make


def make_linux(flavour, architecture="i386"):
    def make(packages, disks, output):
        package = packages.newest_dependency("linux-image-" + flavour, "linux-image-6.", architecture)
        folder = packages.folder(package, architecture)
        kernels = glob.glob(os.path.join(folder, "boot", "vmlinuz-*"))
        if not kernels:
            raise Unavailable("the package %s holds no kernel" % package)
        busybox = os.path.join(packages.folder("busybox-static", architecture), "bin/busybox")
        initrd = initramfs.build(busybox, os.path.join(folder, "lib/modules"))
        files = {"linux": kernels[0], "initrd.gz": initrd,
                 "ldlinux.c32": os.path.join(syslinux_modules(packages), "ldlinux.c32"),
                 "syslinux.cfg": b"SERIAL 0 115200\nDEFAULT l\nPROMPT 0\nLABEL l\n  LINUX linux\n  INITRD initrd.gz\n"
                                 b"  APPEND " + CONSOLES.encode() + b"\n"}
        disks.syslinux_disk(os.path.join(output, "linux-%s.img" % flavour), files, 16 * 1024)
        # For firmware that starts a kernel itself.
        shutil.copy(kernels[0], os.path.join(output, "linux-%s.bzImage" % flavour))
        with open(os.path.join(output, "linux-%s.initrd" % flavour), "wb") as file:
            file.write(initrd)
    return make


def make_installer(packages, disks, output):
    images = os.path.join(packages.folder("debian-installer-12-netboot-i386", "all"), "usr/lib/debian-installer/images/12/i386/text/debian-installer/i386")
    files = {"linux": os.path.join(images, "linux"), "initrd.gz": os.path.join(images, "initrd.gz"),
             "ldlinux.c32": os.path.join(syslinux_modules(packages), "ldlinux.c32"),
             "syslinux.cfg": b"SERIAL 0 115200\nDEFAULT l\nPROMPT 0\nLABEL l\n  LINUX linux\n  INITRD initrd.gz\n"
                             b"  APPEND console=ttyS0,115200 DEBIAN_FRONTEND=text TERM=dumb\n"}
    disks.syslinux_disk(os.path.join(output, "installer.img"), files, 48 * 1024)


def make_ipxe(packages, disks, output):
    # In the package the file is a link to one of /boot.
    program = glob.glob(os.path.join(packages.folder("ipxe", "all"), "boot", "ipxe.lkrn"))
    if not program:
        raise Unavailable("the package ipxe holds no boot/ipxe.lkrn")
    files = {"ipxe": program[0], "ldlinux.c32": os.path.join(syslinux_modules(packages), "ldlinux.c32"),
             "syslinux.cfg": b"DEFAULT i\nPROMPT 0\nLABEL i\n  LINUX ipxe\n"}
    disks.syslinux_disk(os.path.join(output, "ipxe.img"), files, 4 * 1024)


def unpacked(path):
    with gzip.open(path) as file:
        return file.read()


def make_mach(packages, disks, output):
    kernel = glob.glob(os.path.join(packages.folder("gnumach-image-1.8-486", "i386"), "boot", "gnumach-*.gz"))[0]
    configuration = b"""\
serial --unit=0 --speed=115200
terminal_output serial
multiboot /gnumach console=com0 root=device:hd0s1
boot
"""
    disks.grub_disk(os.path.join(output, "mach.img"), {"gnumach": unpacked(kernel)}, configuration, 8 * 1024, ["serial", "terminal", "multiboot"])


def make_xen(packages, disks, output):
    hypervisor = glob.glob(os.path.join(packages.folder("xen-hypervisor-4.17-amd64"), "boot", "xen-*-amd64.gz"))[0]
    kernel, initrd = linux_amd64(packages)
    files = {"xen": unpacked(hypervisor), "linux": kernel, "initrd.gz": initrd}
    configuration = b"""\
serial --unit=0 --speed=115200
terminal_output serial
multiboot2 /xen com1=115200,8n1 console=com1,vga loglvl=info noreboot dom0_mem=192M
module2 /linux console=hvc0 earlyprintk=xen
module2 /initrd.gz
boot
"""
    disks.grub_disk(os.path.join(output, "xen.img"), files, configuration, 40 * 1024, ["serial", "terminal", "multiboot2"])


def linux_amd64(packages):
    """Linux's kernel for x86-64, and the initrd with the checks."""
    folder = packages.folder(packages.newest_dependency("linux-image-amd64", "linux-image-6.", "amd64"))
    busybox = os.path.join(packages.folder("busybox-static"), "bin/busybox")
    return glob.glob(os.path.join(folder, "boot", "vmlinuz-*"))[0], initramfs.build(busybox, os.path.join(folder, "lib/modules"))


def make_systemd_boot(packages, disks, output):
    """The menu's second entry is Linux, by its EFI stub; the first would be GRUB."""
    kernel, initrd = linux_amd64(packages)
    programs = os.path.join(packages.folder("systemd-boot-efi"), "usr/lib/systemd/boot/efi")
    entry = "title %s\nsort-key %s\n%s\n"
    files = {"EFI/BOOT/BOOTX64.EFI": os.path.join(programs, "systemd-bootx64.efi"),
             "EFI/grub/grubx64.efi": disks.grub_program(b'echo "check: GRUB started"\nsleep 1\nhalt\n', ["halt", "sleep"]),
             "debian/linux": kernel, "debian/initrd.gz": initrd, "loader/loader.conf": b"timeout 5\n",
             "loader/entries/first.conf": (entry % ("GRUB", "a", "efi /EFI/grub/grubx64.efi")).encode(),
             "loader/entries/second.conf": (entry % ("Debian", "b", "version 6.1\nlinux /debian/linux\ninitrd /debian/initrd.gz\noptions "
                                                     + CONSOLES)).encode()}
    disks.system_partition(os.path.join(output, "systemd-boot.img"), files, 64 * 1024)


def make_grub_efi(packages, disks, output):
    """Its console is the firmware's, which is on the serial line as well."""
    data = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(32768))      # 1 MiB
    files = {"data.bin": data, "sums": b"%s  /data.bin\n" % hashlib.sha256(data).hexdigest().encode(), "grub.cfg": b"""\
echo "check: GRUB started"
ls /
if hashsum --hash sha256 --check /sums; then echo "check: sha256 right"; else echo "check: sha256 WRONG"; fi
lsefimmap
lsacpi
date
sleep 2
echo "check: all done"
"""}
    files["EFI/BOOT/BOOTX64.EFI"] = disks.grub_program(
        b"search --set=root --file /sums\nconfigfile /grub.cfg\n",
        ["search", "search_fs_file", "configfile", "ls", "hashsum", "gcry_sha256", "lsefimmap", "lsacpi", "date", "datehook", "sleep", "minicmd", "halt"])
    disks.system_partition(os.path.join(output, "grub-efi.img"), files, 40 * 1024)


def make_linux_efi(packages, disks, output):
    """No boot loader: the firmware's shell finds a script, and that starts the kernel as the EFI application it is, too."""
    kernel, initrd = linux_amd64(packages)
    files = {"linux.efi": kernel, "initrd.gz": initrd,
             "startup.nsh": ("fs0:\r\nlinux.efi initrd=\\initrd.gz " + CONSOLES + "\r\n").encode()}
    disks.system_partition(os.path.join(output, "linux-efi.img"), files, 64 * 1024)


RECIPES = {"syslinux": make_syslinux, "vesamenu": make_vesamenu, "grub": make_grub, "gfxterm": make_gfxterm, "memtest": make_memtest("memtest86+ia32.bin", "memtest.img"),
           "memtest-x64": make_memtest("memtest86+x64.bin", "memtest-x64.img"),
           "installer": make_installer, "ipxe": make_ipxe, "mach": make_mach, "xen": make_xen,
           "grub-cd": make_grub_cd, "linux-cd": make_linux_cd,
           "systemd-boot": make_systemd_boot, "grub-efi": make_grub_efi, "linux-efi": make_linux_efi,
           "linux-686": make_linux("686"), "linux-686-pae": make_linux("686-pae"), "linux-amd64": make_linux("amd64", "amd64")}

# Large packages, for guests that are only measured.
WHEN_NAMED = ["installer", "ipxe", "mach", "xen"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", help="which to make: " + ", ".join(RECIPES))
    parser.add_argument("--output", default=BUILD)
    parser.add_argument("--cache", default=os.environ.get("GUEST_CACHE", os.path.join(BUILD, "packages")))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.images if name not in RECIPES]
    if unknown:
        parser.error("unknown image %s; known: %s" % (unknown[0], ", ".join(RECIPES)))
    os.makedirs(arguments.output, exist_ok=True)
    failures = 0
    for name in arguments.images or [name for name in RECIPES if name not in WHEN_NAMED]:
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="guest-") as work:
                packages = Packages(arguments.cache)
                RECIPES[name](packages, DiskMaker(packages, work), arguments.output)
            print("%-14s made in %.1f s" % (name, time.monotonic() - began), flush=True)
        except (Unavailable, RuntimeError, OSError) as error:
            print("make.py: %s: %s" % (name, error), file=sys.stderr, flush=True)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
