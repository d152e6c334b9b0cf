#!/usr/bin/env python3
"""Which lines of a C kernel were reached, and where its time went: the same with either engine, and the machine does not notice.

    measures.py --swemu build/tests/release/swemu
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTROMS, "kernels"), os.path.join(TESTROMS, "state")]
from checks import check, run  # noqa: E402
from compiler import FRAMES, compile_kernel  # noqa: E402

SOURCE = os.path.join(TESTROMS, "dap", "kernel.c")


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        self.kernel = compile_kernel(SOURCE, os.path.join(folder, "kernel.elf"), FRAMES + ["-g"])

    def run(self, *options):
        return subprocess.run([self.swemu, "run", "--kernel", self.kernel, "--headless", "--no-post-mortem", "--state-hash", *options], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()


def hash_of(result):
    return re.search(r"state-hash: .*", result.stderr).group(0)


def line_of(text):
    with open(SOURCE) as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


def coverage(bench):
    plain = bench.run()
    found = {}
    for engine in ("interpreter", "recompiler"):
        result = bench.run("--engine", engine, "--coverage", engine)
        check("the machine does not notice: " + engine, result.returncode == plain.returncode == 3 and hash_of(result) == hash_of(plain), result.stderr)
        found[engine] = bench.read(engine)
    text = found["recompiler"]
    check("either engine reaches the same", text == found["interpreter"])
    lines = {int(number): int(count) for number, count in re.findall(r"^DA:(\d+),(\d+)$", text, re.M)}
    for word, count in (("total += square", 1), ("u32 result =", 1), ("ticks++", 1), ("while (!(inb(0x3FD)", 1), ("a flood of lines", 0)):
        check("line of %r: %d" % (word, count), lines.get(line_of(word)) == count, lines)
    functions = dict(reversed(pair) for pair in re.findall(r"^FNDA:(\d+),(\w+)$", text, re.M))
    check("functions", functions.get("square") == "1" and functions.get("die") == "1", functions)
    check("sums", "LF:%d\nLH:%d\n" % (len(lines), sum(lines.values())) in text and text.endswith("end_of_record\n"), text[-200:])
    check("the source's whole name", os.path.isabs(re.search(r"^SF:(.*)$", text, re.M).group(1)) or "SF:kernel.c" in text, text[:200])
    other = bench.run("--append", "spin", "--max-ticks", "3M", "--coverage", "spin")
    lines = {int(number): int(count) for number, count in re.findall(r"^DA:(\d+),(\d+)$", bench.read("spin"), re.M)}
    check("another run reaches others", other.returncode == 16 and lines[line_of("total += square")] == 0 and lines[line_of("ticks++")] == 1, lines)
    stripped = os.path.join(bench.folder, "stripped.elf")
    subprocess.run(["strip", "-o", stripped, bench.kernel], check=True)
    result = subprocess.run([bench.swemu, "run", "--kernel", stripped, "--headless", "--coverage", "x"], cwd=bench.folder, capture_output=True, text=True)
    check("no lines: words", result.returncode == 64 and "-g" in result.stderr and result.stderr.count("\n") == 1, result)
    check("a full disk is no success", bench.run("--coverage", "/dev/full").returncode in (54, 70))


def profile(bench):
    plain = bench.run("--append", "spin", "--max-ticks", "5M")
    texts = []
    for engine in ("interpreter", "recompiler"):
        result = bench.run("--append", "spin", "--max-ticks", "5M", "--engine", engine, "--profile", engine, "--profile-every", "1000")
        check("the machine does not notice: " + engine, hash_of(result) == hash_of(plain), result.stderr)
        texts.append(bench.read(engine))
    check("either engine has the same profile", texts[0] == texts[1])
    samples = {stack: int(count) for stack, count in (line.rsplit(" ", 1) for line in texts[0].splitlines())}
    check("every thousand ticks a sample", sum(samples.values()) == 5000, sum(samples.values()))
    top = max(samples, key=samples.get)
    check("a spinning kernel is in its loop", top in ("ring 0;start;kmain;tick", "ring 0;start;kmain"), samples)
    check("and both functions are seen", {"ring 0;start;kmain;tick", "ring 0;start;kmain"} <= set(samples), samples)
    bench.run("--append", "spin", "--max-ticks", "5M", "--profile", "p.json", "--profile-every", "1000")
    scope = json.loads(bench.read("p.json"))
    frames, first = scope["shared"]["frames"], scope["profiles"][0]
    check("speedscope's form", sum(first["weights"]) == first["endValue"] == 5000000 and all(number < len(frames) for stack in first["samples"] for number in stack), first)
    check("no ticks: words", bench.run("--profile", "x", "--profile-every", "0").returncode == 64)


run(Bench, coverage, profile)
