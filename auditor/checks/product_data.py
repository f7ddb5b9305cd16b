"""Checks of product data in the markup: whether values have the form that readers expect, and can be true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from auditor.checks.registry import check
from auditor.facts.currency import CODES
from auditor.facts.items import Item
from auditor.facts.offers import Offer
from auditor.facts.shop_signs import priced
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import absolute, host, is_http
from auditor.model.words import Certainty, Severity

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
_MALFORMED = {
    "null": "no number but an empty variable",
    "not_a_number": "no number",
    "currency_in_price": "not a plain number: the currency stands in it",
    "thousands_separator": "not a plain number: it has a thousands separator",
    "decimal_comma": "not a plain number: it has a comma for the decimals",
    "negative": "negative",
}
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_NO_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,4})?\s*(?:%|/\s*\d{1,3}(?:\.\d{1,4})?)")  # 60% and 6/10 are ratings too


@check(needs={"offers", "structured_data", "document"})
def product_described(snapshot: Snapshot) -> Iterator[Observation]:
    """The page of a product has Product or ProductGroup markup. What could not be read might be it.

    Where the page shows no amount of money (a shop that makes quotes), search engines would show none: likely only, and minor.
    """
    data = snapshot.structured_data
    if data.of_type("Product") or snapshot.offers.main:
        return
    if data.faulty or data.dropped:
        yield cant_tell("a part of the markup could not be read")
    elif data.rdfa:
        yield cant_tell("the page has RDFa, which is not read")
    elif not any(True for _ in priced(snapshot.document)):
        yield failed("", certainty=Certainty.LIKELY, severity=Severity.MINOR)
    else:
        yield failed("")


@check(needs={"offers"})
def offer_prices_plain(snapshot: Snapshot) -> Iterator[Observation]:
    """Every price of the page's product is a plain number. An empty one is no price, which `product_offer_priced` tells.

    In microdata the visible text may be the value; readers forgive more there, so a currency sign is likely a fault only.
    """
    offers = [offer for offer in snapshot.offers.offers if offer.written]
    if not offers:
        yield inapplicable("no price in the markup")
        return
    seen: set[str] = set()
    for offer in offers:
        target = f"{offer.source} {offer.malformed}"
        if offer.malformed not in _MALFORMED or target in seen:
            continue
        seen.add(target)
        forgiven = offer.source == "microdata" and offer.reading is not None
        yield failed(
            target,
            Excerpt("price", offer.written or "", where=_place(offer)),
            certainty=Certainty.LIKELY if forgiven else None,
            written=offer.written,
            fault=_MALFORMED[offer.malformed],
        )


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
    """The currency shown is one that the markup states. A sign that may mean several ("$") can't be compared."""
    stated = {offer.currency for offer in snapshot.offers.offers if offer.currency}
    if not stated:
        yield inapplicable("no currency in the markup")
        return
    main = snapshot.shown_prices.main
    if main is None:
        yield cant_tell("no single main price was found")
    elif not main.currency:
        yield cant_tell(f"“{main.symbol}” may be several currencies; set the currency in the config")
    elif main.currency not in stated:
        offer = next(offer for offer in snapshot.offers.offers if offer.currency)
        yield failed(
            f"{main.currency} {' '.join(sorted(stated))}",
            Excerpt("shown", main.text, where=main.selector),
            Excerpt("markup", offer.currency_written, where=_place(offer)),
            shown=main.currency,
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
def prices_still_valid(snapshot: Snapshot) -> Iterator[Observation]:
    """No priceValidUntil was over when the page was sent (by its Date header); a day of grace for time zones."""
    offers = [offer for offer in snapshot.offers.offers if offer.valid_until]
    if not offers:
        yield inapplicable("no priceValidUntil in the markup")
        return
    try:
        sent = parsedate_to_datetime(snapshot.header("date") or "").date()
    except (ValueError, TypeError, IndexError, OverflowError):
        yield cant_tell("the page does not say when it was sent")
        return
    for offer in offers:
        until = _day(offer.valid_until)
        if until is not None and until < sent - timedelta(days=1):
            yield failed(
                "priceValidUntil",
                Excerpt("priceValidUntil", offer.valid_until, where=_place(offer)),
                until=until.isoformat(),
                sent=sent.isoformat(),
            )
            return


@check(needs={"offers"})
def gtins_valid(snapshot: Snapshot) -> Iterator[Observation]:
    """A GTIN has 8, 12, 13 or 14 digits and the right check digit. Spaces and hyphens are forgiven, and lost leading zeros."""
    written = [product.gtin for product in snapshot.offers.main if product.gtin]
    written += [offer.gtin for offer in snapshot.offers.offers if offer.gtin]
    if not written:
        yield inapplicable("no GTIN in the markup")
        return
    faults: dict[str, list[str]] = {}
    for gtin in dict.fromkeys(written):
        if fault := _gtin_fault(gtin):
            faults.setdefault(fault, []).append(gtin[:60])
    for fault, examples in faults.items():
        yield failed(fault, Excerpt("gtin", ", ".join(examples[:5])), fault=fault, gtin=examples[0])


@check(needs={"structured_data", "offers"})
def ratings_possible(snapshot: Snapshot) -> Iterator[Observation]:
    """The product's aggregate rating lies within its scale (1 to 5 unless it says another) and counts at least one voice."""
    own = {(product.source, product.block, product.path) for product in snapshot.offers.main}
    ratings = [
        rating
        for item in snapshot.structured_data.of_type("Product")
        if (item.source, item.block, item.path) in own
        for rating in item.items("aggregateRating")
        if rating.properties
    ]
    if not ratings:
        yield inapplicable("no rating in the markup")
        return
    for rating in ratings:
        counts = [
            number for name in ("reviewCount", "ratingCount") if (number := _number(rating.text(name))) is not None
        ]
        value = rating.text("ratingValue")
        if counts and max(counts) <= 0:
            yield _rating(rating, "no voices", "counts no review at all")
            continue
        number = _number(value)
        worst, best = _number(rating.text("worstRating")), _number(rating.text("bestRating"))
        low, high = (Decimal(1) if worst is None else worst), (Decimal(5) if best is None else best)
        if number is None:
            if not _NO_NUMBER.fullmatch(value) and value:
                yield _rating(rating, "no number", f"is “{value[:40]}”, which is no number")
        elif not min(low, high) <= number <= max(low, high):
            yield _rating(rating, "off the scale", f"is {number}, on a scale from {low} to {high}")


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


def _rating(rating: Item, target: str, fault: str) -> Observation:
    written = ", ".join(
        f"{name} {rating.text(name)}"
        for name in ("ratingValue", "reviewCount", "ratingCount", "worstRating", "bestRating")
        if rating.text(name)
    )
    return failed(
        target,
        Excerpt("aggregateRating", written, where=f"{rating.source} {rating.path}, line {rating.line}"),
        fault=fault,
    )


def _firsts(offers: list[Offer], key: Callable[[Offer], str]) -> list[Offer]:
    return list({key(offer): offer for offer in reversed(offers)}.values())[:20]


def _place(offer: Offer) -> str:
    return f"{offer.source} {offer.path}, line {offer.line}"


def _day(written: str) -> date | None:
    match = _DATE.match(written.strip())
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _gtin_fault(written: str) -> str:
    digits = re.sub(r"[\s-]", "", written)
    if not digits.isascii() or not digits.isdigit():
        return "not only digits"
    # A number that lost its leading zeros in a spreadsheet is read as if they were there
    if len(digits) not in (8, 12, 13, 14) and not (9 <= len(digits) <= 11 and _check_digit(digits)):
        return f"{len(digits)} digits"
    if not digits.strip("0"):
        return "only zeros"
    return "" if _check_digit(digits) else "wrong check digit"


def _check_digit(digits: str) -> bool:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def _number(written: str) -> Decimal | None:
    try:
        number = Decimal(written.strip().replace(",", ".")) if len(written) < 20 else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
