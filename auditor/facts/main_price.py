"""Facts about shown prices: which of a page's prices is the main product's, which its old one; called by prices only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from auditor.facts.prices import PriceFact

_BIGGER = 1.1  # a font this much larger makes a price stand out from the others
_PRESENT = ("now", "from", "range", "upto")
_FEW_WORDS = 3  # beside an amount; more are a sentence that names it
_SENTENCE = 6  # words beside an amount that are no label
_WORD = re.compile(r"[^\W\d_]{2,}")
_HIGHEST_RATE = Decimal("1.3")  # no sales tax is higher
_OTHER_PRICES = ("conditional", "tier", "voucher")  # those of subscribers, members, larger quantities
_BY_LENGTH = re.compile(
    r"(?:m[²2]|qm|sqm|sq\.? ?(?:m|ft)|m|meter|metre|mètre|yards?|yd|lfm)\.?\s*\)?$", re.IGNORECASE
)  # what is sold by it
PAYMENT = "by one way of paying"  # why a price is present, and perhaps not everybody's
MONTHLY = "each month"  # why an amount by the month is the price: there is no other


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """`other_form`: the same price with or without tax, where the page shows both. `why_not`: why there is no main price."""

    main: PriceFact | None = None
    other_form: PriceFact | None = None
    why_not: str = ""


def choose(facts: Sequence[PriceFact], tax: str, *, scoped: bool) -> Chosen:
    """The main product's present price. Where several stand in one size nobody can tell, and it is not guessed.

    `scoped`: the block of the main product is known, so that a price outside it is another product's.
    """
    scope = "main" if scoped else "other"
    present = [fact for fact in facts if fact.role in _PRESENT and fact.visible]
    candidates = [fact for fact in present if fact.scope == scope] or _by_the_month(facts, scope)
    if not candidates:
        hidden = any(fact.scope != "card" and fact.role in _PRESENT for fact in facts)
        nothing = "no visible price of the main product" + (", only hidden ones" if hidden else "")
        return Chosen(why_not=nothing if facts else "no price on the page")
    if not scoped and len(_distinct(candidates)) > 1:
        several = f"there are {len(_distinct(candidates))} different prices"
        return Chosen(why_not=f"the block of the main product is not known and {several}")
    candidates = _joined(candidates)
    for narrow in (_biggest, _bare):
        if len(_distinct(candidates)) > 1:
            kept, other = _one_form(narrow(candidates), tax)
            if other is not None and kept is not None:
                return _checked(kept, other)
            candidates = narrow(candidates)
    if len(_distinct(candidates)) > 1:
        shown = ", ".join(fact.text[:30] for fact in candidates[:4])
        return Chosen(why_not=f"{len(_distinct(candidates))} different prices of the same size: {shown}")
    if not candidates:
        return Chosen(why_not="several prices, and their sizes are not known")
    # "From $18" beside "$18" of the variant says more
    main = max(candidates, key=lambda fact: (fact.font_px, fact.role != "now"))
    if main.role == "upto":
        return Chosen(why_not="only the upper end of a range")
    if main.why == PAYMENT and any(
        fact.scope == scope and fact.why != PAYMENT and fact.amount > main.amount for fact in present
    ):
        return Chosen(why_not="the price depends on how it is paid")
    if _unit_leads(facts, main):
        return Chosen(why_not="the price of a unit is shown larger than any other: either may be what is sold")
    return _checked(main, _other_form(main, [fact for fact in present if fact.scope == scope]))


def _unit_leads(facts: Sequence[PriceFact], main: PriceFact) -> bool:
    """Flooring and cloth by the square metre: "$49.00 / m²", and below it in smaller letters what a box or a roll of it costs."""
    return any(
        fact.role == "unit"
        and fact.scope == main.scope
        and fact.visible
        and fact.font_px > main.font_px > 0
        and _BY_LENGTH.search(fact.text)
        for fact in facts
    )


def old_price(facts: Sequence[PriceFact], main: PriceFact) -> PriceFact | None:
    """The old price that belongs to the main one: no other present price (a bundle's, a subscription's) stands between them."""
    best: PriceFact | None = None
    for direction in (1, -1):
        ordered = list(facts)[::direction]
        near = False
        for fact in ordered:
            if fact.scope != main.scope or not fact.visible:
                continue
            if fact.role in _PRESENT:
                # The price without tax is no other price
                same = (fact.amount, fact.high) == (main.amount, main.high)
                near = same or (near and is_other_form(fact, main))
            elif fact.role == "other" and fact.why in _OTHER_PRICES:
                near = False
            elif near and fact.role == "was" and fact.currency == main.currency:
                best = fact if best is None or _suits(fact, main) > _suits(best, main) else best
    return best


def _suits(old: PriceFact, main: PriceFact) -> tuple[bool, float]:
    """Where old prices stand with and without tax, as the present ones do, the one of the same form counts."""
    forms = {old.tax or old.tax_class, main.tax or main.tax_class}
    return forms != {"incl", "excl"}, old.font_px


def is_other_form(one: PriceFact, other: PriceFact) -> bool:
    """Whether two amounts can be the same price with and without tax: they say so, and differ by a possible rate."""
    if one.high is not None or other.high is not None or one.currency != other.currency:
        return False
    low, high = sorted((one, other), key=lambda fact: fact.amount)
    if not (0 < low.amount < high.amount <= low.amount * _HIGHEST_RATE):
        return False
    said = (low.tax or low.tax_class, high.tax or high.tax_class)
    return said in (("excl", "incl"), ("excl", ""), ("", "incl"))


def _checked(main: PriceFact, other: PriceFact | None) -> Chosen:
    return Chosen(why_not=main.ambiguous) if main.ambiguous else Chosen(main=main, other_form=other)


def _one_form(candidates: Sequence[PriceFact], tax: str) -> tuple[PriceFact | None, PriceFact | None]:
    """Of two amounts that are one price with and without tax the one that the market asks for: with tax unless it says excl."""
    first = {(fact.amount, fact.high, fact.currency): fact for fact in reversed(candidates)}
    if len(first) != 2:
        return None, None
    low, high = sorted(first.values(), key=lambda fact: fact.amount)
    if not is_other_form(low, high):
        return None, None
    return (low, high) if tax == "excl" else (high, low)


def _other_form(main: PriceFact, present: Sequence[PriceFact]) -> PriceFact | None:
    return next((fact for fact in present if is_other_form(fact, main)), None)


def _joined(candidates: Sequence[PriceFact]) -> list[PriceFact]:
    """ "From $61" and "To $77" next to each other are one range."""
    joined: list[PriceFact] = []
    for fact in candidates:
        before = joined[-1] if joined else None
        if fact.role == "upto" and before is not None and before.role == "from" and before.amount < fact.amount:
            joined[-1] = msgspec.structs.replace(before, role="range", high=fact.amount)
        else:
            joined.append(fact)
    return joined


def _by_the_month(facts: Sequence[PriceFact], scope: str) -> list[PriceFact]:
    """Where nothing else is a price, what is to be paid each month is it (a subscription)."""
    return [
        msgspec.structs.replace(fact, role="now", why=MONTHLY)
        for fact in facts
        if fact.role == "instalment" and fact.why == MONTHLY and fact.scope == scope and fact.visible
    ]


def _biggest(candidates: Sequence[PriceFact]) -> list[PriceFact]:
    biggest = max(fact.font_px for fact in candidates)
    return [fact for fact in candidates if biggest and fact.font_px * _BIGGER > biggest]


def in_sentence(fact: PriceFact) -> bool:
    return len(_WORD.findall(fact.text)) > _SENTENCE


def _bare(candidates: Sequence[PriceFact]) -> list[PriceFact]:
    """Amounts that stand alone, if there are any beside those of sentences."""
    return [fact for fact in candidates if len(_WORD.findall(fact.text)) <= _FEW_WORDS] or list(candidates)


def _distinct(facts: Sequence[PriceFact]) -> set[tuple[Decimal, Decimal | None, str]]:
    return {(fact.amount, fact.high, fact.currency) for fact in facts}
