"""Facts of the head and headings: titles, descriptions, robots, canonicals, hreflang, Open Graph, language, icons."""

from __future__ import annotations

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.dom import alternatives, fold, words
from auditor.facts.headers import Headers, header_links, robots_directives, robots_header, values
from auditor.facts.links import refresh_target
from auditor.model.urls import absolute

VERSION = 1
_TEXT = 2_000
_EACH = 500  # entries kept of each kind
_ROBOTS = frozenset(
    {
        "robots",
        "googlebot",
        "googlebot-news",
        "bingbot",
        "googlebot-image",
        "google",
        "slurp",
        "duckduckbot",
        "yandex",
        "yandexbot",
    }
)
# What may stand in a head; a browser's parser closes the head at anything else, and what follows is in the body.
_HEAD = frozenset(
    {
        "title",
        "meta",
        "link",
        "script",
        "style",
        "base",
        "noscript",
        "template",
        "basefont",
        "bgsound",
        "noframes",
        "head",
    }
)
_ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})
_TAGS = ("title", "meta", "link", "base", "h1", "h2", "h3", "h4", "h5", "h6")


class Text(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text of the head; white space folded, cut at 2,000 characters."""

    text: str
    in_body: bool = False
    line: int = 0


class Robots(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One robots statement. `agent` is "" for all robots; `directives` in lower case, `none` stands as written."""

    agent: str = ""
    directives: tuple[str, ...]
    source: str  # meta | header
    written: str
    in_body: bool = False
    line: int = 0


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A canonical, alternate, next, prev or icon. `source`: head, body (misplaced), header (Link header)."""

    href: str
    url: str  # as a browser resolves it, "" where it cannot be
    source: str
    hreflang: str = ""
    rel: str = ""
    type: str = ""
    media: str = ""
    sizes: str = ""
    line: int = 0


class Heading(msgspec.Struct, frozen=True, omit_defaults=True):
    level: int
    text: str  # its text, else the alt of its images
    line: int = 0


class Property(msgspec.Struct, frozen=True, omit_defaults=True):
    """An Open Graph, product, article or twitter tag; `name` in lower case."""

    name: str
    content: str
    in_body: bool = False
    line: int = 0


class Meta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a document and its headers say about themselves, everything as often as it is written."""

    titles: tuple[Text, ...] = ()  # those of SVG drawings left out
    descriptions: tuple[Text, ...] = ()
    robots: tuple[Robots, ...] = ()
    canonicals: tuple[Reference, ...] = ()
    hreflangs: tuple[Reference, ...] = ()
    alternates: tuple[Reference, ...] = ()  # feeds, AMP, other media
    nexts: tuple[Reference, ...] = ()
    prevs: tuple[Reference, ...] = ()
    icons: tuple[Reference, ...] = ()
    headings: tuple[Heading, ...] = ()
    properties: tuple[Property, ...] = ()
    lang: str = ""
    direction: str = ""
    viewports: tuple[str, ...] = ()
    charsets: tuple[str, ...] = ()  # meta charset and http-equiv content-type, as written
    header_charset: str = ""
    generators: tuple[str, ...] = ()
    base: str | None = None  # the first <base href> as written
    refreshes: tuple[str, ...] = ()  # content of meta refresh and of the Refresh header
    head_closed_by: str = ""  # the element in the head that makes a browser end the head there
    names: dict[str, str] = {}  # other meta tags by name, the first of each

    @property
    def title(self) -> str:
        """What a browser shows in the tab: the first title, "" without one."""
        return self.titles[0].text if self.titles else ""

    @property
    def description(self) -> str:
        return self.descriptions[0].text if self.descriptions else ""

    @property
    def h1s(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self.headings if heading.level == 1)

    @property
    def canonical(self) -> str:
        """The resolved canonical where all that count agree, else "". One in the body doesn't count."""
        urls = {reference.url for reference in self.canonicals if reference.source != "body"}
        return urls.pop() if len(urls) == 1 else ""

    def directives(self, agent: str = "googlebot") -> frozenset[str]:
        """All directives that bind a robot: its own and everybody's, since engines add them up; `none` is spelt out.

        A robots tag in the body counts: Google obeys it there too (developers.google.com, robots meta tag).
        """
        found = {word for robots in self.robots if robots.agent in ("", agent) for word in robots.directives}
        return frozenset(found | ({"noindex", "nofollow"} if "none" in found else set()))

    @property
    def noindex(self) -> bool:
        return "noindex" in self.directives()

    @property
    def nofollow(self) -> bool:
        return "nofollow" in self.directives()

    def property(self, name: str) -> str:
        """The first content of an Open Graph or twitter tag, "" without one."""
        return next((item.content for item in self.properties if item.name == name), "")


def meta(document: Document, headers: Headers = ()) -> Meta:
    """Everything in one pass over the document's own elements of the head and its headings."""
    reader = _Reader(document)
    for element in document.tree.iter(*_TAGS):
        reader.read(element)
    reader.headers(headers)
    return reader.result()


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        # A rendered document is a DOM written down: what stands in its head is there, however it came to be.
        self._after, self._closed_by = (None, "") if document.rendered else _end_of_head(document.tree)
        self._lists: dict[str, list[msgspec.Struct]] = {}
        self._strings: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}
        self._base: str | None = None
        self._templates = next(document.tree.iter("template"), None) is not None
        self._charset = ""

    def read(self, element: HtmlElement) -> None:
        tag = element.tag
        if tag == "meta":
            self._meta(element)
        elif tag == "link":
            self._link(element)
        elif tag == "title":
            if next(element.iterancestors("svg", "template", "symbol"), None) is None:
                self._add(
                    "titles", Text(_fold(element.text_content()), self._in_body(element), element.sourceline or 0)
                )
        elif tag == "base":
            if self._base is None and element.get("href") is not None:
                self._base = element.get("href")
        elif not self._templates or next(element.iterancestors("template"), None) is None:
            text = _fold("".join(words(element))) or _fold(" ".join(alternatives(element)))
            self._add("headings", Heading(int(tag[1]), text, element.sourceline or 0))

    def headers(self, headers: Headers) -> None:
        for value in values(headers, "x-robots-tag"):
            for agent, directives in robots_header(value):
                self._add("robots", Robots(agent=agent, directives=directives, source="header", written=value[:_TEXT]))
        for link in header_links(headers):
            self._reference(link.href, link.rel, "header", link.parameters)
        for value in values(headers, "refresh"):
            if refresh_target(value):
                self._text("refreshes", value)
        for value in values(headers, "content-type"):
            _, _, charset = value.lower().partition("charset=")
            self._charset = charset.split(";")[0].strip(" \"'")

    def result(self) -> Meta:
        lists = {name: tuple(items) for name, items in (self._lists | self._strings).items()}
        html = self._document.tree
        return Meta(
            **lists,  # type: ignore[arg-type]
            lang=(html.get("lang") or html.get("xml:lang") or "").strip(),
            direction=(html.get("dir") or "").strip().lower(),
            base=self._base,
            header_charset=self._charset,
            head_closed_by=self._closed_by,
            names=self._names,
        )

    def _meta(self, element: HtmlElement) -> None:
        content, line = element.get("content"), element.sourceline or 0
        if (charset := element.get("charset")) is not None:
            self._text("charsets", charset)
        if equivalent := (element.get("http-equiv") or "").strip().lower():
            if equivalent == "refresh" and content and refresh_target(content):
                self._text("refreshes", content)
            elif equivalent == "content-type" and content and "charset=" in content.lower():
                self._text("charsets", content.lower().partition("charset=")[2])
        name = (element.get("name") or "").strip().lower()
        if content is None or next(element.iterancestors("template"), None) is not None:
            return
        if name == "description":
            self._add("descriptions", Text(_fold(content), self._in_body(element), line))
        elif name in _ROBOTS:
            agent = "" if name == "robots" else name
            robots = Robots(
                agent=agent,
                directives=robots_directives(content),
                source="meta",
                written=content[:_TEXT],
                in_body=self._in_body(element),
                line=line,
            )
            self._add("robots", robots)
        elif name == "viewport":
            self._text("viewports", content)
        elif name == "generator":
            self._text("generators", content)
        elif name and ":" not in name and len(self._names) < _EACH:
            self._names.setdefault(name[:200], _fold(content))
        for key in {(element.get("property") or "").strip().lower(), name if ":" in name else ""} - {""}:
            if ":" in key:
                self._add("properties", Property(key[:200], _fold(content), self._in_body(element), line))

    def _link(self, element: HtmlElement) -> None:
        href = element.get("href")
        if href is None or next(element.iterancestors("template"), None) is not None:
            return
        rel = tuple((element.get("rel") or "").lower().split())
        self._reference(href, rel, "body" if self._in_body(element) else "head", element, element.sourceline or 0)

    def _reference(
        self, href: str, rel: tuple[str, ...], source: str, attributes: dict[str, str] | HtmlElement, line: int = 0
    ) -> None:
        hreflang = (attributes.get("hreflang") or "").strip()
        kinds = []
        if "canonical" in rel:
            kinds.append("canonicals")
        if "alternate" in rel and "stylesheet" not in rel:
            kinds.append("hreflangs" if hreflang else "alternates")
        if "amphtml" in rel:
            kinds.append("alternates")
        if "next" in rel:
            kinds.append("nexts")
        if "prev" in rel or "previous" in rel:
            kinds.append("prevs")
        if not _ICONS.isdisjoint(rel):
            kinds.append("icons")
        if not kinds:
            return
        # RFC 8288: a Link header resolves against the URL of the response, not against <base>
        url = (absolute(self._document.url, href) if source == "header" else self._document.absolute(href)) or ""
        reference = Reference(
            href=href[:_TEXT],
            url=url[: _TEXT * 2],
            source=source,
            hreflang=hreflang[:100],
            rel=" ".join(rel)[:200],
            type=(attributes.get("type") or "")[:100],
            media=(attributes.get("media") or "")[:200],
            sizes=(attributes.get("sizes") or "")[:100],
            line=line,
        )
        for kind in kinds:
            self._add(kind, reference)

    def _in_body(self, element: HtmlElement) -> bool:
        """Whether a browser has the element in the body: lxml's parser leaves unknown elements in the head, browsers don't."""
        here = element
        while (parent := here.getparent()) is not None and parent.tag != "head":
            here = parent
        if parent is None:
            return True
        return self._after is not None and here in self._after

    def _add(self, kind: str, item: msgspec.Struct) -> None:
        items = self._lists.setdefault(kind, [])
        if len(items) < _EACH:
            items.append(item)

    def _text(self, kind: str, text: str) -> None:
        items = self._strings.setdefault(kind, [])
        if len(items) < _EACH:
            items.append(_fold(text))


def _end_of_head(tree: HtmlElement) -> tuple[frozenset[HtmlElement] | None, str]:
    """Children of the head from the first one on that ends it, and that one's tag."""
    head = tree.find("head")
    if head is None:
        return None, ""
    for child in head.iterchildren(tag=etree.Element):
        if child.tag not in _HEAD:
            return frozenset([child, *child.itersiblings()]), str(child.tag)[:100]
    return None, ""


def _fold(text: str) -> str:
    return fold(text, _TEXT)
