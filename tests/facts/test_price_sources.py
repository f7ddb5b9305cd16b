"""Prices in what a page says beside its text: market, platform data, data layer; and how two prices compare."""

from __future__ import annotations

from decimal import Decimal

import pytest

from auditor.evidence.document import Document
from auditor.evidence.texts import PriceText, Texts
from auditor.facts.market import Market, market
from auditor.facts.meta import meta
from auditor.facts.offers import offers
from auditor.facts.platform_prices import Stated, platform_prices
from auditor.facts.price_compare import Comparison, compare, difference
from auditor.facts.prices import shown_prices
from auditor.facts.structured_data import structured_data
from tests.facts.price_set import Case, cases

URL = "https://shop.example/products/lamp"


def document(html: str, url: str = URL) -> Document:
    return Document(html, url, rendered=True)


def market_of(html: str) -> Market:
    page = document(html)
    return market(page, meta(page), offers(structured_data(page), page, URL))


def stated(html: str, url: str = URL) -> list[Stated]:
    return list(platform_prices(document(html, url)).items)


@pytest.mark.parametrize(
    ("html", "currency", "source"),
    [
        ('<script>Shopify.currency = {"active":"CAD","rate":"1.0"};</script>', "CAD", "platform"),
        ('<body class="lang-fr country-ch currency-chf page-product"><h1>x</h1>', "CHF", "platform"),
        ('<script>var prestashop = {"currency":{"id":1,"name":"Euro","iso_code":"EUR"}};</script>', "EUR", "platform"),
        ('<meta property="og:price:currency" content="usd">', "USD", "tags"),
        ('<script>x = {"currencyCode":"NOK"}</script>', "NOK", "scripts"),
        ('<script>x = [{"currency":"NOK"}, {"currency":"SEK"}]</script>', "", ""),
        ('<meta property="og:price:currency" content="£">', "", ""),
        (
            '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"x",'
            '"offers":{"@type":"Offer","price":"1","priceCurrency":"PLN"}}</script>',
            "PLN",
            "markup",
        ),
        ("<p>nothing</p>", "", ""),
    ],
)
def test_the_market_is_what_the_clearest_source_says(html: str, currency: str, source: str) -> None:
    found = market_of(html)
    assert (found.currency, found.currency_from) == (currency, source)


def test_a_converted_market_says_so() -> None:
    converted = market_of('<html lang="de-AT"><script>Shopify.currency = {"active":"EUR","rate":"0.93"};</script>')
    assert (converted.converted, converted.words) == (True, "EUR, de-AT")
    assert not market_of('<script>Shopify.currency = {"active":"EUR","rate":"1.0"};</script>').converted


def test_shopify_has_units_in_pixels_and_hundredths_in_meta() -> None:
    pixels = '"productVariants":[{"price":{"amount":12800,"currencyCode":"JPY"},"id":"41","sku":"A"}]'
    (one,) = stated(f"<script>init({{{pixels}}})</script>", f"{URL}?variant=41")
    assert (one.amount, one.currency, one.variant, one.selected) == (Decimal(12800), "JPY", "41", True)
    (other,) = stated(
        '<script>var meta = {"product":{"id":8,"variants":[{"id":41,"price":1280000,"sku":"A"}]}};</script>'
    )
    assert (other.amount, other.currency, other.selected) == (Decimal(12800), "", False)


def test_what_is_no_price_data_gives_none() -> None:
    for html in (
        "<script>var meta = {broken</script>",
        '<script>"productVariants":[{"price":{"amount":"NaN"}}, 5, null, {"price": true}]</script>',
        "<form data-product_variations='false'></form>",
        "<div id='product-details' data-product='[1]'></div>",
        '<script>var BCData = {"product_attributes":null};</script>',
        '<span data-price-amount="9" data-price-type="finalPrice"></span>',
        '<script>dataLayer.push({"ecommerce": {"items": [{"price": "abc"}]}})</script>',
        "<script>" + '{"ecommerce":' * 5_000 + "</script>",
    ):
        assert stated(html) == []


_FOUND = {case.id for case in cases() if platform_prices(document(case.html, case.address)).items}


@pytest.mark.parametrize("case", [case for case in cases() if case.id in _FOUND], ids=lambda case: case.id)
def test_platform_data_of_the_labelled_pages_states_their_prices(case: Case) -> None:
    """As fetched, without a browser: what the platform's data says of the product is one of the prices that are true of it."""
    truth = case.truth
    right = {case.low, case.high, *(Decimal(str(one)) for one in truth.get("also", ()))}
    for one in platform_prices(document(case.html, case.address)).items:
        if one.role == "was":
            old = truth.get("was") or ()
            right_now = {Decimal(one) for one in ([old] if isinstance(old, str) else old)}
        else:
            right_now = right
        assert any(value is not None and abs(value - one.amount) < Decimal("0.01") for value in right_now), one


def test_enough_labelled_pages_have_platform_data() -> None:
    assert len(_FOUND) >= 15


@pytest.mark.parametrize(
    ("shown", "said", "kind", "note"),
    [
        ("49.00", "49", "equal", ""),
        ("49.00", "41.18", "tax", "without 19 % tax"),
        ("100.00", "121.00", "tax", "with 21 % tax"),
        ("79.00", "119.00", "before reduction", "the price before the reduction"),
        ("22.94", "22.944", "equal", ""),
        ("49", "49.99", "other", ""),
        ("23", "22.90", "rounding", ""),
        ("1", "1.40", "other", ""),
        ("49.00", "4900", "cents", "in the wrong unit (cents)"),
        ("49.00", "50.00", "other", ""),
    ],
)
def test_differences_have_names(shown: str, said: str, kind: str, note: str) -> None:
    prices = shown_prices(
        Texts(
            lang="en",
            prices=(
                PriceText(text="€119.00", struck=True, in_main_product=True, font_px=12),
                PriceText(text=f"€{shown}", in_main_product=True, font_px=20),
            ),
        )
    )
    assert prices.main is not None
    found = compare(prices.main, prices, Decimal(said), "EUR")
    assert (found.kind, found.note) == (kind, note)


def test_a_yen_is_not_cut_in_cents() -> None:
    assert difference(Decimal(1299), Decimal("1299.40")).kind == "rounding"


def test_another_currency_is_no_other_price() -> None:
    prices = shown_prices(Texts(lang="en", prices=(PriceText(text="€49.00", in_main_product=True, font_px=20),)))
    assert prices.main is not None
    assert compare(prices.main, prices, Decimal(49), "USD") == Comparison("wrong currency", "shown in EUR")


def test_a_dollar_is_the_one_that_the_page_names() -> None:
    texts = Texts(lang="en", prices=(PriceText(text="$49.00", in_main_product=True, font_px=20),))
    named = shown_prices(texts, page=lambda: ("CAD", "platform")).main
    assert named is not None
    assert (named.currency, named.currency_from) == ("CAD", "platform")
    euros = shown_prices(texts, page=lambda: ("EUR", "platform")).main
    assert euros is not None
    assert euros.currency == ""
