"""Names and telephone numbers of people in fields that are meant for them; read by tracking checks. No text is searched for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from urllib.parse import parse_qsl, unquote, urlsplit

_PHONE_FIELD = r"(?:tele)?phone(?:_?(?:number|no|nr))?|mobile(?:_?(?:phone|number))?|tel(?:_?(?:number|no|nr))?|telefon(?:nummer)?|telefono|téléphone|telephone|ph|cell(?:_?phone)?"
_NAME_FIELD = r"first_?name|last_?name|full_?name|given_?name|family_?name|sur_?name|vorname|nachname|prenom|apellidos?|voornaam|achternaam|fname|lname"
# In hits and data layers a field counts below what speaks of a person; in an address its name is enough
_PERSON = r"customer|user|visitor|account|member|client|login|shopper|buyer|billing|shipping|address|contact|profile|traits|identity"
_PHONE = re.compile(rf"(?i)(?:^|[._\[])(?:{_PHONE_FIELD})\]?(?:\.value|_value)?$")
_NAME = re.compile(rf"(?i)(?:^|[._\[])(?:{_NAME_FIELD})\]?(?:\.value|_value)?$")
_OF_META = {"ud[ph]": "phone", "udff[ph]": "phone", "ud[fn]": "name", "ud[ln]": "name", "udff[fn]": "name", "udff[ln]": "name"}  # fmt: skip
_OF_ADDRESS = {
    "phone": re.compile(rf"(?i)^(?:\w*_)?(?:{_PHONE_FIELD})$"),
    "name": re.compile(rf"(?i)^(?:\w*_)?(?:{_NAME_FIELD})$"),
}
_ABOUT = re.compile(rf"(?i)(?:^|[._\[])(?:{_PERSON})\w*(?:[._\[]|$)|^up[n]?\.")
_DIGITS = re.compile(r"\+?[\d\s()./-]{7,22}")
_WORD = re.compile(r"[^\W\d_][^\W\d_'’. -]{0,40}(?:[ '’.-][^\W\d_]{1,40}){0,4}")
_NOBODY = re.compile(
    r"(?i)guest|gast|invit[ée]|anonymous|anonym|unknown|undefined|null|none|nan|empty|visitor|user|customer|kunde|client|member|test|demo|not set|not logged in|logged ?out|n/?a|true|false|yes|no"
    r"|first ?name|last ?name|full ?name|name|vorname|nachname|john doe|jane doe|max mustermann|hashed|redacted|masked|string|object"
)


def kind_of(path: str, value: str) -> str:
    """`phone` or `name` where this field of a hit or data layer holds a person's, readable; else ""."""
    known = _OF_META.get(path)
    if known is None:
        if not _ABOUT.search(path):
            return ""
        known = "phone" if _PHONE.search(path) else "name" if _NAME.search(path) else ""
    return known if known and _readable(known, value) else ""


def in_address(url: str) -> Iterator[tuple[str, str, str]]:
    """Kind, parameter and value of what stands readable in an address's query."""
    try:
        pairs = parse_qsl(urlsplit(url).query, max_num_fields=200)
    except ValueError:
        return
    for name, value in pairs:
        for kind, field in _OF_ADDRESS.items():
            if field.match(name) and _readable(kind, value):
                yield kind, name, value


def in_hit(parameters: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Kind, field and value of what a hit says of a person: in fields of its own, and in the addresses it carries."""
    for path, value in islice(parameters.items(), 300):
        if kind := kind_of(path, value):
            yield kind, path, value
        elif "?" in value and value[:8].lower().startswith(("http://", "https://", "https%3a", "http%3a%2")):
            for kind, name, told in in_address(value if "://" in value else unquote(value)):
                yield kind, f"{path} ({name})", told


def shown(value: str) -> str:
    """The first letter or digit, and no more."""
    return f"{value.strip()[:1]}…"


def _readable(kind: str, value: str) -> bool:
    value = value.strip()
    if kind == "phone":
        digits = re.sub(r"\D", "", value)
        # numbers of one digit over and over, or counted up, are stand-ins
        stands_in = len(set(digits)) < 3 or digits in "01234567890123456789" or "555" in digits[3:7]
        return bool(_DIGITS.fullmatch(value)) and 7 <= len(digits) <= 15 and not stands_in
    return 1 < len(value) <= 80 and bool(_WORD.fullmatch(value)) and not _NOBODY.fullmatch(value)
