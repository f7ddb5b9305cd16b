"""Old runs go with all that only they needed; what others need stays, and nothing points nowhere."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from auditor.config.keep import Keep, keep
from auditor.evidence.screenshot import Picture, Screenshots
from auditor.model.run import Run
from auditor.store import leases, link_graph, prune, runs, schema
from auditor.store.workspace import Workspace
from tests.store.kit import begin, fetch, render


def night(workspace: Workspace, ago: int, site: str = "shop.example", status: str = "complete", **values: str) -> Run:
    run = begin(workspace, site, **values)
    moment = datetime(2026, 11, 25, 2, tzinfo=UTC) - timedelta(days=ago)
    told = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return runs.note(workspace, run, started_at=told, status=status)


def gone(workspace: Workspace, nights: int, months: int = 0, site: str = "") -> list[str]:
    return [run.name for run in prune.doomed(workspace, Keep(nights, months), site)]


def count(workspace: Workspace, name: str) -> int:
    with workspace.read() as connection:
        return connection.execute(select(func.count()).select_from(schema.metadata.tables[name])).scalar_one()


@pytest.mark.parametrize(
    ("text_", "kept"),
    [("30 nights, 12 months", Keep(30, 12)), ("7 nights", Keep(7)), ("1 month, 2 days", Keep(2, 1))],
)
def test_how_long_is_read(text_: str, kept: Keep) -> None:
    assert keep(text_) == kept


@pytest.mark.parametrize("text_", ["", "30", "12 months", "0 nights", "30 nights, 7 nights", "for ever"])
def test_how_long_is_refused(text_: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        keep(text_)


def test_nights_and_months(workspace: Workspace) -> None:
    names = {ago: night(workspace, ago).name for ago in range(100, -1, -1)}
    twice = night(workspace, 0).name
    assert gone(workspace, 30) == [names[ago] for ago in range(100, 29, -1)]
    kept = set(names.values()) - set(gone(workspace, 30, 2))
    months = {name for ago, name in names.items() if ago >= 30 and name in kept}
    assert months == {names[30], names[56]}  # the last of October, and of September
    assert twice not in gone(workspace, 1)


def test_what_always_stays(workspace: Workspace) -> None:
    old = night(workspace, 400)
    named = night(workspace, 300)
    night(workspace, 0, config='{"config": {"gate": {"baseline": "' + named.name + '"}}}')
    other = night(workspace, 500, "other.example")
    staging = night(workspace, 450, environment="staging")
    assert gone(workspace, 1) == [old.name]
    with workspace.write() as connection:
        connection.execute(schema.leases.insert().values(site="shop.example", holder="x", run="r", since="", beats=0))
    assert gone(workspace, 1) == []
    assert other.name not in gone(workspace, 1, site="other.example")
    assert staging.name not in gone(workspace, 1)


def test_runs_of_one_page_and_broken_ones_are_no_months(workspace: Workspace) -> None:
    page = night(workspace, 60, kind="page")
    broken = night(workspace, 59, status="interrupted")
    night(workspace, 0)
    assert gone(workspace, 1, 12) == [page.name, broken.name]


def picture(workspace: Workspace, data: bytes, age: float = 2 * 86400) -> str:
    digest = workspace.put_file(data, ".png")
    then = time.time() - age
    os.utime(workspace.file(digest, ".png"), (then, then))
    return digest


def test_it_takes_all_that_only_the_run_needed(workspace: Workspace) -> None:
    old, new = night(workspace, 9), night(workspace, 0)
    mine, shared, young, stray = (picture(workspace, data) for data in (b"1", b"2", b"3", b"4"))
    os.utime(workspace.file(young, ".png"))

    def shot(digest: str) -> dict[str, object]:
        return {"screenshots": Screenshots(pictures=(Picture(kind="page", sha256=digest, width=1, height=1),))}

    for run, body, digest in ((old, "<p>old", mine), (old, "<p>both", shared), (new, "<p>both", shared)):
        path = f"/{body[3:]}"
        fetch(workspace, run, path, body)
        render(workspace, run, path, html=f"{body} shown", evidence=shot(digest))
    with workspace.write() as connection:
        known = link_graph.Known()
        for page in connection.execute(select(schema.pages.c.id)).scalars().all():
            link_graph.save(connection, {page: []}, known)
        connection.execute(schema.facts.insert().values(document="no such", context="c", version=1, kinds=b""))
    (workspace.reports / old.name).mkdir(parents=True)
    done = prune.prune(workspace, prune.doomed(workspace, Keep(1)))
    assert done.runs == (old.name,)
    assert (done.documents, done.pictures) == (2, 2)
    assert not (workspace.reports / old.name).exists()
    assert [workspace.file(one, ".png").exists() for one in (mine, shared, young, stray)] == [False, True, True, False]
    assert {name: count(workspace, name) for name in ("runs", "page_rows", "url_rows", "addresses", "snapshots", "documents", "facts")} == {
        "runs": 1, "page_rows": 1, "url_rows": 1, "addresses": 1, "snapshots": 1, "documents": 2, "facts": 0,
    }  # fmt: skip
    with workspace.read() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert prune.prune(workspace, []).documents == 0


def test_every_table_of_a_run_is_known_to_it(workspace: Workspace) -> None:
    """A table that hangs on runs, evaluations or pages by another name than these would keep its rows."""
    known = {"run_id": "runs", "evaluation_id": "evaluations", "page_id": "pages", "url_id": "urls"}
    for table in schema.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name in known.values():
                assert known[key.parent.name] == key.column.table.name
                assert {"run_id", "evaluation_id"} & set(table.c.keys()) or table.name == "page_links", table.name


def test_a_lease_of_ours_is_no_reason(workspace: Workspace) -> None:
    old = night(workspace, 9)
    night(workspace, 0)
    with workspace.write() as connection:
        connection.execute(schema.leases.insert().values(site="shop.example", holder="x", run="r", since="", beats=0))
        connection.execute(update(schema.leases).values(beats=1))
        assert leases.held(connection) == ["shop.example"]
    assert [run.name for run in prune.doomed(workspace, Keep(1), "shop.example", mine=True)] == [old.name]


def test_the_database_grows_smaller(workspace: Workspace, tmp_path: Path) -> None:
    old = night(workspace, 9)
    night(workspace, 0)
    for number in range(60):
        fetch(workspace, old, f"/{number}", os.urandom(20_000).hex())
    done = prune.prune(workspace, prune.doomed(workspace, Keep(1)))
    assert done.documents == 60
    assert done.freed > 500_000
    assert tmp_path.exists()
