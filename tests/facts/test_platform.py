"""The platform is told by two signals that agree, and by no fewer."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.document import Document
from auditor.facts.platform import platform
from auditor.knowledge import platforms

_spec = importlib.util.spec_from_file_location("shop_pages", Path(__file__).parent / "shop_pages.py")
assert _spec
assert _spec.loader
shop_pages: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(shop_pages)


def _document(html: str, url: str = "https://shop.example/") -> Document:
    return Document(html, url, rendered=False)


@pytest.mark.parametrize("page", shop_pages.PLATFORM_PAGES, ids=lambda page: f"{page.platform} {page.url}")
def test_tells_the_platform_of_every_page(page: Any) -> None:
    fact = platform(_document(page.html, page.url), page.headers, page.url)
    assert fact.id == page.platform
    assert len(fact.signals) >= 2


@pytest.mark.parametrize("page", shop_pages.OWN_PAGES, ids=lambda page: page.url)
def test_shops_of_their_own_make_have_no_platform(page: Any) -> None:
    assert platform(_document(page.html, page.url), page.headers, page.url).id == ""


@pytest.mark.parametrize(
    ("html", "headers"),
    [
        ('<meta name="generator" content="WooCommerce 9.1">', {}),
        ("<p>our shop moved away from Shopify</p>", {"powered-by": "Shopify"}),
        ("", {"set-cookie": "OCSESSID=ab; path=/"}),
        ('<script src="/static/version1/frontend/x.js"></script>', {}),
        # a blog on WordPress that sells through Shopify's buy button
        (
            '<meta name="generator" content="WordPress 6.6"><link href="/wp-content/themes/x/style.css" rel="stylesheet">'
            '<img src="https://cdn.shopify.com/s/files/1/shirt.jpg"><script src="https://sdks.shopifycdn.com/buy-button/latest/buy-button-storefront.min.js"></script>',
            {"link": '<https://blog.example/wp-json/>; rel="https://api.w.org/"'},
        ),
        ("", {}),
        ("\x00<<<", {"": ""}),
    ],
)
def test_one_signal_is_not_enough(html: str, headers: dict[str, str]) -> None:
    assert platform(_document(html), headers).id == ""


def test_cookies_may_be_given_apart_from_headers() -> None:
    html = '<script src="catalog/view/javascript/common.js"></script>'
    assert platform(_document(html), {}, cookies=["OCSESSID"]).id == "opencart"


def test_headers_may_be_pairs() -> None:
    pairs = [
        ("X-ShopId", "12"),
        ("Powered-By", "Shopify"),
        ("set-cookie", "_shopify_y=1; path=/"),
        ("set-cookie", "a=b"),
    ]
    fact = platform(_document(""), pairs)
    assert fact.id == "shopify"
    assert "cookie _shopify_y" in fact.signals


def test_two_platforms_alike_are_none() -> None:
    shopify = '<script>Shopify.theme = {"id":1}</script><link href="//x/cdn/shop/t/1/a.css" rel="stylesheet">'
    woo = '<meta name="generator" content="WooCommerce 9"><script>var wc_add_to_cart_params = {}</script>'
    both = platform(_document(f"<head>{shopify}{woo}</head>"), {})
    each = [platform(_document(f"<head>{one}</head>"), {}) for one in (shopify, woo)]
    assert {one.id for one in each} == {"shopify", "woocommerce"}
    assert both.id == ("" if each[0].score == each[1].score else max(each, key=lambda one: one.score).id)


def test_every_platform_can_be_told() -> None:
    told = {page.platform for page in shop_pages.PLATFORM_PAGES}
    assert told == {known.id for known in platforms.load()}
