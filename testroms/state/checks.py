"""Checks that are counted: a line each, and the exit status 1 when one fails."""
import argparse
import os
import sys
import tempfile

failures = []


def check(name, good, detail=""):
    print("%-4s  %s%s" % ("ok" if good else "FAIL", name, "" if good else "  " + str(detail)), flush=True)
    if not good:
        failures.append(name)


def run(make, *parts):
    """Each part with what `make` makes of the program, which --swemu names, and a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    swemu = os.path.abspath(parser.parse_args().swemu)
    with tempfile.TemporaryDirectory() as folder:
        bench = make(swemu, folder)
        for part in parts:
            part(bench)
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)
