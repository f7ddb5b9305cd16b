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
        "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP GIP FKP EGP LBP SYP SSP", "$": "USD CAD AUD NZD SGD HKD MXN ARS CLP COP TWD BRL UYU JMD TTD BBD BSD FJD NAD DOP CUP XCD BZD GYD SRD LRD KYD BMD SBD ZWL BND MOP NIO",
        "us$": "USD", "u$s": "USD", "usd$": "USD", "ca$": "CAD", "c$": "CAD NIO", "cdn$": "CAD", "cad$": "CAD", "a$": "AUD", "au$": "AUD", "aud$": "AUD",
        "nz$": "NZD", "nzd$": "NZD", "s$": "SGD", "sg$": "SGD", "hk$": "HKD", "nt$": "TWD", "mx$": "MXN", "r$": "BRL", "ar$": "ARS", "cl$": "CLP", "co$": "COP",
        "mop$": "MOP", "$u": "UYU", "¥": "JPY CNY", "￥": "JPY CNY", "jp¥": "JPY", "cn¥": "CNY", "rmb": "CNY", "円": "JPY", "元": "CNY", "₩": "KRW", "￦": "KRW", "gb£": "GBP", "ikr": "ISK", "ec$": "XCD", "fcfa": "XAF XOF", "f cfa": "XOF XAF", "f\u202fcfa": "XOF XAF", "cfa": "XOF XAF", "cfpf": "XPF", "bs.": "BOB VES", "b/.": "PAB", "rd$": "DOP", "j$": "JMD", "tt$": "TTD", "fj$": "FJD", "bz$": "BZD", "n$": "NAD", "z$": "ZWL", "g$": "GYD", "원": "KRW", "₹": "INR", "rs.": "INR PKR LKR NPR MUR",
        "rs": "INR PKR LKR NPR MUR", "₨": "INR PKR LKR NPR MUR", "kr": "SEK NOK DKK ISK", "kr.": "SEK NOK DKK ISK", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK",
        "ft": "HUF", "lei": "RON MDL", "leu": "RON MDL", "лв": "BGN", "лв.": "BGN", "₽": "RUB", "руб": "RUB BYN", "руб.": "RUB BYN", "рублей": "RUB BYN", "рубля": "RUB BYN", "р.": "RUB", "р": "RUB", "yen": "JPY", "تومان": "IRR", "ریال": "IRR", "₴": "UAH", "грн": "UAH", "грн.": "UAH",
        "₺": "TRY", "tl": "TRY", "₪": "ILS", "₫": "VND", "đ": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "r": "ZAR", "rm": "MYR", "rp": "IDR", "rp.": "IDR",
        "fr.": "CHF", "sfr.": "CHF", "s/": "PEN", "s/.": "PEN", "₡": "CRC", "₸": "KZT", "₾": "GEL", "৳": "BDT", "₲": "PYG", "₵": "GHS", "gh₵": "GHS", "ksh": "KES",
        "د.إ.": "AED", "د.إ": "AED", "ر.س.": "SAR", "ر.س": "SAR", "د.م.": "MAD", "د.م": "MAD", "د.ك.": "KWD", "د.ك": "KWD", "د.ب.": "BHD", "د.ب": "BHD", ".د.ب": "BHD", "ر.ع.": "OMR", "ر.ع": "OMR",
        "ر.ق.": "QAR", "ر.ق": "QAR", "د.ت.": "TND", "د.ت": "TND", "د.ج.": "DZD", "د.ج": "DZD", "ج.م.": "EGP", "ج.م": "EGP", "د.ع.": "IQD", "د.ع": "IQD", "ل.ل.": "LBP", "ل.ل": "LBP", "د.ا.": "JOD", "د.ا": "JOD",
        "د.أ.": "JOD", "د.أ": "JOD", "ر.ي": "YER", "د.ل": "LYD", "ل.د": "LYD", "ل.س": "SYP", "ريال": "SAR QAR OMR YER IRR", "درهم": "AED MAD", "جنيه": "EGP SDG", "دينار": "KWD BHD JOD IQD TND DZD LYD", "⃁": "SAR",
        "kd": "KWD", "bd": "BHD", "dhs": "AED MAD", "dhs.": "AED MAD", "dh": "AED MAD", "din.": "RSD", "дин.": "RSD", "рсд": "RSD", "ден": "MKD", "ден.": "MKD", "тг": "KZT", "тг.": "KZT", "тенге": "KZT", "сом": "KGS",
        "сум": "UZS", "so'm": "UZS", "so‘m": "UZS", "soʻm": "UZS", "nis": "ILS", 'ש"ח': "ILS", "ש״ח": "ILS", "บาท": "THB", "vnđ": "VND", "රු": "LKR", "रू": "NPR", "रु": "NPR INR", "gs.": "PYG", "tsh": "TZS", "ush": "UGX", "km": "BAM", "﷼": "SAR IRR QAR OMR YER",
        "⃀": "KGS", "₼": "AZN", "֏": "AMD", "৲": "BDT", "؋": "AFN", "៛": "KHR", "₭": "LAK", "₮": "MNT",
    }.items()
}  # fmt: skip
# Codes that are words too: believed right after a number, or where they are the expected currency.
_WORDS = frozenset({"ALL", "TOP", "TRY", "PEN", "MAD", "CUP", "GEL", "BAM", "SOS", "COP", "MOP", "ANG", "LAK"})
# Letters and words that mean anything elsewhere ("da 19 €", "K", "1 L"): read as money only where their currency is expected.
_AT_HOME: dict[str, tuple[str, ...]] = {
    "ALL": ("l", "lek", "lekë"), "AOA": ("kz",), "AZN": ("m.", "man."), "BDT": ("tk", "tk."), "BOB": ("bs",), "BYN": ("br", "р"), "DZD": ("da",), "EGP": ("le", "l.e", "l.e.", "e£"),
    "ETB": ("br",), "GTQ": ("q", "q."), "HNL": ("l", "l."), "HRK": ("kn",), "JOD": ("jd",), "MMK": ("k", "ks"), "MZN": ("mt",), "PGK": ("k",), "QAR": ("qr", "qr."), "RSD": ("din",),
    "SAR": ("sr", "sr."), "TND": ("dt",), "VES": ("bs", "bs.s"), "XAF": ("f",), "XOF": ("f",), "XPF": ("f",), "ZMW": ("k",),
}  # fmt: skip
# Whose home languages write thousands with a space, whatever the language of the page
_SPACED = frozenset("BYN CZK HUF KGS KZT NOK PLN RUB SEK UAH UZS XAF XOF XPF ZAR".split())  # noqa: SIM905
_BY_LANGUAGE = {
    "sv": {"kr": "SEK"}, "nb": {"kr": "NOK"}, "nn": {"kr": "NOK"}, "no": {"kr": "NOK"}, "da": {"kr": "DKK"}, "is": {"kr": "ISK"},
    "ja": {"¥": "JPY"}, "zh": {"¥": "CNY"}, "ro": {"lei": "RON"},
}  # fmt: skip
_OBSOLETE = re.compile(r"X[A-Z]{2}")  # metals, funds, tests: no shop's money
CODES = frozenset(code for code in list_currencies() if not _OBSOLETE.fullmatch(code)) | {"XAF", "XOF", "XPF", "XCD"}


@lru_cache(maxsize=256)
def pattern(expected: str = "") -> str:
    """Every symbol, longest first, and those of the expected currency only; words and codes must not be part of a longer word."""
    symbols = {*_SYMBOLS, *_AT_HOME.get(expected, ())}
    words = sorted((symbol for symbol in symbols if symbol[0].isalpha()), key=len, reverse=True)
    signs = sorted((symbol for symbol in symbols if not symbol[0].isalpha()), key=len, reverse=True)
    spelled = "|".join(re.escape(word) + ("" if word[-1] in "$¥₵" else r"(?![^\W\d_])") for word in words)
    codes = "|".join(sorted(CODES))
    return rf"(?:(?<![^\W\d_])(?:(?i:{spelled})|(?:{codes})(?![^\W\d_]))|{'|'.join(map(re.escape, signs))})"


PATTERN = pattern()


def currency(symbol: str, expected: str = "", locale: str = "", *, after: bool = True) -> str:
    """ISO code of a symbol, word or code as written; "" where it may mean several and nothing says which."""
    if symbol in CODES:
        return "" if symbol in _WORDS and not after and symbol != expected else symbol
    key = symbol.lower()
    codes = _SYMBOLS.get(key, ())
    if expected in codes or key in _AT_HOME.get(expected, ()):
        return expected
    if len(codes) == 1:
        return codes[0]
    if mostly := next((code for code in ("GBP", "RUB") if code in codes), "CAD" if key == "c$" else ""):
        return mostly
    by_symbol = _BY_LANGUAGE.get(locale[:2].lower(), {})
    return by_symbol.get(key.rstrip(".").replace("￥", "¥"), "")


def meanings(symbol: str) -> frozenset[str]:
    """The ISO codes that a symbol, word or code as written may stand for."""
    return frozenset({symbol} if symbol in CODES else _SYMBOLS.get(symbol.lower(), ()))


def reads_at_home(code: str) -> bool:
    """Whether a currency has signs that are read as money only where it is expected."""
    return code in _AT_HOME


def spaced(code: str) -> bool:
    """Whether the languages of a currency's countries write thousands with a space: 12 990 Ft."""
    return code in _SPACED


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
