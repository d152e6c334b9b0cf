"""A client of the Debug Adapter Protocol, as editors are: requests with their answers, and events as they come."""
import json
import select
import subprocess
import time


class Adapter:
    def __init__(self, swemu, *options):
        self.process = subprocess.Popen([swemu, "dap", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
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
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            data = self.process.stdout.read1(65536)
            if not data:
                return None
            self.buffer += data

    def raw(self, content):
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self.process.stdin.flush()

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
