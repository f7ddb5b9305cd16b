"""Facts of product numbers: whether a GTIN or ISBN can be one, and whose it is; read by checks of product data and of exports."""

from __future__ import annotations

import re

LENGTHS = (8, 12, 13, 14)
SLOTS = {"gtin8": 8, "gtin12": 12, "gtin13": 13, "gtin14": 14}
_DIGITAL_LINK = re.compile(r"^https?://[^?#]*?/01/(\d{8,14})(?:[/?#]|$)")
_SEPARATORS = re.compile(r"[\s\u00a0-]")


def digits_of(written: str) -> str:
    """The number as written, without spaces and hyphens; that of a GS1 Digital Link."""
    link = _DIGITAL_LINK.match(written.strip())
    return link.group(1) if link else _SEPARATORS.sub("", written)


def gtin_fault(written: str) -> str:
    """Why it can't be a GTIN, in words; "" where it can. Zeros that a spreadsheet lost from the front are thought back."""
    digits = digits_of(written)
    if not digits.isascii() or not digits.isdigit():
        return "not only digits"
    if len(digits) not in LENGTHS and not (9 <= len(digits) <= 11 and check_digit_fits(digits)):
        return f"{len(digits)} digits"
    if not digits.strip("0"):
        return "only zeros"
    return "" if check_digit_fits(digits) else "wrong check digit"


def isbn_fault(written: str) -> str:
    """Why it can't be an ISBN-10 or ISBN-13, in words."""
    digits = _SEPARATORS.sub("", re.sub(r"(?i)^\s*(?:urn:)?isbn(?:-1[03])?:?\s*", "", written)).upper()
    if re.fullmatch(r"\d{9}[\dX]", digits):
        total = sum((10 - place) * (10 if digit == "X" else int(digit)) for place, digit in enumerate(digits))
        return "" if total % 11 == 0 else "wrong check digit"
    if not digits.isascii() or not digits.isdigit():
        return "not only digits"
    if len(digits) != 13:
        return f"{len(digits)} digits"
    if not digits.startswith(("978", "979")):
        return "does not begin with 978 or 979"
    return "" if check_digit_fits(digits) else "wrong check digit"


def restricted(written: str) -> str:
    """Whose numbers these are where they are nobody's product: "inside shops only", "coupons"; "" for all others.

    GS1 keeps prefixes 02, 04 and 2 for use inside shops (weighed goods, own labels), 05, 98 and 99 for coupons, and of
    GTIN-8 those beginning with 0 or 2: https://www.gs1.org/standards/id-keys/company-prefix
    """
    digits = digits_of(written)
    if len(digits) == 8:
        return "inside shops only" if digits[0] in "02" else ""
    whole = digits.zfill(14)[1:]
    if whole.startswith("00000"):
        return ""  # a GTIN-8 with zeros in front
    if whole.startswith(("02", "04", "2")):
        return "inside shops only"
    return "coupons" if whole.startswith(("05", "98", "99")) else ""


def same_number(first: str, second: str) -> bool:
    """Whether both are one number, whatever zeros stand in front."""
    return digits_of(first).lstrip("0") == digits_of(second).lstrip("0")


def check_digit_fits(digits: str) -> bool:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0
