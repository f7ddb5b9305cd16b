"""What a page knows its own product by, and the products it shows beside it: SKUs, ids of variants and of the platform; read by tracking checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from lxml.etree import _Element

from auditor.evidence.document import Document
from auditor.facts.offers import Offers, Product
from auditor.facts.platform_prices import PlatformPrices
from auditor.facts.shop_signs import in_card

_MOST = 3_000  # elements looked at, ids kept
_LONGEST = 80
# Attributes and fields that platforms and themes keep ids of products in
_ATTRIBUTES = (
    "data-product-id", "data-product_id", "data-productid", "data-id-product", "data-variant-id", "data-variantid",
    "data-product-sku", "data-product_sku", "data-sku", "data-item-id", "data-pid",
)  # fmt: skip
_FIELDS = frozenset({"id", "product", "product_id", "productid", "id_product", "item", "sku", "add-to-cart", "variation_id", "selected_configurable_option"})  # fmt: skip
_CART = re.compile(r"(?i)cart|basket|warenkorb|panier|product_?form|product_addtocart|variations_form")
_TAIL = re.compile(r"[^/#?=]+$")


class ProductIds(msgspec.Struct, frozen=True, kw_only=True):
    """`own` and `others` in lower case. `skus`: those of `own` that the markup calls SKU.

    `all_variants`: every variant that can be chosen is known; where it is not, an id that is not there may be one's.
    """

    own: frozenset[str]
    skus: frozenset[str]
    others: frozenset[str]
    all_variants: bool


def product_ids(document: Document, offers: Offers, platform: PlatformPrices) -> ProductIds:
    """The ids of a product page."""
    skus = set(_clean(_skus(offers.main)))
    own = skus | set(_clean(_numbers(offers.main)))
    stated = [one for one in platform.items if one.source == "platform"]
    own |= set(_clean(value for one in stated if not one.product for value in (one.variant, one.sku)))
    others = set(_clean(_skus(offers.others))) | set(_clean(_numbers(offers.others)))
    choices = False
    for element, inside in _marked(document):
        values = [element.get(name) or "" for name in _ATTRIBUTES]
        if (element.get("name") or "").lower() in _FIELDS:
            values.append(element.get("value") or "")
        (others if inside else own).update(_clean(values))
    for form in document.tree.iter("form"):
        if _CART.search(" ".join(form.get(name) or "" for name in ("action", "id", "class"))) and not in_card(form):
            choices = choices or any(_chooses(field) for field in form.iter("select", "input"))
    known = len(skus) > 1 or any(one.variant for one in stated)
    return ProductIds(
        own=frozenset(own), skus=frozenset(skus), others=frozenset(others - own), all_variants=known or not choices
    )


def _skus(products: Iterable[Product]) -> Iterator[str]:
    for product in products:
        yield product.sku
        yield from (offer.sku for offer in product.offers)


def _numbers(products: Iterable[Product]) -> Iterator[str]:
    for product in products:
        yield from (product.gtin, product.mpn, _tail(product.id))
        for offer in product.offers:
            yield from (offer.gtin, offer.mpn, offer.variant, _tail(offer.url) if "variant=" in offer.url else "")


def _tail(address: str) -> str:
    found = _TAIL.search(address)
    return found[0] if found else ""


def _clean(values: Iterable[str]) -> Iterator[str]:
    return (value for one in values if (value := one.strip().lower()) and len(value) <= _LONGEST)


def _marked(document: Document) -> Iterator[tuple[_Element, bool]]:
    """Elements that carry an id of a product, and whether they belong to another product's card."""
    wanted = " or ".join(f"@{name}" for name in _ATTRIBUTES)
    for count, element in enumerate(document.tree.xpath(f"//*[{wanted} or @name]")):
        if count >= _MOST:
            return
        if element.get("name") is None or (element.get("name") or "").lower() in _FIELDS:
            yield element, in_card(element)


def _chooses(field: _Element) -> bool:
    if field.tag == "select":
        return not re.search(r"(?i)qty|quantity|menge|quantit", field.get("name") or "")
    return (field.get("type") or "").lower() == "radio"


def stands_for(sent: str, known: str) -> bool:
    """Whether an id as sent speaks of a known one: the same, or one within the other between its parts.

    `shopify_US_123_456` speaks of 123 and of 456, `MH01-XS-Black` of its parent MH01, `gla_17` of 17.
    """
    if sent == known:
        return True
    short, long = sorted((sent, known), key=len)
    return bool(short) and re.search(rf"(?<![a-z0-9]){re.escape(short)}(?![a-z0-9])", long) is not None
