"""Facts about prices shown twice, in two currencies beside each other; called by prices only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from auditor.facts.prices import PriceFact

# One euro in a currency that it took the place of; for a year and more shops have to show both. Source: EU council regulations
_ONE_EURO = {"BGN": Decimal("1.95583"), "HRK": Decimal("7.5345"), "LTL": Decimal("3.4528"), "EEK": Decimal("15.6466")}
_ROLES = ("now", "from", "range", "regular", "was")
_CENT = Decimal("0.006")
_PAIRS = 3  # from which on a rate that nobody fixed is told from chance
_APART = Decimal("0.015")  # by which a converted amount may differ from the rate


def once(facts: list[PriceFact], together: Callable[[str, str], bool], expected: Callable[[], str]) -> list[PriceFact]:
    """The same prices, where of two amounts that are one price the one in the other currency is no price of its own.

    `expected` gives the currency of the market or the page; without one that fits, the euro is the price, or what stands first.
    """
    pairs: dict[frozenset[str], list[tuple[int, int]]] = defaultdict(list)
    at = 0
    while at + 1 < len(facts):
        one, other = facts[at], facts[at + 1]
        if _beside(one, other) and together(one.selector, other.selector):
            pairs[frozenset((one.currency, other.currency))].append((at, at + 1))
            at += 1  # what ends a pair begins none
        at += 1
    if not pairs:
        return facts
    base = expected()
    settled = list(facts)
    for currencies, places in pairs.items():
        said = _same(facts, currencies, places)
        if not said:
            continue
        first = facts[said[0][0]].currency
        kept = base if base in currencies else "EUR" if currencies & _ONE_EURO.keys() and "EUR" in currencies else first
        for pair in said:
            for at in pair:
                if facts[at].currency != kept:
                    settled[at] = msgspec.structs.replace(facts[at], role="other", why=f"the same in {kept} beside it")
    return settled


def _beside(one: PriceFact, other: PriceFact) -> bool:
    return (
        bool(one.currency and other.currency)
        and one.currency != other.currency
        and one.role in _ROLES
        and other.role in _ROLES
        and one.visible == other.visible
        and one.scope == other.scope
        and one.amount > 0
        and other.amount > 0
    )


def _same(
    facts: Sequence[PriceFact], currencies: frozenset[str], places: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Those of the pairs that are one price: at the fixed rate, or all at one rate."""
    fixed = next((_ONE_EURO[code] for code in currencies if code in _ONE_EURO), None)
    if fixed is not None and "EUR" in currencies:
        return [pair for pair in places if _at(facts, pair, fixed)]
    if len(places) < _PAIRS or len({facts[one].amount for one, _ in places}) < _PAIRS:
        return []
    rates = [_rate(facts, pair) for pair in places]
    usual = median(rates)
    return list(places) if all(abs(rate - usual) <= usual * _APART for rate in rates) else []


def _rate(facts: Sequence[PriceFact], pair: tuple[int, int]) -> Decimal:
    low, high = sorted((facts[at] for at in pair), key=lambda fact: fact.currency)
    return high.amount / low.amount


def _at(facts: Sequence[PriceFact], pair: tuple[int, int], rate: Decimal) -> bool:
    euro, other = sorted((facts[at] for at in pair), key=lambda fact: fact.currency != "EUR")
    return abs(euro.amount - other.amount / rate) <= _CENT or abs(euro.amount * rate - other.amount) <= _CENT
