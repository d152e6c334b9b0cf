"""A small client of gdb's remote protocol: what gdb itself does not send, or not at will."""
import socket


class Client:
    def __init__(self, port, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.buffer = b""
        self.acknowledges = True

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, body):
        body = body.encode("latin-1") if isinstance(body, str) else body
        self.send_raw(b"$" + body + b"#%02x" % (sum(body) & 0xff))

    def byte(self):
        if not self.buffer:
            self.buffer = self.socket.recv(65536)
            if not self.buffer:
                raise EOFError("the far end is gone")
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def receive(self):
        """The body of the next packet, escapes and runs undone."""
        while self.byte() != b"$":
            pass
        raw = b""
        while (byte := self.byte()) != b"#":
            raw += byte
        check = self.byte() + self.byte()
        assert int(check, 16) == sum(raw) & 0xff, (raw, check)
        if self.acknowledges:
            self.send_raw(b"+")
        body, index = b"", 0
        while index < len(raw):
            if raw[index:index + 1] == b"}":
                body += bytes([raw[index + 1] ^ 0x20])
                index += 2
            elif raw[index:index + 1] == b"*":
                body += body[-1:] * (raw[index + 1] - 29)
                index += 2
            else:
                body += raw[index:index + 1]
                index += 1
        return body.decode("latin-1")

    def ask(self, body):
        self.send(body)
        return self.receive()

    def close(self):
        self.socket.close()
