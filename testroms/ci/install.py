#!/usr/bin/env python3
"""Installs the program into an empty root as packages do, uses what is there, and takes it away again.

    install.py --swemu build/tests/release/swemu
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "state"))
from checks import check, run  # noqa: E402


def make(swemu, folder, target):
    # The program is there; `make build` would make another one.
    return subprocess.run(["make", "-o", "build", target, "SWEMU=" + swemu, "DESTDIR=" + folder, "PREFIX=/usr"], cwd=TOP, capture_output=True, text=True)


def files(folder):
    return {os.path.relpath(os.path.join(place, name), folder) for place, _, names in os.walk(folder) for name in names}


def check_completions(share, environment):
    """Each shell is asked for what goes on from a beginning."""
    bash = """source "$1"; f=$(complete -p swemu); f=${f##*-F }; f=${f%% *}
        COMP_WORDS=(swemu run --headl) COMP_CWORD=2 COMP_LINE="swemu run --headl" COMP_POINT=17; $f swemu --headl run; echo "${COMPREPLY[@]}\""""
    # zsh completes in a terminal only: one of its own.
    zsh = """zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z "PS1=; fpath=(${1:h} \\$fpath); autoload -U compinit; compinit -u -D; print re''ady"
        until [[ $text == *ready* ]]; do zpty -r z more; text+=$more; done
        zpty -w -n z $'swemu run --headl\\t'; text=
        for n in {1..100}; do while zpty -r -t z more; do text+=$more; done; [[ $text == *--headless* ]] && break; sleep 0.1; done; print -r -- $text"""
    fish = "source $argv[1]; complete -C 'swemu run --headl'"
    for shell, words, place in (("bash", ["--norc", "-c", bash, "bash"], "bash-completion/completions/swemu"), ("zsh", ["-f", "-c", zsh, "zsh"], "zsh/site-functions/_swemu"),
                                ("fish", ["--no-config", "-c", fish], "fish/vendor_completions.d/swemu.fish")):
        result = subprocess.run([shell, *words, os.path.join(share, place)], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120)
        check("%s completes options" % shell, "--headless" in result.stdout, result)


def whole(bench):
    swemu, folder = bench
    root = os.path.join(folder, "root")
    result = make(swemu, root, "install")
    check("make install", result.returncode == 0, result.stderr)
    program = os.path.join(root, "usr/bin/swemu")
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    check("the program is there", said.startswith("swemu "), said)
    there = files(root)
    commands = subprocess.run([program, "--help"], capture_output=True, text=True).stdout.split("SUBCOMMANDS:")[1]
    names = [line.split()[0] for line in commands.split("\n") if line.startswith("  ") and line[2:3].islower()]
    missing = [name for name in names if "usr/share/man/man1/swemu-%s.1" % name not in there]
    check("a manual page for each of %d commands" % len(names), len(names) >= 8 and not missing, missing)
    page = open(os.path.join(root, "usr/share/man/man1/swemu-run.1")).read()
    check("with its options", "\\-\\-headless" in page and "\\-\\-kernel" in page)
    share = os.path.join(root, "usr/share")
    check_completions(share, dict(os.environ, PATH=os.path.join(root, "usr/bin") + ":" + os.environ["PATH"]))
    entry = subprocess.run(["desktop-file-validate", os.path.join(share, "applications/swemu.desktop")], capture_output=True, text=True)
    check("the desktop entry is one", entry.returncode == 0 and not entry.stdout, entry)
    demo = os.path.join(TOP, "testroms/demo/demo.img")
    result = subprocess.run([program, "run", demo, "--snapshot", "--headless", "--max-ticks", "50M", "--screen-text", "-"], cwd=folder, capture_output=True, text=True)
    check("it boots a disk from there", result.returncode == 16 and result.stdout.strip(), (result.returncode, result.stderr))
    result = make(swemu, root, "uninstall")
    check("make uninstall leaves nothing", result.returncode == 0 and not files(root), files(root))


run(lambda swemu, folder: (swemu, folder), whole)
