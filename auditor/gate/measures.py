"""What budgets are held against: times and weights of pages as browsers saw them, and counts of problems."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from statistics import median
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from auditor.config.gate import COVERAGE, MEASURED, PRICES, PROBLEMS, Budget
from auditor.evidence.requests import Requests
from auditor.model.finding import Problem
from auditor.model.run import Coverage
from auditor.model.words import FetchOutcome, Severity
from auditor.store import documents
from auditor.store.schema import pages, snapshots

_QUANTILE = 0.75  # of pages, as Core Web Vitals are told
_TYPES = {"script_weight": "script", "style_weight": "stylesheet", "image_weight": "image", "font_weight": "font"}
_PRICE_WORDS = ("price", "shown-equals-markup")  # in ids of rules that compare prices


class Measure(msgspec.Struct, frozen=True):
    """The value of a budget, and on how many pages it rests; None where nothing was there to measure."""

    value: float | None
    pages: int = 0


def measure(
    connection: Connection, run_id: int, budgets: Iterable[Budget], problems: Collection[Problem], coverage: Coverage
) -> dict[str, Measure]:
    """Budget name -> what it is held against. Of pages the 75th percentile, of several loads of a page the median."""
    wanted = list(budgets)
    found = {one.name: _counted(one, problems, coverage) for one in wanted if one.metric not in MEASURED}
    timed = [one for one in wanted if one.metric in MEASURED]
    values: dict[str, dict[str, list[float]]] = {one.name: defaultdict(list) for one in timed}
    if timed:
        for page, page_type, client, metrics in _snapshots(connection, run_id):
            browser, _, device = client.partition("/")
            for one in timed:
                fits = (one.page_type in ("", page_type), one.device in ("", device), one.browser in ("", browser))
                if all(fits) and (value := metrics.get(one.metric)) is not None:
                    values[one.name][page].append(value)
    for name, by_page in values.items():
        ranked = sorted(median(those) for those in by_page.values())
        found[name] = Measure(ranked[math.ceil(len(ranked) * _QUANTILE) - 1] if ranked else None, len(ranked))
    return found


def _counted(budget: Budget, problems: Collection[Problem], coverage: Coverage) -> Measure:
    match budget.metric:
        case metric if metric == COVERAGE:
            return Measure(coverage.share, coverage.in_scope)
        case metric if metric == PRICES:
            return _count(problems, lambda one: any(word in one.rule.partition("/")[2] for word in _PRICE_WORDS), True)
        case metric if metric == PROBLEMS:
            return _count(problems, lambda _: True)
        case metric if metric in list(Severity):
            return _count(problems, lambda one: one.severity == metric)
        case metric:
            return _count(problems, lambda one: fnmatchcase(one.rule, metric))


def _count(problems: Collection[Problem], counts: Callable[[Problem], bool], by_page: bool = False) -> Measure:
    those = [one for one in problems if counts(one)]
    return Measure(float(sum(one.pages for one in those) if by_page else len(those)), sum(one.pages for one in those))


def _snapshots(connection: Connection, run_id: int) -> Iterator[tuple[str, str, str, dict[str, float]]]:
    """(page key, page type, client, metrics) of each page that a browser opened; streamed."""
    query = (
        select(snapshots.c.page_key, snapshots.c.client, snapshots.c.evidence, pages.c.page_type)
        .join(pages, (pages.c.run_id == snapshots.c.run_id) & (pages.c.page_key == snapshots.c.page_key))
        .where(
            snapshots.c.run_id == run_id,
            snapshots.c.outcome == FetchOutcome.OK,
            snapshots.c.repeat == 0,
            pages.c.document.is_not(None),
        )
    )
    for row in connection.execute(query.order_by(snapshots.c.id)):
        packed: dict[str, Any] = msgspec.msgpack.decode(documents.unpack(row.evidence))
        yield row.page_key, row.page_type, row.client, metrics_of(packed.get("kinds", {}))


def metrics_of(kinds: dict[str, bytes]) -> dict[str, float]:
    """What one snapshot's evidence gives, in seconds, bytes and counts.

    Times are those of loads that nothing disturbed ("timing"), never of a visit beside others. Evidence of another version
    is read by its names, so that what one of them lacks is only not measured.
    """
    found: dict[str, float] = {}
    timing = msgspec.msgpack.decode(kinds["timing"]) if "timing" in kinds else None
    loads = [one for one in timing.get("loads", []) if isinstance(one, dict)] if isinstance(timing, dict) else []
    told = [_times(one.get("paint")) for one in loads]
    for name in {name for one in told for name in one}:
        values = [one[name] for one in told if name in one]
        if len(values) * 2 >= len(loads):
            found[name] = median(values)
    weights = [_weights(one.get("weights")) for one in loads]
    for name in {name for one in weights for name in one}:
        found[name] = median(one.get(name, 0.0) for one in weights)
    if "weight" not in found and "requests" in kinds:
        found.update(_of_requests(msgspec.msgpack.decode(kinds["requests"], type=Requests)))
    return found


def _times(paint: Any) -> dict[str, float]:
    if not isinstance(paint, dict):
        return {}
    largest = paint.get("largest")
    told = {
        "ttfb": paint.get("ttfb_ms"),
        "fcp": paint.get("fcp_ms"),
        "tbt": paint.get("tbt_ms"),
        "load": paint.get("load_ms"),
        "lcp": largest.get("at_ms") if isinstance(largest, dict) else None,
    }
    times = {name: value / 1000 for name, value in told.items() if isinstance(value, int | float)}
    if isinstance(paint.get("cls"), int | float):
        times["cls"] = float(paint["cls"])
    return times


def _weights(rows: Any) -> dict[str, float]:
    if not isinstance(rows, list) or not rows:
        return {}
    found = {"weight": 0.0, "requests": 0.0, **dict.fromkeys(_TYPES, 0.0)}
    for row in rows:
        size, kind = float(row.get("size", 0)), row.get("type", "")
        found["weight"] += size
        found["requests"] += float(row.get("requests", 0))
        for name, type_ in _TYPES.items():
            if kind == type_:
                found[name] += size
    return found


def _of_requests(requests: Requests) -> dict[str, float]:
    """From a visit's requests; a browser that tells no sizes gives none."""
    if requests.cut or not any(one.size for one in requests.items):
        return {}
    found = {"weight": 0.0, "requests": float(len(requests.items)), **dict.fromkeys(_TYPES, 0.0)}
    for one in requests.items:
        found["weight"] += one.size
        for name, type_ in _TYPES.items():
            if one.type == type_:
                found[name] += one.size
    return found
