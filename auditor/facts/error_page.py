"""Facts of a page for what is not there: which tags its HTML starts, and whether it tells them what page it is; read by crawl and a tracking check."""

from __future__ import annotations

import re

from auditor.evidence.document import Document
from auditor.knowledge import vendors

_COUNTS = frozenset({"analytics", "tag-manager"})  # what counts page views
_INLINE = (
    ("google-tag-manager", re.compile(r"\bGTM-[A-Z0-9]{4,10}\b|gtm\.js\?id=")),
    ("ga4", re.compile(r"gtag\(\s*['\"]config['\"]\s*,\s*['\"]G-")),
    ("matomo", re.compile(r"_paq\.push\(")),
)
_SAID = re.compile(
    r"(?i)(?<![\d.#-])404(?![\d.])|not[-_ ]?found|page[-_ ]?missing|error[-_ ]?page|page[-_ ]?error|['\"]error['\"]|noroute|no[-_]route"
)
_MOST = 500  # scripts


def page_counters(document: Document) -> tuple[str, ...]:
    """Ids of the vendors that count page views and that this page's HTML starts."""
    found: dict[str, None] = {}
    known = vendors.load()
    for script in list(document.tree.iter("script"))[:_MOST]:
        source = script.get("src")
        url = document.absolute(source) if source else None
        row = known.serving(url) if url else None
        if row is not None and row.category in _COUNTS:
            found[row.id] = None
        for vendor, pattern in _INLINE:
            if not url and pattern.search(script.text or ""):
                found[vendor] = None
    return tuple(found)


def said_to_tags(document: Document) -> str:
    """What a script in the page says of an error, such as `not-found` or 404; "" where none does."""
    for script in list(document.tree.iter("script"))[:_MOST]:
        if not script.get("src") and (found := _SAID.search(script.text or "")):
            return found[0][:40]
    return ""
