"""Runs: begin, find, note progress, end; and the counts a sentence about coverage rests on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from auditor.model.errors import UsageError
from auditor.model.run import CHOSEN as CHOSEN
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import FetchOutcome
from auditor.store.schema import ANSWER_OF_URL, OF_ROW, page_rows, pages, runs, snapshots, url_rows, urls
from auditor.store.workspace import Workspace

# Reasons of URLs the user chose to leave out; they are told, and don't count against coverage.
_ANSWERED = (FetchOutcome.OK, FetchOutcome.SITE_ERROR)
_GAPS = (FetchOutcome.BLOCKED, FetchOutcome.RATE_LIMITED, FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE)


def now() -> str:
    """UTC, ISO 8601, whole milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def begin(
    workspace: Workspace, *, site: str, start_url: str, environment: str, config: str, version: str, kind: str = "site"
) -> Run:
    """A new run; its name is the site and the time, with a number where two begin in one minute."""
    label = re.sub(r"[^\w.]+", "-", site)[:80].strip("-.") or "site"  # it names a folder, and is typed in a shell
    base = f"{label}-{datetime.now(UTC):%Y%m%d-%H%M}"
    with workspace.write() as connection:
        taken = set(connection.execute(select(runs.c.name).where(runs.c.name.like(f"{base}%"))).scalars())
        name = next(name for n in range(1, 10_000) if (name := base if n == 1 else f"{base}-{n}") not in taken)
        values = {
            "name": name, "site": site, "start_url": start_url, "environment": environment, "started_at": now(),
            "status": RunStatus.RUNNING, "stage": "preflight", "version": version, "config": config, "kind": kind,
        }  # fmt: skip
        connection.execute(insert(runs).values(**values))
        return _one(connection, name)


def find(workspace: Workspace, name: str = "") -> Run:
    """The run of that name or number, or the last one; raises UsageError that lists those there are."""
    with workspace.read() as connection:
        if not name:
            row = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(1)).first()
            if row is None:
                raise UsageError(
                    "this workspace holds no run", where=str(workspace.folder), hint="Begin one: auditor run URL"
                )
            return msgspec.convert(row, Run, from_attributes=True)
        return _one(connection, name)


def latest(workspace: Workspace, limit: int = 20) -> list[Run]:
    with workspace.read() as connection:
        rows = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(limit))
        return [msgspec.convert(row, Run, from_attributes=True) for row in rows]


def note(workspace: Workspace, run: Run, **values: str) -> Run:
    """Writes columns of a run (stage, status, stop_reason, ended_at) and returns it as it is now."""
    with workspace.write() as connection:
        connection.execute(update(runs).where(runs.c.id == run.id).values(**values))
        return _one(connection, run.name)


def received(connection: Connection, run_id: int) -> int:
    """Bytes of bodies that came in the run's rounds of crawl, counted where they are limited."""
    return int(connection.execute(select(runs.c.received).where(runs.c.id == run_id)).scalar_one())


def add_received(connection: Connection, run_id: int, more: int) -> None:
    connection.execute(_ADD_RECEIVED, {"b_run": run_id, "b_more": more})


_ADD_RECEIVED = (
    update(runs).where(runs.c.id == bindparam("b_run")).values(received=runs.c.received + bindparam("b_more"))
)


def forget_empty(workspace: Workspace, run: Run) -> None:
    """Takes a run away that knows no address yet: it never began."""
    with workspace.write() as connection:
        if connection.execute(select(urls.c.id).where(urls.c.run_id == run.id).limit(1)).first() is None:
            connection.execute(delete(runs).where(runs.c.id == run.id))


def again(workspace: Workspace, run: Run) -> Run:
    """Makes a run ready to go on: addresses that gave no page wait again; one that brought nothing begins anew."""
    own = select(pages.c.id).join(urls, ANSWER_OF_URL).where(urls.c.kind == "page")
    answered = own.where(pages.c.run_id == run.id, pages.c.outcome.in_(_ANSWERED)).limit(1)
    failed = (pages.c.run_id == run.id, pages.c.outcome.in_(_GAPS))
    with workspace.write() as connection:
        if connection.execute(answered).first() is None:
            connection.execute(delete(url_rows).where(url_rows.c.run_id == run.id))
        else:
            lost = select(urls.c.id).join(pages, ANSWER_OF_URL).where(*failed, urls.c.kind == "page")
            ids = connection.execute(lost).scalars().all()
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                connection.execute(update(url_rows).where(url_rows.c.id.in_(part)).values(status="waiting"))
                asked = (page_rows.c.run_id == run.id, page_rows.c.url_id.in_(part))
                connection.execute(delete(page_rows).where(*asked))
    return note(workspace, run, status=RunStatus.RUNNING, stop_reason="", ended_at="")


def look_again(workspace: Workspace, run: Run) -> None:
    """Forgets browser snapshots that show nothing, so that they are taken again."""
    failed = snapshots.c.outcome.not_in(_ANSWERED)
    with workspace.write() as connection:
        connection.execute(delete(snapshots).where(snapshots.c.run_id == run.id, failed))


def coverage(connection: Connection, run_id: int) -> Coverage:
    """What the run looked at, counted in the tables."""
    is_page = (url_rows.c.run_id == run_id, url_rows.c.kind == "page")
    states = counted(connection, select(url_rows.c.status, func.count()).where(*is_page).group_by(url_rows.c.status))
    itself = page_rows.c.final_id == page_rows.c.address_id
    fetched = select(page_rows.c.outcome, func.count()).join(url_rows, OF_ROW).where(*is_page, itself)
    outcomes = counted(connection, fetched.group_by(page_rows.c.outcome))
    # An address that only leads to another is no page of its own.
    redirects = select(func.count()).select_from(page_rows).join(url_rows, OF_ROW).where(*is_page, ~itself)
    skipped = select(url_rows.c.reason, func.count()).where(*is_page, url_rows.c.status == "skipped")
    skipped = skipped.group_by(url_rows.c.reason)
    # few pages are looked at again with consent answered; the report tells of them apart
    state = snapshots.c.state
    answered = or_(state.like("consent=reject%"), state.like("consent=accept%"), state.like("%,gpc%"))
    looked = select(snapshots.c.client, snapshots.c.outcome, snapshots.c.reason, func.count())
    rendered: dict[str, int] = {}
    render_failed: dict[str, int] = {}
    for client, outcome, reason, count in connection.execute(
        looked.where(snapshots.c.run_id == run_id, snapshots.c.repeat == 0, ~answered).group_by(
            snapshots.c.client, snapshots.c.outcome, snapshots.c.reason
        )
    ):
        if outcome in _ANSWERED:
            rendered[client] = rendered.get(client, 0) + count
        else:
            render_failed[f"{client}: {reason or outcome}"] = count
    return Coverage(
        known=sum(states.values()) - connection.execute(redirects).scalar_one(),
        fetched=outcomes.get(FetchOutcome.OK, 0) + outcomes.get(FetchOutcome.SITE_ERROR, 0),
        outcomes=outcomes,
        skipped=counted(connection, skipped),
        waiting=states.get("waiting", 0) + states.get("leased", 0),
        rendered=rendered,
        render_failed=render_failed,
    )


def counted(connection: Connection, statement: Select[Any]) -> dict[str, int]:
    """The rows of a statement that selects a name and a count."""
    return {name: count for name, count in connection.execute(statement)}  # noqa: C416 - rows are no pairs to mypy


def _one(connection: Connection, name: str) -> Run:
    by_number = runs.c.id == int(name) if name.isascii() and name.isdigit() and len(name) < 10 else runs.c.name == name
    row = connection.execute(select(runs).where((runs.c.name == name) | by_number)).first()
    if row is None:
        known = connection.execute(select(runs.c.name).order_by(runs.c.id.desc()).limit(5)).scalars().all()
        raise UsageError(
            f"there is no run '{name}'",
            hint=f"The latest are: {', '.join(known)}" if known else "This workspace holds no run.",
        )
    return msgspec.convert(row, Run, from_attributes=True)
