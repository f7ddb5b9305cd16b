"""How a shop answers: with blank pages, with pages that break off, with errors at first, or after a long time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.crawl.nasty import Reply, Route, page, serving, text
from tests.e2e.kit import auditor_here, config

pytestmark = pytest.mark.usefixtures("kept_processes")
DRAWN = """<!doctype html><html lang="en"><head><title>Lamp</title></head><body><div id="root"></div><script>
  const product = {told}; document.getElementById("root").innerHTML = "<h1>" + product.name + "</h1>";
</script></body></html>"""


def test_blank_pages_are_told_as_such_and_of_nothing_else(tmp_path: Path) -> None:
    routes = {
        "/": page("/whole", "/empty", "/white"), "/robots.txt": text(""), "/whole": page("/"), "/empty": Reply(body=b""),
        "/white": Reply(body=b"<html><head></head><body>\n</body></html>"),
    }  # fmt: skip
    with serving(routes) as site:
        name = config(tmp_path, site.url("/"), crawl={"confirm_after": 0.1, "sitemaps": False}, report=["json"])
        done = auditor_here(tmp_path, "run", name, "--plain")
        assert done.code == 0, done.said
        told = {one["rule"]: one for one in done.result["problems"] if site.url("/empty") in str(one)}
        broken = [one["message"] for one in done.result["problems"] if one["rule"] == "links/broken-internal"]
        assert site.hits["/empty"] == site.hits["/white"] == 2
    assert sorted(told) == ["links/broken-internal"]
    assert sorted(broken) == [
        f"The link “to {number}” leads to {site.url(path)}, which answers with a blank page (200)."
        for number, path in ((1, "/empty"), (2, "/white"))
    ]


def test_a_shop_of_blank_pages_is_not_called_checked(tmp_path: Path) -> None:
    names = [f"/{number}" for number in range(60)]
    routes = {"/": page(*names), "/robots.txt": text(""), **{name: Reply(body=b"") for name in names}}
    with serving(routes) as site:
        name = config(tmp_path, site.url("/"), crawl={"confirm_after": 0.1, "sitemaps": False}, report=["json"])
        done = auditor_here(tmp_path, "run", name, "--plain")
    assert done.code == 3, done.said
    assert "requests gave no page: answers with a blank page (200)" in done.said


@pytest.mark.browser
def test_a_script_that_fails_before_it_draws_leaves_a_blank_page(tmp_path: Path) -> None:
    routes = {
        "/": page("/good", "/bad"), "/robots.txt": text(""), "/good": Reply(body=DRAWN.replace("{told}", "{name: 'Lamp'}").encode()),
        "/bad": Reply(body=DRAWN.replace("{told}", "null").encode()),
    }  # fmt: skip
    render = {"browsers": ["chromium"], "devices": ["desktop"], "per_template": None}
    rules = {"only": ["viewport/blank", "runtime/exception"]}
    with serving(routes) as site:
        name = config(
            tmp_path, site.url("/"), crawl={"sitemaps": False}, render=render, timing={"repeats": 0}, rules=rules,
            report=["json"],
        )  # fmt: skip
        done = auditor_here(tmp_path, "run", name, "--plain")
        assert done.code == 0, done.said
        told = sorted(
            (one["rule"], one["certainty"], found["url"])
            for one in done.result["problems"]
            for found in one["findings"]
        )
        assert told == [
            ("runtime/exception", "proven", site.url("/bad")),
            ("viewport/blank", "likely", site.url("/bad")),
        ]


def failing_at_first(name: str) -> Route:
    return lambda visit: Reply(500, b"<p>Error</p>") if visit.number == 1 else page("/", title=name)


def test_pages_that_fail_at_first_break_off_or_take_long(tmp_path: Path) -> None:
    names = [f"/lamp/{number}" for number in range(8)]
    routes: dict[str, Route] = {"/": page(*names, "/short"), "/robots.txt": text("")}
    routes |= {
        name: failing_at_first(name) if number < 3 else page("/", title=name) for number, name in enumerate(names)
    }
    routes["/short"] = Reply(body=b"<!doctype html><html><body><h1>Lamp</h1><p>EUR 9.00</p><div class=buy>")
    routes = {path: delayed(route) if path in names[3:] else route for path, route in routes.items()}
    only = ["performance/fails-at-first", "performance/answer-time", "indexability/breaks-off", "links/broken-internal"]
    with serving(routes) as site:
        name = config(
            tmp_path, site.url("/"), crawl={"confirm_after": 0.1, "sitemaps": False, "concurrency": 8}, rules={"only": only},
            report=["json"],
        )  # fmt: skip
        done = auditor_here(tmp_path, "run", name, "--plain")
        assert done.code == 0, done.said
        told = {one["rule"]: one["message"] for one in done.result["problems"]}
        assert told.pop("performance/answer-time").startswith("Half of the 9 content pages took more than 4.")
        assert told == {
            "performance/fails-at-first": "3 of 10 pages failed when they were asked for first (answers 500 (internal server error)) and were"
            f" there when asked for again, such as {site.url(names[0])}.",
            "indexability/breaks-off": "The page breaks off before its end, as 9 others do not. Its last characters:"
            " html><html><body><h1>Lamp</h1><p>EUR 9.00</p><div class=buy>",
        }


def delayed(route: Route) -> Route:
    assert isinstance(route, Reply)
    return replace(route, wait=4.3)


def test_what_is_gone_of_a_list_is_told_though_nothing_links_to_it(tmp_path: Path) -> None:
    routes: dict[str, Route] = {
        "/": page("/lamp"),
        "/robots.txt": text(""),
        "/lamp": page("/"),
        "/empty": Reply(body=b""),
    }
    with serving(routes) as site:
        (tmp_path / "list.txt").write_text("\n".join(site.url(path) for path in ("/lamp", "/gone", "/empty")))
        name = config(tmp_path, site.url("/"), crawl={"confirm_after": 0.1, "urls": "list.txt"}, report=["json"])
        done = auditor_here(tmp_path, "run", name, "--plain")
        assert done.code == 0, done.said
        told = sorted(one["message"] for one in done.result["problems"] if one["rule"] == "links/given-address")
        assert told == [
            f"{site.url('/empty')}, which was given as a start or in a list: answers with a blank page (200)",
            f"{site.url('/gone')}, which was given as a start or in a list: answers 404 (not found)",
        ]
