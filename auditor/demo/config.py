"""How the demo shop wants to be audited: a config as plain data, for the command that audits it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def config_of(url: str, browsers: Sequence[str]) -> dict[str, Any]:
    """Every page in every browser; both tags of the shop expected. `url` is where the shop is served."""
    return {
        "site": {"url": url, "name": "demo"},
        "market": {"currency": "EUR", "locale": "en-IE"},
        "crawl": {"confirm_after": 0.2, "concurrency": 8},
        "render": {
            "browsers": list(browsers),
            "devices": ["desktop", "phone"],
            "per_template": None,
            "watch": 1.0,
            "settle": 5.0,
        },
        "expect": {"tags": {"ga4": {"ids": ["G-DEMO12345"]}, "meta": {"ids": ["100200300400500"]}}},
    }
