#!/usr/bin/env python3
"""Makes images of CDs: an ISO 9660 volume (ECMA-119) with a name, and a boot image by El Torito where one is wanted.

    discs.py FOLDER     boot.iso, which checks the firmware's services; first.iso, second.iso, and the kernel `discs` that asks for them
"""
import os
import struct
import subprocess
import sys
import tempfile

BLOCK = 2048
HERE = os.path.dirname(os.path.realpath(__file__))
INCLUDES = [os.path.join(os.path.dirname(HERE), "mistakes"), os.path.join(os.path.dirname(os.path.dirname(HERE)), "firmware", "tests")]


def both(number, size):
    """A number in both byte orders, as ECMA-119 7.2.3 and 7.3.3 have it."""
    return number.to_bytes(size, "little") + number.to_bytes(size, "big")


def directory_record(extent, size, name, is_folder):
    record = bytes([0, 0]) + both(extent, 4) + both(size, 4) + bytes([100, 1, 1, 0, 0, 0, 0, 2 if is_folder else 0, 0, 0]) + both(1, 2)
    record += bytes([len(name)]) + name
    record += b"\0" * (len(record) % 2)
    return bytes([len(record)]) + record[1:]


def volume(name, blocks, files=(), boot=None, boot_sectors=4, load_segment=0, spoil=None):
    """An image of so many blocks. `files` are (name, bytes); what is left is filled with a pattern. `boot` is a boot image without emulation;
    `spoil` changes the boot catalog."""
    image = bytearray(BLOCK * blocks)
    for block in range(20, blocks):
        for offset in range(0, BLOCK, 64):
            image[BLOCK * block + offset] = (block * 7 + offset // 64 + len(name)) & 255

    def put(block, data):
        image[BLOCK * block:BLOCK * block + len(data)] = data

    root, catalog, boot_block, free = 19, 20, 21, 21 + (len(boot or b"") + BLOCK - 1) // BLOCK
    records = directory_record(root, BLOCK, b"\0", True) + directory_record(root, BLOCK, b"\1", True)
    for file, data in files:
        put(free, data)
        records += directory_record(free, len(data), file.encode() + b";1", False)
        free += (len(data) + BLOCK - 1) // BLOCK
    put(root, records.ljust(BLOCK, b"\0"))
    descriptor = b"\1CD001\1\0" + b"SWEMU".ljust(32) + name.encode().ljust(32) + bytes(8) + both(blocks, 4) + bytes(32)
    descriptor += both(1, 2) + both(1, 2) + both(BLOCK, 2) + both(10, 4) + struct.pack("<II", 18, 0) + struct.pack(">II", 18, 0)
    descriptor += directory_record(root, BLOCK, b"\0", True)
    put(16, (descriptor + b" " * 128 * 4).ljust(BLOCK, b" ")[:881] + b"\1" + bytes(BLOCK - 882))
    if boot is None:
        put(17, b"\xFFCD001\1" + bytes(BLOCK - 7))
    else:
        put(17, b"\0CD001\1" + b"EL TORITO SPECIFICATION".ljust(64, b"\0") + struct.pack("<I", catalog) + bytes(BLOCK - 75))
        put(18, b"\xFFCD001\1" + bytes(BLOCK - 7))
        validation = bytearray(struct.pack("<BBH24sHBB", 1, 0, 0, b"SWEMU", 0, 0x55, 0xAA))
        total = sum(struct.unpack("<16H", validation)) & 0xFFFF
        struct.pack_into("<H", validation, 28, -total & 0xFFFF)
        entry = bytearray(struct.pack("<BBHBBHI20x", 0x88, 0, load_segment, 0, 0, boot_sectors, boot_block))
        if spoil:
            spoil(validation, entry)
        put(catalog, (validation + entry).ljust(BLOCK, b"\0"))
        put(boot_block, boot)
    return bytes(image)


def assembled(name):
    with tempfile.TemporaryDirectory() as folder:
        includes = [word for include in INCLUDES for word in ("-I", include + "/")]
        subprocess.run(["nasm", "-f", "bin", *includes, "-o", folder + "/out", os.path.join(HERE, name)], check=True)
        with open(folder + "/out", "rb") as f:
            return f.read()


def service_disc():
    return volume("BOOTABLE", 60, boot=assembled("boot.asm"), boot_sectors=8)


def main():
    files = {"boot.iso": service_disc(), "first.iso": volume("FIRST", 40), "second.iso": volume("SECOND", 333), "discs": assembled("discs.asm")}
    for name, data in files.items():
        with open(os.path.join(sys.argv[1], name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
