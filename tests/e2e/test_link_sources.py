"""A shop that changes while it is audited: what led to pages that are gone is asked for once more before anybody is blamed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.nasty import Nasty, Reply, Visit, page, serving, text
from tests.e2e.kit import auditor_here, config

pytestmark = pytest.mark.usefixtures("kept_processes")
RULES = ["links/broken-internal", "redirects/dead-end", "sitemaps/listed-pages"]
GONE = [f"/{name}" for name in ("sold", "old", "typo")]


def changing(first: Reply, later: Reply) -> Callable[[Visit], Reply]:
    return lambda visit: first if visit.number == 1 else later


def sitemap(site: Nasty, *paths: str) -> Reply:
    rows = "".join(f"<url><loc>{site.url(path)}</loc></url>" for path in paths)
    return text(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>', "application/xml")


def shop(site: Nasty) -> None:
    """/sold is taken out of its list and the sitemap meanwhile, /old of the list alone; /typo is a fault all the time."""
    site.routes |= {
        "/": page("/list", "/about"), "/robots.txt": text(f"User-agent: *\nSitemap: {site.url('/sitemap.xml')}\n"),
        "/about": page("/", "/typo"), "/list": changing(page("/sold", "/old", "/kept"), page("/kept")), "/kept": page("/"),
        "/sitemap.xml": changing(sitemap(site, "/kept", "/sold", "/old"), sitemap(site, "/kept", "/old")),
    }  # fmt: skip


def audited(folder: Path, site: Nasty, **crawl: Any) -> list[tuple[str, str, str]]:
    given = {"external_links": False, "searches": 0, "confirm_after": 0.1, **crawl}
    name = config(folder, site.url("/"), crawl=given, rules={"only": RULES}, report=["json"])
    done = auditor_here(folder, "run", name, "--plain")
    assert done.code in (0, 1), done.said
    told = [(one, found) for one in done.result["problems"] for found in one["findings"]]
    return sorted(
        (one["rule"], one["certainty"], next(path for path in GONE if path in found["message"])) for one, found in told
    )


def test_links_that_were_taken_out_meanwhile_are_no_proven_faults(tmp_path: Path) -> None:
    with serving({}) as site:
        shop(site)
        told = audited(tmp_path, site)
        assert site.hits["/list"] == site.hits["/about"] == site.hits["/sitemap.xml"] == 2
        assert site.hits["/"] <= 2
    assert told == [
        ("links/broken-internal", "needs_review", "/old"),
        ("links/broken-internal", "needs_review", "/sold"),
        ("links/broken-internal", "proven", "/typo"),
        ("sitemaps/listed-pages", "proven", "/old"),
    ]


def test_they_are_as_they_were_where_nobody_asks_again(tmp_path: Path) -> None:
    with serving({}) as site:
        shop(site)
        told = audited(tmp_path, site, link_sources=0)
        assert site.hits["/list"] == site.hits["/about"] == site.hits["/sitemap.xml"] == 1
    assert [one for one in told if one[0] == "links/broken-internal"] == [
        ("links/broken-internal", "proven", path) for path in ("/old", "/sold", "/typo")
    ]


def test_a_page_that_cannot_be_read_the_second_time_says_nothing(tmp_path: Path) -> None:
    with serving({}) as site:
        shop(site)
        site.routes["/list"] = changing(page("/sold", "/old", "/kept"), Reply(503, b"<p>Later.</p>"))
        told = audited(tmp_path, site, sitemaps=False)
    assert told == [("links/broken-internal", "proven", path) for path in ("/old", "/sold", "/typo")]


def test_as_few_pages_as_lead_to_all_that_is_gone(tmp_path: Path) -> None:
    lists = [f"/list/{number}" for number in range(20)]
    dead = [f"/sold/{number}" for number in range(40)]
    with serving({}) as site:
        site.routes |= {"/": page(*lists, "/all"), "/robots.txt": text(""), "/all": page(*dead)}
        site.routes |= {one: page(*dead[number : number + 3]) for number, one in enumerate(lists)}
        name = config(tmp_path, site.url("/"), crawl={"confirm_after": 0.1}, rules={"only": RULES}, report=["json"])
        done = auditor_here(tmp_path, "run", name, "--plain")
        assert done.code == 0, done.said
        again = [visit.path for visit in site.visits if visit.headers.get("cache-control") == "no-cache"]
    assert again == ["/all"]
    assert len(done.result["problems"]) == 40
