"""A storefront that browsers build and nobody here wrote (EverShop): what is proven there is true, each judged by hand in evershop.yaml."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storefront.evershop import Evershop, lacking, running
from tests.storefront.judging import Audited, audited, judged

pytestmark = [
    pytest.mark.storefront,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(lacking()), reason=lacking()),
]
TYPES = {"/": "home", "/accessories": "category", "/men": "category", "/kids": "category", "/blog": "content"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evershop]:
    with running(tmp_path_factory.mktemp("evershop")) as one:
        yield one


@pytest.fixture(scope="module")
def audit(shop: Evershop, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    return audited(
        shop.url,
        tmp_path_factory.mktemp("audit"),
        market={"currency": "USD", "locale": "en-US"},
        crawl={"confirm_after": 0.2},
        render={
            "browsers": ["chromium"],
            "devices": ["desktop", "phone"],
            "per_template": 1,
            "always": ["/accessories", "/blog/building-a-headless-storefront-with-evershop"],
            "watch": 0.5,
            "settle": 3.0,
            "workers": 2,
        },
    )


def test_what_is_proven_is_what_was_judged_true(audit: Audited) -> None:
    expected = judged("evershop")
    assert {"more": audit.proven - set(expected), "fewer": set(expected) - audit.proven} == {
        "more": set(),
        "fewer": set(),
    }
    assert all(len(why) > 20 for why in expected.values())


def test_pages_are_known_for_what_they_are(audit: Audited) -> None:
    assert {path: audit.types.get(path) for path in TYPES} == TYPES
    kinds = list(audit.types.values())
    assert kinds.count("product") == 15
    assert kinds.count("home") == 1


def test_everything_in_scope_was_looked_at(audit: Audited) -> None:
    covered = audit.outcome.document.coverage
    assert covered.complete
    assert not [client for client in covered.clients if client.failed]
    assert {client.client for client in covered.clients} == {"http", "chromium/desktop", "chromium/phone"}


def test_the_shop_is_as_it_was(audit: Audited, shop: Evershop) -> None:
    assert shop.left_behind() == {}
    assert audit.outcome.document.side_effects.delivered == 0
