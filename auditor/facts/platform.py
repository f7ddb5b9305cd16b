"""Which platform a page comes from, told by at least two signals that agree; asked of the first pages of a crawl."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from typing import cast
from urllib.parse import urlsplit

import msgspec
from lxml import etree

from auditor.evidence.document import Document
from auditor.knowledge import platforms
from auditor.knowledge.platforms import Platform, Signal
from auditor.knowledge.sought import IN_PAGES

VERSION = 1
_HTML = 120_000  # characters of a document that are searched
_ASSETS = 400  # URLs of scripts, styles and pictures that are looked at
_ASSET_PATHS = tuple(
    etree.XPath(path, smart_strings=False)
    for path in ("//script/@src", "//link/@href", "//img/@src", "//img/@data-src", "//source/@srcset")
)
_generators = etree.XPath("//meta[translate(@name,'GENRATO','genrato')='generator']/@content", smart_strings=False)

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class PlatformFact(msgspec.Struct, frozen=True):
    """`id` is empty where no platform had two signals and score enough, or two had the same."""

    id: str = ""
    score: float = 0.0
    signals: tuple[str, ...] = ()  # "cookie OCSESSID", for people


def platform(document: Document, headers: Headers, url: str = "", *, cookies: Iterable[str] = ()) -> PlatformFact:
    """The platform of a page. `cookies` are names (or `Set-Cookie` lines); those of `headers` are read as well."""
    known_platforms = _platforms()
    page = _Page(document, headers, cookies, url or document.url)
    ranked = sorted((_judged(known, page) for known in known_platforms), key=lambda fact: -fact.score)
    best = [fact for fact in ranked if fact.id]
    if not best or (len(best) > 1 and best[0].score == best[1].score):
        return PlatformFact(signals=ranked[0].signals if ranked else ())
    return best[0]


@cache
def _platforms() -> platforms.Platforms:
    known = platforms.load()
    IN_PAGES.add(word for one in known for signal in one.signals if signal.kind == "html" for word in signal.contains)
    return known


def _judged(known: Platform, page: _Page) -> PlatformFact:
    seen = [(signal, evidence) for signal in known.signals if (evidence := page.shows(signal))]
    score = sum(signal.weight for signal, _ in seen)
    signals = tuple(evidence for _, evidence in seen)
    # one signal may be a stray link, a copied snippet or a header that a plug-in sends
    enough = len(seen) >= 2 and score >= known.needs
    return PlatformFact(known.id if enough else "", round(score, 2), signals)


class _Page:
    def __init__(self, document: Document, headers: Headers, cookies: Iterable[str], url: str) -> None:
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        self.headers = [f"{name.lower()}: {value}"[:2_000] for name, value in pairs]
        lines = [value for name, value in pairs if name.lower() == "set-cookie"] + list(cookies)
        self.cookies = [line.partition("=")[0].strip() for line in lines]
        generators = cast(list[str], _generators(document.tree))[:5]
        # kind -> texts, each with its lower-case form
        texts: dict[str, list[str]] = {
            "header": self.headers,
            "cookie": self.cookies,
            "asset": ["\n".join(dict.fromkeys(_assets(document)))],
            "generator": [found[:300] for found in generators],
            "body": [" ".join(body_marks(document))],
            "url": [_target(url)],
        }
        self._texts: dict[str, list[tuple[str, Container[str]]]] = {
            kind: [(text, text.lower()) for text in found] for kind, found in texts.items()
        }
        html = document.html[:_HTML]
        self._texts["html"] = [(html, IN_PAGES.found(html))]

    def shows(self, signal: Signal) -> str:
        """The evidence of a signal, for people; empty where there is none."""
        for text, lower in self._texts[signal.kind]:
            piece = next((word for word in signal.contains if word in lower), "")
            if signal.contains and not piece:
                continue
            if signal.pattern:
                found = signal.pattern.search(text)
                if not found:
                    continue
                piece = text if signal.kind in ("cookie", "generator", "url") else found[0]
            return f"{signal.kind} {' '.join(piece.split())[:80]}"
        return ""


def body_marks(document: Document) -> tuple[str, ...]:
    """`#id` and `.class` of the body element, at most 80 of them."""
    body = document.tree.find("body")
    if body is None:
        return ()
    ids = [f"#{body.get('id')}"] if body.get("id") else []
    return (*ids, *(f".{name}" for name in (body.get("class") or "").split()[:80]))


def _assets(document: Document) -> Iterator[str]:
    for path in _ASSET_PATHS:
        for href in cast(list[str], path(document.tree))[:_ASSETS]:
            yield href[:500]


def _target(url: str) -> str:
    """Host, path and query as `host/path?query` for myshopify hosts, else path and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    host = (parts.netloc or "").lower()
    return f"{host}{path}" if host.endswith(".myshopify.com") else path
