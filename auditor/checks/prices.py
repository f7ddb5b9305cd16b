"""Checks of prices: what is shown against what is said elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from babel.core import UnknownLocaleError
from babel.numbers import format_currency

from auditor.checks.registry import check
from auditor.facts.offers import Offer
from auditor.facts.prices import PriceFact, ShownPrices
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, Scope

# Standard and reduced rates that shops sell under; a difference by one of them has a name.
_RATES = (20, 19, 21, 22, 23, 24, 25, 27, 18, 17, 16, 15, 13, 12, 10, 9, 8, 7, 6, 5.5, 5)
_CENT = Decimal("0.01")
_UNFILLED = re.compile(r"(?i)nan|undefined|null|\{\{")
_CONVERTED = re.compile(r"(?i)[≈~]|\b(?:approx|about|ca\.|circa|environ|etwa)")


@check(needs={"shown_prices", "offers"})
def shown_price_in_markup(snapshot: Snapshot) -> Iterator[Observation]:
    """The main product's price as shown is the price of one of its offers in JSON-LD or microdata.

    Where either is unclear (no single main price, an ambiguous number, another currency), it can't be told. A page whose
    offers have several prices (variants), or that shows prices without tax, is likely only. The target is the kind of
    difference, so that one fault of a template is one problem for all its products.
    """
    stated = [offer for offer in snapshot.offers.offers if _amounts(offer)]
    if not stated:
        if snapshot.offers.ambiguous:
            yield cant_tell(f"which product of the markup is this page's is not clear: {snapshot.offers.ambiguous}")
        else:
            yield inapplicable("no price in the markup")
        return
    shown = snapshot.shown_prices
    main = shown.main
    if main is None:
        yield cant_tell(
            f"no single main price was found: {shown.ambiguous}"
            if shown.ambiguous
            else "no price was found in the page"
        )
        return
    if main.ambiguous:
        yield cant_tell(f"the price shown can be read in several ways: {main.ambiguous}")
        return
    same = [offer for offer in stated if not offer.currency or not main.currency or offer.currency == main.currency]
    if not same:
        yield cant_tell(f"shown in {main.currency}, the markup is in {stated[0].currency}")
        return
    for source in dict.fromkeys(offer.source for offer in same):
        offers = [offer for offer in same if offer.source == source]
        if not any(_agrees(main, offer) for offer in offers):
            yield _differs(snapshot, shown, main, offers, source)


def _amounts(offer: Offer) -> list[Decimal]:
    """Every amount at which the offer can be had: its price, its range, those of its specifications without a unit."""
    found = [offer.price if offer.price is not None else offer.reading, offer.low, offer.high]
    return [amount for amount in found if amount is not None and amount > 0]


def _agrees(main: PriceFact, offer: Offer) -> bool:
    amounts = _amounts(offer)
    wanted = [main.amount] if main.high is None else [main.amount, main.high]
    if any(abs(one - amount) < _CENT for one in wanted for amount in amounts):
        return True
    low, high = min(amounts), max(amounts)
    return low < high and all(low <= one <= high for one in wanted)


def _differs(
    snapshot: Snapshot, shown: ShownPrices, main: PriceFact, offers: Sequence[Offer], source: str
) -> Observation:
    nearest = min(offers, key=lambda offer: min(abs(amount - main.amount) for amount in _amounts(offer)))
    amount = min(_amounts(nearest), key=lambda one: abs(one - main.amount))
    cause, hint = _cause(main.amount, amount, shown.was)
    several = len({one for offer in offers for one in _amounts(offer)}) > 1 or main.role != "now"
    # A product that is this page's only because it is the only one in the markup may be another one.
    unsure = several or main.tax == "excl" or not main.currency or snapshot.offers.matched == "only"
    currency = main.currency or nearest.currency
    return failed(
        " ".join(filter(None, (source, cause))),
        Excerpt("shown", main.text, where=main.selector, box=main.box if main.box[2] and main.box[3] else None),
        Excerpt(
            "markup",
            f"{nearest.written or amount} {nearest.currency}".strip(),
            where=f"{source} {nearest.path}, line {nearest.line}",
        ),
        certainty=Certainty.LIKELY if unsure else None,
        shown=_money(main.amount, currency, snapshot.site.locale),
        markup=_money(amount, currency, snapshot.site.locale),
        hint=hint or ".",
        source=source,
    )


def _cause(shown: Decimal, markup: Decimal, was: PriceFact | None) -> tuple[str, str]:
    """What kind of difference it looks like, as a key and in words; empty where it looks like none."""
    if was is not None and abs(was.amount - markup) < _CENT:
        return "before reduction", ", which is the price before the reduction."
    for rate in _RATES:
        factor = 1 + Decimal(str(rate)) / 100
        if abs((markup * factor).quantize(_CENT) - shown) <= _CENT:
            return f"without {rate:g} % tax", f", which is the price without {rate:g} % tax."
        if abs((shown * factor).quantize(_CENT) - markup) <= _CENT:
            return f"with {rate:g} % tax", f", which is the price with {rate:g} % tax."
    if markup and shown / markup in (100, Decimal("0.01")):
        return "cents", ", which is the price in the wrong unit (cents)."
    return "", ""


def _money(amount: Decimal, currency: str, locale: str) -> str:
    if not currency:
        return f"{amount}"
    try:
        return format_currency(amount, currency, locale=locale.replace("-", "_") or "en")
    except (UnknownLocaleError, ValueError):
        return f"{amount} {currency}"


@check(needs={"shown_prices"})
def main_price_readable(snapshot: Snapshot) -> Iterator[Observation]:
    """Where the main product's price should stand there is an amount, not "$NaN", "undefined" or a bare sign.

    A sign alone is likely a fault only: the digits may be a picture or stand where they were not read.
    """
    shown = snapshot.shown_prices
    if shown.main is not None:
        return
    empty = [one for one in shown.unreadable if one.visible and not one.in_card]
    if shown.scoped:
        empty = [one for one in empty if one.in_main_product]
    if not empty:
        if not shown.items:
            yield inapplicable("no price on the page")
        return
    one = empty[0]
    words = bool(_UNFILLED.search(one.text))
    if not words and any(character.isdigit() for character in one.before[-20:] + one.after[:20]):
        return
    yield failed(
        "unfilled" if words else "sign only",
        Excerpt("price", one.text, where=one.selector, box=one.box if one.box[2] and one.box[3] else None),
        certainty=None if words and shown.scoped else Certainty.LIKELY,
        shown=one.text,
    )


@check(needs={"shown_prices"})
def main_price_not_zero(snapshot: Snapshot) -> Iterator[Observation]:
    """The main product's price is more than zero."""
    main = snapshot.shown_prices.main
    if main is None:
        yield cant_tell(snapshot.shown_prices.ambiguous or "no price was found in the page")
    elif main.amount <= 0 and (main.high is None or main.high <= 0):
        yield failed("zero", _shown(main), shown=main.text)


@check(needs={"shown_prices"})
def was_above_now(snapshot: Snapshot) -> Iterator[Observation]:
    """The main product's old price is higher than its present one. Of several old prices nobody knows which counts."""
    shown = snapshot.shown_prices
    main, was = shown.main, shown.was
    if main is None or was is None:
        yield inapplicable("no reduced price")
        return
    if main.role != "now" or main.ambiguous or was.ambiguous:
        yield cant_tell("the price is a range, or can be read in several ways")
        return
    old = {fact.amount for fact in shown.of("was", main.scope) if fact.visible}
    if len(old) > 1:
        if max(old) <= main.amount:
            yield cant_tell("several old prices")
        return
    if was.amount > main.amount or (was.tax and main.tax and was.tax != main.tax):
        return
    yield failed(
        "equal" if was.amount == main.amount else "lower",
        _shown(main),
        Excerpt("before", was.text, where=was.selector),
        certainty=None if was.struck and main.scope == "main" else Certainty.LIKELY,
        now=_money(main.amount, main.currency, snapshot.site.locale),
        was=_money(was.amount, was.currency, snapshot.site.locale),
        how="the same as" if was.amount == main.amount else "lower than",
    )


@check(needs={"shown_prices"})
def one_currency(snapshot: Snapshot) -> Iterator[Observation]:
    """The prices of products on a page are in one currency. Converted amounts ("≈ 40 €") and unclear signs don't count."""
    facts = [
        fact
        for fact in snapshot.shown_prices.items
        if fact.visible
        and fact.scope in ("main", "card")
        and fact.role in ("now", "was", "from", "range")
        and fact.currency
        and not _CONVERTED.search(fact.text)
    ]
    if not facts:
        yield inapplicable("no product's price with a clear currency")
        return
    firsts = {fact.currency: fact for fact in reversed(facts)}
    if len(firsts) > 1:
        yield failed(
            " ".join(sorted(firsts)),
            *(Excerpt(code, fact.text, where=fact.selector) for code, fact in sorted(firsts.items())[:4]),
            currencies=sorted(firsts),
        )


@check(scope=Scope.PAGE, needs={"shown_prices", "visit"})
def price_on_every_screen(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """The main price that one browser shows is not hidden, or off the screen's side, in another one."""
    if len(views) < 2:
        yield inapplicable("seen with one browser and device only")
        return
    seen = [(view, main) for view in views if (main := view.shown_prices.main) is not None and _on_screen(view, main)]
    if not seen:
        yield cant_tell("no browser showed a single main price")
        return
    for view in views:
        shown = view.shown_prices
        there = [fact for fact in shown.items if fact.scope == "main" and fact.role in ("now", "from", "range")]
        # Without the block of the main product, or without any amount in it, the page was read otherwise
        if not shown.scoped or not there or any(fact.visible and _on_screen(view, fact) for fact in there):
            continue
        hidden = next((fact for fact in there if fact.amount in {main.amount for _, main in seen}), None)
        if hidden is not None:
            yield failed(
                f"hidden {view.key.client.device}",
                _shown(hidden),
                seen_by=str(view.key.client),
                client=str(view.key.client),
                other=str(seen[0][0].key.client),
                price=hidden.text,
            )


def _on_screen(view: Snapshot, fact: PriceFact) -> bool:
    """Whether some of it lies between the screen's sides; unknown sizes count as on it."""
    x, _, width, height = fact.box
    screen = view.visit.viewport[0]
    return not (width and height and screen) or (x + width > 1 and x < screen - 1)


def _shown(fact: PriceFact) -> Excerpt:
    return Excerpt("shown", fact.text, where=fact.selector, box=fact.box if fact.box[2] and fact.box[3] else None)
