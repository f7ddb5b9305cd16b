"""Checks of what a product is known by in the markup: GTIN, SKU, MPN, brand; and that products have numbers of their own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from auditor.checks.own_product import offers_of, own_items, sellables, with_variants
from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts import gtin as numbers
from auditor.facts.items import Item
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Certainty, PageType, Scope, Severity

_MOST = 50_000  # products compared
_GTINS = ("gtin", *numbers.SLOTS)
_NOTHING = re.compile(
    r"(?i)n\.?/?a\.?|null|nil|none|undefined|nan|unknown|tbd|tba|todo|test|x{2,}|-+|\.+|false|default|keine?|nicht vorhanden|s/?o|sku|mpn|gtin|does not apply|no ?sku|0+"
)
_NO_BRAND = re.compile(
    r"(?i)n\.?/?a\.?|null|nil|none|undefined|nan|unknown|tbd|default( ?brand)?|vendor|brand|my ?(store|shop)|no ?brand|unbranded brand|test( ?brand)?|-+|\.+|false|0"
)


@check(needs={"structured_data", "offers"})
def gtins_valid(snapshot: Snapshot) -> Iterator[Observation]:
    """A GTIN has 8, 12, 13 or 14 digits and the right check digit, an ISBN its own. Spaces, hyphens and lost zeros are forgiven."""
    written = _written(snapshot)
    if not written:
        yield inapplicable("no GTIN in the markup")
        return
    faults: dict[str, list[tuple[str, str, Item]]] = {}
    seen: set[tuple[str, str]] = set()
    for name, value, item in written:
        if (name, value) in seen:
            continue
        seen.add((name, value))
        if fault := numbers.isbn_fault(value) if name == "isbn" else numbers.gtin_fault(value):
            faults.setdefault(fault, []).append((name, value[:60], item))
    for fault, examples in faults.items():
        yield failed(
            fault,
            Excerpt(examples[0][0], ", ".join(value for _, value, _ in examples[:5]), where=place_of(examples[0][2])),
            fault=fault,
            gtin=examples[0][1],
        )


@check(needs={"structured_data", "offers"})
def gtins_in_their_slot(snapshot: Snapshot) -> Iterator[Observation]:
    """gtin8, gtin12, gtin13 and gtin14 hold numbers of that length. Numbers that can't be any are `gtins_valid`'s."""
    slotted = [one for one in _written(snapshot) if one[0] in numbers.SLOTS]
    if not slotted:
        yield inapplicable("no gtin8, gtin12, gtin13 or gtin14 in the markup")
        return
    told: set[str] = set()
    for name, value, item in slotted:
        digits = numbers.digits_of(value)
        if len(digits) == numbers.SLOTS[name] or numbers.gtin_fault(value) or f"{name} {len(digits)}" in told:
            continue
        told.add(f"{name} {len(digits)}")
        right = next((slot for slot, length in numbers.SLOTS.items() if length == len(digits)), "gtin")
        yield failed(
            f"{name} {len(digits)}",
            Excerpt(name, value[:60], where=place_of(item)),
            name=name,
            gtin=value[:60],
            digits=len(digits),
            right=right,
        )


@check(needs={"structured_data", "offers"})
def gtins_public(snapshot: Snapshot) -> Iterator[Observation]:
    """A GTIN is not one of those that GS1 keeps for use inside shops, or for coupons."""
    written = [one for one in _written(snapshot) if one[0] != "isbn"]
    if not written:
        yield inapplicable("no GTIN in the markup")
        return
    told: set[str] = set()
    for name, value, item in written:
        whose = "" if numbers.gtin_fault(value) else numbers.restricted(value)
        if whose and whose not in told:
            told.add(whose)
            yield failed(whose, Excerpt(name, value[:60], where=place_of(item)), gtin=value[:60], whose=whose)


@check(needs={"structured_data", "offers"})
def numbers_agree_within(snapshot: Snapshot) -> Iterator[Observation]:
    """A product without variants and its only offer have one GTIN."""
    looked = False
    for item in own_items(snapshot):
        offers = [offer for offer in offers_of(item) if offer.properties]
        if len(offers) != 1 or item.items("hasVariant"):
            continue
        own = [(name, item.text(name)) for name in _GTINS if item.text(name)]
        offered = [(name, offers[0].text(name)) for name in _GTINS if offers[0].text(name)]
        if not own or not offered:
            continue
        looked = True
        if not any(numbers.same_number(one, other) for _, one in own for _, other in offered):
            yield failed(
                "gtin",
                Excerpt("product", f"{own[0][0]} {own[0][1][:60]}", where=place_of(item)),
                Excerpt("offer", f"{offered[0][0]} {offered[0][1][:60]}", where=place_of(offers[0])),
                product=own[0][1][:60],
                offer=offered[0][1][:60],
            )
            return
    if not looked:
        yield inapplicable("no product and offer with a GTIN each")


@check(needs={"structured_data", "offers"})
def numbers_filled(snapshot: Snapshot) -> Iterator[Observation]:
    """SKU, MPN and product id are not words for "none" (N/A, null, 0)."""
    items = own_items(snapshot)
    found = [
        (name, one.text(name), one)
        for item in items
        for one in sellables(item)
        for name in ("sku", "mpn", "productID", "model")
        if one.text(name)
    ]
    if not found:
        yield inapplicable("no SKU or MPN in the markup")
        return
    told: set[str] = set()
    for name, value, item in found:
        if name not in told and _NOTHING.fullmatch(value):
            told.add(name)
            yield failed(name, Excerpt(name, value[:60], where=place_of(item)), name=name, written=value[:60])


@check(needs={"structured_data", "offers"})
def brand_named(snapshot: Snapshot) -> Iterator[Observation]:
    """The brand is a name, not a word for "none" (Default, undefined, Vendor), and not empty."""
    brands = [
        (one.text("brand"), one)
        for item in own_items(snapshot)
        for one in with_variants(item)
        if one.first("brand") is not None
    ]
    if not brands:
        yield inapplicable("no brand in the markup")
        return
    for brand, item in brands:
        if not brand or _NO_BRAND.fullmatch(brand):
            said = f"“{brand[:60]}”" if brand else "empty"
            yield failed(brand.casefold()[:60], Excerpt("brand", brand[:60], where=place_of(item)), written=said)
            return


def _written(snapshot: Snapshot) -> list[tuple[str, str, Item]]:
    """(property, value, item) of every GTIN and ISBN of the page's product, its variants and offers."""
    return [
        (name, value, one)
        for item in own_items(snapshot)
        for one in sellables(item)
        for name in (*_GTINS, "isbn")
        for value in one.texts(name)
        if value
    ]


class _Numbered(msgspec.Struct, frozen=True):
    name: str
    url: str


@check(scope=Scope.SITE)
def brands_makers(run: SiteQuery, *, products: int = 10) -> Iterator[Observation]:
    """Not all of `products` or more products have the shop's own name for a brand. Shops that make what they sell may."""
    brands: dict[str, int] = defaultdict(int)
    shop: set[str] = set()
    first, spelled, looked = "", "", 0
    for looked, snapshot in enumerate(run.fetched(), 1):
        if looked > _MOST:
            break
        for item in snapshot.structured_data.items:
            if item.is_a("WebSite") or (item.is_a("Organization") and "Brand" not in item.types):
                shop.add(_plain(item.text("name")))
        if snapshot.page_type is PageType.PRODUCT:
            brand = next((item.text("brand") for item in own_items(snapshot) if item.text("brand")), "")
            if brand:
                brands[_plain(brand)] += 1
                if not first or snapshot.url < first:
                    first, spelled = snapshot.url, brand
    if sum(brands.values()) < products:
        yield inapplicable(f"fewer than {products} products with a brand were fetched")
    elif len(brands) == 1 and not shop.isdisjoint(brands):
        yield failed(
            "one brand", Excerpt("brand", spelled[:60]), page=first, written=spelled[:60], count=sum(brands.values())
        )


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


@check(scope=Scope.SITE)
def product_numbers_own(run: SiteQuery, *, products: int = 3) -> Iterator[Observation]:
    """No GTIN or SKU stands on `products` or more pages of products with different names, in one language.

    Variants of one product at several addresses have one name, and so have a page and its canonical.
    """
    found: dict[tuple[str, str, str], dict[str, _Numbered]] = defaultdict(dict)
    looked = 0
    for snapshot in run.fetched(PageType.PRODUCT):
        looked += 1
        if looked > _MOST:
            break
        mains = snapshot.offers.main
        name = next((" ".join(one.name.split()) for one in mains if one.name), "")
        page = _Numbered(name, snapshot.url)
        language = snapshot.meta.lang.lower()
        # Of a product with variants the numbers are theirs, and its own may be the group's
        single = [one for one in mains if not one.group and len(one.offers) <= 1]
        for kind, own in (
            (
                "GTIN",
                {number for one in single for number in (one.gtin, *(offer.gtin for offer in one.offers)) if number},
            ),
            ("SKU", {number for one in single for number in (one.sku, *(offer.sku for offer in one.offers)) if number}),
        ):
            for number in own if name else ():
                found[(kind, number[:80], language)].setdefault(name.casefold(), page)
    if not looked:
        yield inapplicable("no product was fetched")
        return
    for (kind, number, _), pages in found.items():
        if len(pages) < products:
            continue
        some = sorted(
            pages.values(), key=lambda one: one.url
        )  # pages come in the order they were fetched, which no two runs share
        yield failed(
            f"{kind} {number}",
            *(Excerpt(one.name, one.url) for one in some[:5]),
            page=some[0].url,
            severity=None if kind == "GTIN" else Severity.MINOR,
            certainty=None if kind == "GTIN" else Certainty.LIKELY,
            kind=kind,
            number=number,
            count=len(some),
            names=[one.name for one in some[:3]],
        )
