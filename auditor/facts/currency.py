"""Facts about currencies: what a symbol in a shop's text may mean, and how a locale writes numbers."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_precision, list_currencies

# Symbol or word in lower case -> the currencies it may stand for; one means it is clear.
_SYMBOLS: dict[str, tuple[str, ...]] = {
    symbol: tuple(codes.split())
    for symbol, codes in {
        "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP GIP FKP EGP LBP SYP SSP", "$": "USD CAD AUD NZD SGD HKD MXN ARS CLP COP TWD BRL UYU JMD TTD BBD BSD FJD NAD",
        "us$": "USD", "u$s": "USD", "usd$": "USD", "ca$": "CAD", "c$": "CAD", "cdn$": "CAD", "cad$": "CAD", "a$": "AUD", "au$": "AUD", "aud$": "AUD",
        "nz$": "NZD", "nzd$": "NZD", "s$": "SGD", "sg$": "SGD", "hk$": "HKD", "nt$": "TWD", "mx$": "MXN", "r$": "BRL", "ar$": "ARS", "cl$": "CLP", "co$": "COP",
        "¥": "JPY CNY", "￥": "JPY CNY", "jp¥": "JPY", "cn¥": "CNY", "rmb": "CNY", "円": "JPY", "元": "CNY", "₩": "KRW", "￦": "KRW", "gb£": "GBP", "ikr": "ISK", "ec$": "XCD", "fcfa": "XAF", "f cfa": "XOF", "f\u202fcfa": "XOF", "cfa": "XOF XAF", "cfpf": "XPF", "bs.": "BOB VES", "b/.": "PAB", "rd$": "DOP", "j$": "JMD", "tt$": "TTD", "fj$": "FJD", "bz$": "BZD", "n$": "NAD", "z$": "ZWL", "g$": "GYD", "원": "KRW", "₹": "INR", "rs.": "INR PKR LKR NPR MUR",
        "rs": "INR PKR LKR NPR MUR", "₨": "INR PKR LKR NPR MUR", "kr": "SEK NOK DKK ISK", "kr.": "SEK NOK DKK ISK", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK",
        "ft": "HUF", "lei": "RON MDL", "leu": "RON MDL", "лв": "BGN", "лв.": "BGN", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "рублей": "RUB", "рубля": "RUB", "р.": "RUB", "р": "RUB", "yen": "JPY", "تومان": "IRR", "ریال": "IRR", "₴": "UAH", "грн": "UAH", "грн.": "UAH",
        "₺": "TRY", "tl": "TRY", "₪": "ILS", "₫": "VND", "đ": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "r": "ZAR", "rm": "MYR", "rp": "IDR", "rp.": "IDR",
        "fr.": "CHF", "sfr.": "CHF", "s/": "PEN", "s/.": "PEN", "₡": "CRC", "₸": "KZT", "₾": "GEL", "৳": "BDT", "₲": "PYG", "₵": "GHS", "gh₵": "GHS", "ksh": "KES",
        "د.إ.": "AED", "د.إ": "AED", "ر.س.": "SAR", "ر.س": "SAR", "kd": "KWD", "bd": "BHD", "dhs": "AED MAD", "dh": "AED MAD", "din.": "RSD", "дин.": "RSD", "km": "BAM", "﷼": "SAR IRR QAR OMR YER",
        "⃀": "KGS", "₼": "AZN", "֏": "AMD", "৲": "BDT", "؋": "AFN", "៛": "KHR", "₭": "LAK", "₮": "MNT",
    }.items()
}  # fmt: skip
# Codes that are words too: believed right after a number, or where they are the expected currency.
_WORDS = frozenset({"ALL", "TOP", "TRY", "PEN", "MAD", "CUP", "GEL", "BAM", "SOS", "COP", "MOP", "ANG", "LAK"})
_BY_LANGUAGE = {
    "sv": {"kr": "SEK"}, "nb": {"kr": "NOK"}, "nn": {"kr": "NOK"}, "no": {"kr": "NOK"}, "da": {"kr": "DKK"}, "is": {"kr": "ISK"},
    "ja": {"¥": "JPY"}, "zh": {"¥": "CNY"}, "ro": {"lei": "RON"},
}  # fmt: skip
_OBSOLETE = re.compile(r"X[A-Z]{2}")  # metals, funds, tests: no shop's money
CODES = frozenset(code for code in list_currencies() if not _OBSOLETE.fullmatch(code)) | {"XAF", "XOF", "XPF", "XCD"}


def _pattern() -> str:
    """Every symbol, longest first; words and codes must not be part of a longer word."""
    words = sorted((symbol for symbol in _SYMBOLS if symbol[0].isalpha()), key=len, reverse=True)
    signs = sorted((symbol for symbol in _SYMBOLS if not symbol[0].isalpha()), key=len, reverse=True)
    spelled = "|".join(re.escape(word) + ("" if word[-1] in "$¥₵" else r"(?![^\W\d_])") for word in words)
    codes = "|".join(sorted(CODES))
    return rf"(?:(?<![^\W\d_])(?:(?i:{spelled})|(?:{codes})(?![^\W\d_]))|{'|'.join(map(re.escape, signs))})"


PATTERN = _pattern()


def currency(symbol: str, expected: str = "", locale: str = "", *, after: bool = True) -> str:
    """ISO code of a symbol, word or code as written; "" where it may mean several and nothing says which."""
    if symbol in CODES:
        return "" if symbol in _WORDS and not after and symbol != expected else symbol
    key = symbol.lower()
    codes = _SYMBOLS.get(key, ())
    if expected in codes:
        return expected
    if len(codes) == 1:
        return codes[0]
    if "GBP" in codes:
        return "GBP"
    by_symbol = _BY_LANGUAGE.get(locale[:2].lower(), {})
    return by_symbol.get(key.rstrip(".").replace("￥", "¥"), "")


def meanings(symbol: str) -> frozenset[str]:
    """The ISO codes that a symbol, word or code as written may stand for."""
    return frozenset({symbol} if symbol in CODES else _SYMBOLS.get(symbol.lower(), ()))


@lru_cache(maxsize=256)
def precision(code: str) -> int:
    """Minor digits of a currency (JPY 0, EUR 2, KWD 3); 2 where it is not known."""
    return get_currency_precision(code) if code in CODES else 2


@lru_cache(maxsize=256)
def separators(locale: str) -> tuple[str, str]:
    """Decimal and group sign of a locale (`de-DE`, `de_DE`, `de`), "" for one that is not known."""
    if not locale or len(locale) > 40:
        return "", ""
    parts = locale.replace("_", "-").split("-")
    for count in range(len(parts), 0, -1):
        try:
            symbols = Locale.parse("-".join(parts[:count]), sep="-").number_symbols
        except (UnknownLocaleError, ValueError):
            continue
        table = symbols.get("latn", symbols)
        return str(table.get("decimal", "")), str(table.get("group", ""))
    return "", ""
