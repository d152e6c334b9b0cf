#!/usr/bin/env python3
"""Traces real runs of the program: names of the source in the lines, JSON lines that every reader takes, filters, the limit, and that nothing
changes in the machine.

    run.py --swemu build/tests/release/swemu
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTROMS, "kernels"))
from compiler import FAULTY, FRAMES, compile_kernel  # noqa: E402

DEMO = os.path.join(TESTROMS, "demo/demo.img")
failures = []


def check(name, good, detail=""):
    print("%-4s  %s" % ("ok" if good else "FAIL", name) + ("" if good else "\n      %s" % (detail,)))
    if not good:
        failures.append(name)


def run(args, *options):
    return subprocess.run([args.swemu, "run", "--headless"] + list(options), stdin=subprocess.DEVNULL, capture_output=True, text=True)


def demo(args, *options):
    return run(args, DEMO, "--snapshot", "--max-ticks", "12M", "--state-hash", *options)


def state_hash(result):
    return next((line for line in result.stderr.splitlines() if line.startswith("state-hash: ")), "none: " + result.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(TESTROMS, "../.build/release/swemu"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trace-") as folder:
        text, lines, small = (os.path.join(folder, name) for name in ("trace.txt", "trace.jsonl", "small.txt"))
        plain = state_hash(demo(args))
        check("events leave the state as it is", state_hash(demo(args, "--trace", "all", "--trace-file", text)) == plain, plain)
        head, *events = open(text).read().splitlines()
        check("the first line names the engine", head.startswith("# recompiler; exceptions, interrupts, software, modes, ports, disk"), head)
        for words in ("real -> protected", "protected -> protected, 32-bit paging", "#PF(3) CR2=C0000000", "interrupt 20h -> 0008:",
                      "READ SECTOR(S), sector 0, count 1", "out 0080h <- 01h", "INT 13h"):
            check("the demo's trace has " + words, any(words in line for line in events))
        json_run = demo(args, "--trace", "all", "--trace-format", "json", "--trace-file", lines, "--engine", "interpreter")
        objects = [json.loads(line) for line in open(lines)]
        check("JSON lines leave the state as it is", state_hash(json_run) == plain, plain)
        check("as many objects as lines", len(objects) == len(events) + 1 and objects[0]["engine"] == "interpreter", len(objects))
        check("the same ticks as the text", [o["tick"] for o in objects[1:]] == [int(line.split()[0]) for line in events])
        faults = [o for o in objects[1:] if o["kind"] == "exceptions"]
        check("a page fault in numbers", any(o["vector"] == 14 and o["error"] == 3 and o["cr2"] == 0xC0000000 for o in faults), faults)

        single = demo(args, "--trace", "instructions", "--trace-range", "0x7c00-0x7dff", "--trace-file", text)
        check("single steps leave the state as it is", state_hash(single) == plain, state_hash(single))
        head, *events = open(text).read().splitlines()
        check("instructions are the interpreter's", head.startswith("# interpreter; instructions"), head)
        check("only the boot sector", events and all(0x7c00 <= int(e.split()[1].split(":")[1], 16) < 0x7e00 for e in events), events[:1])

        few = demo(args, "--trace", "ports", "--trace-limit", "10K", "--trace-file", small)
        check("the limit holds", os.path.getsize(small) <= 10240 and "the trace is full" in few.stderr, few.stderr)
        check("and the machine goes on", state_hash(few) == plain, state_hash(few))
        typo = demo(args, "--trace", "exeptions")
        check("a wrong word gets a hint", typo.returncode == 64 and "did you mean exceptions?" in typo.stderr, typo.stderr)

        kernel = compile_kernel(FAULTY, os.path.join(folder, "faulty"), FRAMES + ["-g"])
        steps = run(args, "--kernel", kernel, "--trace", "instructions,modes", "--trace-range", "divide", "--no-post-mortem")
        places = [line for line in steps.stderr.splitlines() if " instructions " in line]
        check("lines of the source", places and "; divide (" in places[0] and all("faulty.c:" in line for line in places), places[:3])
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
