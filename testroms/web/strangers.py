"""What nobody should do with a page: strangers, hostile clients, killed browsers, wrong options."""
import os
import socket
import subprocess
import time

from browser import Browser
from checks import check
from session import DEMO, Server, do, until
from wire import Refused

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
