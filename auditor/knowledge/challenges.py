"""Pages that stand in the shop's place: bot challenges, password and maintenance pages; asked of every answer before any rule runs."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from auditor import paths
from auditor.knowledge import platforms
from auditor.knowledge.platforms import Closed
from auditor.knowledge.sought import IN_PAGES
from auditor.knowledge.table import LowerCase, Regex, Row
from auditor.model.written import Source, Written

_LOOKED_AT = 65_536  # characters of a body
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


class Sign(Written):
    """One way to tell a challenge; everything that is given must hold."""

    status: tuple[int, ...] = ()
    header: Regex | None = None  # searched in "name: value"
    url: Regex | None = None  # searched in path and query
    title: Regex | None = None
    contains: LowerCase = ()  # one of these stands in the body; asked first, since it is fast
    html: tuple[Regex, ...] = ()  # all of them
    largest: int = 0  # only in bodies of fewer characters; 0: any


class Protection(Row):
    id: str
    name: str
    kind: Literal["challenge", "rate_limit"] = "challenge"
    signs: tuple[Sign, ...]


class _Table(Written):
    protections: tuple[Protection, ...]


class Challenge(msgspec.Struct, frozen=True):
    """Who stood in the way, and by what it was told. `rate_limited`: asked too often, rather than taken for a bot."""

    vendor: str  # id in rules/knowledge/bot_protections.yaml
    name: str
    evidence: str  # for people: "header cf-mitigated: challenge"
    rate_limited: bool = False


class Stand(msgspec.Struct, frozen=True):
    """A page of the shop's own that stands in the shop's place."""

    kind: str  # password | maintenance | prelaunch | login
    what: str  # "Shopify's password page"
    evidence: str


def recognise(status: int, headers: Headers, body: str, url: str = "") -> Challenge | None:
    """The challenge in this answer, None for a page of the shop. Header names in lower case; 64 kB of the body are read."""
    answer = _Answer(status, headers, body, url)
    for protection in protections():
        for sign in protection.signs:
            if evidence := answer.shows(sign):
                return Challenge(protection.id, protection.name, evidence, protection.kind == "rate_limit")
    return None


def password_page(status: int, headers: Headers, body: str, url: str = "", platform: str = "") -> Stand | None:
    """The password, maintenance or prelaunch page in this answer; of every platform while it is not known."""
    answer = _Answer(status, headers, body, url)
    for closed in _closed(platform):
        told_by_title = closed.title and not (closed.status or closed.header or closed.url or closed.html)
        if (told_by_title or closed.empty) and answer.sells:
            continue  # the collection "Coming soon", or how to care for a lamp
        if evidence := answer.shows(closed):
            return Stand(closed.kind, closed.what, evidence)
    return None


_MENU = 20  # links
_CART = re.compile(
    r"""(?:href|action)\s{0,3}=\s{0,3}["'][^"']{0,200}(?:/(?:cart|basket|bag|warenkorb|panier|carrito|winkelwagen|shoppingcart)\b|route=checkout|/cart\.php)"""
)


class _Answer:
    def __init__(self, status: int, headers: Headers, body: str, url: str) -> None:
        self.status = status
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        self.headers = [f"{name.lower()}: {value}"[:2_000] for name, value in pairs]
        self.size, self.body = len(body), body[:_LOOKED_AT]
        found = _TITLE.search(self.body)
        self.title = " ".join(entities.unescape(found[1]).split()) if found else ""
        try:
            parts = urlsplit(url)
            self.target = parts.path + (f"?{parts.query}" if parts.query else "")
        except ValueError:
            self.target = ""

    @cached_property
    def sells(self) -> bool:
        """Whether a way to the cart or a menu of many links stands in the page: what is closed has neither."""
        lower = self.body.lower()
        return lower.count("<a ") >= _MENU or bool(_CART.search(lower))

    @cached_property
    def words(self) -> frozenset[str]:
        """Those of the words that signs contain."""
        return IN_PAGES.found(self.body)

    def shows(self, sign: Sign | Closed) -> str:
        """By what the sign was told, empty where it was not."""
        # cheapest first: nearly every page is told apart by its status
        if sign.status and self.status not in sign.status:
            return ""
        if sign.largest and self.size >= sign.largest:
            return ""
        told: list[str] = [f"status {self.status}"] if sign.status else []
        if sign.header:
            line = next((line for line in self.headers if sign.header.search(line)), None)
            if line is None:
                return ""
            told.append(f"header {line[:120]}")
        if sign.url:
            if not sign.url.search(self.target):
                return ""
            told.append(f"address {self.target[:120]}")
        if sign.title:
            if not sign.title.search(self.title):
                return ""
            told.append(f"title “{self.title[:80]}”")
        if sign.contains:
            word = next((word for word in sign.contains if word in self.words), None)
            if word is None:
                return ""
            if not sign.html:
                told.append(f"“{word}” in the page")
        for pattern in sign.html:
            found = pattern.search(self.body)
            if not found:
                return ""
            told.append(f"“{' '.join(found[0].split())[:80]}” in the page")
        return ", ".join(told)


@cache
def protections() -> tuple[Protection, ...]:
    found = Source.read(paths.rules() / "knowledge" / "bot_protections.yaml").load(_Table).protections
    IN_PAGES.add(word for one in found for sign in one.signs for word in sign.contains)
    return found


@cache
def _closed(platform: str) -> tuple[Closed, ...]:
    found = tuple(_closed_rows(platforms.load(), platform))
    IN_PAGES.add(word for closed in found for word in closed.contains)
    return found


def _closed_rows(known: platforms.Platforms, platform: str) -> Iterator[Closed]:
    if platform and platform != platforms.GENERIC and known.get(platform):
        yield from (closed for one in known.both(platform) for closed in one.closed)
    else:
        yield from (closed for one in (*known, known.generic) for closed in one.closed)
