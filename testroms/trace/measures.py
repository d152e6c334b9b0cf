#!/usr/bin/env python3
"""Which lines of a C kernel were reached, and where its time went: the same with either engine, and the machine does not notice.

    measures.py --swemu build/tests/release/swemu
"""
import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTROMS, "kernels"), os.path.join(TESTROMS, "state")]
from checks import check, run  # noqa: E402
from compiler import FRAMES, compile_kernel  # noqa: E402

SOURCE = os.path.join(TESTROMS, "dap", "kernel.c")


NO_FRAMES = ["-g", "-O2", "-fomit-frame-pointer", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"]

# Who calls whom in stacks.c; an interrupt comes anywhere.
ROOTS = {"start", "long_mode", "second", "user"}
CALLS = {"start": ["kmain"], "long_mode": ["kmain"], "kmain": ["by_hand", "rounds", "one", "enter_user", "leave_stub"], "by_hand": ["leaf"], "rounds": ["tiny"],
         "one": ["yield"], "two": ["yield"], "second": ["two"], "yield": ["after"], "handler": ["tick"], "system_stub": ["system"], "system": ["leaf"],
         "user": ["below", "system_stub", "leave_stub"]}


def is_whole(stack):
    ring, *frames = stack.split(";")
    pairs = zip(frames, frames[1:])
    return (frames[0] in ROOTS and all(inner == "handler" or inner in CALLS.get(outer, []) for outer, inner in pairs)
            and (ring == "ring 3") == (frames[-1] in ("user", "below")))


def stacks_of(bench, kernel, *options):
    """The samples of a kernel by their stacks, without those of the firmware."""
    subprocess.run([bench.swemu, "run", "--kernel", kernel, "--headless", "--max-ticks", "5M", "--profile", "stacks.folded", "--profile-every", "997", *options],
                   cwd=bench.folder, capture_output=True)
    lines = (line.rsplit(" ", 1) for line in bench.read("stacks.folded").splitlines())
    return {stack: int(count) for stack, count in lines if "[" not in stack}


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
    # Calls are kept beside the stacks, whichever task's they are.
    kernel = compile_kernel(os.path.join(HERE, "tasks.c"), os.path.join(bench.folder, "tasks.elf"), NO_FRAMES)
    samples = stacks_of(bench, kernel)
    whole = {"ring 0;start;kmain;second;inner", "ring 0;first;outer;inner", "ring 0;start;kmain;second", "ring 0;start;kmain", "ring 0;first;outer", "ring 0;first",
             "ring 0;start;kmain;change", "ring 0;first;change"}
    two, one = samples.get("ring 0;start;kmain;second;inner", 0), samples.get("ring 0;first;outer;inner", 0)
    check("tasks without frame pointers have whole stacks", set(samples) <= whole and 1.8 < two / max(one, 1) < 2.2, samples)
    for bits in (32, 64):
        kernel = compile_kernel(os.path.join(HERE, "stacks.c"), os.path.join(bench.folder, "stacks.elf"), NO_FRAMES, bits == 64)
        texts = []
        for engine in ("interpreter", "recompiler"):
            samples = stacks_of(bench, kernel, "--engine", engine)
            texts.append(samples)
            wrong = {stack: count for stack, count in samples.items() if not is_whole(stack)}
            check("stacks that nothing describes, %d bits, %s: all are whole" % (bits, engine), not wrong and len(samples) > 12, (wrong, samples))
        check("either engine has the same: %d bits" % bits, texts[0] == texts[1], texts)
        two, one = (sum(count for stack, count in samples.items() if ";%s;yield" % task in stack) for task in ("two", "one"))
        check("each task has its half: %d bits" % bits, 0.9 < two / max(one, 1) < 1.1, samples)
    check("no ticks: words", bench.run("--profile", "x", "--profile-every", "0").returncode == 64)


def branches(bench):
    """Which ways conditional branches went, of two runs and of both together."""
    def ways(name):
        found = {}
        for line, block, number, count in re.findall(r"^BRDA:(\d+),(\d+),([01]),(\d+|-)$", bench.read(name), re.M):
            found.setdefault(int(line), {})[block, int(number)] = int(count)
        return found
    plain = bench.run("--coverage", "lines.info")
    result = bench.run("--coverage", "ended.info", "--coverage-branches")
    check("the machine does not notice the branches", hash_of(result) == hash_of(plain), result.stderr)
    lines = [line for line in bench.read("ended.info").splitlines() if not line.startswith("BR")]
    check("the lines are the same", lines == bench.read("lines.info").splitlines())
    bench.run("--append", "spin", "--max-ticks", "3M", "--coverage", "spun.info", "--coverage-branches")
    ended, spun = ways("ended.info"), ways("spun.info")
    loop, choice = line_of("number <= 4"), line_of("word[0] == 's'")
    check("a loop goes both ways", all(ended[loop].values()), ended)
    check("a choice goes one way", sorted(ended[choice].values()) == [0, 1] and sorted(spun[choice].values()) == [0, 1], (ended, spun))
    check("another run goes the other way", ended[choice] != spun[choice] and ended[choice].keys() == spun[choice].keys(), (ended, spun))
    subprocess.run([bench.swemu, "merge", "ended.info", "spun.info", "--lcov", "both.info", "--cobertura", "both.xml"], cwd=bench.folder, check=True, capture_output=True)
    both = ways("both.info")
    check("together both ways", sorted(both[choice].values()) == [1, 1], both)
    root = ElementTree.parse(os.path.join(bench.folder, "both.xml")).getroot()
    line = next(line for line in root.findall(".//class/lines/line") if line.get("number") == str(choice))
    check("Cobertura has conditions", line.get("branch") == "true" and line.get("condition-coverage") == "100% (2/2)", line.attrib)
    count = sum(len(found) for found in both.values())
    check("and their sum", root.get("branches-valid") == str(count) and "BRF:%d\n" % count in bench.read("both.info"), root.attrib)
    check("branches without a file: words", bench.run("--coverage-branches").returncode == 64)


def merge(bench):
    """Tracefiles of several runs as one: lcov's sums, and a report of Cobertura."""
    bench.run("--coverage", "a.info")
    bench.run("--append", "spin", "--max-ticks", "3M", "--coverage", "b.info")

    def merged(*words):
        return subprocess.run([bench.swemu, "merge", *words], cwd=bench.folder, capture_output=True, text=True)
    result = merged("a.info", "b.info", "--lcov", "all.info", "--cobertura", "all.xml")
    check("merges", result.returncode == 0 and re.match(r"\d+ of \d+ lines with code were reached\n$", result.stdout), result)

    def counts(name):
        text = bench.read(name)
        return ({int(n): int(c) for n, c in re.findall(r"^DA:(\d+),(\d+)$", text, re.M)}, {n: int(c) for c, n in re.findall(r"^FNDA:(\d+),(\w+)$", text, re.M)})
    (a, calls), (b, others), (all_lines, all_calls) = counts("a.info"), counts("b.info"), counts("all.info")
    check("lines are summed", all_lines == {line: a[line] + b[line] for line in a} and all_lines[line_of("ticks++")] == 2, all_lines)
    check("functions are summed", all_calls == {name: calls[name] + others[name] for name in calls} and all_calls["kmain"] == 2 and all_calls["square"] == 1, all_calls)
    root = ElementTree.parse(os.path.join(bench.folder, "all.xml")).getroot()
    found = {int(line.get("number")): int(line.get("hits")) for line in root.findall(".//class/lines/line")}
    check("Cobertura has the same lines", found == all_lines, found)
    reached = sum(count > 0 for count in found.values())
    check("and their sum", root.get("lines-covered") == str(reached) and root.get("lines-valid") == str(len(found)) and root.get("line-rate").startswith("0."), root.attrib)
    check("and methods", {m.get("name") for m in root.findall(".//method")} == set(calls), calls)
    check("no place for the sum: words", merged("a.info").returncode == 64 and "--lcov" in merged("a.info").stderr)
    with open(os.path.join(bench.folder, "bad.info"), "w") as file:
        file.write("TN:\nSF:x.c\nDA:1,x\nend_of_record\n")
    result = merged("bad.info", "--lcov", "-")
    check("a damaged record: words", result.returncode == 60 or result.returncode == 65 or "line 3" in result.stderr, result)
    check("one line of words", result.stderr.count("\n") == 1 and "line 3" in result.stderr, result)


def timeline(bench):
    """Chrome's trace events: each is whole, slices lie beside each other, interrupts come, are delivered and end."""
    kernel = os.path.join(bench.folder, "ticker.elf")
    compile_kernel(os.path.join(HERE, "ticker.c"), kernel, FRAMES + ["-g"])

    def start(*options):
        return subprocess.run([bench.swemu, "run", "--kernel", kernel, "--headless", "--no-post-mortem", "--state-hash", *options], cwd=bench.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
    plain, texts = start(), []
    for engine in ("interpreter", "recompiler"):
        result = start("--engine", engine, "--timeline", engine)
        check("the machine does not notice: " + engine, result.returncode == plain.returncode == 0 and hash_of(result) == hash_of(plain), result.stderr)
        texts.append(bench.read(engine))
    check("either engine has the same timeline", texts[0] == texts[1])
    events = json.loads(texts[0])
    tracks = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    check("tracks", {"processor 0: mode", "processor 0", "ports", "interrupts"} <= set(tracks.values()), tracks)
    check("every event is whole", all({"name", "ph", "pid"} <= set(event) for event in events) and all("ts" in event for event in events if event["ph"] != "M"))
    modes = [event["name"] for event in events if event["ph"] == "X" and tracks[event["tid"]] == "processor 0: mode"]
    check("modes", modes[0] == "real mode" and "protected mode" in modes, modes)
    check("halted time", any(event["name"] == "halted" and event["dur"] > 1000 for event in events), "")
    timers = [event for event in events if event["name"] == "IRQ 0"]
    whole = {}
    for event in timers:
        whole.setdefault(event["id"], []).append((event["ph"], event["ts"]))
    complete = [steps for steps in whole.values() if [phase for phase, _ in steps] == ["b", "n", "e"]]
    check("five timer interrupts from request to EOI", len(complete) >= 5 and all(a[1] <= b[1] < c[1] for a, b, c in complete), timers[:9])
    check("their vector", any(event["ph"] == "n" and event["args"]["vector"] == "20h" for event in timers), timers[:3])
    ports = [event for event in events if event["ph"] == "X" and tracks[event["tid"]] == "ports"]
    check("ports", any(event["name"] == "out 0020h" for event in ports) and any(event["name"] == "out 0043h" for event in ports), ports[:5])
    check("drives", any(event["name"].startswith("READ SECTOR") for event in json.loads(disk(bench))), "")
    check("a full disk is no success", start("--timeline", "/dev/full").returncode in (54, 70))
    check("not with --trace", start("--timeline", "x", "--trace", "all").returncode == 64)


def disk(bench):
    demo = os.path.join(TESTROMS, "demo", "demo.img")
    subprocess.run([bench.swemu, "run", demo, "--headless", "--snapshot", "--max-ticks", "3M", "--timeline", "disk"], cwd=bench.folder, capture_output=True)
    return bench.read("disk")


run(Bench, coverage, branches, profile, merge, timeline)
