"""A server on the loopback interface that answers as a test tells it, also badly."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Reply:
    """One answer: a status with headers and a body, of which less or more may be sent than is promised."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None  # Content-Length, if it is not that of the body
    unpromised: bool = False  # no Content-Length at all
    sent: int | None = None  # only so many bytes of the body
    then: str = "close"  # after the body: "close", "reset" (without farewell) or "stall" (silence)


@dataclass
class Request:
    path: str
    headers: dict[str, str]


class FaultyServer(ThreadingHTTPServer):
    """Answers each path with its replies in turn; the last one is repeated."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[Request] = []
        self.released = threading.Event()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, *replies: Reply | bytes) -> str:
        """Set what a path answers. Returns its address."""
        self.replies[path] = [Reply(reply) if isinstance(reply, bytes) else reply for reply in replies]
        return self.root + path

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no failure of the test."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.requests.append(Request(self.path, dict(self.headers)))
        waiting = server.replies.get(self.path, [Reply(status=404)])
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.unpromised and reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body) if reply.promised is None else reply.promised))
        self.end_headers()
        self.wfile.write(reply.body[: reply.sent])
        self.wfile.flush()
        if reply.then == "stall":
            server.released.wait(10)
        elif reply.then == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    server = FaultyServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
