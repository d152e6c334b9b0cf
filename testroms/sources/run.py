#!/usr/bin/env python3
"""Variables, types and calls of a C kernel in `swemu debug`: what gdb says of the same file is what swemu says; stacks through inlined and frameless
functions and through interrupts of both rings, with and without call frame information; Rust; and debug information that is damaged.

    run.py --swemu build/tests/release/swemu
"""
import os
import random
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTROMS, "kernels"), os.path.join(TESTROMS, "state")]
from checks import check, run  # noqa: E402
from compiler import compile_kernel  # noqa: E402

PROMPT = "(swemu) "
# What gdb finds in the file without a machine.
STATIC = ["tasks[0]", "tasks[2]", "tasks[1].name", "*tasks[1].parent", "tasks[1].run", "&tasks[1]", "&tasks[1].list", "tasks + 1", "tasks[0].table[1]", "current->name",
          "current->parent->state", "sizeof(struct task)", "wide", "ratio", "half", "truth", "letter", "octet", "message", "*message", "numbers", "numbers[2]@3",
          "negative / 2", "negative >> 1", "negative < 3", "negative < positive", "-negative", "tasks[2].rights", "tasks[1].rights", "READY", "(enum state)3",
          "(char)65", "(unsigned char)200", "&tasks[2] - tasks", "tasks[0].low", "tasks[0].level", "tasks[0].mark.bytes[1]", "*(int *)&negative",
          "((struct task *)tasks[2].parent)->name", "tasks[1].state == READY", "tasks[0].list.next", "*tasks"]
HEXADECIMAL = ["octet", "numbers", "negative", "tasks[0].table", "tasks[0].mark"]
TYPES = ["struct task", "current", "enum state", "tasks[1].table", "kmain", "calculate", "u32", "tasks[0].mark"]


class Bench:
    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder

    def kernel(self, name, is64, options):
        more = ["-mno-sse"] if is64 else []
        return compile_kernel(os.path.join(HERE, "kernel.c"), os.path.join(self.folder, name), ["-fno-stack-protector"] + more + options, is64)

    def hold(self, kernel, commands):
        """The answers to the commands."""
        result = subprocess.run([self.swemu, "debug", "--kernel", kernel, "--cpu", "max", "--plain", "--command", "set explain off", "--command", "set changes off"],
                                input="".join(line + "\n" for line in commands), capture_output=True, text=True, timeout=600)
        if result.returncode != 0 or result.stderr:
            check("a session of %s ends well" % os.path.basename(kernel), False, result)
        answers = ("\n" + result.stdout).split("\n" + PROMPT)[3:]
        return [answer.partition("\n")[2] for answer in answers] + [""] * (len(commands) - len(answers))


def gdb(kernel, commands):
    """gdb's answer to each."""
    options = ["set width 0", "set print null-stop on", "set print repeats 10", "set print elements 0"]
    words = [word for command in commands for word in ("-ex", "echo \\n@@\\n", "-ex", command)]
    text = subprocess.run(["gdb", "-batch", "-nx"] + [w for option in options for w in ("-ex", option)] + words + [kernel], capture_output=True, text=True).stdout
    return [part.strip("\n") for part in text.split("\n@@\n")[1:]]


def static(bench):
    for is64, options in ((False, ["-gdwarf-4", "-O0"]), (True, ["-gdwarf-5", "-O2"])):
        kernel = bench.kernel("static.elf", is64, options)
        commands = ["print " + text for text in STATIC] + ["print/x " + text for text in HEXADECIMAL] + ["ptype " + text for text in TYPES]
        expected = gdb(kernel, commands)
        found = bench.hold(kernel, ["break kmain", "continue"] + commands)[2:]
        for command, good, answer in zip(commands, expected, found):
            text = answer.strip() if command.startswith("ptype") else answer.partition(" = ")[2]
            good = re.sub(r"^\$\d+ = ", "", good)
            numbers = re.match(r"[0-9A-F]{8,16}h = (-?\d+)(?: = (-\d+))?$", answer)
            same = text == good or numbers and good in numbers.groups()
            check("%s, %d bits" % (command, 64 if is64 else 32), same, "gdb: %r, swemu: %r" % (good, answer))


def names(backtrace):
    """The functions of the frames, with what is said of each."""
    rows = []
    for line in backtrace.splitlines():
        found = re.match(r"#\d+ +[0-9A-F]{8,16}h +(\w+)", line)
        rows.append((found.group(1) if found else line, "inlined" in line, "interrupted" in line))
    return rows


KERNEL_STACK = ["stop_here", "handle", "common", "twice", "calculate", "recurse", "recurse", "recurse", "kmain"]
USER_STACK = ["stop_here", "handle", "common", "user", "user_start"]


def stacks(bench):
    for is64 in (False, True):
        for options in (["-gdwarf-5", "-O0"], ["-gdwarf-4", "-O0"], ["-gdwarf-5", "-O2", "-fno-optimize-sibling-calls"],
                        ["-gdwarf-4", "-O1", "-fno-optimize-sibling-calls"]):
            title = "%s, %d bits" % (" ".join(options), 64 if is64 else 32)
            kernel = bench.kernel("stack.elf", is64, options)
            found = bench.hold(kernel, ["break stop_here", "continue", "backtrace", "frame 4", "info args", "info locals", "frame 3", "info locals", "continue", "backtrace", "frame 3",
                                        "info args", "print/x $cs", "up", "step", "backtrace"])
            rows = names(found[2])
            got = [name for name, _, _ in rows]
            # An optimiser may make loops and copies of recursion, but keeps who called whom.
            plain = [name for index, name in enumerate(got) if name != "recurse" or got[index - 1] != "recurse"]
            check("calls: " + title, plain[:7] == ["stop_here", "handle", "common", "twice", "calculate", "recurse", "kmain"], got)
            check("inlined and interrupted: " + title, rows[3][1] and rows[3][2] and not rows[2][2] and not rows[5][2], rows)
            check("depth of the recursion: " + title, "-O0" not in options or got.count("recurse") == 3, got)
            check("arguments: " + title, "-O0" not in options or "first = 6\nsecond = 7\ntask = (struct task *) 0x" in found[4], found[4])
            check("locals of the function: " + title, "-O0" not in options or "product = 42\nround = 0\n" in found[5] and "sum = 13" in found[5], found[5])
            check("locals of the inlined one: " + title, "doubled = 84" in found[7], found[7])
            rows = names(found[9])
            check("calls from ring 3: " + title, [name for name, _, _ in rows][:5] == USER_STACK and "interrupted in ring 3" in found[9], found[9])
            check("an argument of ring 3: " + title, "-O0" not in options or "value = 41" in found[11], found[11])
            check("out of the interrupt by a step: " + title, [name for name, _, _ in names(found[15])][:4] == USER_STACK[:4], found[15])


def out(bench):
    """Out of a function, out of the handler, and where it came: in ring 0, and in ring 3 on another stack."""
    for is64 in (False, True):
        kernel = bench.kernel("out.elf", is64, ["-g", "-O0"])
        found = bench.hold(kernel, ["break stop_here", "continue", "out", "out", "out", "backtrace", "continue", "out", "out", "out", "backtrace"])
        check("out of an interrupt of ring 0, %d bits" % (64 if is64 else 32), names(found[5])[0][0] == "twice", found[5])
        check("out of an interrupt of ring 3, %d bits" % (64 if is64 else 32), names(found[10])[0][0] == "user", found[10])


def no_frames(bench):
    """Without call frame information: by frame pointers, and by what the instructions did to the stack; at each instruction of a function."""
    for is64 in (False, True):
        for options in (["-O0"], ["-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls"]):
            title = "%s, %d bits" % (options[0], 64 if is64 else 32)
            kernel = bench.kernel("bare.elf", is64, ["-fno-asynchronous-unwind-tables"] + options)
            found = bench.hold(kernel, ["break stop_here", "continue", "backtrace", "step", "backtrace", "step", "backtrace", "step", "backtrace", "continue", "backtrace",
                                        "step", "backtrace"])
            for index in (2, 4, 6, 8):
                got = [name for name, _, _ in names(found[index])]
                plain = [name for at, name in enumerate(got) if name != got[at - 1] or at == 0]
                good = ["stop_here", "handle", "common", "calculate", "recurse", "kmain"]
                check("calls without frames, step %d: %s" % (index // 2, title), plain[:6] == good or index > 4 and plain[:5] == good[1:], got)
            for index in (10, 12):
                check("calls from ring 3 without frames: " + title, [n for n, _, _ in names(found[index])][:4] == ["stop_here", "handle", "common", "user"], found[index])
            check("what is not known is said", "-g" in bench.hold(kernel, ["info locals"])[0])


def dialogue(bench):
    """Displays, watchpoints, assignments, and mistakes."""
    kernel = bench.kernel("words.elf", False, ["-g", "-O0"])
    found = bench.hold(kernel, ["break calculate", "continue", "display/x tasks[1].state", "display sum", "watch sum", "continue", "info display", "undisplay 1", "info display",
                                "delete", "watch tasks[1].name", "set negative = -7", "print negative", "set tasks[1].state = SLEEPING", "print tasks[1].state", "set octet = 256",
                                "set tasks[0] = 1", "print tasks[1].nothing", "print tasks[1].state + 1", "print &tasks[1].state == &tasks[1].name", "print nowhere.x", "print *3",
                                "ptype struct nothing", "frame 99", "up 50", "down", "print/q 1", "print (struct task)1", "print sum", "print $eax == eax", "x/2dw &negative",
                                "break recurse if depth == 1", "print idle", "print &negative", "set sum = 0x10", "print sum", "x/s tasks[1].name", "print [negative] == negative",
                                "print tasks[0].level"])
    check("display", found[2].startswith("1: tasks[1].state = 0x3"), found[2])
    check("a watchpoint on a local, by its size", "4 bytes written to" in found[5] and "1: tasks[1].state = 0x3" in found[5] and "2: sum = " in found[5], found[5])
    check("undisplay", "tasks" not in found[8] and "sum" in found[8], found[8])
    check("watch an array", re.search(r"watchpoint for writes to \w+h", found[10]) and "00100460h-0010046Fh" in found[10], found[10])
    for index, text in ((12, "negative = -7"), (14, "tasks[1].state = SLEEPING"), (15, "8 bits"), (16, "can be set"), (17, "has no member nothing; it has name, state"),
                        (18, "= 5"), (19, "= 0"), (20, "neither a register nor a symbol"), (22, "nothing"), (23, "frames, counted from 0"),
                        (24, "outermost"), (25, "innermost"), (26, "formats are"), (27, "structure"), (28, "sum = "), (29, "= 1"), (30, "-7"), (35, "sum = 16"), (36, '"init"'),
                        (37, "= 1"), (38, "level = -2")):
        check("says %r" % text, text in found[index], found[index])


RUST = r"""
#![no_std]
#![allow(static_mut_refs)]
#![no_main]
pub enum Shape { Empty, Circle(u32), Box { width: u32, height: u32 } }
pub struct Task { pub name: &'static str, pub shape: Shape, pub priority: Option<u8>, pub marks: [u16; 3] }
#[no_mangle] pub static mut TASKS: [Task; 2] = [
    Task { name: "idle", shape: Shape::Circle(7), priority: None, marks: [1, 2, 3] },
    Task { name: "init", shape: Shape::Box { width: 3, height: 4 }, priority: Some(9), marks: [4, 5, 6] }];
#[no_mangle] #[inline(never)] pub extern "C" fn area(number: usize, scale: u32) -> u32 {
    let task = unsafe { if number == 1 { &TASKS[1] } else { &TASKS[0] } };
    let area = match &task.shape { Shape::Empty => 0, Shape::Circle(r) => 3 * r * r, Shape::Box { width, height } => width * height };
    let scaled = area * scale;
    unsafe { core::arch::asm!("mov dword ptr [0x500], {0:e}", in(reg) scaled) };
    scaled
}
#[no_mangle] pub extern "C" fn kmain() { area(1, 10); loop {} }
#[panic_handler] fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
"""
START = """
.section .multiboot
.align 4
.long 0x1BADB002, 0, -0x1BADB002
.text
.globl start
.code32
start: mov $stack_top, %esp
  mov $tables, %edi
  lea 4096(%edi), %eax
  or $7, %eax
  mov %eax, (%edi)
  movl $0x87, 4096(%edi)
  lea 8192(%edi), %eax
  or $7, %eax
  mov %eax, 4096(%edi)
  movl $0x87, 8192(%edi)
  mov %edi, %cr3
  mov $0x620, %eax
  mov %eax, %cr4
  mov $0xC0000080, %ecx
  rdmsr
  or $0x100, %eax
  wrmsr
  mov %cr0, %eax
  or $0x80000000, %eax
  mov %eax, %cr0
  lgdt pointer
  ljmp $8, $long
.code64
long: mov $stack_top, %rsp
  xor %ebp, %ebp
  call kmain
.align 8
entries: .quad 0, 0x00AF9A000000FFFF
pointer: .word 15
  .long entries
.bss
.align 4096
tables: .space 12288
.space 8192
stack_top:
"""


def rust(bench):
    if not shutil.which("rustc"):
        return print("skip  Rust: no rustc is here")
    folder = bench.folder
    for name, text in (("k.rs", RUST), ("start.s", START)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    compiled = subprocess.run(["rustc", "--edition", "2021", "--crate-type", "lib", "--emit", "obj=k.o", "-g", "-C", "panic=abort", "-C", "relocation-model=static",
                               "-C", "opt-level=0", "-C", "overflow-checks=off", "-C", "debug-assertions=off", "k.rs"], cwd=folder, capture_output=True, text=True)
    if compiled.returncode:
        return print("skip  Rust: " + compiled.stderr.splitlines()[0])
    kernel = os.path.join(folder, "rust.elf")
    subprocess.run(["as", "--64", "-o", "start.o", "start.s"], check=True, cwd=folder)
    subprocess.run(["ld", "-m", "elf_x86_64", "-z", "max-page-size=4096", "-z", "noexecstack", "--gc-sections", "--no-warn-rwx-segments", "-T", os.path.join(TESTROMS, "kernels", "kernel.ld"), "-o", kernel, "start.o",
                    "k.o"], check=True, cwd=folder)
    found = bench.hold(kernel, ["break area", "continue", "print TASKS[1].marks", "print TASKS[0].shape", "print TASKS[1].shape", "print TASKS[1].priority", "print TASKS[0].priority",
                                "ptype TASKS[0]", "watch *(int *)0x500", "continue", "step-back", "info args", "info locals", "backtrace", "print k::TASKS[0].marks[1]"])
    for index, text in ((2, "{4, 5, 6}"), (3, "Circle"), (3, "7"), (4, "Box {width = 3, height = 4}"), (5, "Some"), (5, "9"), (6, "None"), (7, "shape"), (11, "number = 1\nscale = 10"),
                        (12, "scaled = 120"), (13, "kmain"), (14, "= 2")):
        check("Rust: %r" % text, text in found[index], found[index])


def hostile(bench):
    """Sections of debug information with bytes changed at random: less may be known, and the session goes on."""
    picked = random.Random(18)
    commands, files = ["break stop_here", "continue"], []
    for is64, options in ((False, ["-gdwarf-4", "-O2"]), (True, ["-gdwarf-5", "-O2"])):
        kernel = bench.kernel("whole%d.elf" % is64, is64, options)
        sections = subprocess.run(["readelf", "-SW", kernel], capture_output=True, text=True).stdout
        places = [(int(offset, 16), int(size, 16)) for offset, size in re.findall(r"\.(?:debug_\w+|eh_frame)\s+PROGBITS\s+\w+ (\w+) (\w+)", sections)]
        with open(kernel, "rb") as file:
            whole = file.read()
        for number in range(60):
            damaged = bytearray(whole)
            for _ in range(picked.choice((1, 4, 40, 400))):
                offset, size = picked.choice(places)
                damaged[offset + picked.randrange(size)] = picked.choice((0, 1, 0x7F, 0x80, 0xFF, picked.randrange(256)))
            name = os.path.join(bench.folder, "damaged%d-%d.elf" % (is64, number))
            with open(name, "wb") as file:
                file.write(damaged)
            files.append(name)
    for name in files:
        commands += ["load-symbols " + name, "backtrace", "info args", "up", "info locals", "print tasks", "print *current", "print tasks[1].run", "ptype struct task", "ptype kmain",
                     "print numbers"]
    found = bench.hold(os.path.join(bench.folder, "whole0.elf"), commands + ["print 6 * 7"])
    check("damaged debug information is harmless", "= 42" in found[-1], found[-3:])


if __name__ == "__main__":
    run(Bench, static, stacks, out, no_frames, dialogue, rust, hostile)
