"""Facts about amounts of money in a shop's texts: "1.299,00 €", "from $19.00", "49,- €", "€19 – €49"."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import msgspec

from auditor.facts.currency import PATTERN, currency, meanings, pattern, precision, reads_at_home, separators, spaced
from auditor.model.late import late

VERSION = 1
_LONGEST = 2_000
_MOST = 50
_SPACES = " \u00a0\u202f\u2009"
_BIDI = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"), " ")
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"

_NUMBER = (
    rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}}(?!\d))+(?:[.,]\d{{1,3}}(?!\d))?"  # 1 299,00
    r"|\d{1,12}(?:[.,'’´`٬٫،⹁]\d{1,12}){0,5}"  # 1.299,00  1,29,999.00  1’299.50
)


@lru_cache(maxsize=64)
def _amount(expected: str) -> re.Pattern[str]:
    sign = pattern(expected)
    return re.compile(
        rf"(?P<minus>[{_DASHES}])?(?:(?P<pre>{sign})[{_SPACES}:]{{0,3}})?"
        rf"(?P<number>{_NUMBER}|(?<=[$£€])[.,]\d\d(?!\d)|(?<![\d.,])[.,]\d\d(?=[{_SPACES}]?[$£€]))"
        rf"(?P<none>[.,:][{_SPACES}]?[{_DASHES}]{{1,2}}|[.,](?=[{_SPACES}]?(?:{sign})))?"
        rf"(?:(?P<cents>(?:[€£]|CHF)\d\d(?![\d.,€£$]))|(?P<small>[{_SPACES}]?(?:¢|(?<=\d)p\b|ct\b))"
        rf"|(?(pre)[{_SPACES}]{{0,3}}(?P<post>{sign})(?![{_SPACES}]?\d)|(?:(?P<glued>{sign})|[{_SPACES}]{{1,3}}(?P<apart>{sign})(?!\d))))?"
    )


_DIGIT = late(r"\d")
# "1.837, 32 €", "$ 8. 94", "35€ 99": cents in an element of their own, and nothing else in the text
_APART = late(
    rf"(?P<whole>(?:{PATTERN})?[{_SPACES}]{{0,3}}\d{{1,3}}(?:\d{{0,5}}|(?:[.,'’]\d{{3}})+)(?:[.,]|(?P<sign>€|£)))"
    rf"[{_SPACES}](?P<cents>\d\d)(?P<rest>[{_SPACES}]?(?:{PATTERN})?[{_SPACES}]?)"
)
_JOINT = late(rf"\s*(?:[{_DASHES}~～…]|to|bis|à|a|až|do|hasta|tot|till|til|ao|até|und|and|/)\s*", re.IGNORECASE)
# What a number without a currency counts when this stands behind it
_NOT_MONEY = late(
    r"\s{0,2}(?:%|°|\"|''|(?:x|×|st|nd|rd|th|g|kg|mg|ml|cl|l|cm|mm|m|km|w|v|gb|tb|mb|mah|inch|zoll|stk|stück|pcs|pack|pk|reviews?|stars?|sterne|days?|tage|"
    r"jours|months?|monate|mois|years?|jahre|hours?|h|min|k)\b)",
    re.IGNORECASE,
)
_BEFORE_PRICE = frozenset(
    "from ab now nur only jetzt desde dès da od vanaf vanaf: from: price price: preis preis: prix prix: prijs prijs:".split()  # noqa: SIM905
)
_UNIT = late(r"\s{0,2}(?:/|per\b|pro\b|je\b|par\b)", re.IGNORECASE)


class Amount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One amount. `currency` is an ISO code, or "" where the symbol may mean several; `ambiguous` says why the number is unsure."""

    amount: Decimal
    currency: str = ""
    symbol: str = ""  # as written
    ambiguous: str = ""
    start: int = 0  # span in the text, currency included
    end: int = 0
    expected: bool = False  # the currency is not written here, it is the one that was expected


def parse_amounts(text: str, locale_hint: str = "", currency_hint: str = "") -> tuple[Amount, ...]:
    """The amounts of a text, in order, at most 50 of its first 2,000 characters.

    Where some numbers carry a currency only they count (and the other end of a range); a text without any gives the numbers
    that can be prices, in `currency_hint`. `currency_hint` also says which dollar or crown a sign means.
    """
    text = text[:_LONGEST]
    return (_known if len(text) <= _SHORT else _parsed)(text, locale_hint, currency_hint)


def _parsed(text: str, locale_hint: str, currency_hint: str) -> tuple[Amount, ...]:
    text = text.translate(_BIDI)
    if not _DIGIT.search(text):
        return ()
    if apart := _APART.fullmatch(text):
        # a space for the one that was taken out keeps the places of the text
        text = f" {apart['whole']}{apart['cents']}{apart['rest']}"
    read = (
        _read(text, match, locale_hint, currency_hint)
        for match in _amount(currency_hint if reads_at_home(currency_hint) else "").finditer(text)
    )
    found = [(amount, bool(amount.symbol)) for amount in read if amount is not None]
    if any(marked for _, marked in found):
        return _with_partners(text, found)
    plain = [amount for amount, _ in found if _may_be_price(text, amount)]
    return tuple(
        msgspec.structs.replace(amount, currency=currency_hint, expected=bool(currency_hint))
        for amount in plain[:_MOST]
    )


_SHORT = 60  # characters; prices on cards and in menus come up on many pages
_known = lru_cache(maxsize=8_192)(_parsed)


def _read(text: str, match: re.Match[str], locale: str, expected: str) -> Amount | None:
    groups = match.groupdict()
    start, end = match.span()
    symbol, after = groups["post"] or groups["glued"] or groups["apart"] or "", True
    code = currency(symbol, expected, locale) if symbol else ""
    if pre := groups["pre"]:
        before = currency(pre, expected, locale, after=False)
        if not code:
            symbol, code, after = pre, before, False
    if pre and not after and not code and pre.isalpha() and pre.isupper() and len(pre) == 3:
        symbol, pre, start = "", "", match.start("number")  # "TOP 10", "ALL 3"
    if symbol and not code and not after and (written_out := _code_before(text, start, symbol)):
        code, start = written_out, start - len(text[:start]) + len(text[:start].rstrip()) - 3
    number_at = match.start("number")
    if not pre and number_at and (text[number_at - 1].isalnum() or text[number_at - 1] in "_#"):
        return None  # part of a word or a code
    behind = text[end : end + 1]
    if not symbol and not groups["small"] and not groups["cents"] and (behind.isalnum() or behind == "%"):
        return None
    if pre and not after and pre.isalpha() and behind.isalpha() and match.end("pre") == number_at:
        return None  # "R2D2"
    if groups["cents"]:
        symbol = groups["cents"][:-2]
        code = currency(symbol, expected, locale)
        value, doubt = _number(groups["number"] + "." + groups["cents"][-2:], "", code, unit=False)
    else:
        value, doubt = _number(
            groups["number"],
            locale,
            code or expected,
            unit=bool(_UNIT.match(text, end)),
            marked=bool(symbol or groups["none"]),
        )
    if value is None:
        return None
    if groups["small"]:
        small = groups["small"].strip()
        if "." in groups["number"] or "," in groups["number"] or len(groups["number"]) > 3:
            return None
        symbol, value = small, value / 100
        code = {"p": "GBP", "ct": "EUR"}.get(small, currency("$", expected, locale))
    elif symbol and not doubt and _cents_apart(text, match, value):
        doubt = _CENTS_APART
    if symbol == "تومان":
        value *= 10  # what people count in; the currency is the rial
    if symbol == "ft" and "." in groups["number"]:
        return None  # feet; forints have no decimals
    if groups["minus"] and not text[:start].strip(" (:+") and (symbol or code):
        value = -value
    elif groups["minus"]:
        start += 1
    return Amount(amount=value, currency=code, symbol=symbol, ambiguous=doubt, start=start, end=end)


_CENTS_APART = "cents may stand apart from the number"
_DECIMALS_BEHIND = late(rf"[.,][{_SPACES}]\d\d(?![\d.,%]|[{_SPACES}]?(?:{PATTERN}))")


def _cents_apart(text: str, match: re.Match[str], value: Decimal) -> bool:
    """Whether the two digits beside an amount may be its cents: "$19 99", "25€ 49 dont 0,05 €", "118, 99 TL"."""
    start, end = match.span()
    if re.search(rf"\d[.,][{_SPACES}]$", text[:start]) or _DECIMALS_BEHIND.match(text, end):
        return True
    if value != value.to_integral_value():
        return False
    if match["pre"]:
        return bool(re.match(rf"[{_SPACES}]\d\d(?!\d|[.,]\d|\s?%|\s?[a-zA-Z])", text[end : end + 8]))
    if match["glued"] != "€" or not match["number"].isdigit():
        return False
    behind = re.match(rf"[{_SPACES}]\d\d(?![\d.,]|[{_SPACES}]?(?:{PATTERN}))", text[end : end + 8])
    return behind is not None and not _NOT_MONEY.match(text, end + behind.end())


def _code_before(text: str, start: int, symbol: str) -> str:
    """The code right before a sign that may mean several: USD in "USD $1,234"."""
    before = text[max(0, start - 6) : start].rstrip()
    code = before[-3:]
    return code if code in meanings(symbol) and not before[:-3][-1:].isalnum() else ""


def _number(written: str, locale: str, code: str, *, unit: bool, marked: bool = True) -> tuple[Decimal | None, str]:
    """The number and why it is unsure; None where the separators make no sense."""
    digits = "".join(_digit(character) for character in written)
    if "٫" in digits:  # a decimal sign and nothing else
        whole, _, rest = digits.rpartition("٫")
        return _decimal(f"{re.sub(r'[^0-9]', '', whole)}.{rest}" if rest.isdigit() else ""), ""
    decimal_sign, group_sign = separators(locale)
    parts = re.split(
        r"([.,'])",
        digits.replace("´", "'")
        .replace("`", "'")
        .replace("’", "'")
        .replace("٬", "'")
        .replace("،", "'")
        .replace("⹁", "'"),
    )
    signs, pieces = parts[1::2], parts[0::2]
    doubt = ""
    if not signs:
        return _decimal("".join(pieces).replace(" ", "")), "" if spaced(code) else _space_doubt(digits, group_sign)
    if " " in pieces[0]:
        return _decimal(pieces[0].replace(" ", "") + "." + "".join(pieces[1:])), ""
    last = signs[-1]
    if not pieces[0] and len(signs) == 1:
        return _decimal("0." + pieces[1]), ""
    if last == "'" or (len(signs) > 1 and all(sign == last for sign in signs)):
        return (_decimal("".join(pieces)), "") if _grouped(pieces) else (None, "")
    if len(signs) > 1:
        if (
            any(sign == last for sign in signs[:-1])
            or len(set(signs[:-1])) > 1
            or not _grouped(pieces[:-1])
            or len(pieces[-1]) > 4
        ):
            return None, ""
        return _decimal("".join(pieces[:-1]) + "." + pieces[-1]), ""
    whole, rest = pieces
    if len(rest) != 3 or len(whole) > 3 or whole.startswith("0"):
        return (_decimal(f"{whole}.{rest}"), "") if len(rest) <= 6 else (None, "")
    # One sign and three digits behind it: thousands or decimals. The locale decides, and money's own precision.
    decimals = precision(code) if code else 2
    if locale and decimal_sign:
        is_decimal = last == decimal_sign
        if is_decimal and decimals < 3 and not unit:
            doubt = f"'{written}' has three decimals by the language of the page, or else a wrong thousands separator"
            is_decimal = False
    elif decimals == 3:
        is_decimal, doubt = last == ".", f"'{written}' may be thousands or decimals"
    else:
        is_decimal = False
        if unit or not (code or marked):
            doubt = f"'{written}' may be thousands or decimals"
    return _decimal(f"{whole}.{rest}" if is_decimal else whole + rest), doubt


def _space_doubt(digits: str, group_sign: str) -> str:
    if " " in digits and group_sign and group_sign in ".,":
        return "a space where the language of the page has no thousands separator"
    return ""


def _grouped(pieces: list[str]) -> bool:
    """Groups of three, or Indian ones (1,29,999): the last of three, those before of two."""
    if len(pieces) == 1:
        return True
    head, *middle, tail = pieces
    return (
        1 <= len(head) <= 3
        and len(tail) == 3
        and (all(len(piece) == 3 for piece in middle) or (all(len(piece) == 2 for piece in middle) and len(head) <= 2))
    )


def _digit(character: str) -> str:
    if character in _SPACES:
        return " "
    return str(unicodedata.digit(character)) if character.isdigit() and not character.isascii() else character


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _with_partners(text: str, found: list[tuple[Amount, bool]]) -> tuple[Amount, ...]:
    """Amounts with a currency, and bare numbers that a dash or "to" joins to one: they share it."""
    kept: list[Amount] = []
    for index, (amount, marked) in enumerate(found):
        if marked:
            kept.append(amount)
            continue
        if _NOT_MONEY.match(text, amount.end):
            continue
        for other in (index - 1, index + 1):
            if not (0 <= other < len(found) and found[other][1]):
                continue
            partner = found[other][0]
            if _JOINT.fullmatch(
                text[partner.end : amount.start] if other < index else text[amount.end : partner.start]
            ):
                kept.append(msgspec.structs.replace(amount, currency=partner.currency, symbol=partner.symbol))
                break
    return tuple(kept[:_MOST])


def _may_be_price(text: str, amount: Amount) -> bool:
    if _NOT_MONEY.match(text, amount.end):
        return False
    # A whole number inside a sentence is a count or a year; alone it is a price
    written = text[amount.start : amount.end]
    around = (text[: amount.start] + text[amount.end :]).strip(" :*()" + _DASHES)
    return any(sign in written for sign in ".,'’") or not around or around.lower() in _BEFORE_PRICE


def is_range(text: str, low: Amount, high: Amount) -> bool:
    """Whether two neighbouring amounts of a text are the ends of one range."""
    between = text.translate(_BIDI)[low.end : high.start].strip().lower()
    return high.amount > low.amount and between not in ("", "/", "and", "und") and _JOINT.fullmatch(between) is not None
