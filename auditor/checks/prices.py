"""Checks of prices as they are shown: readable, possible, in one currency, in every browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from auditor.checks.price_words import locale_of, moment, money, shown_excerpt
from auditor.checks.registry import check
from auditor.facts.prices import PriceFact
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, Scope

_UNFILLED = re.compile(r"(?i)nan|undefined|null|\{\{")
_CENT = Decimal("0.01")
_UNSET_VIEWPORT = 980  # CSS pixels that phones lay a page out at which names no viewport
# Where the total of a basket stands, by what themes call the place
_TOTAL = re.compile(
    r"(?i)(?:mini|header|top|blo[ck]*|drawer|side|shopping|ajax)[-_]?(?:cart|basket|bag)|(?<!to)(?<!to[-_])(?<!\w)(?:cart|basket|bag|warenkorb|panier)[-_]*"
    r"(?:total|sub-?total|amount|price|sum|contents|summary|drawer|preview|popup|link|icon|counter|notification|btn|button|block)|sub-?total|(?<![-\w])(?:cart|basket)(?![-\w])"
)
_CONVERTED = re.compile(r"(?i)[≈~]|\b(?:approx|about|ca\.|circa|environ|etwa)")


@check(needs={"shown_prices", "offers", "layout", "twins"})
def main_price_readable(snapshot: Snapshot) -> Iterator[Observation]:
    """Where the main product's price should stand there is an amount, not "$NaN", "undefined", a bare sign or nothing.

    A sign alone is likely a fault only: the digits may be a picture or stand where they were not read. So is a page without
    any price to be seen, whose product the markup prices and whose button sells it; where another screen shows one, the
    rule about screens tells of it.
    """
    shown = snapshot.shown_prices
    if shown.main is not None:
        return
    one = shown.unreadable_main
    if one is None:
        priced = next((offer for offer in snapshot.offers.offers if offer.price is not None and offer.price > 0), None)
        if (
            priced is not None
            and not any(fact.visible and fact.scope != "card" for fact in shown.items)
            and _sold(snapshot)
        ):
            hidden = next((fact for fact in shown.items if fact.scope == "main"), None)
            yield failed(
                "missing",
                *([Excerpt("hidden", hidden.text, where=hidden.selector)] if hidden else []),
                Excerpt("markup", f"{priced.written or priced.price} {priced.currency}".strip()),
                certainty=Certainty.LIKELY,
                shown=f"no price, though {'one is there, hidden,' if hidden else 'the markup has one'} and the product is sold",
            )
        elif not shown.items:
            yield inapplicable("no price on the page")
        return
    words = bool(_UNFILLED.search(one.text))
    if not words and any(character.isdigit() for character in one.before[-20:] + one.after[:20]):
        return
    yield failed(
        "unfilled" if words else "sign only",
        Excerpt("price", one.text, where=one.selector, box=one.box if one.box[2] and one.box[3] else None),
        certainty=None if words and shown.scoped else Certainty.LIKELY,
        shown=f"“{one.text}”",
    )


def _sold(snapshot: Snapshot) -> bool:
    elsewhere = any(not twin.missing("shown_prices") and twin.shown_prices.main is not None for twin in snapshot.twins)
    return not elsewhere and any(
        part.name == "add_to_cart" and part.sure and part.state == "free" and not part.disabled
        for part in snapshot.layout.parts
    )


@check(needs={"shown_prices"})
def main_price_not_zero(snapshot: Snapshot) -> Iterator[Observation]:
    """The main product's price is more than zero."""
    main = snapshot.shown_prices.main
    if main is None:
        yield cant_tell(snapshot.shown_prices.ambiguous or "no price was found in the page")
    elif main.amount <= 0 and (main.high is None or main.high <= 0):
        yield failed("zero", shown_excerpt(main), shown=main.text)


@check(needs={"shown_prices", "texts"})
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
        shown_excerpt(main),
        Excerpt("before", was.text, where=was.selector),
        certainty=None if was.struck and main.scope == "main" else Certainty.LIKELY,
        now=money(main.amount, main.currency, locale_of(snapshot)),
        was=money(was.amount, was.currency, locale_of(snapshot)),
        how="the same as" if was.amount == main.amount else "lower than",
    )


@check(needs={"shown_prices"})
def one_currency(snapshot: Snapshot) -> Iterator[Observation]:
    """The prices of products on a page are in one currency.

    Converted amounts ("≈ 40 €") and what a basket comes to don't count, nor does a sign that may mean the other prices'
    currency: "$" beside euros is another one whichever dollar it is.
    """
    told = [
        fact
        for fact in snapshot.shown_prices.items
        if fact.visible
        and fact.scope in ("main", "card")
        and fact.role in ("now", "was", "from", "range")
        and not _CONVERTED.search(fact.text)
        and not (fact.scope == "card" and (fact.amount == 0 or _TOTAL.search(fact.selector)))
    ]
    facts = [fact for fact in told if fact.currency]
    if not facts:
        yield inapplicable("no product's price with a clear currency")
        return
    firsts = {fact.currency: fact for fact in reversed(facts)}
    clear = tuple(firsts)
    for fact in told:
        if fact.symbol and not fact.currency and not any(fact.may_be_in(code) for code in clear):
            firsts[fact.symbol] = fact
    if len(firsts) > 1:
        yield failed(
            " ".join(sorted(firsts)),
            *(Excerpt(code, fact.text, where=fact.selector) for code, fact in sorted(firsts.items())[:4]),
            currencies=sorted(firsts),
        )


@check(needs={"shown_prices", "texts", "again"})
def price_stays(snapshot: Snapshot) -> Iterator[Observation]:
    """The main product's price is the same at both looks, of a page that was opened twice because something about it differed.

    Clear prices only, of one form (with or without tax) and one currency, and both looks by one browser on one device: what
    another one shows is `price_same_everywhere`'s.
    """
    again = _again(snapshot)
    if again is None:
        yield inapplicable("opened once")
        return
    if lacking := again.missing("texts"):
        yield cant_tell(f"at the second look: {lacking}")
        return
    first, later = snapshot.shown_prices.main, again.shown_prices.main
    if first is None or later is None or not (_clear(first) and _clear(later)):
        yield cant_tell("no single clear price at one of the two looks")
    elif (first.currency, first.tax) != (later.currency, later.tax):
        yield cant_tell("the two looks have another currency, or tax said otherwise")
    elif abs(first.amount - later.amount) >= _CENT:
        locale = locale_of(snapshot)
        yield failed(
            "changed",
            shown_excerpt(first),
            Excerpt("first look", f"{first.text}, {moment(snapshot.at)}", where=first.selector),
            Excerpt("second look", f"{later.text}, {moment(again.at)}", where=later.selector),
            first=money(first.amount, first.currency, locale),
            then=money(later.amount, later.currency, locale),
            at=moment(snapshot.at),
            later=moment(again.at),
        )


def _clear(price: PriceFact) -> bool:
    return price.role == "now" and not price.ambiguous and price.visible


@check(scope=Scope.PAGE, needs={"shown_prices", "visit", "console", "meta"})
def price_on_every_screen(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """The main price that one browser shows is not hidden, or off the screen's side, in another one, nor lost with a script's error."""
    if len(views) < 2:
        yield inapplicable("seen with one browser and device only")
        return
    seen = [(view, main) for view in views if (main := view.shown_prices.main) is not None and _on_screen(view, main)]
    if not seen:
        yield cant_tell("no browser showed a single main price")
        return
    amounts = {main.amount for _, main in seen}
    for view in views:
        shown = view.shown_prices
        there = [fact for fact in shown.items if fact.scope == "main" and fact.role in ("now", "from", "range")]
        beside = [fact for fact in shown.items if fact.scope == "other" and fact.amount in amounts]  # a bar that stays
        # Without the block of the main product the page was read otherwise
        if not shown.scoped or any(fact.visible and _on_screen(view, fact) for fact in (*there, *beside)):
            continue
        hidden = next((fact for fact in there if fact.amount in amounts), None)
        # without an error it may only be late
        gone = not there and not any(fact.amount in amounts for fact in shown.items) and view.console.errors
        if hidden is not None or gone:
            yield failed(
                f"{'hidden' if hidden else 'lacking'} {view.key.client.device}",
                shown_excerpt(hidden or seen[0][1]),
                seen_by=str(view.key.client),
                client=str(view.key.client),
                other=str(seen[0][0].key.client),
                price=(hidden or seen[0][1]).text,
                how="hidden" if hidden else "not there (and a script throws an error)",
            )


@check(scope=Scope.PAGE, needs={"shown_prices", "texts", "again"})
def price_same_everywhere(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """The main product costs the same in every browser and on every device.

    Clear prices only, of one form (with or without tax) and one currency. A price that the same browser saw change between two
    looks is `price_stays`'s.
    """
    clear = [(view, main) for view in views if (main := view.shown_prices.main) is not None and _clear(main)]
    if len(clear) < 2:
        yield inapplicable("no two browsers or devices showed a single clear price")
        return
    first, here = clear[0]
    for view, main in clear[1:]:
        alike = (main.currency, main.tax) == (here.currency, here.tax)
        if not alike or abs(main.amount - here.amount) < _CENT or _changed(first) or _changed(view):
            continue
        locale = locale_of(view)
        yield failed(
            f"differs {view.key.client.device}",
            Excerpt(str(first.key.client), f"{here.text}, {moment(first.at)}", where=here.selector),
            shown_excerpt(main),
            seen_by=str(view.key.client),
            client=str(view.key.client),
            other=str(first.key.client),
            price=money(main.amount, main.currency, locale),
            elsewhere=money(here.amount, here.currency, locale),
        )


def _again(view: Snapshot) -> Snapshot | None:
    """The second look by the same browser on the same device."""
    again = view.again
    return again if again is not None and again.key.client == view.key.client else None


def _changed(view: Snapshot) -> bool:
    again = _again(view)
    if again is None or again.missing("texts"):
        return False
    first, later = view.shown_prices.main, again.shown_prices.main
    return first is not None and later is not None and abs(first.amount - later.amount) >= _CENT


def _on_screen(view: Snapshot, fact: PriceFact) -> bool:
    """Whether some of it lies between the screen's sides; unknown sizes count as on it.

    A page without a viewport is laid out at the width of a desktop, and a phone shows all of it, small.
    """
    x, _, width, height = fact.box
    screen = view.visit.viewport[0]
    if screen and not any(view.meta.viewports):
        screen = max(screen, _UNSET_VIEWPORT)
    return not (width and height and screen) or (x + width > 1 and x < screen - 1)
