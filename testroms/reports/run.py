#!/usr/bin/env python3
"""Programs that strangers wrote about, each of a kind that once went wrong here, with the right outcome.

    run.py                   all, on both engines of .build/release/swemu
    run.py --only uart       those whose name contains the word

A NAME.asm is a disk's first sectors, or with "; flat" in its first line a flat kernel at 100000h. Its first lines may say
"; options: ..." of swemu run, "; status: N" (0 otherwise), "; disk: BYTES" and, again and again, "; says: TEXT" for what has to be printed.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Report:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)[:-4]
        self.is_flat, self.options, self.status, self.says, self.disk = False, [], 0, [], 10321920
        for line in open(path):
            if not line.startswith(";"):
                break
            key, _, value = line[1:].strip().partition(": ")
            if key == "flat":
                self.is_flat = True
            elif key == "options":
                self.options = value.split()
            elif key == "status":
                self.status = int(value)
            elif key == "says":
                self.says.append(value)
            elif key == "disk":
                self.disk = int(value)

    def build(self, folder):
        image = os.path.join(folder, self.name)
        subprocess.run(["nasm", "-f", "bin", "-I", HERE + "/", "-o", image, self.path], check=True)
        if self.is_flat:
            return ["--kernel", image, "--kernel-format", "flat", "--load-address", "0x100000"]
        os.truncate(image, self.disk)
        return [image]

    def problems(self, swemu, source, engine):
        command = [swemu, "run", *source, "--headless", "--engine", engine, "--max-ticks", "300M", *self.options]
        if "--serial" not in self.options and "--debugcon" not in self.options:
            command += ["--debugcon", "stdio"]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        said = (result.stdout + result.stderr).decode(errors="replace")
        found = ["status %d instead of %d" % (result.returncode, self.status)] * (result.returncode != self.status)
        return found + ["does not say %r" % words for words in self.says if words not in said]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(HERE, "../../.build/release/swemu"))
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    count = failed = 0
    with tempfile.TemporaryDirectory(prefix="reports-") as folder:
        for path in sorted(glob.glob(os.path.join(HERE, "*.asm"))):
            report = Report(path)
            if args.only not in report.name:
                continue
            source = report.build(folder)
            for engine in ("interpreter", "recompiler"):
                count += 1
                problems = report.problems(args.swemu, source, engine)
                failed += bool(problems)
                for problem in problems:
                    print("FAILED %s, %s: %s" % (report.name, engine, problem))
    print("%d programs, %d failed" % (count, failed))
    sys.exit(failed != 0 or count == 0)


if __name__ == "__main__":
    main()
