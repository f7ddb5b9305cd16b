"""The address of a shop's search, as start pages of the platforms' themes give it."""

from __future__ import annotations

import pytest

from auditor.evidence.document import Document
from auditor.facts.search_form import results_url, search_address
from auditor.facts.structured_data import structured_data

HOME = "https://shop.example/en/"
SHOPS = {
    "shopify": (
        '<form action="/en/search" method="get" role="search" class="search search-modal__form"><input type="search" name="q" placeholder="Search">'
        '<input type="hidden" name="options[prefix]" value="last"><button class="reset__button" type="reset"></button></form>',
        "https://shop.example/en/search?q={words}&options%5Bprefix%5D=last",
    ),
    "woocommerce": (
        '<form role="search" method="get" class="woocommerce-product-search" action="https://shop.example/">'
        '<input type="search" class="search-field" name="s"><button type="submit" value="Search"></button><input type="hidden" name="post_type" value="product"></form>',
        "https://shop.example/?s={words}&post_type=product",
    ),
    "magento": (
        '<form class="form minisearch" id="search_mini_form" action="https://shop.example/catalogsearch/result/" method="get">'
        '<input id="search" type="text" name="q" value="" placeholder="Search entire store here..."></form>',
        "https://shop.example/catalogsearch/result/?q={words}",
    ),
    "prestashop": (
        '<div id="search_widget" data-search-controller-url="//shop.example/search"><form method="get" action="//shop.example/search">'
        '<input type="hidden" name="controller" value="search"><input type="text" name="s" value="" placeholder="Search our catalog"></form></div>',
        "https://shop.example/search?controller=search&s={words}",
    ),
    "bigcommerce": (
        '<form class="form" action="/search.php" data-quick-search-form><input class="form-input" name="search_query" id="search_query" data-search-quick></form>',
        "https://shop.example/search.php?search_query={words}",
    ),
    "volusion": (
        '<form id="searchform" action="/searchresults.asp" method="GET"><input type="text" name="Search" class="search-input"></form>',
        "https://shop.example/searchresults.asp?Search={words}",
    ),
    "opencart": (
        '<div id="search" class="input-group"><input type="text" name="search" value="" placeholder="Search"><button type="button"></button></div>',
        "https://shop.example/index.php?route=product/search&search={words}",
    ),
}  # fmt: skip
NONE = {
    "a newsletter": '<form action="/newsletter"><input type="email" name="email"></form>',
    "a store finder beside": '<form action="/stores"><input type="text" name="zip" placeholder="ZIP code"></form>',
    "a form that is posted": '<form method="post" action="/search"><input type="search" name="q"></form>',
    "a value that works once": '<form action="/search"><input type="search" name="q"><input type="hidden" name="form_key" value="Xy7"></form>',
    "a search elsewhere": '<form action="https://search.example/find"><input type="search" name="q"></form>',
}


def _address(html: str, platform: str = "") -> str:
    document = Document(html, HOME, rendered=False)
    return search_address(document, structured_data(document), platform)


@pytest.mark.parametrize("platform", SHOPS)
def test_themes_of_platforms_tell_where_their_results_are(platform: str) -> None:
    html, address = SHOPS[platform]

    assert _address(f"<body><header>{html}</header></body>", platform) == address


@pytest.mark.parametrize("what", NONE)
def test_what_is_no_search_is_not_asked(what: str) -> None:
    assert _address(f"<body>{NONE[what]}</body>") == ""


def test_the_search_is_told_from_other_forms_and_a_chosen_department_goes_along() -> None:
    other = '<form action="/filter"><input name="q" placeholder="Filter"></form>'
    search = '<form action="/find?old=1"><select name="in"><option value="">All</option><option value="2">Lamps</option></select><input type="search" name="q"></form>'

    assert _address(other + search) == "https://shop.example/find?in=&q={words}"


def test_markup_tells_it_where_no_form_does() -> None:
    action = '{"@type":"SearchAction","target":{"@type":"EntryPoint","urlTemplate":"https://www.shop.example/s/{search_term_string}"},"query-input":"required name=search_term_string"}'
    script = f'<script type="application/ld+json">{{"@context":"https://schema.org","@type":"WebSite","url":"https://shop.example/","potentialAction":{action}}}</script>'

    assert _address(script) == "https://www.shop.example/s/{words}"


def test_words_are_sent_as_a_form_sends_them() -> None:
    assert results_url("https://shop.example/?s={words}", "Öl & Lampe") == "https://shop.example/?s=%C3%96l+%26+Lampe"
