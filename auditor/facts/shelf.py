"""Facts of what the shop sells on a product's page, in one record from all that saw it: what exports and feeds are held against."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import msgspec

from auditor.facts.addresses import view
from auditor.facts.gtin import digits_of, gtin_fault
from auditor.facts.items import Item
from auditor.facts.offer_price import read_price
from auditor.facts.prices import ShownPrices
from auditor.facts.snapshot import Snapshot
from auditor.model.expected import Delivery
from auditor.model.urls import crawl_key, without_fragment

_MOST_OFFERS = 300
_DESCRIPTION = 500  # characters, as of what exports say
_BLANKS = re.compile(r"\s+")


class ShelfOffer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to buy the product. `low` and `high`: of a range that stands for several variants."""

    sku: str = ""
    variant: str = ""  # the platform's number of it
    gtin: str = ""
    mpn: str = ""
    price: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str = ""
    availability: str = ""  # InStock
    source: str = ""  # json-ld, microdata, rdfa, platform
    name: str = ""
    where: str = ""


class ShelfPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product's page. `shown`: its prices as a browser showed them, None where none opened it or found one."""

    url: str
    final_url: str
    name: str = ""
    noindex: bool = False
    canonical: str = ""  # crawl key of the page it names, where that is another
    part: str = ""  # filtered, later, variant: it is a view of a page
    offers: tuple[ShelfOffer, ...] = ()
    numbers: tuple[str, ...] = ()  # SKUs and ids of the product itself
    gtins: tuple[str, ...] = ()
    mpns: tuple[str, ...] = ()
    image: bool | None = None  # None: cannot be told
    shown: ShownPrices | None = None
    button: str = ""  # words of the button that puts it into the cart, where it is known for sure
    usable: bool = False  # and can be pressed
    converted: bool = False  # the shop converts its prices for this market
    ambiguous: str = ""  # why it is not clear which product of the markup is the page's
    client: str = ""
    at: str = ""
    description: str = ""  # of the product in the markup, its first words
    delivery: tuple[Delivery, ...] = ()  # what its offers say of it, where they all say the same
    again: ShelfPage | None = None  # as it was when it was opened once more
    versions: str = ""  # of the addresses that it and its versions in other languages name as one set, a digest
    distance: int = 0  # from the market of the run: 0 in its language and country, 1 in its language, 2 for everybody else, 3 any other

    @property
    def listable(self) -> bool:
        return not self.noindex and not self.canonical and not self.part

    @property
    def places(self) -> set[str]:
        return {self.url, self.final_url}


def shelf_page(
    fetched: Snapshot, rendered: Sequence[Snapshot] = (), drop: Sequence[str] = (), again: Sequence[Snapshot] = ()
) -> ShelfPage:
    """The record of a page; what a browser saw counts before what was fetched, the first that knows a price before others."""
    seen = [one for one in rendered if not one.missing("document")]
    best = next((one for one in seen if not one.missing("shown_prices") and one.shown_prices.main), None)
    best = best or next(iter(seen), fetched)
    found = best.offers if best.offers.main else fetched.offers
    here, canonical = _key(fetched.final_url, drop), fetched.meta.canonical
    named = _key(canonical, drop) if canonical else ""
    images = [image for product in found.main for image in product.images]
    button = _button(best)
    versions, distance = _versions(fetched, here, drop)
    return ShelfPage(
        url=fetched.url,
        final_url=fetched.final_url,
        name=next(
            (product.name for product in found.main if product.name), fetched.meta.h1s[0] if fetched.meta.h1s else ""
        )[:200],
        noindex=fetched.meta.noindex,
        canonical=named if named != here else "",
        part=view(fetched.final_url, fetched.platform.id),
        offers=tuple(_offers(best if best.offers.main else fetched))[:_MOST_OFFERS],
        numbers=tuple(dict.fromkeys(filter(None, (number(product.sku) for product in found.main)))),
        gtins=tuple(dict.fromkeys(filter(None, (gtin(product.gtin) for product in found.main)))),
        mpns=tuple(dict.fromkeys(filter(None, (number(product.mpn) for product in found.main)))),
        image=bool(images or fetched.meta.property("og:image")) if found.main else None,
        shown=_shown(best),
        button=button[0],
        usable=button[1],
        converted=best.market.converted,
        ambiguous=found.ambiguous if found.others or found.main else "",
        client=str(best.key.client),
        at=best.at,
        description=_description(best) or _description(fetched),
        delivery=_delivery(best) or _delivery(fetched),
        again=_again(fetched, again, drop) if again else None,
        versions=versions,
        distance=distance,
    )


def _versions(fetched: Snapshot, here: str, drop: Sequence[str]) -> tuple[str, int]:
    """(set, distance from the market) of a page that stands itself among the versions that it names; pages of one set name the same."""
    named = [one for one in fetched.meta.hreflangs if one.source != "body" and one.url]
    keys = {_key(one.url, drop) for one in named}
    if len(keys) < 2 or here not in keys:
        return "", 0
    own = {one.hreflang.casefold().replace("_", "-") for one in named if _key(one.url, drop) == here}
    wanted = fetched.site.locale.casefold().replace("_", "-")
    language, country = wanted.partition("-")[0], fetched.site.country.casefold()
    if own & {wanted, f"{language}-{country}"} - {""}:
        distance = 0
    elif language and language in {code.partition("-")[0] for code in own}:
        distance = 1
    else:
        distance = 2 if "x-default" in own else 3
    # all of them, so that sets that share a page by mistake are not taken for one
    return hashlib.blake2b(" ".join(sorted(keys)).encode(), digest_size=12).hexdigest(), distance


def _again(fetched: Snapshot, later: Sequence[Snapshot], drop: Sequence[str]) -> ShelfPage:
    """What a second look says of what can be bought; without a browser it is another answer to the same request."""
    browsers = [one for one in later if one.key.client.is_browser]
    return shelf_page(fetched, browsers, drop) if browsers else shelf_page(later[0], (), drop)


def number(text: str) -> str:
    """A SKU or MPN as they are compared: letter case and blanks don't count."""
    return _BLANKS.sub("", text).casefold()[:200]


def gtin(text: str) -> str:
    """A GTIN as they are compared, with fourteen digits; "" for what can be none."""
    return digits_of(text).zfill(14) if text and not gtin_fault(text) else ""


def handle_of(url: str) -> str:
    """The last part of a path: what platforms export as handle, URL key or slug."""
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2].casefold()[:300]
    except ValueError:
        return ""


def variant_of(url: str) -> str:
    """The platform's number of the variant that an address names; "" where it names none."""
    try:
        return parse_qs(urlsplit(url).query).get("variant", [""])[0][:60]
    except ValueError:
        return ""


def base_of(url: str) -> str:
    """The address without the parameter that chooses a variant."""
    head, question, query = url.partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair.partition("=")[0].lower() != "variant")
    return f"{head}?{kept}" if question and kept else head


def _key(url: str, drop: Sequence[str]) -> str:
    return crawl_key(without_fragment(url), frozenset(drop))


def _offers(one: Snapshot) -> Iterator[ShelfOffer]:
    for product in one.offers.main:
        several = len(product.offers) > 1
        for offer in product.offers:
            yield ShelfOffer(
                sku=number(offer.sku or ("" if several else product.sku)),
                variant=variant_of(offer.url) or (offer.variant if offer.variant.isdigit() else ""),
                gtin=gtin(offer.gtin or ("" if several else product.gtin)),
                mpn=number(offer.mpn or ("" if several else product.mpn)),
                price=offer.price if offer.price is not None else offer.reading,
                low=offer.low,
                high=offer.high,
                currency=offer.currency,
                availability=offer.availability,
                source=offer.source,
                name=offer.name[:120],
                where=f"{offer.path}, line {offer.line}".strip(", "),
            )
    for stated in one.platform_prices.items:
        if stated.role == "now" and stated.source == "platform" and (stated.variant or stated.sku):
            yield ShelfOffer(
                sku=number(stated.sku),
                variant=stated.variant if stated.variant.isdigit() else "",
                price=stated.amount,
                currency=stated.currency,
                source="platform",
                where=stated.where,
            )


def _shown(one: Snapshot) -> ShownPrices | None:
    """Main price, old price and other form, without all the others of the page."""
    if one.missing("shown_prices") or one.shown_prices.main is None:
        return None
    shown = one.shown_prices
    return ShownPrices(
        main=shown.main, was=shown.was, other_form=shown.other_form, ambiguous=shown.ambiguous, scoped=shown.scoped
    )


def _delivery(one: Snapshot) -> tuple[Delivery, ...]:
    """Rates that the offers of the page's own product name for countries. Nothing where its variants differ."""
    own = {(product.source, product.block, product.path) for product in one.offers.main}
    said: list[tuple[Delivery, ...]] = []
    for item in one.structured_data.walk() if own else ():
        if (item.source, item.block, item.path) in own:
            offers = [offer for one in (item, *item.items("hasVariant")) for offer in one.items("offers")]
            said += [rates for offer in offers[:_MOST_OFFERS] if (rates := _rates(offer))]
    return said[0] if said and all(set(one) == set(said[0]) for one in said) else ()


def _rates(offer: Item) -> tuple[Delivery, ...]:
    found = []
    for detail in offer.items("shippingDetails")[:20]:
        countries = [
            code.upper()
            for place in detail.items("shippingDestination")
            for code in place.texts("addressCountry")
            if len(code) == 2
        ]
        for rate in detail.items("shippingRate"):
            amount = read_price([rate.first("value")], present=True)[1] if rate.first("value") is not None else None
            if amount is not None:
                found += [Delivery(country, amount, rate.text("currency").upper()) for country in countries[:60]]
    return tuple(found)


def _description(one: Snapshot) -> str:
    """What the markup says of the page's own product, where it is clear which that is."""
    own = {(product.source, product.block, product.path) for product in one.offers.main}
    for item in one.structured_data.walk() if own else ():
        if (item.source, item.block, item.path) in own and (text := item.text("description").strip()):
            return " ".join(text.split())[:_DESCRIPTION]
    return ""


def _button(one: Snapshot) -> tuple[str, bool]:
    if one.missing("layout"):
        return "", False
    part = next((part for part in one.layout.parts if part.name == "add_to_cart" and part.sure), None)
    return (part.text[:80], part.state == "free" and not part.disabled) if part is not None else ("", False)
