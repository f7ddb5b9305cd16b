"""The wall's ways out: a connection to a server, straight or through the company's proxy, and why there is none."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from auditor.evidence.requests import NO_LOOKUP, NO_NAME, NO_NAMES
from auditor.render.names import Nameless, is_no_name

HEAD_LIMIT = 256 * 1024  # Chromium refuses longer heads too


class CannotReach(Exception):
    """The way to a host that was let through did not come about; the reason in words."""


class Way:
    """A connection to a server, or through the upstream proxy to one. `forwarding`: it takes absolute-form requests.

    `inside`: TLS to the server is ours, and the browser is to be shown this.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        forwarding: bool = False,
        token: bytes = b"",
        inside: ssl.SSLContext | None = None,
    ) -> None:
        self.reader, self.writer, self.forwarding, self.token = reader, writer, forwarding, token
        self.inside = inside

    def abort(self) -> None:
        self.writer.transport.abort()


class Upstream:
    """The company's proxy behind the wall: `http://user:password@proxy.example:3128`, or https."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not the address of an HTTP proxy: {parts.scheme}://{parts.hostname or ''}")
        self.host, self.tls = parts.hostname, parts.scheme == "https"
        self.port = parts.port or (443 if self.tls else 80)
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        self.token = b"Basic " + b64encode(user.encode()) if user else b""

    async def open(self) -> Way:
        reader, writer = await asyncio.open_connection(self.host, self.port, ssl=self.tls or None, limit=HEAD_LIMIT)
        return Way(reader, writer, forwarding=True, token=self.token)

    async def tunnel(self, host: str, port: int) -> Way:
        way = await self.open()
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            lines = [f"CONNECT {target} HTTP/1.1".encode(), f"Host: {target}".encode()]
            if self.token:
                lines.append(b"Proxy-Authorization: " + self.token)
            way.writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
            head = await read_head(way.reader)
            status = status_of(head or b"")
            if status != 200:
                raise CannotReach(f"the upstream proxy answered {status or 'nothing readable'}")
        except BaseException:
            way.abort()
            raise
        return Way(way.reader, way.writer)


async def direct(host: str, port: int) -> Way:
    """A connection without upstream proxy; raises OSError."""
    reader, writer = await asyncio.open_connection(host, port, limit=HEAD_LIMIT)
    no_delay(writer)
    return Way(reader, writer)


def no_delay(writer: asyncio.StreamWriter) -> None:
    """Sends small pieces at once."""
    wire = writer.get_extra_info("socket")
    if wire is not None:
        with suppress(OSError):
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def read_head(reader: asyncio.StreamReader) -> bytes | None:
    """Up to and with the empty line; None at the end; what is no HTTP head raises."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as early:
        if early.partial.strip():
            raise
        return None


def status_of(head: bytes) -> int:
    """The status of an answer's head; 0 of what is none."""
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    known = len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() and len(words[1]) == 3
    return int(words[1]) if known else 0


def in_words(error: BaseException) -> str:
    """Why a connection did not come about."""
    match error:
        case CannotReach():
            return str(error)
        case Nameless():
            return NO_NAMES
        case socket.gaierror():
            return NO_NAME if is_no_name(error) else NO_LOOKUP
        case UnicodeError():
            return "not a host name"
        case TimeoutError() | asyncio.CancelledError():
            return "no connection in time"
        case ConnectionRefusedError():
            return "the connection was refused"
        case ssl.SSLCertVerificationError():
            return f"TLS: {error.verify_message or error.reason or 'the certificate is not good'}"[:200]
        case ssl.SSLError():
            return f"TLS: {error.reason or 'no secure connection'}"[:200]
        case OSError() if error.strerror:
            return error.strerror[:200]
    return str(error)[:200] or type(error).__name__
