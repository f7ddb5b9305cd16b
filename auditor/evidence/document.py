"""Evidence of a document: the HTML as fetched, or as it stood in a browser when the page was quiet."""

from __future__ import annotations

from functools import cached_property

import lxml.html
from lxml import etree
from w3lib.encoding import html_to_unicode

from auditor.model.urls import absolute

_PARSER = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
# One class for all elements: lxml.html's own parser calls a function of Python each time an element comes up, to choose it by the tag.
_PARSER.set_element_class_lookup(
    etree.ElementDefaultClassLookup(element=lxml.html.HtmlElement, comment=lxml.html.HtmlComment)
)
_EMPTY = "<html><head></head><body></body></html>"


class Document:
    """HTML with its tree, parsed once when first asked for."""

    def __init__(self, html: str, url: str, *, rendered: bool) -> None:
        self.html = html
        self.url = url  # where it was at the end, after redirects
        self.rendered = rendered

    @classmethod
    def from_bytes(cls, body: bytes, url: str, content_type: str = "") -> Document:
        """The body decoded as a browser would: BOM, then the header's charset, then the meta tag, then a guess."""
        _, html = html_to_unicode(content_type or None, body, auto_detect_fun=_utf8_or_latin, default_encoding="utf-8")
        return cls(html, url, rendered=False)

    @cached_property
    def tree(self) -> lxml.html.HtmlElement:
        """The root element; an empty page gives an empty tree, never None."""
        text = self.html.replace("\x00", "")
        try:
            root = lxml.html.document_fromstring(text.encode("utf-8", "replace"), parser=_PARSER, ensure_head_body=True)
        except (etree.ParserError, etree.XMLSyntaxError):
            root = lxml.html.document_fromstring(_EMPTY)
        return root

    @cached_property
    def base(self) -> str:
        """What relative URLs resolve against: `<base href>` where there is one."""
        for element in self.tree.iter("base"):
            if href := element.get("href"):
                return absolute(self.url, href) or self.url
        return self.url

    def absolute(self, href: str) -> str | None:
        return absolute(self.base, href)


def _utf8_or_latin(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
