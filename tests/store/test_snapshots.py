"""Snapshots, pages and facts come back as they were kept."""

from __future__ import annotations

from sqlalchemy import select

from auditor.evidence.texts import Texts
from auditor.evidence.visit import Visit
from auditor.model.snapshot import State
from auditor.model.words import FetchOutcome
from auditor.store import documents, link_graph, page_types, snapshots
from auditor.store.schema import pages
from auditor.store.workspace import Workspace
from tests.store.kit import begin, fetch, render, response

HOME = "https://shop.example/"


def test_a_snapshot_comes_back(workspace: Workspace) -> None:
    run = begin(workspace)
    state = State("reject", gpc=True, market="DE, AT")
    render(
        workspace,
        run,
        "/",
        "chromium/phone",
        "<p>ü \ud800",
        evidence={"texts": Texts(title="T")},
        state=state,
        repeat=2,
    )
    with workspace.read() as connection:
        first, (one,) = snapshots.looks_at(connection, run.id, HOME)
        assert first == [] == snapshots.of_page(connection, run.id, HOME)
        assert documents.get(connection, one.document or "") == "<p>ü ?".encode()
        assert snapshots.taken(connection, run.id, repeat=2) == {(HOME, "chromium/phone", str(state))}
    assert (str(one.key.client), one.key.state, one.key.repeat, one.outcome) == (
        "chromium/phone",
        state,
        2,
        FetchOutcome.OK,
    )
    bundle = one.bundle()
    assert bundle.read(Texts) == Texts(title="T")
    assert bundle.read(Visit) is not None


def test_a_second_one_replaces_the_first(workspace: Workspace) -> None:
    run = begin(workspace)
    render(workspace, run, "/", html="", outcome=FetchOutcome.TIMEOUT, reason="slow")
    render(workspace, run, "/", html="<p>now")
    render(workspace, run, "/", "firefox/desktop", html="<p>now")
    with workspace.read() as connection:
        first, second = snapshots.of_page(connection, run.id, HOME)
    assert (first.outcome, first.reason, str(first.key.client)) == (FetchOutcome.OK, "", "chromium/desktop")
    assert first.document == second.document


def test_a_failed_visit_has_no_document(workspace: Workspace) -> None:
    run = begin(workspace)
    render(workspace, run, "/", outcome=FetchOutcome.UNREACHABLE, reason="no such host")
    with workspace.read() as connection:
        (one,) = snapshots.of_page(connection, run.id, HOME)
        assert (one.document, one.reason) == (None, "no such host")
        assert snapshots.of_page(connection, run.id + 1, HOME) == []


def test_pages_with_a_document_are_listed_in_order(workspace: Workspace) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/a", "one")
    fetch(workspace, run, "/blocked", answer=response(f"{HOME}blocked", FetchOutcome.BLOCKED))
    fetch(workspace, run, "/style.css", "p{}", kind="asset")
    fetch(workspace, run, "/b", "two")
    with workspace.write() as connection:
        ids = snapshots.page_ids(connection, run.id)
        assert snapshots.undescribed(connection, run.id) == ids
        assert [one.url for one in snapshots.by_ids(connection, reversed(ids))] == [f"{HOME}a", f"{HOME}b"]
        assert [one.id for one in snapshots.html_pages(connection, run.id, after=ids[0])] == ids[1:]
        snapshots.describe(connection, ids[0], "product", "abc", "shopify", "")
        assert snapshots.undescribed(connection, run.id) == ids  # its links are not known yet
        link_graph.save(connection, {ids[0]: ()}, link_graph.Known())
        assert snapshots.undescribed(connection, run.id) == ids[1:]
        described = snapshots.page(connection, ids[0])
    assert (described.page_type, described.template, described.platform) == ("product", "abc", "shopify")
    assert described.response == response(f"{HOME}a")


def test_the_first_rendered_page_of_each_template(workspace: Workspace) -> None:
    run = begin(workspace)
    for path in ("/a", "/b", "/c", "/d"):
        fetch(workspace, run, path, path)
    with workspace.write() as connection:
        ids = snapshots.page_ids(connection, run.id)
        for page_id, template in zip(ids, ["one", "one", "two", ""], strict=True):
            snapshots.describe(connection, page_id, "content", template, "", "")
    for path in ("/b", "/d"):
        render(workspace, run, path, html="<p>")
    render(workspace, run, "/c", outcome=FetchOutcome.TIMEOUT)
    with workspace.read() as connection:
        assert snapshots.first_rendered(connection, run.id) == [ids[1]]


def test_facts_are_kept_by_document_context_and_version(workspace: Workspace) -> None:
    with workspace.write() as connection:
        digest = documents.put(connection, b"x")
        for told in (b"\x80", b"\x81"):
            snapshots.write_facts(connection, 1, [(digest, "c", snapshots.pack_facts({"meta": told}))])
        assert snapshots.read_facts(connection, digest, "c", 1) == {"meta": b"\x81"}
        assert snapshots.read_facts(connection, digest, "d", 1) is None
        assert snapshots.read_facts(connection, digest, "c", 2) is None


def test_contexts_tell_their_parts_apart() -> None:
    assert snapshots.facts_context("ab", "c") != snapshots.facts_context("a", "bc")
    assert snapshots.facts_context("\ud800")


def test_a_page_keeps_its_page_type_through_a_read(workspace: Workspace) -> None:
    run = begin(workspace)
    fetch(workspace, run, "/a", "one")
    with workspace.read() as connection:
        assert connection.execute(select(pages.c.page_type)).scalar_one() == ""


def test_pages_that_are_built_like_categories_are_categories(workspace: Workspace) -> None:
    run = begin(workspace)
    told = {
        "/lamps": ("category", "list"),
        "/men": ("content", "list"),
        "/about": ("content", "text"),
        "/lamp": ("product", "mixed"),
        "/sale": ("category", "mixed"),
        "/guide": ("content", "mixed"),
        "/brands": ("category", "plain"),
        "/contact": ("content", "plain"),
        "/shipping": ("content", "plain"),
        "/contact-us": ("content", "list"),
        "/kids": ("category", "list"),
        "/empty": ("content", ""),
        "/bare": ("category", ""),
    }
    for path in told:
        fetch(workspace, run, path, "<p>")
    with workspace.write() as connection:
        for path, (page_type, template) in told.items():
            (page_id,) = connection.execute(
                select(pages.c.id).where(pages.c.url == f"https://shop.example{path}")
            ).one()
            snapshots.describe(connection, page_id, page_type, template, "", "")
        assert page_types.settle(connection, run.id) == 1
        settled = dict(list(connection.execute(select(pages.c.url, pages.c.page_type))))
    expected = {path: page_type for path, (page_type, _) in told.items()} | {"/men": "category"}
    assert settled == {f"https://shop.example{path}": page_type for path, page_type in expected.items()}


def test_later_pages_of_a_category_are_categories(workspace: Workspace) -> None:
    run = begin(workspace)
    told = {
        "/lamps/": "category",
        "/lamps/?start=2": "content",
        "/lamps/page/3": "content",
        "/chairs?color=red": "category",
        "/chairs?color=red&page=2": "content",
        "/chairs?about=1": "content",
        "/blog": "content",
        "/blog?page=2": "content",
        "/lamps/?start=4": "product",
        "/lamps/?start=here": "content",
    }
    for path in told:
        fetch(workspace, run, path, "<p>")
    with workspace.write() as connection:
        ids = {row.url: row.id for row in connection.execute(select(pages.c.id, pages.c.url))}
        for path, page_type in told.items():
            snapshots.describe(connection, ids[f"https://shop.example{path}"], page_type, "", "", "")
        assert page_types.settle_later(connection, run.id) == 3
        settled = dict(list(connection.execute(select(pages.c.url, pages.c.page_type))))
    later = ("/lamps/?start=2", "/lamps/page/3", "/chairs?color=red&page=2")
    assert settled == {
        f"https://shop.example{path}": kind for path, kind in (told | dict.fromkeys(later, "category")).items()
    }


def test_visits_that_answered_the_consent_banner_are_counted(workspace: Workspace) -> None:
    run = begin(workspace)
    render(workspace, run, "/", html="<p>a")
    render(workspace, run, "/", html="<p>b", state=State("reject"))
    render(workspace, run, "/", "firefox/desktop", html="<p>c", state=State("accept", gpc=True))
    render(
        workspace,
        run,
        "/",
        html="",
        state=State("accept"),
        outcome=FetchOutcome.SKIPPED,
        reason="consent could not be answered (accept): no banner",
    )
    render(workspace, run, "/b", html="", state=State("accept"), outcome=FetchOutcome.SKIPPED, reason="Timeout")
    with workspace.read() as connection:
        assert snapshots.consent_answered(connection, run.id) == 3
