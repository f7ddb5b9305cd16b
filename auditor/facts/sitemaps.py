"""Facts about sitemaps: the addresses one lists, when it says they changed, and what is wrong with its form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import NamedTuple

import msgspec
from lxml import etree

from auditor.evidence.http import looks_html

LARGEST = 60_000_000  # bytes, unpacked; the protocol allows 50 MB
MOST_URLS = 100_000  # in one file; the protocol allows 50,000
MOST_PICTURES = 5  # of one file that are asked for
_DATE = 60  # characters of a lastmod that are kept
_MOST_ALTERNATES = 300_000
_BARE = re.compile(rb"&(?!#?\w{1,10};)")
_KINDS = {"urlset": "urlset", "sitemapindex": "index", "rss": "feed", "rdf": "feed", "feed": "feed"}
_ENTRIES = ("url", "sitemap", "item", "entry")


class Sitemap(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is urlset, index, text or empty (none); `error` says what is wrong, though some URLs may have been read.

    `modified` and `priorities` hold the lastmod and priority of each location, "" where there is none; `alternates` the
    language versions that are named with one, as (hreflang, address). An RSS or Atom feed that lists pages is kind feed.
    """

    kind: str = ""
    locations: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    alternates: dict[str, tuple[tuple[str, str], ...]] = {}
    images: int = 0  # entries of image sitemaps in it
    pictures: tuple[str, ...] = ()  # the first of them
    error: str = ""
    line: int = 0  # of the error
    cut: bool = False  # there were more than MOST_URLS
    indented: bool = False  # something blank stands before its XML declaration, which is no XML


def read(body: bytes) -> Sitemap:
    """Reads an unpacked body as a stream: no entities, no DTD, no network; never raises."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return Sitemap(error="empty")
    if start.startswith((b"http://", b"https://")):
        lines = [line for line in body[:LARGEST].decode("utf-8", "replace").split() if line.startswith("http")]
        return Sitemap(
            kind="text",
            locations=tuple(lines[:MOST_URLS]),
            modified=("",) * min(len(lines), MOST_URLS),
            cut=len(lines) > MOST_URLS,
        )
    if looks_html(body):
        return Sitemap(error="HTML")
    if not start.startswith(b"<") and b"<urlset" not in start and b"<sitemapindex" not in start:
        return Sitemap(error="neither XML nor a list of addresses")
    found = _xml(body)
    if "EntityRef" in found.error:  # a bare "&": what comes of mending it would be another address
        found = msgspec.structs.replace(_xml(_BARE.sub(b"&amp;", body)), error=found.error, line=found.line)
    indented = body[:1024].removeprefix(b"\xef\xbb\xbf")[:1].isspace() and start.startswith(b"<?xml")
    return msgspec.structs.replace(found, indented=True) if indented else found


def further(body: bytes) -> Iterator[tuple[str, str]]:
    """(address, priority) of what a sitemap lists beyond the first MOST_URLS, one at a time."""
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"http://", b"https://")):
        words = (word.decode("utf-8", "replace") for line in BytesIO(body) for word in line.split())
        listed = ((word, "") for word in words if word.startswith("http"))
    else:
        listed = ((entry.location, entry.priority) for entry in _Reader(body, alternates=0).entries())
    return islice(listed, MOST_URLS, None)


def _xml(body: bytes) -> Sitemap:
    found: list[str] = []
    modified: list[str] = []
    priorities: list[str] = []
    alternates: dict[str, tuple[tuple[str, str], ...]] = {}
    reader, cut = _Reader(body), False
    for entry in reader.entries():
        found.append(entry.location)
        modified.append(entry.date)
        priorities.append(entry.priority)
        if entry.others:
            alternates[entry.location] = entry.others
        if len(found) >= MOST_URLS and not entry.last:
            cut = True
            break
    kind, error, line = reader.kind, reader.error, reader.line
    if reader.other:
        return Sitemap(error=error)
    if not kind:
        return Sitemap(error=error or "no XML", line=line)
    if kind == "feed" and not found:
        return Sitemap(error="a feed without addresses", line=line)
    return Sitemap(
        kind=kind, locations=tuple(found), modified=tuple(modified), priorities=tuple(priorities), alternates=alternates,
        images=reader.images, pictures=tuple(reader.pictures), error=error, line=line, cut=cut,
    )  # fmt: skip


class _Entry(NamedTuple):
    location: str
    date: str
    priority: str
    others: tuple[tuple[str, str], ...] = ()
    last: bool = False  # the file broke off inside it


class _Reader:
    """One pass over XML. What is wrong with it is known once `entries` came to its end."""

    def __init__(self, body: bytes, *, alternates: int = _MOST_ALTERNATES) -> None:
        self._body, self._alternates = body, alternates
        self.kind, self.error, self.line, self.images = "", "", 0, 0
        self.pictures: list[str] = []
        self.other = False  # XML, but no sitemap

    def entries(self) -> Iterator[_Entry]:
        loc = date = weight = ""
        others: list[tuple[str, str]] = []
        named = 0
        events = etree.iterparse(
            BytesIO(self._body.lstrip(b" \t\r\n")),
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            recover=True,
        )
        try:
            for event, element in events:
                name = _local(element.tag)
                if not self.kind:
                    self.kind = _KINDS.get(name, "")
                    if not self.kind:
                        self.error = "HTML" if name == "html" else f"XML of another kind (<{name[:40]}>)"
                        self.other = True
                        return
                if event != "end":
                    continue
                parent = element.getparent()
                inside = _local(parent.tag) if parent is not None else ""
                if name == "loc" and inside == "image":
                    self.images += 1
                    if len(self.pictures) < MOST_PICTURES:
                        self.pictures.append("".join((element.text or "").split())[:2_000])
                elif name in ("loc", "lastmod", "priority", "link", "updated", "pubdate") and inside in _ENTRIES:
                    text = (element.text or "").strip()
                    if name == "loc":
                        loc = "".join(text.split())
                    elif name == "priority":
                        weight = text[:8]
                    elif name != "link":
                        date = text[:_DATE]
                    elif self.kind == "feed":
                        loc = loc or "".join((element.get("href") or text).split())
                    elif element.get("hreflang") and element.get("href") and named < self._alternates:
                        others.append((element.get("hreflang", "")[:40], element.get("href", "").strip()))
                        named += 1
                elif name in _ENTRIES:
                    if loc:
                        yield _Entry(loc, date, weight, tuple(others))
                    loc = date = weight = ""
                    others = []
                    element.clear()
                    while parent is not None and element.getprevious() is not None:
                        del parent[0]
        except etree.XMLSyntaxError as broken:
            self.error, self.line = str(broken.msg or "not well-formed")[:200], broken.lineno or 0
        wrong = [entry for entry in events.error_log if entry.level >= etree.ErrorLevels.ERROR]
        if wrong and not (self.error and self.line):
            self.error, self.line = str(wrong[0].message)[:200], wrong[0].line
        if loc:
            yield _Entry(loc, date, weight, last=True)


def _local(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
