"""Checks of the price shown against what the page says elsewhere: markup, platform, data layer, social tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from auditor.checks.price_words import locale_of, moment, money, shown_excerpt
from auditor.checks.registry import check
from auditor.checks.second_look import looked_twice
from auditor.facts import price_compare
from auditor.facts.currency import CODES
from auditor.facts.main_price import MONTHLY
from auditor.facts.offers import Offer
from auditor.facts.price_compare import Comparison, compare
from auditor.facts.prices import PriceFact, ShownPrices
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty

_PLAIN = re.compile(r"\d{1,9}(?:\.\d{1,6})?")


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """A price that some source states. `beside`: what the same source states for other variants."""

    amount: Decimal
    currency: str
    written: str
    where: str
    source: str
    beside: tuple[Decimal, ...] = ()


@check(needs={"shown_prices", "offers", "twins", "again", "texts"})
@looked_twice
def shown_price_in_markup(snapshot: Snapshot) -> Iterator[Observation]:
    """The main product's price as shown is the price of one of its offers in JSON-LD or microdata.

    Where either is unclear (no single main price, an ambiguous number, another currency), it can't be told. A page whose
    offers have several prices (variants), or that shows prices without tax, is likely only; so is one that another client,
    at another moment, saw agree. The target is the kind of difference, so that one fault of a template is one problem.
    """
    stated = [offer for offer in snapshot.offers.offers if _amounts(offer)]
    if not stated:
        if snapshot.offers.ambiguous:
            yield cant_tell(f"which product of the markup is this page's is not clear: {snapshot.offers.ambiguous}")
        else:
            yield inapplicable("no price in the markup")
        return
    main = snapshot.shown_prices.main
    if main is None or main.ambiguous:
        yield cant_tell(_unclear(snapshot.shown_prices))
        return
    same = [offer for offer in stated if main.may_be_in(offer.currency)]
    if not same:
        yield cant_tell(f"shown in {main.currency or main.symbol}, the markup is in {stated[0].currency}")
        return
    for source in dict.fromkeys(offer.source for offer in same):
        offers = [offer for offer in same if offer.source == source]
        if not any(_agrees(main, snapshot.shown_prices, offer) for offer in offers):
            yield _differs(snapshot, main, offers, source)


@check(needs={"shown_prices", "platform_prices", "market", "again", "texts"})
@looked_twice
def shown_price_in_platform(snapshot: Snapshot) -> Iterator[Observation]:
    """The price shown is the one that the platform's own data in the page has for this product or one of its variants."""
    items = snapshot.platform_prices.of("platform")
    chosen = [item for item in items if item.selected] or items
    if not chosen:
        yield inapplicable("the platform's data in the page has no price")
        return
    said = [
        _Said(
            amount=item.amount,
            currency=item.currency,
            written=item.written,
            where=item.where,
            source="platform",
            beside=tuple(other.amount for other in items if other.variant != item.variant),
        )
        for item in chosen
    ]
    yield from _against(snapshot, said, snapshot.shown_prices, unsure=len({one.amount for one in said}) > 1)


@check(needs={"shown_prices", "platform_prices", "pushes", "market", "again", "texts"})
@looked_twice
def shown_price_in_data_layer(snapshot: Snapshot) -> Iterator[Observation]:
    """The price shown is the one that the data layer gives for the product looked at. Some shops measure without tax."""
    said = [
        _Said(
            amount=item.amount, currency=item.currency, written=item.written, where=item.where, source="the data layer"
        )
        for item in snapshot.platform_prices.of("data layer")
    ] or list(_pushed(snapshot))
    if not said:
        yield inapplicable("no price of the product looked at in the data layer")
        return
    yield from _against(snapshot, said, snapshot.shown_prices, unsure=True)


def _pushed(snapshot: Snapshot) -> Iterator[_Said]:
    """The one product of each view_item that was pushed: what scripts put together, or write as no JSON, the HTML doesn't tell."""
    for event in snapshot.pushes:
        if event.ecommerce != "view_item" or len(event.items) != 1:
            continue
        written = event.items[0].price
        amount = Decimal(written) if _PLAIN.fullmatch(written) else Decimal(0)
        if amount > 0:
            yield _Said(
                amount=amount,
                currency=event.currency if event.currency in CODES else "",
                written=written,
                where="pushed to the data layer",
                source="the data layer",
            )


@check(needs={"shown_prices", "endpoint_prices", "market", "again", "texts"})
@looked_twice
def shown_price_at_endpoint(snapshot: Snapshot) -> Iterator[Observation]:
    """The price shown is the one that the platform's public endpoint tells, of the variant shown or of any.

    It was asked at another moment and without the browser's session, so nothing is proven; a difference by a tax needs review.
    """
    items = snapshot.endpoint_prices
    if not items:
        yield cant_tell("the answer has no price of this product")
        return
    chosen = [item for item in items if item.selected] or items
    said = [
        _Said(
            amount=one.amount,
            currency=one.currency or _of_platform(snapshot),
            written=f"{one.amount:f}",  # as answered it is in cents
            where=one.where,
            source="the endpoint",
            beside=tuple(other.amount for other in items if other.variant != one.variant),
        )
        for one in chosen
    ]
    for one in _against(snapshot, said, snapshot.shown_prices, unsure=True):
        tax = one.target.endswith("% tax")
        yield msgspec.structs.replace(one, certainty=Certainty.NEEDS_REVIEW) if tax else one


def _of_platform(snapshot: Snapshot) -> str:
    """The currency that the platform's own scripts name: an app may show prices in another one."""
    return snapshot.market.currency if snapshot.market.currency_from == "platform" else ""


@check(needs={"shown_prices", "offers", "market", "again", "texts"})
@looked_twice
def shown_price_in_social_tags(snapshot: Snapshot) -> Iterator[Observation]:
    """The price shown is the one in `product:price:amount` or `og:price:amount`; the lowest of a range is right, too."""
    said = [
        _Said(
            amount=amount, currency=offer.currency, written=offer.written or "", where=offer.path, source="social tags"
        )
        for offer in snapshot.offers.social
        if (amount := offer.price if offer.price is not None else offer.reading) is not None and amount > 0
    ]
    if not said:
        yield inapplicable("no price among the social tags")
        return
    yield from _against(snapshot, said, snapshot.shown_prices, unsure=len({one.amount for one in said}) > 1)


def _against(snapshot: Snapshot, said: Sequence[_Said], shown: ShownPrices, *, unsure: bool) -> Iterator[Observation]:
    """One fault where none of the stated prices is the one shown; another market's are not compared."""
    main = shown.main
    if main is None or main.ambiguous:
        yield cant_tell(_unclear(shown))
        return
    same = [one for one in said if main.may_be_in(one.currency)]
    if not same:
        yield cant_tell(f"shown in {main.currency or main.symbol}, {said[0].source} has {said[0].currency}")
        return
    if snapshot.market.converted and not any(one.currency for one in same):
        yield cant_tell("the shop converts prices for this market, and the source does not say its currency")
        return
    results = [(compare(main, shown, one.amount, one.currency, one.beside), one) for one in same]
    if any(result.same for result, _ in results):
        return
    result, nearest = min(results, key=lambda pair: abs(pair[1].amount - main.amount))
    currency = main.currency or nearest.currency
    yield failed(
        " ".join(filter(None, (nearest.source if nearest.source != "platform" else "", _kind(result)))),
        shown_excerpt(main),
        Excerpt("stated", f"{nearest.written} {nearest.currency}".strip(), where=nearest.where),
        Excerpt("looked at", moment(snapshot.at)),
        certainty=Certainty.LIKELY
        if unsure
        or result.kind == price_compare.VARIANT
        or _unsure(main, shown)
        or _with_tax(main, nearest.amount, result)
        or not (main.currency or nearest.currency)
        else None,
        shown=money(main.amount, currency, locale_of(snapshot)),
        stated=money(nearest.amount, currency, locale_of(snapshot)),
        hint=_hint(result),
    )


def _unclear(shown: ShownPrices) -> str:
    if shown.main is not None:
        return f"the price shown can be read in several ways: {shown.main.ambiguous}"
    why = shown.ambiguous
    return f"no single main price was found: {why}" if why else "no price was found in the page"


def _unsure(main: PriceFact, shown: ShownPrices) -> bool:
    """Where a difference may be right: a range, a price each month, prices without tax, a sign that only the markup explains."""
    return (
        main.role != "now"
        or main.why == MONTHLY
        or main.tax == "excl"
        or shown.other_form is not None
        or not main.currency
        or main.currency_from in ("markup", "scripts")
    )


def _with_tax(main: PriceFact, stated: Decimal, result: Comparison) -> bool:
    """Whether the stated amount may be the same price with tax, which the theme's class names say the one shown is without."""
    return result.kind == price_compare.TAX and main.tax_class == "excl" and stated > main.amount


def _amounts(offer: Offer) -> list[Decimal]:
    """Every amount at which the offer can be had: its price, its range, those of its specifications without a unit."""
    found = [offer.price if offer.price is not None else offer.reading, offer.low, offer.high]
    return [amount for amount in found if amount is not None and amount > 0]


def _agrees(main: PriceFact, shown: ShownPrices, offer: Offer) -> bool:
    amounts = _amounts(offer)
    if any(compare(main, shown, amount).same for amount in amounts):
        return True
    wanted = [main.amount] if main.high is None else [main.amount, main.high]
    low, high = min(amounts), max(amounts)
    return low < high and all(low <= one <= high for one in wanted)


def _differs(snapshot: Snapshot, main: PriceFact, offers: Sequence[Offer], source: str) -> Observation:
    shown = snapshot.shown_prices
    nearest = min(offers, key=lambda offer: min(abs(amount - main.amount) for amount in _amounts(offer)))
    amount = min(_amounts(nearest), key=lambda one: abs(one - main.amount))
    result = compare(main, shown, amount, nearest.currency if main.currency else "")
    several = len({one for offer in offers for one in _amounts(offer)}) > 1
    looks, contradicted = _second_look(snapshot, source)
    # A product that is this page's only because it is the only one in the markup may be another one.
    taxed = _with_tax(main, amount, result)
    unsure = several or contradicted or taxed or _unsure(main, shown) or snapshot.offers.matched == "only"
    currency = main.currency or nearest.currency
    return failed(
        " ".join(filter(None, (source, _kind(result)))),
        shown_excerpt(main),
        Excerpt(
            "markup",
            f"{nearest.written or amount} {nearest.currency}".strip(),
            where=f"{source} {nearest.path}, line {nearest.line}",
        ),
        Excerpt("looked at", moment(snapshot.at)),
        *looks,
        certainty=Certainty.LIKELY if unsure else None,
        shown=money(main.amount, currency, locale_of(snapshot)),
        markup=money(amount, currency, locale_of(snapshot)),
        hint=_hint(result),
        source=source,
    )


def _second_look(snapshot: Snapshot, source: str) -> tuple[list[Excerpt], bool]:
    """What the other clients saw of the page at other moments, and whether one of them saw shown price and markup agree."""
    looks: list[Excerpt] = []
    contradicted = False
    here = snapshot.shown_prices.main
    for twin in snapshot.twins:
        if twin.missing("offers"):
            continue
        offers = [offer for offer in twin.offers.offers if offer.source == source and _amounts(offer)]
        # As fetched there is no shown price: its markup is held against the price shown here
        shown = snapshot.shown_prices if twin.missing("shown_prices") else twin.shown_prices
        main = here if twin.missing("shown_prices") else shown.main
        if not offers or main is None:
            continue
        agree = any(_agrees(main, shown, offer) for offer in offers)
        contradicted = contradicted or agree
        written = f"{main.text} shown, " if main is not here else ""
        said = offers[0].written_price
        looks.append(
            Excerpt(
                "another look, the same" if not agree else "another look, no difference",
                f"{written}{said} {offers[0].currency} in the markup, {moment(twin.at)}",
                where=str(twin.key.client),
            )
        )
    return looks[:3], contradicted


def _kind(result: Comparison) -> str:
    """The difference as part of a target; "" where it looks like none that is known."""
    if result.kind == price_compare.OTHER:
        return ""
    return f"{result.note}" if result.kind == price_compare.TAX else result.kind


def _hint(result: Comparison) -> str:
    if result.kind in (price_compare.OTHER, price_compare.CURRENCY):
        return "."
    if result.kind == price_compare.TAX:
        return f", which is the price {result.note}."
    if result.kind == price_compare.CENTS:
        return ", which is the price in the wrong unit (cents)."
    return f", which is {result.note}." if result.note else "."
