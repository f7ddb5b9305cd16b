"""Evidence of one load of a page: when it answered, when it was painted, what moved, and how long scripts held it up."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Spot


class Largest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The element of the largest contentful paint; `url` and `loading` where it is an image."""

    at_ms: float
    spot: Spot = Spot()
    url: str = ""
    loading: str = ""
    priority: str = ""  # fetchpriority


class Shift(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A layout shift that no input caused; `culprits` are the elements that moved furthest."""

    value: float
    at_ms: float
    culprits: tuple[Spot, ...] = ()


class LongTask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    began_ms: float
    duration_ms: float


class ScriptTime(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long scripts of one host kept the main thread in frames that took over 50 ms; `url` is the one that took most."""

    host: str
    url: str
    duration_ms: float
    runs: int = 1


class Resource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the page's own clock says of a request: who asked for it, and whether painting waited for it."""

    url: str
    initiator: str = ""  # link, script, css, img, fetch, xmlhttprequest, iframe, …
    blocking: bool = False
    transferred: int = 0  # bytes with headers; 0 from a cache, or where another host does not tell
    size: int = 0  # bytes of the body as transferred
    decoded: int = 0


class Paint(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Milliseconds since navigation began; None is what this browser does not tell."""

    redirect_ms: float = 0.0
    connect_ms: float = 0.0  # DNS, TCP and TLS together
    ttfb_ms: float = 0.0  # first byte of the answer: redirects, connection and server together
    html_ms: float = 0.0  # last byte of the HTML
    content_loaded_ms: float = 0.0
    load_ms: float = 0.0
    fcp_ms: float | None = None
    largest: Largest | None = None
    cls: float | None = None  # worst session window
    shifts: tuple[Shift, ...] = ()  # worst first
    tbt_ms: float | None = None  # of long tasks after the first paint what is over 50 ms
    tasks: tuple[LongTask, ...] = ()  # longest first
    scripts: tuple[ScriptTime, ...] | None = None  # longest first; None: this browser does not tell whose scripts ran
    resources: tuple[Resource, ...] = ()
    cut: int = 0  # resources past the cap
