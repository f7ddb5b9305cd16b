"""Facts about two prices of one product: whether they are the same, and what kind of difference it looks like if not."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import msgspec

from auditor.facts.main_price import PAYMENT
from auditor.facts.prices import PriceFact, ShownPrices

# Standard and reduced rates that shops sell under; a difference by one of them has a name.
RATES = (20, 19, 21, 22, 23, 24, 25, 27, 18, 17, 16, 15, 13, 12, 10, 9, 8, 7, 6, 5.5, 5)
_CENT = Decimal("0.01")
_HUNDRED = (Decimal(100), Decimal("0.01"))
NOT_COMPARED = "not compared"
EQUAL, ROUNDING, TAX, BEFORE, VARIANT, CENTS, CURRENCY, OTHER = (
    "equal", "rounding", "tax", "before reduction", "wrong variant", "cents", "wrong currency", "other",
)  # fmt: skip


class Comparison(msgspec.Struct, frozen=True, omit_defaults=True):
    """`kind`: equal, rounding, tax, before reduction, wrong variant, cents, wrong currency, other. `note` says more for a person."""

    kind: str
    note: str = ""

    @property
    def same(self) -> bool:
        return self.kind in (EQUAL, ROUNDING)


def compare(
    main: PriceFact, shown: ShownPrices, amount: Decimal, currency: str = "", variants: Collection[Decimal] = ()
) -> Comparison:
    """A stated amount against the price that the page shows. `variants`: what the same source states for other variants."""
    if not main.may_be_in(currency):
        return Comparison(CURRENCY, f"shown in {main.currency or main.symbol}")
    if matches(main, amount):
        return Comparison(EQUAL)
    other = shown.other_form
    if other is not None and matches(other, amount):
        return Comparison(
            EQUAL, f"the price {'without' if other.amount < main.amount else 'with'} tax, which is shown too"
        )
    if any(_is_paid_so(item, main, amount) for item in shown.items):
        return Comparison(EQUAL, "the price for one way of paying, which is shown too")
    return difference(main.amount, amount, shown.was, variants)


def _is_paid_so(item: PriceFact, main: PriceFact, amount: Decimal) -> bool:
    return item.why == PAYMENT and item.visible and item.scope == main.scope and matches(item, amount)


def difference(
    shown: Decimal, stated: Decimal, was: PriceFact | None = None, variants: Collection[Decimal] = ()
) -> Comparison:
    """The kind of a difference between two amounts of one currency; what it looks like, not what it must be."""
    if abs(shown - stated) < _CENT:
        return Comparison(EQUAL)
    if _rounded(shown, stated):
        return Comparison(ROUNDING)
    if was is not None and abs(was.amount - stated) < _CENT:
        return Comparison(BEFORE, "the price before the reduction")
    if any(abs(one - shown) < _CENT for one in variants):
        return Comparison(VARIANT, "the price of another variant than the one shown")
    for rate in RATES:
        factor = 1 + Decimal(str(rate)) / 100
        if abs((stated * factor).quantize(_CENT) - shown) <= _CENT:
            return Comparison(TAX, f"without {rate:g} % tax")
        if abs((shown * factor).quantize(_CENT) - stated) <= _CENT:
            return Comparison(TAX, f"with {rate:g} % tax")
    if stated and shown / stated in _HUNDRED:
        return Comparison(CENTS, "in the wrong unit (cents)")
    return Comparison(OTHER)


def matches(fact: PriceFact, amount: Decimal) -> bool:
    """Whether a stated amount is the shown price, or an end of the shown range, or lies in it."""
    if abs(fact.amount - amount) < _CENT:
        return True
    return fact.high is not None and fact.amount <= amount <= fact.high


def _rounded(shown: Decimal, stated: Decimal) -> bool:
    """One is the other rounded to fewer decimals: 23 of 22.90, ¥1,299 of 1299.4; 49 of 49.99 is another price."""
    coarse, fine = sorted((shown, stated), key=_decimals)
    digits = _decimals(coarse)
    if digits >= _decimals(fine):
        return False
    half = Decimal(1).scaleb(-digits) / 2
    return abs(coarse - fine) <= half and abs(coarse - fine) * 50 <= abs(fine)  # 2 %: no rounding changes a price more


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
