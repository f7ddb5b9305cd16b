"""Which two runs are compared: those named, else the last two of a site."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select

from auditor.history.record import Judged
from auditor.model.errors import UsageError
from auditor.model.run import Run
from auditor.store import judgement, runs, schema, standings
from auditor.store.workspace import Workspace


def pair(
    workspace: Workspace, connection: Connection, before: str, after: str, site: str = ""
) -> tuple[Judged, Judged]:
    """The two runs of a comparison: those named, else the last two of a site. Raises UsageError."""
    if before and after:
        return _judged(connection, runs.find(workspace, before)), _judged(connection, runs.find(workspace, after))
    last = runs.find(workspace, before) if before else _last(connection, site)
    if before:  # one name: against what came before it
        other = _earlier(connection, last)
        return _judged(connection, other), _judged(connection, last)
    return _judged(connection, _earlier(connection, last)), _judged(connection, last)


def _last(connection: Connection, site: str) -> Run:
    query = select(schema.runs).where(schema.runs.c.kind == "site").order_by(schema.runs.c.id.desc())
    query = query.where(schema.runs.c.site == site) if site else query
    for row in connection.execute(query.limit(50)):
        run = msgspec.convert(row, Run, from_attributes=True)
        if judgement.latest(connection, run.id) is not None:
            return run
    raise UsageError(f"there is no judged run{f' of {site}' if site else ''}", hint="Begin one: auditor run URL")


def _earlier(connection: Connection, run: Run) -> Run:
    earlier = standings.previous(connection, run)
    if earlier is None:
        raise UsageError(
            f"there is no earlier run of {run.site} ({run.environment}) to compare '{run.name}' with",
            hint="Name two runs: auditor diff A B",
        )
    return earlier[0]


def _judged(connection: Connection, run: Run) -> Judged:
    evaluation = judgement.latest(connection, run.id)
    if evaluation is None:
        raise UsageError(f"run '{run.name}' was not evaluated yet", hint=f"auditor evaluate {run.name}")
    return Judged(run, evaluation)
