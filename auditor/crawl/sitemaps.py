"""Where sitemaps are looked for, how many are read, and how they are unpacked; facts.sitemaps reads them."""

from __future__ import annotations

from auditor.crawl.bodies import inflate
from auditor.facts.sitemaps import LARGEST, MOST_URLS, Sitemap, read

__all__ = ["DEEPEST", "DEFAULTS", "LARGEST", "MOST_FILES", "MOST_IN_ALL", "MOST_URLS", "Sitemap", "read", "unpacked"]

DEFAULTS = ("/sitemap.xml", "/sitemap_index.xml")  # tried in turn where robots.txt names none
MOST_FILES = 300
MOST_IN_ALL = 500_000
DEEPEST = 3


def unpacked(body: bytes) -> bytes:
    """The body, gunzipped if it is gzip (sitemap.xml.gz)."""
    if body[:2] != b"\x1f\x8b":
        return body
    plain = inflate(body, ("gzip",), LARGEST)
    return plain.body if not plain.error or plain.body else body
