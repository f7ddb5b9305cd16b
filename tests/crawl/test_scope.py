import pytest

from auditor.crawl import scope as words
from auditor.crawl import traps
from auditor.crawl.scope import Scope
from tests.crawl.kit import settings

START = "https://shop.example/"


@pytest.mark.parametrize(
    ("url", "kind", "reason"),
    [
        ("https://shop.example/a", "page", ""),
        ("http://shop.example/a", "page", ""),
        ("https://shop.example:443/a", "page", ""),
        ("https://shop.example:8443/a", "external", words.OUTSIDE),
        ("https://www.shop.example/a", "external", words.OUTSIDE),
        ("https://other.example/a", "external", words.OUTSIDE),
        ("https://shop.example/a.JPG", "asset", ""),
        ("https://shop.example/file.pdf?x=1", "asset", ""),
        ("https://shop.example/v1.2/about", "page", ""),
        ("https://shop.example/index.php", "page", ""),
        ("https://shop.example/" + "x" * 2000, "page", traps.LONG),
        ("https://u:p@shop.example/a", "page", words.WITH_USER),
        ("https://shop.example/" + "a/b/" * 5, "page", traps.ENDLESS),
        ("https://shop.example/no", "page", words.ROBOTS),
        ("https://shop.example/secret/x", "page", words.EXCLUDED),
    ],
)
def test_every_url_has_its_place(url: str, kind: str, reason: str) -> None:
    placed = Scope(settings(START, exclude=("/secret/*",)), lambda url: url.endswith("/no")).place(url)
    assert (placed.kind, placed.reason) == (kind, reason)


def test_what_changes_the_shop_is_never_fetched() -> None:
    reason = Scope(settings(START)).place("https://shop.example/p?add-to-cart=5").reason
    assert "cart" in reason
    assert not reason.startswith("chosen")


def test_include_leaves_out_the_rest_but_never_the_start() -> None:
    scope = Scope(settings(START, include=("*/blog/*",)))
    assert scope.place("https://shop.example/blog/1").reason == ""
    assert scope.place("https://shop.example/shop").reason == words.NOT_INCLUDED
    assert scope.place(START).reason == ""


def test_near_pages_come_first_and_nofollow_last() -> None:
    scope = Scope(settings(START))
    near, far, sitemap, nofollow = (
        scope.place("https://shop.example/a", depth=1),
        scope.place("https://shop.example/b", depth=3),
        scope.place("https://shop.example/c", found_by="sitemap", depth=1),
        scope.place("https://shop.example/d", depth=1, relation="nofollow"),
    )
    assert scope.place(START).priority > near.priority > sitemap.priority > far.priority > nofollow.priority


def test_many_of_one_kind_let_others_pass() -> None:
    scope = Scope(settings(START))
    products = [scope.place(f"https://shop.example/products/{n}", depth=2).priority for n in range(200)]
    article = scope.place("https://shop.example/blog/1", depth=2).priority
    assert products[0] == article > products[100] > products[199] - 1


@pytest.mark.parametrize("name", ["sort_by", "dir"])
def test_filter_variants_of_one_page_are_bounded(name: str) -> None:
    scope = Scope(settings(START))
    reasons = [scope.place(f"https://shop.example/c?{name}={n}").reason for n in range(150)]
    assert reasons.count("") == 50
    assert scope.place("https://shop.example/other?sort_by=1").reason == ""


def test_a_picture_for_sharing_is_no_page_whatever_its_address_looks_like() -> None:
    scope = Scope(settings(START))
    assert scope.place("https://shop.example/images?src=lamp", relation="picture").kind == "asset"
    assert scope.place("https://shop.example/cart/add?id=1", relation="picture").reason
