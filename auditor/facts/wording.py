"""What a page says to its readers, from the browser's own look at it or, of a page that was only fetched, from its document; read by checks of leaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.evidence.texts import Texts
from auditor.facts.dom import once

_MOST = 200_000  # characters
_BLANK = " \t\r\n"  # HTML's; a no-break space is said
# What a browser would not show as it stands: code, scripts' templates, and what scripts fill in before they show it
_SILENT = frozenset(
    ("script", "style", "template", "noscript", "textarea", "pre", "code", "kbd", "samp", "svg", "select")
)
_FILLED = frozenset(
    ("hidden", "v-cloak", "x-cloak", "ng-cloak", "x-data", "v-if", "v-for", "x-for", "ng-repeat", "data-bind", "data-template")
)  # fmt: skip
_SIGNS = ("{", "[", "%%", "<", "##", "*|")  # one of these is in whatever looks like code
_FRAME = frozenset(("header", "nav", "footer", "aside"))
_MOST_FRAMES = 200
_frames: dict[bytes, tuple[str, ...]] = {}


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """Title and text, one line a block (of a fetched page: one line a piece of text). `seen`: a browser showed it."""

    title: str = ""
    text: str = ""
    seen: bool = False

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.text}"


def shown(texts: Texts) -> Wording:
    return Wording(title=texts.title, text=texts.visible, seen=True)


def written(document: Document) -> Wording:
    title = " ".join((document.tree.findtext("head/title") or "").split())
    pieces = (" ".join(piece.split()) for piece in _said(document.tree))
    return Wording(title=title[:2_000], text="\n".join(pieces)[:_MOST])


_SPOKEN = frozenset(("alt", "title", "placeholder", "aria-label"))
_BUTTONS = frozenset(("submit", "button", "reset"))
_HEAD = frozenset(("description", "og:title", "og:description", "twitter:title", "twitter:description"))


@once
def labels(document: Document) -> tuple[str, ...]:
    """What is said in attributes and options: words for pictures, fields and buttons, and in the head those for search and social networks."""
    return tuple(
        " ".join(one.split())
        for element in document.tree.iter("img", "input", "textarea", "button", "a", "option", "meta", "area", "iframe")
        for one in _labels(element)
        if not any(sign in one for sign in _SIGNS) or not _unsaid(element)
    )


def _labels(element: HtmlElement) -> Iterator[str]:
    if element.tag == "meta":
        if (element.get("name") or element.get("property") or "").lower() in _HEAD:
            yield element.get("content") or ""
        return
    for name, value in element.items():
        if name in _SPOKEN:
            yield value
    if element.tag == "option":
        yield element.text or ""
    elif element.tag == "input" and (element.get("type") or "").lower() in _BUTTONS:
        yield element.get("value") or ""


def _unsaid(element: HtmlElement) -> bool:
    return any(_is_silent(above) and above.tag != "select" for above in (element, *element.iterancestors()))


def _said(root: HtmlElement) -> Iterator[str]:
    """The body's pieces of text."""
    body = root.find("body")
    return iter(()) if body is None or _is_silent(root) else _below(body)


def _below(top: HtmlElement) -> Iterator[str]:
    """The pieces of text of an element; a walk that leaves out whole branches is three times as fast as XPath's question to each text."""
    waiting: list[HtmlElement | str] = [top]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
            continue
        if not isinstance(here.tag, str) or _is_silent(here):
            continue
        if here.tag in _FRAME and here is not top:
            yield from _of_frame(here)
            continue
        for child in reversed(here):
            if (tail := child.tail) and tail.strip(_BLANK):
                waiting.append(tail)
            waiting.append(child)
        if (text := here.text) and text.strip(_BLANK):
            yield text


def _of_frame(part: HtmlElement) -> tuple[str, ...]:
    """The same of a part that most pages of a shop have in common, walked once for all that have it to the letter."""
    written = etree.tostring(part, encoding="utf-8", with_tail=False)
    digest = hashlib.blake2b(written, digest_size=16).digest()
    if (known := _frames.get(digest)) is None:
        if len(_frames) >= _MOST_FRAMES:
            _frames.clear()
        known = _frames[digest] = tuple(_below(part))
    return known


def _is_silent(element: HtmlElement) -> bool:
    if element.tag in _SILENT:
        return True
    names = element.keys()
    return bool(names) and not _FILLED.isdisjoint(names)
