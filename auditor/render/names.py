"""Looks names up for the wall's ways out, and tells a name that does not exist from a machine that finds none."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterable
from contextlib import suppress

_SECONDS = 60.0  # an answer is kept
_MOST = 4096
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Nameless(socket.gaierror):
    """A name was not found, and neither was that of any site that surely exists."""


class Names:
    """Of one wall. `controls`: names that surely exist, looked up (and no more) before it is believed that another one does not."""

    def __init__(self, controls: Iterable[str] = ()) -> None:
        self._controls = tuple(controls)
        self._known: dict[tuple[str, int], tuple[float, list[str]]] = {}
        self._able: asyncio.Future[bool] | None = None

    async def addresses(self, host: str, port: int) -> list[str]:
        """IPv4 first: a machine whose IPv6 leads nowhere would wait at every connection. Raises socket.gaierror."""
        known = self._known.get((host, port))
        if known and known[0] > time.monotonic():
            return known[1]
        try:
            found = await _look_up(host, port)
        except socket.gaierror as error:
            if self._controls and is_no_name(error) and not await self._are_found():
                raise Nameless(*error.args) from error
            raise
        addresses = sorted(dict.fromkeys(found), key=lambda address: ":" in address)
        if len(self._known) > _MOST:
            self._known.clear()
        self._known[host, port] = (time.monotonic() + _SECONDS, addresses)
        return addresses

    async def _are_found(self) -> bool:
        """Whether any control has an address; asked once."""
        if self._able is None:
            self._able = asyncio.ensure_future(self._any_control())
        return await asyncio.shield(self._able)

    async def _any_control(self) -> bool:
        for name in self._controls:
            with suppress(OSError, UnicodeError):
                return bool(await _look_up(name, 443))
        return False


def is_no_name(error: BaseException) -> bool:
    """Whether the resolver says that there is no such name; else it only failed."""
    return isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME


async def _look_up(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]
