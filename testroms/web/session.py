"""A machine in a browser, as the tests have it: `swemu serve`, and what one asks of a page."""
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [os.path.join(TESTROMS, "state")]
from wire import Wire  # noqa: E402

DEMO = os.path.join(TESTROMS, "demo", "demo.img")
servers = []


class Server:
    def __init__(self, swemu, *options, command="serve"):
        self.process = subprocess.Popen([swemu, command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        servers.append(self)
        line = self.process.stdout.readline()
        self.address = line.strip().split()[-1] if "http://" in line else None
        if not self.address:
            raise SystemExit("no page: " + line + self.process.stderr.read())
        parts = urlsplit(self.address)
        self.origin, self.host, self.port, self.path = "http://" + parts.netloc, parts.netloc, parts.port, parts.path

    def wire(self, **options):
        options.setdefault("origin", self.origin)
        return Wire("ws://%s%ssocket" % (self.host, self.path), **options)

    def ask(self, text, timeout=5):
        """The whole answer to a raw request."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            connection.sendall(text.encode() if isinstance(text, str) else text)
            answer = b""
            try:
                while data := connection.recv(65536):
                    answer += data
            except OSError:
                pass
            return answer.decode("latin-1")

    def get(self, path, *headers):
        return self.ask("\r\n".join(["GET %s HTTP/1.1" % path, *(headers or ["Host: " + self.host]), "", ""]))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


def until(wire, wanted, timeout=60):
    """The first message that `wanted` likes; None when none comes."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        message = wire.next(end - time.monotonic())
        if message is None:
            return None
        if isinstance(message, dict) and wanted(message):
            return message
    return None


def do(wire, line):
    """Carries out a command: its answer, and the state that came before that."""
    wire.number = getattr(wire, "number", 0) + 1
    wire.send(seq=wire.number, command=line)
    states = []

    def is_answer(message):
        states[:] = [message] if message["kind"] == "state" else states
        return message["kind"] == "reply" and message["to"] == wire.number
    answer = until(wire, is_answer)
    return answer, states[0] if states else None


class Pictures:
    """A folder in which pictures of pages are kept; None for none."""
    folder = None


def picture(page, name):
    if Pictures.folder:
        page.picture(os.path.join(Pictures.folder, name + ".png"))


def pause(page):
    """Pauses the machine, once the page knows that it runs."""
    page.wait("!document.getElementById('pause').disabled")
    page.click("#pause")


def stopped(page):
    return page.wait("document.body.dataset.state !== 'running' && document.querySelector('#code .next') !== null")


def tick(page):
    return int("".join(c for c in page.value("document.getElementById('tick').textContent") if c.isdigit()))
