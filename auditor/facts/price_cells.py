"""Facts of the price truth table: every price that one snapshot of a product's page states, by source, as cells of a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from auditor.facts.offers import Offer
from auditor.facts.price_compare import Comparison
from auditor.facts.prices import PriceFact
from auditor.facts.snapshot import Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import vendors

# The columns of the table, in its order
SHOWN, WAS, JSON_LD, MICRODATA, RDFA, SOCIAL, PLATFORM, ENDPOINT, DATA_LAYER, TAGS, CARD, FEED, EXPORT = (
    "shown", "was", "json-ld", "microdata", "rdfa", "social tags", "platform", "endpoint", "data layer", "tags", "list", "feed", "export",
)  # fmt: skip
COLUMNS = (SHOWN, WAS, JSON_LD, MICRODATA, RDFA, SOCIAL, PLATFORM, ENDPOINT, DATA_LAYER, TAGS, CARD, FEED, EXPORT)
_VIEWS = frozenset({"viewitem", "viewcontent", "viewproduct", "productview", "productviewed", "productdetail"})
_MOST = 60  # of one source


class Cell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price as one source of one snapshot states it. `high`: the upper end of a range. `own`: of the variant shown."""

    source: str
    amount: Decimal
    high: Decimal | None = None
    currency: str = ""
    text: str = ""  # as written
    where: str = ""
    client: str = ""
    at: str = ""  # UTC, ISO 8601: when the page was looked at
    age: int | None = None  # seconds that the answer had lain in a cache, where it says so
    variant: str = ""
    sku: str = ""
    own: bool = False
    tax: str = ""
    told: Comparison | None = None  # how it compares, where that was worked out before


def cells(one: Snapshot) -> Iterator[Cell]:
    """The cells of a snapshot, those of the shown price first. What is not there gives none."""
    seen: dict[str, Any] = {"client": str(one.key.client), "at": one.at, "age": _age(one)}
    if one.missing("shown_prices") is None:
        shown = one.shown_prices
        for source, fact in ((SHOWN, shown.main), (WAS, shown.was)):
            if fact is not None:
                yield _of_fact(source, fact, seen)
    if one.missing("document") is None:
        for offer in one.offers.offers[:_MOST]:
            yield from _of_offer(offer, offer.source, seen)
        for offer in one.offers.social[:_MOST]:
            yield from _of_offer(offer, SOCIAL, seen)
        for stated in one.platform_prices.items[:_MOST]:
            if stated.role == "now":
                yield Cell(
                    source=PLATFORM if stated.source == "platform" else DATA_LAYER,
                    amount=stated.amount,
                    currency=stated.currency,
                    text=stated.written,
                    where=stated.where,
                    variant=stated.variant,
                    sku=stated.sku,
                    own=stated.selected,
                    tax=stated.tax,
                    **seen,
                )
    if one.endpoint is not None and one.missing("endpoint") is None and not one.market.converted:
        for stated in one.endpoint_prices[:_MOST]:
            yield Cell(
                source=ENDPOINT,
                amount=stated.amount,
                currency=stated.currency or (one.market.currency if one.market.currency_from == "platform" else ""),
                text=stated.written,
                where=f"{one.endpoint.url} {stated.where}",
                variant=stated.variant,
                sku=stated.sku,
                own=stated.selected,
                **{**seen, "at": one.endpoint.at, "age": None},
            )
    if one.missing("hits") is None:
        yield from _told(one.hits, seen)


def of_card(fact: PriceFact, page: str, client: str, at: str, age: int | None) -> Cell:
    """The price on a card of a list, which stands on another page."""
    return msgspec.structs.replace(_of_fact(CARD, fact, {"client": client, "at": at, "age": age}), where=page)


def _of_fact(source: str, fact: PriceFact, seen: dict[str, Any]) -> Cell:
    return Cell(
        source=source,
        amount=fact.amount,
        high=fact.high,
        currency=fact.currency,
        text=" ".join(fact.text.split()),
        where=fact.selector,
        tax=fact.tax,
        **seen,
    )


def _of_offer(offer: Offer, source: str, seen: dict[str, Any]) -> Iterator[Cell]:
    price = offer.price if offer.price is not None else offer.reading
    amount = price if price is not None else offer.low
    if amount is None:
        return
    yield Cell(
        source=source,
        amount=amount,
        high=offer.high if price is None and offer.high != offer.low else None,
        currency=offer.currency,
        text=offer.written_price,
        where=f"{offer.path}, line {offer.line}".strip(", "),
        variant=offer.variant,
        sku=offer.sku,
        **seen,
    )


def _told(hits: Sequence[Hit], seen: dict[str, Any]) -> Iterator[Cell]:
    """What vendors were told of the one product that was looked at."""
    known = vendors.load()
    for hit in hits:
        if "".join(filter(str.isalpha, hit.event.lower())) not in _VIEWS or len(hit.items) > 1:
            continue
        written = hit.value or next((item.price for item in hit.items), "")
        amount = msgspec.structs.replace(hit, value=written).amount
        if amount is not None:
            name = vendor.name if (vendor := known.get(hit.vendor)) else hit.vendor
            yield Cell(
                source=TAGS,
                amount=amount,
                currency=hit.currency,
                text=f"{written} {hit.currency}".strip(),
                where=f"{name}, {hit.event}",
                **seen,
            )


def _age(one: Snapshot) -> int | None:
    written = (one.header("age") or "").strip()
    return int(written) if written.isdigit() and len(written) < 10 else None
