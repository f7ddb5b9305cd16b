"""Pages described while they are fetched: nothing of it can be told from pages described after the crawl."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from auditor.evaluate import ahead, stage
from auditor.evaluate.ahead import described_ahead
from auditor.evaluate.worker import BatchResult
from auditor.model.errors import UsageError
from auditor.model.run import Run
from auditor.model.words import FetchOutcome
from auditor.store import link_graph, schema, snapshots
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from auditor.workers.pool import Pool
from tests.evaluate.test_stage import settings
from tests.store.kit import PAGE, SHOP, begin, fetch, new_workspace, response

_LONGEST = 60.0  # seconds for what takes a moment


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "BATCH", 2)
    monkeypatch.setattr(ahead, "_LOOK", 0.01)


def page(workspace: Workspace, run: Run, number: int, words: str = "") -> None:
    body = f"<h1>Page {number}</h1><a href='/p/{number + 1}'>next</a>{words}"
    fetch(workspace, run, f"/p/{number}", PAGE.format(title=f"Page {number}", body=body))


def described(workspace: Workspace, run: Run) -> list[tuple[object, ...]]:
    """Of each page what is known of it, its links among that."""
    pages, links = schema.pages, schema.page_links
    asked = (
        select(pages.c.url, pages.c.page_type, pages.c.template, pages.c.platform, links.c.blocks, schema.facts.c.kinds)
        .join(links, links.c.page_id == pages.c.id, isouter=True)
        .join(schema.facts, schema.facts.c.document == pages.c.document, isouter=True)
        .where(pages.c.run_id == run.id)
        .order_by(pages.c.id)
    )
    with workspace.read() as connection:
        return [tuple(row) for row in connection.execute(asked)]


def wait_for(workspace: Workspace, run: Run, count: int) -> None:
    until = time.monotonic() + _LONGEST
    while sum(one[1] != "" for one in described(workspace, run)) < count:
        assert time.monotonic() < until, described(workspace, run)
        time.sleep(0.01)


def test_as_described_afterwards(workspace: Workspace, tmp_path: Path) -> None:
    run = begin(workspace)
    given = settings(workspace, run)
    with described_ahead(workspace, run, lambda: given, InlinePool):
        for number in range(3):
            page(workspace, run, number)
        wait_for(workspace, run, 2)
        for number in range(3, 7):
            page(workspace, run, number)
        wait_for(workspace, run, 6)
        broken = PAGE.format(title="", body="")
        fetch(workspace, run, "/broken", broken, answer=response(f"{SHOP}/broken", FetchOutcome.SITE_ERROR))
    assert (
        stage.describe(workspace, run, given, InlinePool) == 2
    )  # the newest page, and the one that will be asked for again
    with new_workspace(tmp_path / "others") as other:
        late = begin(other)
        for number in range(7):
            page(other, late, number)
        fetch(other, late, "/broken", broken, answer=response(f"{SHOP}/broken", FetchOutcome.SITE_ERROR))
        assert stage.describe(other, late, settings(other, late), InlinePool) == 8
        assert described(workspace, run) == described(other, late)


def test_a_page_fetched_again_meanwhile_is_described_as_it_is_now(workspace: Workspace) -> None:
    run = begin(workspace)
    for number in range(3):
        page(workspace, run, number)
    given = settings(workspace, run)
    with workspace.read() as connection:
        ids = snapshots.page_ids(connection, run.id)
    with InlinePool(stage.ENTRY, msgspec.msgpack.encode(given)) as pool:
        ((_, payload, error),) = stage.answers(pool, "describe", [ids])
    assert payload, error
    told = msgspec.msgpack.decode(payload, type=BatchResult).described
    page(workspace, run, 1, "<a href='/new'>new</a>")
    fetch(workspace, run, "/p/2", answer=response(f"{SHOP}/p/2", FetchOutcome.TIMEOUT))
    with workspace.write() as connection:
        stage.keep_described(connection, told, link_graph.Known())
    assert [bool(one[1]) for one in described(workspace, run)] == [True, False, False]
    assert stage.describe(workspace, run, given, InlinePool) == 1
    assert [bool(one[1]) for one in described(workspace, run)] == [True, True, False]
    with workspace.read() as connection:
        links = {row.page_id for row in connection.execute(select(schema.page_links))}
    assert links == set(ids[:2])


def test_links_of_a_page_that_has_gone_are_forgotten(workspace: Workspace) -> None:
    run = begin(workspace)
    given = settings(workspace, run)
    page(workspace, run, 0)
    assert stage.describe(workspace, run, given, InlinePool) == 1
    fetch(workspace, run, "/p/0", answer=response(f"{SHOP}/p/0", FetchOutcome.TIMEOUT))
    page(workspace, run, 1)
    assert stage.describe(workspace, run, given, InlinePool) == 1
    assert [bool(one[4]) for one in described(workspace, run)] == [False, True]


def test_what_fails_meanwhile_is_left_for_later(workspace: Workspace) -> None:
    run = begin(workspace)
    given = settings(workspace, run)
    tried = []

    def none(entry: str, settings: bytes) -> Pool:
        tried.append(entry)
        raise UsageError("no worker can be had")

    with described_ahead(workspace, run, lambda: given, none):
        for number in range(3):
            page(workspace, run, number)
        until = time.monotonic() + _LONGEST
        while not tried and time.monotonic() < until:
            time.sleep(0.01)
    assert tried
    assert stage.describe(workspace, run, given, InlinePool) == 3


def test_before_the_site_is_known_nothing_is_described(workspace: Workspace) -> None:
    run = begin(workspace)
    asked = []
    for number in range(3):
        page(workspace, run, number)
    with described_ahead(workspace, run, lambda: asked.append(True), InlinePool):
        until = time.monotonic() + _LONGEST
        while not asked and time.monotonic() < until:
            time.sleep(0.01)
    assert asked
    assert not any(one[1] for one in described(workspace, run))
