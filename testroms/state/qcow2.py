#!/usr/bin/env python3
"""Images that QEMU's own tool has written, and ours as it sees them.

    qcow2.py --swemu PATH

Reads qcow2 images of qemu-img (both versions, clusters from 512 bytes to 2 MB, compressed clusters, backing files, internal snapshots), has a guest
write to them, and has qemu-img check and compare every image that we wrote. What we do not read is refused in words. Needs qemu-img (Debian:
qemu-utils). Exit status: 0 when all is well.
"""
import importlib.util
import os
import shutil
import subprocess
import sys

import checks
from checks import check

HERE = os.path.dirname(os.path.abspath(__file__))
SPEC = importlib.util.spec_from_file_location("kill", os.path.join(HERE, "kill.py"))
kill = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(kill)


def qemu(*words, status=0):
    result = subprocess.run(["qemu-img", *words], capture_output=True, text=True)
    if status is not None and result.returncode != status:
        sys.exit("qemu-img %s: %s" % (" ".join(words), result.stderr))
    return result


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


class Workshop:
    """A folder with the disk of the workload as raw.img, and what the workload makes of it as done.img."""

    def __init__(self, swemu, folder):
        self.swemu, self.folder = swemu, folder
        self.raw = self.path("raw.img")
        os.rename(kill.make_disk(folder), self.raw)
        self.done = self.path("done.img")
        shutil.copy(self.raw, self.done)
        self.work(self.done)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words):
        return subprocess.run([self.swemu, *words], capture_output=True, text=True)

    def work(self, disk):
        """Has the guest write; the exit status."""
        return self.run("run", disk, "--headless", "--memory", "2", "--debugcon", "file:" + self.path("log"), "--max-ticks", "20M").returncode

    def same(self, image, raw):
        """Whether `image`, read by swemu and by qemu-img, holds what `raw` does."""
        ours = self.path("flat-ours.img")
        if os.path.exists(ours):
            os.remove(ours)
        converted = self.run("image", "convert", image, ours)
        return converted.returncode == 0 and bytes_of(ours) == bytes_of(raw) and qemu("compare", image, raw, status=None).returncode == 0


def check_theirs(shop):
    """Images of qemu-img: read, then written by a guest."""
    shutil.copy(shop.raw, shop.path("base.img"))
    qemu("convert", "-O", "qcow2", "-c", shop.raw, shop.path("base.qcow2"))
    images = {
        "version 2": ["convert", "-O", "qcow2", "-o", "compat=0.10", shop.raw],
        "version 3": ["convert", "-O", "qcow2", shop.raw],
        "clusters of 512 bytes": ["convert", "-O", "qcow2", "-o", "cluster_size=512", shop.raw],
        "clusters of 2 MB": ["convert", "-O", "qcow2", "-o", "cluster_size=2M", shop.raw],
        "compressed": ["convert", "-O", "qcow2", "-c", shop.raw],
        "compressed, clusters of 4 KB": ["convert", "-O", "qcow2", "-c", "-o", "cluster_size=4K", shop.raw],
        "allocated in advance": ["convert", "-O", "qcow2", "-o", "preallocation=metadata", shop.raw],
        "lazy reference counts": ["convert", "-O", "qcow2", "-o", "lazy_refcounts=on", shop.raw],
        "over a raw file": ["create", "-f", "qcow2", "-b", "base.img", "-F", "raw"],
        "over a compressed qcow2": ["create", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2", "-o", "cluster_size=8K"],
    }
    for name, words in images.items():
        image = shop.path("theirs.qcow2")
        if os.path.exists(image):
            os.remove(image)
        qemu(*words, image)
        check("theirs, %s: reads the same" % name, shop.same(image, shop.raw))
        status = shop.work(image)
        checked = qemu("check", image, status=None)
        check("theirs, %s: written by a guest, whole" % name, status == 0 and checked.returncode == 0, (status, checked.stdout + checked.stderr))
        check("theirs, %s: written by a guest, the same" % name, shop.same(image, shop.done))
    check("backing files are as they were", bytes_of(shop.path("base.img")) == bytes_of(shop.raw) and shop.same(shop.path("base.qcow2"), shop.raw))


def check_snapshots(shop):
    """An internal snapshot of qemu-img's shares clusters with the disk; it keeps what it had."""
    image = shop.path("snap.qcow2")
    qemu("convert", "-O", "qcow2", "-o", "cluster_size=4K", shop.raw, image)
    qemu("snapshot", "-c", "before", image)
    information = shop.run("image", "info", image)
    check("internal snapshots are told of", "QEMU's snapshots: 1, kept and not used" in information.stdout, information)
    status = shop.work(image)
    checked = qemu("check", image, status=None)
    check("an image with a snapshot is written and whole", status == 0 and checked.returncode == 0, (status, checked.stdout + checked.stderr))
    check("the disk has the new contents", shop.same(image, shop.done))
    qemu("snapshot", "-a", "before", image)
    check("the snapshot has the old ones", shop.same(image, shop.raw))


def check_ours(shop):
    """Our images, as qemu-img sees them."""
    image = shop.path("ours.qcow2")
    shop.run("image", "convert", shop.raw, image)
    check("ours, converted: whole", qemu("check", image, status=None).returncode == 0)
    check("ours, converted: the same", shop.same(image, shop.raw))
    shop.work(image)
    check("ours, written by a guest: whole", qemu("check", image, status=None).returncode == 0)
    check("ours, written by a guest: the same", shop.same(image, shop.done))
    over = shop.path("over.qcow2")
    shop.run("image", "create", over, "--backing", "raw.img")
    shop.work(over)
    check("ours, over a backing file: whole", qemu("check", over, status=None).returncode == 0)
    check("ours, over a backing file: the same", shop.same(over, shop.done))
    large = shop.path("large.qcow2")
    created = shop.run("image", "create", large, "2T")
    check("ours, of 2 TB: whole", created.returncode == 0 and qemu("check", large, status=None).returncode == 0, created)
    check("ours, of 2 TB: small", os.path.getsize(large) < 4 << 20, os.path.getsize(large))


def check_refused(shop):
    """What we do not read: one line that says what, and the status of a format."""
    cases = {
        "encryption": ["create", "-f", "qcow2", "--object", "secret,id=s,data=x", "-o", "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10"],
        "data in another file": ["create", "-f", "qcow2", "-o", "data_file=" + shop.path("data.raw")],
        "extended": ["create", "-f", "qcow2", "-o", "extended_l2=on"],
        "anything but zlib": ["create", "-f", "qcow2", "-o", "compression_type=zstd"],
    }
    for words, options in cases.items():
        image = shop.path("refused.qcow2")
        if os.path.exists(image):
            os.remove(image)
        if qemu(*options, image, "1M", status=None).returncode != 0:
            print("-     %s: this qemu-img cannot make it" % words)
            continue
        result = shop.run("run", image, "--headless")
        check("refused: " + words, result.returncode == 40 and words in result.stderr and result.stderr.count("\n") == 1, result)


class Holder:
    """qemu-io with an image open."""

    def __init__(self, *words):
        self.process = subprocess.Popen(["qemu-io", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.process.stdin.write("length\n")
        self.process.stdin.flush()
        self.line = self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.communicate("quit\n", timeout=60)


def check_locks(shop):
    """swemu and QEMU's tools hold each other off: one writer, or readers."""
    if not shutil.which("qemu-io"):
        print("-     no qemu-io here")
        return
    shutil.copy(shop.raw, shop.path("held.img"))
    qemu("convert", "-O", "qcow2", shop.raw, shop.path("held.qcow2"))
    # A machine that waits for gdb holds its image, and says when it does.
    for name, image in (("raw", shop.path("held.img")), ("qcow2", shop.path("held.qcow2"))):
        for ours, more in (("writes", []), ("reads", ["--snapshot"])):
            machine = subprocess.Popen([shop.swemu, "run", image, "--headless", "--memory", "2", "--gdb", "unix:" + shop.path("gdb"), "--stopped", *more], stderr=subprocess.PIPE, text=True)
            machine.stderr.readline()
            write = subprocess.run(["qemu-io", "-f", name, "-c", "write 0 512", image], capture_output=True, text=True)
            check("%s: qemu-io does not write while swemu %s" % (name, ours), write.returncode != 0 and "lock" in write.stderr, write)
            read = subprocess.run(["qemu-io", "-r", "-f", name, "-c", "read 0 512", image], capture_output=True, text=True)
            check("%s: qemu-io %s while swemu %s" % (name, "does not read" if ours == "writes" else "reads", ours),
                  (read.returncode != 0 and "lock" in read.stderr) if ours == "writes" else read.returncode == 0, read)
            machine.terminate()
            machine.wait(timeout=60)
        words = ["run", image, "--headless", "--memory", "2", "--max-ticks", "1000", "--no-post-mortem"]
        with Holder("-f", name, image):
            for more in ([], ["--snapshot"]):
                result = shop.run(*words, *more)
                check("%s: swemu %s does not start while qemu-io writes" % (name, more), result.returncode == 42 and result.stderr.count("\n") == 1, result)
        with Holder("-r", "-f", name, image):
            result = shop.run(*words)
            check("%s: swemu does not write while qemu-io reads" % name, result.returncode == 42 and result.stderr.count("\n") == 1, result)
            check("%s: swemu reads while qemu-io reads" % name, shop.run(*words, "--snapshot").returncode == 16)
        check("%s: swemu writes when qemu-io is gone" % name, shop.run(*words).returncode == 16)
    over = shop.path("above.qcow2")
    shop.run("image", "create", over, "--backing", "held.img")
    with Holder("-f", "qcow2", over):
        base = shop.run("run", shop.path("held.img"), "--headless", "--max-ticks", "1000")
        check("a backing file is not written while qemu-io has an image over it", base.returncode == 42, base)
        base = shop.run("run", shop.path("held.img"), "--snapshot", "--headless", "--max-ticks", "1000", "--no-post-mortem")
        check("a backing file is read while qemu-io has an image over it", base.returncode == 16, base)


def main():
    if not shutil.which("qemu-img"):
        print("not tested: qemu-img is not here; install Debian's qemu-utils")
        return
    checks.run(Workshop, check_theirs, check_snapshots, check_ours, check_refused, check_locks)


if __name__ == "__main__":
    main()
