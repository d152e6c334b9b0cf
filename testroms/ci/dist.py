#!/usr/bin/env python3
"""Installs build/dist's tarball and package in roots with nothing but a base system, uses them, and takes them away again.

    dist.py [--suite jammy] ...     bookworm, trixie and noble (Ubuntu 24.04) without it; as root

Roots are made by debootstrap in build/roots and kept, so that only the first time takes long. What cannot be fetched is said to be skipped.
"""
import argparse
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, failures  # noqa: E402

UBUNTU = "http://archive.ubuntu.com/ubuntu"
UBUNTU_SUITES = ("jammy", "noble")
# Debian 12 has no package with Ubuntu's keys: theirs, known by its sum.
KEYRING = ("/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb", "36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8")
SUITE = "kernel: hello\nsteps: [{serial: \"hello from the kludge\"}, {exit: 0}]\n"


def newest(pattern):
    found = sorted(glob.glob(os.path.join(TOP, "build/dist", pattern)), key=os.path.getmtime)
    return found[-1] if found else sys.exit("dist: no build/dist/%s; run make dist deb" % pattern)


def ubuntu_keyring():
    """The file of Ubuntu's keys; throws OSError where it cannot be fetched, and ends the run where it is another one."""
    place = os.path.join(TOP, "build/roots/ubuntu-keyring")
    file = place + "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
    if not os.path.exists(file):
        package = urllib.request.urlopen(UBUNTU + KEYRING[0], timeout=60).read()
        if hashlib.sha256(package).hexdigest() != KEYRING[1]:
            sys.exit("dist: %s is not the package that it was; nothing of Ubuntu's is taken" % KEYRING[0])
        os.makedirs(place, exist_ok=True)
        subprocess.run(["dpkg-deb", "-x", "/dev/stdin", place], input=package, check=True)
    return file


def root_of(suite):
    """A root of that suite; None where it cannot be had."""
    root = os.path.join(TOP, "build/roots", suite)
    if not os.path.exists(root + "/made"):
        shutil.rmtree(root, ignore_errors=True)
        words = ["debootstrap", "--variant=minbase", suite, root]
        if suite in UBUNTU_SUITES:
            try:
                # Debian's debootstrap has Ubuntu's steps under an early release's name.
                words[1:1] = ["--keyring=" + ubuntu_keyring()]
                words += [UBUNTU, "gutsy"]
            except OSError as error:
                print("skip  %s: %s: %s" % (suite, UBUNTU, error))
                return None
        made = subprocess.run(words, capture_output=True, text=True)
        if made.returncode != 0:
            print("skip  %s: %s" % (suite, (made.stdout + made.stderr).strip().split("\n")[-1]))
            return None
        # The mirror that this host uses, for the package's libraries.
        for name in ("resolv.conf", "apt/apt.conf.d"):
            if os.path.isdir("/etc/" + name):
                shutil.copytree("/etc/" + name, root + "/etc/" + name, dirs_exist_ok=True)
            else:
                shutil.copy("/etc/" + name, root + "/etc/" + name)
        open(root + "/made", "w").close()
    return root


def inside(root, *words):
    return subprocess.run(["chroot", root, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def works(name, root, suite):
    said = inside(root, "swemu", "--version")
    check("%s: it starts" % name, said.returncode == 0 and said.stdout.startswith("swemu ") and "no recompiler" not in said.stdout, said)
    # The demo disk that came along.
    demo = inside(root, "sh", "-c", "ls /usr/local/share/doc/swemu/examples/demo.img /usr/share/doc/swemu/examples/demo.img 2>/dev/null").stdout.split()
    booted = inside(root, "swemu", "run", *demo[:1], "--snapshot", "--headless", "--step", "serial: all checks passed", "--step", "screenshot: /try/demo.png")
    check("%s: it boots the demo" % name, booted.returncode == 0 and os.path.exists(root + "/try/demo.png"), booted)
    tested = inside(root, "swemu", "test", "/try", "--output", "/try/kept", "--junit", "/try/results.xml")
    check("%s: it runs a suite" % name, tested.returncode == 0 and "1 passed, 0 failed" in tested.stdout, tested)


def prepare(root):
    shutil.rmtree(root + "/try", ignore_errors=True)
    os.mkdir(root + "/try")
    subprocess.run(["nasm", "-f", "bin", "-I", TOP + "/testroms/kernels/", "-o", root + "/try/hello", TOP + "/testroms/kernels/kludge.asm"], check=True)
    with open(root + "/try/hello.test.yaml", "w") as f:
        f.write(SUITE)


def files(folder):
    return {os.path.join(place, name) for place, _, names in os.walk(folder) for name in names}


def check_tarball(suite, root, tarball):
    before = files(root + "/usr/local")
    prepare(root)
    subprocess.run(["tar", "-C", root + "/usr/local", "--strip-components=1", "-xf", tarball], check=True)
    works("%s, tarball" % suite, root, suite)
    made = files(root + "/usr/local") - before
    check("%s, tarball: manual pages, completions and the demo disks come with it" % suite, all(any(part in n for n in made) for part in ("man1/swemu-run.1", "bash-completion", "examples/demo64.img")), made)
    # README's way to be rid of it.
    words = re.search(r"^    tar -tf \S+ \| (.*) \| sudo (xargs .*)$", open(TOP + "/README.md").read(), re.M)
    shutil.copy(tarball, root + "/try/swemu.tar.gz")
    gone = inside(root, "sh", "-c", "tar -tf /try/swemu.tar.gz | %s | %s" % words.groups())
    left = files(root + "/usr/local") - before
    check("%s, tarball: it goes without a trace" % suite, gone.returncode == 0 and not left, (gone, left))


def check_container(root, tarball):
    """What the Containerfile does, where no engine is: the packages of its first stage are Debian's, the steps of its second one make an image that works."""
    first, second = open(TOP + "/Containerfile").read().split("\nFROM ")[1:]
    packages = re.search(r"apt-get install -y --no-install-recommends (.*)", first).group(1).split()
    known = inside(root, "apt-get", "install", "--simulate", "--no-install-recommends", *packages)
    check("Containerfile: its packages are there", known.returncode == 0, known)
    os.makedirs(root + "/tmp/dist", exist_ok=True)
    shutil.copy(tarball, root + "/tmp/dist")
    before = files(root + "/usr/local")
    for step in re.findall(r"^RUN (.*)$", second, re.M):
        ran = inside(root, "sh", "-c", step)
        check("Containerfile: " + step[:40], ran.returncode == 0, ran)
    prepare(root)
    os.chmod(root + "/try", 0o755)
    tested = subprocess.run(["chroot", "--userspec=swemu", root, "sh", "-c", "cd ~swemu && swemu test /try --output /tmp/kept"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    check("Containerfile: its user runs a suite", tested.returncode == 0 and "1 passed, 0 failed" in tested.stdout, tested)
    inside(root, "userdel", "--remove", "swemu")
    for name in files(root + "/usr/local") - before:
        os.remove(name)
    shutil.rmtree(root + "/tmp/kept", ignore_errors=True)


def check_package(suite, root, package):
    prepare(root)
    shutil.copy(package, root + "/try")
    name = "/try/" + os.path.basename(package)
    installed = inside(root, "apt-get", "install", "-y", "--no-install-recommends", name)
    check("%s, package: it installs" % suite, installed.returncode == 0, installed.stdout[-500:] + installed.stderr[-500:])
    if installed.returncode == 0:
        works("%s, package" % suite, root, suite)
        removed = inside(root, "apt-get", "purge", "-y", "swemu")
        left = [n for n in files(root + "/usr") if os.path.basename(n).startswith("swemu")]
        check("%s, package: it goes without a trace" % suite, removed.returncode == 0 and not left, (removed, left))


def check_action(tarball):
    """The scripts of action.yml, as a runner of GitHub's executes them."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(TOP + "/testroms/demo/demo.img", folder)
        with open(folder + "/demo.test.yaml", "w") as f:
            f.write("disk: demo.img\nsteps: [{serial: all checks passed}]\n")
        environment = dict(os.environ, RUNNER_TEMP=folder + "/temp", GITHUB_PATH=folder + "/path", GITHUB_STEP_SUMMARY=folder + "/summary.md", TARBALL="file://" + tarball, TESTS=".",
                           ARGUMENTS="--shard auto --jobs 2", STRATEGY_JOB_INDEX="0", STRATEGY_JOB_TOTAL="1")
        text = open(TOP + "/action.yml").read()
        scripts = [textwrap.dedent(script) for script in re.findall(r"^      run: \|\n((?:        .*\n)+)", text, re.M)]
        check("action.yml has two scripts", len(scripts) == 2, scripts)
        for script in scripts:
            if os.path.exists(folder + "/path"):
                environment["PATH"] = open(folder + "/path").read().strip() + ":" + os.environ["PATH"]
            ran = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            check("action.yml: " + script.split("\n")[0][:40], ran.returncode == 0, ran)
        left = [name for name in ("swemu-results.xml", "swemu-report-0.json", "summary.md") if not os.path.exists(folder + "/" + name)]
        check("action.yml leaves its results", not left, left)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", action="append")
    suites = parser.parse_args().suite or ["bookworm", "trixie", "noble"]
    tarball, package = newest("*.tar.gz"), newest("*.deb")
    check_action(tarball)
    tried = 0
    for suite in suites:
        root = root_of(suite)
        if root is None:
            continue
        tried += 1
        # A program finds its own arguments and file there.
        subprocess.run(["mount", "-t", "proc", "proc", root + "/proc"], check=True)
        try:
            inside(root, "apt-get", "update")
            check_tarball(suite, root, tarball)
            if suite == "bookworm":
                check_container(root, tarball)
            # Built on Debian 12, for Debian: its libraries have other names in Ubuntu.
            if suite not in UBUNTU_SUITES:
                check_package(suite, root, package)
        finally:
            subprocess.run(["umount", root + "/proc"], check=True)
    check("a root could be made", tried > 0)
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
