"""What a page says to its readers, from the browser's own look at it or, of a page that was only fetched, from its document; read by checks of leaks."""

from __future__ import annotations

from typing import cast

import msgspec
from lxml import etree

from auditor.evidence.document import Document
from auditor.evidence.texts import Texts

_MOST = 200_000  # characters
# What a browser would not show as it stands: code, scripts' templates, and what scripts fill in before they show it
_said = etree.XPath(
    "/html/body//text()[normalize-space() and not(ancestor::script or ancestor::style or ancestor::template or ancestor::noscript or ancestor::textarea"
    " or ancestor::pre or ancestor::code or ancestor::kbd or ancestor::samp or ancestor::svg or ancestor::select"
    " or ancestor::*[@hidden or @v-cloak or @x-cloak or @ng-cloak or @x-data or @v-if or @v-for or @x-for or @ng-repeat or @data-bind or @data-template])]",
    smart_strings=False,
)


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
    pieces = (" ".join(piece.split()) for piece in cast(list[str], _said(document.tree)))
    return Wording(title=title[:2_000], text="\n".join(pieces)[:_MOST])
