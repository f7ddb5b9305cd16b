"""Facts about sitemaps: the addresses one lists, when it says they changed, and what is wrong with its form."""

from __future__ import annotations

from io import BytesIO

import msgspec
from lxml import etree

from auditor.evidence.http import looks_html

LARGEST = 60_000_000  # bytes, unpacked; the protocol allows 50 MB
MOST_URLS = 100_000  # in one file; the protocol allows 50,000
_DATE = 60  # characters of a lastmod that are kept


class Sitemap(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is urlset, index, text or empty (none); `error` says what is wrong, though some URLs may have been read.

    `modified` holds the lastmod of each location, "" where there is none.
    """

    kind: str = ""
    locations: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    error: str = ""
    line: int = 0  # of the error
    cut: bool = False  # there were more than MOST_URLS


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
    return _xml(body)


def _xml(body: bytes) -> Sitemap:
    kind, error, line, cut = "", "", 0, False
    found: list[str] = []
    modified: list[str] = []
    loc = date = ""
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
            if name in ("loc", "lastmod") and parent is not None and _local(parent.tag) in ("url", "sitemap"):
                text = "".join((element.text or "").split()) if name == "loc" else (element.text or "").strip()
                loc, date = (text, date) if name == "loc" else (loc, text[:_DATE])
            elif name in ("url", "sitemap"):
                if loc:
                    found.append(loc)
                    modified.append(date)
                    if len(found) >= MOST_URLS:
                        cut = True
                        break
                loc = date = ""
                element.clear()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
    except etree.XMLSyntaxError as broken:
        error, line = str(broken.msg or "not well-formed")[:200], broken.lineno or 0
    wrong = [entry for entry in events.error_log if entry.level >= etree.ErrorLevels.ERROR]
    if wrong and not cut and not (error and line):
        error, line = str(wrong[0].message)[:200], wrong[0].line
    if loc and not cut:  # the file broke off inside an entry
        found.append(loc)
        modified.append(date)
    if not kind:
        return Sitemap(error=error or "no XML", line=line)
    return Sitemap(kind=kind, locations=tuple(found), modified=tuple(modified), error=error, line=line, cut=cut)


def _local(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
