"""Checks of structured data: whether it parses, has what search engines ask for, and agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from auditor.checks.registry import check
from auditor.facts.items import Item
from auditor.facts.offers import Offer, Product
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import rich_results
from auditor.knowledge.rich_results import Feature
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, Scope

_CENT = Decimal("0.01")


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


@check(needs={"structured_data", "offers"})
def google_required(snapshot: Snapshot) -> Iterator[Observation]:
    """What Google requires of each feature that the markup declares is there.

    Of the page's own product the most complete description counts: an app's second one, with the stars only, is no fault.
    References by `@id` count as there, wherever they lead.
    """
    declared = False
    for feature, candidates in _declared(snapshot):
        declared = True
        found = [(item, _missing(item, feature.required)) for item in candidates]
        # Of several lists or videos each counts; of the product only its best description does
        judged = [min(found, key=lambda one: len(one[1]))] if feature.main else found
        for item, missing in judged:
            for requirement in missing:
                yield failed(
                    f"{feature.id} {requirement}",
                    Excerpt("item", " ".join(item.types), where=_place(item)),
                    feature=feature.name,
                    property=_said(requirement),
                    type=feature.type,
                )
    if not declared:
        yield inapplicable("no markup of a feature that Google knows")


@check(needs={"structured_data", "offers"})
def google_recommended(snapshot: Snapshot) -> Iterator[Observation]:
    """What Google recommends of each declared feature is there; one observation a feature."""
    declared = False
    for feature, candidates in _declared(snapshot):
        if not feature.recommended:
            continue
        declared = True
        item, missing = min(
            ((one, _missing(one, feature.recommended)) for one in candidates), key=lambda one: len(one[1])
        )
        if missing:
            yield failed(
                feature.id,
                Excerpt("item", " ".join(item.types), where=_place(item)),
                feature=feature.name,
                properties=[_said(one) for one in missing],
                type=feature.type,
            )
    if not declared:
        yield inapplicable("no markup of a feature that Google knows")


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
                Excerpt("positions", ", ".join(written[:20]), where=_place(trail)),
                positions=", ".join(written[:20]),
            )


@check(needs={"structured_data", "offers"})
def descriptions_agree(snapshot: Snapshot) -> Iterator[Observation]:
    """Several descriptions of the page's product (the theme's, an app's) agree on price, currency and availability.

    Values are compared as sets: variants may differ, and only descriptions that have nothing in common disagree.
    """
    told = [product for product in snapshot.offers.main if product.offers]
    if len(told) < 2:
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


@check(scope=Scope.PAGE, needs={"structured_data", "offers"})
def markup_without_scripts(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """Product and breadcrumb markup, and the product's price in it, are the same before and after scripts ran."""
    raw = next((view for view in views if not view.is_rendered), None)
    rendered = next((view for view in views if view.is_rendered), None)
    if raw is None or rendered is None:
        yield cant_tell("needs the page both as fetched and in a browser")
        return
    if raw.structured_data.dropped or raw.structured_data.faulty or raw.structured_data.rdfa:
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
    before, after = (
        {offer.price for offer in view.offers.offers if offer.price is not None} for view in (raw, rendered)
    )
    currencies = [{offer.currency for offer in view.offers.offers if offer.currency} for view in (raw, rendered)]
    if before and after and not before & after and currencies[0] == currencies[1]:
        yield failed(
            "price by scripts",
            Excerpt("as fetched", ", ".join(str(one) for one in sorted(before)[:5])),
            Excerpt("in the browser", ", ".join(str(one) for one in sorted(after)[:5])),
            certainty=Certainty.LIKELY,
            what="The price in the markup",
            how=f"is {min(before)} as fetched and {min(after)} after scripts ran",
        )


def _declared(snapshot: Snapshot) -> Iterator[tuple[Feature, list[Item]]]:
    data = snapshot.structured_data
    own = {(product.source, product.block, product.path) for product in snapshot.offers.main}
    for feature in rich_results.load():
        items = data.of_type(feature.type, nested=not feature.top)
        if feature.main:
            items = [item for item in items if (item.source, item.block, item.path) in own]
        items = [item for item in items if item.properties and _takes_part(item, feature)]
        if items:
            yield feature, items[:50]


def _takes_part(item: Item, feature: Feature) -> bool:
    """A range of prices (AggregateOffer) makes no merchant listing, so nothing of one can be missing."""
    values = item.all(feature.having) if feature.having else [True]
    return any(value is not None and not (isinstance(value, Item) and _is_range(value)) for value in values)


def _is_range(offer: Item) -> bool:
    return "AggregateOffer" in offer.types or ("lowPrice" in offer.properties and "price" not in offer.properties)


def _missing(item: Item, requirements: Sequence[str]) -> list[str]:
    return [
        requirement
        for requirement in requirements
        if not any(_has(item, names) for names in rich_results.paths_of(requirement))
    ]


def _has(item: Item, names: Sequence[str]) -> bool:
    """Whether every value on the way has the property; where an item is only a reference, nobody knows, so it has."""
    if item.id and not item.properties:
        return True
    values = [value for value in item.all(names[0]) if value is not None and value != ""]
    if not values:
        return False
    if len(names) == 1:
        return True
    nested = [value for value in values if isinstance(value, Item)]
    # A price stands in each offer, or in the offers within them (AggregateOffer)
    return all(_has(value, names[1:]) or _has_within(value, names[1:]) for value in nested) if nested else True


def _has_within(item: Item, names: Sequence[str]) -> bool:
    inner = item.items("offers")
    return bool(inner) and all(_has(one, names) for one in inner)


def _said(requirement: str) -> str:
    return " or ".join(".".join(names) for names in rich_results.paths_of(requirement))


def _place(item: Item) -> str:
    return f"{item.source} {item.path}, line {item.line}"


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
