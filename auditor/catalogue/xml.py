"""Reads product feeds in XML (RSS 2.0, Atom) item by item; entities are never resolved, and nothing is fetched."""

from __future__ import annotations

from typing import Any, BinaryIO

from lxml import etree

from auditor.catalogue.row import LONGEST, Cut, Row, Rows
from auditor.knowledge.exports import plain
from auditor.model.expected import WrongRow

_ITEMS = ("item", "entry", "product", "offer", "{*}item", "{*}entry", "{*}product", "{*}offer")
_DATES = frozenset({"lastBuildDate", "updated", "pubDate"})
_MOST_CELLS = 500  # of an item
_SPACES = ("http://base.google.com/ns/1.0", "http://base.google.com/cns/1.0")


class Feed:
    """`made_at`: when the feed says that it was made, as written there; known once the rows have been read that far."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.made_at = ""

    def rows(self) -> Rows:
        options: dict[str, Any] = {
            "events": ("start", "end"), "resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False, "recover": False,
        }  # fmt: skip
        line, depth, inside = 0, 0, 0
        try:
            for event, element in etree.iterparse(self._stream, **options):
                if not isinstance(element.tag, str):
                    continue
                name = etree.QName(element).localname
                if event == "start":
                    depth += 1
                    line = element.sourceline or line
                    if not inside and name in ("item", "entry", "product", "offer"):
                        inside, begun = depth, line
                    if depth == 1 and element.getroottree().docinfo.internalDTD is not None:
                        raise Cut(line, "it declares a document type, which feeds need not and may harm")
                    continue
                if not inside and name in _DATES and not self.made_at:
                    self.made_at = (element.text or "").strip()[:60]
                if inside == depth:
                    inside = 0
                    yield self._row(element, begun)
                    _forget(element)
                elif not inside and depth > 1:
                    _forget(element)
                depth -= 1
        except etree.XMLSyntaxError as error:
            at = error.lineno or line
            raise Cut(at, f"not well-formed XML: {error.msg}"[:200]) from None

    def _row(self, item: Any, line: int) -> Row | WrongRow:
        cells: dict[str, str] = {}
        for number, child in enumerate(item):
            if number >= _MOST_CELLS:
                break
            if not isinstance(child.tag, str):
                continue
            qualified = etree.QName(child)
            name = plain(qualified.localname)
            if name == "shipping" and len(child):
                cells[name] = ",".join(filter(None, (cells.get(name, ""), _delivery(child))))
                continue
            text = (child.text or "").strip()
            if not text and name == "link":
                text = child.get("href") or ""
            if len(text) > LONGEST:
                return WrongRow(line=line, what="long", text=f"{name}: more than {LONGEST:,} characters", left_out=True)
            # g:link and link, g:title and title: Google's own win
            if text and (name not in cells or (qualified.namespace in _SPACES and f"\0{name}" not in cells)):
                cells[name] = text
                if qualified.namespace in _SPACES:
                    cells[f"\0{name}"] = ""
        return Row(line, {name: text for name, text in cells.items() if text})


def _delivery(element: Any) -> str:
    """A group of attributes as the text form of feeds has it: `DE:::4.90 EUR`."""
    parts = {plain(etree.QName(one).localname): (one.text or "").strip() for one in element if isinstance(one.tag, str)}
    if not parts.get("price"):
        return ""
    country, price = parts.get("country", ""), parts["price"].replace(",", ".")
    return f"{country[:2]}:::{price[:40]}"


def _forget(element: Any) -> None:
    """What was read goes, and what stood before it: memory stays flat."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
