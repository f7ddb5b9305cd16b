"""Facts of RDFa Lite: items in the common form, read in one pass over the elements that carry typeof or property.

Not with extruct: its reader builds a graph with rdflib, takes 52 ms a page and leaks.
"""

from __future__ import annotations

from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.dom import fold, words
from auditor.facts.items import DEEPEST, MOST_ITEMS, MOST_VALUES, SCHEMA, Item, Value, short

_LONGEST_TEXT = 5_000
_has_rdfa = etree.XPath("boolean(//*[@typeof and not(ancestor-or-self::svg)])")
_marked = etree.XPath("//*[@typeof or @property]")
_URL_ATTRIBUTES = ("resource", "href", "src")


def rdfa(document: Document) -> tuple[list[Item], str]:
    """Top-level items, and what was not read."""
    if "typeof" not in document.html or not _has_rdfa(document.tree):
        return [], ""
    return _Walk(document).result()


class _Walk:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._owners: dict[HtmlElement, HtmlElement | None] = {}
        self._vocabularies: dict[HtmlElement, str] = {}
        self._children: dict[HtmlElement, list[HtmlElement]] = {}
        self._made = 0
        self._dropped = ""

    def result(self) -> tuple[list[Item], str]:
        marked = cast(list[HtmlElement], _marked(self._document.tree))
        if len(marked) > MOST_VALUES:
            marked, self._dropped = marked[:MOST_VALUES], "more than 20,000 properties"
        tops: list[HtmlElement] = []
        for element in marked:
            owner = self._owner(element)
            if owner is not None and element.get("property"):
                self._children.setdefault(owner, []).append(element)
            elif element.get("typeof") is not None:
                tops.append(element)
        items = [self._item(top, index, "", 0) for index, top in enumerate(tops) if self._made < MOST_ITEMS]
        return [item for item in items if item.types or item.properties], self._dropped

    def _owner(self, element: HtmlElement) -> HtmlElement | None:
        """The nearest thing around an element; every ancestor is looked at once a document."""
        pending: list[HtmlElement] = []
        here = element.getparent()
        while here is not None and here not in self._owners and here.get("typeof") is None:
            pending.append(here)
            here = here.getparent()
        owner = here if here is None or here.get("typeof") is not None else self._owners[here]
        for ancestor in pending:
            self._owners[ancestor] = owner
        return owner

    def _vocabulary(self, element: HtmlElement) -> str:
        pending: list[HtmlElement] = []
        here: HtmlElement | None = element
        while here is not None and here not in self._vocabularies and here.get("vocab") is None:
            pending.append(here)
            here = here.getparent()
        found = "" if here is None else (here.get("vocab") or "").strip() or self._vocabularies.get(here, "")
        for ancestor in pending:
            self._vocabularies[ancestor] = found
        return found

    def _name(self, written: str, element: HtmlElement) -> str:
        if ":" not in written:
            vocabulary = self._vocabulary(element)
            # Without a vocabulary a bare word means nothing; it is kept as it stands, as people meant it
            return short(
                f"{vocabulary.rstrip('/#')}/{written}" if vocabulary and not _is_schema(vocabulary) else written
            )
        return short(written)[:200]

    def _item(self, element: HtmlElement, block: int, path: str, depth: int) -> Item:
        self._made += 1
        properties: dict[str, list[Value]] = {}
        seen: dict[str, int] = {}
        for child in self._children.get(element, ()):
            names = [self._name(name, child)[:200] for name in (child.get("property") or "").split()[:10]]
            if not names:
                continue
            value: Value
            if child.get("typeof") is not None:
                if depth >= DEEPEST or self._made >= MOST_ITEMS:
                    self._dropped = self._dropped or "items nested more than 32 deep or more than 5,000"
                    continue
                count = seen[names[0]] = seen.get(names[0], -1) + 1
                value = self._item(child, block, f"{path}.{names[0]}[{count}]".lstrip("."), depth + 1)
            else:
                value = self._value(child)[:_LONGEST_TEXT]
            for name in names:
                properties.setdefault(name, []).append(value)
        identity = (element.get("resource") or element.get("about") or "").strip()
        return Item(
            types=tuple(self._name(name, element)[:200] for name in (element.get("typeof") or "").split()[:20]),
            id=(self._document.absolute(identity) or identity)[:2_000] if identity else "",
            properties=properties,
            source="rdfa",
            block=block,
            path=path,
            line=element.sourceline or 0,
        )

    def _value(self, element: HtmlElement) -> str:
        if (content := element.get("content")) is not None:
            return str(content).strip()
        for attribute in _URL_ATTRIBUTES:
            if written := (element.get(attribute) or "").strip():
                return written[:80] if written.startswith("data:") else self._document.absolute(written) or written
        if element.tag == "time" and (moment := element.get("datetime")):
            return str(moment).strip()
        return fold(" ".join(words(element)), _LONGEST_TEXT)


def _is_schema(vocabulary: str) -> bool:
    return vocabulary.rstrip("/#") + "/" in SCHEMA
