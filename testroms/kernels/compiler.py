"""Builds a kernel of one C file, linked by kernel.ld: what the tests of the post-mortem, of traces and of both debuggers start. It may include
kernel.h, which has what Multiboot starts, or smp.h, which has further processors, too."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
FAULTY = os.path.join(HERE, "faulty.c")
# With frames to follow, and optimised as kernels are.
FRAMES = ["-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables", "-O1"]


def compile_kernel(source, kernel, options, is64=False):
    """Compiles `source` in its own folder, so that file names in the debug information have no path; yields `kernel`."""
    folder, name = os.path.split(source)
    machine = ["-m64", "-mno-red-zone"] if is64 else ["-m32"]
    subprocess.run(["gcc", *machine, "-ffreestanding", "-fno-pic", "-I", HERE] + options + ["-c", name, "-o", kernel + ".o"], check=True, cwd=folder)
    subprocess.run(["ld", "-m", "elf_x86_64" if is64 else "elf_i386", "-z", "max-page-size=4096", "--no-warn-rwx-segments", "-T", os.path.join(HERE, "kernel.ld"),
                    "-o", kernel, kernel + ".o"], check=True)
    return kernel
