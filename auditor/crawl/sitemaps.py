"""Reads sitemaps: XML and plain text, indexes, gzip; whatever else it is handed is said to be no sitemap."""

from __future__ import annotations

from io import BytesIO

import msgspec
from lxml import etree

from auditor.crawl.bodies import inflate
from auditor.crawl.outcomes import looks_html

DEFAULTS = ("/sitemap.xml", "/sitemap_index.xml")  # tried in turn where robots.txt names none
LARGEST = 60_000_000  # bytes, unpacked; the protocol allows 50 MB
MOST_URLS = 100_000  # in one file; the protocol allows 50,000
MOST_FILES = 300
MOST_IN_ALL = 500_000
DEEPEST = 3


class Sitemap(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is urlset, index, text or empty (none); `error` says what is wrong, though some URLs may have been read."""

    kind: str = ""
    locations: tuple[str, ...] = ()
    error: str = ""


def unpacked(body: bytes) -> bytes:
    """The body, gunzipped if it is gzip (sitemap.xml.gz)."""
    if body[:2] != b"\x1f\x8b":
        return body
    plain = inflate(body, ("gzip",), LARGEST)
    return plain.body if not plain.error or plain.body else body


def read(body: bytes) -> Sitemap:
    """Reads an unpacked body as a stream: no entities, no DTD, no network; never raises."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return Sitemap(error="empty")
    if start.startswith((b"http://", b"https://")):
        lines = body[:LARGEST].decode("utf-8", "replace").split()
        return Sitemap(kind="text", locations=tuple(line for line in lines[:MOST_URLS] if line.startswith("http")))
    if looks_html(body):
        return Sitemap(error="HTML")
    if not start.startswith(b"<") and b"<urlset" not in start and b"<sitemapindex" not in start:
        return Sitemap(error="neither XML nor a list of addresses")
    return _xml(body)


def _xml(body: bytes) -> Sitemap:
    kind, error, found = "", "", []
    events = etree.iterparse(
        BytesIO(body.lstrip(b" \t\r\n")),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        recover=True,
    )
    try:
        for event, element in events:
            name = _local(element.tag)
            if not kind:
                kind = {"urlset": "urlset", "sitemapindex": "index"}.get(name, "")
                if not kind:
                    return Sitemap(error="HTML" if name == "html" else f"XML of another kind (<{name[:40]}>)")
            if event != "end":
                continue
            parent = element.getparent()
            if name == "loc" and parent is not None and _local(parent.tag) in ("url", "sitemap"):
                if text := "".join((element.text or "").split()):
                    found.append(text)
                    if len(found) >= MOST_URLS:
                        error = f"more than {MOST_URLS:,} addresses"
                        break
            elif name in ("url", "sitemap"):
                element.clear()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as broken:
        error = str(broken.msg or "not well-formed")[:200]
    if not error and events.error_log:
        error = str(events.error_log[0].message)[:200]
    if not kind:
        return Sitemap(error=error or "no XML")
    return Sitemap(kind=kind, locations=tuple(found), error=error)


def _local(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
