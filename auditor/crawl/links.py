"""The URLs a page leads to, as far as they are new to the crawl: anchors, areas, the relations in its head, its picture for sharing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import unquote, urlsplit

from lxml import etree

from auditor.facts.links import refresh_target
from auditor.model.urls import absolute, is_http, origin, without_fragment

_RELATIONS = frozenset({"next", "prev", "canonical", "alternate"})
_MOST = 20_000  # links taken from one page
_ENOUGH_WORDS = 60
_ICONS = 3  # asked for of a start page
_REMEMBERED = 100_000  # a menu resolved once more costs milliseconds; remembering more costs a hundred bytes each
_ANCHORS = etree.XPath("//a/@href | //area/@href", smart_strings=False)
_NOFOLLOW = etree.XPath("//a[contains(@rel, 'nofollow')]/@href", smart_strings=False)
_LINKS = etree.XPath("//link[@href and @rel]")
_SHARED = etree.XPath("//meta[@property='og:image' or @name='og:image']/@content", smart_strings=False)
_REFRESH = etree.XPath("//meta[translate(@http-equiv, 'REFSH', 'refsh')='refresh']/@content", smart_strings=False)
_HEADINGS = etree.XPath("//h1//text()", smart_strings=False)
_BASE = etree.XPath("//base/@href", smart_strings=False)
_PAGED = re.compile(
    r"(?:[?&][\w-]*(?:page|paged|pg|p|start|offset|seite)=|/(?:page|seite|pagina)[/-]?)\d+", re.IGNORECASE
)
PICTURE = "picture"  # relation of the picture for sharing
_PASSED_BY = ("#", "javascript:", "mailto:", "tel:", "data:", "blob:", "sms:", "whatsapp:", "about:")


class Links:
    """Remembers every href it has resolved, so that a menu of three hundred links costs nothing on the second page.

    What is remembered is bounded; a URL that comes up again is recognised by its key in the store.
    """

    def __init__(self) -> None:
        self._rooted: dict[str, set[str]] = {}  # origin -> hrefs that mean the same on all its pages
        self._relative: set[tuple[str, str]] = set()  # (folder, href)
        self._parsers: dict[str, etree.HTMLParser] = {}
        self.canonical = ""  # of the page read last, absolute; "" where it names none
        self.icons: list[str] = []  # that the page read last names
        self.words = 0  # of the page read last, as a number to compare; 0: few, or it names its canonical URL
        self.shows = 0  # what a page of a listing links to besides its other pages, as a number to compare; 0: none

    def new(self, body: bytes, url: str, charset: str = "") -> Iterator[tuple[str, str]]:
        """(absolute URL without fragment, relation) of every link not seen before, in document order.

        The relation is `relation` for a <link>, `nofollow` for such an anchor, `picture` for og:image, else empty.
        """
        self.canonical, self.shows, self.words, self.icons = "", 0, 0, []
        root = self._tree(body, charset)
        if root is None:
            return
        base = url
        if b"<base" in body or b"<BASE" in body or b"<Base" in body:
            base = next((found for href in _strings(_BASE, root) if (found := absolute(url, href))), url)
        rooted, folder = self._rooted.setdefault(origin(base), set()), _folder(base)
        if len(rooted) + len(self._relative) > _REMEMBERED:
            rooted.clear()
            self._relative.clear()
        nofollow: set[str] | None = None
        hrefs = list(dict.fromkeys(_strings(_ANCHORS, root)))[:_MOST]
        if _PAGED.search(url):
            # also of what leads back here: /login?destination=%2Flamps%3Fpage%3D9
            others = frozenset(href for href in hrefs if not _PAGED.search(unquote(href)))
            # A listing leads on; what only looks like a page of one (/?p=7 of a post) does not.
            self.shows = hash(others) if 0 < len(others) < len(hrefs) else 0
        for href in [href for href in hrefs if href not in rooted]:
            if self._unseen(href, rooted, folder) and (target := _target(base, href)):
                if nofollow is None:
                    nofollow = set(_strings(_NOFOLLOW, root))
                yield target, "nofollow" if href in nofollow else ""
        for content in _strings(_REFRESH, root)[:5]:
            href = refresh_target(content)
            if href and self._unseen(href, rooted, folder) and (target := _target(base, href)):
                yield target, ""
        for link in cast("list[etree._Element]", _LINKS(root))[:200]:
            rel = link.get("rel", "").lower().split()
            if "canonical" in rel and not self.canonical:
                self.canonical = _target(base, link.get("href", "")) or ""
            if "icon" in rel and len(self.icons) < _ICONS and (target := _target(base, link.get("href", ""))):
                self.icons.append(target)
            if not _RELATIONS.isdisjoint(rel) and "stylesheet" not in rel and _is_page(link, rel):
                href = link.get("href", "")
                if href not in rooted and self._unseen(href, rooted, folder) and (target := _target(base, href)):
                    yield target, "relation"
        if not self.canonical:
            self.words = _words(root)
        for href in _strings(_SHARED, root)[:1]:
            if href not in rooted and self._unseen(href, rooted, folder) and (target := _target(base, href)):
                yield target, PICTURE

    def _unseen(self, href: str, rooted: set[str], folder: str) -> bool:
        """Whether this href, not among the rooted, is new from here; what depends on the whole address always is."""
        if not href or href[0] in "?#" or href[0].isspace():
            return True
        if href[0] == "/" or href.startswith(("http://", "https://")):
            rooted.add(href)
            return True
        if (folder, href) in self._relative:
            return False
        self._relative.add((folder, href))
        return True

    def _tree(self, body: bytes, charset: str) -> etree._Element | None:
        if not charset and b"charset" not in body[:4096]:
            charset = "utf-8"
        parser = self._parsers.get(charset)
        if parser is None:
            try:
                parser = etree.HTMLParser(encoding=charset or None, remove_comments=True, remove_pis=True)
            except LookupError:
                parser = etree.HTMLParser(remove_comments=True, remove_pis=True)
            if len(self._parsers) < 50:
                self._parsers[charset] = parser
        try:
            return etree.fromstring(body, parser)
        except (etree.XMLSyntaxError, ValueError):
            return None


def _strings(path: etree.XPath, root: etree._Element) -> list[str]:
    return cast("list[str]", path(root))


def _words(root: etree._Element) -> int:
    """A page that scripts make says the same at every address before they run: what has no heading or little text is not compared."""
    if not any(text.strip() for text in _strings(_HEADINGS, root)):
        return 0
    words = etree.tostring(root, method="text", encoding="unicode").split()
    return hash(" ".join(words)) if len(words) >= _ENOUGH_WORDS else 0


def _target(base: str, href: str) -> str | None:
    href = href.strip()
    if href.lower().startswith(_PASSED_BY):
        return None
    resolved = absolute(base, href)
    return without_fragment(resolved) if resolved and is_http(resolved) else None


def _is_page(link: etree._Element, rel: list[str]) -> bool:
    """Alternates are pages by language; feeds, oEmbed and app links are not."""
    if "alternate" not in rel:
        return True
    return bool(link.get("hreflang")) or link.get("type", "").lower() == "text/html"


def _folder(base: str) -> str:
    """What a relative href resolves against: the URL up to the last slash of its path."""
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/"
