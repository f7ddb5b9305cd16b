"""The products of a run, one at a time from what the store holds: price shown, price of the markup, price the tags send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import nsmallest
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from auditor.checks.price_words import money
from auditor.facts.currency import CODES
from auditor.facts.offers import Offers, Product
from auditor.facts.snapshot import Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import vendors
from auditor.model.run import Run
from auditor.model.words import PageType
from auditor.report.document import ProductPart
from auditor.report.seen import LOOKED
from auditor.report.site import site_of
from auditor.store.reading import Reading, fetched, rendered
from auditor.store.schema import findings, pages
from auditor.store.snapshots import StoredPage

MAX_PRODUCTS = 2_000  # in the document and the HTML; products.csv has all
_LINKED = 20_000  # findings about prices that are joined to their products
_VIEWS = frozenset({"viewitem", "viewcontent", "viewproduct", "productview", "productviewed", "productdetail"})
_TEXT = 200
_LISTED = "prices/listing"
_SALES = ("feeds/sale",)


def products(
    connection: Connection, run: Run, problems: Mapping[str, Sequence[str]] | None = None
) -> Iterator[ProductPart]:
    """Product pages in the order fetched, an address once. `problems`: page key -> problems about prices there."""
    reading = Reading(connection, run.id, site_of(run))
    linked = problems or {}
    own = (pages.c.run_id == run.id, pages.c.page_type == PageType.PRODUCT, pages.c.document.is_not(None))
    query = select(func.min(pages.c.id)).where(*own, pages.c.final_url == pages.c.url).group_by(pages.c.page_key)
    for stored in reading.pages(sorted(connection.execute(query).scalars())):
        yield _product(reading, stored, tuple(linked.get(stored.page_key, ())))


def listed(rows: Iterable[ProductPart]) -> tuple[tuple[ProductPart, ...], int]:
    """The rows worth showing, those with problems first, then those whose prices are known; and how many are left out."""
    count = 0

    def counting() -> Iterator[tuple[int, ProductPart]]:
        nonlocal count
        for row in rows:
            count += 1
            yield count, row

    best = nsmallest(
        MAX_PRODUCTS, counting(), key=lambda one: (not one[1].problems, not one[1].shown, not one[1].markup, one[0])
    )
    return tuple(row for _, row in best), max(0, count - MAX_PRODUCTS)


def price_problems(connection: Connection, evaluation: int, rules: Iterable[str]) -> dict[str, list[str]]:
    """Page key -> problems that the rules about prices and currencies found there, or in a list that the product stands in."""
    named = [rule for rule in rules if "price" in rule or "currenc" in rule or rule in _SALES]
    query = select(findings.c.page_key, findings.c.problem, findings.c.rule, findings.c.target).where(
        findings.c.evaluation_id == evaluation, findings.c.rule.in_(named)
    )
    found: dict[str, list[str]] = {}
    for key, problem, rule, target in connection.execute(
        query.order_by(findings.c.page_key, findings.c.problem).limit(_LINKED)
    ):
        place = target if rule == _LISTED else key  # told of the list, its target is the product's page
        if problem not in found.setdefault(place, []):
            found[place].append(problem)
    return found


def _product(reading: Reading, stored: StoredPage, problems: tuple[str, ...]) -> ProductPart:
    raw = fetched(reading, stored)
    seen = [
        rendered(reading, one) for one in reading.looks_at(stored.page_key)[0] if one.outcome in LOOKED and one.document
    ]
    offers = next((found for one in (*seen[:1], raw) if (found := _safely(one, "offers")) and found.main), None)
    product = offers.main[0] if offers else None
    locale = reading.site.locale or raw.market.language
    return ProductPart(
        url=stored.url,
        name=(product.name if product else "")[:_TEXT],
        sku=(product.sku or next((offer.sku for offer in product.offers if offer.sku), "") if product else "")[:_TEXT],
        shown=next((text for one in seen if (text := _shown(one))), "")[:_TEXT],
        markup=_markup(offers, locale)[:_TEXT] if offers else "",
        tag=next((text for one in seen if (text := _tag(one, locale))), "")[:_TEXT],
        availability=_availability(product)[:_TEXT] if product else "",
        opened=bool(seen),
        problems=problems,
    )


def _safely(one: Snapshot, name: str) -> Any:
    """A fact of a snapshot, None where the evidence for it is not there."""
    return getattr(one, name) if one.missing(name) is None else None


def _shown(one: Snapshot) -> str:
    prices = _safely(one, "shown_prices")
    return " ".join(prices.main.text.split()) if prices and prices.main else ""


def _markup(offers: Offers, locale: str) -> str:
    """`79,00 €` as the market writes it, of several `41,18 € to 49,00 €`; as written where it is no number."""
    amounts: dict[str, list[Decimal]] = {}
    written: list[str] = []
    for offer in offers.offers:
        found = [amount for amount in (offer.price, offer.low, offer.high) if amount is not None]
        amounts.setdefault(offer.currency, []).extend(found)
        if not found and offer.written_price:
            written.append(f"“{offer.written_price}”")
    texts = []
    for currency, values in amounts.items():
        if values:
            ends = dict.fromkeys((min(values), max(values)))
            texts.append(" to ".join(money(one, currency, locale, exact=True) for one in ends))
    return ", ".join(dict.fromkeys((*texts, *written)))


def _tag(one: Snapshot, locale: str) -> str:
    """`79,00 € (Google Analytics 4)` of each vendor that was told of one product."""
    known = vendors.load()
    texts: dict[str, list[str]] = {}
    for hit in _safely(one, "hits") or ():
        if "".join(filter(str.isalpha, hit.event.lower())) in _VIEWS and len(hit.items) <= 1 and (value := _value(hit)):
            name = vendor.name if (vendor := known.get(hit.vendor)) else hit.vendor
            amount = msgspec.structs.replace(hit, value=value).amount
            told = (
                money(amount, hit.currency, locale, exact=True) if amount is not None and hit.currency in CODES else ""
            )
            texts.setdefault(told or f"{value} {hit.currency}".strip(), []).append(name)
    return "; ".join(f"{value} ({', '.join(dict.fromkeys(names))})" for value, names in texts.items())


def _value(hit: Hit) -> str:
    return hit.value or next((item.price for item in hit.items), "")


def _availability(product: Product) -> str:
    return ", ".join(dict.fromkeys(offer.availability for offer in product.offers if offer.availability))
