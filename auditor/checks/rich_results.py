"""Checks of structured data against what Google's rich results ask for, by the table of features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.checks.registry import check
from auditor.facts.items import Item, Value, short
from auditor.facts.offers import Offer
from auditor.facts.snapshot import Snapshot
from auditor.facts.structured_data import StructuredData
from auditor.knowledge import rich_results, vocabulary
from auditor.knowledge.rich_results import ALL_BUT_LAST, Feature
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import is_http
from auditor.model.words import PageType

_MOST_DECLARED = 50  # items of one feature that are looked at
_LISTS = frozenset(
    {PageType.CATEGORY, PageType.SEARCH}
)  # a product there is one of a list, even where it is the only one
_ADDRESS = frozenset({"url"})  # a variant that says no more than this is told of at that address


@check(needs={"structured_data", "offers"})
def google_required(snapshot: Snapshot) -> Iterator[Observation]:
    """What Google requires of each feature that the markup declares is there.

    Of the page's own product the most complete description counts: an app's second one, with the stars only, is no fault. A block
    that could not be read may be the complete one. References by `@id` count as there, wherever they lead.
    """
    declared = False
    unread = any(block.seems in ("Product", "ProductGroup") for block in snapshot.structured_data.faulty)
    for feature, candidates in _declared(snapshot):
        if not feature.required:
            continue
        declared = True
        found = [(item, missing_of(item, feature.required)) for item in candidates]
        # Of several lists or videos each counts; of the product only its best description does
        judged = [min(found, key=lambda one: len(one[1]))] if feature.main else found
        told: set[str] = set()
        for item, missing in judged:
            if missing and feature.main and unread:
                yield cant_tell("a block that may describe the product too could not be read")
                continue
            for requirement in missing:
                if requirement in told:
                    continue
                told.add(requirement)
                yield failed(
                    f"{feature.id} {rich_results.said(requirement)}",
                    Excerpt("item", " ".join(item.types), where=place_of(item)),
                    severity=feature.severity,
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
    unread = bool(snapshot.structured_data.faulty)
    for feature, candidates in _declared(snapshot):
        if not feature.recommended:
            continue
        declared = True
        item, missing = min(
            ((one, missing_of(one, feature.recommended)) for one in candidates), key=lambda one: len(one[1])
        )
        if missing and unread:
            yield cant_tell("a block of the markup could not be read")
        elif missing:
            yield failed(
                feature.id,
                Excerpt("item", " ".join(item.types), where=place_of(item)),
                feature=feature.name,
                properties=[_said(one) for one in missing],
                type=feature.type,
            )
    if not declared:
        yield inapplicable("no markup of a feature that Google knows")


@check(needs={"structured_data", "offers"})
def product_offer_priced(snapshot: Snapshot) -> Iterator[Observation]:
    """An offer of the page's product has a price: `price`, `lowPrice`, or one in its price specification."""
    offers = [offer for offer in snapshot.offers.offers if not offer.within]
    if not offers:
        yield inapplicable("no offer of the page's product in the markup")
        return
    for offer in offers:
        # A range without its low price is told of as what Google requires of ranges
        if offer.kind != "AggregateOffer" and not _states_a_price(offer):
            yield failed(
                offer.source,
                Excerpt("offer", offer.path or "offer", where=f"line {offer.line}"),
                name=offer.name
                or next((product.name for product in snapshot.offers.main if product.name), "the product"),
                source={"json-ld": "JSON-LD", "rdfa": "RDFa"}.get(offer.source, offer.source),
            )


def _states_a_price(offer: Offer) -> bool:
    """Malformed prices are stated, though wrongly; whether they are well formed is another rule's."""
    if offer.written or offer.low_written or offer.high_written or offer.price is not None:
        return True
    return any(one.written or one.price is not None for one in offer.specifications)


def _declared(snapshot: Snapshot) -> Iterator[tuple[Feature, list[Item]]]:
    data = snapshot.structured_data
    everything = [item for item in data.walk() if item.types and item.properties]
    tops = [item for item in data.items if item.types and item.properties]
    referred = _referred(data)
    alone = [item for item in tops if item.id not in referred]
    own = {(product.source, product.block, product.path) for product in snapshot.offers.main}
    for feature in rich_results.load():
        if feature.page_type and snapshot.page_type not in feature.page_type:
            continue
        if feature.main and snapshot.page_type in _LISTS:
            continue
        items = [
            item
            for item in (alone if feature.alone else tops if feature.top else everything)
            if _is(item, feature.type) and _takes_part(item, feature)
        ]
        if feature.main:
            items = [item for item in items if (item.source, item.block, item.path) in own]
        if items:
            yield feature, items[:_MOST_DECLARED]


def _is(item: Item, type_name: str) -> bool:
    """By schema.org's own tree; what shops sell as products may be more (a dietary supplement)."""
    return vocabulary.is_a(item.types, type_name) or (type_name == "Product" and item.is_a("Product"))


def _referred(data: StructuredData) -> set[str]:
    """The ids of what stands in something else by reference."""
    return {item.id for top in data.items for item in top.walk(referenced=True) if item.referenced}


def _takes_part(item: Item, feature: Feature) -> bool:
    """A range of prices (AggregateOffer) makes no merchant listing, so nothing of one can be missing."""
    if any(short(item.text(name)).rpartition("/")[2] != value for name, value in feature.where.items()):
        return False
    if feature.unless and any(item.all(name) for (name,) in rich_results.paths_of(feature.unless)):
        return False
    if not feature.having:
        return True
    names = [name for (name,) in rich_results.paths_of(feature.having)]
    values = [value for name in names for value in item.all(name)]
    return any(value is not None and not (isinstance(value, Item) and _is_range(value)) for value in values)


def _is_range(offer: Item) -> bool:
    return "AggregateOffer" in offer.types or ("lowPrice" in offer.properties and "price" not in offer.properties)


def missing_of(item: Item, requirements: Sequence[str]) -> list[str]:
    """The requirements that the item does not fulfil; of "a" and "a.b" only "a" where neither is there."""
    missing: list[str] = []
    for requirement in requirements:
        ways = rich_results.paths_of(requirement)
        if any(_has(item, names) for names in ways):
            continue
        above = {names[:length] for names in ways for length in range(1, len(names))}
        if not any(way in above for known in missing for way in rich_results.paths_of(known)):
            missing.append(requirement)
    return missing


def _has(item: Item, names: Sequence[str]) -> bool:
    """Whether every value on the way has the property; where an item is only a reference, nobody knows, so it has."""
    if item.id and not item.properties:
        return True
    if (not item.types or item.is_a("Product")) and item.properties and _ADDRESS.issuperset(item.properties):
        return True
    name = names[0].removesuffix(ALL_BUT_LAST)
    values: list[Value] = [value for value in item.all(name) if value is not None and value != ""]
    if not values:
        return False
    if len(names) == 1:
        return True
    if name != names[0]:
        values = _but_last(values)
    nested = [value for value in values if isinstance(value, Item)]
    # A price stands in each offer, or in the offers within them (AggregateOffer)
    if nested:
        return all(_has(value, names[1:]) or _has_within(value, names[1:]) for value in nested)
    # A text stands for the thing by its name ("author": "Anna"), an address for a thing that is told of elsewhere
    return names[-1] != "name" or not all(isinstance(value, str) and is_http(value) for value in values)


def _but_last(values: list[Value]) -> list[Value]:
    """Without the one of the highest position, or the last where they have none."""
    numbers = [_position(value) for value in values]
    last = max(range(len(values)), key=lambda index: (numbers[index], index))
    return [value for index, value in enumerate(values) if index != last]


def _position(value: Value) -> int:
    written = value.text("position") if isinstance(value, Item) else ""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 6 else -1


def _has_within(item: Item, names: Sequence[str]) -> bool:
    inner = item.items("offers")
    return bool(inner) and all(_has(one, names) for one in inner)


def _said(requirement: str) -> str:
    return rich_results.said(requirement).replace(" | ", " or ")


def place_of(item: Item) -> str:
    """Where an item stands, for finding it."""
    return f"{item.source} {item.path}, line {item.line}"
