"""Reads the values of cells: amounts, counts, days, stock, yes and no. What cannot be read is said, never guessed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime

from auditor.facts.money import parse_amounts
from auditor.model.expected import Stock

_PLAIN = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(?:\s*([A-Z]{3}))?")
_TWO_WAYS = re.compile(r"\d{1,3}[.,]\d{3}")
_COUNT = re.compile(r"-?\d{1,12}(?:[.,]\d{1,6})?")
_ON_REQUEST = re.compile(
    r"(?i)on request|auf anfrage|call for|call us|sur demande|su richiesta|a consultar|op aanvraag|na zapytanie|p\.?o\.?a\.?$"
)
_YES = frozenset(
    {"1", "true", "yes", "y", "active", "enabled", "published", "on", "ja", "oui", "si", "sí", "publish", "visible"}
)
_NO = frozenset(
    {"0", "false", "no", "n", "draft", "archived", "disabled", "unpublished", "off", "nein", "non", "2", "-1", "inactive", "private", "unlisted", "suspended"}
)  # fmt: skip
_STOCKS: dict[str, Stock] = {
    **dict.fromkeys(("in stock", "instock", "available", "true", "yes", "1", "limited availability", "limitedavailability", "available for order", "on stock", "lagernd", "auf lager", "en stock"), "in_stock"),
    **dict.fromkeys(("out of stock", "outofstock", "sold out", "soldout", "unavailable", "not available", "discontinued", "false", "no", "0", "nicht lieferbar", "ausverkauft", "rupture"), "out_of_stock"),
    **dict.fromkeys(("preorder", "pre order", "presale", "vorbestellung"), "preorder"),
    **dict.fromkeys(("backorder", "back order", "backordered", "on backorder", "onbackorder", "available on backorder", "notify"), "backorder"),
}  # fmt: skip
_DAYS = (
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2,4})(?:[ ,].*)?"), "mdy"),  # Magento: 1/31/24
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{2,4})(?: .*)?"), "dmy"),
)
_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?")
_ZONE = re.compile(r"([+-]\d{2})(\d{2})$")


class Amount:
    """A price as read: `amount` is None where it is missing, on request, or `fault` says why it cannot be read."""

    __slots__ = ("amount", "currency", "fault", "on_request")

    def __init__(
        self, amount: Decimal | None = None, currency: str = "", fault: str = "", on_request: bool = False
    ) -> None:
        self.amount, self.currency, self.fault, self.on_request = amount, currency, fault, on_request


def amount(text: str, locale: str = "", *, machine: bool = True) -> Amount:
    """`12.90`, `12.90 EUR`, `EUR 12,90`. `machine`: a program wrote it, so that `1.299` has a decimal point; else that is unclear."""
    text = text.strip()
    if not text:
        return Amount()
    if (plain := _PLAIN.fullmatch(text)) and (machine or not _TWO_WAYS.fullmatch(plain[1])):
        return Amount(Decimal(plain[1]), plain[2] or "")
    if text[0] in "-\u2212":
        return Amount(fault="negative")
    if _ON_REQUEST.search(text):
        return Amount(on_request=True)
    if not machine and _TWO_WAYS.fullmatch(text) and not locale:
        return Amount(fault="can be read in two ways; write market.locale")
    found = parse_amounts(text, locale)
    if len(found) != 1:
        try:  # 4.9E1, which spreadsheets write, and negative ones
            number = Decimal(text.replace(",", "."))
        except InvalidOperation:
            return Amount(fault="no amount" if not found else "several amounts")
        return Amount(number) if number.is_finite() else Amount(fault="no amount")
    one = found[0]
    if one.ambiguous:
        return Amount(fault=f"can be read in two ways ({one.ambiguous})")
    return Amount(one.amount, one.currency)


def count(text: str) -> Decimal | None:
    """A quantity; None for what is none."""
    text = text.strip().replace("\u00a0", "")
    return Decimal(text.replace(",", ".")) if _COUNT.fullmatch(text) else None


def yes(text: str) -> bool | None:
    folded = text.strip().casefold()
    return True if folded in _YES else False if folded in _NO else None


def stock(text: str) -> Stock | None:
    """None for words that nobody knows; a count above zero is in stock."""
    folded = " ".join(re.sub(r"[_-]", " ", text.strip().casefold().rpartition("/")[2]).split())
    if not folded:
        return ""
    if folded in _STOCKS:
        return _STOCKS[folded]
    number = count(text)
    if number is not None:
        return "in_stock" if number > 0 else "out_of_stock"
    return None


def moment(text: str) -> str | None:
    """A day or time as ISO 8601, without a zone where the source has none; "" for nothing, None for what is neither."""
    text = text.strip()
    if not text or text.startswith("0000-00-00"):
        return ""
    if match := _ISO.fullmatch(text):
        day, clock, zone = match.groups()
        zone = _ZONE.sub(r"\1:\2", zone or "").replace("Z", "+00:00")
        return _valid(f"{day}T{clock}{zone}" if clock else day)
    if re.fullmatch(r"\d{9,11}", text):
        return datetime.fromtimestamp(int(text), UTC).isoformat()
    for pattern, order in _DAYS:
        if match := pattern.fullmatch(text):
            first, second, year = int(match[1]), int(match[2]), int(match[3])
            month, day_ = (first, second) if order == "mdy" else (second, first)
            return _valid(f"{year + 2000 if year < 100 else year:04}-{month:02}-{day_:02}")
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError):
        return None


def window(text: str) -> tuple[str, str] | None:
    """The two ends of `2026-11-01T00:00+0100/2026-11-30T23:59+0100`; None for what is no interval."""
    first, slash, second = text.strip().partition("/")
    begin, end = moment(first), moment(second)
    return (begin, end) if slash and begin and end else None


def _valid(written: str) -> str | None:
    try:
        if len(written) == 10:
            date.fromisoformat(written)
        else:
            datetime.fromisoformat(written)
    except ValueError:
        return None
    return written
