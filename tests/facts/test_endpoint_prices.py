"""Which address tells of a product, and what its answers say; what is no such answer says nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from auditor.evidence.document import Document
from auditor.evidence.endpoint import Endpoint
from auditor.facts.endpoint_prices import endpoint_of, endpoint_prices

API = '<link rel="https://api.w.org/" href="{}">'


@pytest.mark.parametrize(
    ("platform", "place", "head", "address"),
    [
        ("shopify", "https://s.example/products/lamp?variant=4", "", "https://s.example/products/lamp.js"),
        ("shopify", "https://s.example/de/collections/all/products/lamp/", "", "https://s.example/de/products/lamp.js"),
        ("shopify", "https://s.example/collections/all", "", ""),
        ("shopify", "https://s.example/products/lamp.js", "", ""),
        (
            "woocommerce", "https://s.example/shop/oak-lamp/", API.format("/wp-json/"),
            "https://s.example/wp-json/wc/store/v1/products?slug=oak-lamp",
        ),
        (
            "woocommerce", "https://s.example/p/l%C3%A4mp", API.format("https://s.example/blog/wp-json/"),
            "https://s.example/blog/wp-json/wc/store/v1/products?slug=l%C3%A4mp",
        ),
        ("woocommerce", "https://s.example/p/lamp", "", ""),
        ("woocommerce", "https://s.example/p/lamp", API.format("https://other.example/wp-json/"), ""),
        ("woocommerce", "https://s.example/p/lamp", API.format("/?rest_route=/"), ""),
        ("magento", "https://s.example/products/lamp", "", ""),
    ],
)  # fmt: skip
def test_the_address(platform: str, place: str, head: str, address: str) -> None:
    assert endpoint_of(platform, Document(f"<html><head>{head}</head></html>", place, rendered=False)) == address


@pytest.mark.parametrize(
    ("body", "amounts"),
    [
        (b'{"variants": [{"id": 1, "price": 1999}, {"id": 2, "price": "2500"}]}', ["19.99", "25"]),
        (b'{"variants": [{"price": null}, {"price": -1}, {"price": true}, {"price": 1.5}, 7]}', []),
        (b'{"variants": {}}', []),
        (b"[1]", []),
        (b"<html>", []),
        (b"\xff", []),
        (b"[" * 100_000, []),
        (b"", []),
    ],
)
def test_shopify(body: bytes, amounts: list[str]) -> None:
    told = endpoint_prices(Endpoint(url="u", body=body), "shopify", "https://s.example/products/lamp?variant=2")
    assert [one.amount for one in told] == [Decimal(one) for one in amounts]
    assert [one.variant for one in told if one.selected] == (["2"] if amounts else [])


@pytest.mark.parametrize(
    ("prices", "amounts"),
    [
        ('"price": "4900", "currency_code": "EUR", "currency_minor_unit": 2', ["49"]),
        ('"price": "4900", "currency_code": "JPY", "currency_minor_unit": 0', ["4900"]),
        ('"price": "1", "price_range": {"min_amount": "100", "max_amount": "200"}, "currency_code": "EUR", "currency_minor_unit": 2', ["1", "2"]),
        ('"price": "4900", "currency_code": "XXL", "currency_minor_unit": 2', []),
        ('"price": "4900", "currency_code": "EUR"', []),
        ('"price": "", "currency_code": "EUR", "currency_minor_unit": 2', []),
    ],
)  # fmt: skip
def test_woocommerce(prices: str, amounts: list[str]) -> None:
    body = f'[{{"permalink": "https://s.example/p/lamp/", "prices": {{{prices}}}}}]'.encode()
    told = endpoint_prices(Endpoint(url="u", body=body), "woocommerce", "https://s.example/p/lamp/?utm_source=x")
    assert [one.amount for one in told] == [Decimal(one) for one in amounts]
    assert endpoint_prices(Endpoint(url="u", body=body), "woocommerce", "https://s.example/p/vase/") == ()
