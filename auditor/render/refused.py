"""Asks again, when a visit ends, for scripts and styles of which Chromium tells no status, and for files of the shop that failed.

Opaque response blocking (ORB) refuses what comes in place of another origin's script and is none: HTML, an error page. The page
gets nothing, and whoever watches it neither. So the address is asked for once more, outside the browser and without cookies.
What the shop's own server failed to give may have been missing for a moment: while a new version was put in place, or many asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from playwright.sync_api import Error
from playwright.sync_api import Request as BrowserRequest

from auditor.evidence.requests import Held
from auditor.model.urls import absolute, origin
from auditor.render.libraries import Libraries
from auditor.render.seen import Seen

_BLOCKED = "ERR_BLOCKED_BY_ORB"
_RUNS = frozenset({"script", "stylesheet"})
_MOST = 3  # of a visit: one dead app asks for several files, and the page is waiting to be closed
_MOST_FAILED = 6
_FILES = frozenset({"script", "stylesheet", "font", "image"})
_TIMEOUT_MS = 3_000
_HOPS = 4
_SECRET = frozenset({"cookie", "authorization", "proxy-authorization"})
_TOLD = "the browser refused what came in its place (ORB)"


def ask_again(requests: Mapping[BrowserRequest, Seen], libraries: Libraries) -> None:
    """Gives each of them the status and the type that a second asking is answered with; no status where that fails too."""
    hosts: set[str] = set()
    for request, seen in _blocked(requests.items()):
        if len(hosts) >= _MOST and origin(seen.url) not in hosts:
            continue
        hosts.add(origin(seen.url))
        seen.failure = _TOLD
        if told := _answer(request, seen, libraries):
            seen.status, seen.content_type = told
            seen.failure = f"{_TOLD}; status and type as told when asked again outside the browser"


def confirm(requests: Mapping[BrowserRequest, Seen], libraries: Libraries) -> None:
    """Gives failed files of the shop the status that a second asking is answered with; a page in place of a file is none."""
    asked = 0
    for request, seen in requests.items():
        if not _failed(seen) or asked >= _MOST_FAILED:
            continue
        known = libraries.refused.get(seen.url)
        if known and known[0] < 400:  # it was there: whether it is now is not known
            del libraries.refused[seen.url]
        asked += seen.url not in libraries.refused
        if told := _answer(request, seen, libraries):
            status, content_type = told
            seen.later = seen.status if status < 300 and content_type.startswith("text/html") else status


def _failed(seen: Seen) -> bool:
    failed = seen.status in (404, 410) or seen.status >= 500
    return failed and not seen.third_party and seen.held is Held.NO and seen.kind in _FILES and seen.method == "GET"


def _blocked(requests: Iterable[tuple[BrowserRequest, Seen]]) -> list[tuple[BrowserRequest, Seen]]:
    found = [
        (request, seen)
        for request, seen in requests
        if seen.third_party and seen.held is Held.NO and not seen.status and _BLOCKED in seen.failure
    ]
    return [(request, seen) for request, seen in found if seen.kind in _RUNS and seen.method == "GET"][: 2 * _MOST]


def _answer(request: BrowserRequest, seen: Seen, libraries: Libraries) -> tuple[int, str] | None:
    if seen.url in libraries.refused:
        return libraries.refused[seen.url]
    told: tuple[int, str] | None = None
    try:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _SECRET}
        url = seen.url
        for _ in range(_HOPS):
            fetched = libraries.once(url, "GET", headers, timeout_ms=_TIMEOUT_MS)
            target = absolute(url, fetched.location) if fetched.location else None
            told = (fetched.status, fetched.headers.get("content-type", "")[:200])
            if not target or origin(target) != origin(url):
                break
            url = target
    except Error:
        told = None
    if len(libraries.refused) < 1_000:
        libraries.refused[seen.url] = told
    return told
