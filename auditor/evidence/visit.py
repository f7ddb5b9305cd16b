"""Evidence of a visit: how the browser got to the page and what had to be done or cut on the way."""

from __future__ import annotations

import msgspec

from auditor.model.query import Hop


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    final_url: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    hops: tuple[Hop, ...] = ()
    browser_version: str = ""
    user_agent: str = ""
    viewport: tuple[int, int] = (0, 0)
    started_at: str = ""  # UTC, ISO 8601
    elapsed_ms: float = 0.0
    watched_ms: float = 0.0  # how long requests were watched after navigation began: "not seen within …"
    quiet: bool = True  # the network came to rest before the time limit
    events: tuple[str, ...] = ()  # dialogs dismissed, downloads refused, pop-ups closed: what was done about the page
