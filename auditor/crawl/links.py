"""The URLs a page leads to, as far as they are new to the crawl: anchors, areas, the relations in its head, its picture for sharing."""

from __future__ import annotations

import hashlib
import html as entities
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
_CANONICAL = re.compile(rb"<link\b[^<>]{0,1000}\bcanonical\b[^<>]{0,1000}>", re.IGNORECASE)
_LEADS = re.compile(rb"(?:a|area)\s", re.IGNORECASE)
_HREFS = re.compile(rb"href=[^<]*")
_HREF = re.compile(rb"""href=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
_SPACED = re.compile(rb"href\s+=")
_REFRESHES = re.compile(rb"http-equiv\s{0,9}=\s{0,9}[\"']?\s{0,9}refresh")
_NO_ADDRESS = re.compile(r"[\s'\"{}\\<>+]")  # of a script: `'<a href="' + url + '">'`
_NONE: frozenset[bytes] = frozenset()
PICTURE = "picture"  # relation of the picture for sharing
_PASSED_BY = ("#", "javascript:", "mailto:", "tel:", "data:", "blob:", "sms:", "whatsapp:", "about:")


class Links:
    """Remembers every href it has resolved, so that a menu of three hundred links costs nothing on the second page.

    What is remembered is bounded; a URL that comes up again is recognised by its key in the store.
    """

    def __init__(self) -> None:
        self._rooted: dict[str, set[str]] = {}  # origin -> hrefs that mean the same on all its pages
        self._relative: set[tuple[str, str]] = set()  # (folder, href)
        self._read: dict[str, set[bytes]] = {}  # origin or folder -> what earlier pages had from `href=` up to a tag
        self._elements: set[int] = set()  # hashes of elements with an href that lead nowhere
        self._kept = 0  # of both, at most
        self._parsers: dict[str, etree.HTMLParser] = {}
        self.canonical = ""  # of the page read last, absolute; "" where it names none
        self.icons: list[str] = []  # that the page read last names
        self.words = 0  # of the page read last, as a number to compare; 0: few, or it names its canonical URL
        self.shows = 0  # what a page of a listing links to besides its other pages, as a number to compare; 0: none

    def new(
        self, body: bytes, url: str, charset: str = "", *, icons: bool = True, pictures: bool = True
    ) -> Iterator[tuple[str, str]]:
        """(absolute URL without fragment, relation) of every link not seen before, in document order.

        The relation is `relation` for a <link>, `nofollow` for such an anchor, `picture` for og:image, else empty.
        A page that names its canonical URL and whose links all came up before in the same words is not parsed, unless its
        `icons` are asked for, or it is a later page of a list, or its picture for sharing is asked for and it may have one.
        """
        self.canonical, self.shows, self.words, self.icons = "", 0, 0, []
        parse = icons or (pictures and b"og:image" in body) or _PAGED.search(url)
        unread = None if parse else self._unread(body, url)
        if unread is not None and not unread:
            return
        yield from self._parsed(body, url, charset)
        if unread:
            self._remember(unread, url)

    def _parsed(self, body: bytes, url: str, charset: str) -> Iterator[tuple[str, str]]:
        self.canonical = ""
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
            self.shows = _digest("\n".join(sorted(others))) if 0 < len(others) < len(hrefs) else 0
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

    def _unread(self, body: bytes, url: str) -> dict[bytes, bytes] | None:
        """Hrefs with what follows them up to a tag, as far as none was read on an earlier page, and their elements; None where only parsing tells.

        Finds the canonical URL on the way: where a page names none, its words count, and only a parser tells them.
        Pages of a shop have nearly all of them in common, and cutting takes a quarter of the time of parsing.
        """
        lower = body.lower()
        if lower.count(b"href") != body.count(b"href") or b"<base" in lower or b"\0" in body:
            return None
        if _REFRESHES.search(lower):
            return None
        if any(lower[found.start() - 1 : found.start()].isspace() for found in _SPACED.finditer(lower)):
            return None  # `<a href = "/a">`; scripts say `location.href = "/a"`
        canonical = _CANONICAL.findall(body)
        if len(canonical) != 1 or (found := _HREF.search(canonical[0])) is None:
            return None
        self.canonical = _target(url, _value(found[0])) or ""
        fresh = set(_HREFS.findall(body)) - self._read.get(origin(url), _NONE) - self._read.get(_folder(url), _NONE)
        return {
            href: element
            for href, element in (_elements(body, fresh) if fresh else {}).items()
            if hash(element) not in self._elements and not (self.canonical == url and _names_canonical(element))
        }

    def _remember(self, unread: dict[bytes, bytes], url: str) -> None:
        """Those that were taken up; what stood in a comment may be a link on another page."""
        here, folder = origin(url), _folder(url)
        rooted = self._rooted.get(here, _NONE)
        self._kept += len(unread)
        if self._kept > _REMEMBERED:
            self._read.clear()
            self._elements.clear()
            self._kept = len(unread)
        for one, element in unread.items():
            href = _value(one)
            if href in rooted or (href.startswith("#") or not href):
                self._read.setdefault(here, set()).add(one)
            elif (folder, href) in self._relative:
                self._read.setdefault(folder, set()).add(one)
            elif not _LEADS.match(element) or _NO_ADDRESS.search(href):
                self._elements.add(hash(element))

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


def _elements(body: bytes, hrefs: set[bytes]) -> dict[bytes, bytes]:
    """The element that has each of these hrefs, from its name on; the first, where there are several."""
    found: dict[bytes, bytes] = {}
    for match in _HREFS.finditer(body):
        if match[0] in hrefs and match[0] not in found:
            found[match[0]] = body[body.rfind(b"<", 0, match.start()) + 1 : match.end()]
    return found


def _names_canonical(element: bytes) -> bool:
    return element.startswith(b"link") and b"canonical" in element


def _value(href: bytes) -> str:
    found = _HREF.match(href)
    return entities.unescape((found[1] or found[2] or found[3] or b"").decode("utf-8", "replace")) if found else "?"


def _strings(path: etree.XPath, root: etree._Element) -> list[str]:
    return cast("list[str]", path(root))


def _words(root: etree._Element) -> int:
    """A page that scripts make says the same at every address before they run: what has no heading or little text is not compared."""
    if not any(text.strip() for text in _strings(_HEADINGS, root)):
        return 0
    words = etree.tostring(root, method="text", encoding="unicode").split()
    return _digest(" ".join(words)) if len(words) >= _ENOUGH_WORDS else 0


def _digest(text: str) -> int:
    """The same in every process, and as large as the store keeps."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), signed=True)


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
