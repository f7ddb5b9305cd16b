"""Offers: which product is the page's own, and what its markup states as price, currency and availability."""

import json
from decimal import Decimal

import msgspec
import pytest

from auditor.evidence.document import Document
from auditor.facts.offers import Offers, offers
from auditor.facts.structured_data import structured_data

URL = "https://shop.example/collections/shoes/products/red-shoe?variant=1"


def read(
    *blocks: object,
    h1: str = "Red shoe",
    title: str = "Red shoe | Shop",
    head: str = "",
    body: str = "",
    url: str = URL,
) -> Offers:
    scripts = "".join(f'<script type="application/ld+json">{json.dumps(block)}</script>' for block in blocks)
    document = Document(
        f"<html><head><title>{title}</title>{head}{scripts}</head><body><h1>{h1}</h1>{body}</body></html>",
        url,
        rendered=False,
    )
    facts = offers(structured_data(document), document, url)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Offers) == facts
    return facts


def product(name: str = "Red shoe", price: object = "19.90", **more: object) -> dict:
    return {
        "@type": "Product",
        "name": name,
        "offers": {
            "@type": "Offer",
            "price": price,
            "priceCurrency": "EUR",
            "availability": "https://schema.org/InStock",
        },
    } | more


def test_a_plain_offer():
    facts = read(
        product(
            sku="S1",
            gtin13="4006381333931",
            brand={"@type": "Brand", "name": "Acme"},
            image=["/a.jpg", {"@type": "ImageObject", "url": "/b.jpg"}],
        )
    )
    (offer,) = facts.offers
    assert (offer.price, offer.written, offer.malformed, offer.currency, offer.availability) == (
        Decimal("19.90"),
        "19.90",
        "",
        "EUR",
        "InStock",
    )
    assert (offer.path, offer.variant, offer.main, offer.source) == ("$.offers", "", True, "json-ld")
    main = facts.main[0]
    assert (main.sku, main.gtin, main.brand, main.images) == ("S1", "4006381333931", "Acme", ("/a.jpg", "/b.jpg"))
    assert facts.ambiguous == ""


@pytest.mark.parametrize(
    ("written", "price", "malformed", "reading"),
    [
        (19.9, "19.9", "", "19.9"),
        (19, "19", "", "19"),
        (0, "0", "", "0"),
        ("0.00", "0.00", "", "0.00"),
        ("1299", "1299", "", "1299"),
        (" 19.90 ", "19.90", "", "19.90"),
        (52.989999999999995, "52.989999999999995", "", "52.989999999999995"),
        ("1,299.00", None, "thousands_separator", "1299.00"),
        ("1.299,00", None, "thousands_separator", "1299.00"),
        ("1 299.00", None, "thousands_separator", "1299.00"),
        ("19,90", None, "decimal_comma", "19.90"),
        ("€19", None, "currency_in_price", "19"),
        ("$19.99 USD", None, "currency_in_price", "19.99"),
        ("1.299,00 €", None, "currency_in_price", "1299.00"),
        ("NaN", None, "not_a_number", None),
        ("null", None, "null", None),
        ("undefined", None, "null", None),
        ("", None, "empty", None),
        (None, None, "null", None),
        ("call for price", None, "not_a_number", None),
        ("-5.00", None, "negative", "-5.00"),
        (-5, None, "negative", "-5"),
        (True, None, "not_a_number", None),
        ("{{ price }}", None, "not_a_number", None),
        ("١٩", None, "thousands_separator", "19"),
        ({"@type": "X", "y": 1}, None, "not_a_number", None),
    ],
)
def test_written_prices(written, price, malformed, reading):
    offer = read(product(price=written)).offers[0]
    assert offer.price == (None if price is None else Decimal(price))
    assert offer.malformed == malformed
    assert offer.reading == (None if reading is None else Decimal(reading))


def test_no_price_at_all():
    offer = read({"@type": "Product", "name": "Red shoe", "offers": {"@type": "Offer", "priceCurrency": "eur"}}).offers[
        0
    ]
    assert (offer.written, offer.price, offer.malformed, offer.written_price) == (None, None, "", "")
    assert (offer.currency, offer.currency_written) == ("EUR", "eur")


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("https://schema.org/InStock", "InStock"),
        ("http://schema.org/OutOfStock", "OutOfStock"),
        ("InStock", "InStock"),
        ("in stock", "in stock"),
        ("schema:PreOrder", "PreOrder"),
        ("", ""),
    ],
)
def test_availability(written, short):
    offer = read(
        {"@type": "Product", "name": "Red shoe", "offers": {"@type": "Offer", "availability": written}}
    ).offers[0]
    assert (offer.availability, offer.availability_written) == (short, written)


def test_aggregate():
    facts = read(
        {
            "@type": "Product",
            "name": "Red shoe",
            "offers": {
                "@type": "AggregateOffer",
                "lowPrice": "10",
                "highPrice": 20.5,
                "offerCount": 2,
                "offers": [
                    {"@type": "Offer", "price": "10", "sku": "a"},
                    {"@type": "Offer", "price": "20.50", "sku": "b"},
                ],
            },
        }
    )
    whole, one, two = facts.offers
    assert (whole.kind, whole.low, whole.high, whole.count, whole.written_price) == (
        "AggregateOffer",
        Decimal(10),
        Decimal("20.5"),
        "2",
        "10",
    )
    assert [(offer.within, offer.variant) for offer in (one, two)] == [("aggregate", "a"), ("aggregate", "b")]


def test_price_specifications():
    specs = [
        {
            "@type": "UnitPriceSpecification",
            "price": "24.90",
            "priceCurrency": "EUR",
            "priceType": "https://schema.org/StrikethroughPrice",
        },
        {
            "@type": "UnitPriceSpecification",
            "price": 1.99,
            "referenceQuantity": {"@type": "QuantitativeValue", "value": "100", "unitCode": "GRM"},
        },
        {"@type": "PriceSpecification", "price": "19.90", "priceCurrency": "EUR", "valueAddedTaxIncluded": "true"},
    ]
    offer = read(
        {"@type": "Product", "name": "Red shoe", "offers": {"@type": "Offer", "priceSpecification": specs}}
    ).offers[0]
    assert [(spec.kind, spec.price, spec.unit, spec.tax_included) for spec in offer.specifications] == [
        ("StrikethroughPrice", Decimal("24.90"), "", None),
        ("", Decimal("1.99"), "100 GRM", None),
        ("", Decimal("19.90"), "", True),
    ]
    assert (offer.price, offer.price_from, offer.currency) == (Decimal("19.90"), "specification", "EUR")


def test_the_offers_own_price_comes_before_a_specification():
    offer = read(
        {
            "@type": "Product",
            "name": "Red shoe",
            "offers": {"@type": "Offer", "price": "18", "priceSpecification": {"price": "19"}},
        }
    ).offers[0]
    assert (offer.price, offer.price_from) == (Decimal(18), "")


def test_variants_of_a_group():
    variants = [product(f"Red shoe {size}", price, sku=f"S{size}") for size, price in ((40, "19.90"), (41, "21.90"))]
    facts = read(
        {
            "@type": "ProductGroup",
            "name": "Red shoe",
            "productGroupID": "g",
            "hasVariant": [*variants, {"url": "/products/red-shoe?variant=3"}],
        }
    )
    assert [(offer.variant, offer.price, offer.sku) for offer in facts.offers] == [
        ("S40", Decimal("19.90"), "S40"),
        ("S41", Decimal("21.90"), "S41"),
    ]
    assert facts.main[0].group
    assert facts.main[0].variants == 3
    assert facts.others == (), "variants are no products beside the group"


def test_one_offer_per_variant():
    listed = [
        {"@type": "Offer", "price": "1", "url": "/products/red-shoe?variant=11"},
        {"@type": "Offer", "price": "2", "url": "/products/red-shoe?variant=12"},
    ]
    assert [offer.variant for offer in read({"@type": "Product", "name": "Red shoe", "offers": listed}).offers] == [
        "11",
        "12",
    ]


def test_main_by_url_over_cards():
    cards = [product(f"Card {i}", "5.00", url=f"/products/card-{i}") for i in range(4)]
    facts = read(product("Rote Schuhe", url="https://shop.example/products/red-shoe"), *cards)
    assert [each.name for each in facts.main] == ["Rote Schuhe"]
    assert facts.matched == "url"
    assert len(facts.others) == 4
    assert [offer.main for offer in facts.items] == [True, False, False, False, False]


def test_main_by_heading():
    facts = read(product("Blue boot"), product("red  SHOE"), product("Green hat"))
    assert [each.name for each in facts.main] == ["red  SHOE"]
    assert facts.matched == "name"


def test_main_by_title():
    assert read(product("Blue boot"), product("Red shoe"), h1="").main[0].name == "Red shoe"


def test_escaped_names_are_the_same_name():
    assert read(product("Tom &amp; Jerry"), product("Other"), h1="Tom &amp; Jerry").main[0].name == "Tom & Jerry"


def test_the_only_product_is_the_main_one():
    facts = read(product("Completely different"))
    assert facts.matched == "only"
    assert len(facts.main) == 1


def test_several_products_and_nothing_to_tell_them():
    facts = read(product("A1"), product("B2"), h1="Shoes", title="Shoes")
    assert facts.main == ()
    assert "2 products" in facts.ambiguous
    assert facts.offers == ()


def test_the_page_url_on_every_card_is_no_proof():
    facts = read(product("Blue boot", url=URL), product("Red shoe", url=URL))
    assert [each.name for each in facts.main] == ["Red shoe"]


def test_theme_and_app_describe_the_same_product():
    markup = '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Red shoe</b><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><b itemprop="price">21.90</b></div></div>'
    facts = read(
        product(), product("Red shoe (app)", "19.90", sku="S"), product("Red shoe", "18.00", sku="S"), body=markup
    )
    assert [(each.source, each.offers[0].price) for each in facts.main] == [
        ("json-ld", Decimal("19.90")),
        ("json-ld", Decimal("19.90")),
        ("json-ld", Decimal("18.00")),
        ("microdata", Decimal("21.90")),
    ]


def test_related_and_listed_products_are_others():
    facts = read(
        product(isRelatedTo=[product("Sock", "3")], isSimilarTo=product("Boot", "4")),
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": product("Red shoe", "99")}]},
    )
    assert [each.offers[0].price for each in facts.main] == [Decimal("19.90")]
    assert sorted((each.name, each.place) for each in facts.others) == [
        ("Boot", "related"),
        ("Red shoe", "listed"),
        ("Sock", "related"),
    ]


def test_main_entity_of_the_page_and_references():
    facts = read({"@graph": [{"@type": "ItemPage", "mainEntity": {"@id": "#p"}}, product(**{"@id": "#p"})]})
    assert len(facts.main) == 1
    assert read({"@type": "WebPage", "mainEntity": product()}).main[0].place == "own"


def test_offer_around_its_product():
    facts = read({"@type": "Offer", "price": "7", "itemOffered": {"@type": "Product", "name": "Red shoe"}})
    assert [offer.price for offer in facts.offers] == [Decimal(7)]


def test_a_book_with_an_offer_is_sold():
    assert read({"@type": "Book", "name": "Red shoe", "offers": {"price": "7"}}).offers[0].price == 7
    assert read({"@type": "Book", "name": "Red shoe"}).ambiguous == "no product in the markup"


def test_open_graph_prices():
    head = '<meta property="product:price:amount" content="1.299,00"><meta property="product:price:currency" content="EUR"><meta property="og:price:amount" content="1299.00"><meta property="og:price:currency" content="USD">'
    facts = read(head=head)
    assert [(offer.price, offer.malformed, offer.currency, offer.path) for offer in facts.social] == [
        (None, "thousands_separator", "EUR", "product:price:amount"),
        (Decimal("1299.00"), "", "USD", "og:price:amount"),
    ]
    assert facts.main == ()


@pytest.mark.parametrize(
    "block",
    [
        {"@type": "Product", "offers": "x", "name": ["a", "b"], "url": "http://["},
        {"@type": "Product", "offers": [1, None, {"price": [[]]}, {"price": {"@value": 5}}], "@id": "http://["},
        {"@type": "Product", "hasVariant": [{"@type": "Product"}] * 3_000},
        [product(f"p{i}") for i in range(900)],
        {"@type": "Product", "offers": [{"url": "http://[?variant=1", "price": "9" * 5_000}] * 2_000},
    ],
    ids=range(5),
)
@pytest.mark.timeout(20)
def test_hostile(block):
    facts = read(block)
    assert len(facts.items) <= 2_000


def test_offers_past_the_limit_are_not_worked_out() -> None:
    many = [{"@type": "Offer", "price": f"{n}.00", "priceCurrency": "EUR"} for n in range(3_000)]
    one = read(product(offers=many))
    assert len(one.offers) == 1_000
    assert one.offers[-1].price == 999


def test_variants_that_stand_beside_their_group():
    url = "https://shop.example/cardigan"
    group = {"@type": "ProductGroup", "@id": url, "productGroupID": "c1", "name": "Cosy cardigan", "variesBy": ["size"]}
    sizes = [
        product(f"Oat cardigan - {size}", price, **{"@id": f"{url}?size={size}", "sku": f"C-{size}"}, **belongs)
        for size, price, belongs in (
            ("3", "15", {"isVariantOf": {"@id": url, "@type": "ProductGroup"}}),
            ("4", "16", {"isVariantOf": {"@id": url}}),
            ("8", "20", {"inProductGroupWithID": "c1"}),
        )
    ]
    found = read([group, *sizes, product("Hat", "9")], h1="Oat cardigan", title="Oat cardigan | Shop", url=url)
    assert [one.name for one in found.main] == ["Cosy cardigan"]
    assert [(offer.variant, offer.price) for offer in found.offers] == [
        ("C-3", Decimal(15)),
        ("C-4", Decimal(16)),
        ("C-8", Decimal(20)),
    ]
    assert [one.name for one in found.others] == ["Hat"]
