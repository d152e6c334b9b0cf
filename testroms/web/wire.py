"""A WebSocket client (RFC 6455) with nothing but Python, that can also be rude."""
import base64
import json
import os
import select
import socket
import struct
import time
from urllib.parse import urlsplit


class Refused(Exception):
    pass


class Wire:
    def __init__(self, address, origin=None, host=None, timeout=20):
        parts = urlsplit(address)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET %s HTTP/1.1" % parts.path, "Host: %s" % (host or parts.netloc), "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Key: " + key, "Sec-WebSocket-Version: 13"]
        if origin:
            lines.append("Origin: " + origin)
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.buffer, self.messages = b"", []
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.socket.recv(4096)
            if not data:
                raise Refused("closed")
            head += data
        head, self.buffer = head.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        if " 101 " not in self.head.split("\r\n")[0]:
            raise Refused(self.head.split("\r\n")[0])

    def frame(self, content, opcode=1, final=True, mask=True):
        head = bytes([opcode | (0x80 if final else 0)])
        bit, count = (0x80 if mask else 0), len(content)
        if count < 126:
            head += bytes([bit | count])
        elif count < 1 << 16:
            head += bytes([bit | 126]) + struct.pack(">H", count)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", count)
        if mask:
            key = os.urandom(4)
            head += key
            pad = (key * (count // 4 + 1))[:count]
            content = (int.from_bytes(content, "big") ^ int.from_bytes(pad, "big")).to_bytes(count, "big")
        return head + content

    def send(self, **message):
        self.socket.sendall(self.frame(json.dumps(message).encode()))

    def raw(self, data):
        self.socket.sendall(data)

    def _parse(self):
        """A whole frame of the buffer: its opcode and content; None while there is none."""
        if len(self.buffer) < 2:
            return None
        count, start = self.buffer[1] & 0x7F, 2
        if count == 126:
            if len(self.buffer) < 4:
                return None
            count, start = struct.unpack(">H", self.buffer[2:4])[0], 4
        elif count == 127:
            if len(self.buffer) < 10:
                return None
            count, start = struct.unpack(">Q", self.buffer[2:10])[0], 10
        if len(self.buffer) < start + count:
            return None
        opcode, content = self.buffer[0], self.buffer[start:start + count]
        self.buffer = self.buffer[start + count:]
        return opcode, content

    def next(self, timeout=20):
        """The next message: a dictionary, or bytes; None at the end, or when none comes in time."""
        end, parts = time.monotonic() + timeout, b""
        while True:
            frame = self._parse()
            if frame:
                opcode, content = frame
                if opcode & 15 == 8:
                    return None
                if opcode & 15 in (9, 10):
                    continue
                parts += content
                if opcode & 0x80:
                    return parts if opcode & 15 == 2 else json.loads(parts)
                continue
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                data = self.socket.recv(1 << 16)
            except OSError:
                return None
            if not data:
                return None
            self.buffer += data

    def close(self):
        self.socket.close()
