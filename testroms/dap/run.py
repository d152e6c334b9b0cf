#!/usr/bin/env python3
"""Debugs a C kernel as an editor does, over the Debug Adapter Protocol: breakpoints of every kind, steps both ways, frames, registers, memory, code, a death,
and what no editor sends.

    run.py --swemu build/tests/release/swemu
"""
import argparse
import base64
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTROMS, "kernels"), os.path.join(TESTROMS, "state")]
from adapter import Adapter, Attached  # noqa: E402
from checks import check, failures  # noqa: E402
from compiler import FRAMES, compile_kernel  # noqa: E402

SOURCE = os.path.join(HERE, "kernel.c")


def line_of(text):
    with open(SOURCE) as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


def stop(adapter, *reasons):
    body = adapter.event("stopped") or {"reason": "nothing"}
    check("stops: " + "/".join(reasons), body["reason"] in reasons, body)
    return body


def top(adapter):
    return adapter.body("stackTrace", threadId=1)["stackFrames"][0]


def value(adapter, expression):
    result = adapter.body("evaluate", expression=expression, context="watch")["result"]
    return int(result.rpartition(") 0x")[2].split()[0] if ") 0x" in result else result.split()[0], 16 if "0x" in result else 10)


def whole_session(swemu, kernel):
    adapter = Adapter(swemu)
    capabilities = adapter.launch(kernel=kernel, memory=16, stopOnEntry=True)
    check("capabilities", capabilities["supportsStepBack"] and capabilities["supportsDisassembleRequest"])
    known = {row["filter"] for row in capabilities["exceptionBreakpointFilters"]}
    check("exceptions have their names", {"all", "pf", "gp", "ud"} <= known, known)
    wanted = line_of("total += square")
    points = adapter.body("setBreakpoints", source={"path": SOURCE},
                          breakpoints=[{"line": wanted, "condition": "[total] > 4"}, {"line": 9999}])["breakpoints"]
    check("a breakpoint has its line", points[0]["verified"] and points[0]["line"] == wanted, points)
    check("a line without code is refused in words", not points[1]["verified"] and "no code" in points[1]["message"], points)
    adapter.body("setFunctionBreakpoints", breakpoints=[{"name": "kmain"}])
    adapter.body("configurationDone")
    stop(adapter, "entry")
    adapter.body("continue", threadId=1)
    stop(adapter, "function breakpoint")
    check("in kmain", top(adapter)["name"].startswith("kmain"), top(adapter))
    adapter.body("setFunctionBreakpoints", breakpoints=[])
    adapter.body("continue", threadId=1)
    body = stop(adapter, "breakpoint")
    check("the breakpoint's number is told", body["hitBreakpointIds"] == [points[0]["id"]], body)
    check("its condition was true for the first time", value(adapter, "[total]") == 5, value(adapter, "[total]"))
    frame = top(adapter)
    check("file and line of the frame", frame["source"]["path"].endswith("kernel.c") and frame["line"] == wanted, frame)

    adapter.body("stepIn", threadId=1)
    stop(adapter, "step")
    frames = adapter.body("stackTrace", threadId=1)["stackFrames"]
    check("into a function, with its caller", [f["name"].split("+")[0] for f in frames[:2]] == ["square", "kmain"], frames[:2])
    adapter.body("stepOut", threadId=1)
    stop(adapter, "step")
    check("out of it", top(adapter)["name"].startswith("kmain"))
    adapter.body("next", threadId=1, granularity="instruction")
    stop(adapter, "step")
    before = value(adapter, "eip")
    adapter.body("stepBack", threadId=1, granularity="instruction")
    stop(adapter, "step")
    check("back by an instruction", value(adapter, "eip") != before)
    adapter.body("reverseContinue", threadId=1)
    stop(adapter, "breakpoint")

    scopes = adapter.body("scopes", frameId=1)["scopes"]
    check("scopes", [s["name"] for s in scopes] == ["Locals", "Registers", "Flags", "Segments", "System registers"], scopes)
    registers = {v["name"]: v["value"] for v in adapter.body("variables", variablesReference=1)["variables"]}
    check("registers", {"eax", "esp", "eip"} <= set(registers) or {"rax", "rsp", "rip"} <= set(registers), registers)
    answer = adapter.body("setVariable", variablesReference=1, name="ecx", value="0x1234")
    check("a register is set", value(adapter, "ecx") == 0x1234, answer)
    check("a name that is none is refused", not adapter.ask("setVariable", variablesReference=1, name="exx", value="1")["success"])

    variables = {v["name"]: v for v in adapter.body("variables", variablesReference=scopes[0]["variablesReference"])["variables"]}
    check("arguments and locals", {"info", "word", "number"} <= set(variables) and variables["number"]["value"].isdigit(), variables)
    check("types", variables["number"]["type"] == "u32" and variables["info"]["type"] == "u32 *", variables)
    answer = adapter.body("evaluate", expression="&total", context="watch", frameId=1)
    parts = adapter.body("variables", variablesReference=answer["variablesReference"])["variables"]
    check("a pointer can be opened", parts[0]["name"] == "*&total" and parts[0]["value"] == str(value(adapter, "total")), (answer, parts))
    answer = adapter.body("evaluate", expression="gdt", context="watch")
    rows = adapter.body("variables", variablesReference=answer["variablesReference"])["variables"]
    check("an array can be opened", [row["name"] for row in rows] == ["[0]", "[1]", "[2]", "[3]"] and rows[2]["evaluateName"] == "gdt[2]", rows)
    answer = adapter.body("setVariable", variablesReference=answer["variablesReference"], name="[1]", value="0x55")
    check("an element is set", answer["value"] == "85" and adapter.body("evaluate", expression="gdt[1]", context="watch")["result"] == "85", answer)
    adapter.body("setExpression", expression="gdt[1]", value="0")
    check("and set back", adapter.body("evaluate", expression="gdt[1]", context="hover")["result"] == "0")

    info = adapter.body("dataBreakpointInfo", name="total")
    check("a variable's size is known", info["dataId"].endswith(" 4"), info)
    adapter.body("setBreakpoints", source={"path": SOURCE}, breakpoints=[])
    point = adapter.body("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"], "accessType": "write"}])["breakpoints"][0]
    adapter.body("continue", threadId=1)
    body = stop(adapter, "data breakpoint")
    check("the watchpoint's number is told", body["hitBreakpointIds"] == [point["id"]], body)
    adapter.body("setDataBreakpoints", breakpoints=[])

    address = hex(value(adapter, "&total"))
    old = base64.b64decode(adapter.body("readMemory", memoryReference=address, count=4)["data"])
    check("memory is read", int.from_bytes(old, "little") == value(adapter, "[total]"), old)
    adapter.body("writeMemory", memoryReference=address, data=base64.b64encode(b"\x39\x05\0\0").decode())
    check("memory is written", value(adapter, "[total]") == 1337)
    adapter.body("writeMemory", memoryReference=address, data=base64.b64encode(old).decode())
    here = hex(value(adapter, "eip"))
    rows = adapter.body("disassemble", memoryReference=here, instructionOffset=-3, instructionCount=8)["instructions"]
    check("code before and behind", len(rows) == 8 and int(rows[3]["address"], 16) == int(here, 16) and "instructionBytes" in rows[0], rows)
    lines = [row["line"] for row in rows if "line" in row]
    check("code has its lines", lines and all(isinstance(line, int) for line in lines), rows)

    answer = adapter.body("evaluate", expression="info registers", context="repl")["result"]
    check("any command of the debugger in the console", "eax" in answer.lower() or "rax" in answer.lower(), answer)
    answer = adapter.ask("evaluate", expression="nonsense", context="repl")
    check("a command that is none", not answer["success"] and "no command" in answer["message"], answer)
    adapter.body("evaluate", expression="step", context="repl")
    stop(adapter, "step")

    adapter.events = [event for event in adapter.events if event["event"] != "output"]
    adapter.body("setBreakpoints", source={"path": SOURCE}, breakpoints=[{"line": wanted, "logMessage": "total is {[total]}, {oops}"}])
    adapter.body("setExceptionBreakpoints", filters=["ud"])
    adapter.body("continue", threadId=1)
    stop(adapter, "exception")
    said = adapter.output()
    check("log points write and go on", "total is 0xe" in said and "{oops: " in said, said)
    info = adapter.body("exceptionInfo", threadId=1)
    sources = [source["path"] for source in adapter.body("loadedSources")["sources"]]
    check("each source is listed once", sources and len(sources) == len(set(sources)), sources)
    check("the exception's name", "#UD" in info["exceptionId"], info)
    adapter.body("continue", threadId=1)
    ended = adapter.event("exited")
    check("the guest's code", ended == {"exitCode": 3}, ended)
    check("terminated", adapter.event("terminated") is not None)
    check("COM1 is output", "squares done" in adapter.output(), adapter.output())
    adapter.body("disconnect")
    check("its exit status", adapter.end() == 3)


def circumstances(swemu, kernel):
    """Conditions, hits and messages of breakpoints: what is told of mistakes, and what holds where the breakpoint is hit."""
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, memory=16, stopOnEntry=True)
    inside, counted = line_of("u32 result = number"), line_of("total += square")

    def set_lines(*points):
        return adapter.body("setBreakpoints", source={"path": SOURCE}, breakpoints=[dict({"line": inside}, **point) for point in points])["breakpoints"]
    for wrong, words in (({"condition": "nmber == 3"}, "nmber"), ({"condition": "number =="}, ""), ({"condition": "info == 1 &&& 2"}, ""), ({"condition": "total.part == 1"}, ""),
                         ({"hitCondition": "x"}, "hit condition"), ({"hitCondition": "0"}, "from 1"), ({"hitCondition": "% 0"}, "from 1"), ({"hitCondition": ">= -1"}, "from 1")):
        point = set_lines(wrong)[0]
        check("refused in words: %s" % wrong, point["verified"] is False and point["message"] and words in point["message"] and "\n" not in point["message"], point)
    for place, member, wish in (("setFunctionBreakpoints", "name", "tick"), ("setInstructionBreakpoints", "instructionReference", "tick")):
        point = adapter.body(place, breakpoints=[{member: wish, "condition": "tickz > 1"}])["breakpoints"][0]
        check("refused in words: " + place, point["verified"] is False and "tickz" in point["message"], point)
        adapter.body(place, breakpoints=[])
    point = adapter.body("setExceptionBreakpoints", filterOptions=[{"filterId": "ud", "condition": "oops"}])["breakpoints"][0]
    check("refused in words: an exception's", point["verified"] is False and "oops" in point["message"], point)
    point = set_lines({"condition": "*(unsigned int *)0xC0000000 == 7 && number == 3"})[0]
    check("memory that is not there yet is no mistake", point["verified"], point)
    for wrong, words in (("number.part == 1", "has no members"), ("info->next == 0", "has no members"), ("number[1] == 2", "has no elements"),
                         ("*result == 2", "is no pointer"), ("((struct nothing *)number)->next == 0", "struct nothing")):
        point = adapter.body("setFunctionBreakpoints", breakpoints=[{"name": "kmain" if "info" in wrong else "square", "condition": wrong}])["breakpoints"][0]
        check("refused before it is hit: " + wrong, point["verified"] is False and words in point["message"] and "\n" not in point["message"], point)
    for right in ("info[4] == 0", "*info == 1", "&number != 0 && (unsigned char)number == 3"):
        point = adapter.body("setFunctionBreakpoints", breakpoints=[{"name": "kmain" if "info" in right else "square", "condition": right}])["breakpoints"][0]
        check("taken before it is hit: " + right, point["verified"], point)
    adapter.body("setFunctionBreakpoints", breakpoints=[])
    # A parameter, a register and a variable of the file; members of the stopped frame.
    adapter.body("configurationDone")
    stop(adapter, "entry")
    for condition, number in (("number == 2", 2), ("number > 2 && total == 5", 3), ("$esp != 0 && number * number == 16", 4)):
        point = set_lines({"condition": condition})[0]
        check("verified: " + condition, point["verified"], point)
        adapter.body("continue", threadId=1)
        stop(adapter, "breakpoint")
        check("holds: " + condition, value(adapter, "number") == number, value(adapter, "number"))
    set_lines()
    adapter.body("disconnect")
    adapter.end()

    def hits(rule, *others):
        """The values of `number` at the stops by this rule for hits."""
        adapter = Adapter(swemu)
        adapter.launch(kernel=kernel, memory=16, stopOnEntry=True)
        wish = [{"line": inside, "hitCondition": rule}]
        first = adapter.body("setBreakpoints", source={"path": SOURCE}, breakpoints=wish)["breakpoints"][0]
        adapter.body("setExceptionBreakpoints", filters=["ud"])
        adapter.body("configurationDone")
        adapter.event("stopped")
        seen = []
        while len(seen) < 5:
            adapter.body("continue", threadId=1)
            if (adapter.event("stopped") or {"reason": "end"})["reason"] != "breakpoint":
                break
            seen.append(value(adapter, "number"))
            # As editors do when the user sets another one: all of the file again.
            again = adapter.body("setBreakpoints", source={"path": SOURCE}, breakpoints=wish + [{"line": counted, "condition": "total == 12345"}])["breakpoints"][0]
            check("a breakpoint that is set again stays", again["id"] == first["id"], (first, again))
        adapter.body("disconnect")
        adapter.end()
        return seen
    for rule, expected in (("3", [3, 4]), (">= 3", [3, 4]), ("> 3", [4]), ("== 2", [2]), ("= 2", [2]), ("< 3", [1, 2]), ("<= 2", [1, 2]), ("% 2", [2, 4]), (" %2 ", [2, 4])):
        seen = hits(rule)
        check("hits %s" % rule, seen == expected, seen)

    # A log point in a function that a step goes over; a watchpoint that tells; one whose condition cannot be told where it is hit.
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, memory=16, stopOnEntry=True)
    adapter.body("setBreakpoints", source={"path": SOURCE}, breakpoints=[{"line": counted, "condition": "total == 1"},
                                                                          {"line": inside, "logMessage": "squares {number}, {number * 2}, {nothing}", "condition": "number > 1"}])
    adapter.body("configurationDone")
    stop(adapter, "entry")
    adapter.body("continue", threadId=1)
    stop(adapter, "breakpoint")
    adapter.body("next", threadId=1)
    stop(adapter, "step")
    frame = top(adapter)
    check("a step over a function with a log point comes back", frame["name"].startswith("kmain") and frame["line"] != counted, frame)
    said = adapter.output()
    check("its message has the values of its own frame", "squares 2, 0x4, {nothing: " in said, said)
    info = adapter.body("dataBreakpointInfo", name="ticks")
    point = adapter.body("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"], "accessType": "write", "condition": "ticks == 3", "logMessage": "ticks are {ticks}"}])["breakpoints"][0]
    check("a watchpoint with a message", point["verified"], point)
    point = adapter.body("setFunctionBreakpoints", breakpoints=[{"name": "die", "condition": "*(unsigned int *)0xFFFFFFFFFFFF0000 == total / (ticks - 4)"}])["breakpoints"][0]
    check("a condition for later", point["verified"], point)
    adapter.body("continue", threadId=1)
    body = stop(adapter, "function breakpoint")
    check("a condition that cannot be told stops, and says so", "cannot be told here" in body.get("text", ""), body)
    check("the watchpoint's message came once", adapter.output().count("ticks are 3") == 1 and "ticks are 4" not in adapter.output(), adapter.output())
    adapter.body("disconnect")
    adapter.end()


def pause_and_serve(swemu, kernel):
    """A machine that runs is stopped; requests meanwhile are answered while it goes on."""
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, memory=16, args=["--append", "spin"])
    adapter.body("configurationDone")
    time.sleep(0.3)
    check("threads are told while it runs", adapter.body("threads")["threads"][0]["id"] == 1)
    answer = adapter.body("setFunctionBreakpoints", breakpoints=[{"name": "tick"}])
    check("a breakpoint is set while it runs", answer["breakpoints"][0]["verified"], answer)
    stop(adapter, "function breakpoint")
    adapter.body("setFunctionBreakpoints", breakpoints=[])
    adapter.body("continue", threadId=1)
    adapter.body("pause", threadId=1)
    stop(adapter, "pause")
    check("it stands", value(adapter, "eip") == value(adapter, "eip"))
    adapter.body("continue", threadId=1)
    adapter.body("terminate")
    check("an end that was asked for", adapter.event("terminated") is not None)
    adapter.body("disconnect")
    check("ended by the user: 18", adapter.end() == 18)


def death(swemu, kernel):
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, memory=16, args=["--append", "die"])
    adapter.body("configurationDone")
    stop(adapter, "exception")
    check("the first cause is told", "#UD" in adapter.output() or "IDT" in adapter.output(), adapter.output())
    adapter.body("stepBack", threadId=1, granularity="instruction")
    stop(adapter, "step")
    check("back from death", top(adapter)["name"].startswith(("die", "kmain")), top(adapter))
    adapter.body("disconnect")
    adapter.end()


def screen(swemu, kernel):
    """New lines of the guest's text screen are output at a stop, each once, also where the screen has scrolled; not where the client does not want them."""
    demo = os.path.join(TESTROMS, "demo", "demo.img")
    for wants in (True, False):
        adapter = Adapter(swemu)
        adapter.launch(program=demo, memory=32, stopOnEntry=True, explain=False, **({} if wants else {"screen": False}))
        adapter.body("setInstructionBreakpoints", breakpoints=[{"instructionReference": "0x7c00"}])
        adapter.body("setExceptionBreakpoints", filters=["pf"])
        adapter.body("configurationDone")
        stop(adapter, "entry")
        adapter.body("continue", threadId=1)
        stop(adapter, "instruction breakpoint")
        first = adapter.output()
        adapter.body("continue", threadId=1)
        stop(adapter, "exception")
        said = adapter.output()
        if wants:
            lines = [line for line in said.splitlines() if line.startswith("screen line ")]
            check("the screen is output", "screen line 1: " in said and any("the demo disk" in line for line in lines), said[-2000:])
            adapter.events = []
            adapter.body("next", threadId=1, granularity="instruction")
            stop(adapter, "step")
            check("a line is told once", "screen line" not in adapter.output(), adapter.output())
        else:
            check("a screen that nobody wants is not told", "screen line" not in first + said, said)
        adapter.body("disconnect")
        adapter.end()


def attached(swemu, kernel):
    """Editors come to a machine that runs, look, and go; it goes on. The second one ends it."""
    path = os.path.join(os.path.dirname(kernel), "dap")
    machine = subprocess.Popen([swemu, "run", "--kernel", kernel, "--append", "spin", "--headless", "--dap", "unix:" + path], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check("the place is told", "an editor attaches to " + path in machine.stderr.readline())
    for turn in range(2):
        editor = Attached(path)
        refused = editor.ask("launch", kernel=kernel)
        check("nothing is launched in a run", not refused["success"] and "use attach" in refused["message"], refused)
        editor.attach(stopOnEntry=turn == 1)
        if turn == 0:
            answer = editor.body("setFunctionBreakpoints", breakpoints=[{"name": "tick"}])
            check("a breakpoint in a machine that runs", answer["breakpoints"][0]["verified"], answer)
            stop(editor, "function breakpoint")
            check("its place", top(editor)["name"].startswith("tick"), top(editor))
            editor.body("stepBack", threadId=1, granularity="instruction")
            stop(editor, "step")
            check("back before the editor stopped it", not top(editor)["name"].startswith("tick"), top(editor))
            editor.leave()
            time.sleep(0.3)
            check("the machine goes on without the editor", machine.poll() is None)
        else:
            stop(editor, "entry")
            editor.leave(terminateDebuggee=True)
    _, said = machine.communicate(timeout=60)
    check("ended by the editor: 18", machine.returncode == 18 and "ended by the editor" in said, said)

    machine = subprocess.Popen([swemu, "run", "--kernel", kernel, "--headless", "--dap", "unix:" + path, "--stopped"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    machine.stderr.readline()
    editor = Attached(path)
    editor.attach()
    stop(editor, "entry")
    check("stopped before the first instruction", editor.body("evaluate", expression="rip", context="watch")["result"] != "")
    editor.body("setExceptionBreakpoints", filters=["ud"])
    editor.body("continue", threadId=1)
    stop(editor, "exception")
    editor.body("setExceptionBreakpoints", filters=[])
    editor.body("continue", threadId=1)
    check("the guest's own end", editor.event("exited") == {"exitCode": 3})
    _, said = machine.communicate(timeout=60)
    check("and the run's status", machine.returncode == 3, said)


def processors(swemu, kernel):
    """Two processors are two threads: each has a stack of its own, and steps alone."""
    adapter = Adapter(swemu)
    adapter.launch(kernel=os.path.join(os.path.dirname(kernel), "smp.elf"), args=["--machine", "pc", "--smp", "2"])
    adapter.body("setFunctionBreakpoints", breakpoints=[{"name": "work"}])
    adapter.body("configurationDone")
    seen = set()
    while len(seen) < 2:
        body = stop(adapter, "function breakpoint")
        check("all stop together", body["allThreadsStopped"], body)
        seen.add(body["threadId"])
        adapter.body("setFunctionBreakpoints", breakpoints=[] if len(seen) == 2 else [{"name": "work"}])
        if len(seen) < 2:
            adapter.body("continue", threadId=body["threadId"])
    check("both came by", seen == {1, 2}, seen)
    threads = adapter.body("threads")["threads"]
    check("two threads", [thread["id"] for thread in threads] == [1, 2], threads)
    stacks = {number: adapter.body("stackTrace", threadId=number)["stackFrames"] for number in (1, 2)}
    check("each with its stack", any(f["name"].startswith("kmain") for f in stacks[1]) and any(f["name"].startswith("other") for f in stacks[2]), stacks)
    pointers = [top_of(adapter, number) for number in (1, 2)]
    adapter.body("stepIn", threadId=2, granularity="instruction")
    body = stop(adapter, "step")
    check("the thread that stepped is told", body["threadId"] == 2, body)
    check("the step was its own", top_of(adapter, 2) != pointers[1], (pointers, top_of(adapter, 2)))
    registers_apart(adapter)
    alone(adapter)
    adapter.body("disconnect")
    adapter.end()
    # The same of a machine that runs already.
    path = os.path.join(os.path.dirname(kernel), "smp-dap")
    machine = subprocess.Popen([swemu, "run", "--kernel", os.path.join(os.path.dirname(kernel), "smp.elf"), "--machine", "pc", "--smp", "2", "--headless", "--stopped",
                                "--dap", "unix:" + path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    machine.stderr.readline()
    editor = Attached(path)
    editor.attach()
    stop(editor, "entry")
    editor.body("setFunctionBreakpoints", breakpoints=[{"name": "work", "condition": "number == 1"}])
    editor.body("continue", threadId=1)
    body = stop(editor, "function breakpoint")
    check("attached: the processor whose parameter it is", body["threadId"] == 2, body)
    check("attached: two threads", len(editor.body("threads")["threads"]) == 2)
    registers_apart(editor)
    before = top_of(editor, 2)
    editor.body("stepIn", threadId=2, granularity="instruction")
    stop(editor, "step")
    editor.body("stepBack", threadId=2, granularity="instruction")
    body = stop(editor, "step")
    check("attached: back where it was, the same thread", top_of(editor, 2) == before and body["threadId"] == 2, (before, body))
    editor.body("setFunctionBreakpoints", breakpoints=[])
    editor.leave()
    _, said = machine.communicate(timeout=60)
    check("attached: it goes on to its end", machine.returncode == 0, said)


def registers_of(adapter, number):
    frame = adapter.body("stackTrace", threadId=number)["stackFrames"][0]["id"]
    scope = next(s for s in adapter.body("scopes", frameId=frame)["scopes"] if s["name"] == "Registers")
    return {row["name"]: row["value"] for row in adapter.body("variables", variablesReference=scope["variablesReference"])["variables"]}


def alone(adapter):
    """A single thread moves: the other processor executes nothing, in steps, in `continue` and until all may go again."""
    adapter.body("setFunctionBreakpoints", breakpoints=[])
    before, standing = top_of(adapter, 1), registers_of(adapter, 1)
    for command in ("stepIn", "next", "stepIn"):
        answer = adapter.body(command, threadId=2, singleThread=True)
        check("one thread alone: " + command, answer["allThreadsContinued"] is False, answer)
        stop(adapter, "step")
        check("the other one stands: " + command, registers_of(adapter, 1) == standing, (standing, registers_of(adapter, 1)))
    watched = adapter.body("dataBreakpointInfo", name="done")["dataId"]
    adapter.body("setDataBreakpoints", breakpoints=[{"dataId": watched, "accessType": "write", "hitCondition": "20"}])
    adapter.body("continue", threadId=2, singleThread=True)
    body = stop(adapter, "data breakpoint")
    check("it was the one that goes", body["threadId"] == 2 and registers_of(adapter, 1) == standing, (body, before, top_of(adapter, 1)))
    answer = adapter.body("continue", threadId=2)
    check("all go again", answer["allThreadsContinued"] is True, answer)
    stop(adapter, "data breakpoint")
    # Some of its turns later.
    adapter.body("setDataBreakpoints", breakpoints=[{"dataId": watched, "accessType": "write", "hitCondition": "700"}])
    adapter.body("continue", threadId=2)
    stop(adapter, "data breakpoint")
    check("the other one has moved", registers_of(adapter, 1) != standing, standing)
    adapter.body("setDataBreakpoints", breakpoints=[])


def registers_apart(adapter):
    """What a client opened of one processor stays of that one, whichever it looked at afterwards."""
    stacks = {number: adapter.body("stackTrace", threadId=number)["stackFrames"] for number in (1, 2)}
    frames = {number: next((f["id"] for f in stacks[number] if f["name"].startswith("work")), stacks[number][0]["id"]) for number in (1, 2)}
    scopes = {number: {s["name"]: s["variablesReference"] for s in adapter.body("scopes", frameId=frames[number])["scopes"]} for number in (1, 2)}
    names = {1: "esp", 2: "esp"}

    def register(number, name):
        rows = adapter.body("variables", variablesReference=scopes[number]["Registers"])["variables"]
        return next((row["value"] for row in rows if row["name"] in (name, "r" + name[1:])), None)
    tops = [register(number, names[number]) for number in (1, 2, 1)]
    check("each processor's registers are its own", tops[0] and tops[0] == tops[2] != tops[1], tops)
    if "Locals" in scopes[2]:
        adapter.body("stackTrace", threadId=1)
        rows = adapter.body("variables", variablesReference=scopes[2]["Locals"])["variables"]
        check("and the variables of its frames", any(row["name"] == "number" and row["value"] == "1" for row in rows), rows)
    old = register(2, "ecx")
    adapter.body("setVariable", variablesReference=scopes[2]["Registers"], name="ecx", value="0x4321")
    check("a register is set of the processor that it was opened of", "0x4321" in (register(2, "ecx") or "") and "0x4321" not in (register(1, "ecx") or ""), register(1, "ecx"))
    adapter.body("setVariable", variablesReference=scopes[2]["Registers"], name="ecx", value=old.split()[0])


def top_of(adapter, number):
    return adapter.body("stackTrace", threadId=number)["stackFrames"][0]["instructionPointerReference"]


def mistakes(swemu, kernel):
    adapter = Adapter(swemu)
    adapter.body("initialize")
    for arguments, word in (({"kernel": "/does/not/exist"}, "/does/not/exist"), ({"args": ["--cpu", "pentum"]}, "pentium"), ({"args": [7]}, "texts"),
                            ({"args": ["--log-file", "-", "--kernel", kernel]}, "standard output"), ({"cwd": "/does/not/exist"}, "cwd"), ({}, "image")):
        answer = adapter.ask("launch", **arguments)
        check("launch %s is refused in a line" % arguments, not answer["success"] and word in answer["message"] and "\n" not in answer["message"], answer)
    for command in ("attach", "nonsense", "stackTrace", "continue", "setBreakpoints"):
        check("%s is refused" % command, not adapter.ask(command)["success"])
    adapter.body("disconnect")
    check("ends without a machine", adapter.end() == 0)
    for content in (b"{", b"[" * 100000, b'"\xff', b"nul"):
        adapter = Adapter(swemu)
        adapter.raw(content)
        check("no JSON ends in words: %r" % content[:8], adapter.end() == 64)
        said = adapter.process.stderr.read().decode()
        check("a line about it", "not JSON" in said and said.count("\n") == 1, said)
    for head in (b"Content-Length: 99999999999\r\n\r\n", b"Content-Length: -1\r\n\r\n", b"nothing\r\n\r\n", b"x" * 10000):
        adapter = Adapter(swemu)
        adapter.process.stdin.write(head)
        adapter.process.stdin.flush()
        check("a head that is none ends in words: %r" % head[:20], adapter.end() == 64)
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, args=["--append", "spin"])
    adapter.body("configurationDone")
    adapter.process.send_signal(signal.SIGTERM)
    check("SIGTERM ends it", adapter.end() == 18)
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, args=["--append", "flood", "--max-ticks", "300M"])
    adapter.body("configurationDone")
    time.sleep(1)
    check("a client that does not read ends with the machine", adapter.event("terminated", 120) is not None)
    adapter.end()


def random_requests(swemu, kernel):
    """Requests with the right names and anything in them."""
    adapter = Adapter(swemu)
    adapter.launch(kernel=kernel, memory=16, stopOnEntry=True)
    adapter.body("configurationDone")
    numbers = random.Random(7)
    commands = ["setBreakpoints", "setFunctionBreakpoints", "setInstructionBreakpoints", "setDataBreakpoints", "setExceptionBreakpoints", "dataBreakpointInfo",
                "stackTrace", "scopes", "variables", "setVariable", "readMemory", "writeMemory", "disassemble", "exceptionInfo", "evaluate", "stepIn", "stepBack",
                "threads", "source", "loadedSources"]
    names = ["breakpoints", "source", "memoryReference", "offset", "count", "instructionOffset", "instructionCount", "variablesReference", "name", "value", "expression",
             "startFrame", "levels", "granularity", "data", "filters", "dataId", "bytes", "context", "line", "condition", "hitCondition", "path", "filterId"]
    def anything(depth=0):
        return numbers.choice([
            lambda: numbers.choice([0, 1, -1, 2**31, 2**63, -2**63, 2**64, 10**30, 0.5, 4096]), lambda: numbers.choice(["", "eax", "0x1000", "[", "esp:0", "pf", "\0", "é", "1 4"]),
            lambda: None, lambda: True, lambda: [anything(depth + 1) for _ in range(numbers.randrange(4))] if depth < 3 else [],
            lambda: {numbers.choice(names): anything(depth + 1) for _ in range(numbers.randrange(5))} if depth < 3 else {}])()
    answers = 0
    for _ in range(2000):
        arguments = {numbers.choice(names): anything() for _ in range(numbers.randrange(6))}
        if numbers.randrange(8) == 0:
            arguments["breakpoints"] = [anything() for _ in range(3)]
        answers += "no answer" not in adapter.ask(numbers.choice(commands), **arguments).get("message", "")
    check("each of 2000 random requests is answered", answers == 2000, answers)
    check("and the machine is still there", adapter.ask("threads")["success"])
    adapter.body("disconnect")
    adapter.end()


parser = argparse.ArgumentParser()
parser.add_argument("--swemu", required=True)
swemu = os.path.abspath(parser.parse_args().swemu)
with tempfile.TemporaryDirectory() as folder:
    kernel = compile_kernel(SOURCE, os.path.join(folder, "kernel.elf"), FRAMES + ["-g"])
    compile_kernel(os.path.join(HERE, "smp.c"), os.path.join(folder, "smp.elf"), FRAMES + ["-g"])
    for part in (whole_session, circumstances, pause_and_serve, death, screen, attached, processors, mistakes, random_requests):
        try:
            part(swemu, kernel)
        except (AssertionError, KeyError, ValueError, IndexError, TypeError, OSError) as error:
            check("%s goes to its end" % part.__name__, False, repr(error))
print("%d checks failed" % len(failures))
sys.exit(1 if failures else 0)
