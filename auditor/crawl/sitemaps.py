"""Where sitemaps are looked for, how many are read, and how they are unpacked; facts.sitemaps reads them."""

from __future__ import annotations

from auditor.crawl.bodies import inflate
from auditor.facts.sitemaps import LARGEST, Sitemap, further, read

__all__ = [
    "DEEPEST", "DEFAULTS", "LARGEST", "MOST_FILES", "Sitemap", "further", "most_in_all", "most_of_long", "read", "unpacked",
]  # fmt: skip

# Tried in turn where robots.txt names none: most shops' own, then those of WordPress, BigCommerce, PrestaShop and OpenCart
DEFAULTS = (
    "/sitemap.xml",
    "/sitemap_index.xml",
    "/wp-sitemap.xml",
    "/xmlsitemap.php",
    "/1_index_sitemap.xml",
    "/index.php?route=extension/feed/google_sitemap",
)
MOST_FILES = 2_000
_IN_ALL = 500_000
_PER_PAGE = 5  # addresses for each page that may be fetched
DEEPEST = 3


def most_in_all(max_pages: int) -> int:
    """How many addresses of sitemaps are taken up: some times as many as may be fetched, and half a million in any case."""
    return max(_IN_ALL, _PER_PAGE * max_pages)


def most_of_long(max_pages: int) -> int:
    """With how many addresses in all the end of a very long file is left alone: most of them could not be fetched anyway."""
    return _PER_PAGE * max_pages


def unpacked(body: bytes) -> bytes:
    """The body, gunzipped if it is gzip (sitemap.xml.gz)."""
    if body[:2] != b"\x1f\x8b":
        return body
    plain = inflate(body, ("gzip",), LARGEST)
    return plain.body if not plain.error or plain.body else body
