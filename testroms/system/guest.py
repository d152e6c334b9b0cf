"""What the scripts of this folder share: a guest as an image, and the state that a run of it ends in."""
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
HASH = re.compile(r"^state-hash: \w+ at tick \d+$", re.M)


def image(folder, guest):
    """Assembles a guest into `folder`, as a disk of a megabyte."""
    path = os.path.join(folder, guest + ".img")
    subprocess.run(["nasm", "-f", "bin", "-I", HERE + "/", "-o", path, os.path.join(HERE, guest + ".asm")], check=True)
    os.truncate(path, 1 << 20)
    return path
