"""How the demo shop wants to be audited: a config as plain data, for the command that audits it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.demo.faults import load_faults, load_not_opened


def config_of(url: str, browsers: Sequence[str]) -> dict[str, Any]:
    """Two pages of each template and every page with a fault that is seen in a browser, in all of `browsers`; both tags of the shop and its exports expected.

    `url` is where the shop is served.
    """
    urls = {fault.url for faults in load_faults().values() for fault in faults if fault.opened} - load_not_opened()
    return {
        "site": {"url": url, "name": "demo"},
        "market": {"country": "IE", "currency": "EUR", "locale": "en-IE"},
        "crawl": {"confirm_after": 0.2, "concurrency": 8},
        "render": {
            "browsers": list(browsers),
            "devices": ["desktop", "phone"],
            "per_template": 2,
            "always": sorted(urls),
            "watch": 1.0,
            "settle": 5.0,
        },
        "timing": {"repeats": 0},
        "catalogue": _exports(url),
        "expect": {"tags": {"ga4": {"ids": ["G-DEMO12345"]}, "meta": {"ids": ["100200300400500"]}}},
    }


def _exports(url: str) -> list[dict[str, Any]]:
    """The feed that the shop gives to others, the back office's list, and the sheet of the maker of its lamps."""
    return [
        {"name": "feed", "url": f"{url}/feed.xml", "max_age": "24h"},
        {
            "name": "pim",
            "url": f"{url}/exports/products.csv",
            "columns": {"sku": "sku", "gtin": "ean", "title": "name", "category": "category", "image": "image"},
            "required": {"Candles": ["material"]},
            "max_age": "24h",
        },
        {
            "name": "supplier",
            "url": f"{url}/exports/supplier.csv",
            "columns": {"sku": "item", "title": "name", "description": "text"},
            "whole": False,
            "max_age": "30d",
        },
    ]
