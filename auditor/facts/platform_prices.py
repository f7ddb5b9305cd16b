"""Facts about prices in what a platform writes into a page for its own scripts, and in the page's data layer.

Where each platform keeps them, and since when that was looked at, stands in docs/price-sources.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

import msgspec
from lxml.html import HtmlElement

from auditor.evidence.document import Document
from auditor.facts.currency import CODES

VERSION = 1
_READ = 3_000_000  # characters of a document that are searched
_LONGEST = 2_000_000  # characters of one JSON value
_MOST = 500
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_CENTS = Decimal(100)
_DECODER = json.JSONDecoder()
_VIEWS = ("view_item", "productdetail", "detail", "gtm4wp.productview", "view_item_detail")


class Stated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A price that a script of the page states. `role`: now, was, low, high; `tax`: incl or excl where the source says which."""

    source: str  # platform | data layer
    amount: Decimal
    currency: str = ""  # "" where the source does not say
    role: str = "now"
    tax: str = ""
    variant: str = ""  # id or SKU; "" for the product
    sku: str = ""
    product: str = ""  # the platform's id or number of the product; "" where the source has this page's product only
    selected: bool = False  # the variant that the page shows now
    where: str = ""  # the path a technician looks for
    written: str = ""


class PlatformPrices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`items` in the order found; those of one source and place belong together."""

    items: tuple[Stated, ...] = ()
    cut: bool = False

    def of(self, source: str, role: str = "now") -> list[Stated]:
        return [item for item in self.items if item.source == source and item.role == role]


def platform_prices(document: Document) -> PlatformPrices:
    """The prices in a document's scripts. A platform is known by the name it gives its data, which no other has."""
    found: list[Stated] = []
    for signs, read in _READERS:
        if any(sign in document.html for sign in signs):
            found += islice(read(document), _MOST)
    return PlatformPrices(items=tuple(found[:_MOST]), cut=len(found) > _MOST)


# Shopify


def _shopify(document: Document) -> Iterator[Stated]:
    """The variants told to web pixels carry amount and currency; `meta.product` has cents without one."""
    text = document.html[:_READ]
    chosen = _chosen_variant(document)
    for variants in _values_after(text, '"productVariants":', "["):
        for one in _dicts(variants):
            price = one.get("price")
            if isinstance(price, dict) and (amount := _decimal(price.get("amount"))) is not None:
                yield _variant(one, amount, chosen, "productVariants", currency=_code(price.get("currencyCode")))
        return
    for product in _values_after(text, "var meta = ", "{"):
        inner = product.get("product") if isinstance(product, dict) else None
        for one in _dicts(inner.get("variants") if isinstance(inner, dict) else None):
            if (amount := _decimal(one.get("price"))) is not None:
                yield _variant(one, amount / _CENTS, chosen, "meta.product.variants")
        return


def _variant(one: dict[str, Any], amount: Decimal, chosen: str, where: str, currency: str = "") -> Stated:
    number = _text(one.get("id"))
    return Stated(
        source="platform",
        amount=amount,
        currency=currency,
        variant=number,
        sku=_text(one.get("sku")),
        selected=bool(chosen) and number == chosen,
        where=where,
        written=_text(one.get("price") if not isinstance(one.get("price"), dict) else one["price"].get("amount")),
    )


def _chosen_variant(document: Document) -> str:
    """The variant in the address or, since a theme selects one, in the form that adds to the cart."""
    if match := re.search(r"[?&]variant=(\d{1,20})", document.url):
        return match[1]
    numbers = {
        value
        for form in document.tree.iter("form")
        if "/cart/add" in (form.get("action") or "")
        for field in form.iter("input")
        if field.get("name") == "id" and (value := field.get("value") or "").isdigit()
    }
    return numbers.pop() if len(numbers) == 1 else ""


# WooCommerce


def _woocommerce(document: Document) -> Iterator[Stated]:
    """Variations as the form holds them: prices as the shop displays them, with or without tax."""
    for form in document.tree.xpath("//form[@data-product_variations]")[:3]:
        for one in _dicts(_loads(form.get("data-product_variations"))):
            number, sku = _text(one.get("variation_id")), _text(one.get("sku"))
            for key, role in (("display_price", "now"), ("display_regular_price", "was")):
                amount = _decimal(one.get(key))
                if amount is not None and (role == "now" or amount != _decimal(one.get("display_price"))):
                    yield Stated(
                        source="platform",
                        amount=amount,
                        role=role,
                        variant=number,
                        sku=sku,
                        where=f"data-product_variations {key}",
                        written=_text(one.get(key)),
                    )


# Magento


def _magento(document: Document) -> Iterator[Stated]:
    """`data-price-amount` in the price box of the page's product, and the prices of a configurable product's options."""
    number = _magento_product(document)
    roles = {
        "finalPrice": ("now", ""),
        "oldPrice": ("was", ""),
        "basePrice": ("now", "excl"),
        "minPrice": ("low", ""),
        "maxPrice": ("high", ""),
    }
    boxes = document.tree.xpath("//*[@data-price-amount][@data-price-type]")
    for element in boxes[:400]:
        kind = element.get("data-price-type") or ""
        amount = _decimal(element.get("data-price-amount"))
        if amount is None or kind not in roles or not number or _box_of(element) != number:
            continue
        if element.xpath("ancestor::*[contains(concat(' ', @class, ' '), ' price-tier_price ')]"):
            continue
        role, tax = roles[kind]
        yield Stated(
            source="platform",
            amount=amount,
            role=role,
            tax=tax,
            where=f"data-price-amount ({kind})",
            written=element.get("data-price-amount") or "",
        )
    for options in _values_after(document.html[:_READ], '"optionPrices":', "{"):
        for variant, prices in islice(options.items(), 300) if isinstance(options, dict) else ():
            final = prices.get("finalPrice") if isinstance(prices, dict) else None
            if isinstance(final, dict) and (amount := _decimal(final.get("amount"))) is not None:
                yield Stated(
                    source="platform",
                    amount=amount,
                    variant=_text(variant),
                    where="optionPrices.finalPrice",
                    written=_text(final.get("amount")),
                )
        return


def _magento_product(document: Document) -> str:
    fields = document.tree.xpath("//form[@id='product_addtocart_form']//input[@name='product']")
    return (fields[0].get("value") or "") if fields else ""


def _box_of(element: HtmlElement) -> str:
    """The product of the price box around an element; its own id tells it where the box does not."""
    for block in (element, *islice(element.iterancestors(), 8)):
        if number := block.get("data-product-id"):
            return str(number)
    match = re.search(r"(\d{1,12})$", element.get("id") or "")
    return match[1] if match else ""


# BigCommerce


def _bigcommerce(document: Document) -> Iterator[Stated]:
    for data in _values_after(document.html[:_READ], "BCData = ", "{"):
        attributes = data.get("product_attributes") if isinstance(data, dict) else None
        price = attributes.get("price") if isinstance(attributes, dict) else None
        if not isinstance(price, dict):
            continue
        sku = _text(attributes.get("sku")) if isinstance(attributes, dict) else ""
        both = "with_tax" in price and "without_tax" in price
        for key, role, tax in (
            ("with_tax", "now", "incl"),
            ("without_tax", "now", "excl"),
            ("non_sale_price_with_tax", "was", "incl"),
            ("non_sale_price_without_tax", "was", "excl"),
        ):
            one = price.get(key)
            if isinstance(one, dict) and (amount := _decimal(one.get("value"))) is not None:
                yield Stated(
                    source="platform",
                    amount=amount,
                    currency=_code(one.get("currency")),
                    role=role,
                    tax=tax if both else "",  # a shop without tax calls its only price without_tax
                    sku=sku,
                    where=f"BCData.product_attributes.price.{key}.value",
                    written=_text(one.get("value")),
                )
        return


# PrestaShop


def _prestashop(document: Document) -> Iterator[Stated]:
    for element in document.tree.xpath("//*[@id='product-details'][@data-product]")[:1]:
        product = _loads(element.get("data-product"))
        if not isinstance(product, dict):
            return
        sku = _text(product.get("reference_to_display") or product.get("reference"))
        amounts = [("price_amount", "now"), ("regular_price_amount", "was")]
        now = _decimal(product.get("price_amount"))
        for key, role in amounts:
            amount = _decimal(product.get(key))
            if amount is not None and (role == "now" or amount != now):
                yield Stated(
                    source="platform",
                    amount=amount,
                    role=role,
                    variant=_text(product.get("id_product_attribute")),
                    sku=sku,
                    selected=True,
                    where=f"#product-details data-product {key}",
                    written=_text(product.get(key)),
                )


# The data layer, as far as it is JSON in the page


def _data_layer(document: Document) -> Iterator[Stated]:
    text = document.html[:_READ]
    for match in islice(re.finditer(r"[\"']?ecommerce[\"']?\s*:\s*(?=\{)", text), 20):
        said = text[max(0, match.start() - 400) : match.start()].lower()
        event = re.findall(r"[\"']event[\"']\s*:\s*[\"']([\w.\- ]{1,60})[\"']", said)
        data = _decoded(text, match.end())
        if isinstance(data, dict):
            yield from _viewed(data, event[-1] if event else "")


def _viewed(data: dict[str, Any], event: str) -> Iterator[Stated]:
    """What an event says about the one product that was looked at; lists (impressions, related products) say nothing of it."""
    detail = data.get("detail")
    items = detail.get("products") if isinstance(detail, dict) else data.get("items")
    if not isinstance(detail, dict) and event and event not in _VIEWS:
        return
    found = _dicts(items)
    if len(found) != 1:
        return
    one = found[0]
    code = _code(data.get("currency") or data.get("currencyCode") or one.get("currency"))
    if (amount := _decimal(one.get("price"))) is not None:
        number = _text(one.get("item_id") or one.get("id"))
        where = f"dataLayer {event} ecommerce.items[0].price".replace("  ", " ")
        yield Stated(
            source="data layer",
            amount=amount,
            currency=code,
            product=number,
            where=where,
            written=_text(one.get("price")),
        )


_READERS: tuple[tuple[tuple[str, ...], Callable[[Document], Iterator[Stated]]], ...] = (
    (('"productVariants":', "var meta = "), _shopify),
    (("data-product_variations",), _woocommerce),
    (("data-price-amount", '"optionPrices":'), _magento),
    (("BCData = ",), _bigcommerce),
    (("data-product=",), _prestashop),
    (("ecommerce",), _data_layer),
)


def _values_after(text: str, name: str, opening: str) -> Iterator[Any]:
    """JSON values that stand right after a name in a script, at most three."""
    at = 0
    for _ in range(3):
        at = text.find(name, at)
        if at < 0:
            return
        at += len(name)
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if text.startswith(opening, at) and (value := _decoded(text, at)) is not None:
            yield value


def _decoded(text: str, at: int) -> Any:
    try:
        return _DECODER.raw_decode(text[at : at + _LONGEST])[0]
    except (ValueError, RecursionError):
        return None


def _loads(text: str | None) -> Any:
    if not text or len(text) > _LONGEST:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value[:300] if isinstance(one, dict)] if isinstance(value, list) else []


def _decimal(value: Any) -> Decimal | None:
    """A plain number of JSON or of text; anything else is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written = str(value).strip() if not isinstance(value, float) else repr(value)
    if not _NUMBER.fullmatch(written):
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def _code(value: Any) -> str:
    return value.upper() if isinstance(value, str) and value.upper() in CODES else ""


def _text(value: Any) -> str:
    return str(value)[:200] if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
