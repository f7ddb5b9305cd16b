"""Which products of the markup are variants of a group that stands beside them; a step of facts about offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from auditor.facts.items import Item


def variants_beside(products: Sequence[Item]) -> dict[int, list[Item]]:
    """id() of a group -> the products that say that they are its variants (isVariantOf, inProductGroupWithID).

    Source: https://developers.google.com/search/docs/appearance/structured-data/product-variants
    """
    by_id: dict[str, Item] = {}
    by_number: dict[str, Item] = {}
    for item in products:
        if "ProductGroup" in item.types:
            if item.id:
                by_id.setdefault(item.id, item)
            if number := item.text("productGroupID"):
                by_number.setdefault(number, item)
    found: dict[int, list[Item]] = defaultdict(list)
    for item in products if by_id or by_number else ():
        named = [by_id[group.id] for group in item.items("isVariantOf") if group.id in by_id]
        group = named[0] if named else by_number.get(item.text("inProductGroupWithID"))
        if group is not None and group is not item:
            found[id(group)].append(item)
    return found
