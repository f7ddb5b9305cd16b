"""What checks may ask of a run."""

from __future__ import annotations

import pytest

from auditor.facts.snapshot import SiteContext
from auditor.model.query import Hop
from auditor.model.urls import host
from auditor.model.words import FetchOutcome, PageType
from auditor.store import frontier, query, snapshots
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace
from tests.store.kit import SHOP, attempts, begin, fetch, found, render, response


def test_targets(workspace: Workspace) -> None:
    run, other = begin(workspace), begin(workspace)
    fetch(workspace, other, "/elsewhere", "x")
    fetch(workspace, run, "/ok?b=1&a=2", "x")
    hops = (Hop(f"{SHOP}/old", 301, f"{SHOP}/gone"),)
    gone = response(
        f"{SHOP}/old", FetchOutcome.SITE_ERROR, status=404, final_url=f"{SHOP}/gone", hops=hops, reason="404 Not Found",
        attempts=attempts(2, FetchOutcome.SITE_ERROR),
    )  # fmt: skip
    fetch(workspace, run, "/old", answer=gone)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/later"), found("/cart?add=1", reason="adds to the cart")])
    with workspace.read() as connection:
        site = StoredSite(connection, run.id, ("sid",))
        asked = [
            f"{SHOP}/ok?a=2&b=1&utm_source=x&sid=9#top",
            f"{SHOP}/old",
            f"{SHOP}/later",
            f"{SHOP}/cart?add=1",
            f"{SHOP}/elsewhere",
            "http://[::1",
            "",
        ]
        targets = site.targets(asked)
        assert site.targets([]) == {}
        assert site.targets(iter(asked)) == targets
    assert set(targets) == set(asked[:4])
    assert (targets[asked[0]].outcome, targets[asked[0]].url) == (FetchOutcome.OK, f"{SHOP}/ok?b=1&a=2")
    old = targets[asked[1]]
    assert (old.outcome, old.status, old.final_url, old.hops, old.confirmed) == (
        FetchOutcome.SITE_ERROR,
        404,
        f"{SHOP}/gone",
        hops,
        2,
    )
    assert (targets[asked[2]].outcome, targets[asked[2]].reason) == (
        FetchOutcome.SKIPPED,
        "an address that is named there was not fetched yet",
    )
    assert (targets[asked[3]].outcome, targets[asked[3]].reason) == (FetchOutcome.SKIPPED, "adds to the cart")


@pytest.mark.parametrize("kept", [3, 700, 20_000])
def test_targets_of_many_urls(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(query, "_KNOWN", kept)
    run = begin(workspace)
    paths = [f"/{number}" for number in range(1200)]
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found(path) for path in paths[::2]])
    with workspace.read() as connection:
        site = StoredSite(connection, run.id, ())
        for start in (0, 600, 0):
            part = [SHOP + path for path in paths[start : start + 601]]
            assert set(site.targets(part)) == set(part[::2])


def test_pages_and_coverage(workspace: Workspace) -> None:
    run = begin(workspace)
    for path in ("/a", "/b", "/c"):
        fetch(workspace, run, path, path)
    with workspace.write() as connection:
        ids = snapshots.page_ids(connection, run.id)
        snapshots.describe(connection, ids[0], "product", "t", "shopify", "")
        snapshots.describe(connection, ids[1], "home", "u", "", "")
    with workspace.read() as connection:
        site = StoredSite(connection, run.id, ())
        assert [one.url for one in site.pages()] == [f"{SHOP}/a", f"{SHOP}/b"]
        (product,) = site.pages(PageType.PRODUCT)
        assert site.coverage().fetched == 3
        assert site.coverage() is site.coverage()
    assert (product.key, product.page_type, product.template, product.status) == (
        f"{SHOP}/a",
        PageType.PRODUCT,
        "t",
        200,
    )


def test_snapshots_of_the_run_show_the_shop(workspace: Workspace) -> None:
    run = begin(workspace)
    for path in ("/a", "/b", "/error"):
        fetch(workspace, run, path, f"<title>{path}</title><h1>Lamp</h1>")
    with workspace.write() as connection:
        for number, kind in zip(snapshots.page_ids(connection, run.id), ("product", "category", "error"), strict=True):
            snapshots.describe(connection, number, kind, "t", "", "")
    for client in ("chromium/desktop", "chromium/phone"):
        render(workspace, run, "/a", client, "<title>/a</title><h1>Lamp</h1>")
    render(workspace, run, "/b", "chromium/desktop", "", FetchOutcome.TIMEOUT)
    with workspace.read() as connection:
        site = StoredSite(connection, run.id, ())
        assert [(one.url, one.page_type, one.meta.title) for one in site.fetched()] == [
            (f"{SHOP}/a", PageType.PRODUCT, "/a"),
            (f"{SHOP}/b", PageType.CATEGORY, "/b"),
        ]
        assert [one.url for one in site.fetched(PageType.CATEGORY)] == [f"{SHOP}/b"]
        assert [str(one.key.client) for one in site.rendered()] == ["chromium/desktop", "chromium/phone"]
        assert list(site.rendered(PageType.CATEGORY)) == []


def test_the_run_before(workspace: Workspace) -> None:
    first, cut_short, one_page, this = (begin(workspace) for _ in range(4))
    with workspace.write() as connection:
        for run in (first, one_page):
            connection.exec_driver_sql("UPDATE runs SET status = 'complete' WHERE id = ?", (run.id,))
        connection.exec_driver_sql("UPDATE runs SET kind = 'page' WHERE id = ?", (one_page.id,))
    with workspace.read() as connection:
        before = StoredSite(connection, this.id, ()).before
        assert before is not None
        assert before.started_at == first.started_at
        assert StoredSite(connection, first.id, ()).before is None
    assert cut_short.id > first.id


def test_the_survey_and_the_platform(workspace: Workspace) -> None:
    run = begin(workspace)
    bodies = {
        "/": '<title>Shop</title><main><a href="/a">A</a></main>',
        "/a": '<title>Lamp</title><main><a href="/">Home</a> <a href="/b">B</a></main>',
        "/b": '<title>Lamp</title><main><a href="/c?page=2">C</a> <a href="/old">Moved</a></main>',
        "/moved": "<title>Moved</title>",
        "/lost": "<title>Lost</title>",
    }
    for path, body in bodies.items():
        fetch(workspace, run, path, body)
    hops = (Hop(f"{SHOP}/old", 301, f"{SHOP}/moved"),)
    fetch(workspace, run, "/old", answer=response(f"{SHOP}/old", final_url=f"{SHOP}/moved", hops=hops))
    kinds = ("home", *["product"] * (len(bodies) - 1))
    with workspace.write() as connection:
        for number, kind in zip(snapshots.page_ids(connection, run.id), kinds, strict=True):
            snapshots.describe(connection, number, kind, "t", "shopify", "")
    with workspace.read() as connection:
        site = StoredSite(connection, run.id, (), SiteContext(hosts=(host(SHOP),)))
        assert site.platform == "shopify"
        survey = site.survey
        assert survey is site.survey
        (group,) = survey.shared("title", PageType.PRODUCT)
        assert (group.value, [page.url for page in group.pages]) == ("Lamp", [f"{SHOP}/a", f"{SHOP}/b"])
        assert [page.url for page in survey.unlinked()] == [f"{SHOP}/lost"]
        assert {page.url: depth for page, depth in survey.depths()} == {
            f"{SHOP}/": 0,
            f"{SHOP}/a": 1,
            f"{SHOP}/b": 2,
            f"{SHOP}/moved": 3,
        }, "a link that is redirected leads there, too"
