"""A server that misbehaves on purpose, on loopback: every path is a Reply, or a function of the request that gives one."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Visit:
    path: str  # with query
    host: str
    headers: dict[str, str]  # names in lower case
    number: int  # 1 for the first request of this path
    method: str = "GET"
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    wait: float = 0.0  # before anything is said
    drop: bool = False  # close without a word
    length: int | None = None  # a Content-Length that may be a lie
    raw: bytes | None = None  # sent as it is, instead of all the above
    stream: Callable[[], Iterator[bytes]] | None = None  # the same, piece by piece, until the client goes away


Route = Reply | Callable[[Visit], Reply]


def page(*links: str, title: str = "Shop", head: str = "", text: str = "") -> Reply:
    anchors = "".join(f'<a href="{link}">to {number}</a>' for number, link in enumerate(links))
    return Reply(
        body=f"<!doctype html><html><head><title>{title}</title>{head}</head><body><p>{text or 'Here.'}</p>{anchors}</body></html>".encode()
    )


def to(target: str, status: int = 302, *headers: tuple[str, str]) -> Reply:
    return Reply(status=status, headers=(("Location", target), *headers))


def text(body: str, type: str = "text/plain") -> Reply:
    return Reply(body=body.encode(), type=type)


@dataclass
class Nasty:
    """A running server: what it answers, and what it was asked."""

    port: int
    routes: dict[str, Route] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    visits: list[Visit] = field(default_factory=list)
    streamed: Counter[str] = field(default_factory=Counter)  # bytes that streams got rid of
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return self.base + path

    def answer(self, visit: Visit) -> Reply:
        route = (
            self.routes.get(visit.path)
            or self.routes.get(visit.path.partition("?")[0])
            or Reply(404, b"<html><body>no</body></html>")
        )
        return route(visit) if callable(route) else route


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    nasty: Nasty

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self) -> None:
        nasty = self.server.nasty  # type: ignore[attr-defined]
        with nasty.lock:
            nasty.hits[self.path] += 1
            nasty.at_once += 1
            nasty.most_at_once = max(nasty.most_at_once, nasty.at_once)
            headers = {name.lower(): value for name, value in self.headers.items()}
            number = nasty.hits[self.path]
        body = self.rfile.read(int(headers.get("content-length") or 0))
        visit = Visit(self.path, headers.get("host", ""), headers, number, self.command, body)
        with nasty.lock:
            nasty.visits.append(visit)
        try:
            self._say(nasty.answer(visit))
        finally:
            with nasty.lock:
                nasty.at_once -= 1

    do_POST = do_GET

    def _say(self, reply: Reply) -> None:
        if reply.wait:
            time.sleep(reply.wait)
        if reply.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if reply.stream is not None:
            self.close_connection = True
            with suppress(OSError):
                for piece in reply.stream():
                    self.wfile.write(piece)
                    with self.server.nasty.lock:  # type: ignore[attr-defined]
                        self.server.nasty.streamed[self.path] += len(piece)  # type: ignore[attr-defined]
            return
        if reply.raw is not None:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        if reply.type:
            self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.length is not None and reply.length != len(reply.body):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(routes: dict[str, Route] | None = None, context: ssl.SSLContext | None = None) -> Iterator[Nasty]:
    server = _Server(("127.0.0.1", 0), _Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.nasty = Nasty(server.server_address[1], dict(routes or {}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.nasty
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
