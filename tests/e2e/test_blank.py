"""Pages that show nothing: those that the server leaves empty, and those whose script fails before it draws."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crawl.nasty import Reply, page, serving, text
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
