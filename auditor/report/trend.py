"""`auditor runs`: a line a run, and how problems went from run to run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from auditor.history.trend import Point
from auditor.model.words import Severity
from auditor.report import words

_RULES = 15  # in a table


def sentence(point: Point) -> str:
    """A run in one line."""
    problems = ", ".join(_counted(point, one) for one in Severity if point.severities.get(one)) or "none"
    told = [point.name, point.status, words.count(point.pages, "page")]
    if point.kind != "site":
        told.append(f"({point.kind})")
    if point.exit_code is None:
        return "  ".join(told if point.kind == "recheck" else [*told, "not judged"])
    told.append(f"problems: {problems}")
    if point.states:
        told.append(f"{point.states.get('new', 0)} new, {point.states.get('fixed', 0)} fixed")
    return "  ".join([*told, f"exit {point.exit_code}  {point.sentence}"])


def _counted(point: Point, severity: Severity) -> str:
    """ "11 critical (7 proven)": the sentence of the verdict counts what is proven."""
    count, proven = point.severities[severity], point.proven.get(severity, 0)
    return f"{count} {severity}" + (f" ({proven} proven)" if proven != count else "")


def table(points: Sequence[Point]) -> Iterator[str]:
    """Problems by severity and of the rules that have most, a column a run, oldest first."""
    judged = [one for one in reversed(points) if one.kind == "site" and one.exit_code is not None]
    if not judged:
        return
    rules: dict[str, int] = {}
    for one in judged:
        for rule, count in one.rules.items():
            rules[rule] = max(count, rules.get(rule, 0))
    most = sorted(rules, key=lambda rule: (-rules[rule], rule))[:_RULES]
    rows: list[tuple[str, list[int]]] = [
        (str(one), [point.severities.get(one, 0) for point in judged]) for one in Severity
    ]
    rows += [(rule, [point.rules.get(rule, 0) for point in judged]) for rule in most]
    wide = max(len(name) for name, _ in rows)
    yield ""
    yield " " * wide + "".join(f"  {point.started_at[5:10]}" for point in judged)
    for name, values in rows:
        yield f"{name:<{wide}}" + "".join(f"  {value:>5}" for value in values)


def as_json(points: Sequence[Point]) -> str:
    data: list[Any] = msgspec.to_builtins(list(points))
    return msgspec.json.format(msgspec.json.encode(data)).decode()
