#!/usr/bin/env python3
"""Makes the sample of silicon vectors in this directory from a full set.

    testroms/vectors/sample.py DIR [PER_FORM]

DIR holds *.xv.gz files in the format that README.md describes. Of each form of each real16, pm16 and pm32 file PER_FORM vectors (100)
are kept at most, of every encoding some, spread evenly over the file, half of them ones that raise an exception if there are so many.
The choice depends on the files alone, and so do the bytes written.
"""

import gzip
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
MODES = ("r16-", "p16-", "p32-")
# By version: the second has the upper halves of YMM0 to YMM15.
BASE_STATE = {1: 498, 2: 754}
# Of the file with every form of AVX and what came with it there are few vectors a form already.
PER_FORM = {"p32-avx.xv.gz": 8}
EXCEPTION, ERROR_CODE, CR2, FLAGS_MASK, MEMORY_MASKS, FSW_MASK = 1, 2, 4, 8, 16, 32


class Stream:
    """The decompressed bytes of one file, and how far they have been read."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def skip(self, count):
        self.position += count

    def u8(self):
        self.position += 1
        return self.data[self.position - 1]

    def u16(self):
        self.position += 2
        return struct.unpack_from("<H", self.data, self.position - 2)[0]

    def u32(self):
        self.position += 4
        return struct.unpack_from("<I", self.data, self.position - 4)[0]

    def items(self):
        for _ in range(self.u8()):
            id = self.u8()
            if id <= 17 or id == 27:
                self.skip(4)
            elif id <= 26:
                self.skip(2)
            elif id < 48:
                self.skip(10)
            else:
                self.skip(16)

    def chunks(self):
        for _ in range(self.u8()):
            self.skip(4)
            self.skip(self.u16())

    def vector(self):
        """Passes one vector; returns its form, its kind of encoding and its flags."""
        form = self.u16()
        length = self.u8()
        self.skip(length)
        encoding = kind(self.data[self.position - length : self.position])
        flags = self.u8()
        self.items()
        self.chunks()
        self.items()
        self.chunks()
        for bit, size in (EXCEPTION, 1), (ERROR_CODE, 4), (CR2, 8), (FLAGS_MASK, 4), (FSW_MASK, 2):
            if flags & bit:
                self.skip(size)
        if flags & MEMORY_MASKS:
            self.chunks()
        return form, encoding, flags


def kind(code):
    """What tells encodings of one form apart: 66h, F3h, F2h, opcode, ModRM.reg, register or memory."""
    position = 0
    selecting = set()
    while position < len(code) - 1 and code[position] in b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3":
        if code[position] in b"\x66\xf2\xf3":
            selecting.add(code[position])
        position += 1
    length = 1
    if code[position] == 0x0F and position + 1 < len(code):
        length = 3 if code[position + 1] in (0x38, 0x3A) else 2
    if code[position] in b"\xc4\xc5" and code[position + 1 : position + 2] >= b"\xc0":
        length = 3 if code[position] == 0xC5 else 4
        # W, L and pp, without the register of vvvv.
        selecting.add(code[position + length - 2] & 0x87)
        opcode = code[position : position + 1] + code[position + length - 1 : position + length]
    else:
        opcode = code[position : position + length]
    rest = code[position + length : position + length + 1]
    if opcode[0] in range(0xD8, 0xE0) and rest and rest[0] >= 0xC0:
        return (*sorted(selecting), opcode, rest[0] & 0xF8)
    return (*sorted(selecting), opcode, *((rest[0] >> 3 & 7, rest[0] >= 0xC0) if rest else ()))


def spread(members, count):
    """At most `count` of `members`, evenly from first to last."""
    if len(members) <= count:
        return members
    return [members[index * (len(members) - 1) // max(1, count - 1)] for index in range(count)]


def choose(kinds, count):
    """At most `count` of the members of all `kinds`, of each kind as many as there is room for."""
    share = dict.fromkeys(kinds, 0)
    left = min(count, sum(map(len, kinds.values())))
    while left:
        for name in kinds:
            if left and share[name] < len(kinds[name]):
                share[name] += 1
                left -= 1
    return [index for name in kinds for index in spread(kinds[name], share[name])]


def sample(data, per_form):
    """The same stream with fewer vectors, and how many there were and are."""
    stream = Stream(data)
    magic, version, mode, _, total, forms, descriptors, regions = struct.unpack_from("<4sHBBIHBB", data)
    assert magic == b"XVEC" and version in BASE_STATE and mode < 3, "not a 16- or 32-bit file"
    stream.skip(16)
    stream.skip(stream.u8())
    stream.skip(BASE_STATE[version] + regions * 18 + descriptors * 10)
    for _ in range(forms):
        stream.skip(stream.u8())
        stream.skip(8)
    header = data[: stream.position]
    plain = [{} for _ in range(forms)]
    raising = [{} for _ in range(forms)]
    extents = []
    for index in range(total):
        start = stream.position
        form, encoding, flags = stream.vector()
        extents.append((start, stream.position))
        (raising if flags & EXCEPTION else plain)[form].setdefault(encoding, []).append(index)
    assert stream.position == len(data), "bytes behind the last vector"
    kept = []
    for form in range(forms):
        completing = sum(map(len, plain[form].values()))
        exceptions = choose(raising[form], max(per_form // 2, per_form - completing))
        kept += exceptions + choose(plain[form], per_form - len(exceptions))
    kept.sort()
    out = bytearray(header)
    struct.pack_into("<I", out, 8, len(kept))
    for index in kept:
        out += data[slice(*extents[index])]
    return bytes(out), total, len(kept)


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    size = 0
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xv.gz")):
        if not path.name.startswith(MODES):
            continue
        per_form = int(sys.argv[2]) if len(sys.argv) == 3 else PER_FORM.get(path.name, 100)
        data, total, kept = sample(gzip.decompress(path.read_bytes()), per_form)
        packed = gzip.compress(data, 9, mtime=0)
        (HERE / path.name).write_bytes(packed)
        size += len(packed)
        print(f"{path.name:28} {kept:6} of {total:6}")
    print(f"{size} bytes")


if __name__ == "__main__":
    main()
