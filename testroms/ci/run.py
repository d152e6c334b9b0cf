#!/usr/bin/env python3
"""What CI does with swemu, from outside: `swemu test` and `merge` on kernels and disks that pass, fail, hang, flood and crash; scripts;
ceilings; reports. Each check is a line; the exit status is 1 when one fails.

    run.py --swemu build/swemu
"""
import argparse
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.dom.minidom

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
FILES = {
    "tests/demo.test.yaml": "disk: ../demo.img\nsteps:\n  - serial: \"demo: all checks passed\"\n  - screenshot: {folder}/shot.png\n"
                            "  - screen: \"usable +[0-9]+K\"\n    regex: true\n    rows: 8-14\n  - keys: [esc]\n  - exit: 0\n",
    "tests/pass.test.yaml": "name: a kernel that passes\nkernel: ../pass\n",
    "tests/code.test.yaml": "kernel: ../code\n",
    "tests/code-expected.test.yaml": "kernel: ../code\nsteps: [{exit: 3}]\n",
    "tests/vain.test.yaml": "kernel: ../pass\nsteps:\n  - serial: \"nothing like it\"\n    within: 5M\n",
    "tests/panic.test.yaml": "kernel: ../pass\nfail: [\"hello from the k\"]\n",
    "tests/flood.test.yaml": "kernel: ../flood\n",
    "tests/loop.test.yaml": "kernel: ../loop\nmax-instructions: 10M\n",
    "tests/triple.test.yaml": "kernel: ../triple\n",
    "tests/typed.test.yaml": "kernel: ../echo\nsteps:\n  - send: \"abc\"\n  - serial: \"abc!\"\n",
    "tests/deaf.test.yaml": "kernel: ../echo\nsteps:\n  - send: \"ab\"\n  - serial: \"ab\"\n  - snapshot: {folder}/typed.snap\n  - serial: \"!\"\n"
                            "    within: 3M\n",
    "tests/tap-good.test.yaml": "disk: ../tap.img\nsteps: [{exit: 16}]\n",
    "tests/tap-bad.test.yaml": "kernel: ../tapbad\ntap: true\n",
    "tests/tap-halt.test.yaml": "kernel: ../tapgood\ntap: true\n",
    "tests/tap-liar.test.yaml": "kernel: ../tapliar\n",
    "tests/missing.test.yaml": "kernel: ../no-such-file\n",
    "tests/triple-expected.test.yaml": "kernel: ../triple\nexpect: triple-fault\n",
    "tests/dead-expected.test.yaml": "kernel: ../dead\nsteps: [{debugcon: \"off\"}]\nexpect: dead\n",
    "tests/dead-early.test.yaml": "kernel: ../dead\nsteps: [{debugcon: \"on\"}]\nexpect: dead\n",
    "tests/reset-expected.test.yaml": "kernel: ../reset\nexpect: reset\n",
    "tests/exit-expected.test.yaml": "kernel: ../code\nexpect: {exit: 3}\n",
    "tests/other-ending.test.yaml": "kernel: ../pass\nexpect: dead\n",
    "tests/help.test.yaml": "kernel: ../pass\noptions: [--help]\n",
    "tests/models.test.yaml": "kernel: ../pass\noptions: [--cpu, help]\n",
    "tests/checked.test.yaml": "kernel: ../overwritten\ncheck: [stack]\n",
    "tests/skip.test.yaml": "kernel: ../pass\nskip: \"not today\"\n",
}
EXPECTED = {
    "demo": "passed", "a kernel that passes": "passed", "code": "guest-failed", "code-expected": "passed", "vain": "expectation",
    "panic": "expectation", "flood": "ceiling", "loop": "budget", "triple": "triple-fault", "typed": "passed", "tap-good": "passed",
    "deaf": "expectation", "tap-bad": "dead", "tap-liar": "tap", "tap-halt": "passed", "triple-expected": "passed", "dead-expected": "passed", "dead-early": "dead",
    "reset-expected": "passed", "exit-expected": "passed", "other-ending": "expectation", "missing": "refused", "help": "refused", "models": "refused", "skip": "skipped", "checked": "check-failed",
}
HEAD = '%include "../mistakes/mistake.inc"\nstart:\n        mov esp, stack_top\n'
KERNELS = {
    "code": "mov al, 3\nout 0xf4, al\n",
    "flood": "mov dx, 0xE9\nmov al, 'x'\nmore: out dx, al\njmp more\n",
    "loop": "more: inc eax\njmp more\n",
    "triple": "ud2\n",
    # A function writes over its return address, with the address of another place.
    "overwritten": "call f\nmov al, 1\nout 0xf4, al\nf: sub esp, 16\nmov edi, esp\nadd edi, 16\nmov dword [edi], away\nadd esp, 16\nret\naway: mov al, 0\nout 0xf4, al\n",
    "dead": "mov al, 'o'\nout 0xE9, al\nmov al, 'f'\nout 0xE9, al\nout 0xE9, al\ncli\nhlt\n",
    "reset": "mov al, 0xFE\nout 0x64, al\nhlt\n",
    # A character from COM1 goes back until "c", then "!".
    "echo": "again: mov dx, 0x3FD\nin al, dx\ntest al, 1\njz again\nmov dx, 0x3F8\nin al, dx\nmov bl, al\nready: mov dx, 0x3FD\nin al, dx\n"
            "test al, 0x20\njz ready\nmov dx, 0x3F8\nmov al, bl\nout dx, al\ncmp bl, '!'\nje done\ncmp bl, 'c'\njne again\nmov bl, '!'\njmp ready\n"
            "done: jmp again\n",
    "tapgood": "mov esi, text\nmore: lodsb\ntest al, al\njz end\nout 0xE9, al\njmp more\nend: cli\nhlt\ntext: db '1..2', 10, 'ok 1', 10, 'ok 2', 10, 0\n",
    # It says that a check failed, and ends as one that passed.
    "tapliar": "mov esi, text\nmore: lodsb\ntest al, al\njz end\nout 0xE9, al\njmp more\nend: mov al, 0\nout 0xf4, al\ntext: db '1..2', 10, 'ok 1', 10, 'not ok 2 - net', 10, 0\n",
    "tapbad": "mov esi, text\nmore: lodsb\ntest al, al\njz end\nout 0xE9, al\njmp more\nend: cli\nhlt\ntext: db '1..2', 10, 'ok 1', 10, 'not ok 2 - disk', 10, 0\n",
}
HASH = re.compile(r"state-hash: ([0-9a-f]{32}) at tick (\d+)")
failures = []


def check(name, good, detail=""):
    print("%-4s  %s%s" % ("ok" if good else "FAIL", name, "" if good else "  " + str(detail)))
    if not good:
        failures.append(name)


def nasm(text, target, folder):
    source = target + ".asm"
    with open(source, "w") as f:
        f.write(text)
    subprocess.run(["nasm", "-f", "bin", "-I", HERE + "/", "-I", TESTROMS + "/mistakes/", "-o", target, source], check=True)
    os.remove(source)


def prepare(folder):
    os.mkdir(folder + "/tests")
    for name, code in KERNELS.items():
        nasm(HEAD.replace("../mistakes/", "") + code, os.path.join(folder, name), folder)
    subprocess.run(["nasm", "-f", "bin", "-I", TESTROMS + "/kernels/", "-o", folder + "/pass", TESTROMS + "/kernels/kludge.asm"], check=True)
    subprocess.run(["nasm", "-f", "bin", "-I", TESTROMS + "/system/", "-o", folder + "/tap.img", TESTROMS + "/system/segments.asm"], check=True)
    os.truncate(folder + "/tap.img", 1 << 20)
    shutil.copy(TESTROMS + "/demo/demo.img", folder)
    for name, text in FILES.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text.replace("{folder}", folder))


def run(args, *words, given="", **more):
    return subprocess.run([args.swemu, *words], input=given, capture_output=True, text=True, timeout=600, **more)


def check_suite(args, folder):
    result = run(args, "test", "tests", "--max-output", "100K", "--junit", "r.xml", "--report", "r.json", "--tap", "r.tap", "--jobs", "3", cwd=folder)
    check("a suite with failures ends with 1", result.returncode == 1, result.stderr)
    report = json.load(open(folder + "/r.json"))
    got = {os.path.basename(r["name"]).replace(".test.yaml", ""): r for r in report["results"]}
    for name, verdict in EXPECTED.items():
        check("%s: %s" % (name, verdict), name in got and got[name]["verdict"] == verdict, got.get(name))
    check("a text is no machine", all("only prints a text" in got[name]["sentence"] for name in ("help", "models")), got["models"])
    check("a budget is met to the instruction", got["loop"]["instructions"] == 10_000_000, got["loop"])
    check("TAP of a guest is counted", got["tap-good"]["checks"] > 50 and got["tap-good"]["failed-checks"] == 0, got["tap-good"])
    check("a failed check decides", got["tap-bad"]["outcome"] == "failed" and "1 of 2" in got["tap-bad"]["sentence"], got["tap-bad"])
    found = got["checked"]
    check("a finding is told with all that is known", any("pushed by the call" in line for line in found["findings"]), found)
    check("in JUnit and in the text, too", all(found["findings"][-1].strip() in text for text in (open(folder + "/r.xml").read().replace("&gt;", ">"), result.stdout)), result.stdout)
    check("no part of a post-mortem is cut to its head", not re.search(r"^ +\S[^\n]*:\n      (kept in|open it)", result.stdout, re.M), result.stdout)
    suite = xml.dom.minidom.parse(folder + "/r.xml").documentElement
    failed = sum(r["outcome"] == "failed" for r in report["results"])
    check("JUnit counts the same", suite.getAttribute("failures") == str(failed) and suite.getAttribute("tests") == str(len(EXPECTED)), suite.toxml()[:200])
    tap = open(folder + "/r.tap").read()
    check("TAP 14 counts the same", tap.startswith("TAP version 14\n1..%d\n" % len(EXPECTED)) and tap.count("\nnot ok") == failed, tap[:200])
    kept = got["triple"]["artefacts"]
    names = set(os.listdir(os.path.join(folder, kept)))
    check("what failed is kept", names >= {"serial.log", "screen.txt", "screen.png", "post-mortem.txt", "report.json", "stderr.txt", "failure.snap",
                                           "recording.txt", "open.txt"}, names)
    check("the post-mortem is in it", "UD2" in open(os.path.join(folder, kept, "post-mortem.txt")).read())
    check("a failure names its debugger", "open it: swemu debug --kernel tests/../triple --restore swemu-test/tests_triple/failure.snap" in result.stdout, result.stdout)
    check("what passed is not kept", not os.path.exists(folder + "/swemu-test/demo"))
    told = re.findall(r"^(?:ok|FAIL|skip) +(\S.*?)  \(", result.stdout, re.M)
    check("results are told in order", told == sorted(r["name"] for r in report["results"]), told)
    case = next(c for c in suite.getElementsByTagName("testcase") if c.getAttribute("name").endswith("triple.test.yaml"))
    check("JUnit has the post-mortem and the screen", "UD2" in case.toxml() and "[[ATTACHMENT|%s/screen.png]]" % kept in case.toxml(), case.toxml())
    case = next(c for c in suite.getElementsByTagName("testcase") if c.getAttribute("name").endswith("tap-bad.test.yaml"))
    check("JUnit has the last lines", "not ok 2 - disk" in case.getElementsByTagName("system-out")[0].toxml(), case.toxml())
    check("TAP has them", '    - "not ok 2 - disk"' in tap and "UD2" in tap, tap)
    check("the text has them", "        not ok 2 - disk" in result.stdout and "UD2" in result.stdout, result.stdout)
    check("a step took a picture", open(folder + "/shot.png", "rb").read(4) == b"\x89PNG")


def check_opening(args, folder):
    """What failed is opened where it failed, and run once more, by the commands that were written for it."""
    got = {os.path.basename(r["name"]).replace(".test.yaml", ""): r for r in json.load(open(folder + "/r.json"))["results"]}
    again = {"triple": 10, "loop": 24, "deaf": 24, "tap-bad": 12, "tap-liar": 0, "flood": 24, "code": 3}
    for name, status in again.items():
        kept = os.path.join(folder, got[name]["artefacts"])
        commands = [line.strip() for line in open(kept + "/open.txt") if line.startswith("    swemu ")]
        debug, restore, replay, again_debug = (shlex.split(line)[1:] for line in commands)
        opened = run(args, *restore, "--headless", "--max-instructions", "1", "--state-hash", cwd=folder)
        hash = HASH.search(opened.stderr)
        end = open(kept + "/recording.txt").read().splitlines()[-1].split()
        check("%s is opened where it failed" % name, hash and [hash[2], hash[1]] == end[1:], (opened.stderr, end))
        # The debugger stands where the post-mortem was written, and has not moved.
        died = re.search(r"\bEIP=([0-9a-f]+)", open(kept + "/post-mortem.txt").read())
        debugged = run(args, *debug, "--plain", cwd=folder, given="registers\nquit\n")
        stands = re.findall(r"^eip=([0-9a-f]{8})", debugged.stdout, re.M)
        check("%s is debugged where it failed" % name, debugged.returncode == 0 and died and stands == [died[1]] * 2, (debugged, died))
        repeated = run(args, *replay, "--headless", cwd=folder)
        check("%s is run once more" % name, repeated.returncode == status, repeated)
        slow = run(args, *again_debug, "--plain", cwd=folder, given="step 2\nprint eip\nquit\n")
        check("%s is repeated in the debugger" % name, slow.returncode == 0 and "eip=0000fff0" in slow.stdout, slow)
    restored = run(args, "run", "--kernel", "echo", "--restore", "typed.snap", "--headless", "--serial", "stdio", "--step", "send: c", "--step", "serial: c!", cwd=folder)
    check("a step saved a snapshot", restored.returncode == 0 and restored.stdout.endswith("c!"), restored)


def check_shards(args, folder):
    reports = []
    for part in (1, 2, 3):
        name = "s%d.json" % part
        run(args, "test", "tests", "--max-output", "100K", "--shard", "%d/3" % part, "--report", name, "--output", "out%d" % part, cwd=folder)
        reports.append(name)
    merged = run(args, "merge", *reports, "--report", "all.json", cwd=folder)
    names = [r["name"] for r in json.load(open(folder + "/all.json"))["results"]]
    check("shards are the whole, once", sorted(names) == sorted(r["name"] for r in json.load(open(folder + "/r.json"))["results"]), names)
    check("merged failures end with 1", merged.returncode == 1 and "no report of shard" not in merged.stderr, merged.stderr)
    missing = run(args, "merge", reports[0], reports[2], cwd=folder)
    check("a missing shard is noticed", missing.returncode == 1 and "no report of shard 2 of 3" in missing.stderr, missing.stderr)
    environment = dict(os.environ, JOB_COMPLETION_INDEX="1", JOB_COMPLETIONS="3")
    run(args, "test", "tests", "--max-output", "100K", "--shard", "auto", "--report", "auto.json", cwd=folder, env=environment)
    part = [[r["name"] for r in json.load(open(folder + "/" + n))["results"]] for n in ("auto.json", "s2.json")]
    check("Kubernetes' variables choose the same part", part[0] == part[1] and part[0], part)


def check_single(args, folder):
    good = run(args, "test", "pass", cwd=folder)
    check("a kernel alone is a test", good.returncode == 0 and "1 passed, 0 failed" in good.stdout, good.stdout)
    memory = run(args, "run", "--kernel", "loop", "--headless", "--max-host-memory", "1M", cwd=folder)
    check("the host's memory is a ceiling", memory.returncode == 66 and "--max-host-memory allows" in memory.stderr, memory.stderr)
    typo = folder + "/bad.yaml"
    with open(typo, "w") as f:
        f.write("steps:\n  - expct: x\n")
    wrong = run(args, "run", "--kernel", "pass", "--headless", "--script", typo, cwd=folder)
    check("a mistake names its line", wrong.returncode == 62 and "bad.yaml:2: " in wrong.stderr and "did you mean expect?" in wrong.stderr, wrong.stderr)
    times = []
    for _ in range(5):
        began = time.monotonic()
        hello = run(args, "run", "--kernel", "pass", "--headless", "--serial", "stdio", cwd=folder)
        times.append(time.monotonic() - began)
    check("hello, world passes", hello.returncode == 0 and hello.stdout == "hello from the kludge\n", hello)
    print("      hello, world took %.0f ms at best" % (min(times) * 1000))
    # It prints at 115,200 baud; what would take the time is waiting for the line.
    counted = re.search(r"stats: (\d+) ticks, (\d+) of them passed", run(args, "run", "--kernel", "pass", "--headless", "--stats", cwd=folder).stderr)
    check("hello, world does not execute its waiting", counted and int(counted[2]) > 0.9 * int(counted[1]), counted)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
    run(args, "run", "--kernel", "pass", "--headless", cwd=folder)
    pages = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before
    check("hello, world touches few pages", pages < 3000, pages)
    print("      hello, world touched %d pages" % pages)


def check_crash(args, folder):
    """One machine is killed from outside; the others go on."""
    os.mkdir(folder + "/crash")
    for name in ("a", "b", "c"):
        with open("%s/crash/%s.test.yaml" % (folder, name), "w") as f:
            f.write("kernel: ../%s\n" % ("loop" if name == "b" else "pass"))
    process = subprocess.Popen([args.swemu, "test", "crash", "--jobs", "3", "--report", "c.json"], cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    victim, deadline = None, time.monotonic() + 60
    while victim is None and time.monotonic() < deadline:
        found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
        victim = next((int(line.split()[0]) for line in found.splitlines() if "/loop" in line), None)
        time.sleep(0.02)
    if victim is not None:
        os.kill(victim, signal.SIGKILL)
    check("a machine was killed", victim is not None)
    try:
        process.wait(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
    outcomes = {os.path.basename(r["name"])[0]: r for r in json.load(open(folder + "/c.json"))["results"]}
    check("the others pass", outcomes["a"]["outcome"] == outcomes["c"]["outcome"] == "passed", outcomes)
    check("its end is told", outcomes["b"]["verdict"] == "crashed" and "signal 9" in outcomes["b"]["sentence"], outcomes["b"])


def check_unfinished(args, folder):
    """A signal ends the whole run: what ran and what waited appears as such in every report. A machine that takes too long says how far it came."""
    os.mkdir(folder + "/long")
    for name, kernel in (("a", "pass"), ("b", "loop"), ("c", "loop"), ("d", "pass")):
        with open("%s/long/%s.test.yaml" % (folder, name), "w") as f:
            f.write("kernel: ../%s\nmax-instructions: 1T\nmax-ticks: 1T\n" % kernel)
    words = [args.swemu, "test", "long", "--jobs", "1", "--report", "l.json", "--junit", "l.xml", "--tap", "l.tap", "--output", "long-out"]
    process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if "a.test.yaml" in line:
            break
    # The second one runs as soon as it has a folder with its complaints.
    deadline = time.monotonic() + 60
    while not os.path.exists(folder + "/long-out/long_b/stderr.txt") and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.terminate()
    process.communicate(timeout=120)
    results = {os.path.basename(r["name"])[0]: r for r in json.load(open(folder + "/l.json"))["results"]}
    check("an ended run ends with 18", process.returncode == 18, process.returncode)
    check("what was done has its verdict", results["a"]["verdict"] == "passed", results)
    check("what ran is unfinished", results["b"]["verdict"] == "unfinished" and results["b"]["outcome"] == "failed", results["b"])
    check("what waited has not started", all(results[n]["verdict"] == "not-started" and results[n]["outcome"] == "failed" for n in "cd"), results)
    check("JUnit has them", [open(folder + "/l.xml").read().count('<failure type="%s"' % v) for v in ("unfinished", "not-started")] == [1, 2])
    check("TAP has them", open(folder + "/l.tap").read().count("\nnot ok") == 3)
    late = run(args, "test", "loop", "--timeout", "1", "--max-instructions", "1T", "--max-ticks", "1T", "--report", "t.json", "--output", "late", cwd=folder)
    result = json.load(open(folder + "/t.json"))["results"][0]
    check("--timeout says how far it came", late.returncode == 1 and result["verdict"] == "timeout" and result["instructions"] > 100_000, result)


def check_choice(args, folder):
    """Filter, list, order, retries, and an end at the first failure; GitHub's summary."""
    names = lambda *words: [os.path.basename(n) for n in run(args, "test", "tests", "--list", *words, cwd=folder).stdout.splitlines()]
    check("--list says all", len(names()) == len(EXPECTED) and not os.path.exists(folder + "/listed"), names())
    check("--filter chooses", names("--filter", "^tests/code", "--filter", "loop") == ["code-expected.test.yaml", "code.test.yaml", "loop.test.yaml"], names("--filter", "^tests/code"))
    check("--shuffle is an order of its seed", names("--shuffle", "7") == names("--shuffle", "7") != names() and sorted(names("--shuffle", "7")) == sorted(names()))
    nothing = run(args, "test", "tests", "--filter", "no such", cwd=folder)
    check("a filter that finds nothing is refused", nothing.returncode == 62 and "--list" in nothing.stderr, nothing)
    wrong = run(args, "test", "tests", "--filter", "(", cwd=folder)
    check("so is one that is none", wrong.returncode == 64 and wrong.stderr.count("\n") == 1, wrong)
    summary = folder + "/summary.md"
    environment = dict(os.environ, GITHUB_STEP_SUMMARY=summary, GITHUB_SERVER_URL="https://github.example", GITHUB_REPOSITORY="o/r", GITHUB_RUN_ID="5")
    fast = run(args, "test", "tests", "--filter", "code|triple|a kernel", "--jobs", "1", "--fail-fast", "--retry", "2", "--report", "f.json", "--output", "fast", cwd=folder, env=environment)
    got = {os.path.basename(r["name"]): r for r in json.load(open(folder + "/f.json"))["results"]}
    check("--fail-fast ends with 1", fast.returncode == 1, fast)
    check("what did not start is skipped as such", got["triple.test.yaml"]["outcome"] == "skipped" and got["triple.test.yaml"]["verdict"] == "not-started", got)
    check("--retry runs it again", got["code.test.yaml"]["runs"] == 3 and "run 3 times: it failed each time" in fast.stdout, fast.stdout)
    text = open(summary).read()
    check("GitHub's summary links to the screen", '<a href="https://github.example/o/r/actions/runs/5#artifacts">fast/tests&#95;code/screen.png</a>' in text, text)
    options = run(args, "test", "pass", "--", "--memory", "8", "--append", "x", cwd=folder)
    check("options behind -- are the machine's", options.returncode == 0, options)
    twins = folder + "/twins"
    os.mkdir(twins)
    for n in "ab":
        with open("%s/%s.test.yaml" % (twins, n), "w") as f:
            f.write("name: twin\nkernel: ../code\n")
    both = run(args, "test", "twins", "--jobs", "2", "--report", "w.json", "--output", "twins-out", cwd=folder)
    places = {r["artefacts"] for r in json.load(open(folder + "/w.json"))["results"]}
    check("two tests of one name have a folder each", places == {"twins-out/twin", "twins-out/twin-2"}, places)


def check_folders(args, folder):
    os.mkdir(folder + "/kernels")
    for name in ("one", "two"):
        shutil.copy(folder + "/pass", folder + "/kernels/" + name)
    with open(folder + "/kernels/notes.txt", "w") as f:
        f.write("no kernel\n")
    result = run(args, "test", "kernels", cwd=folder)
    check("a folder of kernels is a suite", result.returncode == 0 and "2 passed, 0 failed" in result.stdout, result)
    check("and says so", "kernels: no file ends in .test.yaml; 2 of 3 are kernels, each is a test" in result.stderr, result.stderr)
    shutil.copy(folder + "/tests/code-expected.test.yaml", folder + "/kernels/only.test.yaml")
    result = run(args, "test", "kernels", cwd=folder)
    check("beside a description kernels are no tests", result.returncode == 0 and "1 passed, 0 failed" in result.stdout, result)
    os.mkdir(folder + "/empty")
    result = run(args, "test", "empty", cwd=folder)
    check("a folder of nothing is refused", result.returncode == 62 and "no test found: empty" in result.stderr, result)


def check_small_host(args, folder):
    """Whatever `ulimit -v` allows, a machine runs or is refused in one line."""
    statuses = set()
    for megabytes in (48, 64, 96, 128, 160, 192, 256, 512):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        result = run(args, "run", "--kernel", "pass", "--headless", "--memory", "16", cwd=folder, preexec_fn=limit)
        statuses.add(result.returncode)
        if result.returncode not in (0, 70) or result.stderr.count("\n") != 1:
            check("a host of %d MB" % megabytes, False, result)
        # A debugger keeps the past, too.
        result = run(args, "debug", "--kernel", "pass", "--plain", "--command", "continue 100000", "--command", "quit", cwd=folder, preexec_fn=limit)
        if result.returncode not in (0, 70) or result.returncode and result.stderr.count("\n") != 1:
            check("a debugger on a host of %d MB" % megabytes, False, result)
    check("a host without room is told in one line", statuses == {0, 70}, statuses)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(TESTROMS, "../.build/release/swemu"))
    args = parser.parse_args()
    args.swemu = os.path.abspath(args.swemu)
    with tempfile.TemporaryDirectory(prefix="ci-") as folder:
        prepare(folder)
        check_suite(args, folder)
        check_opening(args, folder)
        check_shards(args, folder)
        check_single(args, folder)
        check_crash(args, folder)
        check_unfinished(args, folder)
        check_folders(args, folder)
        check_choice(args, folder)
        check_small_host(args, folder)
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
