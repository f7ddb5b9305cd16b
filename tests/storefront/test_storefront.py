"""A storefront that nobody here wrote (django-oscar): what is proven there is true, each finding judged by hand in oscar.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.storefront.conftest import Storefront
from tests.storefront.judging import Audited, audited, judged

pytestmark = [pytest.mark.storefront, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

MARKET = {"currency": "GBP", "locale": "en-GB"}
# By the catalogue: out of stock with a picture, three sizes with pages of their own, in stock, with products beside it, without a price
PRODUCTS = ("1", "5", "5-*", "8", "28", "41", "100")
PAGES = (
    "/catalogue/", "/catalogue/category/kitchen_*", "/catalogue/category/kitchen/knives_*",
    "/catalogue/category/gift-cards_*", "/offers/", "/basket/", "/accounts/login/", "/about-us/", "/search/*",
)  # fmt: skip
RENDERED = (
    "/offers/",
    "/catalogue/plain-kettle-in-oak-no-1_1/",
    "/catalogue/plain-table-lamp-in-wool-no-5_5/",
    "/catalogue/plain-duvet-cover-in-cotton-no-8_11/",
    "/catalogue/weathered-cake-tin-in-ash-no-100_121/",
    "/catalogue/plain-table-lamp-in-wool-no-5_5/reviews/",
)
TYPES = {
    "/catalogue/": "home",
    "/catalogue/?page=2": "category",
    "/catalogue/category/kitchen_1/": "category",
    "/search/?q=kettle": "search",
    "/search/?q=nothinglikeit": "search",
    "/basket/": "cart",
    "/accounts/login/": "account",
    "/about-us/": "content",
}


def crawl(products: tuple[str, ...], pages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "include": [*pages, *(f"/catalogue/*-no-{number}_*" for number in products)],
        "exclude": ["*selected_facets=*", "*page=[13-9]*"],
        "start": ["/search/?q=kettle", "/search/?q=nothinglikeit"],
        "max_pages": 90,
        "confirm_after": 0.2,
    }


@pytest.fixture(scope="module")
def audit(storefront: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited(
        storefront.url,
        tmp_path_factory.mktemp("audit"),
        market=MARKET,
        crawl=crawl(PRODUCTS, PAGES),
        render={
            "browsers": ["chromium"],
            "devices": ["desktop", "phone"],
            "per_template": 1,
            "always": [*(path for path in TYPES if path != "/catalogue/?page=2"), *RENDERED],
            "watch": 0.5,
            "settle": 3.0,
            "workers": 2,
        },
    )


def test_what_is_proven_is_what_was_judged_true(audit: Audited) -> None:
    expected = judged("oscar")
    assert {"more": audit.proven - set(expected), "fewer": set(expected) - audit.proven} == {
        "more": set(),
        "fewer": set(),
    }
    assert all(len(why) > 20 for why in expected.values())


def test_pages_are_known_for_what_they_are(audit: Audited) -> None:
    assert {path: audit.types.get(path) for path in TYPES} == TYPES
    products = {path: kind for path, kind in audit.types.items() if "-no-" in path and "/reviews/" not in path}
    assert len(products) >= 9
    assert set(products.values()) == {"product"}, products
    reviews = {kind for path, kind in audit.types.items() if "/reviews/" in path}
    assert reviews == {"content"}


def test_everything_in_scope_was_looked_at(audit: Audited) -> None:
    covered = audit.outcome.document.coverage
    assert covered.complete
    assert covered.share == 1
    assert not [client for client in covered.clients if client.failed]
    assert {client.client for client in covered.clients} == {"http", "chromium/desktop", "chromium/phone"}


def test_the_shop_is_as_it_was(audit: Audited, storefront: Storefront) -> None:
    seen = storefront.requests()
    assert len(seen) > 100
    assert {method for method, _, _ in seen} <= {"GET", "HEAD"}
    assert [path for _, path, _ in seen if path.startswith("/basket/add") or "/reviews/add" in path] == []
    assert storefront.left_behind() == {}
    assert audit.outcome.document.side_effects.delivered == 0


@pytest.mark.firefox
def test_firefox_proves_nothing_that_was_not_judged(storefront: Storefront, tmp_path: Path) -> None:
    found = audited(
        storefront.url,
        tmp_path,
        market=MARKET,
        crawl=crawl(("41",), ("/catalogue/", "/basket/")),
        render={
            "browsers": ["firefox"],
            "devices": ["desktop"],
            "per_template": 1,
            "watch": 0.5,
            "settle": 3.0,
            "workers": 1,
        },
    )
    assert found.outcome.document.coverage.complete
    assert found.proven - set(judged("oscar")) == set()
    assert {rule for rule, _, _ in found.proven} >= {"accessibility/wcag-aa", "canonical/missing"}
