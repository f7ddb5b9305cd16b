"""A forward proxy on loopback for tests: passes requests and tunnels on to where a table says, and keeps what it was asked."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """`ways`: "host:port" -> (address, port). What is not in it is answered 502."""

    def __init__(self, port: int, ways: dict[str, tuple[str, int]]) -> None:
        self.port, self.ways = port, ways
        self.heads: list[str] = []

    @property
    def asked(self) -> list[str]:
        """First lines, as `GET http://shop.example/a` or `CONNECT shop.example:443`."""
        return [" ".join(head.split(" ", 2)[:2]) for head in self.heads]


@contextmanager
def proxying(ways: dict[str, tuple[str, int]]) -> Iterator[Proxy]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self._serve(proxy)

        def _serve(self, proxy: Proxy) -> None:
            self.request.settimeout(20)
            head = b""
            while b"\r\n\r\n" not in head:
                more = self.request.recv(65_536)
                if not more:
                    return
                head += more
            proxy.heads.append(head.decode("latin-1"))
            method, target, _ = head.split(b" ", 2)
            place = target.decode() if method == b"CONNECT" else target.decode().split("/")[2]
            way = proxy.ways.get(place if ":" in place else f"{place}:80")
            if way is None:
                self.request.sendall(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(way, timeout=20) as there:
                if method == b"CONNECT":
                    self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    path = b"/" + target.split(b"/", 3)[3] if target.count(b"/") > 2 else b"/"
                    there.sendall(head.replace(target, path, 1).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                self._pass_on(there)

        def _pass_on(self, there: socket.socket) -> None:
            ends = [self.request, there]
            while True:
                for one in select.select(ends, [], [], 20)[0]:
                    data = one.recv(65_536)
                    if not data:
                        return
                    (there if one is self.request else self.request).sendall(data)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    proxy = Proxy(server.server_address[1], ways)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
