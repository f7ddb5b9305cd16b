"""Facts about prices that a platform's public endpoints state: which address tells of a product's page, and what its answer says.

Shopify: `/products/HANDLE.js` (shopify.dev, Ajax API, product reference). WooCommerce: Store API, `products?slug=` (its
docs/third-party-developers/extensibility/rest-api, price properties). Both are public, asked for by themes, and change nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from auditor.evidence.document import Document
from auditor.evidence.endpoint import Endpoint
from auditor.facts.currency import CODES
from auditor.facts.platform_prices import Stated
from auditor.model.urls import crawl_key, origin

_HUNDRED = Decimal(100)
_DIGITS = re.compile(r"\d{1,12}")
_SHOPIFY = re.compile(
    r"^(?P<head>(?:/[a-z]{2}(?:-[a-z]{2})?)?)(?:/collections/[^/]+)?/products/(?P<handle>[^/]+?)/?$", re.IGNORECASE
)
_SHOPIFYS = "shopify"
_WOOS = "woocommerce"
PLATFORMS = (_SHOPIFYS, _WOOS)
_MOST = 300


def endpoint_of(platform: str, document: Document) -> str:
    """The address that tells of the page's product; "" where the platform has none, or the page does not say where it is.

    Of Shopify the market's folder (`/de/`) stays. WooCommerce's root is the one that the page names; it may be anywhere.
    """
    parts = urlsplit(document.url)
    if (
        platform == _SHOPIFYS
        and (match := _SHOPIFY.match(parts.path))
        and not match["handle"].endswith((".js", ".json"))
    ):
        return f"{origin(document.url)}{match['head']}/products/{match['handle']}.js"
    if platform == _WOOS:
        roots = document.tree.xpath("//link[@rel='https://api.w.org/']/@href")
        root = document.absolute(str(roots[0])) if roots else None
        slug = parts.path.rstrip("/").rpartition("/")[2]
        # without pretty addresses the root is a query, and the product is one as well
        if root and slug and origin(root) == origin(document.url) and not urlsplit(root).query:
            return f"{root.rstrip('/')}/wc/store/v1/products?slug={quote(unquote(slug), safe='-_.~')}"
    return ""


def endpoint_prices(endpoint: Endpoint, platform: str, page: str) -> tuple[Stated, ...]:
    """What the answer states for the product of the page; nothing where it is another product's, or no such answer."""
    try:
        data = json.loads(endpoint.body) if endpoint.body else None
    except (ValueError, RecursionError):
        return ()
    if platform == _SHOPIFYS and isinstance(data, dict):
        return tuple(_shopify(data, page))
    if platform == _WOOS and isinstance(data, list):
        return tuple(_woocommerce(data, page))
    return ()


def _shopify(product: dict[str, Any], page: str) -> Iterator[Stated]:
    """Amounts are hundredths in every currency, and the answer does not name it: it is that of the visitor's market."""
    chosen = re.search(r"[?&]variant=(\d{1,20})", page)
    variants = product.get("variants")
    for one in variants[:_MOST] if isinstance(variants, list) else ():
        if not isinstance(one, dict) or (cents := _cents(one.get("price"))) is None:
            continue
        number = str(one.get("id") or "")[:60]
        yield Stated(
            source="endpoint",
            amount=cents / _HUNDRED,
            variant=number,
            sku=str(one.get("sku") or "")[:200],
            selected=chosen is not None and chosen[1] == number,
            where="variants[].price",
            written=str(one["price"]),
        )


def _woocommerce(found: list[Any], page: str) -> Iterator[Stated]:
    """Prices as the shop displays them, in the currency's minor unit, which the answer names."""
    products = [one for one in found[:20] if isinstance(one, dict)]
    own = [one for one in products if crawl_key(str(one.get("permalink") or "")) == crawl_key(page.partition("?")[0])]
    if len(own) != 1:
        return
    prices = own[0].get("prices")
    if not isinstance(prices, dict):
        return
    code, digits = str(prices.get("currency_code") or "").upper(), prices.get("currency_minor_unit")
    if code not in CODES or not isinstance(digits, int) or not 0 <= digits <= 4:
        return
    ranged = prices.get("price_range")
    ends = [ranged.get("min_amount"), ranged.get("max_amount")] if isinstance(ranged, dict) else [prices.get("price")]
    for written in dict.fromkeys(ends):
        if (amount := _cents(written)) is not None:
            yield Stated(
                source="endpoint",
                amount=amount.scaleb(-digits),
                currency=code,
                sku=str(own[0].get("sku") or "")[:200],
                where="prices.price_range" if isinstance(ranged, dict) else "prices.price",
                written=str(written),
            )


def _cents(value: Any) -> Decimal | None:
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return Decimal(text) if _DIGITS.fullmatch(text) else None
