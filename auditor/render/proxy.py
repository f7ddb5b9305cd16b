"""The mechanics of the wall: a forward proxy for CONNECT and absolute-form http, which asks the wall before each connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from auditor.render.ways import CannotReach, Way, read_head, status_of

MARK = "X-Auditor-Wall"
_CHUNK = 64 * 1024
_CONNECT_SECONDS = 20.0
MOST_CONNECTIONS = 1024
# of the way between browser and proxy, no business of the server's
_DROPPED = frozenset({b"proxy-connection", b"proxy-authorization", b"keep-alive", b"connection"})

_SOCKS_DONE, _SOCKS_REFUSED, _SOCKS_UNREACHABLE, _SOCKS_NO_COMMAND = 0, 2, 4, 7

Framing = int | Literal["chunked", "eof"]
Headers = list[tuple[bytes, bytes]]


class Refused(Exception):
    """The wall does not let this connection through."""


Judge = Callable[[str, int, str, str], Awaitable[None]]  # host, port, method, URL ("" of a CONNECT); raises Refused
Connect = Callable[[str, int, bool], Awaitable[Way]]  # host, port, tunnel; raises CannotReach


class Connection:
    """One connection from the browser, until either side ends it or the wall cuts it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        judge: Judge,
        judge_socket: Judge,
        connect: Connect,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._judge, self._judge_socket, self._connect = judge, judge_socket, connect
        self._first = b""
        self._way: Way | None = None
        self.target: tuple[str, int] | None = None  # what it is connected to

    def cut(self) -> None:
        """Ends it at once; what was not yet passed on is dropped."""
        self._writer.transport.abort()
        if self._way is not None:
            self._way.abort()

    async def serve(self) -> None:
        """Serves until the end; garbage and broken connections end it quietly."""
        try:
            self._first = await self._reader.read(1)
            if self._first == b"\x05":
                await self._serve_socks()
            else:
                while await self._serve_one():
                    pass
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError):
            pass
        finally:
            self.cut()

    async def _serve_one(self) -> bool:
        """One request; whether another may follow on this connection."""
        head = await read_head(self._reader)
        if head is None:
            return False
        head, self._first = self._first + head, b""
        line, _, rest = head.partition(b"\r\n")
        words = line.decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return await self._answer(400, "not a proxy request")
        method, target, _version = words
        if method == "CONNECT":
            return await self._tunnel(target)
        return await self._forward(method, target, _headers(rest))

    async def _tunnel(self, target: str) -> bool:
        host, _, port = target.rpartition(":")
        host = host.strip("[]").lower()
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            return await self._answer(400, "not a host and port")
        way = await self._open(host, int(port), "CONNECT", "", tunnel=True)
        if way is None:
            return False
        self._writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await self._relay(way)
        return False

    async def _show(self, way: Way) -> None:
        """The browser's side of TLS, where the shop's is ours."""
        if way.inside is not None:
            await self._writer.drain()
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._writer.start_tls(way.inside)

    async def _serve_socks(self) -> None:
        """Browsers prefer a SOCKS proxy for websockets alone, so that these can be judged apart (RFC 1928, CONNECT only)."""
        (count,) = await self._reader.readexactly(1)
        await self._reader.readexactly(count)
        self._writer.write(b"\x05\x00")
        version, command, _, kind = await self._reader.readexactly(4)
        if kind == 3:
            (length,) = await self._reader.readexactly(1)
            host = (await self._reader.readexactly(length)).decode("ascii", "replace").lower()
        elif kind in (1, 4):
            host = str(ip_address(await self._reader.readexactly(4 if kind == 1 else 16)))
        else:
            return
        port = int.from_bytes(await self._reader.readexactly(2), "big")
        code = _SOCKS_NO_COMMAND
        if version == 5 and command == 1:
            try:
                await self._reach(self._judge_socket, host, port, "CONNECT", "", tunnel=True)
                code = _SOCKS_DONE
            except Refused:
                code = _SOCKS_REFUSED
            except (CannotReach, TimeoutError):
                code = _SOCKS_UNREACHABLE
        self._writer.write(bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0)))
        await self._writer.drain()
        if code == _SOCKS_DONE and self._way is not None:
            await self._relay(self._way)

    async def _forward(self, method: str, target: str, headers: Headers) -> bool:
        parts = urlsplit(target)
        if parts.scheme != "http" or not parts.hostname:
            return await self._answer(400, "not an absolute http URL")
        host, port = parts.hostname.lower(), parts.port or 80
        body = _request_framing(headers)
        if self._way is not None and self.target != (host, port):
            self._way.abort()
            self._way = None
        fresh = self._way is None
        way = await self._open(host, port, method, target, tunnel=False)
        if way is None:
            return False
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        request = _request_head(method, target if way.forwarding else path, headers, way)
        way.writer.write(request)
        if any(name.lower() == b"upgrade" for name, _ in headers):
            await self._relay(way)
            return False
        sending = asyncio.ensure_future(_copy(self._reader, way.writer, body))
        try:
            answer = await self._read_answer(way)
            if answer is None and not fresh and body == 0 and method in ("GET", "HEAD"):
                # the server closed a connection kept alive while it was idle
                way.abort()
                self._way = None
                way = await self._open(host, port, method, target, tunnel=False)
                if way is None:
                    return False
                way.writer.write(request)
                answer = await self._read_answer(way)
            return answer is not None and await self._pass_answer(way, method, answer, sending)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError, EOFError, ValueError):
                await sending

    async def _read_answer(self, way: Way) -> bytes | None:
        """The head of the final answer, early hints passed on; None where the server said nothing."""
        while True:
            head = await read_head(way.reader)
            if head is None or not 100 <= status_of(head) < 200 or status_of(head) == 101:
                return head
            self._writer.write(head)

    async def _pass_answer(self, way: Way, method: str, head: bytes, sending: asyncio.Future[None]) -> bool:
        self._writer.write(head)
        line, _, rest = head.partition(b"\r\n")
        headers = _headers(rest)
        framing = _answer_framing(method, status_of(head), headers)
        await _copy(way.reader, self._writer, framing)
        await self._writer.drain()
        said = {
            part.strip().lower()
            for name, value in headers
            if name.lower() == b"connection"
            for part in value.split(b",")
        }
        ends = b"close" in said or (line.startswith(b"HTTP/1.0") and b"keep-alive" not in said)
        return framing != "eof" and not ends and sending.done()

    async def _open(self, host: str, port: int, method: str, url: str, *, tunnel: bool) -> Way | None:
        """As `_reach`; None where the browser was told no."""
        try:
            return await self._reach(self._judge, host, port, method, url, tunnel=tunnel)
        except Refused:
            await self._answer(403, "refused")
            return None
        except TimeoutError:
            await self._answer(504, "unreachable")
            return None
        except CannotReach:
            await self._answer(502, "unreachable")
            return None

    async def _reach(self, judge: Judge, host: str, port: int, method: str, url: str, *, tunnel: bool) -> Way:
        """Asks the wall and connects, unless connected already."""
        await judge(host, port, method, url)
        if self._way is None:
            self.target = (host, port)
            async with asyncio.timeout(_CONNECT_SECONDS):
                self._way = await self._connect(host, port, tunnel)
            # the gate may have been closed meanwhile
            await judge(host, port, method, url)
        return self._way

    async def _answer(self, status: int, mark: str) -> Literal[False]:
        self._writer.write(
            f"HTTP/1.1 {status} Wall\r\n{MARK}: {mark}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        await self._writer.drain()
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
        return False

    async def _relay(self, way: Way) -> None:
        """Bytes both ways until both sides have ended."""
        await self._show(way)
        there = asyncio.ensure_future(_pipe(self._reader, way.writer))
        back = asyncio.ensure_future(_pipe(way.reader, self._writer))
        try:
            await asyncio.gather(there, back)
        finally:
            there.cancel()
            back.cancel()
            # without this they may still be ending when the loop is stopped
            await asyncio.gather(there, back, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()  # TLS knows no half that is closed


def _headers(block: bytes) -> Headers:
    pairs = (line.partition(b":") for line in block.split(b"\r\n") if line)
    return [(name, value.strip()) for name, colon, value in pairs if colon]


def _request_head(method: str, target: str, headers: Headers, way: Way) -> bytes:
    upgrade = any(name.lower() == b"upgrade" for name, _ in headers)
    kept = [(name, value) for name, value in headers if name.lower() not in _DROPPED]
    kept.append((b"Connection", b"Upgrade" if upgrade else b"keep-alive"))
    if way.forwarding and way.token:
        kept.append((b"Proxy-Authorization", way.token))
    lines = [f"{method} {target} HTTP/1.1".encode("latin-1"), *(name + b": " + value for name, value in kept)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _request_framing(headers: Headers) -> Framing:
    framing = _framing(headers)
    if framing == "eof":
        raise ValueError("a request whose length cannot be told")
    return 0 if framing is None else framing


def _answer_framing(method: str, status: int, headers: Headers) -> Framing:
    if method == "HEAD" or status in (204, 304):
        return 0
    if not status or status == 101:
        return "eof"
    framing = _framing(headers)
    return "eof" if framing is None else framing


def _framing(headers: Headers) -> Framing | None:
    """How long the body is; None where the head does not say, `eof` where it contradicts itself."""
    coded = [value.lower() for name, value in headers if name.lower() == b"transfer-encoding"]
    if coded:
        return "chunked" if coded[-1].split(b",")[-1].strip() == b"chunked" else "eof"
    lengths = {value for name, value in headers if name.lower() == b"content-length"}
    if not lengths:
        return None
    length = lengths.pop()
    return int(length) if not lengths and length.isdigit() and len(length) < 16 else "eof"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, framing: Framing) -> None:
    """Passes one body on as it is, chunk marks included."""
    if framing == "eof":
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        return
    if framing != "chunked":
        await _copy_exactly(reader, writer, framing)
        return
    while True:
        line = await reader.readuntil(b"\r\n")
        writer.write(line)
        size = int(line.split(b";", 1)[0].strip(), 16)
        if size == 0:
            break
        if size < 0 or size > 1 << 40:
            raise ValueError("chunk size")
        await _copy_exactly(reader, writer, size + 2)
    while True:
        line = await reader.readuntil(b"\r\n")
        writer.write(line)
        if line == b"\r\n":
            return


async def _copy_exactly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
    while left:
        data = await reader.read(min(left, _CHUNK))
        if not data:
            raise EOFError
        writer.write(data)
        left -= len(data)
        await writer.drain()
