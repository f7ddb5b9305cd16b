"""Fetches for the recorder, outside the browser: what a vendor serves from a host that also collects, and what needs secret headers.

So the browser never holds a connection to such a vendor, and nothing it sends past the recorder finds one.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from playwright.sync_api import Playwright

from auditor.model import urls
from auditor.render.hosts import address
from auditor.render.wall import Wall

_MOST_BYTES = 64 * 1024 * 1024
_LONGEST_SECONDS = 900.0
_TIMEOUT_MS = 20_000
_HOPS = 10
# the body is handed on unpacked
_DROPPED = frozenset({"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "alt-svc"})
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class Fetched(msgspec.Struct, frozen=True):
    """An answer as it may be handed to `route.fulfill`."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""

    def arguments(self) -> dict[str, Any]:
        return {"status": self.status, "headers": self.headers, "body": self.body}


class Libraries:
    """One per worker process; keeps what servers allow to be kept, for a quarter of an hour at most, for later visits."""

    def __init__(self, playwright: Playwright, wall: Wall, *, ignore_tls_errors: bool = False) -> None:
        self._playwright, self._wall, self._ignore = playwright, wall, ignore_tls_errors
        self._proxy = {"server": f"http://{wall.inner_address}"}
        self._kept: OrderedDict[tuple[str, str, str], tuple[float, Fetched]] = OrderedDict()
        self._bytes = 0
        # of what browsers refused, and what the shop failed to give: status and type by URL, None where none could be had; asked for once in a worker's life
        self.refused: dict[str, tuple[int, str] | None] = {}

    def get(self, url: str, method: str, headers: Mapping[str, str], same: Callable[[str], bool]) -> Fetched:
        """A vendor's answer; redirects are followed while `same(url)`, other ones are handed back. Raises playwright's Error."""
        key = (url, headers.get("user-agent", ""), headers.get("origin", ""))
        kept = self._kept.get(key)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        fetched = self.once(url, method, headers)
        for _ in range(_HOPS):
            target = urls.absolute(url, fetched.location) if fetched.location else None
            if not target or not same(target):
                break
            url = target
            fetched = self.once(url, method, headers)
        self._keep(key, method, fetched)
        return fetched

    def once(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        timeout_ms: int = _TIMEOUT_MS,
    ) -> Fetched:
        """One request, no redirect followed, no cookie but those in `headers`. Raises playwright's Error."""
        # a client of its own each time: its jar of cookies would tell one visit of another
        client = self._playwright.request.new_context(
            proxy=self._proxy,  # type: ignore[arg-type]
            ignore_https_errors=self._ignore or self._through_us(url),
        )
        try:
            answer = client.fetch(
                url,
                method=method,
                headers=dict(headers),
                data=body,
                max_redirects=0,
                timeout=timeout_ms,
                fail_on_status_code=False,
            )
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
            return Fetched(answer.status, kept, answer.body())
        finally:
            client.dispose()

    def _through_us(self, url: str) -> bool:
        """Whether the TLS that is seen here is the wall's own, since the wall has looked at the shop's."""
        return self._wall.shop_tls is not None and self._wall.shop_tls.stands_before(*address(url))

    def _keep(self, key: tuple[str, str, str], method: str, fetched: Fetched) -> None:
        control = fetched.headers.get("cache-control", "").lower()
        age = _MAX_AGE.search(control)
        if method != "GET" or fetched.status != 200 or not age or "no-store" in control or "no-cache" in control:
            return
        if "set-cookie" in fetched.headers or len(fetched.body) > _MOST_BYTES // 8:
            return
        old = self._kept.pop(key, None)
        self._bytes += len(fetched.body) - (len(old[1].body) if old else 0)
        self._kept[key] = (time.monotonic() + min(float(age[1]), _LONGEST_SECONDS), fetched)
        while self._bytes > _MOST_BYTES:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._bytes -= len(dropped.body)
