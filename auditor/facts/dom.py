"""How facts read an element's words: text without scripts, styles and templates, white space folded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document

T = TypeVar("T")

_words = etree.XPath(".//text()[not(parent::script or parent::style or parent::template)]", smart_strings=False)
_CODED_LETTER = re.compile(r"&#(?:[xX]0*[4-7][0-9a-fA-F](?![0-9a-fA-F])|0*(?:6[5-9]|[7-9]\d|1[01]\d|12[0-2])(?!\d))")
_FAR = re.compile(r"[\u0370-\u1fff\u3040-\ud7ff]")  # letters of other scripts than Latin
_text = etree.XPath("string()", smart_strings=False)
_alternatives = etree.XPath(".//img/@alt", smart_strings=False)


def once(work: Callable[[Document], T]) -> Callable[[Document], T]:
    """The same function, which remembers what it made of a document as long as that lives: several facts rest on it."""
    known: WeakKeyDictionary[Document, T] = WeakKeyDictionary()

    @wraps(work)
    def remembered(document: Document) -> T:
        if document not in known:
            known[document] = work(document)
        return known[document]

    return remembered


@once
def _has_coded_letters(document: Document) -> bool:
    return _CODED_LETTER.search(document.html) is not None


def may_name(document: Document, *words: str) -> bool:
    """Whether one of these words of Latin letters may stand in an attribute, since it stands in the source, or letters are coded there.

    Far faster than XPath's question to each element, which it spares.
    """
    return any(word in document.html for word in words) or _has_coded_letters(document)


class Signs:
    """Words in small letters of which one stands in whatever a slow pattern finds: asked first, since that is far faster."""

    def __init__(self, words: Iterable[str]) -> None:
        every = frozenset(words)
        # where "sold" does not stand "sold out" does not either
        least = [word for word in sorted(every) if not any(other in word for other in every if other != word)]
        self._far = tuple(word for word in least if _FAR.search(word))
        self._near = tuple(word for word in least if not _FAR.search(word))

    def stand_in(self, lower: str) -> bool:
        """Whether one of them stands in a text in small letters."""
        if any(word in lower for word in self._near):
            return True
        return bool(self._far) and _FAR.search(lower) is not None and any(word in lower for word in self._far)


def text_of(element: HtmlElement) -> str:
    """All text in and below an element as it is written, scripts and styles among it."""
    return cast(str, _text(element))


def words(element: HtmlElement) -> list[str]:
    """The text nodes in and below an element; comments, scripts and styles left out."""
    if not len(element):
        return [element.text] if element.text else []
    return cast(list[str], _words(element))


def alternatives(element: HtmlElement) -> list[str]:
    """The alt texts of the images below an element."""
    return cast(list[str], _alternatives(element))


def fold(text: str, longest: int) -> str:
    """White space folded and cut; reads no more of a hostile text than that needs."""
    return " ".join(text[: longest * 20].split())[:longest].rstrip()
