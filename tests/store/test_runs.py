"""Runs begin, are found by name or number, and count what they covered."""

from __future__ import annotations

import re

import pytest

from auditor.model.errors import UsageError
from auditor.model.run import RunStatus
from auditor.model.words import FetchOutcome
from auditor.store import documents, frontier, runs
from auditor.store.workspace import Workspace
from tests.store.kit import begin, fetch, found, render, response, url_id


def test_a_run_begins(workspace: Workspace) -> None:
    run = begin(workspace)
    assert re.fullmatch(r"shop\.example-\d{8}-\d{4}", run.name)
    assert (run.status, run.stage, run.ended_at, run.stop_reason) == (RunStatus.RUNNING, "preflight", "", "")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", run.started_at)
    assert runs.find(workspace, run.name) == run


def test_runs_of_one_minute_have_their_own_names(workspace: Workspace) -> None:
    names = [begin(workspace).name for _ in range(3)]
    assert len(set(names)) == 3
    other = begin(workspace, "shop.example.org").name
    assert not other.endswith("-2")


@pytest.mark.parametrize(
    ("site", "label"),
    [
        ("127.0.0.1:8000", "127.0.0.1-8000"),
        ("Müller & Söhne", "Müller-Söhne"),
        ("../../etc", "etc"),
        ("-rf", "rf"),
        ("a\x00b\n", "a-b"),
        ("'; drop table runs", "drop-table-runs"),
        ("***", "site"),
        ("x" * 300, "x" * 80),
    ],
)
def test_names_fit_folders_and_shells(workspace: Workspace, site: str, label: str) -> None:
    assert re.fullmatch(re.escape(label) + r"-\d{8}-\d{4}", begin(workspace, site).name)


def test_runs_are_found(workspace: Workspace) -> None:
    first, second = begin(workspace), begin(workspace, "other.example")
    assert runs.find(workspace) == second
    assert runs.find(workspace, first.name) == first
    assert runs.find(workspace, str(first.id)) == first
    assert [run.id for run in runs.latest(workspace)] == [second.id, first.id]
    assert [run.id for run in runs.latest(workspace, 1)] == [second.id]


@pytest.mark.parametrize("name", ["none", "99", "²", "9" * 30, "%", "' OR 1=1 --", "-1", "\x00"])
def test_a_run_that_is_not_there(workspace: Workspace, name: str) -> None:
    run = begin(workspace)
    with pytest.raises(UsageError) as raised:
        runs.find(workspace, name)
    assert f"there is no run '{name}'" in raised.value.what
    assert run.name in raised.value.hint


def test_an_empty_workspace_holds_no_run(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        runs.find(workspace)
    with pytest.raises(UsageError, match="holds no run"):
        runs.find(workspace, "x")


def test_progress_is_noted(workspace: Workspace) -> None:
    run = runs.note(workspace, begin(workspace), stage="crawl", status=RunStatus.INTERRUPTED, stop_reason="out of time")
    assert (run.stage, run.status, run.stop_reason) == ("crawl", RunStatus.INTERRUPTED, "out of time")
    assert runs.find(workspace) == run


def test_coverage_counts_every_url_once(workspace: Workspace) -> None:
    run, other = begin(workspace), begin(workspace, "other.example")
    fetch(workspace, other, "/elsewhere", "x")
    fetch(workspace, run, "/", "home")
    fetch(workspace, run, "/gone", answer=response("https://shop.example/gone", FetchOutcome.SITE_ERROR, status=404))
    fetch(
        workspace,
        run,
        "/blocked",
        answer=response("https://shop.example/blocked", FetchOutcome.BLOCKED, reason="challenge"),
    )
    fetch(workspace, run, "/slow", answer=response("https://shop.example/slow", FetchOutcome.TIMEOUT))
    fetch(workspace, run, "/logo.png", kind="asset")
    fetch(workspace, run, "/big", answer=response("https://shop.example/big", FetchOutcome.SKIPPED, reason="not HTML"))
    with workspace.write() as connection:
        frontier.add(
            connection,
            run.id,
            [
                found("/w1"),
                found("/w2"),
                found("/cart?add=1", reason="adds to the cart"),
                found("/far", reason="chosen: max_pages"),
            ],
        )
    render(workspace, run, "/", "chromium/desktop", "<p>home")
    render(workspace, run, "/", "chromium/phone", "<p>home")
    render(workspace, run, "/gone", "chromium/phone", "<p>gone", FetchOutcome.SITE_ERROR)
    render(workspace, run, "/x", "firefox/desktop", "", FetchOutcome.TIMEOUT, "no answer within 30 s")
    render(workspace, run, "/y", "firefox/desktop", "", FetchOutcome.TIMEOUT, "no answer within 30 s")
    render(workspace, run, "/z", "firefox/desktop", "", FetchOutcome.BLOCKED)
    with workspace.read() as connection:
        covered = runs.coverage(connection, run.id)
    assert covered.known == 9
    assert covered.fetched == 2
    assert covered.outcomes == {"ok": 1, "site_error": 1, "blocked": 1, "timeout": 1, "skipped": 1}
    assert covered.skipped == {"adds to the cart": 1, "chosen: max_pages": 1, "not HTML": 1}
    assert (covered.waiting, covered.gaps, covered.in_scope) == (2, 2, 6)
    assert covered.share == pytest.approx(2 / 6)
    assert not covered.complete
    assert covered.rendered == {"chromium/desktop": 1, "chromium/phone": 2}
    assert covered.render_failed == {"firefox/desktop: no answer within 30 s": 2, "firefox/desktop: blocked": 1}


def test_nothing_asked_for_is_not_complete(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.read() as connection:
        covered = runs.coverage(connection, run.id)
    assert (covered.in_scope, covered.share, covered.complete) == (0, 0.0, False)


def test_deleting_a_run_takes_what_is_its(workspace: Workspace) -> None:
    from sqlalchemy import delete, func, select

    from auditor.store import schema

    run = begin(workspace)
    fetch(workspace, run, "/", "home")
    render(workspace, run, "/", html="<p>home")
    with workspace.write() as connection:
        assert url_id(connection, run, "https://shop.example/")
        connection.execute(delete(schema.runs).where(schema.runs.c.id == run.id))
        for table in (schema.urls, schema.pages, schema.snapshots):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert documents.put(connection, b"home")
