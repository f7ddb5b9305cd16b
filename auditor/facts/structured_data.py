"""Facts of structured data: JSON-LD blocks, microdata and RDFa as items of one form, references resolved across blocks."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from auditor.evidence.document import Document
from auditor.facts import jsonld
from auditor.facts.dom import once
from auditor.facts.items import Item, Value
from auditor.facts.jsonld import Block
from auditor.facts.microdata import microdata
from auditor.facts.rdfa import rdfa

VERSION = 2
_MOST_RESOLVED = 5_000  # items and values put in for references, all together
_REFERENCES_DEEP = 6


class StructuredData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`items` are the top-level ones in order, JSON-LD first, then microdata and RDFa, `@graph` laid flat; blocks with an error may have none."""

    blocks: tuple[Block, ...] = ()
    items: tuple[Item, ...] = ()
    loose: tuple[str, ...] = ()  # microdata properties outside any item
    dropped: tuple[str, ...] = ()  # what was not read, and why

    @property
    def faulty(self) -> tuple[Block, ...]:
        """Blocks that do not parse."""
        return tuple(block for block in self.blocks if block.error and not block.error.tolerated)

    def walk(self) -> Iterator[Item]:
        """Every item once, nested ones too."""
        for item in self.items:
            yield from item.walk()

    def of_type(self, family: str, *, nested: bool = True) -> list[Item]:
        """Items of a type or its subtypes (Product takes in ProductGroup, Car …)."""
        return [item for item in (self.walk() if nested else self.items) if item.is_a(family)]


@once
def structured_data(document: Document) -> StructuredData:
    """Everything a document's markup says; no input makes it raise."""
    blocks, items, cut = jsonld.blocks(document)
    items = _resolved(items)
    dropped = [f"block {block.index + 1}: {block.dropped}" for block in blocks if block.dropped]
    if cut:
        dropped.append(f"more than {jsonld.MOST_BLOCKS} blocks")
    data, loose, missed = microdata(document)
    if missed:
        dropped.append(f"microdata: {missed}")
    more, missed = rdfa(document)
    if missed:
        dropped.append(f"RDFa: {missed}")
    return StructuredData(
        blocks=tuple(blocks),
        items=tuple(items + data + more),
        loose=loose,
        dropped=tuple(dropped),
    )


def of_type(facts: StructuredData, family: str) -> list[Item]:
    return facts.of_type(family)


def _resolved(items: list[Item]) -> list[Item]:
    """References by `@id` replaced by what they point to, across blocks; cycles and long chains stay references."""
    definitions: dict[str, Item] = {}
    references = False
    for top in items:
        for item in top.walk():
            if item.id and item.properties:
                known = definitions.get(item.id)
                definitions[item.id] = item if known is None else _merged(known, item)
            references = references or _is_reference(item)
    if not references or not definitions:
        return items
    left = _MOST_RESOLVED

    def expand(item: Item, inside: tuple[str, ...], followed: int) -> Item:
        nonlocal left
        if followed:  # everything below a reference is a copy
            left -= 1 + sum(len(values) for values in item.properties.values())
        changed: dict[str, list[Value]] = {}
        within = (*inside, item.id) if item.id else inside
        for name, values in item.properties.items():
            new: list[Value] = []
            for value in values:
                if not isinstance(value, Item):
                    new.append(value)
                    continue
                target = definitions.get(value.id) if _is_reference(value) else None
                if target is not None and value.id not in within and followed < _REFERENCES_DEEP and left > 0:
                    new.append(msgspec.structs.replace(expand(target, within, followed + 1), referenced=True))
                elif target is None and value.properties:
                    new.append(expand(value, within, followed))
                else:
                    new.append(value)
            if any(one is not other for one, other in zip(new, values, strict=True)):
                changed[name] = new
        return msgspec.structs.replace(item, properties=item.properties | changed) if changed else item

    return [expand(item, (), 0) for item in items]


def _is_reference(item: Item) -> bool:
    return bool(item.id) and not item.properties


def _merged(first: Item, second: Item) -> Item:
    """Two descriptions of one thing: the first counts, the second adds what the first does not say."""
    missing = {name: values for name, values in second.properties.items() if name not in first.properties}
    types = tuple(dict.fromkeys(first.types + second.types))
    return (
        msgspec.structs.replace(first, types=types, properties=first.properties | missing)
        if missing or types != first.types
        else first
    )
