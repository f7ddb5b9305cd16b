"""Which hosts are the shop's own, and where a URL leads; asked by wall and recorder for every request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit


class Hosts:
    """Which hosts are the shop's own: those named, and what is below them (`api.shop.example` of `www.shop.example`).

    A name with a port is that port alone. An address or a name without a dot has nothing below it.
    """

    def __init__(self, site_hosts: Iterable[str]) -> None:
        self.named = tuple(dict.fromkeys(host.strip().lower() for host in site_hosts if host.strip()))
        self._exact = frozenset(self.named)
        self._below = tuple(f".{base}" for host in self.named if (base := _base(host)))

    def has(self, host: str, port: int | None = None) -> bool:
        host = host.lower().rstrip(".")
        shown = f"[{host}]" if ":" in host else host
        return (
            shown in self._exact
            or host in self._exact
            or f"{shown}:{port}" in self._exact
            or f".{host}".endswith(self._below)
        )

    def pattern(self) -> str:
        """A pattern, for Python and JavaScript alike, of the authority of a URL that is the shop's own, up to its end."""
        names = [re.escape(host) + ("" if has_port(host) else r"(?::\d+)?") for host in self.named]
        names += [rf"(?:[\w-]+\.)*{re.escape(below[1:])}(?::\d+)?" for below in self._below]
        return f"(?:{'|'.join(names) or '(?!)'})(?=[/?#]|$)"


def address(url: str) -> tuple[str, int]:
    """Host and port; ("", 0) of what has none or cannot be read."""
    try:
        parts = urlsplit(url)
        standard = {"https": 443, "wss": 443, "http": 80, "ws": 80}.get(parts.scheme, 0)
        return (parts.hostname or "").lower().rstrip("."), parts.port or standard
    except ValueError:
        return "", 0


def _base(host: str) -> str:
    """`shop.example` of `www.shop.example`; empty where nothing below the host may count as the shop's."""
    if has_port(host):
        return ""
    base = host.removeprefix("www.")
    with suppress(ValueError):
        ip_address(host.strip("[]"))
        return ""
    return base if "." in base.strip(".") else ""


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def is_inside(host: str) -> bool:
    """Whether a name or address is of this machine or its network by the look of it."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    with suppress(ValueError):
        return not ip_address(name).is_global
    return False


def has_port(host: str) -> bool:
    return re.search(r"[^:]:\d+$|\]:\d+$", host) is not None
