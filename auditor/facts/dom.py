"""How facts read an element's words: text without scripts, styles and templates, white space folded."""

from __future__ import annotations

from typing import cast

from lxml import etree
from lxml.html import HtmlElement

_words = etree.XPath(".//text()[not(parent::script or parent::style or parent::template)]", smart_strings=False)
_alternatives = etree.XPath(".//img/@alt", smart_strings=False)


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
