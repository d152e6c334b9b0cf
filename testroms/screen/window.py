#!/usr/bin/env python3
"""Drives --display sdl as a user would: a real X server without a screen (Xvfb), real key and mouse events (xdotool), pictures of the
window (import) beside those of --screen-png. Prints a line for each check; "N passed, N failed" at the end; exit status 1 when one failed.

    window.py [--swemu PROGRAM] [--keep FOLDER]     FOLDER gets the pictures
"""
import argparse
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WAIT = 20           # seconds until something that should happen counts as not happening


class Desktop:
    """An X server of our own."""

    def __init__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x1100x24", "-nolisten", "tcp",
                                        "-noreset"],
                                       pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        number = os.read(read, 16).decode().strip()
        if not number:
            raise SystemExit("window.py: Xvfb does not start")
        self.environment = dict(os.environ, DISPLAY=":" + number, SDL_VIDEODRIVER="x11", LIBGL_ALWAYS_SOFTWARE="1")
        self.environment.pop("WAYLAND_DISPLAY", None)

    def run(self, *words, text=None):
        """Output of a program on this desktop; nothing of one that waits: `import` does, for a click, where its window is gone."""
        try:
            return subprocess.run(words, env=self.environment, capture_output=True, input=text, timeout=WAIT).stdout
        except subprocess.TimeoutExpired:
            return b""

    def stop(self):
        self.server.terminate()
        self.server.wait()


class Machine:
    """swemu in a window, with what the guest says on port E9h."""

    def __init__(self, desktop, options, image, *more):
        self.desktop, self.folder = desktop, options.folder
        self.picture = os.path.join(self.folder, "guest.png")
        self.said = ""
        words = [options.swemu, "run", os.path.join(HERE, image), "--snapshot", "--display", "sdl", "--debugcon", "stdio",
                 "--screen-png", self.picture, "--memory", "16", *more]
        self.process = subprocess.Popen(words, env=desktop.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        threading.Thread(target=self._listen, daemon=True).start()
        if not self.until(lambda: self.window):
            self.process.kill()
            raise SystemExit("window.py: no window: " + self.process.stderr.read().decode(errors="replace"))
        desktop.run("xdotool", "windowfocus", self.window)

    def _listen(self):
        for line in self.process.stdout:
            self.said += line.decode("latin-1")

    @property
    def window(self):
        """Its number; empty where it is not shown, or no more."""
        found = self.desktop.run("xdotool", "search", "--onlyvisible", "--name", "^swemu").decode().split()
        return found[-1] if found else ""

    def until(self, condition):
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return bool(condition())

    def hears(self, pattern):
        return self.until(lambda: re.search(pattern, self.said, re.M))

    def key(self, *keys):
        self.desktop.run("xdotool", "key", "--delay", "30", *keys)

    def title(self):
        return self.desktop.run("xdotool", "getwindowname", self.window).decode().strip()

    def size(self):
        text = self.desktop.run("xdotool", "getwindowgeometry", self.window).decode()
        found = re.search(r"Geometry: (\d+)x(\d+)", text)
        return (int(found[1]), int(found[2])) if found else None

    def looks_like_guest(self, *convert):
        """Whether the window's dots are the guest's, after ImageMagick's operations `convert` on the latter."""
        shot, wanted = os.path.join(self.folder, "window.png"), os.path.join(self.folder, "wanted.png")

        def same():
            self.desktop.run("import", "-window", self.window or "none", shot)
            self.desktop.run("convert", self.picture, *convert, wanted)
            difference = subprocess.run(["compare", "-metric", "AE", shot, wanted, "null:"], capture_output=True).stderr
            return difference.split()[:1] == [b"0"]
        return self.until(same)

    def end(self):
        try:
            self.process.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        return self.process.returncode


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, condition):
        self.passed, self.failed = self.passed + bool(condition), self.failed + (not condition)
        print("%-4s  %s" % ("PASS" if condition else "FAIL", name), flush=True)


def check_pictures(desktop, options, check):
    machine = Machine(desktop, options, "modes.img")
    check("text: the window is four to three", machine.hears("card text 40x25") and machine.until(lambda: machine.size() == (720, 540)))
    for name in re.findall(r'CARD\s+\w+, 0x\w+, "([^"]+)"', open(os.path.join(HERE, "modes.asm")).read())[1:]:
        machine.key("Return")
        machine.hears("card " + re.escape(name) + "$")
        if name in ("640x480 sixteen colours", "VBE 640x480 8 bits", "VBE 800x600 16 bits", "VBE 1024x768 24 bits"):
            check(name + ": dot for dot", machine.looks_like_guest())
            if options.keep:
                shutil.copy(os.path.join(options.folder, "window.png"), os.path.join(options.keep, "window-%s.png" % name.replace(" ", "-")))
        if name == "VBE 640x480 32 bits":
            desktop.run("xdotool", "windowmove", machine.window, "0", "0")
            desktop.run("xdotool", "windowsize", machine.window, "1300", "1000")
            check("twice as large: each dot a block of four, black around it",
                  machine.looks_like_guest("-filter", "point", "-resize", "1280x960", "-background", "black", "-gravity", "center",
                                           "-extent", "1300x1000"))
            break
    machine.key("ctrl+alt+q")
    check("Ctrl-Alt-Q ends it", machine.end() == 18)


def check_keys(desktop, options, check):
    machine = Machine(desktop, options, "echo.img")
    check("the guest is ready", machine.hears("^ready$"))
    machine.key("a", "shift+b", "Return", "F5", "Up", "KP_Add", "Delete")
    for name, code in [("a", "1E61"), ("B with Shift", "3042"), ("Enter", "1C0D"), ("F5", "3F00"), ("cursor up", "48E0"),
                       ("plus of the keypad", "4E2B"), ("Delete", "53E0")]:
        check("key: " + name, machine.hears("^key " + code + "$"))
    desktop.run("xdotool", "keydown", "z")
    check("a key that is held repeats", machine.hears(r"(key 2C7A\n){4}"))
    desktop.run("xdotool", "keyup", "z")
    subprocess.run(["xclip", "-selection", "clipboard"], input=b"Paste (me)!", env=desktop.environment)
    machine.key("ctrl+alt+v")
    expected = "".join("key ..%02X\n" % byte for byte in b"Paste (me)!")
    check("the clipboard is typed", machine.hears(expected.rstrip("\n") + "$"))
    machine.key("ctrl+alt+s")
    check("a picture in a file", machine.until(lambda: os.path.exists(os.path.join(options.folder, "swemu-1.png"))))
    machine.key("ctrl+alt+p")
    check("pause: the title says so", machine.until(lambda: "paused" in machine.title()))
    said = machine.said
    machine.key("q")
    time.sleep(0.5)
    check("paused: the guest hears nothing", machine.said == said)
    machine.key("ctrl+alt+p")
    check("it goes on, and what was typed is not lost", machine.hears("^key 1071$"))
    machine.key("ctrl+alt+r")
    check("reset", machine.hears(r"ready\n(.*\n)*ready"))
    machine.key("ctrl+alt+d")
    check("Ctrl-Alt-Delete restarts the guest", machine.hears(r"(ready\n(.*\n)*){3}"))
    desktop.run("xdotool", "mousemove", "--window", machine.window, "200", "200", "click", "1")
    check("a click takes the mouse", machine.until(lambda: "gives the mouse back" in machine.title()))
    desktop.run("xdotool", "mousemove_relative", "--", "12", "-7")
    check("the mouse moves", machine.hears(r"^mouse (?!00 00)[0-9A-F]{2} [0-9A-F]{2} 00$"))
    desktop.run("xdotool", "click", "3")
    check("its right button", machine.hears(r"^mouse 00 00 02$") and machine.hears(r"^mouse 00 00 02\n(.*\n)*mouse 00 00 00$"))
    machine.key("ctrl+alt+g")
    check("Ctrl-Alt-G gives it back", machine.until(lambda: "gives the mouse back" not in machine.title()))
    machine.key("F10")
    check("the guest switches off", machine.end() == 0)


def check_close(desktop, options, check):
    machine = Machine(desktop, options, "echo.img", "--serial", "null", "--post-codes", os.path.join(options.folder, "posts"))
    machine.hears("^ready$")
    machine.key("x")
    machine.hears("^key 2D78$")
    close(desktop.environment["DISPLAY"], int(machine.window))
    check("closing the window ends it at once", machine.end() == 18)
    with open(os.path.join(options.folder, "posts")) as f:
        check("and everything is written: files, and the last picture", f.read().endswith("0D\n") and os.path.getsize(machine.picture) > 500)


def close(display, window):
    """What a window manager sends when the user closes a window: a ClientMessage with WM_DELETE_WINDOW."""
    class Message(ctypes.Structure):
        _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                    ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                    ("rest", ctypes.c_long * 24)]
    x = ctypes.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = ctypes.c_ulong
    x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    x.XCloseDisplay.argtypes = [ctypes.c_void_p]
    server = x.XOpenDisplay(display.encode())
    data = (ctypes.c_long * 5)(x.XInternAtom(server, b"WM_DELETE_WINDOW", 0), 0, 0, 0, 0)
    message = Message(33, 0, 1, None, window, x.XInternAtom(server, b"WM_PROTOCOLS", 0), 32, data)
    x.XSendEvent(server, window, 0, 0, ctypes.byref(message))
    x.XCloseDisplay(server)


def check_dead(desktop, options, check):
    """A machine that halts for good keeps its window."""
    image = os.path.join(options.folder, "dead.img")
    with open(image, "wb") as f:
        f.write(bytes([0xFA, 0xF4]).ljust(510, b"\0") + b"\x55\xAA" + bytes(512 * 63))
    machine = Machine(desktop, options, image)
    check("a dead machine keeps its window", machine.until(lambda: "dead" in machine.title()))
    machine.key("ctrl+alt+q")
    check("until the user closes it", machine.end() == 12)


def check_pace(desktop, options, check):
    began = time.monotonic()
    machine = Machine(desktop, options, "vbe.img", "--speed", "2", "--max-ticks", "600M")
    status, seconds = machine.end(), time.monotonic() - began
    check("--speed 2: six virtual seconds last about three (%.1f)" % seconds, status == 16 and seconds > 2.9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swemu", default=os.path.join(ROOT, ".build/release/swemu"), help="the program")
    parser.add_argument("--keep", default="", help="folder for the window's pictures")
    options = parser.parse_args()
    options.swemu = os.path.abspath(options.swemu)
    missing = [name for name in ("Xvfb", "xdotool", "import", "xclip") if not shutil.which(name)]
    if missing:
        raise SystemExit("window.py: missing: %s; on Debian: apt-get install xvfb xdotool imagemagick xclip" % ", ".join(missing))
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    check = Checks()
    with tempfile.TemporaryDirectory(prefix="window-") as options.folder:
        desktop = Desktop()
        try:
            for part in (check_pictures, check_keys, check_close, check_dead, check_pace):
                part(desktop, options, check)
        finally:
            desktop.stop()
    print("%d passed, %d failed" % (check.passed, check.failed))
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
