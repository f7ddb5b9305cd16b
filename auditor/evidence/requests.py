"""Evidence of a page's requests, as the recorder saw them, and of what the wall held back."""

from __future__ import annotations

from enum import StrEnum

import msgspec

# How the failure begins of a request whose host the wall could not reach, and its reasons that are about the name
UNREACHED = "could not be reached: "
NO_NAME = "the name was not found"
NO_LOOKUP = "the name could not be looked up"  # the resolver failed: it says nothing of the name
NO_NAMES = "the name was not found, and no other site's is from here"


class Held(StrEnum):
    """What became of a request that may report to a third party."""

    NO = ""
    ANSWERED = "answered"  # a known vendor's collection endpoint, answered here and not delivered
    WITHHELD = "withheld"  # unknown vendor's beacon, ping or third-party POST, refused and listed
    REFUSED = "refused"  # met only at the wall: refused by host, nothing but the host is known
    DELIVERED = "delivered"  # --deliver-beacons


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    method: str = "GET"
    type: str = ""  # document, stylesheet, image, font, script, xhr, fetch, ping, media, websocket, other
    status: int = 0  # 0: no answer
    later: int = 0  # status when it was asked for once more at the end of the visit; 0: it was not, or nothing answered
    size: int = 0  # body bytes as transferred, 0 where the browser does not say
    content_type: str = ""
    started_ms: float = 0.0  # since navigation began
    duration_ms: float = 0.0
    third_party: bool = False
    failure: str = ""  # the browser's words
    held: Held = Held.NO
    vendor: str = ""  # id in rules/knowledge/vendors.yaml, empty where unknown
    body: str = ""  # of a held request, where the browser gives it; cut at 64 kB
    frame: str = ""  # URL of the frame where it is not the main one
    initiator: str = (
        ""  # who asked, in the page's own words: link, script, css, img, fetch, …; empty where it does not tell
    )
    blocking: bool = False  # the first paint waited for it (Chromium tells)
    waited_ms: float = 0.0  # of its duration, until the first byte of the answer
    decoded: int = 0  # bytes of the body unpacked, 0 where the page is not told
    cache: str = ""  # Cache-Control of scripts, styles, fonts and pictures
    encoding: str = ""  # Content-Encoding of the same


class Requests(msgspec.Struct, frozen=True):
    """All requests of a snapshot in order; `cut` counts those past the cap."""

    items: tuple[Request, ...] = ()
    cut: int = 0
