"""A whole audit that asks for addresses that the shop gave to no page: which ones, and that they stay out of all that is told of its pages."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.nasty import Nasty, Reply, serving, text, to
from tests.e2e.kit import Done, auditor_here, config

pytestmark = pytest.mark.usefixtures("kept_processes")
RULES = ["opencart/any-path", "prestashop/any-slug", "links/broken-internal", "navigation/unlisted-product"]
OPENCART = '<link href="/catalog/view/theme/default/stylesheet/stylesheet.css" rel="stylesheet"><script src="/catalog/view/javascript/common.js"></script><script>var home = "index.php?route=common/home"</script>'
PRESTASHOP = '<meta name="generator" content="PrestaShop"><script>var prestashop = {"cart":{}};</script><script src="/themes/classic/assets/js/theme.js"></script>'


def document(name: str, head: str, body: str = "", of: str = "") -> Reply:
    whole = f'<!doctype html><html lang="en"><head><title>{name} | Shop</title>{head}</head><body {of}><h1>{name}</h1><main>{body}</main></body></html>'
    return Reply(body=whole.encode())


def product(head: str, of: str) -> Reply:
    buy = (
        '<form method=post action="/index.php?route=checkout/cart"><button id="button-cart">Add to cart</button></form>'
    )
    return document("Oak lamp", head, f"<p>€9.00</p>{buy}", of)


def audited(folder: Path, site: Nasty, **crawl: Any) -> tuple[Done, list[str], list[str]]:
    given = {"sitemaps": False, "external_links": False, "searches": 0, **crawl}
    name = config(folder, site.url("/"), crawl=given, rules={"only": RULES}, report=["json"])
    done = auditor_here(folder, "run", name, "--plain")
    assert done.code in (0, 1), done.said
    words = {word(path) for path in ("/lamps", "/lamps/oak-lamp", "/3-lamps", "/lamps/12-oak-lamp.html")}
    asked = sorted(visit.path for visit in site.visits if any(one in visit.path for one in words))
    return done, asked, [one["rule"] for one in done.result["problems"]]


def word(path: str) -> str:
    """What stands in the wrong address of the page at this path."""
    return f"auditor-probe-{hashlib.blake2b(path.encode(), digest_size=4).hexdigest()}"


LAMPS, LAMP = f"/{word('/lamps')}/lamps", f"/lamps/{word('/lamps/oak-lamp')}/oak-lamp"


def opencart(site: Nasty, robots: str = "", **wrong: Reply) -> None:
    in_shop = '<a href="/lamps">Lamps</a><a href="/lamps/oak-lamp">Oak lamp</a>'
    site.routes |= {
        "/": document("Shop", OPENCART, in_shop, "class=common-home"), "/robots.txt": text(robots),
        "/lamps": document("Lamps", OPENCART, in_shop, "class=product-category-20"),
        "/lamps/oak-lamp": product(OPENCART, "class=product-product-42"),
        **({LAMP: wrong["lamp"]} if "lamp" in wrong else {}), **({LAMPS: wrong["lamps"]} if "lamps" in wrong else {}),
    }  # fmt: skip


def test_a_product_that_answers_under_any_path_is_told_and_both_kinds_are_asked_for_once(tmp_path: Path) -> None:
    with serving() as site:
        opencart(site, lamp=product(OPENCART, "class=product-product-42"))
        done, asked, rules = audited(tmp_path, site)

    assert asked == [LAMPS, LAMP], done.said
    assert rules == ["opencart/any-path"], done.said
    (found,) = done.result["problems"][0]["findings"]
    assert found["url"].endswith("/lamps/oak-lamp")
    assert found["message"].endswith(LAMP)
    assert "Checked all 3 pages in scope" in done.said


def test_a_way_to_the_right_address_and_a_page_for_what_is_not_there_are_no_faults(tmp_path: Path) -> None:
    with serving() as site:
        opencart(site, lamp=to("/lamps/oak-lamp", 301), lamps=document("Not found", OPENCART))
        done, asked, rules = audited(tmp_path, site)

    assert asked == [LAMPS, LAMP]
    assert rules == []
    assert "opencart/any-path" not in left_open(done)


def test_nothing_is_asked_where_robots_txt_or_the_config_forbids_it(tmp_path: Path) -> None:
    for name, robots, crawl in (
        ("closed", "User-agent: *\nDisallow: /*probe", {}),
        ("unasked", "", {"wrong_addresses": False}),
    ):
        (tmp_path / name).mkdir()
        with serving() as site:
            opencart(site, robots, lamp=product(OPENCART, "class=product-product-42"))
            done, asked, rules = audited(tmp_path / name, site, **crawl)

        assert (asked, rules) == ([], [])
        assert ("robots.txt" in left_open(done).get("opencart/any-path", "")) is (name == "closed")


def test_a_refusal_is_no_fault_and_nothing_more_is_asked(tmp_path: Path) -> None:
    with serving() as site:
        opencart(site, lamp=Reply(status=403), lamps=Reply(status=403))
        done, asked, rules = audited(tmp_path, site)

    assert (len(asked), rules) == (1, [])
    assert "403" in left_open(done)["opencart/any-path"]


def test_numbers_with_any_words_behind_them_are_told_of_prestashop(tmp_path: Path) -> None:
    lamp, lamps = (f"/lamps/12-{word('/lamps/12-oak-lamp.html')}.html", f"/3-{word('/3-lamps')}")
    body = 'id=product class="lang-en country-de"'
    with serving() as site:
        links = '<a href="/3-lamps">Lamps</a><a href="/lamps/12-oak-lamp.html">Oak lamp</a>'
        lists = document("Lamps", PRESTASHOP, links, 'id=category class="lang-en country-de"')
        site.routes |= {
            "/": document("Shop", PRESTASHOP, links, 'id=index class="lang-en country-de"'), "/3-lamps": lists,
            "/lamps/12-oak-lamp.html": product(PRESTASHOP, body), lamps: lists,
            lamp: product(f'{PRESTASHOP}<link rel=canonical href="/lamps/12-oak-lamp.html">', body),
        }  # fmt: skip
        done, asked, rules = audited(tmp_path, site)

    assert asked == [lamps, lamp], done.said
    assert rules == ["prestashop/any-slug"], done.said
    (found,) = done.result["problems"][0]["findings"]
    assert found["target"] == "category" if "target" in found else found["url"].endswith("/3-lamps")


def left_open(done: Done) -> dict[str, str]:
    return {rule: one["reason"] for one in done.result["coverage"]["not_checked"] for rule in one["rules"]}
