"""How the demo shop wants to be audited: a config as plain data, for the command that audits it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.demo.faults import load_faults


def config_of(url: str, browsers: Sequence[str]) -> dict[str, Any]:
    """Two pages of each template and every page with a fault, in all of `browsers`; both tags of the shop expected.

    `url` is where the shop is served.
    """
    urls = [fault.url for faults in load_faults().values() for fault in faults]
    return {
        "site": {"url": url, "name": "demo"},
        "market": {"country": "IE", "currency": "EUR", "locale": "en-IE"},
        "crawl": {"confirm_after": 0.2, "concurrency": 8},
        "render": {
            "browsers": list(browsers),
            "devices": ["desktop", "phone"],
            "per_template": 2,
            "always": sorted({url for url in urls if not url.endswith((".txt", ".xml"))}),
            "watch": 1.0,
            "settle": 5.0,
        },
        "timing": {"repeats": 0},
        "expect": {"tags": {"ga4": {"ids": ["G-DEMO12345"]}, "meta": {"ids": ["100200300400500"]}}},
    }
