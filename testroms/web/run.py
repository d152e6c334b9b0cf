#!/usr/bin/env python3
"""Opens machines in a real browser without a window and does what people do: looks, clicks, types, drags; and what nobody should do.

    run.py --swemu build/tests/release/swemu [--pictures FOLDER] [--only NAME]
"""
import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
TESTROMS = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(TESTROMS, "state")]
from browser import Browser  # noqa: E402
from checks import check, failures  # noqa: E402
from wire import Refused, Wire  # noqa: E402

DEMO = os.path.join(TESTROMS, "demo", "demo.img")
pictures = None


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
    """Carries out a command: its answer and the state behind it."""
    wire.number = getattr(wire, "number", 0) + 1
    wire.send(seq=wire.number, command=line)
    answer = until(wire, lambda m: m["kind"] == "reply" and m["to"] == wire.number)
    return answer, until(wire, lambda m: m["kind"] == "state")


def picture(page, name):
    if pictures:
        page.picture(os.path.join(pictures, name + ".png"))


def stopped(page):
    return page.wait("document.body.dataset.state !== 'running' && document.querySelector('#code .next') !== null")


def tick(page):
    return int("".join(c for c in page.value("document.getElementById('tick').textContent") if c.isdigit()))


# What people do.

def looks(swemu, browser):
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    check("the demo's page of text is there", page.wait("document.getElementById('text').innerText.includes('Keyboard')"),
          page.value("document.getElementById('text').innerText"))
    page.click("#pause")
    check("it stops", stopped(page))
    check("code, with the next instruction marked", page.value("document.querySelectorAll('#code .next').length") == 1)
    check("registers", page.value("document.querySelectorAll('#registers tr').length") >= 20)
    check("the way of CS:EIP", page.value("document.querySelectorAll('#path li').length") >= 4)
    check("the way of IRQ 0 ends in a handler", "Handler" in page.value("document.getElementById('interrupt').innerText"))
    picture(page, "demo")
    for name, wanted in (("see", False), ("all", True)):
        page.click("#views [data-view=%s]" % name)
        check("view " + name, page.value("getComputedStyle(document.getElementById('code-pane')).display !== 'none'") == wanted)
    page.value("document.documentElement.style.colorScheme = 'dark'")
    picture(page, "demo-dark")
    page.ask("Emulation.setDeviceMetricsOverride", width=800, height=1100, deviceScaleFactor=1, mobile=False)
    check("on a tablet nothing is wider than the page", page.value("document.documentElement.scrollWidth") <= 800,
          page.value("document.documentElement.scrollWidth"))
    picture(page, "demo-tablet")
    check("no complaint in the console", not page.complaints(), page.complaints())
    check("nothing comes from another host", page.hosts() == {server.host}, page.hosts())
    check("the run ends in order", server.stop() == 18)


def steps(swemu, browser):
    server = Server(swemu, DEMO, "--stopped")
    page = browser.open(server.address)
    check("it stands at the beginning", stopped(page) and tick(page) == 0)
    page.click("[data-command=step]")
    page.wait("document.getElementById('tick').textContent === '1'")
    check("a click steps", tick(page) == 1)
    sentence = page.value("document.getElementById('happened').innerText")
    check("the sentence says what happened", "jmp" in sentence, sentence)
    page.key("F7")
    page.wait("document.getElementById('tick').textContent === '2'")
    check("F7 steps", tick(page) == 2)
    page.key("F7", modifiers=8)
    page.wait("document.getElementById('tick').textContent === '1'")
    check("Shift+F7 goes back", tick(page) == 1)
    page.click("#command")
    page.type("until 0x7c00")
    page.key("Enter")
    page.wait("document.querySelector('#code .next .place').textContent.endsWith(':7c00')")
    check("a command is typed", "7c00" in page.value("document.querySelector('#code .next .place').textContent"))
    page.click("#code li:nth-child(4) .dot")
    check("a breakpoint is clicked", page.wait("document.querySelectorAll('.dot[aria-pressed=true]').length === 1"))
    wanted = page.value("document.querySelector('.dot[aria-pressed=true]')?.dataset.address")
    page.click("#run")
    check("the run stops there", page.wait("document.querySelector('#code .next')?.dataset.address === '%s'" % wanted),
          page.value("document.getElementById('reason').textContent"))
    check("the reason is told", "breakpoint" in page.value("document.getElementById('reason').textContent"))
    for _ in range(4):
        before = tick(page)
        page.key("F7")
        page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') !== '%d'" % before)
    check("changed registers are lit", page.value("document.querySelectorAll('#registers tr.changed').length") >= 1)
    end = tick(page)
    check("the address tells the moment", page.value("location.hash").startswith("#t=%d" % end), page.value("location.hash"))
    page.value("document.querySelector('[data-register=esp] button').click()")
    check("a number is a link to memory", page.wait("document.getElementById('memory-at').value.startsWith('0x')"))
    page.value("document.querySelector('#memory .byte').click()")
    page.click("#watch")
    check("a byte is watched", page.wait("document.getElementById('points').textContent.includes('watchpoint')"))
    picture(page, "steps")
    check("the speaking parts have roles", {"toolbar", "log", "tablist", "slider", "status", "main", "banner", "contentinfo"}
          <= {role for role, _ in page.tree()}, {role for role, _ in page.tree()})
    unnamed = [role for role, name in page.tree() if role in ("button", "textbox", "slider", "combobox", "tab") and not name]
    check("everything that can be used has a name", not unnamed, unnamed)
    second = browser.open(server.address + "#t=1")
    stopped(second)
    check("the address of a moment leads there", second.wait("document.getElementById('tick').textContent === '1'"), tick(second))
    check("and the other page follows", page.wait("document.getElementById('tick').textContent === '1'"))
    check("no complaint in the console", not page.complaints() and not second.complaints(), page.complaints() + second.complaints())
    server.stop()


def drags(swemu, browser):
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    time.sleep(1)
    page.click("#pause")
    stopped(page)
    end = tick(page)
    page.drag("#time", 0.99, 0.3)
    page.wait("document.getElementById('status').textContent.includes('past')")
    page.wait("(({value, max}) => value < 0.4 * max)(document.getElementById('time'))")
    page.wait("!document.getElementById('time-note').textContent.includes('going')")
    stopped(page)
    middle = tick(page)
    check("the line of time is dragged", 0.2 * end < middle < 0.4 * end, (middle, end))
    check("the machine is in its past", "past" in page.value("document.getElementById('status').textContent"))
    check("marks stand on the line", page.value("document.querySelectorAll('#marks i').length") > 3)
    picture(page, "time")
    page.click("#event-forward")
    page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') !== '%d'" % middle)
    check("to the next event", tick(page) > middle, (tick(page), middle, end))
    page.value("document.getElementById('time-at').value = '%d'; document.getElementById('time-at').dispatchEvent(new Event('change'))" % end)
    page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % end)
    check("and to the present again", tick(page) == end, tick(page))
    server.stop()


def types(swemu, browser):
    server = Server(swemu, DEMO)
    page = browser.open(server.address)
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    before = page.value("document.getElementById('text').innerText")
    page.click("#screen")
    check("the screen has the focus", page.value("document.activeElement.id") == "screen")
    page.type("2")
    check("a key changes what the guest shows", page.wait("document.getElementById('text').innerText !== %r" % before))
    page.ask("Input.dispatchKeyEvent", type="keyDown", key="Control", code="ControlLeft", modifiers=2)
    page.ask("Input.dispatchKeyEvent", type="keyDown", key="Alt", code="AltLeft", modifiers=3)
    check("Ctrl+Alt gives the keys back", page.value("document.activeElement.id") != "screen")
    picture(page, "typed")
    server.stop()


# What nobody should do.

def strangers(swemu, browser):
    server = Server(swemu, DEMO)
    host = "Host: " + server.host
    page = server.get(server.path)
    check("who knows the token gets the page", page.startswith("HTTP/1.1 200") and "default-src 'self'" in page, page[:200])
    for name, answer in {
        "no token": server.get("/"), "a wrong token": server.get("/" + "0" * 32 + "/"), "a longer one": server.get(server.path[:-1] + "0/"),
        "another name": server.get(server.path, "Host: evil.example"), "no name": server.get(server.path, "X: y"),
        "two names": server.get(server.path, host, host), "a file that is none": server.get(server.path + "../../etc/passwd"),
        "another method": server.ask("POST %s HTTP/1.1\r\n%s\r\nContent-Length: 0\r\n\r\n" % (server.path, host)),
    }.items():
        check(name + " gets nothing", "swemu" not in answer and not answer.startswith("HTTP/1.1 200"), answer[:200])
    for name, options in {"another origin": {"origin": "http://evil.example"}, "no origin": {"origin": None}, "origin null": {"origin": "null"},
                          "another name": {"host": "evil.example:%d" % server.port}}.items():
        try:
            server.wire(**options)
            check("a socket for " + name, False, "it was opened")
        except Refused:
            check("a socket for " + name + " is refused", True)
    evil = browser.open("data:text/html,<p>evil")
    answer = evil.value("new Promise((done) => { const s = new WebSocket('ws://%s%ssocket'); s.onopen = () => done('open'); s.onerror = () => done('refused'); })"
                        % (server.host, server.path))
    check("a stranger's page in the same browser gets nothing", answer == "refused", answer)
    good = server.wire()
    check("the run goes on", until(good, lambda m: m["kind"] == "hello") is not None)
    server.stop()


def hostile(swemu, browser):
    server = Server(swemu, DEMO)
    good = server.wire()
    until(good, lambda m: m["kind"] == "state")
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
    for number, connection in enumerate(idle):
        connection.sendall([b"", b"GET / HT", b"\0" * 100, os.urandom(200), b"GET " + b"A" * 200000][number % 5])
    lost = []
    for number in range(40):
        try:
            wire = server.wire()
        except (Refused, OSError):
            continue
        try:
            if number % 8 == 0:
                wire.raw(wire.frame(b"{" * 60000))
            elif number % 8 == 1:
                wire.raw(b"\x81\xff" + b"\x7f" * 8)
            elif number % 8 == 2:
                wire.raw(wire.frame(b'{"command":"step"}', mask=False))
            elif number % 8 == 3:
                wire.raw(os.urandom(500))
            elif number % 8 == 4:
                for _ in range(200):
                    wire.raw(wire.frame(b"[" * 10, opcode=1, final=False))
            elif number % 8 == 5:
                for _ in range(3000):
                    wire.send(look={"memory": "eax" * 1000})
            elif number % 8 == 6:
                for text in ('{"command":5}', '[]', '{"look":[]}', '{"key":"none"}', '{"seq":-1,"command":"x /500xb"}', '{"mouse":{"dx":1e9}}',
                             '{"line":7,"text":"x"}', '{"look":{"code":"0xz","interrupt":"irq99","address":"((((("}}', '\xff\xfe'):
                    wire.raw(wire.frame(text.encode("latin-1")))
        except OSError:
            pass
        if number % 3:
            wire.close()
        else:
            lost.append(wire)
    for wire in lost:
        wire.close()
    # The pages that were let go leave their places.
    time.sleep(1)
    answer, state = do(good, "info time")
    check("the run goes on for its user", answer is not None and answer["ok"] and state is not None, answer)
    check("and for a page that comes now", until(server.wire(), lambda m: m["kind"] == "state") is not None)
    for connection in idle:
        connection.close()
    check("nothing was said about a bug", server.stop() == 18)


def lost(swemu, browser):
    server = Server(swemu, DEMO)
    other = Browser()
    page = other.open(server.address)
    page.wait("document.getElementById('text').innerText.includes('Keyboard')")
    other.kill()
    wire = server.wire()
    first = until(wire, lambda m: m["kind"] in ("running", "state"))
    again = until(wire, lambda m: m["kind"] == "running" and m["tick"] > first["tick"])
    check("behind a killed browser the run goes on", again is not None)
    two = Server(swemu, DEMO, "--stopped")
    check("two sessions have two addresses", two.address != server.address)
    check("one's token is none for the other", not two.get(server.path, "Host: " + two.host).startswith("HTTP/1.1 200"))
    two.stop()
    # A reader that reads nothing.
    slow = server.wire()
    time.sleep(2)
    answer, _ = do(wire, "info time")
    check("a page that reads nothing holds nobody up", answer["ok"])
    slow.close()
    server.stop()


def lessons(swemu, browser):
    server = Server(swemu, "1", command="learn")
    page = browser.open(server.address)
    check("the lesson's text is there", page.wait("document.getElementById('lesson-text').textContent.includes('A register is a place')"))
    page.click("#task-0")
    page.value("document.getElementById('task-0').value = 'mov bx, 5'")
    page.value("document.querySelector('#task-0-box form').requestSubmit()")
    check("a mistake is understood", page.wait("document.getElementById('task-0-said').textContent.includes('in another register')"))
    check("the machine is the one that was tried", page.wait("document.querySelector('[data-register=ebx] button').textContent === '00000005'"))
    page.value("document.getElementById('task-0').value = 'mov ax, 5'")
    page.value("document.querySelector('#task-0-box form').requestSubmit()")
    check("and right is right", page.wait("document.getElementById('task-0-said').textContent.includes('Right')"))
    picture(page, "lesson")
    page.click("[data-command=step-back]")
    check("the attempt can be pulled back", page.wait("document.querySelector('[data-register=eax] button').textContent === '00000000'"))
    check("no complaint in the console", not page.complaints(), page.complaints())
    check("an unfinished lesson is told", server.stop() == 20)


def exports(swemu, browser):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "boot.html")
        result = subprocess.run([swemu, "export", DEMO, "--command", "until 0x7c00", "--steps", "20", "-o", path], capture_output=True, text=True)
        check("a run is exported", result.returncode == 0 and os.path.getsize(path) < 1 << 20, (result, os.path.exists(path) and os.path.getsize(path)))
        page = browser.open("file://" + path)
        check("the page shows the first state", page.wait("document.querySelector('#code .next .place')?.textContent.endsWith(':7c00')"))
        first = tick(page)
        page.key("F7")
        check("it steps", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % (first + 1)), tick(page))
        check("with the explanation", page.value("document.querySelectorAll('#happened code').length") >= 1)
        page.key("F7", modifiers=8)
        check("and back", page.wait("document.getElementById('tick').textContent.replace(/\\D/g, '') === '%d'" % first), tick(page))
        picture(page, "export")
        check("no complaint in the console", not page.complaints(), page.complaints())
        check("nothing is asked of anybody", page.hosts() <= {""}, page.hosts())
        result = subprocess.run([swemu, "export", DEMO, "--command", "until nowhere", "-o", path], capture_output=True, text=True)
        check("a wrong command", result.returncode == 62 and result.stderr.count("\n") == 1, result)


def refusals(swemu, browser):
    def run(*options):
        result = subprocess.run([swemu, "serve", *options], capture_output=True, text=True, timeout=60)
        return result.returncode, result.stderr.strip()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, text = run(DEMO, "--listen", str(taken.getsockname()[1]))
        check("a port that is taken", status == 54 and text.count("\n") == 0 and "cannot listen" in text, (status, text))
    for options, wanted in ((["no.img"], 30), ([DEMO, "--listen", "x"], 64), ([DEMO, "--film", "f"], 64), ([DEMO, "--listen", "1.2.3.4:1"], 54)):
        status, text = run(*options)
        check("refused: " + " ".join(options), status == wanted and text.count("\n") == 0, (status, text))


PARTS = [looks, steps, drags, types, lessons, exports, strangers, hostile, lost, refusals]


def main():
    global pictures
    parser = argparse.ArgumentParser()
    parser.add_argument("--swemu", required=True)
    parser.add_argument("--pictures", help="keep pictures of the page in this folder")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    pictures = options.pictures
    if pictures:
        os.makedirs(pictures, exist_ok=True)
    swemu = os.path.abspath(options.swemu)
    browser = Browser()
    try:
        for part in PARTS:
            if options.only in ("", part.__name__):
                part(swemu, browser)
    finally:
        browser.kill()
        for server in servers:
            server.process.kill()
    print("%d checks failed" % len(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
