"""Servers on loopback for the tests of render: what they are asked is kept, what they answer is set by the test."""

from __future__ import annotations

import datetime
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Asked:
    method: str
    path: str
    host: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answers = dict[str, Answer | Callable[[Asked], Answer]]


class Server:
    """Answers by path without query; "*" for all others. Counts connections from the first byte of TCP on."""

    def __init__(self, certificate: Path | None = None, context: ssl.SSLContext | None = None) -> None:
        self.answers: Answers = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.scheme = "https" if certificate or context else "http"
        self._lock = threading.Lock()
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def setup(self) -> None:
                with outer._lock:
                    outer.connections += 1
                    outer._open.add(self.request)
                self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if context:
                    self.request = context.wrap_socket(self.request, server_side=True)
                    with outer._lock:
                        outer._open.add(self.request)
                super().setup()

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                asked = Asked(
                    self.command,
                    self.path,
                    self.headers.get("host", ""),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                with outer._lock:
                    outer.asked.append(asked)
                path = self.path.partition("?")[0]
                answer = outer.answers.get(path) or outer.answers.get("*") or Answer("not here", 404)
                if callable(answer):
                    answer = answer(asked)
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                headers = {
                    "Content-Type": "text/html; charset=utf-8",
                    "Access-Control-Allow-Origin": "*",
                } | answer.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = handle_any

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = True
            request_queue_size = 256

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # browsers break connections as they like

            def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
                with suppress(OSError):
                    super().shutdown_request(request)

        self._open: set[socket.socket] = set()
        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.port = int(self._listener.server_address[1])
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "") -> str:
        return f"{self.scheme}://{host or self.address}{path}"

    def paths(self, method: str = "") -> list[str]:
        with self._lock:
            return [asked.path for asked in self.asked if not method or asked.method == method]

    def forget(self) -> None:
        with self._lock:
            self.asked.clear()
            self.connections = 0

    def close(self) -> None:
        self._listener.shutdown()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._listener.server_close()
        self._thread.join(5)


@contextmanager
def serving(
    certificate: Path | None = None, *, context: ssl.SSLContext | None = None, **answers: Answer
) -> Iterator[Server]:
    server = Server(certificate, context)
    server.answers.update({f"/{name}": answer for name, answer in answers.items()})
    try:
        yield server
    finally:
        server.close()


def write_certificate(path: Path) -> Path:
    """A self-signed certificate and its key in one file; browsers are told to ignore errors."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("*.test"), x509.DNSName("shop.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
