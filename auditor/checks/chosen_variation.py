"""The check of a WooCommerce variation that is chosen: the price that the page shows for it is the one it has."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from auditor.checks.price_words import locale_of, money
from auditor.checks.registry import check
from auditor.evidence.document import Document
from auditor.facts.platform_prices import Stated
from auditor.facts.price_words import CHOSEN
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable

_CENT = Decimal("0.01")


@check(needs={"shown_prices", "platform_prices", "document", "texts"})
def chosen_variation_priced(snapshot: Snapshot) -> Iterator[Observation]:
    """Where a variation is chosen as the page opens, its price is shown, and it is that of WooCommerce's data in the form.

    Which of two amounts of one size is the product's price, the range or the variation's, no other rule about prices can tell then.
    """
    number = _chosen(snapshot.document)
    if not number:
        yield inapplicable("no variation is chosen as the page opens")
        return
    known = [one for one in snapshot.platform_prices.of("platform") if one.variant]
    own = next((one for one in known if one.variant == number), None)
    if own is None:
        yield cant_tell("the form has no data of the variation that is chosen; it is asked for when somebody chooses")
        return
    if len({one.amount for one in known}) < 2:
        return  # the product's own price is that of every variation
    shown = [one for one in snapshot.shown_prices.items if one.why == CHOSEN and one.visible]
    if any(abs(one.amount - own.amount) < _CENT for one in shown):
        return
    locale = locale_of(snapshot)
    if shown:
        here, what = shown[0], "price"
        told = f"{money(here.amount, here.currency, locale)} is shown for it"
    else:
        here = next((one for one in snapshot.shown_prices.items if one.role == "range" and one.scope != "card"), None)  # type: ignore[assignment]
        if here is None:
            return  # a theme that writes the price in place of the range; other rules look at it
        what, told = "range only", f"only the range {here.text} is shown"
    yield failed(
        what,
        Excerpt("shown", here.text, where=here.selector),
        Excerpt("variation", f"{own.variant} {own.sku}: {own.written}".strip(), where=own.where),
        stated=_money(own, here.currency, locale),
        told=told,
    )


def _money(own: Stated, currency: str, locale: str) -> str:
    return money(own.amount, own.currency or currency, locale)


def _chosen(document: Document) -> str:
    """The number that WooCommerce's script has put into the form; "" for none."""
    forms: Any = document.tree.xpath("//form[@data-product_variations]//input[@name='variation_id']")
    values = ((field.get("value") or "").strip()[:20] for field in forms)
    return next((value for value in values if value.isascii() and value.isdigit() and int(value)), "")
