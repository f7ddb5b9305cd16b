"""The tables of platforms: complete, loadable, and mistaken ones refused with file and line."""

from pathlib import Path

import pytest
from lxml import cssselect

from auditor.knowledge import platforms
from auditor.knowledge.platforms import Platform, Platforms
from auditor.knowledge.table import Names
from auditor.model.errors import UsageError
from auditor.model.urls import crawl_key
from auditor.model.words import PageType
from auditor.model.written import Source

SEVEN = {"shopify", "magento", "bigcommerce", "woocommerce", "opencart", "prestashop", "volusion"}


@pytest.fixture(scope="module")
def known() -> Platforms:
    return platforms.load()


def test_all_seven_and_generic(known: Platforms) -> None:
    assert {platform.id for platform in known} == SEVEN
    assert known.generic.id == "generic"


@pytest.mark.parametrize("platform", sorted({*SEVEN, "generic"}))
def test_a_table_is_complete(known: Platforms, platform: str) -> None:
    table = known.get(platform)
    assert table is not None
    ordinary = {kind for kind in PageType if kind.is_storefront}
    assert set(table.page_types) == ordinary
    assert set(table.parameters) == {"session", "tracking", "facet", "sort", "pagination", "view", "variant"}
    assert {"main_product", "price_now", "price_was", "add_to_cart", "title", "product_card", "cart_link"} <= set(
        table.selectors
    )
    assert table.unsafe
    assert table.tokens
    assert table.closed
    if platform != "generic":
        assert len({signal.kind for signal in table.signals}) >= 3
        assert max(signal.weight for signal in table.signals) < table.needs


@pytest.mark.parametrize("platform", sorted({*SEVEN, "generic"}))
def test_selectors_are_css(known: Platforms, platform: str) -> None:
    table = known.get(platform)
    assert table is not None
    for place, selectors in table.selectors.items():
        for selector in selectors:
            assert cssselect.CSSSelector(selector).path, f"{place}: {selector}"


@pytest.mark.parametrize(
    ("platform", "role", "name", "plays"),
    [
        ("shopify", "sort", "sort_by", True),
        ("shopify", "facet", "filter.v.price.gte", True),
        ("shopify", "tracking", "_pos", True),
        ("shopify", "tracking", "UTM_Source", True),
        ("woocommerce", "facet", "filter_color", True),
        ("woocommerce", "sort", "orderby", True),
        ("magento", "view", "product_list_limit", True),
        ("magento", "session", "___store", True),
        ("prestashop", "facet", "q", True),
        ("shopify", "facet", "q", False),
        ("opencart", "tracking", "tracking", True),
        ("bigcommerce", "facet", "brand[]", True),
        ("volusion", "variant", "SELECT___A___12", True),
        ("", "sort", "sort", True),
        ("", "tracking", "product", False),
        ("", "session", "id", False),
    ],
)
def test_parameters_by_role(known: Platforms, platform: str, role: platforms.Role, name: str, plays: bool) -> None:
    assert (name in known.parameters(platform, role)) is plays


@pytest.mark.parametrize("platform", ["", *sorted(SEVEN)])
def test_what_is_dropped_never_names_a_page(known: Platforms, platform: str) -> None:
    drop = known.drop(platform)
    kept = [
        "q",
        "s",
        "search",
        "page",
        "variant",
        "id",
        "product_id",
        "route",
        "path",
        "controller",
        "id_product",
        "id_product_attribute",
        "id_lang",
        "lang",
        "p",
        "page_id",
        "productcode",
        "search_query",
        "sku",
        "category_id",
        "cat",
        "post_type",
    ]
    url = "https://shop.example/x?" + "&".join(f"{name}=1" for name in kept)
    assert crawl_key(url, drop) == crawl_key(url)
    everybodys = frozenset(name for table in known for name in known.drop(table.id))
    assert crawl_key(url, everybodys) == crawl_key(url)
    assert (
        crawl_key("https://shop.example/x?utm_source=a&gclid=b&_pos=1&id=2", known.drop("shopify"))
        == "https://shop.example/x?id=2"
    )


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("shopify", "Liquid error (sections/x line 3): Could not find asset snippets/y.liquid"),
        ("shopify", "Translation missing: en.products.product.add"),
        ("magento", '{{media url="wysiwyg/banner.jpg"}}'),
        ("magento", "https://shop.example/cms/wysiwyg/directive/___directive/e3ttZWRpYX0/"),
        ("bigcommerce", "%%GLOBAL_StoreName%%"),
        ("bigcommerce", "{{lang 'products.add_to_cart'}}"),
        ("woocommerce", '[products limit="4" columns="4"]'),
        ("woocommerce", "There has been a critical error on this website."),
        ("opencart", "text_instock"),
        ("opencart", "<b>Notice</b>: Undefined index: x in <b>/var/www/catalog/product.php</b> on line <b>12</b>"),
        ("prestashop", "{l s='Add to cart' d='Shop.Theme.Actions'}"),
        ("prestashop", "[PrestaShopException]"),
        ("volusion", "$(ProductName)"),
        ("", "{{ product.title }}"),
        ("", "Hello [object Object]"),
    ],
)
def test_template_language_is_seen(known: Platforms, platform: str, text: str) -> None:
    for asked in {platform, ""}:
        assert any(token.pattern.search(text) for token in known.tokens(asked)), asked


@pytest.mark.parametrize("platform", ["", *sorted(SEVEN)])
@pytest.mark.parametrize(
    "text",
    [
        "Save 20% today, 30% tomorrow: 100%% cotton is a misprint",
        "The text_book for entry level readers",
        "Call us [Monday to Friday]",
        "Products [12] in [stock]",
        "Price: $12.00 {limited} edition",
        "A liquid error-free soap, translation of the missing text",
        "function(a){return a.b}",
        "Contact us at shop@shop.example (we answer)",
        "Warning: keep away from children in all rooms",
    ],
)
def test_what_people_write_is_no_template_language(known: Platforms, platform: str, text: str) -> None:
    assert [token.what for token in known.tokens(platform) if token.pattern.search(text)] == []


def test_names() -> None:
    names = Names(["sort", "filter*", "brand[]"])
    assert "SORT" in names
    assert "filter.p.vendor" in names
    assert "brand[]" in names
    assert "sorting" not in names
    assert 3 not in names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: x\nname: X\nsignals:\n  - {kind: html, pattern: 5}\n", "must be a regular expression in quotes"),
        ("id: x\nname: X\nunsafe:\n  - {reason: adds}\n", "needs a path, query, any or all"),
        ("id: x\nname: X\nsignals:\n  - {kind: html}\n", "needs contains or a pattern"),
        ("id: x\nname: X\nsignals:\n  - {kind: html, contains: [ABC]}\n", "lower case"),
        ("id: x\nname: X\nunsaf: []\n", "did you mean 'unsafe'"),
        ("id: x\nname: X\npage_types: {prodct: ['x']}\n", "must be"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"x\.yaml:[34]: .*") as caught:
        Source("x.yaml", text).load(Platform)
    assert words in str(caught.value)


def test_the_file_is_named_as_its_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "other.yaml").write_text("id: shopify\nname: Shopify\n", encoding="utf-8")
    monkeypatch.setattr(platforms.paths, "rules", lambda: tmp_path)
    with pytest.raises(UsageError, match="the file's name says 'other'"):
        platforms.load.__wrapped__()
    (tmp_path / "platforms" / "other.yaml").unlink()
    with pytest.raises(UsageError, match=r"generic\.yaml is missing"):
        platforms.load.__wrapped__()
