"""The part of the result document that shows each template in every browser and on every device."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select

from auditor.evidence.timing import Load, Timing
from auditor.model.finding import Finding
from auditor.model.rule import Rule
from auditor.model.run import Run
from auditor.model.snapshot import HTTP
from auditor.model.words import FetchOutcome
from auditor.report.document import MatrixCell, MatrixRow, SnapshotPart, TemplatePart, TimePart
from auditor.report.looks import differences
from auditor.report.seen import LOOKED, Seen
from auditor.store import judgement
from auditor.store.schema import pages

MOST = 60  # templates in the document
SHOWN = 12  # templates of which the report shows pictures; of later ones the table alone
_ROWS = 40  # rules of a template
_BOXES = 12  # places outlined in a picture
_TIMES = {
    "ttfb": lambda load: load.paint.ttfb_ms or None,
    "fcp": lambda load: load.paint.fcp_ms,
    "lcp": lambda load: load.paint.largest.at_ms if load.paint.largest else None,
    "tbt": lambda load: load.paint.tbt_ms,
    "cls": lambda load: load.paint.cls,
}


class _Group(msgspec.Struct):
    """The pages of a template: all of them counted, those that browsers tried by key."""

    page_type: str
    template: str
    pages: int
    tried: dict[str, str]  # page key -> URL


def templates(
    connection: Connection,
    run: Run,
    evaluation: int | None,
    seen: Seen,
    rules: Mapping[str, Rule],
    pictures: Callable[[str], Path] | None = None,
) -> tuple[tuple[TemplatePart, ...], int]:
    """Templates with the most pages first, those that no browser opened last; and how many are left out.

    `pictures` gives the stored file of a picture by its content hash: those of the first templates are compared.
    """
    groups = _groups(connection, run, seen)
    found = _findings(connection, evaluation, {key for group in groups for key in group.tried})
    groups.sort(key=lambda group: (not group.tried, -group.pages, group.page_type, group.template))
    clients = tuple(seen.versions)
    parts = [_template(group, seen, found, rules, clients) for group in groups[:MOST]]
    if pictures is not None:
        for place, (part, group) in enumerate(zip(parts[:SHOWN], groups, strict=False)):
            key = next((key for key, url in group.tried.items() if url == part.example), "")
            told = differences(connection, run, key, pictures)
            parts[place] = msgspec.structs.replace(part, differences=tuple(told))
    return tuple(parts), max(0, len(groups) - MOST)


def _groups(connection: Connection, run: Run, seen: Seen) -> list[_Group]:
    own = (pages.c.run_id == run.id, pages.c.template != "", pages.c.outcome == FetchOutcome.OK)
    counted = select(pages.c.page_type, pages.c.template, func.count(pages.c.page_key.distinct()).label("pages"))
    groups = {
        (row.page_type, row.template): _Group(row.page_type, row.template, row.pages, {})
        for row in connection.execute(counted.where(*own).group_by(pages.c.page_type, pages.c.template))
    }
    keys = list(seen.outcomes)
    for start in range(0, len(keys), 500):
        part = pages.c.page_key.in_(keys[start : start + 500])
        columns = (pages.c.page_key, pages.c.url, pages.c.page_type, pages.c.template)
        for row in connection.execute(select(*columns).where(*own, part).order_by(pages.c.id)):
            groups[row.page_type, row.template].tried.setdefault(row.page_key, row.url)
    return list(groups.values())


def _findings(connection: Connection, evaluation: int | None, keys: set[str]) -> dict[str, list[Finding]]:
    """Page key -> what browsers found there."""
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in judgement.findings_of(connection, evaluation) if evaluation and keys else ():
        if one.page in keys and any(client != HTTP for client in one.clients):
            found[one.page].append(one)
    return found


def _template(
    group: _Group, seen: Seen, found: Mapping[str, list[Finding]], rules: Mapping[str, Rule], clients: Sequence[str]
) -> TemplatePart:
    opened = [key for key in group.tried if any(one.outcome in LOOKED for one in seen.outcomes[key])]
    example = _example(opened or list(group.tried), seen, found)
    rows = list(_rows([one for key in group.tried for one in found.get(key, ())], rules, clients))
    return TemplatePart(
        page_type=group.page_type,
        template=group.template,
        pages=group.pages,
        opened=len(opened),
        example=group.tried.get(example, ""),
        snapshots=_once(seen.outcomes.get(example, ())),
        boxes=dict(_boxes(found.get(example, ()), clients)),
        rows=tuple(rows[:_ROWS]),
        rows_cut=max(0, len(rows) - _ROWS),
        times=tuple(_times(_timed(group.tried, seen, clients), rules)),
    )


def _example(keys: Sequence[str], seen: Seen, found: Mapping[str, list[Finding]]) -> str:
    """The page that most clients saw, and of those the one with most to see."""
    return max(
        keys,
        key=lambda key: (sum(bool(one.pictures) for one in seen.outcomes[key]), len(found.get(key, ()))),
        default="",
    )


def _once(snapshots: Iterable[SnapshotPart]) -> tuple[SnapshotPart, ...]:
    """The first of each client: as found, before any banner was answered."""
    first: dict[str, SnapshotPart] = {}
    for one in snapshots:
        first.setdefault(one.client, one)
    return tuple(first.values())


def _rows(findings: Sequence[Finding], rules: Mapping[str, Rule], clients: Sequence[str]) -> Iterator[MatrixRow]:
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for one in findings:
        if one.rule in rules:
            by_rule[one.rule].append(one)

    def rank(pair: tuple[str, list[Finding]]) -> tuple[int, int, int, str]:
        worst = min(pair[1], key=lambda one: (one.severity.rank, one.certainty.rank))
        return worst.severity.rank, worst.certainty.rank, -len(pair[1]), pair[0]

    for name, those in sorted(by_rule.items(), key=rank):
        counted = Counter(client for one in those for client in one.clients)
        looked = {client for one in those for client in one.not_in}
        cells = tuple(
            MatrixCell(
                client=client,
                state="found" if counted[client] else "clean" if client in looked else "unknown",
                count=counted[client],
            )
            for client in clients
        )
        states = {cell.state for cell in cells}
        yield MatrixRow(
            rule=name,
            title=rules[name].title,
            severity=min((one.severity for one in those), key=lambda one: one.rank),
            cells=cells,
            differs={"found", "clean"} <= states,
        )


def _boxes(
    findings: Iterable[Finding], clients: Sequence[str]
) -> Iterator[tuple[str, tuple[tuple[float, float, float, float], ...]]]:
    """Places were seen by the first client of a finding; on another screen they are elsewhere."""
    by_client: dict[str, dict[tuple[float, float, float, float], None]] = defaultdict(dict)
    for one in sorted(findings, key=lambda one: one.severity.rank):
        seen_by = next((client for client in one.clients if client != HTTP), "")
        for excerpt in one.excerpts:
            if excerpt.box and seen_by in clients and len(by_client[seen_by]) < _BOXES:
                by_client[seen_by].setdefault(excerpt.box)
    for client, boxes in by_client.items():
        yield client, tuple(boxes)


def _timed(keys: Iterable[str], seen: Seen, clients: Sequence[str]) -> dict[str, Timing]:
    told: dict[str, Timing] = {}
    for key in keys:
        for client in clients:
            if client not in told and (timing := seen.timings.get((key, client))):
                told[client] = timing
    return told


def _times(timed: Mapping[str, Timing], rules: Mapping[str, Rule]) -> Iterator[TimePart]:
    for metric, value in _TIMES.items():
        rule = rules.get(f"performance/{metric}")
        limit = rule.options.get("limit", 0) if rule else 0
        for client, timing in timed.items():
            values = [told for load in timing.loads if (told := _value(value, load)) is not None]
            median = timing.median(value)
            if median is not None:
                yield TimePart(
                    client=client,
                    metric=metric,
                    median=median,
                    values=tuple(values),
                    limit=float(limit) if isinstance(limit, int | float) else 0.0,
                    throttled=timing.throttled,
                )


def _value(value: object, load: Load) -> float | None:
    told = value(load) if callable(value) else None
    return float(told) if isinstance(told, int | float) else None
