#!/usr/bin/env python3
"""The walks of the documents, as those go them who read: the student's (docs/first-session.md) in a real terminal, on the full page and in lines, and the
kernel developer's (docs/kernel-session.md) in a real terminal, with the real gdb, and with a real client of the Debug Adapter Protocol, PyPI's dap-python.

    run.py --swemu build/tests/release/swemu

What a page shows as an answer has to come in this order; "..." leaves lines out. Each check is a line; the exit status is 1 when one fails.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTROMS)
sys.path[:0] = [HERE, os.path.join(TESTROMS, "state"), os.path.join(ROOT, "build/clients")]
from checks import check, run  # noqa: E402

PATIENCE = 120


class Terminal:
    """A terminal of tmux, with one command in it. There is one at a time."""
    number = 0

    def __init__(self, folder, command, columns=200, rows=50):
        self.end()
        Terminal.number += 1
        self.tmux("new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(rows), "-c", folder, "sh", "-c", command + "; echo status $?; cat")
        self.tmux("set-option", "-t", "t", "escape-time", "0")

    @classmethod
    def tmux(cls, *words):
        socket = "swemu-walks-%d-%d" % (os.getpid(), cls.number)
        return subprocess.run(["tmux", "-L", socket, "-f", "/dev/null", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout

    @classmethod
    def end(cls):
        cls.tmux("kill-server")

    def keys(self, *names):
        self.tmux("send-keys", "-t", "t", *names)

    def type(self, text):
        self.tmux("send-keys", "-t", "t", "-l", text)
        self.keys("Enter")

    def text(self):
        """All that was written, lines whole where they were broken at the edge."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "t")

    def wait(self, condition):
        """Whether a condition on the text comes true."""
        end = time.monotonic() + PATIENCE
        while not condition(self.text()):
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True


class Bench:
    """A folder like the reader's: the repository's test guests, and `swemu` on the path."""

    def __init__(self, swemu, folder):
        self.folder = folder
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(swemu, os.path.join(folder, "bin/swemu"))
        for name in ("testroms", "docs"):
            os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
        os.environ["PATH"] = os.path.join(folder, "bin") + os.pathsep + os.environ["PATH"]
        os.environ["GDBHISTFILE"] = "/dev/null"


def blocks(name, kind):
    text = open(os.path.join(ROOT, "docs", name), encoding="utf-8").read()
    return re.findall(r"^```%s\n(.*?)^```" % kind, text, re.M | re.S)


def dialogue(block, prompt):
    """The commands of a shell, and (command, [lines of the answer]) pairs of the program that they start."""
    shell, pairs = [], []
    for line in block.splitlines():
        if line.startswith("$ "):
            shell.append(line[2:])
        elif line.startswith(prompt):
            pairs.append((line[len(prompt):], []))
        elif pairs and line.strip():
            pairs[-1][1].append(line.rstrip())
    return shell, pairs


def answers(text, prompt):
    found = []
    for line in text.split("\n"):
        if line.startswith(prompt):
            found.append([])
        elif found:
            found[-1].append(line.rstrip())
    return found


def missing(expected, answer):
    position = 0
    for line in expected:
        if line == "...":
            continue
        place = next((number for number in range(position, len(answer)) if line in answer[number]), None)
        if place is None:
            return line
        position = place + 1
    return None


def hold(bench, name, block, prompt, columns=200):
    """Types a dialogue of a page in a terminal, each command when the one before is answered."""
    shell, pairs = dialogue(block, prompt)
    terminal = Terminal(bench.folder, "; ".join(shell).replace("&;", "&"), columns)
    wanted = len(re.findall(r"--command", " ".join(shell))) + 1
    ready = terminal.wait(lambda text: len(answers(text, prompt)) >= wanted and text.rstrip().split("\n")[-1].startswith(prompt.rstrip()))
    check("%s: `%s` asks for a command" % (name, shell[-1]), ready, terminal.text()[-2000:])
    for number, (command, expected) in enumerate(pairs):
        terminal.type(command)
        # A new prompt, or the end, which `kill` and `quit` bring.
        done = terminal.wait(lambda text: len(answers(text, prompt)) > wanted + number or "\nstatus " in text or command == "kill" and "killed" in text)
        answer = dict(enumerate(answers(terminal.text(), prompt))).get(wanted + number - 1, [])
        check("%s: %s" % (name, command), done and missing(expected, answer) is None, (missing(expected, answer), terminal.text()[-3000:]))
    return terminal


def student(bench):
    """docs/first-session.md: as lines in a terminal, and its first steps and commands on the page."""
    text = blocks("first-session.md", "console")
    check("the student's page has dialogues", len(text) >= 4, len(text))
    for number, block in enumerate(text):
        hold(bench, "student %d" % (number + 1), block, "(swemu) ").type("quit")
    terminal = Terminal(bench.folder, "swemu debug testroms/demo/demo.img", 160, 60)
    check("student: the page comes", terminal.wait(lambda seen: "F10Quit" in seen and "> f000:fff0" in seen), terminal.text())
    terminal.keys("F7")
    check("student: F7 tells what the instruction was", terminal.wait(lambda seen: "> f000:e05b" in seen and "CS: F000h" in seen), terminal.text())
    for command, expected in dialogue(text[0], "(swemu) ")[1] + dialogue(text[1], "(swemu) ")[1][:1]:
        terminal.type(command)
        # The page has the code beside the messages, without its bytes.
        lines = [re.match(r"> \w+:\w+", line)[0] if line.startswith("> ") else line.strip() for line in expected if line != "..."]
        good = terminal.wait(lambda seen: all(line in seen for line in lines))
        check("student, on the page: %s" % command, good, (lines, terminal.text()))
    terminal.keys("F3")
    check("student: F3 shows the guest's screen", terminal.wait(lambda seen: "any key: back" in seen), terminal.text())
    terminal.keys("F3")
    terminal.keys("F10")
    check("student: F10 leaves", terminal.wait(lambda seen: "status 0" in seen), terminal.text())


def build(bench):
    for block in blocks("kernel-session.md", "sh"):
        result = subprocess.run(["bash", "-e", "-c", block], cwd=bench.folder, capture_output=True, text=True)
        check("developer: the kernel is built by the page's words", result.returncode == 0, result.stderr)


def developer(bench):
    """docs/kernel-session.md, in a terminal: swemu's own debugger, and gdb."""
    build(bench)
    for block in blocks("kernel-session.md", "console"):
        if "$ gdb" not in block:
            hold(bench, "developer", block, "(swemu) ").type("quit")
            continue
        place = "unix:" + os.path.join(bench.folder, "gdb.socket")
        check("developer: the page names the place for gdb twice", block.count("1234") == 2, block)
        block = block.replace("--gdb tcp::1234 --stopped &", "--gdb %s --stopped 2> said & while [ ! -S gdb.socket ]; do sleep 0.1; done" % shlex.quote(place))
        block = block.replace('-ex "target remote :1234"', '-nx -ex "set debuginfod enabled off" -ex "set pagination off" -ex "set confirm off" -ex "target remote gdb.socket"')
        hold(bench, "gdb", block, "(gdb) ").type("quit")


def editor(bench):
    """docs/kernel-session.md, from an editor: the steps of its list, by a client that is not ours."""
    try:
        from editor import Editor, events, responses
    except ImportError:
        # As where PyPI cannot be reached.
        print("skipped: dap-python is not installed; .ci/clients brings it")
        return
    arguments = json.loads(blocks("kernel-session.md", "json")[0])
    arguments["cwd"] = arguments["cwd"].replace("${workspaceFolder}", bench.folder)
    source = {"path": os.path.join(bench.folder, "testroms/walks/kernel.c")}
    client = Editor(os.path.join(bench.folder, "bin/swemu"), bench.folder)

    def start(points):
        client.send_request("launch", arguments)
        client.take(responses.LaunchDone)
        client.take(events.InitializedEvent)
        client.set_breakpoints(source=source, breakpoints=points)
        told = client.take(responses.SetBreakpointsResponse).breakpoints
        client.configuration_done()
        client.take(responses.ConfigurationDone)
        return told

    def value(expression, frame=None):
        client.evaluate(expression, frame_id=frame, context="watch")
        return client.take(responses.EvaluateResponse).result

    def frames():
        client.stack_trace(1)
        return client.take(responses.StackTraceResponse).stackFrames
    check("editor: it can go back", client.capabilities.supportsStepBack and client.capabilities.supportsDataBreakpoints, client.capabilities)
    start([])
    stopped = client.take(events.StoppedEvent)
    check("editor: its death is an exception", stopped.reason == "exception", stopped)
    check("editor: the console has the post-mortem", "look first: " in client.output() and "schedule" in client.output(), client.output())
    check("editor: the watched expression", value("tasks[2]") == '{name = "networki", run = 0x676e, turns = 33}', value("tasks[2]"))
    client.data_breakpoint_info("tasks[2].run")
    data = client.take(responses.DataBreakpointInfoResponse)
    client.set_data_breakpoints([{"dataId": data.dataId, "accessType": "write"}])
    check("editor: a data breakpoint on the member", client.take(responses.SetDataBreakpointsResponse).breakpoints[0].verified, data)
    client.reverse_continue(1)
    client.take(responses.ReverseContinueDone)
    stopped = client.take(events.StoppedEvent)
    check("editor: back to the write", stopped.reason == "data breakpoint", stopped)
    stack = [(frame.name.split("+")[0], frame.line) for frame in frames()]
    check("editor: who wrote, and who called it", stack[:2] == [("rename", 16), ("kmain", 27)], stack)
    client.scopes(frames()[0].id)
    scope = client.take(responses.ScopesResponse).scopes[0]
    client.variables(scope.variablesReference)
    names = {variable.name: variable.value for variable in client.take(responses.VariablesResponse).variables}
    check("editor: parameters and locals", {"task", "name", "to"} <= set(names), names)
    client.disconnect()
    client.take(responses.Disconnected)
    check("editor: it leaves", client.adapter.wait(60) == 18)

    client = Editor(os.path.join(bench.folder, "bin/swemu"), bench.folder)
    told = start([{"line": 15, "condition": "name[8] != 0"}, {"line": 15, "condition": "task->nome == 0"}])
    check("editor: a condition on pointers is taken", told[0].verified, told)
    check("editor: a member that there is not is told at once", told[1].verified is False and "nome" in told[1].message, told)
    stopped = client.take(events.StoppedEvent)
    check("editor: it stops before it happens", stopped.reason == "breakpoint" and '"networking"' in value("name"), (stopped, value("name")))
    client.disconnect()
    client.take(responses.Disconnected)
    check("editor: it leaves again", client.adapter.wait(60) == 18)


for program in ("tmux", "gdb", "gcc"):
    if not shutil.which(program):
        sys.exit("run.py: %s is missing; on Debian: apt-get install %s" % (program, program))
try:
    run(Bench, student, developer, editor)
finally:
    Terminal.end()
