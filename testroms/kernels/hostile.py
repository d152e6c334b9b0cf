#!/usr/bin/env python3
"""Kernels and EFI applications whose headers lie: every field of every header, one at a time, at the edges of its range; and files made to cost time or memory.

    hostile.py --swemu PATH                 all
    hostile.py --swemu PATH --only pvh      those whose name contains the word
    hostile.py --swemu PATH --show          what is said, and how often

A file that is refused is one line and the status of a kernel (58) or a file (50 to 56). One that is taken runs, whatever becomes of it. Nothing
dies by a signal, takes more than SECONDS of processor time, or more than MEGABYTES.
"""
import argparse
import collections
import concurrent.futures
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile

from compiler import FRAMES, compile_kernel
from run import HERE, build

TESTROMS = os.path.dirname(HERE)
SECONDS, MEGABYTES = 10, 1024
REFUSED = {48, 50, 51, 52, 53, 54, 55, 56, 58}
EDGES = {1: [0, 1, 0x7F, 0x80, 0xFF], 2: [0, 1, 0x7FFF, 0x8000, 0xFFFF], 4: [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF],
         8: [0, 1, 0x80000000, 0xFFFFFFFF, (1 << 63) - 1, 1 << 63, (1 << 64) - 4096, (1 << 64) - 1]}
FORMAT = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}

# Fields that somebody reads, by their names in the gABI: (offset, bytes).
HEADER64 = {"EI_CLASS": (4, 1), "EI_DATA": (5, 1), "e_type": (16, 2), "e_machine": (18, 2), "e_entry": (24, 8), "e_phoff": (32, 8), "e_shoff": (40, 8),
            "e_phentsize": (54, 2), "e_phnum": (56, 2), "e_shentsize": (58, 2), "e_shnum": (60, 2), "e_shstrndx": (62, 2)}
SEGMENT64 = {"p_type": (0, 4), "p_offset": (8, 8), "p_vaddr": (16, 8), "p_paddr": (24, 8), "p_filesz": (32, 8), "p_memsz": (40, 8)}
SECTION64 = {"sh_name": (0, 4), "sh_type": (4, 4), "sh_flags": (8, 8), "sh_addr": (16, 8), "sh_offset": (24, 8), "sh_size": (32, 8), "sh_link": (40, 4),
             "sh_entsize": (56, 8)}


def number(file, offset, size):
    return struct.unpack_from(FORMAT[size], file, offset)[0]


def changed(file, offset, size, value):
    copy = bytearray(file)
    struct.pack_into(FORMAT[size], copy, offset, value)
    return bytes(copy)


def tables(file):
    """The places of the program headers and of the section headers."""
    segments = [number(file, 32, 8) + i * 56 for i in range(number(file, 56, 2))]
    sections = [number(file, 40, 8) + i * 64 for i in range(number(file, 60, 2))]
    return segments, sections


def named_sections(file):
    """Name -> (offset, size)."""
    _, sections = tables(file)
    names = number(file, sections[number(file, 62, 2)] + 24, 8)
    found = {}
    for at in sections:
        start = names + number(file, at, 4)
        found[file[start:file.index(b"\0", start)].decode()] = (number(file, at + 24, 8), number(file, at + 32, 8))
    return found


def elf_fields(file):
    """(name, offset, size) of each field of the ELF header and of the tables."""
    segments, sections = tables(file)
    for name, (offset, size) in HEADER64.items():
        yield name, offset, size
    for kind, places, fields in (("segment", segments, SEGMENT64), ("section", sections, SECTION64)):
        for index, at in enumerate(places):
            for name, (offset, size) in fields.items():
                yield "%s %d %s" % (kind, index, name), at + offset, size


def words(file, name, count, size=4):
    """The first words of a section, as fields."""
    offset, length = named_sections(file)[name]
    for i in range(min(count, length // size)):
        yield "%s+%d" % (name, i * size), offset + i * size, size


def each_at_the_edges(file, fields):
    for name, offset, size in fields:
        for value in EDGES[size]:
            if value != number(file, offset, size):
                yield "%s = %X" % (name, value), changed(file, offset, size, value)


# Files that are made to be expensive.

def many_segments(kind, memory, count=0xFFFF, data=b""):
    """A file of `count` program headers."""
    head = bytearray(64)
    head[0:7] = b"\x7FELF\x02\x01\x01"
    struct.pack_into("<HHIQQQIHHHHHH", head, 16, 2, 62, 1, 0x100000, 64, 0, 0, 64, 56, count, 64, 0, 0)
    end = 64 + 56 * count
    segment = b"".join(struct.pack("<IIQQQQQQ", kind, 5, end, 0x100000 + i * memory, 0x100000 + i * memory, min(len(data), memory) if kind == 1 else len(data), memory, 1)
                       for i in range(count))
    return bytes(head) + segment + data


def many_sections(file, count=65000):
    """All its symbols in each of `count` symbol tables that lie over one another."""
    _, sections = tables(file)
    table = file[sections[0]:sections[-1] + 64]
    symbols = next(file[at:at + 64] for at in sections if number(file, at + 4, 4) == 2)
    copy = bytearray(file + bytes(-len(file) % 8))
    struct.pack_into("<Q", copy, 40, len(copy))
    struct.pack_into("<H", copy, 60, count)
    return bytes(copy) + table + symbols * (count - len(sections))


def overlapping(file):
    """Each pair of segments at one place, and one behind the other's first byte."""
    segments, _ = tables(file)
    for one in segments:
        for other in segments:
            if one != other:
                for more in (0, 1, (1 << 64) - 1):
                    yield "segments overlap by %X" % more, changed(file, one + 24, 8, (number(file, other + 24, 8) + more) % (1 << 64))


def tags(file):
    """The Multiboot 2 header's tags, word by word; a tag without end; as many as there is room for."""
    at = next(i for i in range(0, 32768, 8) if number(file, i, 4) == 0xE85250D6)
    length = number(file, at + 8, 4)
    for offset in range(0, length, 4):
        for value in EDGES[4] + [length, length - 8]:
            copy = bytearray(changed(file, at + offset, 4, value))
            total = sum(number(copy, at + i, 4) for i in (0, 4, 8))
            struct.pack_into("<I", copy, at + 12, -total % (1 << 32))
            yield "Multiboot 2 header+%d = %X" % (offset, value), bytes(copy)


def portable_fields(file):
    """A PE32+ file: MS-DOS header, file header, optional header, sections."""
    pe = number(file, 0x3C, 4)
    yield "e_magic", 0, 2
    yield "e_lfanew", 0x3C, 4
    for offset in range(0, 24, 2):
        yield "PE+%d" % offset, pe + offset, 2
    optional = number(file, pe + 20, 2)
    for offset in list(range(0, 112, 4)) + list(range(112, optional, 4)):
        yield "optional header+%d" % offset, pe + 24 + offset, 4
    for section in range(number(file, pe + 6, 2)):
        for offset in range(8, 40, 4):
            yield "section %d+%d" % (section, offset), pe + 24 + optional + 40 * section + offset, 4


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        self.said, self.failures = collections.Counter(), []

    def take(self, case):
        """Runs one changed file; words when it goes wrong."""
        group, name, content, options, number = case
        path = os.path.join(self.folder, "changed-%d" % number)
        with open(path, "wb") as f:
            f.write(content)

        def prepare():
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 2))
        process = subprocess.Popen([self.swemu, *(word.format(file=path) for word in options)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, preexec_fn=prepare)
        text = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = 0
        os.remove(path)
        status = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        wrong = []
        if status < 0 or "Fatal error" in text:
            wrong.append("ended by signal %d" % -status)
        if used.ru_maxrss > MEGABYTES << 10:
            wrong.append("%d MB" % (used.ru_maxrss >> 10))
        if status in REFUSED and (text.count("\n") != 1 or not text.startswith("swemu: ")):
            wrong.append("refused in %d lines" % text.count("\n"))
        if status in (64, 70):
            wrong.append("status %d" % status)
        line = re.sub(r"[0-9A-F]{5,}h?|\d+", "#", text.strip().splitlines()[-1] if text.strip() else "").replace(path, "FILE")
        return group, name, status, line, wrong, text, used.ru_utime + used.ru_stime

    def run(self, cases, jobs, show):
        groups, slowest = collections.defaultdict(lambda: [0, 0, 0]), ("", 0)
        numbered = ((*case, number) for number, case in enumerate(cases))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for group, name, status, line, wrong, text, seconds in pool.map(self.take, numbered):
                counts = groups[group]
                counts[0] += 1
                counts[1] += status in REFUSED
                counts[2] += bool(wrong)
                self.said[(group, status, line)] += 1
                slowest = max(slowest, ("%s, %s" % (group, name), seconds), key=lambda pair: pair[1])
                if wrong:
                    self.failures.append(name)
                    print("FAIL  %s: %s: %s: %s" % (group, name, ", ".join(wrong), text[-600:].strip()), flush=True)
        for group, (count, refused, failed) in groups.items():
            print("%-4s  %-28s %5d files, %d refused in a line" % ("FAIL" if failed else "ok", group, count, refused))
        print("the slowest: %s, %.1f s" % slowest)
        if show:
            for (group, status, line), count in sorted(self.said.items()):
                print("%5d  %s, %d: %s" % (count, group, status, line))


def cases(folder):
    """(group, name, content, options) of all."""
    def read(path):
        with open(path, "rb") as f:
            return f.read()
    kernel = ["run", "--kernel", "{file}", "--headless", "--memory", "32", "--max-ticks", "200000", "--no-post-mortem"]
    for name, source, script in (("Multiboot 2, ELF64", "multiboot2", "kernel.ld"), ("PVH, ELF64", "pvh", "pvh.ld"),
                                 ("relocatable, ELF64", "relocatable", "kernel.ld")):
        file = read(build(source, "elf64", script, folder))
        # The sections of one stand for all.
        fields = [field for field in elf_fields(file) if source == "multiboot2" or not field[0].startswith("section")]
        for what, content in each_at_the_edges(file, fields):
            yield name, what, content, kernel
        for what, content in overlapping(file):
            yield name, what, content, kernel
        for what, content in each_at_the_edges(file, words(file, ".note.Xen", 6)) if source == "pvh" else tags(file):
            yield name, what, content, kernel
    # With a post-mortem, which reads symbols, lines and frames.
    file = read(compile_kernel(os.path.join(TESTROMS, "mistakes", "return-address-overrun.c"), os.path.join(folder, "overrun"),
                               FRAMES + ["-gdwarf-5", "-fno-stack-protector", "-w"], True))
    told = ["run", "--kernel", "{file}", "--headless", "--memory", "32", "--max-ticks", "2000000"]
    debug = [field for field in elf_fields(file) if re.match(r"section \d+ sh_(name|type|offset|size|link|entsize)", field[0])]
    for what, content in each_at_the_edges(file, debug):
        yield "sections, symbols", what, content, told
    for section, count, size in ((".debug_info", 12, 4), (".debug_line", 24, 2), (".debug_abbrev", 24, 1), (".debug_aranges", 8, 4), (".debug_rnglists", 6, 2),
                                 (".debug_line_str", 1, 1), (".debug_frame", 12, 4), (".symtab", 36, 4)):
        if section in named_sections(file):
            for what, content in each_at_the_edges(file, words(file, section, count, size)):
                yield "debug information", what, content, told
    yield "made to cost", "65,000 symbol tables", many_sections(file), told
    yield "made to cost", "65,535 segments that are loaded", many_segments(1, 16), kernel
    yield "made to cost", "65,535 segments over one another", many_segments(1, 0x100000), kernel
    yield "made to cost", "65,535 tables of short notes", many_segments(4, 16, data=bytes(65536)), kernel
    yield "made to cost", "1000 segments of all RAM", many_segments(1, 0x1F00000, 1000), kernel
    application = os.path.join(folder, "hello.efi")
    subprocess.run(["nasm", "-o", application, os.path.join(TESTROMS, "firmware", "hello-efi.asm")], check=True)
    file = read(application)
    efi = ["run", "--efi", "{file}", "--headless", "--max-ticks", "1000"]
    for what, content in each_at_the_edges(file, portable_fields(file)):
        yield "EFI application", what, content, efi
    for length in (0, 1, 2, 0x3C, 0x40, 0x41, 0x60, 0x99, 0x200):
        yield "EFI application", "cut after %d" % length, file[:length], efi


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        bench = Bench(os.path.abspath(args.swemu), folder)
        bench.run((case for case in cases(folder) if args.only in case[0] or args.only in case[1]), args.jobs, args.show)
    print("%d files failed" % len(bench.failures))
    sys.exit(1 if bench.failures else 0)


if __name__ == "__main__":
    main()
