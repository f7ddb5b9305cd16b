"""What the back office says of a product, what was read of it, and how it met the shop; passes from catalogue to checks by way of the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

import msgspec

Stock = Literal["", "in_stock", "out_of_stock", "preorder", "backorder"]
FEEDS = ("merchant", "meta")  # formats that are written for others to read, with attributes of their own


class Delivery(msgspec.Struct, frozen=True):
    """What it costs to have something delivered to a country: its code, amount and currency."""

    country: str
    amount: Decimal
    currency: str = ""


class ExpectedProduct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of a source. Amounts are as written there, with or without tax as `SourceRead.tax` says; days are ISO 8601."""

    key: str  # what the source calls it: its id, else SKU, GTIN, link
    line: int = 0
    id: str = ""
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    group: str = ""  # what its variants have in common
    variant: bool = False  # one of several of its group
    parent: bool = False  # the group itself, which is sold as its variants only
    title: str = ""
    link: str = ""  # absolute
    handle: str = ""  # last part of its address, where the source has no link
    image: str = ""
    description: str = ""  # its first characters
    price: Decimal | None = None
    sale: Decimal | None = None
    sale_from: str = ""
    sale_until: str = ""
    currency: str = ""
    stock: Stock = ""
    quantity: Decimal | None = None
    published: bool | None = None  # None: the source does not say
    alone: bool = True  # has a page of its own, as far as the source says
    on_request: bool = False  # sold at a price that is asked for
    condition: str = ""
    brand: str = ""
    category: str = ""
    delivery: tuple[Delivery, ...] = ()  # one for each country and service that a feed names
    asked: tuple[str, ...] = ()  # categories of the config's `required` that it belongs to
    lacks: tuple[tuple[str, str], ...] = ()  # of these: category and attribute that the row leaves empty
    absent: tuple[str, ...] = ()  # columns that the source has and this row leaves empty

    @property
    def named(self) -> str:
        """How people are told of it."""
        number = self.sku or self.gtin or self.id or self.key
        return f"{self.title[:80]} ({number})" if self.title and number != self.title else self.title[:80] or number


class WrongRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row, or a value of it, that could not be read. `what`: columns, quote, encoding, price, date, stock, number, no key, twice, syntax, long."""

    line: int
    what: str
    text: str = ""
    left_out: bool = False  # the whole row is missing from the products


class SourceRead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was read of a source. Times are UTC, ISO 8601."""

    name: str
    format: str = ""
    origin: str = ""  # file, address or database, without secrets
    read_at: str = ""
    made_at: str = ""  # when the export was made: what it says itself, else Last-Modified, else the file's time; "" where nothing says
    max_age: float | None = None  # seconds
    digest: str = ""
    rows: int = 0
    products: int = 0
    wrong: int = 0
    cut: str = ""  # why it could not be read to its end
    columns: tuple[str, ...] = ()  # fields that it gives
    tax: str = ""  # incl | excl, where the config says so
    currency: str = ""
    whole: bool = True  # everything the shop sells should stand in it
    required: tuple[str, ...] = ()  # categories of which the config requires something
    unasked: tuple[str, ...] = ()  # attributes that a list requires and that the source has no column for

    @property
    def feed(self) -> bool:
        return self.format in FEEDS

    @property
    def age(self) -> float | None:
        """Seconds from when it was made to when it was read; None where nothing says when it was made."""
        try:
            return (datetime.fromisoformat(self.read_at) - datetime.fromisoformat(self.made_at)).total_seconds()
        except (ValueError, TypeError):
            return None

    @property
    def stale(self) -> str:
        """Why it is too old, in words; "" where it is not, or nothing says how old it is or may be."""
        if self.max_age is None or self.age is None or self.age <= self.max_age:
            return ""
        return f"made {_hours(self.age)} before it was read, which may be {_hours(self.max_age)} at most"


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:,.0f} h" if hours < 72 else f"{hours / 24:,.0f} days"


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """A product of a source and the page of the shop that it was found on (facts.shelf.ShelfPage), or why on none."""

    product: ExpectedProduct
    how: str = ""  # gtin | sku | link | mpn | handle | group; "" where it was not found
    page: Any = None
    offer: Any = None  # facts.shelf.ShelfOffer of this very variant
    several: int = 0  # pages that could all be it
    known: bool = True  # the run knows something of its link
    own: bool = False  # the page names a number of this very product, or its address this variant
    siblings: int = 0  # products of the source that were found on the page

    @property
    def vague(self) -> bool:
        """The page is that of several products of the source, and does not say which of its values are this one's."""
        return self.how == "group" or (self.siblings > 1 and not self.own)


class Catalogue(Protocol):
    """The sources of a run held against its pages. Every answer is a stream or bounded."""

    def sources(self) -> tuple[SourceRead, ...]: ...

    def wrong(self, source: str) -> Iterator[WrongRow]:
        """In the order of lines."""
        ...

    def met(self, source: str) -> Iterator[Met]:
        """Every product in the order of lines."""
        ...

    def strangers(self, source: str) -> Iterator[Any]:
        """Product pages of the shop on which nothing of the source was found."""
        ...
