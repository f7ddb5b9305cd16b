"""A run in a workspace, filled through the store's own functions as the stages fill it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from auditor.evidence.bundle import Bundle
from auditor.evidence.http import Attempt, Response
from auditor.evidence.visit import Visit
from auditor.model.run import Run
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.urls import crawl_key
from auditor.model.words import FetchOutcome
from auditor.store import frontier, runs, snapshots
from auditor.store.frontier import Found
from auditor.store.schema import urls
from auditor.store.workspace import DATABASE, Workspace

SHOP = "https://shop.example"
PAGE = "<html><head><title>{title}</title></head><body>{body}</body></html>"


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        Workspace.open(folder).close()
        return (Path(folder) / DATABASE).read_bytes()


def new_workspace(folder: Path) -> Workspace:
    """As Workspace.open makes it, its migrations run once a process."""
    (folder / "files").mkdir(parents=True)
    (folder / DATABASE).write_bytes(_empty())
    return Workspace.attach(folder)


def begin(workspace: Workspace, site: str = "shop.example", **values: str) -> Run:
    return runs.begin(
        workspace,
        **{
            "site": site,
            "start_url": f"{SHOP}/",
            "environment": "production",
            "config": "{}",
            "version": "1",
            **values,
        },
    )


def found(path: str, **values: Any) -> Found:
    url = path if "://" in path else SHOP + path
    return Found(key=crawl_key(url), url=url, **values)


def response(url: str, outcome: FetchOutcome = FetchOutcome.OK, **values: Any) -> Response:
    given = {
        "final_url": url,
        "status": 200 if outcome is FetchOutcome.OK else 0,
        "headers": (("content-type", "text/html; charset=utf-8"),),
        "content_type": "text/html",
        "fetched_at": "2026-11-22T20:00:00.000Z",
        **values,
    }
    return Response(url=url, outcome=outcome, **given)


def url_id(connection: Connection, run: Run, key: str) -> int:
    return connection.execute(select(urls.c.id).where(urls.c.run_id == run.id, urls.c.key == key)).scalar_one()


def fetch(
    workspace: Workspace, run: Run, path: str, body: str | None = None, *, answer: Response | None = None, **values: Any
) -> None:
    """A URL found and fetched in one."""
    one = found(path, **values)
    with workspace.write() as connection:
        frontier.add(connection, run.id, [one])
        frontier.save(
            connection,
            run.id,
            url_id(connection, run, one.key),
            answer or response(one.url),
            one.key,
            None if body is None else body.encode(),
        )


def render(
    workspace: Workspace,
    run: Run,
    path: str,
    client: str = "chromium/desktop",
    html: str = "",
    outcome: FetchOutcome = FetchOutcome.OK,
    reason: str = "",
    evidence: dict[str, Any] | None = None,
    state: State | None = None,
    repeat: int = 0,
) -> None:
    """A page opened in a browser."""
    url = SHOP + path
    bundle = Bundle()
    bundle.put("visit", Visit(final_url=url, status=200, browser_version="141.0"))
    for name, value in (evidence or {}).items():
        bundle.put(name, value)
    key = SnapshotKey(crawl_key(url), Client.parse(client), state or State(), "", repeat)
    with workspace.write() as connection:
        snapshots.save(connection, run.id, None, key, url, outcome, reason, html, bundle, "2026-11-22T20:01:00.000Z")


def attempts(count: int, outcome: FetchOutcome) -> tuple[Attempt, ...]:
    return tuple(Attempt(at=f"2026-11-22T20:00:0{n}Z", outcome=outcome) for n in range(count))
