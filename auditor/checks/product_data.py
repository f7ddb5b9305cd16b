"""Checks of product data in the markup: whether values have the form that readers expect, and can be true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from auditor.checks.registry import check
from auditor.facts.currency import CODES
from auditor.facts.offer_price import read_price
from auditor.facts.offers import Offer
from auditor.facts.shop_signs import priced
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import absolute, host, is_http
from auditor.model.words import Certainty, PageType, Severity

# Google's list for merchant listings and product snippets
_AVAILABILITY = frozenset(
    name.lower()
    for name in [
        "BackOrder",
        "Discontinued",
        "InStock",
        "InStoreOnly",
        "LimitedAvailability",
        "MadeToOrder",
        "OnlineOnly",
        "OutOfStock",
        "PreOrder",
        "PreSale",
        "Reserved",
        "SoldOut",
    ]
)
# A mistake of its own, told by the rule of schema.org's words
_MISSPELT = frozenset({"product", "productgroup", "products"})
# What is sold and is no product; events of all kinds end in "Event"
_NO_GOODS = frozenset(
    [
        *("Festival", "Course", "CourseInstance", "Trip", "TouristTrip", "BoatTrip", "BusTrip", "TrainTrip", "Flight"),
        *("Accommodation", "Apartment", "Hotel", "HotelRoom", "LodgingBusiness", "Room", "Suite", "VacationRental"),
        "Service",
    ]
)
_MALFORMED = {
    "null": "no number but an empty variable",
    "not_a_number": "no number",
    "currency_in_price": "not a plain number: the currency stands in it",
    "thousands_separator": "not a plain number: it has a thousands separator",
    "decimal_comma": "not a plain number: it has a comma for the decimals",
    "negative": "negative",
}


@check(needs={"offers", "structured_data", "document", "contents", "meta"})
def product_described(snapshot: Snapshot) -> Iterator[Observation]:
    """The page of a product has Product or ProductGroup markup. What could not be read might be it.

    Tickets, courses, trips and rooms have types of their own, which search engines show in other ways.

    Where the page shows no amount of money (a shop that makes quotes), search engines would show none: likely only, and minor.
    """
    data = snapshot.structured_data
    if data.of_type("Product") or snapshot.offers.main:
        return
    if any(name in _NO_GOODS or name.endswith("Event") for item in data.items for name in item.types):
        yield inapplicable("its markup says that it sells an event, a course, a trip, a stay or a service")
    elif data.faulty or data.dropped:
        yield cant_tell("a part of the markup could not be read")
    elif any(name.casefold() in _MISSPELT for item in data.walk() for name in item.types):
        yield cant_tell("the type of the product's markup is misspelt")
    elif (gone := snapshot.contents.not_there.casefold()) and any(gone in one.casefold() for one in _names(snapshot)):
        yield inapplicable("the page says that it is not there")
    elif not any(True for _ in priced(snapshot.document)):
        yield failed("", certainty=Certainty.LIKELY, severity=Severity.MINOR)
    else:
        yield failed("")


def _names(snapshot: Snapshot) -> list[str]:
    return [snapshot.meta.title, *snapshot.meta.h1s]


@check(needs={"offers"})
def offer_prices_plain(snapshot: Snapshot) -> Iterator[Observation]:
    """Every price of the page's product is a plain number. An empty one is no price, which `product_offer_priced` tells.

    In microdata and RDFa the visible text may be the value; readers forgive more there, so a currency sign is likely a fault only.
    """
    yield from _plain(snapshot.offers.offers, "no price in the markup")


@check(needs={"offers"})
def listed_prices_plain(snapshot: Snapshot) -> Iterator[Observation]:
    """Every price of the products that a page names besides its own (those of a list, recommendations) is a plain number.

    On a page that is no product's own, all products are such.
    """
    products = snapshot.offers.others
    if snapshot.page_type is not PageType.PRODUCT:
        products = (*snapshot.offers.main, *products)
    yield from _plain([offer for product in products for offer in product.offers], "no other product with a price")


def _plain(stated: Iterable[Offer], nothing: str) -> Iterator[Observation]:
    offers = [(offer, name, written) for offer in stated for name, written in _prices(offer) if written]
    if not offers:
        yield inapplicable(nothing)
        return
    seen: set[str] = set()
    for offer, name, written in offers:
        _, _, malformed, reading = read_price([written], present=True)
        malformed = offer.malformed if name == "price" else malformed
        target = f"{offer.source} {malformed}" + ("" if name == "price" else f" {name}")
        if malformed not in _MALFORMED or target in seen:
            continue
        seen.add(target)
        forgiven = offer.source in ("microdata", "rdfa") and reading is not None
        yield failed(
            target,
            Excerpt(name, written, where=_place(offer)),
            certainty=Certainty.LIKELY if forgiven else None,
            written=written,
            fault=_MALFORMED[malformed],
        )


def _prices(offer: Offer) -> Iterator[tuple[str, str]]:
    """Each price that an offer states, as written: its own, those of its range, those of its specifications."""
    yield "price", offer.written or ""
    yield "lowPrice", offer.low_written
    yield "highPrice", offer.high_written
    for spec in offer.specifications:
        if spec.written and spec.written != offer.written:
            yield "priceSpecification.price", spec.written


@check(needs={"offers"})
def offer_currencies_known(snapshot: Snapshot) -> Iterator[Observation]:
    """priceCurrency is a code of ISO 4217. Small letters are forgiven."""
    offers = [offer for offer in snapshot.offers.offers if offer.currency_written]
    if not offers:
        yield inapplicable("no currency in the markup")
        return
    for offer in _firsts(offers, lambda one: one.currency_written):
        if offer.currency not in CODES:
            yield failed(
                offer.currency_written[:40],
                Excerpt("priceCurrency", offer.currency_written, where=_place(offer)),
                written=offer.currency_written,
            )


@check(needs={"offers", "shown_prices"})
def shown_currency_in_markup(snapshot: Snapshot) -> Iterator[Observation]:
    """The currency shown is one that the markup states. A sign that may mean several ("$") tells only what it can't mean."""
    stated = {offer.currency for offer in snapshot.offers.offers if offer.currency}
    if not stated:
        yield inapplicable("no currency in the markup")
        return
    main = snapshot.shown_prices.main
    if main is None:
        yield cant_tell("no single main price was found")
    elif main.currency_from == "markup" or (not main.currency and any(main.may_be_in(code) for code in stated)):
        yield cant_tell(f"“{main.symbol}” may be several currencies; set the currency in the config")
    elif main.currency not in stated:
        offer = next(offer for offer in snapshot.offers.offers if offer.currency)
        yield failed(
            f"{main.currency or main.symbol} {' '.join(sorted(stated))}",
            Excerpt("shown", main.text, where=main.selector),
            Excerpt("markup", offer.currency_written, where=_place(offer)),
            shown=main.currency or f"“{main.symbol}”",
            markup=sorted(stated),
        )


@check(needs={"offers"})
def availability_known(snapshot: Snapshot) -> Iterator[Observation]:
    """availability is one of schema.org's values, with or without its address, in large or small letters."""
    offers = [offer for offer in snapshot.offers.offers if offer.availability_written]
    if not offers:
        yield inapplicable("no availability in the markup")
        return
    for offer in _firsts(offers, lambda one: one.availability_written):
        name = offer.availability.lower()
        if name in _AVAILABILITY:
            continue
        # "in stock", "instock ": some readers guess it
        guessable = re.sub(r"[\W_]", "", name) in _AVAILABILITY
        yield failed(
            offer.availability_written[:80],
            Excerpt("availability", offer.availability_written, where=_place(offer)),
            certainty=Certainty.LIKELY if guessable else None,
            written=offer.availability_written,
        )


@check(needs={"offers"})
def offer_urls_own(snapshot: Snapshot) -> Iterator[Observation]:
    """Offers of the page's product lead to the shop's own host, with or without www."""
    urls = [(offer, absolute(snapshot.final_url, offer.url)) for offer in snapshot.offers.offers if offer.url]
    if not urls:
        yield inapplicable("no offer names its address")
        return
    seen: set[str] = set()
    for offer, url in urls:
        if not url or not is_http(url) or snapshot.site.owns(url):
            continue
        there = host(url)
        bare = there.removeprefix("www.")
        if there in seen or snapshot.site.owns(f"https://{bare}/") or snapshot.site.owns(f"https://www.{bare}/"):
            continue
        seen.add(there)
        yield failed(there, Excerpt("offers.url", offer.url, where=_place(offer)), host=there, url=url)


def _firsts(offers: list[Offer], key: Callable[[Offer], str]) -> list[Offer]:
    return list({key(offer): offer for offer in reversed(offers)}.values())[:20]


def _place(offer: Offer) -> str:
    return f"{offer.source} {offer.path}, line {offer.line}"
