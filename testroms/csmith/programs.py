"""The C programs: which there are, with which options, and how they are compiled. A name or a seed fixes everything, so that a list of seeds is enough.

Programs are kept in build/csmith under the sum of what they were made by; another compiler or another option makes another file.
"""
import functools
import glob
import hashlib
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(os.path.dirname(HERE)), "build", "csmith")
SANITIZED = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
SSE = ["-mfpmath=sse"]
# What programs are compiled with. The first twelve serve on every processor since the Pentium Pro, as gcc's default for Debian's i386 does.
OPTIONS = [[level] + more for more in ([], SANITIZED, ["-ftrapv"]) for level in ("-O0", "-O1", "-O2", "-O3")] + [
    ["-Os", "-march=i486", "-fno-pie", "-no-pie", "-mfpmath=387"],
    ["-O2", "-march=i686", "-minline-all-stringops", "-mstringop-strategy=rep_4byte"],
    ["-O3", "-fno-inline", "-funroll-all-loops", "-fomit-frame-pointer", "-fno-pie", "-no-pie"],
    ["-O1", "-minline-all-stringops", "-mstringop-strategy=rep_byte", "-fno-omit-frame-pointer", "-ffloat-store"],
    ["-O2", "-march=pentium4"] + SSE, ["-O3", "-march=pentium4"] + SSE + SANITIZED, ["-O3", "-march=nehalem"] + SSE,
]
# What csmith is told beyond its default: floating point, the compiler's builtins, many small functions, few large ones.
GRAMMARS = [[], ["--float"], ["--builtins"], ["--max-funcs", "30", "--max-block-depth", "2", "--inline-function"], ["--max-funcs", "3", "--max-expr-complexity", "25"]]
# Of each program of ours, the choices of options that the short run has; the others come with the long one.
SHORT = {"overflow": range(0, len(OPTIONS), 2), "floating": (0, 2, 12, 15, 16, 18)}
SHORT_OTHERS = (0, 2, 6, 13, 18)


class Program:
    """A source with compiler options; `build` makes the file at `path`."""

    def __init__(self, name, options):
        self.name, self.options = name, options
        self.needs_sse = SSE[0] in options

    def build(self, seconds=600):
        source = self.source()
        command = ["gcc", "-m32", "-std=gnu11", "-w", "-Dmain=program", *self.options]
        made_by = hashlib.sha256(repr((command, compiler(), repeated())).encode())
        for path in [source] + glob.glob(os.path.join(HERE, "idioms", "*.h")):
            with open(path, "rb") as f:
                made_by.update(f.read())
        self.path = os.path.join(BUILD, "%s-%s" % (self.name, made_by.hexdigest()[:16]))
        if not os.path.exists(self.path):
            unfinished = self.path + ".new"
            call(command + ["-I" + os.path.dirname(source), "-I/usr/include/csmith", "-o", unfinished, source, repeated(), "-lm"], seconds)
            os.rename(unfinished, self.path)


class Idiom(Program):
    """A program of idioms/ with one choice of options."""

    def __init__(self, name, number):
        super().__init__("%s-%02d" % (name, number), OPTIONS[number])
        self.file = os.path.join(HERE, "idioms", name + ".c")

    def source(self):
        return self.file

    def in_words(self):
        return "gcc -m32 %s testroms/csmith/idioms/%s" % (" ".join(self.options), os.path.basename(self.file))


class Csmith(Program):
    """What csmith makes of a seed."""

    def __init__(self, seed):
        number = seed % len(OPTIONS)
        super().__init__("s%d-%02d" % (seed, number), OPTIONS[number])
        self.command = ["csmith", "--seed", str(seed), *GRAMMARS[seed % len(GRAMMARS)]]

    def source(self):
        made_by = hashlib.sha256(repr((self.command, generator())).encode()).hexdigest()[:16]
        os.makedirs(BUILD, exist_ok=True)
        path = os.path.join(BUILD, "%s-%s.c" % (self.name, made_by))
        if not os.path.exists(path):
            unfinished = path[:-2] + ".new.c"
            call(self.command + ["--output", unfinished], 60, folder=BUILD)       # csmith writes platform.info where it is
            os.rename(unfinished, path)
        return path

    def in_words(self):
        return "%s; gcc -m32 %s" % (" ".join(self.command), " ".join(self.options))


def idioms(everything):
    """Those of the short run, or all; gcc 12's -ftrapv makes 64-bit products of the overflow builtins abort, so those are left out."""
    names = sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(HERE, "idioms", "*.c")))
    return [Idiom(name, number) for name in names for number in (range(len(OPTIONS)) if everything else SHORT.get(name, SHORT_OTHERS))
            if name != "overflow" or "-ftrapv" not in OPTIONS[number]]


def csmith(count):
    """The first seeds of seeds.txt; all of them without a count."""
    with open(os.path.join(HERE, "seeds.txt")) as f:
        seeds = [int(word) for line in f for word in line.partition("#")[0].split()]
    return [Csmith(seed) for seed in seeds[:count]]


@functools.cache
def compiler():
    return call(["gcc", "--version"], 60)


@functools.cache
def generator():
    os.makedirs(BUILD, exist_ok=True)
    return call(["csmith", "--version"], 60, folder=BUILD)


@functools.cache
def library(name):
    """The path of one of the C library's files for 32-bit programs."""
    return os.path.realpath(call(["gcc", "-m32", "-print-file-name=" + name], 60).strip())


@functools.cache
def repeated():
    """The object file whose main calls a program's again and again."""
    source = os.path.join(HERE, "repeat.c")
    with open(source, "rb") as f:
        path = os.path.join(BUILD, "repeat-%s.o" % hashlib.sha256(f.read() + compiler().encode()).hexdigest()[:16])
    if not os.path.exists(path):
        os.makedirs(BUILD, exist_ok=True)
        call(["gcc", "-m32", "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-c", "-o", path + ".new", source], 60)
        os.rename(path + ".new", path)
    return path


def call(command, seconds, folder=None):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=folder)
    except FileNotFoundError:
        raise RuntimeError("%s is missing; on Debian: apt-get install csmith libcsmith-dev gcc-multilib" % command[0]) from None
    if done.returncode != 0:
        raise RuntimeError("%s failed: %s" % (" ".join(command), done.stderr.strip()[:500]))
    return done.stdout
