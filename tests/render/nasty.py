"""A shop on loopback that behaves badly on purpose, and what tests of collectors need to look at its pages."""

from __future__ import annotations

import itertools
import struct
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from auditor.config.devices import DEVICES
from auditor.render.browsers import Found
from auditor.render.collectors.look import Look
from auditor.render.identity import context_options
from auditor.render.task import RenderSettings
from auditor.render.wall import Wall

PAGES = Path(__file__).parent / "pages"
_MOST_OPEN = 4


def _png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + b"\x30\x60\x90" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PNG = _png(40, 20)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'


@dataclass
class Served:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Shop:
    """Serves tests/render/pages/*.html by name, pages put in by a test, and the nasty addresses below."""

    def __init__(self) -> None:
        self.put_in: dict[str, Served] = {}
        self.in_turn: dict[str, list[Served]] = {}  # answers one after another; the last one stays
        self.released = threading.Event()
        self._names = itertools.count(1)
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    shop._serve(self)
                except OSError:
                    self.close_connection = True

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # browsers break connections as they like

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def put(self, html: str, headers: dict[str, str] | None = None, status: int = 200) -> str:
        """A page with this HTML; gives its URL."""
        path = f"/page-{next(self._names)}"
        body = html if "<html" in html else f"<!doctype html><html lang=en><title>t</title><body>{html}"
        self.put_in[path] = Served(body.encode(), status, headers or {})
        return self.url(path)

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        if path in _SLOW:
            return _SLOW[path](self, handler)
        served = self.put_in.get(path) or _QUICK.get(path)
        if turns := self.in_turn.get(path):
            served = turns.pop(0) if len(turns) > 1 else turns[0]
        if served is None and (file := PAGES / f"{path.strip('/')}.html").is_file():
            served = Served(file.read_bytes())
        served = served or Served(b"<h1>not here</h1>", 404)
        _send(handler, served)
        return None


def _send(handler: BaseHTTPRequestHandler, served: Served) -> None:
    handler.send_response(served.status)
    for name, value in ({"Content-Type": "text/html; charset=utf-8"} | served.headers).items():
        handler.send_header(name, value)
    if served.status != 204:
        handler.send_header("Content-Length", str(len(served.body)))
    handler.end_headers()
    handler.wfile.write(served.body)


def _never_answers(shop: Shop, handler: BaseHTTPRequestHandler) -> None:
    shop.released.wait(60)
    handler.close_connection = True


def _drops(shop: Shop, handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def _never_ends(shop: Shop, handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    handler.wfile.write(b"<!doctype html><title>begins</title><h1>and never ends")
    handler.wfile.flush()
    shop.released.wait(60)
    handler.close_connection = True


def _slow_answer(shop: Shop, handler: BaseHTTPRequestHandler) -> None:
    shop.released.wait(0.3)
    _send(handler, Served(b"{}", headers={"Content-Type": "application/json"}))


_SLOW: dict[str, Callable[[Shop, BaseHTTPRequestHandler], None]] = {
    "/never-answers": _never_answers,
    "/drops": _drops,
    "/never-ends": _never_ends,
    "/slow-poll": _slow_answer,
}
_QUICK: dict[str, Served] = {
    "/loop": Served(status=302, headers={"Location": "/loop"}),
    "/moved": Served(status=301, headers={"Location": "/moved-again"}),
    "/moved-again": Served(status=302, headers={"Location": "/plain?x=1"}),
    "/zip": Served(
        b"PK\x03\x04", headers={"Content-Type": "application/zip", "Content-Disposition": "attachment; filename=a.zip"}
    ),
    "/pdf": Served(b"%PDF-1.4\n%%EOF", headers={"Content-Type": "application/pdf"}),
    "/json": Served(b"{}", headers={"Content-Type": "application/json"}),
    "/poll": Served(b"{}", headers={"Content-Type": "application/json"}),
    "/nothing": Served(status=204),
    "/error": Served(b"<h1>broken</h1>", 500),
    "/forbidden": Served(b"<h1>no</h1>", 403),
    "/too-many": Served(b"<h1>slow down</h1>", 429, {"Retry-After": "30"}),
    "/ok.png": Served(PNG, headers={"Content-Type": "image/png"}),
    "/no-image.png": Served(b"<h1>not an image</h1>"),
    "/plain.svg": Served(SVG, headers={"Content-Type": "image/svg+xml"}),
}


@contextmanager
def looking(browser: Browser, found: Found, shop: Shop, wall: Wall, files: Path) -> Iterator[Callable[..., Look]]:
    """A function that opens a page in a fresh context: `look(url_or_html, device="phone", headers={…}, before=…)`.

    With `fresh=False` the page is opened where the last one of the device was, which is quicker where nothing is kept.
    """
    opened: dict[str, Look] = {}
    contexts: deque[BrowserContext] = deque()

    def look(
        page: str,
        device: str = "desktop",
        headers: dict[str, str] | None = None,
        before: Callable[[BrowserContext], None] | None = None,
        *,
        fresh: bool = True,
    ) -> Look:
        settings = RenderSettings(files=str(files), site_hosts=(shop.host,), page_height=3000)
        if fresh or device not in opened:
            context = browser.new_context(**context_options(found, DEVICES[device], settings))
            if before:
                before(context)
            one = Look(tab=context.new_page(), context=context, device=DEVICES[device], settings=settings)
            if not fresh:
                opened[device] = one
            else:
                contexts.append(context)
                # what nobody looks at any more makes a browser slow; no test compares more than a few
                if len(contexts) > _MOST_OPEN:
                    contexts.popleft().close()
        else:
            one = opened[device]
            one.answers.clear()
        one.tab.goto(page if page.startswith("http") else shop.put(page, headers))
        return one

    wall.begin([shop.host, shop.host.replace("127.0.0.1", "localhost")])
    try:
        yield look
    finally:
        for context in (*contexts, *(one.context for one in opened.values())):
            context.close()
        wall.end()
