"""The small initramfs of the Linux guests: busybox, a few kernel modules, and the script `init` beside this file.

The archive is written here (cpio "newc", Documentation/driver-api/early-userspace/buffer-format.rst of Linux), sorted and without dates,
so that the same packages give the same bytes.
"""
import gzip
import hashlib
import lzma
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))

# What the guest's checks need: the disk behind PIIX or as a plain ISA channel, and FAT. `init` loads them in this order.
MODULES = ["crct10dif_generic", "crc32c_generic", "sd_mod", "ata_piix", "ata_generic", "pata_legacy", "vfat", "nls_cp437", "nls_ascii"]


# The same for a CD-ROM drive.
CD_MODULES = ["crct10dif_generic", "crc32c_generic", "sr_mod", "ata_piix", "ata_generic", "pata_legacy", "isofs"]


def build(busybox, modules_root, init="init", wanted=MODULES, programs={}):
    """The compressed archive; `modules_root` is a kernel package's lib/modules, `init` a script beside this file, `programs` are further ones
    by their names."""
    archive = Archive()
    for folder in ("bin", "dev", "etc", "lib", "lib/modules", "mnt", "proc", "sys", "tmp"):
        archive.folder(folder)
    with open(busybox, "rb") as f:
        program = f.read()
    archive.file("bin/busybox", program, 0o755)
    for name, content in programs.items():
        archive.file("bin/" + name, content, 0o755)
    archive.file("etc/sums", b"%s  /bin/busybox\n" % hashlib.sha256(program).hexdigest().encode())
    archive.device("dev/console", 5, 1)
    with open(os.path.join(HERE, init), "rb") as f:
        archive.file("init", f.read(), 0o755)
    modules = modules_in_order(modules_root, wanted)
    archive.file("etc/modules", "".join(name + "\n" for name, _ in modules).encode())
    for name, content in modules:
        archive.file("lib/modules/%s.ko" % name, content)
    return archive.compressed()


def modules_in_order(root, wanted):
    """Each wanted module after those it depends on. Dependencies are read from the modules themselves."""
    paths = {}
    for folder, _, files in os.walk(root):
        for file in files:
            match = re.match(r"(.+)\.ko(\.xz)?$", file)
            if match:
                paths[match[1].replace("-", "_")] = os.path.join(folder, file)
    done = {}

    def add(name):
        if name in done or name not in paths:       # not there: built into the kernel
            return
        with open(paths[name], "rb") as f:
            content = f.read()
        if paths[name].endswith(".xz"):
            content = lzma.decompress(content)
        done[name] = None                           # a place in the order comes after the dependencies, see below
        depends = re.search(rb"\0depends=([^\0]*)\0", content)
        for other in (depends[1].decode().split(",") if depends else []):
            add(other.replace("-", "_"))
        del done[name]
        done[name] = content

    for name in wanted:
        add(name)
    return list(done.items())


class Archive:
    def __init__(self):
        self.entries = []

    def folder(self, name):
        self.entries.append((name, 0o040755, b"", 0, 0))

    def file(self, name, content, mode=0o644):
        self.entries.append((name, 0o100000 | mode, content, 0, 0))

    def device(self, name, major, minor):
        self.entries.append((name, 0o020600, b"", major, minor))

    def compressed(self):
        out = bytearray()
        for number, entry in enumerate(sorted(self.entries) + [("TRAILER!!!", 0, b"", 0, 0)]):
            name, mode, content, major, minor = entry
            fields = (number + 1, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name) + 1, 0)
            out += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
            out += bytes(-len(out) % 4) + content
            out += bytes(-len(out) % 4)
        return gzip.compress(bytes(out), 9, mtime=0)
