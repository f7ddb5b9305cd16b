"""Facts about links: every URL a document points to, how it is written and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import msgspec
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.dom import alternatives, fold, words
from auditor.model.urls import is_http

VERSION = 1
MAXIMUM = 20_000
_TEXT = 120
_HREF = 4_096

_LANDMARK = {"nav": "nav", "main": "main", "header": "header", "footer": "footer", "aside": "aside"}
_ROLE = {"navigation": "nav", "main": "main", "banner": "header", "contentinfo": "footer", "complementary": "aside"}
# Themes older than the landmark elements name their blocks by id.
_ID = {
    "header": "header",
    "footer": "footer",
    "nav": "nav",
    "navigation": "nav",
    "menu": "nav",
    "main": "main",
    "sidebar": "aside",
}
_REL_KIND = {
    "canonical": "canonical",
    "next": "next",
    "prev": "prev",
    "previous": "prev",
    "stylesheet": "stylesheet",
    "preload": "preload",
    "modulepreload": "preload",
    "prefetch": "prefetch",
    "preconnect": "preconnect",
    "dns-prefetch": "preconnect",
    "icon": "icon",
    "apple-touch-icon": "icon",
    "mask-icon": "icon",
    "manifest": "manifest",
    "amphtml": "amphtml",
    "pingback": "pingback",
    "edituri": "service",
    "search": "service",
}
_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_SOURCES = {
    "script": "script",
    "iframe": "iframe",
    "frame": "iframe",
    "embed": "media",
    "audio": "media",
    "track": "media",
}
_OG = {
    "og:url": "og",
    "og:image": "og_image",
    "og:image:url": "og_image",
    "og:image:secure_url": "og_image",
    "twitter:image": "og_image",
}
_TAGS = ("a", "area", "link", "img", "source", "input", "button", "form", "meta", "object", "video", *_SOURCES)
_SAYING = frozenset({"rel", "aria-label", "hreflang", "role", "download"})  # of an a or area, besides where it leads
_REFRESH = re.compile(r"""\s*[\d.]+[\s;,]+(?:url\s*=\s*)?["']?\s*([^"']*)""", re.IGNORECASE)
_SPACE = re.compile(r"\s")
# Paths that every browser leaves as they are: only these are put together without the URL parser, which costs more than the rest
_PLAIN = re.compile(r"/(?!/)[A-Za-z0-9_\-/=&+,;.?]*(?:#[A-Za-z0-9_\-/=&+,;.?!]*)?")


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reference. `href` as written (cut at 4,096 characters); `url` as a browser resolves it, "" where it gives up.

    `kind`: a, area, canonical, hreflang, alternate, feed, next, prev, img, srcset, script, stylesheet, iframe, form, refresh,
    og, og_image, icon, manifest, preload, prefetch, preconnect, amphtml, media, itemprop, pingback, service, link; "other"
    for an a or area which leads to no page (mailto, tel, javascript, data).
    """

    href: str
    url: str
    kind: str
    text: str = (
        ""  # what the link says: its text, else aria-label, alt of its image, title; white space folded, cut at 120
    )
    position: str = ""  # nav, main, header, footer, aside: the nearest landmark; "" outside all of them
    rel: tuple[str, ...] = ()
    hreflang: str = ""
    inside: str = ""  # "noscript" or "template": not there for a browser that runs scripts
    role: str = ""  # ARIA role as written
    labelled: bool = False  # has an aria-label of its own
    nofollow: bool = False
    download: bool = False
    method: str = ""  # of a form: get or post
    line: int = 0


class Links(msgspec.Struct, frozen=True, dict=True):
    items: tuple[Link, ...] = ()
    base: str = ""  # what relative URLs were resolved against
    cut: bool = False  # there were more than the cap

    @cached_property
    def clickable(self) -> tuple[Link, ...]:
        """Those of `user_links`; worked out once, since many checks walk them."""
        return tuple(
            link
            for link in self.items
            if link.kind in ("a", "area")
            and link.inside != "template"
            and link.url  # of these kinds only one with http(s)
            and _MASKED not in link.url
        )

    def of(self, *kinds: str) -> Iterator[Link]:
        return (link for link in self.items if link.kind in kinds)


def links(document: Document) -> Links:
    """All references of a document in document order, at most 20,000."""
    found: list[Link] = []
    walk = _Walk(document)
    for element in document.tree.iter(*_TAGS):
        if element.tag in ("a", "area"):
            if (link := walk.anchor(element)) is not None:
                found.append(link)
        else:
            found.extend(walk.of(element))
        if len(found) >= MAXIMUM:
            return Links(tuple(found[:MAXIMUM]), document.base, cut=True)
    return Links(tuple(found), document.base)


# Cloudflare puts these in place of mail addresses; a script turns them back, and asked for they answer 404
_MASKED = "/cdn-cgi/l/email-protection"


def user_links(facts: Links) -> tuple[Link, ...]:
    """Those which a person can click and which lead to a page: a and area with an http(s) URL."""
    return facts.clickable


_SHORT = 200  # characters
_MENU_LINKS = 8_192
_menus: dict[
    tuple[object, ...], Link
] = {}  # what an anchor without more than text says, to what it came to: a menu is on every page


class _Walk:
    """One pass over a document; remembers what each ancestor said about position and what each href resolved to."""

    def __init__(self, document: Document) -> None:
        self._absolute = document.absolute
        base = document.absolute("/") or ""
        self._origin = base[:-1] if is_http(base) else ""
        self._urls: dict[str, str] = {}
        self._places: dict[HtmlElement, tuple[str, str]] = {}

    def of(self, element: HtmlElement) -> Iterator[Link]:
        tag = element.tag
        if tag == "link":
            yield from self._link(element)
        elif tag == "meta":
            yield from self._meta(element)
        elif tag == "form":
            if (action := element.get("action")) is not None:
                method = "post" if (element.get("method") or "").strip().lower() == "post" else "get"
                yield self._make(element, action, "form", method=method)
        elif tag in ("button", "input"):
            if action := element.get("formaction"):
                yield self._make(element, action, "form", method=(element.get("formmethod") or "get").strip().lower())
            if tag == "input" and (element.get("type") or "").lower() == "image" and (src := element.get("src")):
                yield self._make(element, src, "img")
        else:
            yield from self._embedded(element, tag)

    def anchor(self, element: HtmlElement) -> Link | None:
        """What an a or area refers to."""
        names = element.keys()
        href = element.get("href")
        if href is None:
            # lxml keeps the attribute of an SVG link under its written name
            href = element.get("xlink:href")
        if href is None:
            return None
        if _SAYING.isdisjoint(names):  # most links of a menu
            position, inside = self._place(element)
            told, text = None, element.text
            if (
                href[:1] == "/"
                and self._origin
                and text
                and len(text) < _SHORT
                and not len(element)
                and not text.isspace()
            ):
                told = (self._origin, href, text, element.tag, position, inside, element.sourceline)
                if (known := _menus.get(told)) is not None:
                    return known
            url = self._resolve(href)
            link = Link(
                href=href[:_HREF],
                url=url,
                kind=str(element.tag) if not url or is_http(url) else "other",
                text=_text(element, None),
                position=position,
                inside=inside,
                line=element.sourceline or 0,
            )
            if told is not None:
                if len(_menus) >= _MENU_LINKS:
                    _menus.clear()
                _menus[told] = link
            return link
        rel = tuple(written.lower().split()) if (written := element.get("rel")) else ()
        label = element.get("aria-label")
        url = self._resolve(href)
        # A URL that no browser can read stays an "a": it is a broken link, not another scheme.
        kind = str(element.tag) if not url or is_http(url) else "other"
        position, inside = self._place(element)
        return Link(
            href=href[:_HREF],
            url=url,
            kind=kind,
            text=_text(element, label),
            position=position,
            rel=rel,
            hreflang=element.get("hreflang") or "",
            inside=inside,
            role=(element.get("role") or "").strip().lower(),
            labelled=bool(label and label.strip()),
            nofollow="nofollow" in rel,
            download=element.get("download") is not None,
            line=element.sourceline or 0,
        )

    def _link(self, element: HtmlElement) -> Iterator[Link]:
        href = element.get("href")
        if href is None:
            return
        rel = tuple((element.get("rel") or "").lower().split())
        hreflang = (element.get("hreflang") or "").strip()
        if "alternate" in rel:
            kind = "hreflang" if hreflang else "feed" if (element.get("type") or "").lower() in _FEEDS else "alternate"
            if "stylesheet" in rel:
                kind = "stylesheet"
        else:
            kind = next(
                (_REL_KIND[token] for token in rel if token in _REL_KIND),
                "itemprop" if element.get("itemprop") else "link",
            )
        yield self._make(element, href, kind, rel=rel, hreflang=hreflang)

    def _meta(self, element: HtmlElement) -> Iterator[Link]:
        content = element.get("content")
        if not content:
            return
        if (element.get("http-equiv") or "").strip().lower() == "refresh":
            if target := refresh_target(content):
                yield self._make(element, target, "refresh")
            return
        name = (element.get("property") or element.get("name") or "").strip().lower()
        if kind := _OG.get(name):
            yield self._make(element, content, kind)

    def _embedded(self, element: HtmlElement, tag: str) -> Iterator[Link]:
        if tag == "object":
            if data := element.get("data"):
                yield self._make(element, data, "media")
            return
        if (src := element.get("src")) is not None and src.strip():
            parent = element.getparent()
            media = (
                tag in ("video", "source")
                and parent is not None
                and (tag == "video" or parent.tag in ("video", "audio"))
            )
            kind = "media" if media else _SOURCES.get(tag, "img")
            yield self._make(element, src, kind, text=fold(element.get("alt") or "", _TEXT) if tag == "img" else "")
        if tag in ("img", "source") and (srcset := element.get("srcset")):
            for candidate in srcset_urls(srcset):
                yield self._make(element, candidate, "srcset")
        if tag == "video" and (poster := element.get("poster")):
            yield self._make(element, poster, "img")

    def _make(
        self,
        element: HtmlElement,
        href: str,
        kind: str,
        *,
        text: str = "",
        rel: tuple[str, ...] = (),
        hreflang: str = "",
        method: str = "",
    ) -> Link:
        position, inside = self._place(element)
        return Link(
            href=href[:_HREF],
            url=self._resolve(href),
            kind=kind,
            text=text,
            position=position,
            rel=rel,
            hreflang=hreflang,
            inside=inside,
            method=method,
            line=element.sourceline or 0,
        )

    def _resolve(self, href: str) -> str:
        known = self._urls.get(href)
        if known is None:
            if self._origin and _PLAIN.fullmatch(href) and "/." not in href:
                known = self._origin + href
            elif self._origin and href.startswith(self._origin) and _PLAIN.fullmatch(href, len(self._origin)):
                known = href if "/." not in href else self._absolute(href) or ""
            else:
                known = self._absolute(href) or ""
                if known.startswith("data:"):
                    known = known[:80]
            self._urls[href] = known
        return known

    def _place(self, element: HtmlElement) -> tuple[str, str]:
        """Landmark and "inside" of an element's parent; each ancestor is looked at once a document."""
        pending: list[HtmlElement] = []
        places, here = self._places, element.getparent()
        while here is not None and here not in places:
            pending.append(here)
            here = here.getparent()
        position, inside = places[here] if here is not None else ("", "")
        for ancestor in reversed(pending):
            tag = ancestor.tag
            if tag == "template" or tag == "noscript":
                inside = inside if inside == "template" else tag
            position = _landmark(ancestor, tag, position)
            places[ancestor] = position, inside
        return position, inside


def _landmark(element: HtmlElement, tag: str, around: str) -> str:
    if role := element.get("role"):
        return _ROLE.get(role.strip().lower(), around)
    if named := _LANDMARK.get(tag):
        # header and footer of an article or of the main part are no landmarks (HTML-AAM)
        if tag in ("header", "footer") and (around in ("main", "aside") or _in_article(element)):
            return around
        return named
    if not around and tag == "div" and (name := element.get("id")):
        return _ID.get(name.lower(), around)
    return around


def _in_article(element: HtmlElement) -> bool:
    return next(element.iterancestors("article"), None) is not None


def _text(element: HtmlElement, label: str | None) -> str:
    if folded := fold("".join(words(element)), _TEXT):
        return folded
    if label and (folded := fold(label, _TEXT)):
        return folded
    if len(element) and (folded := fold(" ".join(alternatives(element)), _TEXT)):
        return folded
    return fold(element.get("title") or element.get("alt") or "", _TEXT)


def refresh_target(content: str) -> str:
    """The URL of a meta refresh, "" where it only reloads the page."""
    match = _REFRESH.match(content[:_HREF])
    return match.group(1).strip() if match else ""


def srcset_urls(srcset: str) -> list[str]:
    """The URLs of a srcset, as the HTML standard splits it: commas inside a URL are part of it. At most 50."""
    urls: list[str] = []
    rest = srcset[:65_536]
    while len(urls) < 50:
        rest = rest.lstrip(" \t\n\r\f,")
        if not rest:
            break
        space = _SPACE.search(rest)
        url, rest = (rest[: space.start()], rest[space.start() :]) if space else (rest, "")
        if url.endswith(","):
            url = url.rstrip(",")
        else:
            _, _, rest = rest.partition(",")
        if url:
            urls.append(url)
    return urls
