#!/usr/bin/env python3
"""Does lessons as a newcomer would, and looks whether every solution solves its task.

    run.py --swemu build/tests/release/swemu
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "state")]
from checks import check, run  # noqa: E402

LESSONS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "Sources", "swemu", "Learn", "Lessons")

COURSE = """# One

Read this. It is short.

```machine 16
start:
    mov bx, 3
YOURS
    hlt
place: dw 0
```

## Task: Double BX

```check
bx == 6 -- BX is not 6.
```
```solution
add bx, bx
```
"""


class Shop:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder

    def learn(self, *options, typed=""):
        result = subprocess.run([self.swemu, "learn", *options], input=typed, capture_output=True, text=True, timeout=600)
        return result.returncode, result.stdout, result.stderr

    def course(self, text):
        folder = os.path.join(self.folder, "course")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "one.md"), "w") as file:
            file.write(text)
        return folder


def listed(shop):
    status, text, _ = shop.learn()
    check("the lessons are listed", status == 0 and "  1  What a register is" in text and text.count("\n") > 15, text)


def newcomer(shop):
    """The first lesson, word for word: a slip, a mistake, a hint, then right."""
    results = os.path.join(shop.folder, "ann.json")
    typed = "mov ax 5\n\nmov bx, 5\n\nhint\nmov ax, 5\n\nmov bx, 1000\nmov cx, 234\nmov ax, bx\nadd ax, cx\n\n65536\n65535\n"
    status, text, error = shop.learn("1", "--plain", "--results", results, typed=typed)
    check("the lesson is done", status == 0 and "3 of 3 tasks done" in text, (status, text[-500:], error))
    check("a slip is told with its line", "line 1: " in text)
    check("a mistake is understood", "There is a 5, in another register." in text)
    check("a hint helps", "MOV copies." in text)
    check("a wrong answer is understood", "There are 65536 numbers" in text)
    check("what was right is explained", "AX <- 5" in text)
    tasks = json.load(open(results))["tasks"]
    check("the results are kept", [t["attempts"] for t in tasks] == [3, 1, 2] and tasks[0]["hints"] == 1 and tasks[2]["end"] == "done", tasks)


def backwards(shop):
    """The lesson on the past, by somebody who goes back at once: to before the beginning, where no instruction of the lesson has been executed."""
    number = next(line.split()[0] for line in shop.learn()[1].split("\n") if "Going back" in line)
    typed = "step-back\nback-to write secret 2\nuntil done\nback-to write secret 2\n:back-to write secret 2\n:print cx\n25\n"
    status, text, error = shop.learn(number, "--plain", typed=typed)
    check("going back before a lesson's beginning is allowed", status == 0 and "2 of 2 tasks done" in text and "= 25" in text, (status, text[-600:], error))
    check("a task's text stands under its title", 0 < text.find("TASK: And in which round") < text.find("CX counts the rounds"), text)
    check("the machine's program is shown", "    mov [table + bx], cx" in text, text[:900])


def unfinished(shop):
    results = os.path.join(shop.folder, "bob.json")
    status, text, _ = shop.learn("3", "--plain", "--results", results, typed="skip\nsolution\nquit\n")
    report = json.load(open(results))
    check("skipped and left", status == 20 and [t["end"] for t in report["tasks"]] == ["skipped", "left"] and report["tasks"][1]["solution"], report)
    status, text, _ = shop.learn("1", "--plain", typed="again: jmp again\n\n")
    check("an endless loop ends", status == 20 and "still running" in text, text[-300:])
    status, text, _ = shop.learn("4", "--plain", typed="skip\nskip\nstep\n")
    check("commands of the debugger solve a task", "Right." in text, text[-300:])
    status, text, _ = shop.learn("1", "--plain", typed="mov bx, 77\n\n:print bx\nquit\n")
    check("the machine can be looked at", "= 77" in text, text[-300:])


def races(shop):
    """Two processors: an update that is lost, and what mends it."""
    number = next(line.split()[0] for line in shop.learn()[1].split("\n") if "Races" in line)
    cut = "mov eax, [safe]\ninc eax\nmov [safe], eax\n\n"
    bare, whole = "inc dword [safe]\n\n", "lock inc dword [safe]\n\n"
    take = "take: mov eax, 1\nxchg eax, [guard]\ntest eax, eax\njnz take\n"
    work = "inc dword [safe]\nmov eax, [safe]\nadd [total], eax\n"
    typed = "until done\n" + cut + bare + whole + work + "\n" + take + work + "\n" + take + work + "mov dword [guard], 0\n\n"
    status, text, error = shop.learn(number, "--plain", typed=typed)
    check("two processors lose updates, each time the same", status == 0 and "3 of 3 tasks done" in text, (status, text[-900:], error))
    check("an addition in three instructions is found out", "Some additions are lost" in text, text)
    check("so is one without LOCK", "which prefix forbids that?" in text, text)
    check("two numbers without a lock are found out", "between the two additions" in text, text)
    check("so is a lock that nobody gives back", "nobody gives it back" in text, text)


def courses(shop):
    status, text, error = shop.learn("--check", shop.course(COURSE))
    check("a course without mistakes", status == 0 and "1 tasks" in text, (status, text, error))
    for name, old, new, wanted in (
            ("a solution that solves nothing", "add bx, bx", "nop", "does not solve it"),
            ("a task that is solved by nothing", "bx == 6", "bx == 3 || bx == 6", "before anything is done"),
            ("no checks", "```check\nbx == 6 -- BX is not 6.\n```\n", "", "no ```check"),
            ("no end of a block", "add bx, bx\n```", "add bx, bx", "has no end"),
            ("no place for instructions", "YOURS\n", "", "no line YOURS"),
            ("a machine that is none", "machine 16", "machine 8", "write 16, 32, 32 dual or c"),
            ("an expression that is none", "bx == 6", "bx === 6", "bx === 6"),
            ("a program that is none", "mov bx, 3", "mov bx 3", "the machine's program"),
            ("no title", "# One\n", "", "begins with its title"),
            ("a check without a task", "# One\n", "# One\n```check\nbx == 6\n```\n", "belongs to a task"),
            ("a kind of solution that is none", "```solution", "```solution python", "write asm, c, commands or answer"),
            ("wrong without an expression", "```solution", "```wrong\nNo.\n```\n```solution", "wrong wants the expression"),
            ("wrong with an expression that is none", "```solution", "```wrong bx ==\nNo.\n```\n```solution", "wrong bx =="),
            ("no solution", "```solution\nadd bx, bx\n```\n", "", "no ```solution"),
            ("a name that is none", "bx == 6", "bz == 6", "bz"),
            ("a solution that never ends", "add bx, bx", "jmp $", "still running"),
            ("a solution that the assembler refuses", "add bx, bx", "add bx", "does not solve it"),
            ("an answer that is none", "```solution\nadd bx, bx", "```solution answer\nsix", "does not solve it"),
            ("a command that is none", "```solution\nadd bx, bx", "```solution commands\nfly", "does not solve it"),
            ("a program that is too long", "place: dw 0", "times 9000 db 0", "the machine's program"),
            ("two processors without a place for the second one", "machine 16", "machine 32 dual", "the machine's program"),
            ("C that is none", "machine 16\nstart:\n    mov bx, 3\nYOURS\n    hlt\nplace: dw 0", "machine c\nvoid kmain(void) { YOURS\nYOURS\n}", "the machine's program")):
        status, text, error = shop.learn("--check", shop.course(COURSE.replace(old, new)))
        check(name, status == 62 and wanted in text + error and "one.md" in text + error, (status, text, error))
    for name, content in (("nothing at all", b""), ("bytes of no text", bytes(range(256)) * 40), ("a file without end", b"# T\n" + b"x" * (1 << 21))):
        folder = shop.course("")
        with open(os.path.join(folder, "one.md"), "wb") as file:
            file.write(content)
        status, text, error = shop.learn("--check", folder)
        check("a course of " + name, status == 62 and (text + error).count("\n") == 1, (status, text, error))
    empty = os.path.join(shop.folder, "empty")
    os.makedirs(empty)
    status, text, error = shop.learn("--check", empty)
    check("a course without lessons", status == 62 and error.count("\n") == 1, (status, error))
    status, text, error = shop.learn("--check", os.path.join(shop.folder, "nowhere"))
    check("no course", status == 62 and error.count("\n") == 1, (status, error))
    status, text, error = shop.learn("99")
    check("no such lesson", status == 64 and error.count("\n") == 1, (status, error))
    environment = dict(os.environ, PATH="/nowhere")
    result = subprocess.run([shop.swemu, "learn", "1", "--plain"], input="mov ax, 5\n\n", capture_output=True, text=True, env=environment)
    check("without nasm the remedy is told", result.returncode == 70 and "apt-get install nasm" in result.stderr, (result.returncode, result.stderr))
    result = subprocess.run([shop.swemu, "explain", "mov eax, 5"], capture_output=True, text=True)
    check("an instruction is explained", result.returncode == 0 and "B805000000" in result.stdout, result.stdout[:200] + result.stderr)
    result = subprocess.run([shop.swemu, "explain", "mov eax, "], capture_output=True, text=True)
    check("one that is none", result.returncode == 64 and result.stderr.count("\n") == 1, (result.returncode, result.stderr))


def solutions(shop):
    status, text, error = shop.learn("--check", LESSONS)
    check("every solution of the lessons solves its task", status == 0, "\n" + "\n".join(
        line for line in (text + error).split("\n") if not line.startswith("ok")))


if __name__ == "__main__":
    run(Shop, listed, newcomer, backwards, unfinished, races, courses, solutions)
