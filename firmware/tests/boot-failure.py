#!/usr/bin/env python3
"""What the firmware says when nothing boots: no drive, no boot signature, a read error. Runs QEMU's isapc machine, reads the screen.

Exit status 0 when every text was found, and a key made the firmware try again.
"""
import os, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIOS = os.path.join(HERE, "..", "bios.bin")
REMEDY = "Any key tries again."
INT_18 = bytes([0xCD, 0x18]).ljust(510, b"\0") + b"\x55\xAA"


def screens(folder, drives):
    """The screen when the firmware waits, and after a key."""
    command = ["qemu-system-i386", "-accel", "tcg", "-M", "isapc", "-cpu", "486", "-m", "16", "-bios", BIOS, "-display", "none", "-nic", "none",
               "-serial", "null", "-monitor", "stdio"] + drives
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    dump = os.path.join(folder, "screen")

    def order(text):
        p.stdin.write(text.encode() + b"\n")
        p.stdin.flush()

    def screen(count):
        end = time.time() + 20
        text = ""
        while text.count(REMEDY) < count and time.time() < end:
            time.sleep(0.2)
            order('pmemsave 0xb8000 4000 "%s"' % dump)
            time.sleep(0.1)
            if os.path.exists(dump):
                with open(dump, "rb") as f:
                    cells = f.read()[::2].decode("cp437")
                text = "\n".join(cells[i:i + 80].rstrip() for i in range(0, 2000, 80))
        return text

    try:
        first = screen(1)
        order("sendkey a")
        return first, screen(2)
    finally:
        order("quit")
        p.wait()


def main():
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        def image(name, sector):
            path = os.path.join(folder, name)
            with open(path, "wb") as f:
                f.write(sector.ljust(1 << 20, b"\0"))
            return path

        empty, gives_up = image("empty.img", b""), image("gives-up.img", INT_18)
        disk = "file=%s,format=raw,if=ide,index=%d"
        broken = "driver=blkdebug,image.driver=file,image.filename=%s,if=ide,index=0,rerror=report," \
                 "inject-error.0.event=none,inject-error.0.iotype=read,inject-error.0.errno=5" % empty
        cases = [
            ("no drive", [], ["disk 80h: no such drive", "disk 83h: no such drive"]),
            ("no signature", ["-drive", disk % (empty, 0)], ["disk 80h: sector 0 was read, but does not end in 55 AA", "disk 81h: no such drive"]),
            ("two drives", ["-drive", disk % (empty, 0), "-drive", disk % (gives_up, 2)],
             ["disk 80h: sector 0 was read, but", "disk 81h: was started, but gave control back"]),
            ("read error", ["-drive", broken], ["disk 80h: sector 0 could not be read, INT 13h status"]),
        ]
        number = 0
        for name, drives, wanted in cases:
            first, again = screens(folder, drives)
            for text, where, what in [(w, first, w) for w in wanted] + [("Trying again.", again, "a key tries again")]:
                number += 1
                found = text in where
                bad += not found
                print("%sok %d - %s: %s" % ("" if found else "not ", number, name, what))
                if not found:
                    print("# " + where.replace("\n", "\n# "))
        print("1..%d" % number)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
