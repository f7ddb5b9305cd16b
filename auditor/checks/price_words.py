"""How checks of prices put amounts, evidence and times; used by them only."""

from __future__ import annotations

from decimal import Decimal

from babel.core import UnknownLocaleError
from babel.numbers import format_currency

from auditor.facts.prices import PriceFact
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt


def money(amount: Decimal, currency: str, locale: str, *, exact: bool = False) -> str:
    """The amount as the market writes it, `exact` with all its decimals; plain where the currency or the locale is not known."""
    if not currency:
        return f"{amount:f}" if exact else f"{amount}"
    try:
        return format_currency(
            amount, currency, locale=locale.replace("-", "_") or "en", decimal_quantization=not exact
        )
    except (UnknownLocaleError, ValueError):
        return f"{amount:f} {currency}"


def locale_of(snapshot: Snapshot) -> str:
    """In which form amounts of a page are told: the market's of the config, else that of the page's language."""
    return snapshot.site.locale or snapshot.texts.lang


def shown_excerpt(fact: PriceFact) -> Excerpt:
    return Excerpt("shown", fact.text, where=fact.selector, box=fact.box if fact.box[2] and fact.box[3] else None)


def moment(at: str) -> str:
    """`2026-11-20 03:00:07 UTC` of an ISO time, "at a time not known" without one."""
    return f"{at[:10]} {at[11:19]} UTC" if len(at) >= 19 else "at a time not known"
