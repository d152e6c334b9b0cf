"""A client of the Debug Adapter Protocol, as editors are: requests with their answers, and events as they come."""
import json
import select
import socket
import subprocess
import time


class Adapter:
    def __init__(self, swemu, *options):
        self.process = subprocess.Popen([swemu, "dap", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.begin(self.process.stdout, self.process.stdin)

    def begin(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.sequence, self.buffer, self.events = 0, b"", []

    def message(self, timeout=60):
        """The next message; None at the end, or when none comes in time."""
        end = time.monotonic() + timeout
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if separator:
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    return json.loads(rest[:length])
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.reader], [], [], left)[0]:
                return None
            data = self.reader.read1(65536)
            if not data:
                return None
            self.buffer += data

    def raw(self, content):
        self.writer.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.writer.flush()

    def send(self, command, **arguments):
        self.sequence += 1
        self.raw(json.dumps({"seq": self.sequence, "type": "request", "command": command, "arguments": arguments}).encode())
        return self.sequence

    def ask(self, command, **arguments):
        """The whole response."""
        sequence = self.send(command, **arguments)
        while True:
            message = self.message()
            if message is None:
                return {"success": False, "message": "no answer to " + command}
            if message["type"] == "event":
                self.events.append(message)
            elif message["request_seq"] == sequence:
                return message

    def body(self, command, **arguments):
        """The body of a response that has to be a success."""
        answer = self.ask(command, **arguments)
        if not answer["success"]:
            raise AssertionError("%s: %s" % (command, answer["message"]))
        return answer.get("body", {})

    def event(self, name, timeout=60):
        """The next event of this name; earlier ones of others stay. None when none comes."""
        while True:
            for at, event in enumerate(self.events):
                if event["event"] == name:
                    del self.events[at]
                    return event.get("body", {})
            message = self.message(timeout)
            if message is None:
                return None
            if message["type"] == "event":
                self.events.append(message)

    def output(self):
        """The texts of the output events so far."""
        return "".join(event["body"]["output"] for event in self.events if event["event"] == "output")

    def launch(self, **arguments):
        capabilities = self.body("initialize", adapterID="swemu", linesStartAt1=True)
        self.body("launch", **arguments)
        assert self.event("initialized") is not None
        return capabilities

    def end(self, timeout=60):
        """Closes the stream, and the exit status."""
        try:
            self.process.stdin.close()
            self.process.stdout.read()
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not end"


class Attached(Adapter):
    """A client of a machine that runs by itself: `swemu run --dap`."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.begin(self.socket.makefile("rb"), self.socket.makefile("wb"))

    def attach(self, **arguments):
        self.body("initialize", adapterID="swemu")
        self.body("attach", **arguments)
        assert self.event("initialized") is not None
        self.body("configurationDone")

    def leave(self, **arguments):
        self.body("disconnect", **arguments)
        for file in (self.reader, self.writer, self.socket):
            file.close()
