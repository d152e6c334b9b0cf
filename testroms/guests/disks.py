"""Disk images: a FAT file system with SYSLINUX or GRUB in front of it, or for UEFI. Same files, same bytes: no dates, fixed serial numbers."""
import os
import struct
import subprocess
import uuid
import zlib

SECTOR = 512
HEADS, SECTORS_PER_TRACK = 16, 63       # the geometry that BIOSes see on small IDE disks
EPOCH = "1000000000"                    # 2001-09-09: every file's date

FIXED_DATES = ["-volume_date", "all_file_dates", "=" + EPOCH, "-volume_date", "uuid", "2001090901464000"]

FIRST_SECTOR = 2048                     # of the partition, when there is one


class DiskMaker:
    """Calls mtools, syslinux and grub-mkimage with what makes their output repeatable."""

    def __init__(self, packages, work):
        self.packages, self.work = packages, work

    def syslinux_disk(self, image, files, kib):
        """A disk whose whole space is one FAT file system, as on floppies, started by SYSLINUX."""
        sectors = whole_cylinders(kib * 2)
        self._blank(image, sectors)
        self._fat(image, sectors, 0)
        self._copy(image, files)
        syslinux = self.packages.tool("syslinux", "syslinux")          # it calls mtools itself
        self._call([syslinux, "--install", image])

    def grub_disk(self, image, files, configuration, kib, modules):
        """A partitioned disk started by GRUB: boot.img in sector 0, core.img behind it, then one FAT partition with the files."""
        sectors = whole_cylinders(kib * 2)
        self._blank(image, sectors)
        self._fat(image, sectors - FIRST_SECTOR, FIRST_SECTOR)
        self._copy(image, dict(files, **{"grub.cfg": configuration}), FIRST_SECTOR * SECTOR)
        grub = os.path.join(self.packages.folder("grub-pc-bin"), "usr/lib/grub/i386-pc")
        early, core = os.path.join(self.work, "early.cfg"), os.path.join(self.work, "core.img")
        with open(early, "w") as f:
            f.write("set root=(hd0,msdos1)\nconfigfile /grub.cfg\n")
        self._call([self.packages.tool("grub-mkimage", "grub-common"), "--directory", grub, "--format", "i386-pc",
                    "--prefix", "(hd0,msdos1)/", "--config", early, "--output", core,
                    "biosdisk", "part_msdos", "fat", "configfile", "normal", "echo", "test", *modules])
        with open(os.path.join(grub, "boot.img"), "rb") as f:
            boot = f.read(440)
        with open(core, "rb") as f:
            core_bytes = f.read()
        if len(core_bytes) > (FIRST_SECTOR - 1) * SECTOR:
            raise RuntimeError("GRUB's core.img does not fit in front of the partition")
        with open(image, "r+b") as f:
            f.write(boot)
            f.seek(440)
            f.write(struct.pack("<IH", 0x5357454D, 0))
            f.write(partition(FIRST_SECTOR, sectors - FIRST_SECTOR, active=True, kind=0x0E))
            f.seek(510)
            f.write(b"\x55\xAA" + core_bytes)

    def system_partition(self, image, files, kib):
        """A disk with a GUID partition table and one partition, of the kind that UEFI looks for: FAT32 with the files."""
        sectors = whole_cylinders(kib * 2)
        last = sectors - 34                 # the table's copy is behind it
        self._blank(image, sectors)
        self._fat(image, last + 1 - FIRST_SECTOR, FIRST_SECTOR, "-F", "-c", "1")
        self._copy(image, files, FIRST_SECTOR * SECTOR)
        entry = partition_entry(FIRST_SECTOR, last, "EFI system partition")
        table = entry.ljust(128 * len(entry), b"\0")
        with open(image, "r+b") as f:
            f.seek(446)
            f.write(partition(1, sectors - 1, active=False, kind=0xEE))
            f.seek(510)
            f.write(b"\x55\xAA" + partition_header(1, sectors, 2, table) + table)
            f.seek((sectors - 33) * SECTOR)
            f.write(table + partition_header(sectors - 1, sectors, sectors - 33, table))

    def grub_program(self, configuration, modules):
        """GRUB as an EFI application, which holds all that it needs: `configuration` is done with the root on the disk it came from."""
        grub = os.path.join(self.packages.folder("grub-efi-amd64-bin"), "usr/lib/grub/x86_64-efi")
        early, program = os.path.join(self.work, "early.cfg"), os.path.join(self.work, "grub.efi")
        with open(early, "wb") as f:
            f.write(configuration)
        self._call([self.packages.tool("grub-mkimage", "grub-common"), "--directory", grub, "--format", "x86_64-efi",
                    "--prefix", "/", "--config", early, "--output", program, "part_gpt", "fat", "normal", "echo", "test", *modules])
        return program

    def grub_disc(self, image, files, configuration):
        """A CD as grub-mkrescue makes it: bootable as a CD, and as a disk."""
        folder = self._tree(dict(files, **{"boot/grub/grub.cfg": configuration}))
        grub = os.path.join(self.packages.folder("grub-pc-bin"), "usr/lib/grub/i386-pc")
        self.packages.tool("grub-mkimage", "grub-common")
        self._call([self.packages.tool("grub-mkrescue", "grub-common"), "--directory=" + grub, "--locales=", "--fonts=", "--themes=",
                    "--xorriso=" + self.packages.tool("xorriso", "xorriso"), "--output=" + image, folder, "--",
                    "-volid", "GUEST", *FIXED_DATES])

    def isolinux_disc(self, image, files, configuration):
        """A CD that ISOLINUX starts, and nothing else could."""
        binary = os.path.join(self.packages.folder("isolinux"), "usr/lib/ISOLINUX/isolinux.bin")
        folder = self._tree(dict(files, **{"isolinux/isolinux.bin": binary, "isolinux/isolinux.cfg": configuration}))
        self._call([self.packages.tool("xorriso", "xorriso"), "-as", "mkisofs", "-quiet", "-R", "-V", "GUEST", "-b", "isolinux/isolinux.bin", "-c",
                    "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-o", image, folder])

    def assembled(self, source):
        path = os.path.join(self.work, "program")
        self._call([self.packages.tool("nasm", "nasm"), "-f", "bin", "-o", path, source])
        with open(path, "rb") as f:
            return f.read()

    def _tree(self, files):
        """A folder with the files: name -> bytes, or a path."""
        folder = os.path.join(self.work, "tree")
        for name in sorted(files):
            content, path = files[name], os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if isinstance(content, str):
                with open(content, "rb") as f:
                    content = f.read()
            with open(path, "wb") as f:
                f.write(content)
        for place, folders, names in os.walk(folder, topdown=False):
            for name in names + ["."]:
                os.utime(os.path.join(place, name), (int(EPOCH), int(EPOCH)))
        return folder

    def _blank(self, image, sectors):
        with open(image, "wb") as f:
            f.truncate(sectors * SECTOR)

    def _fat(self, image, sectors, offset, *options):
        self._call([self.packages.tool("mformat", "mtools"), "-i", "%s@@%d" % (image, offset * SECTOR), "-T", str(sectors),
                    "-h", str(HEADS), "-s", str(SECTORS_PER_TRACK), "-H", str(offset), "-N", "53574D55", "-v", "GUEST", *options, "::"])

    def _copy(self, image, files, offset=0):
        """`files`: name on the disk -> bytes, or a path."""
        folders = {name[:end] for name in files for end in range(len(name)) if name[end] == "/"}
        for folder in sorted(folders):
            self._call([self.packages.tool("mmd", "mtools"), "-i", "%s@@%d" % (image, offset), "::" + folder])
        for name in sorted(files):
            content = files[name]
            path = os.path.join(self.work, "file")
            if isinstance(content, str):
                with open(content, "rb") as f:
                    content = f.read()
            with open(path, "wb") as f:
                f.write(content)
            os.utime(path, (int(EPOCH), int(EPOCH)))
            self._call([self.packages.tool("mcopy", "mtools"), "-m", "-i", "%s@@%d" % (image, offset), path, "::" + name])

    def _call(self, command):
        environment = dict(self.packages.environment(), SOURCE_DATE_EPOCH=EPOCH, TZ="UTC", MTOOLS_SKIP_CHECK="1")
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("%s failed: %s" % (os.path.basename(command[0]), done.stderr.strip() or done.stdout.strip()))


def whole_cylinders(sectors):
    cylinder = HEADS * SECTORS_PER_TRACK
    return (sectors + cylinder - 1) // cylinder * cylinder


def partition(first, count, active, kind):
    """One entry of the partition table; cylinder, head and sector as a BIOS with this geometry counts them."""
    def place(sector):
        cylinder, rest = divmod(sector, HEADS * SECTORS_PER_TRACK)
        head, index = divmod(rest, SECTORS_PER_TRACK)
        cylinder = min(cylinder, 1023)
        return bytes([head, (index + 1) | (cylinder >> 2 & 0xC0), cylinder & 0xFF])
    return bytes([0x80 if active else 0]) + place(first) + bytes([kind]) + place(first + count - 1) + struct.pack("<II", first, count)


def partition_entry(first, last, name):
    """An EFI system partition in the table. UEFI Specification 2.10, section 5.3.3."""
    kind = uuid.UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    own = uuid.UUID("53574D55-0000-4000-8000-000000000001")
    return struct.pack("<16s16sQQQ72s", kind.bytes_le, own.bytes_le, first, last, 0, name.encode("utf-16-le"))


def partition_header(place, sectors, table_place, table):
    """The sector that says where the table is; its copy is at the disk's end. Section 5.3.2."""
    disk = uuid.UUID("53574D55-0000-4000-8000-000000000000")
    other = sectors - 1 if place == 1 else 1

    def header(checksum):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, 0, place, other, 34, sectors - 34, disk.bytes_le,
                           table_place, 128, 128, zlib.crc32(table))
    return header(zlib.crc32(header(0))).ljust(SECTOR, b"\0")
