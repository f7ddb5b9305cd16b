"""Gets an export from an address into a file: one polite request, secrets to their own origin only, redirects looked at one by one."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from auditor.config.session import Session, origin_of, tls_context
from auditor.model.errors import IncompleteError
from auditor.model.urls import absolute, is_http

_LARGEST = 5_000_000_000  # bytes as they come over the line
_PIECE = 1 << 16
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 5
_LONGEST_WAIT = 60.0  # seconds that a Retry-After is heeded
_TRIES = 3


class Ask(NamedTuple):
    """`headers` go to the origin of `url` alone, what `session` holds to its own origins."""

    url: str
    headers: Mapping[str, str]
    session: Session
    user_agent: str
    timeout: float
    resolve: Mapping[str, str]
    verify: bool = True


class Got(NamedTuple):
    """`modified`: ISO 8601, as the server says; "" where it doesn't."""

    url: str
    modified: str


def fetch(ask: Ask, target: Path, stop: Event | None = None) -> Got:
    """Writes what the address answers into `target`. Raises IncompleteError with the reason where it doesn't."""
    url, private = ask.url, None
    for _ in range(_MOST_HOPS + 1):
        response, connection, peer = _answer(ask, url, stop)
        try:
            if private is None:
                private = not peer
            if not peer and not private:
                raise _failed(ask, f"redirects into this machine's network, to {url}")
            if response.status in _REDIRECTS and (location := response.getheader("location")):
                following = absolute(url, location) or ""
                if not is_http(following):
                    raise _failed(ask, f"redirects to {location[:100]}")
                if url.startswith("https:") and following.startswith("http:"):
                    raise _failed(ask, f"redirects from https to plain http, {following[:100]}")
                url = following
                continue
            if response.status != 200:
                raise _failed(ask, f"answers {response.status}")
            _save(ask, response, target, stop)
            return Got(url, _time(response.getheader("last-modified") or ""))
        except (OSError, http.client.HTTPException) as error:
            raise _failed(ask, f"broke off: {error or type(error).__name__}") from None
        finally:
            connection.close()
    raise _failed(ask, f"redirects more than {_MOST_HOPS} times")


def _answer(
    ask: Ask, url: str, stop: Event | None
) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection, bool]:
    """The response, its connection, and whether it came from the internet; waits where the server asks for that."""
    for attempt in range(_TRIES):
        connection = _connection(ask, url)
        try:
            response, public = _request(ask, url, connection)
        except ssl.SSLError as error:
            connection.close()
            raise _failed(ask, f"its certificate or TLS fails: {error.reason or error}") from None
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _failed(ask, f"cannot be reached: {error or type(error).__name__}") from None
        if response.status not in (429, 503) or attempt == _TRIES - 1:
            break
        connection.close()
        wait = response.getheader("retry-after") or ""
        seconds = min(float(wait), _LONGEST_WAIT) if wait.isdigit() else 5.0 * (attempt + 1)
        if stop is not None and stop.wait(seconds):
            raise _failed(ask, "was stopped")
        if stop is None:
            time.sleep(seconds)
    return response, connection, public


def _request(ask: Ask, url: str, connection: http.client.HTTPConnection) -> tuple[http.client.HTTPResponse, bool]:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    through = bool(ask.session.proxy) and parts.scheme == "http"
    headers = {
        "User-Agent": ask.user_agent,
        "Accept": "*/*",
        "Accept-Encoding": "gzip, identity",
        "Connection": "close",
    }
    headers |= ask.session.headers_for(url)
    if origin_of(url) == origin_of(ask.url):
        headers |= ask.headers
    connection.request("GET", url if through else path, headers=headers)
    # asked before the answer is read: a short one closes the socket
    public = bool(ask.session.proxy) or _is_public(connection)
    return connection.getresponse(), public


def _connection(ask: Ask, url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    own = ask.session.knows(url)
    context = tls_context(ask.session, own=own)
    if not ask.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection: Any
    if ask.session.proxy:
        proxy = urlsplit(ask.session.proxy)
        at = (proxy.hostname or "", proxy.port or 80)
        connection = (
            http.client.HTTPSConnection(*at, timeout=ask.timeout, context=context)
            if secure
            else http.client.HTTPConnection(*at, timeout=ask.timeout)
        )
        if secure:
            connection.set_tunnel(host, port)
        return connection  # type: ignore[no-any-return]
    connection = (
        http.client.HTTPSConnection(host, port, timeout=ask.timeout, context=context)
        if secure
        else http.client.HTTPConnection(host, port, timeout=ask.timeout)
    )
    if there := ask.resolve.get(f"{host}:{port}") or ask.resolve.get(host):
        name, _, other = there.rpartition(":") if there.count(":") == 1 else (there, "", "")
        # the address changes, the name that TLS and the Host header tell stays
        connection._create_connection = lambda _, *more, **options: socket.create_connection(
            (name or there, int(other or port)), *more, **options
        )
    return connection  # type: ignore[no-any-return]


def _is_public(connection: http.client.HTTPConnection) -> bool:
    try:
        peer = connection.sock.getpeername()[0]
        return ipaddress.ip_address(str(peer).partition("%")[0]).is_global
    except (OSError, ValueError, AttributeError):
        return False


def _save(ask: Ask, response: http.client.HTTPResponse, target: Path, stop: Event | None) -> None:
    """As it came; a body that was packed for the way only is told from a packed file by nobody, and both are unpacked later."""
    received = 0
    with target.open("wb") as out:
        while piece := response.read(_PIECE):
            received += len(piece)
            if received > _LARGEST:
                raise _failed(ask, f"sends more than {_LARGEST // 1_000_000_000} GB")
            if stop is not None and stop.is_set():
                raise _failed(ask, "was stopped")
            out.write(piece)


def _time(written: str) -> str:
    try:
        return parsedate_to_datetime(written).isoformat() if written else ""
    except (ValueError, TypeError):
        return ""


def _failed(ask: Ask, reason: str) -> IncompleteError:
    parts = urlsplit(ask.url)
    return IncompleteError(f"the export {parts.scheme}://{parts.netloc}{parts.path} {reason}")
