"""Debian's Chromium without a window, driven over its DevTools protocol: pages are opened, clicked, typed at and looked at."""
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from wire import Wire


class Browser:
    def __init__(self, width=1280, height=900):
        self.folder = tempfile.mkdtemp(prefix="swemu-browser-")
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-dev-shm-usage", "--force-prefers-reduced-motion", "--hide-scrollbars",
             "--remote-debugging-port=0", "--user-data-dir=" + self.folder, "--window-size=%d,%d" % (width, height), "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        path = os.path.join(self.folder, "DevToolsActivePort")
        end = time.monotonic() + 60
        while not (os.path.exists(path) and os.path.getsize(path) > 8):
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit("no Chromium: " + str(program))
            time.sleep(0.05)
        port, self.path = open(path).read().split("\n")[:2]
        self.wire = Wire("ws://127.0.0.1:%s%s" % (port, self.path))
        self.sequence, self.events = 0, []

    def ask(self, method, session=None, **parameters):
        self.sequence += 1
        message = {"id": self.sequence, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self.wire.send(**message)
        number = self.sequence
        while True:
            answer = self.wire.next(60)
            if answer is None:
                raise AssertionError("Chromium does not answer " + method)
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError("%s: %s" % (method, answer["error"]["message"]))
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def open(self, address):
        return Page(self, address)

    def kill(self):
        """As when the computer is switched off."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    def __init__(self, browser, address):
        self.browser = browser
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.ask(domain + ".enable")
        self.ask("Page.navigate", url=address)

    def ask(self, method, **parameters):
        return self.browser.ask(method, self.session, **parameters)

    def value(self, expression):
        """What a JavaScript expression comes to, awaited."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise AssertionError("%s: %s" % (expression, details.get("exception", {}).get("description", details["text"])))
        return answer["result"].get("value")

    def wait(self, expression, timeout=60):
        """Until an expression is true. What it is at the end."""
        end = time.monotonic() + timeout
        while True:
            try:
                value = self.value(expression)
            except AssertionError:
                # The page is not there yet.
                if time.monotonic() > end:
                    raise
                value = None
            if value or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def box(self, selector):
        return self.value("(() => { const e = document.querySelector(%s); e.scrollIntoView({block: 'nearest'}); "
                          "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2, r.width, r.height]; })()"
                          % json.dumps(selector))

    def mouse(self, kind, x, y, **more):
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, **more)

    def click(self, selector):
        x, y = self.box(selector)[:2]
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def drag(self, selector, start, end):
        """From one part of an element's width to another."""
        x, y, width = self.box(selector)[:3]
        left = x - width / 2
        self.mouse("mousePressed", left + start * width, y, buttons=1)
        for step in range(1, 6):
            self.mouse("mouseMoved", left + (start + (end - start) * step / 5) * width, y, buttons=1)
            # A frame, or the moves become one.
            self.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
        self.mouse("mouseReleased", left + end * width, y)

    def key(self, key, code=None, text=None, modifiers=0):
        numbers = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39}
        number = numbers.get(key) or (111 + int(key[1:]) if key[0] == "F" and key[1:].isdigit() else ord(key.upper()[0]))
        common = {"key": key, "code": code or key, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        if text or key == "Enter":
            common["text"] = text or "\r"
        self.ask("Input.dispatchKeyEvent", type="keyDown", **common)
        common.pop("text", None)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text):
        for letter in text:
            if letter == "\n":
                self.key("Enter")
            else:
                code = "Key" + letter.upper() if letter.isalpha() else "Digit" + letter if letter.isdigit() else ""
                self.key(letter, code, letter)

    def picture(self, path):
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def tree(self):
        """The accessibility tree: role and name of each node."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        return [(node.get("role", {}).get("value"), node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")]

    def complaints(self):
        """Errors in the console, and exceptions."""
        self.value("1")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            parameters = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(parameters["exceptionDetails"].get("exception", {}).get("description", parameters["exceptionDetails"]["text"]))
            elif event["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
                found.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
            elif event["method"] == "Runtime.consoleAPICalled" and parameters["type"] == "error":
                found.append(str([argument.get("value") for argument in parameters["args"]]))
        return found

    def hosts(self):
        """The hosts that were asked for anything."""
        found = set()
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            url = event["params"].get("request", {}).get("url") if event["method"] == "Network.requestWillBeSent" else \
                event["params"].get("url") if event["method"] == "Network.webSocketCreated" else None
            if url and not url.startswith(("data:", "about:", "blob:")):
                found.add(url.split("/")[2])
        return found
