"""How a shop went from run to run: pages, problems by severity and rule, what was new and fixed."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select

from auditor.model.run import Run
from auditor.model.words import Certainty
from auditor.store import judgement, runs, schema, standings
from auditor.store.workspace import Workspace


class Point(msgspec.Struct, kw_only=True):
    """A run in the line of its site."""

    name: str
    site: str
    environment: str
    kind: str
    started_at: str
    status: str
    pages: int
    share: float
    severities: dict[str, int] = {}
    proven: dict[str, int] = {}  # of these, what is proven
    rules: dict[str, int] = {}
    states: dict[str, int] = {}
    exit_code: int | None = None
    sentence: str = ""


def points(workspace: Workspace, *, site: str = "", limit: int = 20, by_rule: bool = False) -> list[Point]:
    """The latest runs, newest first."""
    with workspace.read() as connection:
        query = select(schema.runs).order_by(schema.runs.c.id.desc()).limit(limit)
        query = query.where(schema.runs.c.site == site) if site else query
        found = [msgspec.convert(row, Run, from_attributes=True) for row in connection.execute(query)]
        return [_point(connection, run, by_rule=by_rule) for run in found]


def of_site(connection: Connection, run: Run, limit: int = 30) -> list[Point]:
    """The run and those before it of the same site and environment, oldest first."""
    same = (
        schema.runs.c.site == run.site,
        schema.runs.c.environment == run.environment,
        schema.runs.c.kind == "site",
        schema.runs.c.id <= run.id,
    )
    query = select(schema.runs).where(*same).order_by(schema.runs.c.id.desc()).limit(limit)
    found = [msgspec.convert(row, Run, from_attributes=True) for row in connection.execute(query)]
    return [_point(connection, one, by_rule=True) for one in reversed(found)]


def _point(connection: Connection, run: Run, *, by_rule: bool) -> Point:
    covered = runs.coverage(connection, run.id)
    point = Point(
        name=run.name, site=run.site, environment=run.environment, kind=run.kind, started_at=run.started_at,
        status=run.status, pages=covered.fetched, share=covered.share,
    )  # fmt: skip
    evaluation = judgement.latest(connection, run.id)
    if evaluation is None:
        return point
    table = schema.problems
    here = table.c.evaluation_id == evaluation
    point.severities = runs.counted(
        connection, select(table.c.severity, func.count()).where(here).group_by(table.c.severity)
    )
    proven = (here, table.c.certainty == Certainty.PROVEN)
    point.proven = runs.counted(
        connection, select(table.c.severity, func.count()).where(*proven).group_by(table.c.severity)
    )
    if by_rule:
        point.rules = runs.counted(connection, select(table.c.rule, func.count()).where(here).group_by(table.c.rule))
    comparison = standings.comparison_of(connection, evaluation)
    if comparison is not None and comparison.run:
        point.states = comparison.counts
    verdict = judgement.verdict_of(connection, run.id)
    if verdict is not None:
        point.exit_code, point.sentence = verdict[0], verdict[1]
    return point
