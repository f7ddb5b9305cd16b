"""The part of the result document about products: what pages, markup, tags and exports say of them, and the price truth table."""

from __future__ import annotations

import msgspec


class ProductPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a product page shows, what its markup says and what its tags send; empty where it was not seen.

    Nothing is compared here: `problems` are those that rules about prices found on the page.
    """

    url: str
    name: str = ""
    sku: str = ""
    shown: str = ""
    markup: str = ""
    tag: str = ""
    availability: str = ""
    opened: bool = False  # in a browser; without one neither shown price nor tags are known
    problems: tuple[str, ...] = ()  # ids


class PriceCell(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price of one source, and how it compares with the one shown.

    `verdict`: equal, rounding, tax, before reduction, wrong variant, wrong currency, stale cache, cents, other, not compared;
    "" for the price the others are compared with, and where there is none.
    """

    source: str  # shown, was, json-ld, microdata, rdfa, social tags, platform, data layer, tags, list
    text: str
    amount: str = ""  # plain decimal number
    verdict: str = ""
    note: str = ""
    where: str = ""  # for finding it: CSS path, place in the markup, address of the list
    client: str = ""
    at: str = ""  # UTC, ISO 8601: when that page was looked at
    age: int | None = None  # seconds in a cache, where the answer said so


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product, variant and market in the price truth table. `verdict`: equal, differs, unclear, nothing to compare."""

    url: str
    name: str = ""
    sku: str = ""
    variant: str = ""
    market: str = ""  # currency, country, language as the page tells them
    shown: str = ""
    verdict: str = ""
    why: str = ""  # why it is unclear
    cells: tuple[PriceCell, ...] = ()
    first_look: str = ""  # UTC, ISO 8601
    last_look: str = ""
    opened: bool = False
    problems: tuple[str, ...] = ()  # ids


class SourceSet(msgspec.Struct, frozen=True, kw_only=True):
    """Products that are not as they should be; `file` lists them all, as seen from the report's folder."""

    name: str
    count: int
    file: str = ""


class SourcePart(msgspec.Struct, frozen=True, kw_only=True):
    """An export or feed: what was read of it, and how the shop compares. Times are UTC, ISO 8601."""

    name: str
    format: str
    origin: str
    made_at: str = ""
    read_at: str = ""
    stale: str = ""  # why it is too old
    cut: str = ""  # why it could not be read to its end
    products: int = 0
    wrong: int = 0  # rows and values that could not be read
    wrong_file: str = ""
    found: int = 0  # published products that were found on the site
    prices: int = 0  # of them, prices that were compared
    stocks: int = 0
    unidentified: int = 0  # product pages without a number that it could know them by
    sets: tuple[SourceSet, ...] = ()
