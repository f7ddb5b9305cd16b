"""The shapes of what markup states under facts about offers: one offer with its price, one description of a product."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from auditor.facts.offer_price import PriceSpec


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One offer. `price` is None where it is missing or `malformed`; `reading` is then what a person would read in it.

    `malformed`: null, empty, not_a_number, currency_in_price, thousands_separator, decimal_comma, negative, or "".
    """

    kind: str = "Offer"  # Offer | AggregateOffer
    written: str | None = None  # the price as written; None where there is none
    price: Decimal | None = None
    reading: Decimal | None = None
    malformed: str = ""
    price_from: str = ""  # "specification" where only a priceSpecification gives the price
    currency: str = ""
    currency_written: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    low_written: str = ""
    high_written: str = ""
    count: str = ""
    availability: str = ""  # short name: InStock
    availability_written: str = ""
    condition: str = ""
    valid_until: str = ""
    valid_from: str = ""
    specifications: tuple[PriceSpec, ...] = ()
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    url: str = ""  # as written
    name: str = ""
    variant: str = ""  # what tells the variant: its sku, else id, url or name; "" for the product itself
    within: str = ""  # "aggregate" for an offer inside an AggregateOffer
    source: str = "json-ld"  # json-ld | microdata | og
    block: int = 0
    path: str = ""  # of the offer in its block
    line: int = 0
    main: bool = False  # of the page's own product

    @property
    def written_price(self) -> str:
        """The price as written, of an aggregate its low price; "" where there is none."""
        return self.written or self.low_written


class Product(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One description of a product. `place`: own (top level), related, listed."""

    types: tuple[str, ...] = ()
    name: str = ""
    id: str = ""
    url: str = ""
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    brand: str = ""
    images: tuple[str, ...] = ()
    group: bool = False  # a ProductGroup; its variants' offers are among `offers`
    variants: int = 0
    offers: tuple[Offer, ...] = ()
    place: str = "own"
    source: str = "json-ld"
    block: int = 0
    path: str = ""
    line: int = 0
