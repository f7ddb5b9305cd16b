"""How problems stand after a run, and what was carried over from earlier ones because nobody looked at it again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from auditor.model.run import Run
from auditor.model.standing import Comparison, Standing, State
from auditor.store.schema import carried, comparisons, evaluations, runs, standings

_BATCH = 500


def previous(connection: Connection, run: Run) -> tuple[Run, int] | None:
    """The last earlier run of the same site and environment that was judged, and its evaluation."""
    latest = (
        select(evaluations.c.run_id, func.max(evaluations.c.id).label("evaluation"))
        .where(evaluations.c.ended_at != "")
        .group_by(evaluations.c.run_id)
        .subquery()
    )
    same = (
        runs.c.site == run.site,
        runs.c.environment == run.environment,
        runs.c.kind == "site",
        runs.c.id < run.id,
    )
    query = select(runs, latest.c.evaluation).join(latest, latest.c.run_id == runs.c.id).where(*same)
    row = connection.execute(query.order_by(runs.c.id.desc()).limit(1)).first()
    return None if row is None else (msgspec.convert(row, Run, from_attributes=True), int(row.evaluation))


def clear(connection: Connection, evaluation: int) -> None:
    for table in (carried, comparisons, standings):
        connection.execute(delete(table).where(table.c.evaluation_id == evaluation))


def add(connection: Connection, evaluation: int, found: Iterable[Standing]) -> None:
    rows: list[dict[str, Any]] = []
    for one in found:
        rows.append(
            {
                "evaluation_id": evaluation, "problem": one.problem, "state": one.state, "rule": one.rule, "severity": one.severity,
                "certainty": one.certainty, "since": one.since, "detail": msgspec.json.encode(one).decode(),
            }
        )  # fmt: skip
        if len(rows) >= _BATCH:
            connection.execute(insert(standings), rows)
            rows.clear()
    if rows:
        connection.execute(insert(standings), rows)


def carry(connection: Connection, evaluation: int, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(carried), [{**row, "evaluation_id": evaluation} for row in rows])


def add_comparison(connection: Connection, evaluation: int, against: int, comparison: Comparison) -> None:
    detail = msgspec.json.encode(comparison).decode()
    connection.execute(insert(comparisons).values(evaluation_id=evaluation, against=against, detail=detail))


def comparison_of(connection: Connection, evaluation: int) -> Comparison | None:
    """None where it was never compared."""
    text = connection.execute(
        select(comparisons.c.detail).where(comparisons.c.evaluation_id == evaluation)
    ).scalar_one_or_none()
    return None if text is None else Comparison.of(json.loads(text))


def of(connection: Connection, evaluation: int, *states: State) -> Iterator[Standing]:
    """In the order of problems' ids; streamed. `states`: these only."""
    query = select(standings.c.detail).where(standings.c.evaluation_id == evaluation)
    if states:
        query = query.where(standings.c.state.in_(states))
    for row in connection.execute(query.order_by(standings.c.problem)):
        yield msgspec.json.decode(row.detail, type=Standing)
