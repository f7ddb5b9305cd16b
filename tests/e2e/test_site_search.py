"""A whole audit that asks the shop's own search for its products: what is asked, what of it is told, and what is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.nasty import Nasty, Reply, Route, Visit, serving, text
from tests.e2e.kit import Done, auditor_here, config

pytestmark = pytest.mark.usefixtures("kept_processes")
FORM = '<form role="search" action="/search"><input type="search" name="q"></form>'
RULES = ["navigation/search-finds", "navigation/search-answers", "navigation/unlisted-product", "links/broken-internal"]
NAMES = {"oak-lamp": "Oak lamp", "ash-stool": "Ash stool", "elm-tray": "Elm & ash tray", "fir-bench": "Fir bench"}
Found = dict[tuple[str, str], dict[str, Any]]


def document(body: str, head: str = "") -> Reply:
    whole = f'<!doctype html><html lang="en"><head><title>Shop</title>{head}</head><body><header>{FORM}<a href="/">Home</a></header>'
    return Reply(body=f"{whole}<main>{body}</main></body></html>".encode())


def product(name: str) -> Reply:
    stock = "OutOfStock" if name == "Fir bench" else "InStock"
    offer = {"@type": "Offer", "price": "9.00", "priceCurrency": "EUR", "availability": f"https://schema.org/{stock}"}
    told = {"@context": "https://schema.org", "@type": "Product", "name": name, "offers": offer}
    head = f'<script type="application/ld+json">{json.dumps(told)}</script>'
    return document(
        f'<h1>{name}</h1><p>€9.00</p><form method=post action="/cart"><button>Add to cart</button></form>', head
    )


def shop(site: Nasty, results: Route, robots: str = "") -> None:
    links = "".join(f'<a href="/products/{slug}">{name}</a>' for slug, name in NAMES.items())
    site.routes |= {
        "/": document(f"<h1>Shop</h1>{links}"), "/search": results, "/robots.txt": text(robots),
        **{f"/products/{slug}": product(name) for slug, name in NAMES.items()},
    }  # fmt: skip


def audited(folder: Path, site: Nasty, **parts: Any) -> tuple[Done, Found]:
    crawl = {"sitemaps": False, "external_links": False, **parts.pop("crawl", {})}
    name = config(folder, site.url("/"), crawl=crawl, rules={"only": RULES}, report=["json"], **parts)
    done = auditor_here(folder, "run", name, "--plain")
    assert done.code in (0, 1), done.said
    return done, {(one["rule"], one["target"]): found for one in done.result["problems"] for found in one["findings"]}


def left_open(done: Done) -> dict[str, str]:
    return {rule: one["reason"] for one in done.result["coverage"]["not_checked"] for rule in one["rules"]}


def searched(site: Nasty) -> list[str]:
    return sorted(visit.path for visit in site.visits if visit.path.startswith("/search"))


def test_products_in_stock_with_plain_names_are_searched_for_and_results_are_not_followed(tmp_path: Path) -> None:
    def results(visit: Visit) -> Reply:
        more = '<a href="/search?q=oak&page=2">2</a><a href="/products/oak-lamp?from=search">Oak lamp</a><a href="/products/ash-stool">Ash stool</a>'
        return document(f"<h1>Results</h1>{more}") if "auditor" not in visit.path else document("No results found")

    with serving() as site:
        shop(site, results)
        done, found = audited(tmp_path, site)
        asked = searched(site)

    assert asked[:2] == ["/search?q=Ash+stool", "/search?q=Oak+lamp"]
    assert len(asked) == 3
    assert asked[2].startswith("/search?q=auditor")
    assert site.hits["/products/oak-lamp?from=search"] == 0
    assert found == {}, done.said


def test_an_error_is_told_and_what_scripts_may_fill_in_is_not(tmp_path: Path) -> None:
    with serving() as site:
        shop(site, lambda visit: Reply(status=500) if "auditor" in visit.path else document("<div id=hits></div>"))
        done, found = audited(tmp_path, site)

    assert set(found) == {("navigation/search-answers", "nothing")}
    assert "answers 500 to a word that no product has" in found["navigation/search-answers", "nothing"]["message"]
    assert (
        left_open(done)["navigation/search-finds"] == "what the search shows may come by scripts, and no browser saw it"
    )


def test_a_search_that_robots_txt_closes_is_left_alone_and_so_is_one_that_the_config_does_not_want(
    tmp_path: Path,
) -> None:
    (tmp_path / "closed").mkdir()
    with serving() as site:
        shop(site, document("none"), "User-agent: *\nDisallow: /search")
        done, found = audited(tmp_path / "closed", site)
        assert searched(site) == []
        (tmp_path / "unasked").mkdir()
        audited(tmp_path / "unasked", site, crawl={"searches": 0, "obey_robots": False})
        assert searched(site) == []

    assert found == {}
    assert "robots.txt" in left_open(done)["navigation/search-finds"]


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_results_that_scripts_fill_in_are_read_in_the_browser(tmp_path: Path) -> None:
    script = """<div id=hits></div><script>
      const q = new URLSearchParams(location.search).get('q');
      if (q === 'Oak lamp') document.getElementById('hits').innerHTML = '<a href="/products/oak-lamp">Oak lamp</a> <a href="/search?q=oak&more=1">More</a>';
      else document.getElementById('hits').textContent = 'No results found for your search';
    </script>"""
    with serving() as site:
        shop(site, document(script))
        done, found = audited(tmp_path, site, render={"browsers": ["chromium"]})
        assert site.hits["/search?q=oak&more=1"] == 0

    assert [target.rpartition("/")[2] for _, target in found] == ["ash-stool"], done.said
    (problem,) = done.result["problems"]
    assert problem["certainty"] == "needs_review"
    assert problem["message"].startswith("A search for “Ash stool”, the whole name of a product, does not show it.")


def test_nothing_more_is_asked_of_a_shop_once_a_limit_of_bytes_ended_the_crawl(tmp_path: Path) -> None:
    with serving() as site:
        shop(site, document("none"))
        _, found = audited(tmp_path, site, crawl={"max_bytes": "1kB"})
        assert site.hits["/"]
        assert searched(site) == []

    assert found == {}
