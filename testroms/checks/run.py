#!/usr/bin/env python3
"""Guests with and without the mistakes that `--check` looks for, in assembly and C, 32 and 64 bits: each has to be found, and nothing else.

    run.py --swemu build/tests/release/swemu
    run.py --only stale         those whose name contains the word
    run.py --show               print what swemu says of each
    run.py --speed              how much slower a guest is under each check

Each NAME.asm or NAME.c begins with what it does, `check:` the list for --check, and `expect:` what the findings have to say, in their order with "|"
between them, "..." standing for anything; without it nothing may be found. `options:` are more of them for swemu run; `bits: 64` or `bits: 32 64` is for C, and
`variants:` are words for NASM or gcc, one set each between bars. A guest ends with 0 at port F4h.
"""
import argparse
import glob
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTROMS, "kernels"))
from compiler import compile_kernel  # noqa: E402

FOUND = 74


def head(source):
    values = {}
    with open(source) as f:
        for line in f:
            if not line.startswith((";", "//")):
                break
            key, found, value = line.lstrip(";/ ").strip().partition(": ")
            if found and key in ("check", "expect", "options", "bits", "variants"):
                values[key] = value.strip()
    return values


def build(source, kernel, variant, bits="32"):
    if source.endswith(".c"):
        return compile_kernel(source, kernel, ["-g", "-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-I",
                                               HERE] + (variant or ["-O1"]), bits == "64")
    include = os.path.join(TESTROMS, "mistakes") + "/"
    subprocess.run(["nasm", "-f", "bin", "-w+all", "-w+error", "-I", HERE + "/", "-I", include, "-o", kernel, source] + variant, check=True)
    return kernel


def run(args, kernel, folder, options):
    report = os.path.join(folder, "report.json")
    result = subprocess.run([args.swemu, "run", "--kernel", kernel, "--headless", "--max-ticks", "200M", "--report", report] + options,
                            stdin=subprocess.DEVNULL, capture_output=True)
    with open(report) as f:
        return result.returncode, result.stderr.decode(), json.load(f)


def problems_of(args, source, folder, values, variant, bits):
    kernel = build(source, os.path.join(folder, "kernel"), variant, bits)
    options = values.get("options", "").split()
    status, said, report = run(args, kernel, folder, options + ["--check", values["check"]])
    expected = [part.strip() for part in values.get("expect", "").split("|") if part.strip()]
    findings = ["%s: %s at %s; %s" % (found["check"], found["sentence"], found["where"], "; ".join(found["details"]))
                for found in report["checks"]["findings"]]
    problems = []
    if status != (FOUND if expected else 0):
        problems.append("status %d" % status)
    if len(findings) != len(expected):
        problems.append("%d findings instead of %d" % (len(findings), len(expected)))
    for text, pattern in zip(findings, expected):
        if not re.search(".*".join(re.escape(word.strip()) for word in pattern.split("...")), text):
            problems.append("said: " + text)
    plain, _, without = run(args, kernel, folder, options)
    if plain != 0 or without["instructions"] != report["instructions"]:
        problems.append("without the check: status %d, %d instructions instead of %d" % (plain, without["instructions"], report["instructions"]))
    return problems, said


def others(args, folder):
    """`swemu test`, `swemu debug` and a mistake on the command line."""
    for name in ("stack-overwritten", "stack-none"):
        build(os.path.join(HERE, name + ".asm"), os.path.join(folder, name), [])
    for name, text in (("found", "kernel: stack-overwritten\ncheck: [stack, uninit]\n"), ("unasked", "kernel: stack-overwritten\n"),
                       ("none", "kernel: stack-none\ncheck: stack\n"), ("unknown", "kernel: stack-none\ncheck: stak\n")):
        with open(os.path.join(folder, name + ".test.yaml"), "w") as f:
            f.write(text)

    def said(*words):
        result = subprocess.run([args.swemu, *words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return result.stdout + result.stderr

    test = said("test", ".", "--output", "out")
    debug = said("debug", "--kernel", "stack-overwritten", "--check", "stack", "--plain", "--command", "run", "--command", "info registers")
    return [
        ("swemu test", re.search(r"FAIL +found.*\n.*check-failed: --check stack: a return address was overwritten, at 0008:00100", test)
         and all(re.search("ok +%s.test" % name, test) for name in ("unasked", "none")) and "no such check: stak; did you mean stack?" in test, test),
        ("swemu debug", re.search(r"check stack: a return address was overwritten\n  at 0008:.*\n(.*\n)+EAX=", debug), debug),
        ("an unknown check", "--check stak: did you mean stack?" in said("run", "--kernel", "stack-none", "--check", "stak"), ""),
    ]


WORK = [("arrays", "32", []), ("arrays", "64", []), ("calls", "32", ["-DCALLS"]), ("calls", "64", ["-DCALLS"]), ("copies", "32", ["-DCOPIES"]),
        ("copies", "64", ["-DCOPIES"]), ("stack", "32", ["-DSTACK"]), ("records", "32", ["-DRECORDS"]), ("x87", "32", ["-DFLOATS"]), ("SSE", "64", ["-DFLOATS"]), ("ports", "32", ["-DPORTS"])]


def seconds(args, kernel, options):
    """The processor time of a run to its end; the median of five, less that of a machine that is switched on and runs a hundred instructions."""
    times = {"200M": [], "100": []}
    for limit in list(times) * 5:
        process = subprocess.Popen([args.swemu, "run", "--kernel", kernel, "--headless", "--no-post-mortem", "--max-ticks", limit] + options, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        times[limit].append(usage.ru_utime + usage.ru_stime)
    return statistics.median(times["200M"]) - statistics.median(times["100"])


def speed(args, folder):
    """How many times the interpreter's time each check takes, for each kind of work."""
    checks = args.checks.split(",")
    print("%-10s%12s" % ("", "seconds") + "".join("%12s" % check for check in checks))
    for name, bits, words in WORK:
        kernel = build(os.path.join(HERE, "work.c"), os.path.join(folder, "kernel"), ["-O2"] + words, bits)
        alone = seconds(args, kernel, ["--engine", "interpreter"])
        ratios = [seconds(args, kernel, ["--check", check] + (["--smp", "2"] if check == "races" else [])) / alone for check in checks]
        print("%-7s %s%12.2f" % (name, bits, alone) + "".join("%11.1fx" % ratio for ratio in ratios), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(HERE, "../../build/tests/release/swemu"))
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--checks", default="stale-tlb,stack,uninit,races", help="for --speed")
    args = parser.parse_args()
    args.swemu = os.path.abspath(args.swemu)
    for program in ("nasm", "gcc"):
        if not shutil.which(program):
            sys.exit("run.py: %s is missing; on Debian: apt-get install nasm gcc gcc-multilib" % program)
    failed = count = 0
    with tempfile.TemporaryDirectory(prefix="checks-") as folder:
        if args.speed:
            return speed(args, folder)
        for source in sorted(glob.glob(os.path.join(HERE, "*.asm")) + glob.glob(os.path.join(HERE, "*.c"))):
            name, values = os.path.basename(source), head(source)
            if args.only not in name or "check" not in values:
                continue
            variants = [[]] + [words.split() for words in values.get("variants", "").split("|") if words.strip()]
            for bits, variant in itertools.product(values.get("bits", "32").split(), variants):
                problems, said = problems_of(args, source, folder, values, variant, bits)
                count += 1
                failed += bool(problems)
                words = [name] + variant + (["-m" + bits] if "bits" in values else [])
                print("%-4s  %-34s %s" % ("FAIL" if problems else "ok", " ".join(words), "; ".join(problems)), flush=True)
                if args.show:
                    print(said)
        for name, good, text in others(args, folder) if not args.only else []:
            count += 1
            failed += not good
            print("%-4s  %s%s" % ("ok" if good else "FAIL", name, "" if good else "\n" + text), flush=True)
    print("%d checks of the checks, %d not as they should be" % (count, failed))
    sys.exit(1 if failed or not count else 0)


if __name__ == "__main__":
    main()
