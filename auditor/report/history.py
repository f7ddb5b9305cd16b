"""The report's history: how problems stand against the run before, how the shop went, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from heapq import nsmallest
from typing import Any

import msgspec
from sqlalchemy import Connection

from auditor.history import trend
from auditor.model.finding import Problem
from auditor.model.run import Run
from auditor.model.standing import Standing, State
from auditor.model.words import Owner
from auditor.report import diff, words
from auditor.report.document import Counted, HistoryPart, StandingPart, TrendPart
from auditor.report.endings import day, endings
from auditor.store import standings

_MOST = 200  # problems that are gone, of each kind
_RULES = 8  # in the trend
_IGNORED_FOR = timedelta(days=90)  # in the entry that is offered


class Told(msgspec.Struct, frozen=True):
    """What history and gate say of each problem."""

    standings: Mapping[str, Standing]
    first: bool  # there was nothing to compare with
    accepted: frozenset[str]
    ignored: Mapping[str, str]
    ignored_pages: Mapping[str, int]
    today: date

    @classmethod
    def of(cls, connection: Connection, run: Run, evaluation: int | None, verdict: Mapping[str, Any]) -> Told:
        states = (State.NEW, State.CHANGED, State.KNOWN)
        known = {one.problem: one for one in standings.of(connection, evaluation, *states)} if evaluation else {}
        comparison = standings.comparison_of(connection, evaluation) if evaluation else None
        return cls(
            known,
            comparison is None or not comparison.run,
            frozenset(verdict.get("accepted") or ()),
            verdict.get("ignored") or {},
            verdict.get("ignored_pages") or {},
            day(run.started_at),
        )

    def of_problem(self, problem: Problem, owner: Owner) -> dict[str, Any]:
        """Fields of a ProblemPart."""
        told: dict[str, Any] = {
            "accepted": problem.id in self.accepted,
            "ignored": self.ignored.get(problem.id, ""),
            "ignored_pages": self.ignored_pages.get(problem.id, 0),
            "ignore": entry(problem, owner, self.today + _IGNORED_FOR),
        }
        standing = self.standings.get(problem.id)
        if standing is not None and not self.first:
            told |= {
                "state": str(standing.state),
                "since": standing.since,
                "beside": tuple(words.word("why", name) for name in standing.why),
                "before": standing.before,
                "pages_before": standing.pages_before,
            }
        return told


def entry(problem: Problem, owner: Owner, until: date) -> str:
    """The entry of an ignore list that leaves the problem out, to be pasted; its reason is still to be written."""
    quoted = msgspec.json.encode
    return "\n".join(
        [
            f"- problem: {problem.id}",
            f"  rule: {problem.rule}",
            f"  target: {quoted(_literal(problem.target)).decode('utf-8', 'replace')}" if problem.target else "",
            '  reason: ""  # why it may stay',
            f"  owner: {owner}",
            f"  expires: {until.isoformat()}",
        ]
    ).replace("\n\n", "\n")


def _literal(target: str) -> str:
    """A target as a pattern that fits itself alone."""
    plain = target.encode("utf-8", "replace").decode()
    return "".join(f"[{char}]" if char in "*?[" else char for char in plain)


def history(connection: Connection, run: Run, evaluation: int | None, verdict: Mapping[str, Any]) -> HistoryPart:
    comparison = standings.comparison_of(connection, evaluation) if evaluation else None
    soon, later = endings(connection, run, evaluation, verdict)
    if evaluation is None or comparison is None or run.kind != "site":
        return HistoryPart(endings=soon, later=later)
    points = trend.of_site(connection, run)
    rules = _rules(points)
    return HistoryPart(
        run=comparison.run,
        started_at=comparison.started_at,
        counts=comparison.counts if comparison.run else {},
        differences=tuple(diff.differences(comparison)) if comparison.run else (),
        fixed=_gone(standings.of(connection, evaluation, State.FIXED)),
        unlooked=_gone(standings.of(connection, evaluation, State.UNLOOKED)),
        trend=tuple(_trend(one) for one in points) if len(points) > 1 else (),
        trend_rules={name: tuple(one.rules.get(name, 0) for one in points) for name in rules}
        if len(points) > 1
        else {},
        endings=soon,
        later=later,
    )


def _trend(point: trend.Point) -> TrendPart:
    compared = bool(point.states)
    return TrendPart(
        run=point.name,
        started_at=point.started_at,
        pages=point.pages,
        severities=point.severities,
        new=point.states.get("new", 0) if compared else None,
        fixed=point.states.get("fixed", 0) if compared else None,
    )


def _rules(points: Sequence[trend.Point]) -> list[str]:
    """The rules whose problems changed most in number."""
    names = sorted({name for one in points for name in one.rules})
    span = {name: max(counts) - min(counts) for name in names if (counts := [one.rules.get(name, 0) for one in points])}
    return sorted((name for name in names if span[name]), key=lambda name: (-span[name], name))[:_RULES]


def _gone(found: Iterable[Standing]) -> tuple[StandingPart, ...]:
    """Worst first, the first of them."""

    worst = nsmallest(
        _MOST, found, key=lambda one: (one.severity.rank, one.certainty.rank, -one.pages, one.rule, one.problem)
    )
    return tuple(
        StandingPart(
            id=one.problem,
            rule=one.rule,
            severity=one.severity,
            certainty=one.certainty,
            page_type=one.page_type,
            target=one.target,
            message=one.message,
            pages=one.pages,
            since=one.since,
            why=tuple(words.word("why", name) for name in one.why),
            unlooked=tuple(
                Counted(what=what, count=count)
                for what, count in sorted(one.unlooked.items(), key=lambda pair: -pair[1])
            ),
        )
        for one in worst
    )
