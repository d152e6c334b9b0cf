"""How a guest is started in an emulator, seen, and typed into. `Swemu` and `QEMU` offer the same."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

ESCAPE_SEQUENCE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])")
TYPING_PAUSE = 0.02         # seconds between bytes on the serial line: guests poll a chip with a small FIFO


def engine_in(stats):
    """Which engine ran, by what --stats printed; None if it does not say."""
    if re.search(r"^stats: \d+ ticks, .*\b[1-9]\d* recompiled", stats, re.M):
        return "recompiler"
    return "interpreter" if re.search(r"^stats: \d+ ticks, .*; interpreter", stats, re.M) else None


class Emulator:
    """A running guest. COM1 is on the emulator's stdin and stdout."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.TemporaryDirectory(prefix="guest-")
        self.output = bytearray()
        self.lock = threading.Lock()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, guest, image):
        self.disk = self.path("disk.img")               # guests write to their disks: each run has a copy
        subprocess.run(["cp", "--sparse=always", image, self.disk], check=True)
        command = self.command(guest)
        if self.options.show:
            print("+", " ".join(command), flush=True)
        with open(self.path("errors"), "wb") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                            start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while True:
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return
            with self.lock:
                self.output += data

    def serial(self):
        with self.lock:
            text = self.output.decode("latin-1")
        return ESCAPE_SEQUENCE.sub("", text).replace("\r", "")

    def type_on_serial(self, text):
        try:
            for byte in text.encode("latin-1"):
                self.process.stdin.write(bytes([byte]))
                self.process.stdin.flush()
                time.sleep(TYPING_PAUSE)
        except OSError:
            pass                                        # the machine is off: the proof will be missing

    def picture(self):
        """Width, height and number of colours of what the monitor shows."""
        try:
            with open(self.path("picture"), "rb") as f:
                parts = f.read().split(b"\n", 3)
            width, height = map(int, parts[1].split())
            dots = parts[3]
        except (OSError, IndexError, ValueError):
            return 0, 0, 0
        return width, height, len({dots[i:i + 3] for i in range(0, len(dots), 3)})

    def exit_status(self):
        status = self.process.poll()
        if status is not None:
            self.reader.join(2)
        return status

    def stop(self):
        """Ends the emulator gently, then by force."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.reader.join(2)

    def last_error(self):
        try:
            with open(self.path("errors"), errors="replace") as f:
                lines = f.read().strip().splitlines()
            return lines[-1][:120] if lines else ""
        except OSError:
            return ""

    def remove(self):
        self.folder.cleanup()


class Swemu(Emulator):
    def command(self, guest):
        os.mkfifo(self.path("keys"))
        self.keys = os.open(self.path("keys"), os.O_RDWR | os.O_NONBLOCK)
        looks = any("picture" in condition for condition in guest["proof"] + guest.get("steps", []))
        return [self.options.swemu, "run", *(["--cdrom"] if guest.get("cdrom") else []), self.disk, "--headless", "--serial", "stdio", "--memory", str(guest["memory"]),
                "--cpu", guest["cpu"], "--screen-text", self.path("screen"), *(["--screen-ppm", self.path("picture")] if looks else []),
                "--keys", self.path("keys"), "--stats", *guest.get("options", []), *self.options.swemu_options]

    def engine(self):
        """Which engine ran, by --stats, when the run is over."""
        try:
            with open(self.path("errors"), errors="replace") as f:
                text = f.read()
        except OSError:
            return None
        return engine_in(text)

    def screen(self):
        try:
            with open(self.path("screen"), encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def press(self, keys):
        os.write(self.keys, (json.dumps(keys) + "\n").encode())

    def remove(self):
        os.close(self.keys)
        super().remove()


class QEMU(Emulator):
    CPU = {"486": "486", "pentium": "pentium", "p6": "pentium2", "pentium2": "pentium2", "x86-64": "qemu64", "x86-64-v2": "Nehalem", "max": "max"}
    KEYS = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "/": "slash", ".": "dot", ",": "comma",
            ";": "semicolon", "'": "apostrophe", "\\": "backslash"}

    def command(self, guest):
        cpu = self.CPU[guest["cpu"]]
        if self.options.qemu_machine == "isapc" and cpu == "pentium2":
            cpu += ",-apic"
        self.monitor = None
        program = "qemu-system-x86_64" if guest["cpu"].startswith(("x86-64", "max")) else "qemu-system-i386"
        return [program, "-accel", "tcg", "-machine", self.options.qemu_machine, "-cpu", cpu, "-m", str(guest["memory"]),
                "-display", "none", "-nic", "none", "-no-reboot", "-serial", "stdio", "-monitor", "unix:%s,server,nowait" % self.path("m"),
                *(["-cdrom", self.disk] if guest.get("cdrom") else ["-drive", "file=%s,format=raw,if=ide,index=0" % self.disk])]

    def screen(self):
        self._say('pmemsave 0xb8000 32768 "%s"' % self.path("text"))     # Linux scrolls by moving the start address
        try:
            with open(self.path("text"), "rb") as f:
                cells = f.read()[::2]
        except OSError:
            return ""
        return "\n".join(cells[i:i + 80].decode("cp437").replace("\0", " ").rstrip() for i in range(0, len(cells), 80))

    def picture(self):
        self._say('screendump "%s"' % self.path("picture"))
        return super().picture()

    def press(self, keys):
        names = keys if isinstance(keys, list) else [self.KEYS.get(c, "shift-" + c.lower() if c.isupper() else c) for c in keys]
        for name in names:
            self._say("sendkey " + name)
            time.sleep(0.15)

    def _say(self, line):
        try:
            if self.monitor is None:
                self.monitor = socket.socket(socket.AF_UNIX)
                self.monitor.settimeout(3)
                self.monitor.connect(self.path("m"))
                self._prompt()
            self.monitor.sendall(line.encode() + b"\n")
            self._prompt()
        except OSError:
            if self.monitor:
                self.monitor.close()
            self.monitor = None

    def _prompt(self):
        answer = b""
        while not answer.rstrip().endswith(b"(qemu)"):
            data = self.monitor.recv(65536)
            if not data:
                return
            answer += data
