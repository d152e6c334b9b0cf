#!/usr/bin/env python3
"""`swemu debug --plain` as the documents show it: each dialogue in docs/first-session.md and docs/debugger.md is held with the real program, and every
line that a document shows as an answer has to be in the program's answer to that command, in this order. "..." leaves lines out. Then what
the documents do not show: scripts, mistakes, ends. Each check is a line; the exit status is 1 when one fails.

    plain.py --swemu build/swemu
"""
import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "testroms/kernels"))
from compiler import FAULTY, FRAMES, compile_kernel  # noqa: E402

PROMPT = "(swemu) "


def dialogues(path):
    """Of each ```console block that starts the debugger: the command line, and (command, [lines]) pairs."""
    text = open(path, encoding="utf-8").read()
    for block in re.findall(r"^ *```console\n(.*?)^ *```", text, re.M | re.S):
        lines = [line.strip("\n") for line in block.split("\n")]
        start = [line for line in lines if line.strip().startswith("$ swemu debug")]
        if not start:
            continue
        pairs = []
        for line in lines[lines.index(start[0]) + 1:]:
            if line.startswith(PROMPT):
                pairs.append((line[len(PROMPT):], []))
            elif pairs and line.strip():
                pairs[-1][1].append(line.rstrip())
        yield start[0].strip()[2:], pairs


def hold(swemu, arguments, commands, cwd=ROOT):
    """The answers to the commands, and the exit status."""
    result = subprocess.run([swemu] + arguments, input="".join(c + "\n" for c in commands), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, cwd=cwd, timeout=300)
    answers, current = [], None
    for line in result.stdout.split("\n"):
        if line.startswith(PROMPT):
            current = []
            answers.append((line[len(PROMPT):], current))
        elif current is not None:
            current.append(line.rstrip())
    return answers, result


def missing(expected, answer):
    """The first expected line that is not in the answer behind the one before."""
    position = 0
    for line in expected:
        if line == "...":
            continue
        try:
            position = answer.index(line, position) + 1
        except ValueError:
            return line
    return None


def values(swemu, check):
    """Values, conditions, places and registers in a kernel of C, optimised and not."""
    lines = open(os.path.join(HERE, "values.c")).read().split("\n")
    call = 1 + next(number for number, line in enumerate(lines) if "    die(n);" in line)
    with tempfile.TemporaryDirectory() as folder:
        for level in ("-O0", "-O2"):
            kernel = compile_kernel(os.path.join(HERE, "values.c"), os.path.join(folder, "values"), FRAMES + ["-g", "-fno-stack-protector", "-w", level])
            pairs = [
                ("break factorial if m == 2", "m is neither a register nor a symbol"), ("break factorial if n == 2", ") if n == 2"),
                ("condition 1 m == 2", "m is neither"), ("delete", ""), ("break tripled", "and 1 place where it is inlined"), ("continue", "values.c:"),
                ("delete", ""), ("print extended", "extended = 3.25"), ("print rotation", "1.0 + 2.0i"), ("print mac", '"RT\\000\\0224V"'),
                ("print tasks[0].name", '= "idle"'), ("print row[1]*2", "= 5.0"), ("print (int)negative", "= -7"), ("print negative < -7.5", "= 1"),
                ("set tasks[0].load = 3.5", "= 3.5"), ("set var tasks[1].number = 8", "= 8"), ("print tasks[1].number > 5 ? 10 : 20", "= 10"),
                ("print (float)tasks[1].number / 3", "2.66"), ("back-to write 0x300000", "the machine stays where it is"), ("continue", "post-mortem: triple fault"),
                ("info fpu", "ST(0) = 3.141592653589793"), ("print $st1 * 4", "= 4.0"), ("fpu", "control word 037Fh: masked IM DM ZM OM UM PM"),
                ("registers xmm0", "int32   0, 0, 0, 0"), ("info sse", "MXCSR 00001F80h"), ("post-mortem", "outer+"), ("step", "the machine has ended")]
            answers, result = hold(swemu, ["debug", "--kernel", kernel, "--memory", "32", "--cpu", "pentium4", "--plain"], [command for command, _ in pairs])
            wrong = [(command, "\n".join(answer)) for (command, words), (_, answer) in zip(pairs, answers) if words not in "\n".join(answer)]
            check("values, conditions and registers of a kernel of C, %s" % level, wrong if len(answers) == len(pairs) else (len(answers), result.stderr)
                  if wrong or len(answers) != len(pairs) else None)
            said = dict((command, "\n".join(answer)) for command, answer in answers)
            check("a caller's line is that of its call, %s" % level, None if "values.c:%d)" % call in said["post-mortem"] else said["post-mortem"])
            check("a dead machine says why once, %s" % level, None if "post-mortem:" not in said["step"] else said["step"])


def reasons(swemu, check):
    """The reasons of flags of instructions that the processor carries out by methods of its own."""
    cases = [
        ("DAA", "27", ["set al = 0x9b"], ["AL <- AL + 66h = 01h", "CF=1  the high digit was adjusted", "AF=1  the low digit was adjusted", "ZF=0  the result is not 0"]),
        ("DAS", "2f", ["set al = 3", "set af = 1", "set cf = 0"], ["CF=1  taking 6 from 03h borrows"]),
        ("AAM", "d4 0a", ["set ax = 50"], ["AH <- AL / 10 = 50 / 10 = 5", "ZF=1  the result is 0"]),
        ("POPCNT", "f3 0f b8 c3", ["set bx = 0xf1"], ["the ones in BX = 00F1h = 5", "ZF=0  the source is not 0", "CF=0  the instruction clears it always"]),
        ("TZCNT", "f3 0f bc c3", ["set bx = 0"], ["CF=1  the source is 0", "ZF=0  the result is not 0"]),
        ("CMPXCHG8B", "0f c7 0e 00 05", ["set eax = 5", "set edx = 0"], ["ZF=0  the two differ"]),
        ("PCMPISTRI", "66 0f 3a 63 c1 0c", ["set cr4 = 0x200"], ["ZF=1  XMM1 ends before its last element", "SF=1  XMM0 ends before its last element", "CF=1  it holds at one place"]),
    ]
    for name, code, state, wanted in cases:
        commands = ["until 0x7c00"] + ["set byte[0x%x] = 0x%s" % (0x7C00 + number, byte) for number, byte in enumerate(code.split())] + state + ["explain"]
        held, _ = hold(swemu, ["debug", "testroms/demo/demo.img", "--plain", "--memory", "32", "--cpu", "max"], commands)
        said = "\n".join(held[-1][1]) if held else ""
        check("flags of %s have reasons" % name, None if all(text in said for text in wanted) and "set by the operation" not in said else said)


def plus_plus(swemu, check):
    """Names and references of C++."""
    source = ("extern \"C\" {\n#include \"kernel.h\"\n}\nnamespace ns { int g = 4; __attribute__((noinline)) int f(int &r) { r += 1; g += r; return r; } }\n"
              "extern \"C\" void kmain() { int i = 41; ns::f(i); }\n")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "names.cc")
        open(path, "w").write(source)
        kernel = compile_kernel(path, os.path.join(folder, "names"), ["-g", "-O0", "-fno-exceptions", "-fno-asynchronous-unwind-tables", "-w"])
        pairs = [("break ns::f", "ns::f+"), ("continue", "breakpoint at"), ("print r", "r = 41"), ("print r + 1", "= 42"), ("backtrace", "ns::f+"), ("symbol ns::g", ": ns::g")]
        answers, result = hold(swemu, ["debug", "--kernel", kernel, "--memory", "32", "--plain"], [command for command, _ in pairs])
        wrong = [(command, answer) for (command, words), (_, answer) in zip(pairs, answers) if words not in "\n".join(answer)]
        check("names and references of C++", wrong or (None if len(answers) == len(pairs) else result.stderr))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(ROOT, ".build/release/swemu"))
    options = parser.parse_args()
    swemu = os.path.abspath(options.swemu)
    failures = 0

    def check(name, problem):
        nonlocal failures
        print("%s  %s%s" % ("FAIL" if problem else "ok  ", name, ": " + str(problem) if problem else ""), flush=True)
        failures += 1 if problem else 0

    count = 0
    # The kernel of the documents' dialogues about C.
    kernels = tempfile.TemporaryDirectory()
    kernel = compile_kernel(os.path.join(ROOT, "testroms/sources/kernel.c"), os.path.join(kernels.name, "kernel.elf"), ["-g", "-fno-stack-protector"])
    for name in ["docs/first-session.md", "docs/debugger.md"]:
        for command_line, pairs in dialogues(os.path.join(ROOT, name)):
            count += 1
            arguments = [kernel if word == "kernel.elf" else word for word in shlex.split(command_line)[1:]]
            if "--plain" not in arguments:
                arguments.append("--plain")
            answers, result = hold(swemu, arguments, [command for command, _ in pairs])
            # Before them are those of --command.
            answers = answers[-len(pairs):]
            problem = None
            if len(answers) != len(pairs):
                problem = "%d answers to %d commands; %s" % (len(answers), len(pairs), result.stderr[-300:])
            for (command, expected), (echo, answer) in zip(pairs, answers):
                line = missing(expected, answer)
                if problem is None and (line is not None or echo != command):
                    problem = "%s: no line %r in\n%s" % (command, line, "\n".join(answer))
            check("%s: %s, %d commands" % (name, command_line, len(pairs)), problem)
    check("the documents hold dialogues", None if count >= 4 else "only %d" % count)

    demo = ["debug", "testroms/demo/demo.img", "--memory", "32", "--plain"]
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        open(script, "w").write("# to the boot sector\nuntil 0x7c00\nbreak 0x7c13 if dl == 0x80\n")
        answers, result = hold(swemu, demo + ["--command-file", script, "--command", "continue"], ["blist", "print eip"])
        check("--command-file and --command", None if answers[-1][1][0] == "00007C13h = 31763" and result.returncode == 0 else answers)
        open(script, "w").write("step\nnonsense\n")
        _, result = hold(swemu, demo + ["--command-file", script], [])
        check("a mistake in a script ends with status 62", None if result.returncode == 62 and "line 2" in result.stdout else result)

        points, trace, snapshot = (os.path.join(folder, n) for n in ("points", "trace", "machine.snap"))
        hold(swemu, demo, ["break 0x7c00", "set explain off", "save " + points])
        answers, _ = hold(swemu, demo, ["load " + points, "continue", "trace " + trace, "step 4", "trace off", "save machine " + snapshot])
        lines = open(trace).read().split("\n")
        check("save and load of breakpoints", None if answers[1][1][0].startswith("1: breakpoint at 00007C00h") else answers[1])
        check("a trace in a file", None if len(lines) == 5 and "xor ax, ax" in lines[1] else lines)
        answers, _ = hold(swemu, demo, ["load machine " + snapshot, "step", "step-back 1"])
        check("a snapshot of the machine", None if answers[0][1][-1].startswith("> 0000:7c0c") else answers)
        answers, result = hold(swemu, ["debug", "--restore", snapshot, "testroms/demo/demo.img", "--plain"], ["print eip"])
        check("--restore", None if answers and answers[0][1][0] == "00007C0Ch = 31756" else (answers, result.stderr))

    # A recording enters again, whichever way the machine goes, and nothing else does.
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "run.txt")
        subprocess.run([swemu, "run", "testroms/demo/demo.img", "--snapshot", "--headless", "--step", "wait: 20M", "--step", "keys: [a, b]", "--step", "wait: 4M",
                        "--record", recording], cwd=ROOT, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        replay = ["debug", "testroms/demo/demo.img", "--replay", recording, "--plain"]
        answers, result = hold(swemu, replay, ["continue 20000100", "step-back 5", "continue", "type \"x\"", "quit"])
        good = result.returncode == 24 and "replayed: the replay ended in the state that was recorded" in result.stderr
        check("--replay, back over a key and on", None if good and "takes no input" in answers[3][1][0] else (answers[-2:], result.stderr))
        states = [os.path.join(folder, name) for name in ("early.snap", "late.snap")]
        for state, at in zip(states, ("60k", "400k")):
            subprocess.run([swemu, "snapshot", "save", "testroms/demo/demo.img", "--headless", "--at", at, "-o", state], cwd=ROOT, check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        differs = subprocess.run([swemu, "diff"] + states, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        same = subprocess.run([swemu, "diff", states[0], states[0]], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        words = ["tick 60000 -> 400000", "eip ", "bytes differ", "chips:"]
        check("diff says what changed", None if differs.returncode == 1 and all(word in differs.stdout for word in words) else differs)
        check("diff of the same", None if (same.returncode, same.stdout) == (0, "nothing is different\n") else same)

    with tempfile.TemporaryDirectory() as folder:
        kernel = compile_kernel(FAULTY, os.path.join(folder, "faulty"), FRAMES + ["-g"])
        answers, result = hold(swemu, ["debug", "--kernel", kernel, "--memory", "32", "--plain"],
                               ["break kmain", "continue", "list", "nextline", "stepline", "break faulty.c:20 if c == 0", "break faulty.c:20 if b == 0", "disable 2",
                                "break faulty.c:20 if ebx == 1",
                                "continue", "backtrace", "out", "info symbols div", "symbol compute"])
        said = {command: "\n".join(answer) for command, answer in answers}
        wanted = {"break kmain": "kmain (", "list": "> 32", "nextline": "faulty.c:33  result = compute(3);", "stepline": "faulty.c:24  {",
                  "break faulty.c:20 if c == 0": "c is no name I know", "break faulty.c:20 if b == 0": "(kernels/faulty.c:20) if b == 0", "backtrace": "#2  ", "out": "compute+0x",
                  "info symbols div": "divide", "symbol compute": "compute"}
        wrong = [command for command, words in wanted.items() if words not in said.get(command, "")]
        check("a C kernel with source lines", "\n".join(c + ": " + said.get(c, "") for c in wrong) + result.stderr[-300:] if wrong else None)

    values(swemu, check)
    if shutil.which("g++"):
        plus_plus(swemu, check)
    reasons(swemu, check)

    # Ctrl-C stops a machine that runs, and the dialogue goes on.
    process = subprocess.Popen([swemu] + demo, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    process.stdin.write("continue\n")
    process.stdin.flush()
    time.sleep(3)
    process.send_signal(2)
    out, _ = process.communicate("print 6*7\nquit\n", timeout=60)
    check("SIGINT stops a run", None if "stopped because you asked" in out and "0000002Ah = 42" in out else out[-500:])

    # Limits: a session that one of them ends has the last line and the status of `swemu run`. The machine stands at its last tick for who looks.
    def limited(name, arguments, commands, status, line, *said):
        answers, result = hold(swemu, demo + arguments, commands)
        text = "\n".join(line for _, answer in answers for line in answer)
        good = result.returncode == status and line in result.stderr.split("\n")[-2] and all(s in text for s in said)
        check(name, None if good else (result.returncode, result.stderr[-300:], text[-500:]))

    stands = "the machine goes no further than tick 2000000"
    budget = ["--max-ticks", "2M"]
    for name, commands in [("continue", ["continue"]), ("steps", ["step 1999990", "step 100"]), ("until", ["until 0x12345"]),
                           ("next", ["continue 1999999", "next 10"]), ("a count beyond", ["continue 100000000"]),
                           ("back and on again", ["continue", "step-back 10", "continue"])]:
        limited("--max-ticks ends %s" % name, budget, commands + ["print 6*7"], 16, "swemu: budget: --max-ticks reached at ", stands,
                "0000002Ah = 42")
    limited("--max-ticks again and again is no mistake", budget, ["continue", "continue", "step"], 16, " ticks, 0.02", stands)
    _, result = hold(swemu, demo + budget, ["continue", "step-back", "quit"])
    check("who has gone back from the last tick has not reached it", None if result.returncode == 0 else result)
    _, result = hold(swemu, demo + budget + ["--command", "continue", "--command", "nonsense"], [])
    check("a mistake at the last tick is a mistake", None if result.returncode == 62 else result)
    limited("--timeout ends continue", ["--timeout", "1s"], ["continue", "print 6*7"], 22, "swemu: timeout: --timeout was reached at ",
            "stopped because you asked")
    limited("--timeout ends a long step", ["--timeout", "1s"], ["step 100000000000"], 22, "swemu: timeout: ", "stopped because you asked")
    limited("--timeout ends a long search", ["--timeout", "1s"], ["find 0 0xffffffff 12 34 56 78 9a bc de f0 11 22"], 22, "swemu: timeout: ",
            "because you asked")
    limited("--max-output ends continue", ["--max-output", "40", "--serial", "stdio"], ["continue", "print 6*7"], 66,
            "swemu: ceiling: the guest has printed ", "guest: ")
    limited("--max-host-memory ends continue", ["--max-host-memory", "8M"], ["continue"], 66, "swemu: ceiling: the machine takes ")
    refused = subprocess.run([swemu] + demo + ["--expect", "x"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    check("an option without meaning here is refused", None if refused.returncode == 64 and "--expect is for swemu run" in refused.stderr else refused)

    # A signal other than Ctrl-C ends the script, whatever it does, and whatever comes after.
    def signalled(name, number, arguments, text, keeps_open=False):
        process = subprocess.Popen([swemu] + demo + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=ROOT)
        process.stdin.write(text)
        process.stdin.flush()
        # It has come so far when it shows the command.
        while PROMPT not in process.stdout.readline():
            pass
        time.sleep(0.5)
        process.send_signal(number)
        out, err = process.communicate(None if keeps_open else "print 6*7\n", timeout=60)
        good = process.returncode == 18 and "swemu: interrupted: ended by %s at " % signal.Signals(number).name in err and "= 42" not in out
        check(name, None if good else (process.returncode, err, out[-300:]))

    for number in [signal.SIGTERM, signal.SIGHUP]:
        name = signal.Signals(number).name
        signalled("%s ends continue" % name, number, [], "continue\n")
        signalled("%s ends a script of --command" % name, number, ["--command", "continue", "--command", "print 6*7"], "")
    signalled("SIGTERM ends a long step", signal.SIGTERM, [], "step 100000000000\n")
    signalled("SIGTERM ends a dialogue that waits", signal.SIGTERM, [], "registers\n", True)
    signalled("SIGINT ends a script of --command", signal.SIGINT, ["--command", "continue", "--command", "print 6*7"], "")

    result = subprocess.run([swemu, "debug", "no-such.img", "--plain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check("a missing image is refused in one line", None if result.returncode == 30 and result.stderr.count("\n") == 1 else result)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
