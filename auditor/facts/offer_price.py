"""Facts about one stated price: what markup writes where schema.org wants a plain number, and what is wrong with it."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from auditor.facts.items import Item, Value, short
from auditor.facts.money import parse_amounts

_PLAIN_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20})?")
_NUMBER_LIKE = re.compile(r"[\d.,'’\s\u00a0\u202f]+")
_NOTHING = frozenset({"null", "none", "undefined", "nan", "n/a", "na", "-", "false", "true"})


class PriceSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One price specification. `kind` is its priceType without prefix (ListPrice, StrikethroughPrice, SalePrice …)."""

    kind: str = ""
    price: Decimal | None = None
    written: str = ""
    currency: str = ""
    tax_included: bool | None = None
    unit: str = ""  # of a unit price: unitCode or unitText, with the reference quantity
    path: str = ""


def specification(item: Item) -> PriceSpec:
    """A price specification of an offer."""
    written, price, _, _ = read_price(item.all("price"), present="price" in item.properties)
    unit = ""
    if quantity := item.items("referenceQuantity"):
        first = quantity[0]
        unit = f"{first.text('value')} {first.text('unitCode') or first.text('unitText')}".strip() or "unit"
    return PriceSpec(
        kind=short(item.text("priceType")).rpartition("/")[2],
        price=price,
        written=written or "",
        currency=item.text("priceCurrency"),
        tax_included={"true": True, "false": False}.get(short(item.text("valueAddedTaxIncluded")).lower()),
        unit=unit,
        path=item.path,
    )


def read_price(values: list[Value], *, present: bool) -> tuple[str | None, Decimal | None, str, Decimal | None]:
    """As written, as a number, what is malformed about it, and what a person would read in it."""
    if not present:
        return None, None, "", None
    value = next((each for each in values if each is not None), None)
    if value is None:
        return "null", None, "null", None
    if isinstance(value, Item):
        return "", None, "not_a_number", None
    written = str(value).strip()[:200]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = Decimal(written) if _PLAIN_PRICE.fullmatch(written) else Decimal(str(value))
        return written, None if number < 0 else number, "negative" if number < 0 else "", number
    if not written:
        return written, None, "empty", None
    if written.lower() in _NOTHING:
        return written, None, "null" if written.lower() in ("null", "none", "undefined") else "not_a_number", None
    if _PLAIN_PRICE.fullmatch(written):
        return written, Decimal(written), "", Decimal(written)
    amounts = parse_amounts(written)
    reading = amounts[0].amount if amounts and not amounts[0].ambiguous else None
    if written.startswith("-") and _PLAIN_PRICE.fullmatch(written[1:]):
        return written, None, "negative", -Decimal(written[1:])
    if not any(character.isdigit() for character in written):
        return written, None, "not_a_number", None
    if not _NUMBER_LIKE.fullmatch(written):
        return written, None, "currency_in_price" if amounts and amounts[0].symbol else "not_a_number", reading
    if re.fullmatch(r"\d+,\d{1,2}", written):
        return written, None, "decimal_comma", reading
    return written, None, "thousands_separator" if amounts else "not_a_number", reading
