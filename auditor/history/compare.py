"""Two runs compared: what is new, known, changed, fixed, and what was not looked at again.

Streams in the order of problems' ids, so that memory does not grow with the runs. A finding that is there no more is fixed
only where its rule looked at its page again in every client that saw it, or where the page itself is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from heapq import merge
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, text

from auditor.history.gone import Gone
from auditor.model.standing import Standing, State, Why
from auditor.model.words import Certainty, PageType, Severity
from auditor.store.looks import UNSURE_PAGE, Lookers

Sink = Callable[[dict[str, Any]], None]

# Of an evaluation's findings and of those it carries, what one of them is
_COLUMNS = "id, problem, rule, page_key, page_type, target, severity, certainty, message, asked"


class Side(msgspec.Struct, frozen=True):
    """An evaluation that is compared; `logic` are digests by rule, `grades` severity and certainty by rule."""

    evaluation: int
    run_id: int
    started_at: str
    logic: dict[str, str] = {}
    exports: dict[str, str] = {}  # source -> digest of what it said
    exporting: frozenset[str] = frozenset()  # rules that hold the shop against them
    grades: dict[str, str] = {}


def compare(
    connection: Connection, before: Side | None, after: Side, gone: Gone, keep: Sink | None = None
) -> Iterator[Standing]:
    """Every problem of either run as it stands after the later one. `keep` is handed each finding not looked at again."""
    if before is None:
        for row in connection.execute(text(_PROBLEMS), {"a": 0, "b": after.evaluation}):
            yield _standing(row, State.NEW, pages=row.pages, why=(Why.FIRST_RUN,), since=after.started_at)
        return
    ids = {"a": before.evaluation, "b": after.evaluation, "page": UNSURE_PAGE}
    here = _Groups(connection.execute(text(_PROBLEMS), ids))
    first = _Groups(connection.execute(text(_FIRST), ids))
    lost = _Groups(
        merge(
            connection.execute(text(_LOST.format(table="findings", seen="''")), ids),
            connection.execute(text(_LOST.format(table="carried", seen="o.seen_at")), ids),
            key=lambda row: row.problem,
        )
    )
    looked_before = Lookers(connection, before.evaluation)
    while (problem := min(filter(None, (here.next, lost.next)), default="")) != "":
        fate = _Fate()
        for row in lost.take(problem):
            reason, why = gone.reason(row)
            fate.add(row, reason, why)
            if reason and keep is not None:
                seen_at = row.seen_at or before.started_at
                if gone.recent(seen_at):
                    keep({**{name: getattr(row, name) for name in _COLUMNS.split(", ")}, "seen_at": seen_at})
        first_rows = list(first.take(problem))
        for row in here.take(problem):
            yield _present(row, first_rows, fate, before, after, looked_before)
            break
        else:
            yield fate.standing(before, after)


class _Groups:
    """Rows in the order of their problem, handed out problem by problem."""

    def __init__(self, rows: Any) -> None:
        self._rows: Iterator[Row[Any]] = iter(rows)
        self._row = next(self._rows, None)

    @property
    def next(self) -> str:
        return self._row.problem if self._row is not None else ""

    def take(self, problem: str) -> Iterator[Row[Any]]:
        """Those of the problem; what stands before it is passed over."""
        while self._row is not None and self._row.problem < problem:
            self._row = next(self._rows, None)
        while self._row is not None and self._row.problem == problem:
            row, self._row = self._row, next(self._rows, None)
            yield row


class _Fate:
    """What became of the findings of one problem that are there no more."""

    def __init__(self) -> None:
        self.first: Row[Any] | None = None
        self.count = 0
        self.unlooked: Counter[str] = Counter()
        self.whys: Counter[Why] = Counter()

    def add(self, row: Row[Any], reason: str, why: Why | None) -> None:
        self.first = self.first if self.first is not None else row
        self.count += 1
        if reason:
            self.unlooked[reason] += 1
        if why is not None:
            self.whys[why] += 1

    def standing(self, before: Side, after: Side) -> Standing:
        assert self.first is not None
        row = self.first
        whys = [why for why in (Why.RULE_GONE, Why.PAGE_GONE) if self.whys[why]]
        if _logic_changed(row.rule, before, after):
            whys.append(Why.RULE_CHANGED)
        if row.rule in before.exporting and before.exports != after.exports:
            whys.append(Why.EXPORT_CHANGED)
        state = State.UNLOOKED if self.unlooked else State.FIXED
        since = row.since or before.started_at
        return _standing(
            row,
            state,
            pages=self.count,
            pages_before=self.count,
            why=tuple(whys),
            since=since,
            unlooked=dict(self.unlooked),
        )


def _present(
    row: Row[Any], first: list[Row[Any]], fate: _Fate, before: Side, after: Side, looked_before: Lookers
) -> Standing:
    """A problem that the later run has."""
    whys: list[Why] = []
    known = row.severity_before is not None or row.carried or row.seen_before
    if not known:
        state, since = State.NEW, after.started_at
        if not looked_before.has_rule(row.rule):
            whys.append(Why.RULE_NEW)
        elif _logic_changed(row.rule, before, after):
            whys.append(Why.RULE_CHANGED)
        elif looked_before.kept and not any(looked_before.looked(one.set_id, one.rule, one.asked) for one in first):
            whys.append(Why.FIRST_LOOK)
        if row.rule in after.exporting and before.exports != after.exports:
            whys.append(Why.EXPORT_CHANGED)
    else:
        state, since = State.KNOWN, row.since or before.started_at
        graded = f"{row.severity_before} {row.certainty_before}"
        regraded = before.grades.get(row.rule) != after.grades.get(row.rule)
        # without a browser the same fault is less certain, and the sample changes from night to night: not the shop
        seen_otherwise = (
            row.severity == row.severity_before and not regraded and not _logic_changed(row.rule, before, after)
        )
        if row.severity_before is not None and graded != f"{row.severity} {row.certainty}" and not seen_otherwise:
            state = State.CHANGED
            if regraded:
                whys.append(Why.GRADING_CHANGED)
            elif _logic_changed(row.rule, before, after):
                whys.append(Why.RULE_CHANGED)
        elif row.severity_before is None and not row.carried:
            whys.append(Why.PAGE_TYPE)
    return _standing(
        row,
        state,
        pages=row.pages,
        pages_before=row.pages_before or 0,
        why=tuple(whys),
        since=since,
        unlooked=dict(fate.unlooked),
        before=f"{row.severity_before} {row.certainty_before}" if state is State.CHANGED else "",
    )


def _standing(row: Row[Any], state: State, **values: Any) -> Standing:
    return Standing(
        problem=row.problem,
        rule=row.rule,
        page_type=PageType(row.page_type),
        target=row.target,
        severity=Severity(row.severity),
        certainty=Certainty(row.certainty),
        message=row.message,
        state=state,
        **values,
    )


def _logic_changed(rule: str, before: Side, after: Side) -> bool:
    old, new = before.logic.get(rule), after.logic.get(rule)
    return bool(old and new and old != new)


_PROBLEMS = """
SELECT p.id AS problem, p.rule, p.page_type, p.target, p.severity, p.certainty, p.pages, p.message, s.since,
  o.severity AS severity_before, o.certainty AS certainty_before, o.pages AS pages_before,
  EXISTS (SELECT 1 FROM carried c WHERE c.evaluation_id = :a AND c.problem = p.id) AS carried,
  CASE WHEN o.id IS NULL THEN EXISTS (
    SELECT 1 FROM findings n WHERE n.evaluation_id = :b AND n.problem = p.id AND (
      EXISTS (SELECT 1 FROM findings f WHERE f.evaluation_id = :a AND f.id = n.id)
      OR EXISTS (SELECT 1 FROM carried f WHERE f.evaluation_id = :a AND f.id = n.id))
  ) END AS seen_before
FROM problems p
LEFT JOIN problems o ON o.evaluation_id = :a AND o.id = p.id
LEFT JOIN standings s ON s.evaluation_id = :a AND s.problem = p.id
WHERE p.evaluation_id = :b ORDER BY p.id
"""

# Findings of problems that the earlier run had not, with the looks it took of their pages
_FIRST = """
SELECT n.problem, n.rule, n.asked, l.set_id
FROM findings n LEFT JOIN page_looks l ON l.evaluation_id = :a AND l.key_id = (SELECT id FROM addresses WHERE text = n.page_key)
WHERE n.evaluation_id = :b AND NOT EXISTS (SELECT 1 FROM problems o WHERE o.evaluation_id = :a AND o.id = n.problem)
ORDER BY n.problem
"""

_LOST = """
SELECT o.id, o.problem, o.rule, o.page_key, o.page_type, o.target, o.severity, o.certainty, o.message, o.asked,
  {seen} AS seen_at, l.set_id, s.since,
  (SELECT 1 FROM unsure u WHERE u.evaluation_id = :b AND u.rule = o.rule AND u.target IN (o.target, :page || o.page_key)) AS unsure
FROM {table} o
LEFT JOIN page_looks l ON l.evaluation_id = :b AND l.key_id = (SELECT id FROM addresses WHERE text = o.page_key)
LEFT JOIN standings s ON s.evaluation_id = :a AND s.problem = o.problem
WHERE o.evaluation_id = :a AND NOT EXISTS (SELECT 1 FROM findings n WHERE n.evaluation_id = :b AND n.id = o.id)
ORDER BY o.problem
"""
