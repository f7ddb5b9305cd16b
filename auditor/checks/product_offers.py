"""Checks of offers in the markup: ranges, nothing for a price, one currency, countries, addresses, variants, how long they last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from babel import Locale

from auditor.checks.own_product import offers_of, own_items, with_variants
from auditor.checks.registry import check
from auditor.checks.rich_results import place_of
from auditor.facts.currency import CODES
from auditor.facts.items import Item, short
from auditor.facts.offers import Offer
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vocabulary
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import absolute
from auditor.model.words import Certainty

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_TRACKING = re.compile(
    r"(?i)utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|_gl|srsltid|ref_?src|pk_\w+|mtm_\w+|variant_utm"
)
_REGIONS = ("eligibleRegion", "areaServed", "ineligibleRegion", "availableAtOrFrom", "eligibleCustomerType")
_LASTS = ("priceValidUntil", "validThrough", "availabilityEnds")
_COUNTRIES_OF = ("MerchantReturnPolicy", "DefinedRegion", "OfferShippingDetails")
# What Google takes in variesBy
_VARIES = frozenset(
    {"color", "size", "suggestedAge", "suggestedGender", "material", "pattern", "suggestedMaxAge", "suggestedMinAge"}
)


@check(needs={"offers"})
def price_ranges_possible(snapshot: Snapshot) -> Iterator[Observation]:
    """The low price of a range is not above its high price, nor nothing where the high price is something."""
    ranges = [offer for offer in snapshot.offers.offers if offer.low is not None]
    if not ranges:
        yield inapplicable("no range of prices in the markup")
        return
    told: set[str] = set()
    for offer in ranges:
        if offer.low is None:
            continue
        if offer.high is not None and offer.low > offer.high:
            target, fault, sure = "reversed", f"begins at {offer.low} and ends at {offer.high}", None
        elif offer.low == 0 and (offer.high is None or offer.high > 0):
            # A free variant is possible
            target, fault, sure = "zero", "begins at 0", Certainty.LIKELY
        else:
            continue
        if target not in told:
            told.add(target)
            written = f"lowPrice {offer.low_written}, highPrice {offer.high_written or '(none)'}"
            yield failed(
                f"{offer.source} {target}", Excerpt("range", written, where=_place(offer)), certainty=sure, fault=fault
            )


@check(needs={"offers"})
def prices_above_zero(snapshot: Snapshot) -> Iterator[Observation]:
    """No offer of the product costs 0 in the markup."""
    offers = [offer for offer in snapshot.offers.offers if offer.price is not None]
    if not offers:
        yield inapplicable("no price in the markup")
        return
    free = [offer for offer in offers if offer.price == 0]
    if free:
        yield failed(
            free[0].source,
            Excerpt("price", free[0].written or "0", where=_place(free[0])),
            # One of several may be free on purpose: a sample, a plan
            certainty=None if len(free) == len(offers) else Certainty.NEEDS_REVIEW,
            count=len(free),
            whole=len(offers),
            name=free[0].name or next((one.name for one in snapshot.offers.main if one.name), "the product"),
        )


@check(needs={"structured_data", "offers"})
def one_currency_in_markup(snapshot: Snapshot) -> Iterator[Observation]:
    """The offers of a product, and what their delivery costs, are in one currency. Offers for certain countries may differ."""
    looked = False
    for item in own_items(snapshot):
        offers = [offer for one in with_variants(item) for offer in offers_of(one)]
        known = [(offer, code) for offer in offers if (code := offer.text("priceCurrency").upper()) in CODES]
        if not known:
            continue
        looked = True
        codes = sorted({code for offer, code in known if not any(name in offer.properties for name in _REGIONS)})
        if len(codes) > 1:
            yield failed(
                f"offers {' '.join(codes)}",
                *(Excerpt("offer", code, where=place_of(offer)) for offer, code in known[:4]),
                certainty=Certainty.LIKELY,
                what="The offers of the product",
                currencies=codes,
            )
            return
        for offer, code in known:
            rates = [rate for detail in offer.items("shippingDetails") for rate in detail.items("shippingRate")]
            other = next((one for one in rates if one.text("currency").upper() not in ("", code)), None)
            if other is not None:
                yield failed(
                    f"shipping {code} {other.text('currency').upper()}",
                    Excerpt("offer", code, where=place_of(offer)),
                    Excerpt("shipping", other.text("currency"), where=place_of(other)),
                    what="An offer and its shippingRate",
                    currencies=[code, other.text("currency").upper()],
                )
                return
    if not looked:
        yield inapplicable("no currency in the markup")


@check(needs={"structured_data"})
def countries_by_code(snapshot: Snapshot) -> Iterator[Observation]:
    """Countries of delivery and returns are codes of ISO 3166-1 with two letters. Postal addresses may spell them out."""
    found: list[tuple[str, str, Item]] = []
    for item in snapshot.structured_data.walk():
        if item.types and item.types[0] in _COUNTRIES_OF:
            for name in ("applicableCountry", "returnPolicyCountry", "addressCountry"):
                found += [(name, value, item) for value in item.texts(name) if value]
    if not found:
        yield inapplicable("no country of delivery or returns in the markup")
        return
    told: set[str] = set()
    for name, value, item in found[:500]:
        if value.upper() not in _countries() and value not in told:
            told.add(value)
            yield failed(
                f"{name} {value[:40]}",
                Excerpt(name, value[:80], where=place_of(item)),
                name=name,
                written=value[:40],
            )


@cache
def _countries() -> frozenset[str]:
    known = (str(code) for code in Locale("en").territories)
    regions = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - regions


@check(needs={"offers", "meta"})
def offer_addresses_canonical(snapshot: Snapshot) -> Iterator[Observation]:
    """Offers name the product's own address: no campaign parameters, and the path of the canonical. A variant's parameter may follow."""
    offers = [offer for offer in snapshot.offers.offers if offer.url]
    if not offers:
        yield inapplicable("no offer names its address")
        return
    canonical = snapshot.meta.canonical
    told: set[str] = set()
    for offer in offers:
        url = absolute(snapshot.final_url, offer.url)
        if not url or not snapshot.site.owns(url):
            continue
        campaign = next((name for name, _ in _parameters(url) if _TRACKING.fullmatch(name)), "")
        if campaign and campaign not in told:
            told.add(campaign)
            yield failed(
                f"parameter {campaign}",
                Excerpt("offers.url", offer.url, where=_place(offer)),
                fault=f"carries the parameter {campaign}",
                url=url,
            )
        # Variants may have pages of their own
        several = any(one.group or len(one.offers) > 1 for one in snapshot.offers.main)
        if (
            canonical
            and not several
            and "path" not in told
            and _path(url) not in (_path(canonical), _path(snapshot.final_url))
        ):
            told.add("path")
            yield failed(
                "path",
                Excerpt("offers.url", offer.url, where=_place(offer)),
                Excerpt("canonical", canonical),
                certainty=Certainty.LIKELY,
                fault="is not the page's own",
                url=url,
            )


def _parameters(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query.replace("&amp;", "&"), keep_blank_values=True)[:50]
    except ValueError:
        return []


def _path(url: str) -> str:
    """The path without a slash at its end; a shop has one product under several collections."""
    try:
        path = urlsplit(url).path.rstrip("/").casefold()
    except ValueError:
        return ""
    _, collection, tail = path.partition("/products/")
    return f"/products/{tail}" if collection else path


@check(needs={"structured_data", "offers"})
def variants_told_apart(snapshot: Snapshot) -> Iterator[Observation]:
    """The variants of a group have numbers of their own, and differ by what variesBy says.

    A variant that says no more than its address is described there.
    """
    groups = [item for item in own_items(snapshot) if "ProductGroup" in item.types]
    if not groups:
        yield inapplicable("no product with variants in the markup")
        return
    for group in groups:
        variants = [one for one in group.items("hasVariant") if len(one.properties) > 1][:500]
        for name in ("sku", "gtin", "gtin13", "gtin12", "gtin14", "gtin8"):
            counted = Counter(number for one in variants if (number := one.text(name)))
            number, times = next(iter(counted.most_common(1)), ("", 0))
            if times > 1:
                yield failed(
                    f"same {name}",
                    Excerpt(name, number[:60], where=place_of(group)),
                    fault=f"{times} variants have the {name} {number[:60]}",
                )
        for written in group.texts("variesBy"):
            name = short(written)
            if written and "://" not in name and name not in _VARIES:
                known = next((one for one in _VARIES if one.casefold() == name.casefold()), "") or vocabulary.meant(
                    name
                )
                yield failed(
                    f"variesBy {name[:60]}",
                    Excerpt("variesBy", written[:80], where=place_of(group)),
                    # Other properties of schema.org are no mistake, though Google does not read them
                    certainty=Certainty.LIKELY if name in vocabulary.names() else None,
                    fault=f"variesBy says “{written[:60]}”, which is none of the properties that variants are told apart by"
                    + (f" ({known} may be meant)" if known else ""),
                )
            elif (
                name in _VARIES
                and (lacking := [one for one in variants if name not in one.properties])
                and len(variants) > 1
            ):
                yield failed(
                    f"without {name}",
                    Excerpt("variant", lacking[0].text("name") or lacking[0].text("sku"), where=place_of(lacking[0])),
                    certainty=Certainty.LIKELY,
                    fault=f"variesBy says {name}, which {len(lacking)} of {len(variants)} variants don't state",
                )


@check(needs={"structured_data", "offers"})
def prices_still_valid(snapshot: Snapshot) -> Iterator[Observation]:
    """No priceValidUntil (validThrough, availabilityEnds) was over when the page was sent, by its Date header; a day of grace for time zones."""
    yield from _lasting(snapshot, over=True, days=0)


@check(needs={"structured_data", "offers"})
def prices_valid_longer(snapshot: Snapshot, *, days: int = 14) -> Iterator[Observation]:
    """No priceValidUntil ends within `days` days of the page's Date header. Those that are over are `prices_still_valid`'s."""
    yield from _lasting(snapshot, over=False, days=days)


def _lasting(snapshot: Snapshot, *, over: bool, days: int) -> Iterator[Observation]:
    found = _dates(snapshot)
    if not found:
        yield inapplicable("no priceValidUntil in the markup")
        return
    try:
        sent = parsedate_to_datetime(snapshot.header("date") or "").date()
    except (ValueError, TypeError, IndexError, OverflowError):
        yield cant_tell("the page does not say when it was sent")
        return
    for name, until, written, item in found:
        ended = until < sent - timedelta(days=1)
        if ended is not over or (not over and not sent <= until <= sent + timedelta(days=days)):
            continue
        yield failed(
            name,
            Excerpt(name, written, where=place_of(item)),
            name=name,
            until=until.isoformat(),
            sent=sent.isoformat(),
            days=(until - sent).days,
            expires_at=until.isoformat(),
        )
        return


def _dates(snapshot: Snapshot) -> list[tuple[str, date, str, Item]]:
    """(property, day, as written, item) of everything that says how long an offer of the page's product lasts."""
    offers = [offer for product in own_items(snapshot) for one in with_variants(product) for offer in offers_of(one)]
    # What members pay has a time of its own
    specified = [
        spec for offer in offers for spec in offer.items("priceSpecification") if not spec.text("validForMemberTier")
    ]
    return [
        (name, until, item.text(name)[:60], item)
        for item in (*offers, *specified)
        for name in _LASTS
        if (until := _day(item.text(name))) is not None
    ]


def _day(written: str) -> date | None:
    match = _DATE.match(written.strip())
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _place(offer: Offer) -> str:
    return f"{offer.source} {offer.path}, line {offer.line}"
