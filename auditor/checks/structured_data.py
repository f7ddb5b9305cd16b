"""Checks of structured data: whether it parses, and whether a product says its price."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
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
        target = block.seems or " ".join(block.types) or "unnamed block"
        yield failed(target, Excerpt("JSON-LD", error.excerpt, where=where), error=error.message, where=where, what=target)


@check(needs={"structured_data", "offers"})
def product_offer_priced(snapshot: Snapshot) -> Iterator[Observation]:
    """An offer of the page's product has a price: `price`, `lowPrice`, or one in its price specification."""
    main = [offer for offer in snapshot.offers.items if offer.main and offer.source in ("json-ld", "microdata")]
    if not main:
        yield inapplicable("no product offer in the markup")
        return
    for offer in main:
        if not offer.written_price:
            yield failed(
                offer.source,
                Excerpt("offer", offer.name or "offer", where=f"{offer.path}, line {offer.line}"),
                name=offer.name or "the product",
                source="JSON-LD" if offer.source == "json-ld" else "microdata",
            )
