"""What checks of product data have in common: the items of the page's own product, its variants and its offers."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.facts.items import Item
from auditor.facts.snapshot import Snapshot

_MOST = 500


def own_items(snapshot: Snapshot) -> list[Item]:
    """The descriptions of the page's own product, as the markup has them."""
    own = {(product.source, product.block, product.path) for product in snapshot.offers.main}
    if not own:
        return []
    return [item for item in snapshot.structured_data.walk() if (item.source, item.block, item.path) in own]


def with_variants(item: Item) -> list[Item]:
    """A product and the variants of its group."""
    return [item, *(one for one in item.items("hasVariant") if one.properties)][:_MOST]


def offers_of(item: Item) -> Iterator[Item]:
    """The offers of a product, those within a range too."""
    for offer in item.items("offers")[:_MOST]:
        yield offer
        yield from offer.items("offers")[:_MOST]


def sellables(item: Item) -> Iterator[Item]:
    """Everything that may carry a number of its own: the product, its variants, and the offers of each."""
    for one in with_variants(item):
        yield one
        yield from offers_of(one)
