"""Serves the demo shop over HTTP/1.1 on this machine, and keeps count of what visitors did."""

import gzip
import re
from collections import deque
from collections.abc import Collection
from hashlib import sha1
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from auditor.demo.app import App, Request, Response
from auditor.demo.situations import Situation

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
_LONGEST_FORM = 64_000
_LOG_LENGTH = 50_000


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], app: App, log: deque[tuple[str, str, str]], tls: SSLContext | None
    ) -> None:
        self.app = app
        self.log = log
        self.scheme = "https" if tls else "http"
        super().__init__(address, _Handler)
        if tls:
            # the handshake is left to the thread that answers, so that a silent visitor holds nobody up
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that hang up in the middle of an answer are everyday life."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "LanternLoom"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # one write for head and body
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are kept in the shop's own log."""

    def _answer(self) -> None:
        self.server.log.append((self.command, self.path, self.headers.get("User-Agent", "")))
        try:
            form = self._form() if self.command == "POST" else {}
        except ValueError:
            self.close_connection = True
            self._send(Response(413, b"Too large\n", "text/plain; charset=utf-8"))
            return
        host = self.headers.get("Host", "")
        if not _HOST.fullmatch(host):
            host = "{}:{}".format(*self.server.server_address[:2])
        self._send(
            self.server.app.answer(
                Request(self.command, self.path, f"{self.server.scheme}://{host}", self._session(), form)
            )
        )

    def _form(self) -> dict[str, str]:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= _LONGEST_FORM:
            raise ValueError("the form is too long")
        return dict(parse_qsl(self.rfile.read(length).decode(errors="replace"), keep_blank_values=True))

    def _session(self) -> str:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        except CookieError:
            return ""
        return cookie.value if cookie else ""

    def _send(self, response: Response) -> None:
        body, status = response.body, response.status
        headers = list(response.headers)
        if body:
            headers.append(("Content-Type", response.content_type))
        if status == 200:
            tag = f'"{sha1(body, usedforsecurity=False).hexdigest()[:20]}"'
            keep = "public, max-age=86400" if response.keep else "private, no-cache"
            headers += [("ETag", tag), ("Cache-Control", keep)]
            if self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
        if body and not response.content_type.startswith("image/png"):
            headers.append(("Vary", "Accept-Encoding"))
            if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500:
                body = gzip.compress(body, compresslevel=1, mtime=0)
                headers.append(("Content-Encoding", "gzip"))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "strict-origin-when-cross-origin")
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class DemoShop:
    """A running demo shop; a context manager that starts and stops it.

    `clean` leaves all faults out; `faults` plants only those of the named rules; `situation` makes it another shop.
    Port 0 takes any free one. With `tls` it speaks https.
    """

    def __init__(
        self,
        clean: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Collection[str] | None = None,
        situation: Situation | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self._address = (host, port)
        self._tls = tls
        self._app = App(clean=clean, faults=faults, situation=situation)
        self._log: deque[tuple[str, str, str]] = deque(maxlen=_LOG_LENGTH)
        self._server: _Server | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        if self._server:
            return
        self._server = _Server(self._address, self._app, self._log, self._tls)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo-shop", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; the counts stay readable."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    @property
    def url(self) -> str:
        """Where the shop is, without a slash at the end."""
        return f"{'https' if self._tls else 'http'}://{self._address[0]}:{self.port}"

    @property
    def port(self) -> int:
        """The port it is served on."""
        if not self._server:
            raise RuntimeError("the demo shop is not running: start it, or use it as a context manager")
        return int(self._server.server_address[1])

    @property
    def requests(self) -> list[tuple[str, str, str]]:
        """The latest requests: method, path with query, user agent."""
        return list(self._log)

    @property
    def carts(self) -> int:
        """How many carts hold something."""
        return self._app.carts.filled

    @property
    def cart_changes(self) -> int:
        """How many requests changed something: a cart, a wish list, a comparison, the currency, a session."""
        return self._app.carts.changes
