#!/usr/bin/env python3
"""Runs guests in an emulator, unattended, and looks for each guest's proof that it came up.

    check.py                         the quick guests in .build/release/swemu
    check.py --all                   the slow ones, too
    check.py --only 'linux|grub'     some of them (then slow ones as well)
    check.py --emu qemu              in QEMU, to see what right looks like

make.py makes the images. A description (guests/*.json) says:

    image      file in the images folder, or, with a "/", a committed one in testroms
    made by    what to give make.py; cdrom: the image goes into the CD-ROM drive
    options    more words for swemu run
    memory     MiB; cpu: the least processor, 486, pentium, p6, x86-64-v2 or max; seconds: time limit; slow: left out without --all
    steps      done in order: {"serial": pattern, "send": text}  when COM1 shows the pattern, type text there
                              {"screen": pattern, "keys": text or list of QEMU key names}  the same with screen and keyboard
    proof      all have to come true: {"serial": pattern}, {"screen": pattern}, {"exit": emulator's status},
                              {"picture": [width, height], "colours": least number of them}

Patterns are regular expressions over everything seen so far on COM1 (without escape sequences), or over the 25 lines of the
text screen. The last line is "N passed, N failed"; the exit status is 1 when one failed.
"""
import argparse
import glob
import json
import os
import re
import shlex
import shutil
import signal
import sys
import time

from emulators import QEMU, Swemu

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTROMS)


class Seen:
    """What a guest has shown so far."""

    def __init__(self, emulator):
        self.emulator = emulator

    def shows(self, condition):
        if "serial" in condition:
            return re.search(condition["serial"], self.emulator.serial(), re.M)
        if "screen" in condition:
            return re.search(condition["screen"], self.emulator.screen(), re.M)
        if "picture" in condition:
            width, height, colours = self.emulator.picture()
            return [width, height] == condition["picture"] and colours >= condition["colours"]
        return self.emulator.exit_status() == condition["exit"]


def image_of(guest, options):
    return os.path.join(TESTROMS if "/" in guest["image"] else options.images, guest["image"])


def run(guest, options):
    """(passed, seconds, note) of one guest."""
    image = image_of(guest, options)
    if not os.path.exists(image):
        return False, 0.0, "no image %s; make it: testroms/guests/make.py %s" % (image, guest.get("made by", ""))
    emulator = (QEMU if options.emu == "qemu" else Swemu)(options)
    began = time.monotonic()
    try:
        emulator.start(guest, image)
        missing, step = follow(guest, emulator, began + guest["seconds"] * options.slow)
        seconds = time.monotonic() - began
        ended = emulator.exit_status()
        last_screen = emulator.screen() if options.keep else ""
        emulator.stop()
        if missing and step is None:                    # files that the emulator renews on its way out
            missing = [c for c in missing if not Seen(emulator).shows(c)]
        note = ""
        engine = "interpreter" if "interpreter" in options.swemu_options else "recompiler"
        if options.emu == "swemu" and emulator.engine() != engine:
            note = "the engine that ran is %s, not the %s" % (emulator.engine(), engine)
        elif step is not None:
            note = "waited in vain for %s" % json.dumps({k: v for k, v in step.items() if k in ("serial", "screen", "picture")})
        elif missing:
            note = "missing: " + ", ".join(json.dumps(c) for c in missing)
        if note and ended is not None:
            note += " | ended with status %d: %s" % (ended, emulator.last_error())
        if options.keep:
            keep(guest, emulator, last_screen, options.keep)
        return not note, seconds, note
    finally:
        if hasattr(emulator, "process"):
            emulator.stop()
        emulator.remove()


def follow(guest, emulator, deadline):
    """Does the steps and waits for the proof. Answers what is missing, and the step that was waited for in vain."""
    seen = Seen(emulator)
    steps, missing = list(guest.get("steps", [])), list(guest["proof"])
    while True:
        ended = emulator.exit_status() is not None
        if steps and seen.shows(steps[0]):
            step = steps.pop(0)
            time.sleep(step.get("pause", 0))
            if "send" in step:
                emulator.type_on_serial(step["send"])
            if "keys" in step:
                emulator.press(step["keys"])
        missing = [c for c in missing if not seen.shows(c)]
        if not steps and not missing:
            return [], None
        if ended or time.monotonic() > deadline:
            return missing, steps[0] if steps else None
        time.sleep(0.1)


def keep(guest, emulator, screen, folder):
    target = os.path.join(folder, guest["name"])
    os.makedirs(target, exist_ok=True)
    with open(os.path.join(target, "serial.txt"), "wb") as f:
        f.write(bytes(emulator.output))
    with open(os.path.join(target, "screen.txt"), "w") as f:
        f.write(screen)
    shutil.copy(emulator.path("errors"), os.path.join(target, "errors.txt"))
    if os.path.exists(emulator.path("picture")):
        shutil.copy(emulator.path("picture"), os.path.join(target, "screen.ppm"))


def descriptions():
    guests = []
    for path in glob.glob(os.path.join(HERE, "*.json")):
        with open(path) as f:
            guest = json.load(f)
        guests.append(dict(guest, name=os.path.basename(path)[:-5]))
    return sorted(guests, key=lambda guest: (guest["seconds"], guest["name"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emu", choices=("swemu", "qemu"), default="swemu")
    parser.add_argument("--swemu", default=os.path.join(ROOT, ".build/release/swemu"), help="the program")
    parser.add_argument("--swemu-options", type=shlex.split, default=[], help="more options for it, in one word")
    parser.add_argument("--qemu-machine", default="pc", help="pc, or isapc, which has no PCI either")
    parser.add_argument("--images", default=os.path.join(ROOT, "build/guests"), help="where make.py put them")
    parser.add_argument("--only", default="", help="regular expression on names")
    parser.add_argument("--all", action="store_true", help="the slow ones, too")
    parser.add_argument("--slow", type=float, default=1.0, help="multiplies the time limits")
    parser.add_argument("--keep", default="", help="folder for what each guest showed")
    parser.add_argument("--json", default="", help="file for the results")
    parser.add_argument("--show", action="store_true", help="print the commands")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = options.swemu if options.emu == "swemu" else "qemu-system-i386"
    if not shutil.which(program):
        raise SystemExit("check.py: no %s; %s" % (program, "build it: make build" if options.emu == "swemu" else "install QEMU"))

    results = []
    for guest in descriptions():
        if not re.search(options.only, guest["name"]) or guest.get("slow") and not (options.all or options.only):
            continue
        passed, seconds, note = run(guest, options)
        results.append({"name": guest["name"], "passed": passed, "seconds": round(seconds, 2), "note": note})
        print("%-4s  %-22s %7.1f s  %s" % ("PASS" if passed else "FAIL", guest["name"], seconds, note), flush=True)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(results, f, indent=1)
    failed = sum(not r["passed"] for r in results)
    print("%d passed, %d failed" % (len(results) - failed, failed))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
