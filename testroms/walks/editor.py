"""An editor's side of the Debug Adapter Protocol, as PyPI's dap-python has it: its client writes the requests and reads every answer and event by the
types of the protocol, so that a member that is missing or of another type is an error here."""
import os
import select
import subprocess
import time

import dap
from dap import events, responses
from dap.base import ErrorResponse
from dap.handler import Handler


class Reader(Handler):
    """Reads answers. Those without a body of their own are whole responses to dap-python, which looks for them in the body."""
    WHOLE = {"attach", "configurationDone", "disconnect", "launch", "next", "pause", "reverseContinue", "setExceptionBreakpoints", "stepBack", "stepIn", "stepOut",
             "terminate"}

    def handle_response(self, response):
        if response.success and response.command in self.WHOLE:
            response.body = response.model_dump()
        # A breakpoint that was refused has no number, which dap-python wants of each.
        for number, point in enumerate((response.body or {}).get("breakpoints", [])):
            point.setdefault("id", -1 - number)
        return super().handle_response(response)

    def handle_event(self, event):
        # Numbers to the protocol, texts to dap-python.
        if event.event == "stopped" and "hitBreakpointIds" in event.body:
            event.body["hitBreakpointIds"] = [str(number) for number in event.body["hitBreakpointIds"]]
        return super().handle_event(event)


class Editor(dap.Client):
    """A client that starts the adapter, and whose requests are calls that give what was answered."""

    def __init__(self, swemu, folder):
        self.adapter = subprocess.Popen([swemu, "dap"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self.came = []
        # The client asks for `initialize` by itself.
        super().__init__("swemu")
        self.handler = Reader(self)
        self.capabilities = self.until(lambda message: isinstance(message, responses.Initialized))

    def until(self, wanted, timeout=120):
        """The next message for which `wanted` is true; None where none comes in time. Those before it are kept."""
        end = time.monotonic() + timeout
        while True:
            for index, message in enumerate(self.came):
                if wanted(message):
                    return self.came.pop(index)
            self.adapter.stdin.write(self.send())
            self.adapter.stdin.flush()
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.adapter.stdout], [], [], left)[0]:
                return None
            data = os.read(self.adapter.stdout.fileno(), 65536)
            if not data:
                return None
            self.came += list(self.receive(data))

    def take(self, kind):
        """The next answer or event of a type, or that an error is the answer."""
        message = self.until(lambda message: isinstance(message, (kind, ErrorResponse)))
        if not isinstance(message, kind):
            raise ValueError("instead of %s came %s" % (kind.__name__, message))
        return message

    def output(self):
        return "".join(message.output for message in self.came if isinstance(message, events.OutputEvent))
