"""Checks of structured data: whether it parses, and whether a product says its price."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.offers import Offer
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable


@check(needs={"structured_data"})
def json_ld_parses(snapshot: Snapshot) -> Iterator[Observation]:
    """Every JSON-LD block is JSON. The target is what the block seems to describe, since blocks move about."""
    blocks = snapshot.structured_data.blocks
    if not blocks:
        yield inapplicable("no JSON-LD")
        return
    for block in blocks:
        if block.error is None:
            continue
        error = block.error
        where = f"block {block.index + 1}, line {error.line}, column {error.column}"
        target = " ".join(block.types) or block.seems or "unnamed block"
        yield failed(
            target, Excerpt("JSON-LD", error.excerpt, where=where), error=error.message, where=where, what=target
        )


@check(needs={"structured_data", "offers"})
def product_offer_priced(snapshot: Snapshot) -> Iterator[Observation]:
    """An offer of the page's product has a price: `price`, `lowPrice`, or one in its price specification."""
    offers = [offer for offer in snapshot.offers.offers if not offer.within]
    if not offers:
        yield inapplicable("no offer of the page's product in the markup")
        return
    for offer in offers:
        if not _states_a_price(offer):
            yield failed(
                offer.source,
                Excerpt("offer", offer.path or "offer", where=f"line {offer.line}"),
                name=offer.name
                or next((product.name for product in snapshot.offers.main if product.name), "the product"),
                source="JSON-LD" if offer.source == "json-ld" else "microdata",
            )


def _states_a_price(offer: Offer) -> bool:
    """Malformed prices are stated, though wrongly; whether they are well formed is another rule's."""
    if offer.written or offer.low_written or offer.high_written or offer.price is not None:
        return True
    return any(one.written or one.price is not None for one in offer.specifications)
