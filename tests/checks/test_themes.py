"""Product pages as the platforms' own themes write them: what is found on them is what is wrong with them, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.checks import registry
from auditor.evaluate import made_up
from auditor.evaluate.judge import Judge
from auditor.evaluate.packs import load
from auditor.model.words import PageType

HERE = Path(__file__).parent / "themes"
# what a page says of itself, of its links and of its words; markup, prices, pictures and the like have tests of their own
PACKS = frozenset(
    [
        "canonical",
        "headings",
        "hreflang",
        "indexability",
        "international",
        "leaks",
        "links",
        "meta",
        "navigation",
        "redirects",
        "security",
        "bigcommerce",
        "magento",
        "opencart",
        "prestashop",
        "shopify",
        "volusion",
        "woocommerce",
    ]
)
PAGES = {
    # Its link to Facebook is still the one that the theme came with
    "dawn-product": (
        "shopify",
        "https://shop.example/products/linen-shirt",
        {"shopify/recommendation-parameters", "links/contact"},
    ),
    "luma-product": ("magento", "https://shop.example/joust-duffle-bag.html", set()),
    "storefront-product": (
        "woocommerce",
        "https://shop.example/product/beanie/",
        {"meta/description", "meta/open-graph"},
    ),
    "cornerstone-product": ("bigcommerce", "https://shop.example/able-brewing-system/", set()),
    "classic-product": (
        "prestashop",
        "https://shop.example/fr/hommes/1-1-t-shirt-imprime-colibri.html",
        {"hreflang/default"},
    ),
    # 123456789 is the telephone number that OpenCart comes with
    "opencart-product": (
        "opencart",
        "https://shop.example/index.php?route=product/product&language=en-gb&product_id=40",
        {"leaks/demo-contact", "meta/description", "meta/open-graph", "meta/title-length"},
    ),
    "volusion-product": ("volusion", "https://shop.example/product-p/oak-desk.htm", {"links/plain-http"}),
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_themes_own_markup(name: str) -> None:
    platform, url, expected = PAGES[name]
    headers = {"strict-transport-security": "max-age=1", "x-content-type-options": "nosniff"}
    page = made_up.page(
        {
            "html": (HERE / f"{name}.html").read_text(encoding="utf-8"),
            "url": url,
            "platform": platform,
            "renders_differently": False,
            "targets": {},
            "headers": headers,
        }
    )
    assert page.raw.platform.id == platform
    assert page.raw.page_kind.type is PageType.PRODUCT
    rules = [rule for rule in load().rules if rule.pack in PACKS]
    judged = Judge(rules, dict(registry.load()), {}, ()).page(page)
    assert {finding.rule for finding in judged.findings} == expected, [one.message for one in judged.findings]
    assert not [tally for tally in judged.tallies if tally.reason.startswith("the check failed")]


def test_every_page_is_judged() -> None:
    assert {file.stem for file in HERE.glob("*.html")} == set(PAGES)
