"""Facts of microdata: items in the common form, read in one pass.

Not with extruct, which a test holds this against: it gives no lines, gave up the whole page at one unreadable URL or at 100
nested items, and took 9 ms for a category page of 48 cards.
"""

from __future__ import annotations

from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.dom import fold, words
from auditor.facts.items import DEEPEST, MOST_ITEMS, MOST_VALUES, Item, Value, short

_LONGEST_TEXT = 5_000
_MOST_REFERENCES = 500
_marked = etree.XPath("//*[@itemscope or @itemprop]")
_properties = etree.XPath("descendant-or-self::*[@itemprop]")
_URL_ATTRIBUTE = {
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("a", "area", "link"), "href"),
    "object": "data",
}


def microdata(document: Document) -> tuple[list[Item], tuple[str, ...], str]:
    """Top-level items, names of properties that belong to no item, and what was not read."""
    # Most pages have none, and looking at all their elements takes half as long as parsing them; bytes are folded five times as fast
    written = document.html.encode("utf-8", "replace").lower()
    if b"itemscope" not in written and b"itemprop" not in written:
        return [], (), ""
    return _Walk(document).result()


class _Walk:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._owners: dict[HtmlElement, HtmlElement | None] = {}
        self._children: dict[HtmlElement, list[HtmlElement]] = {}
        self._taken: set[HtmlElement] = set()
        self._made = 0
        self._dropped = ""

    def result(self) -> tuple[list[Item], tuple[str, ...], str]:
        marked = cast(list[HtmlElement], _marked(self._document.tree))
        if len(marked) > MOST_VALUES:
            marked, self._dropped = marked[:MOST_VALUES], "more than 20,000 properties"
        tops: list[HtmlElement] = []
        loose: list[HtmlElement] = []
        referring: list[HtmlElement] = []
        for element in marked:
            owner = self._owner(element)
            if element.get("itemprop") is not None:
                if owner is not None:
                    self._children.setdefault(owner, []).append(element)
                else:
                    loose.append(element)
            if element.get("itemscope") is not None:
                if element.get("itemprop") is None or owner is None:
                    tops.append(element)
                if element.get("itemref"):
                    referring.append(element)
        if referring:
            self._follow_references(referring)
        items = [
            self._item(top, index, "", ())
            for index, top in enumerate(top for top in tops if top not in self._taken)
            if self._made < MOST_ITEMS
        ]
        names = dict.fromkeys(
            short(name)
            for element in loose
            if element not in self._taken and element.get("itemscope") is None
            for name in (element.get("itemprop") or "").split()
        )
        return items, tuple(names)[:50], self._dropped

    def _owner(self, element: HtmlElement) -> HtmlElement | None:
        """The nearest item around an element; every ancestor is looked at once a document."""
        pending: list[HtmlElement] = []
        here = element.getparent()
        while here is not None and here not in self._owners and here.get("itemscope") is None:
            pending.append(here)
            here = here.getparent()
        owner = here if here is None or here.get("itemscope") is not None else self._owners[here]
        for ancestor in pending:
            self._owners[ancestor] = owner
        return owner

    def _follow_references(self, referring: list[HtmlElement]) -> None:
        """Properties that an item takes in by itemref, in the order of its list."""
        by_id: dict[str, HtmlElement] = {}
        for element in self._document.tree.iter():
            if isinstance(element.tag, str) and (name := element.get("id")):
                by_id.setdefault(name, element)
        left, looked_at = _MOST_REFERENCES, 0
        for item in referring:
            for name in dict.fromkeys((item.get("itemref") or "").split()):
                target = by_id.get(name)
                if target is None:
                    continue
                if left <= 0 or looked_at > MOST_VALUES:
                    self._dropped = self._dropped or "more than 500 references by itemref"
                    return
                left -= 1
                around = self._owner(target)
                if around is item:
                    continue  # its own descendants are its properties already
                for element in cast(list[HtmlElement], _properties(target)):
                    looked_at += 1
                    if self._owner(element) is around or element is target:
                        self._children.setdefault(item, []).append(element)
                        self._taken.add(element)

    def _item(self, element: HtmlElement, block: int, path: str, around: tuple[HtmlElement, ...]) -> Item:
        self._made += 1
        properties: dict[str, list[Value]] = {}
        seen: dict[str, int] = {}
        for child in self._children.get(element, ()):
            names = [short(name)[:200] for name in (child.get("itemprop") or "").split()[:10]]
            if not names:
                continue
            value: Value
            if child.get("itemscope") is not None:
                if child is element or child in around or len(around) >= DEEPEST or self._made >= MOST_ITEMS:
                    self._dropped = self._dropped or "items nested in themselves, more than 32 deep or more than 5,000"
                    continue
                count = seen[names[0]] = seen.get(names[0], -1) + 1
                value = self._item(child, block, f"{path}.{names[0]}[{count}]".lstrip("."), (*around, element))
            else:
                value = self._value(child)
            for name in names:
                properties.setdefault(name, []).append(value)
        types = tuple(short(name)[:200] for name in (element.get("itemtype") or "").split()[:20])
        identity = (element.get("itemid") or "").strip()
        return Item(
            types=types,
            id=(self._document.absolute(identity) or identity)[:2_000] if identity else "",
            properties=properties,
            source="microdata",
            block=block,
            path=path,
            line=element.sourceline or 0,
        )

    def _value(self, element: HtmlElement) -> str:
        return self._written(element)[:_LONGEST_TEXT]

    def _written(self, element: HtmlElement) -> str:
        """The value by the HTML standard, and `content` on any element, as schema.org's examples and search engines have it."""
        tag = str(element.tag)
        if tag == "meta":
            return str(element.get("content") or "").strip()
        if attribute := _URL_ATTRIBUTE.get(tag):
            written = str(element.get(attribute) or "").strip()
            return (
                written[:80]
                if written.startswith("data:")
                else self._document.absolute(written) or written
                if written
                else ""
            )
        if tag in ("data", "meter") and (value := element.get("value")) is not None:
            return str(value).strip()
        if tag == "time" and (value := element.get("datetime")):
            return str(value).strip()
        return str(element.get("content") or "").strip() or fold(" ".join(words(element)), _LONGEST_TEXT)
