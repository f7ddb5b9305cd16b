"""Page types of the pages that themes really write, with and without a known platform."""

import importlib.util
import time
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.document import Document
from auditor.facts.page_type import page_type
from auditor.model.words import PageType

_spec = importlib.util.spec_from_file_location("shop_pages", Path(__file__).parent / "shop_pages.py")
assert _spec
assert _spec.loader
shop_pages: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(shop_pages)


def _kind(
    html: str,
    url: str = "https://shop.example/some-page",
    status: int = 200,
    headers: dict[str, str] | None = None,
    platform: str = "",
) -> PageType:
    return page_type(url, status, Document(html, url, rendered=False), headers or {}, platform).type


@pytest.mark.parametrize("page", shop_pages.PLATFORM_PAGES, ids=lambda page: f"{page.platform} {page.kind} {page.url}")
def test_pages_of_platforms(page: Any) -> None:
    fact = page_type(page.url, page.status, Document(page.html, page.url, rendered=False), page.headers, page.platform)
    assert fact.type == page.kind, fact
    assert fact.type is PageType.CONTENT or (fact.score > 0.3 and fact.signals)


def test_pages_of_platforms_before_the_platform_is_known() -> None:
    wrong = {
        (page.url, page.kind): found
        for page in shop_pages.PLATFORM_PAGES
        if (found := _kind(page.html, page.url, headers=page.headers)) != page.kind
    }
    assert len(wrong) <= len(shop_pages.PLATFORM_PAGES) // 12, wrong


@pytest.mark.parametrize("page", shop_pages.OWN_PAGES, ids=lambda page: f"{page.kind} {page.url}")
def test_pages_of_shops_of_their_own_make(page: Any) -> None:
    fact = page_type(page.url, page.status, Document(page.html, page.url, rendered=False), page.headers)
    assert fact.type == page.kind, fact


@pytest.mark.parametrize("platform", ["", "shopify", "magento", "woocommerce"])
def test_an_unknown_page_is_content(platform: str) -> None:
    assert _kind("<h1>Our values</h1><p>Since 1900</p>", platform=platform) is PageType.CONTENT


@pytest.mark.parametrize("status", [404, 410, 500, 502])
def test_an_error_is_an_error_whatever_it_looks_like(status: int) -> None:
    product = next(page for page in shop_pages.PLATFORM_PAGES if page.kind == "product")
    assert _kind(product.html, product.url, status=status, platform="shopify") is PageType.ERROR


def test_a_challenge_is_no_page_of_the_shop() -> None:
    html = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>"
    assert _kind(html, "https://shop.example/products/shirt", 403, {"cf-mitigated": "challenge"}) is PageType.CHALLENGE
    assert _kind("Too many requests", status=429) is PageType.CHALLENGE


def test_a_password_page_is_no_page_of_the_shop() -> None:
    html = '<html><head><title>Demo</title></head><body class="template-password"><form method="post" action="/password"><input type="hidden" name="form_type" value="storefront_password"><input type="password" name="password"></form>Opening soon <a href="//www.shopify.com">Shopify</a></body></html>'
    assert _kind(html, "https://shop.example/password", platform="shopify") is PageType.PASSWORD
    assert _kind("", status=401, headers={"www-authenticate": 'Basic realm="staging"'}) is PageType.PASSWORD


def test_maintenance_is_an_error() -> None:
    assert (
        _kind(
            "<html><title>503 Service Unavailable</title><h1>Service Temporarily Unavailable</h1><p>The server is temporarily unable to service your request due to maintenance downtime or capacity problems.</p></html>",
            status=503,
            platform="magento",
        )
        is PageType.ERROR
    )


def test_the_sort_of_a_category_does_not_make_a_search_of_it() -> None:
    page = next(page for page in shop_pages.PLATFORM_PAGES if page.platform == "prestashop" and page.kind == "category")
    assert _kind(page.html, page.url, platform="prestashop") is PageType.CATEGORY


def test_a_mini_cart_does_not_make_a_cart_of_a_page() -> None:
    html = '<header><form action="/checkout"><input name="updates[]" value="1"><button name="checkout">Check out</button></form></header><main><h1>About us</h1></main>'
    assert _kind(html, "https://shop.example/pages/about-us", platform="shopify") is PageType.CONTENT


@pytest.mark.parametrize(
    ("path", "kind"), [("men", "content"), ("tv", "content"), ("de", "home"), ("en-gb", "home"), ("index.html", "home")]
)
def test_a_short_folder_is_home_only_where_it_is_a_locale(path: str, kind: str) -> None:
    assert _kind("<main><h1>Hello</h1><p>Words.</p></main>", f"https://shop.example/{path}") == kind


def test_a_link_to_the_pages_home_does_not_make_a_home_of_it() -> None:
    site = '<script type="application/ld+json">{"@context":"https://schema.org","@type":"WebSite","url":"https://shop.example/"}</script>'
    assert _kind(site, "https://shop.example/team") is PageType.CONTENT
    assert _kind(site.replace("example/", "example/eu/shop/"), "https://shop.example/eu/shop") is PageType.HOME


_SOLD_OUT = {
    "english": "<div class=row><div><h1>Oak kettle</h1><p>£12.00</p><p>Unavailable</p></div></div><h2>Product Description</h2><p>Ours.</p>"
    "<table><tr><th>UPC</th><td>HH-1</td></tr></table><h2>Customer Reviews</h2>",
    "german": "<div class=row><div><h1>Kessel</h1><p>12,00 €</p><p>Ausverkauft</p></div></div><h2>Beschreibung</h2><p>Unserer.</p>"
    "<p>Artikelnummer: 4711</p><h2>Bewertungen (3)</h2>",
    "french, with variants that have pages of their own": "<div><h1>Bouilloire</h1><h2>Modèles</h2><a href=/catalogue/rouge_2/>Rouge</a></div>"
    "<h2>Description</h2><p>La nôtre.</p><h2>Caractéristiques</h2><h2>Avis clients</h2>",
}


@pytest.mark.parametrize("html", _SOLD_OUT.values(), ids=_SOLD_OUT)
def test_a_product_that_cannot_be_bought_is_a_product(html: str) -> None:
    assert _kind(html, "https://shop.example/catalogue/oak-kettle_12/") is PageType.PRODUCT


@pytest.mark.parametrize("cards", [1, 2, 3, 20])
def test_a_list_with_few_products_left_by_its_filters_is_a_list(cards: int) -> None:
    card = """<li class="col"><article class="product_pod"><div><a href="/catalogue/kettle_{n}/"><img src="/k{n}.jpg" alt="Kettle {n}"></a></div>
<h3><a href="/catalogue/kettle_{n}/">Kettle {n}</a></h3><div><p>£12.00</p><p>In stock</p><form action="/basket/add/{n}/" method="post"><button>Add to basket</button></form></div></article></li>"""
    html = f"<div><h1>Kettles</h1><ol>{''.join(card.format(n=number) for number in range(cards))}</ol></div>"
    assert _kind(html, "https://shop.example/catalogue/category/kettles_2/?rating=3") is PageType.CATEGORY


@pytest.mark.parametrize("path", ["reviews/", "reviews/47/", "bewertungen", "avis?page=2"])
def test_reviews_of_a_product_are_about_it_and_not_its_page(path: str) -> None:
    html = "<nav><a href=/catalogue/kettle_12/>Kettle</a></nav><h1>Customer reviews</h1><p>Just right</p>"
    assert _kind(html, f"https://shop.example/catalogue/kettle_12/{path}") is PageType.CONTENT


def test_prices_and_stock_in_a_text_do_not_make_a_product_of_it() -> None:
    html = "<div><h1>Gift wrapping</h1><p>We wrap your gifts from £4.95 on, as long as paper is in stock, in all of our shops.</p><h2>Reviews</h2></div>"
    assert _kind(html, "https://shop.example/gift-wrapping") is PageType.CONTENT


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<",
        "\x00" * 50,
        "<div>" * 3_000,
        '<script type="application/ld+json">{"@type":["Product"</script>',
        '<script type="application/ld+json">[[[[null,1,"x",{"@type":{"a":1},"name":[{}]}]]]]</script>',
        '<body class="' + "a " * 10_000 + '">',
        "<h1>" + "<span>€1</span>" * 20_000,
        "<form>" + "<button>Add to cart</button>" * 3_000 + "</form><h1>x</h1>",
        "<script>" + "pageType " * 20_000 + "</script>",
        "<p>€" + " " * 100_000,
    ],
)
def test_hostile_documents_neither_raise_nor_hang(html: str) -> None:
    started = time.process_time()
    fact = page_type(
        "https://[bad/" if not html else "https://shop.example/x",
        0,
        Document(html, "https://shop.example/x", rendered=False),
        {"": "\x00"},
    )
    assert 0 <= fact.score <= 1
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("url", "html", "kind"),
    [
        ("https://shop.example/index.php?show=feedback&id=3", "<p>Write to us</p>", PageType.CONTENT),
        ("https://shop.example/index.php?utm_source=mail&lang=de", "<p>Welcome</p>", PageType.HOME),
        ("https://shop.example/default.aspx", "<p>Welcome</p>", PageType.HOME),
        ("https://shop.example/shop/home.action", "<p>Welcome</p>", PageType.HOME),
        ("https://shop.example/forgot.php", "<body class='index'><p>Your mail address</p></body>", PageType.CONTENT),
        ("https://shop.example/start", "<body class='home'><script>var page_type = 'home'</script></body>", PageType.HOME),
        ("https://shop.example/category/customer-service/contact+us.do", "<p>Write to us</p>", PageType.CONTENT),
        # one field for a number, and a header's way to the checkout
        ("https://shop.example/card.php", "<a href='/checkout'>Checkout</a><input name='qty'> 72 in stock", PageType.CONTENT),
        (
            "https://shop.example/tray",
            "<a href='/checkout'>Checkout</a><input name='qty'><a href='?out=7'>Remove</a>",
            PageType.CART,
        ),
    ],
)  # fmt: skip
def test_what_an_address_and_a_mark_are_worth(url: str, html: str, kind: PageType) -> None:
    assert _kind(html, url) is kind


def _table(row: str, columns: int = 1) -> str:
    cells = [row.replace("#", str(number)) for number in range(1, 7)]
    rows = ["".join(cells[at : at + columns]) for at in range(0, 6, columns)]
    return f"<h1>Chairs</h1><table>{''.join(f'<tr>{one}</tr>' for one in rows)}</table>"


_CELL = "<td><a href='/p/#'><img src='#.jpg'></a><b>Chair #</b><p>$#9.00</p></td>"


@pytest.mark.parametrize("columns", [1, 3])
def test_a_list_of_products_may_be_laid_out_as_a_table(columns: int) -> None:
    sorting = "<select name=sorting><option>Price</option></select>"
    assert _kind(_table(_CELL, columns) + sorting) is PageType.CATEGORY


@pytest.mark.parametrize(
    "row",
    [
        "<td><a href='/p/#'><img src='#.jpg'></a></td><td>Chair</td><td><input name=qty# value=1></td><td>$#9.00</td>",  # a cart
        "<td><a href='/order/#'>Order #</a></td><td>$#9.00</td>",
        "<td>Size #</td><td>$#9.00</td>",
    ],
)
def test_other_tables_with_prices_are_no_lists_of_products(row: str) -> None:
    sorting = "<select name=sorting><option>Price</option></select>"
    assert _kind(_table(row) + sorting) is not PageType.CATEGORY
