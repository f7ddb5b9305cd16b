"""Checks of structured data: whether it parses, has what search engines ask for, and agrees with itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any

from auditor.checks.own_product import own_items
from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts.gtin import digits_of
from auditor.facts.items import Item
from auditor.facts.offers import Product
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, Scope, Severity

_CENT = Decimal("0.01")


@check(needs={"structured_data"})
def breadcrumb_positions(snapshot: Snapshot) -> Iterator[Observation]:
    """The crumbs of a BreadcrumbList are numbered 1, 2, 3 …; those without any number are `google_required`'s."""
    trails = [item for item in snapshot.structured_data.of_type("BreadcrumbList") if item.items("itemListElement")]
    if not trails:
        yield inapplicable("no breadcrumbs in the markup")
        return
    for trail in trails:
        written = [crumb.text("position") for crumb in trail.items("itemListElement") if crumb.properties]
        if not written or not all(written):
            continue
        numbers = [int(one) if one.isascii() and one.isdigit() and len(one) < 6 else None for one in written]
        if sorted(number or 0 for number in numbers) != list(range(1, len(numbers) + 1)):
            yield failed(
                "positions",
                Excerpt("positions", ", ".join(written[:20]), where=place_of(trail)),
                positions=", ".join(written[:20]),
            )


@check(needs={"structured_data", "offers"})
def descriptions_agree(snapshot: Snapshot) -> Iterator[Observation]:
    """Several descriptions of the page's product (the theme's, an app's) agree on price, currency, availability, average, numbers and brand.

    Values are compared as sets: variants may differ, and only descriptions that have nothing in common disagree.
    """
    yield from _identities(snapshot)
    told = [product for product in snapshot.offers.main if product.offers]
    if len(told) < 2:
        if len(snapshot.offers.main) < 2:
            yield inapplicable("the product is described once")
        return
    for name, values in (("price", _price_span), ("currency", _currencies), ("availability", _availabilities)):
        known = [(product, said) for product in told if (said := values(product))]
        clash = next(
            (
                (one, other)
                for index, one in enumerate(known)
                for other in known[index + 1 :]
                if _apart(name, one[1], other[1])
            ),
            None,
        )
        if clash is None:
            continue
        (first, left), (second, right) = clash
        variants = any(product.group or len(product.offers) > 1 for product in (first, second))
        yield failed(
            f"{name} {first.source} {second.source}",
            Excerpt("first", ", ".join(map(str, left)), where=f"{first.source}, line {first.line}"),
            Excerpt("second", ", ".join(map(str, right)), where=f"{second.source}, line {second.line}"),
            certainty=Certainty.LIKELY if variants or snapshot.offers.matched != "url" else None,
            what=name,
            first=", ".join(dict.fromkeys(map(str, left))),
            second=", ".join(dict.fromkeys(map(str, right))),
        )


def _identities(snapshot: Snapshot) -> Iterator[Observation]:
    """Descriptions that name different numbers, brands or averages; variants have their own, so theirs are left out."""
    items = [item for item in own_items(snapshot) if not item.items("hasVariant") and len(item.items("offers")) < 2]
    for name, read in _IDENTITIES.items():
        known = [(item, said) for item in items if (said := read(item))]
        clash = next((one for one in known[1:] if one[1] != known[0][1]), None)
        if clash is None:
            continue
        first, second = known[0][0], clash[0]
        shown = [item.text(name) or item.text("gtin") for item in (first, second)]
        if name == "rating":
            shown = [_rating_of(item) for item in (first, second)]
        yield failed(
            f"{name} {first.source} {second.source}",
            Excerpt("first", shown[0][:100], where=place_of(first)),
            Excerpt("second", shown[1][:100], where=place_of(second)),
            # A number may be the variant's in one place and the product's in the other
            certainty=Certainty.LIKELY if name != "rating" or snapshot.offers.matched == "only" else None,
            severity=Severity.MODERATE,
            what=name,
            first=shown[0][:100],
            second=shown[1][:100],
        )


def _rating_of(item: Item) -> str:
    """The average on a scale to 5 and its count, as far as stated: "4.6 of 38"."""
    rating = next((one for one in item.items("aggregateRating") if one.properties), None)
    value = _decimal(rating.text("ratingValue")) if rating else None
    if rating is None or value is None:
        return ""
    best = _decimal(rating.text("bestRating"))
    on_five = value if best is None or best <= 0 else value * 5 / best
    return f"{on_five.quantize(Decimal('0.1'))} of {rating.text('reviewCount') or rating.text('ratingCount') or '?'}"


def _decimal(written: str) -> Decimal | None:
    try:
        number = Decimal(written.replace(",", ".")) if len(written) < 20 else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


_IDENTITIES: dict[str, Callable[[Item], str]] = {
    "rating": _rating_of,
    "sku": lambda item: " ".join(item.text("sku").split()).casefold(),
    "gtin": lambda item: next(
        (
            digits_of(item.text(name)).lstrip("0")
            for name in ("gtin", "gtin13", "gtin12", "gtin14", "gtin8")
            if item.text(name)
        ),
        "",
    ),
    "brand": lambda item: "".join(filter(str.isalnum, unescape(item.text("brand")))).casefold(),
}


@check(scope=Scope.PAGE, needs={"structured_data", "offers"})
def markup_without_scripts(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """Product and breadcrumb markup, and the product's price in it, are the same before and after scripts ran."""
    raw = next((view for view in views if not view.is_rendered), None)
    rendered = next((view for view in views if view.is_rendered), None)
    if raw is None or rendered is None:
        yield cant_tell("needs the page both as fetched and in a browser")
        return
    if raw.structured_data.dropped or raw.structured_data.faulty:
        yield cant_tell("the markup of the fetched page could not be read whole")
        return
    for family in ("Product", "BreadcrumbList"):
        if rendered.structured_data.of_type(family) and not raw.structured_data.of_type(family):
            yield failed(
                f"{family} by scripts",
                Excerpt("as fetched", f"no {family}"),
                what=f"{family} markup",
                how="is added by scripts only",
            )
        elif _lost(raw, rendered, family):
            yield failed(
                f"{family} lost",
                Excerpt("in the browser", f"no {family}"),
                certainty=Certainty.LIKELY,
                what=f"{family} markup",
                how="is there as fetched, and gone after scripts ran",
            )
    before, after = (
        {offer.price for offer in view.offers.offers if offer.price is not None} for view in (raw, rendered)
    )
    currencies = [{offer.currency for offer in view.offers.offers if offer.currency} for view in (raw, rendered)]
    others = {offer.price for view in views if view.is_rendered for offer in view.offers.offers}
    # what one browser shows as fetched is another price at another visit, and no script's doing
    if before and after and not before & others and currencies[0] == currencies[1]:
        yield failed(
            "price by scripts",
            Excerpt("as fetched", ", ".join(str(one) for one in sorted(before)[:5])),
            Excerpt("in the browser", ", ".join(str(one) for one in sorted(after)[:5])),
            certainty=Certainty.LIKELY,
            what="The price in the markup",
            how=f"is {min(before)} as fetched and {min(after)} after scripts ran",
        )


def _lost(raw: Snapshot, rendered: Snapshot, family: str) -> bool:
    """Whether scripts take the markup away; Google looks at the page as it is then. What a browser could not read is not gone."""
    data = rendered.structured_data
    if data.of_type(family) or not raw.structured_data.of_type(family) or data.faulty or data.dropped:
        return False
    return 200 <= rendered.status < 300 or rendered.status == 0


def _price_span(product: Product) -> list[Decimal]:
    amounts = [
        amount
        for offer in product.offers
        for amount in (offer.price if offer.price is not None else offer.reading, offer.low, offer.high)
        if amount is not None and amount > 0
    ]
    return [min(amounts), max(amounts)] if amounts else []


def _currencies(product: Product) -> list[str]:
    return sorted({offer.currency for offer in product.offers if offer.currency})


def _availabilities(product: Product) -> list[str]:
    return sorted({offer.availability.lower() for offer in product.offers if offer.availability})


def _apart(name: str, left: Sequence[Any], right: Sequence[Any]) -> bool:
    if name == "price":
        return bool(left[1] < right[0] - _CENT or right[1] < left[0] - _CENT)
    if name == "availability":
        # Limited stock is in stock; only what contradicts it does
        gone = {"outofstock", "soldout", "discontinued"}
        return gone.issuperset(left) != gone.issuperset(right)
    return not set(left) & set(right)
