"""What the recorder says in a tag vendor's place, and what it lets a third party have; used for every third-party request."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from playwright.sync_api import Request, Route

from auditor.knowledge.vendors import Match
from auditor.render.frames import is_frame

# a transparent picture of one pixel
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
BODY_LIMIT = 64 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# "ping" in Chromium and WebKit; Firefox has "beacon", and over BiDi calls a beacon a document
_REPORTING_TYPES = frozenset({"ping", "beacon", "cspviolationreport", "csp_report"})
_EMPTY = {"script": "text/javascript", "stylesheet": "text/css", "document": "text/html"}


class Vendors(Protocol):
    """The part of knowledge.vendors.Vendors that the recorder asks."""

    def match(self, url: str, method: str = "GET") -> Match | None: ...
    def refuses(self, host: str) -> str | None: ...
    def mixed(self, host: str) -> str | None: ...


def reports(method: str, kind: str) -> bool:
    """Whether a third-party request may carry a report: anything but a plain GET does."""
    return method not in _SAFE or kind in _REPORTING_TYPES


def in_vendors_place(kind: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of `route.fulfill`: the pixel, an empty script or frame, or 204, readable by the page that asked."""
    answer = cors(headers)
    if kind == "image":
        return {
            "status": 200,
            "headers": answer | {"content-type": "image/gif", "cache-control": "no-store"},
            "body": PIXEL,
        }
    if kind in _EMPTY:
        return {
            "status": 200,
            "headers": answer | {"content-type": _EMPTY[kind], "cache-control": "no-store"},
            "body": "",
        }
    return {"status": 204, "headers": answer | {"cache-control": "no-store"}, "body": ""}


def cors(headers: Mapping[str, str]) -> dict[str, str]:
    origin = headers.get("origin", "")
    if not origin:
        return {"access-control-allow-origin": "*"}
    return {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}


def wants_content(kind: str, headers: Mapping[str, str]) -> bool:
    """Whether a script would read the answer: then an empty one makes a fault of ours look like the shop's."""
    if kind not in ("fetch", "xhr"):
        return False
    said = headers.get("accept", "") + " " + headers.get("content-type", "")
    return "json" in said or "graphql" in said


def readable(body: bytes | None) -> str:
    """A held request's body as text, unzipped, cut at 64 kB; what is no text has replacement characters."""
    if not body:
        return ""
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(31).decompress(body, BODY_LIMIT)
        except zlib.error:
            pass
    return body[:BODY_LIMIT].decode("utf-8", errors="replace")


def route_pattern(own: str, vendors: Iterable[Any]) -> re.Pattern[str]:
    """Matches what the recorder must see: third-party URLs, and the shop's own of the shape of a collection endpoint.

    `own` is Hosts.pattern(). The pattern runs in JavaScript too. What it does not match passes without a round trip.
    """
    shapes = [
        shape
        for vendor in vendors
        for endpoint in getattr(vendor, "collect", ())
        if not endpoint.host and not endpoint.host_like and endpoint.path and (shape := _in_url(endpoint.path.pattern))
    ]
    shapes += [
        shape
        for vendor in vendors
        for endpoint in getattr(vendor, "collect", ())
        if getattr(endpoint, "own", False) and endpoint.path and (shape := _in_url(endpoint.path.pattern))
    ]
    third = rf"(?!https?://{own})https?://"
    return re.compile(rf"^(?:{third}|https?://[^/?#]+(?:{'|'.join(shapes) or '(?!)'}))", re.IGNORECASE)


def _in_url(path: str) -> str:
    """A pattern for a path as one that stands behind the authority of a URL; wider where it cannot be said."""
    begins = path.startswith("^")
    inner = path.removeprefix("^")
    ends = inner.endswith("$") and not inner.endswith(r"\$")
    inner = inner[:-1] if ends else inner
    if re.search(r"[\^$]|\(\?[<P#]", re.sub(r"\\.|\[[^\]]*\]", "", inner)):
        return "/"
    return ("" if begins else "[^?#]*") + f"(?:{inner})" + ("(?=[?#]|$)" if ends else "")


def answered_as(kind: str) -> str:
    """Over BiDi a beacon calls itself a document; nothing reads its answer."""
    return "other" if kind == "document" else kind


def answer_held(route: Route, request: Request, kind: str, *, collects: bool) -> None:
    """Answers in the vendor's place what `collects`; anything else that is held gets nothing."""
    if collects:
        return route.fulfill(
            **in_vendors_place("document" if is_frame(request) else answered_as(kind), request.headers)
        )
    if wants_content(kind, request.headers):
        return route.abort("blockedbyclient")
    return route.fulfill(status=204, headers=cors(request.headers), body="")
