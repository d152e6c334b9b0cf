#!/usr/bin/env python3
"""Runs every command of docs/try.md, in order, as somebody who has just built swemu would.

    readme.py --swemu build/swemu

A command is expected to end with 0, or with the status that its comment names ("# exit status 10"). Exit status: 0 when all do.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def commands():
    """(command, expected status) of each line."""
    text = open(os.path.join(ROOT, "docs/try.md")).read()
    block = re.search(r"^# Try it$.*?^```sh\n(.*?)^```", text, re.M | re.S)
    if not block:
        sys.exit("docs/try.md has no block of commands")
    found = []
    for line in block[1].splitlines():
        if line.strip() and not line.startswith("#"):
            status = re.search(r"# .*exit status (\d+)", line)
            found.append((line, int(status[1]) if status else 0))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    swemu = os.path.abspath(parser.parse_args().swemu)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        # The same folder as the reader's, but for the program and for what the commands write.
        for name in ("testroms", "docs"):
            os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
        os.mkdir(os.path.join(folder, "build"))
        os.symlink(swemu, os.path.join(folder, "build/swemu"))
        for command, status in commands():
            result = subprocess.run(["bash", "-c", command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            good = result.returncode == status
            bad += not good
            print("%-4s  %s" % ("ok" if good else "FAIL", command))
            if not good:
                print("      exit status %d, expected %d\n%s%s" % (result.returncode, status, result.stdout, result.stderr))
    print("%d commands failed" % bad)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
