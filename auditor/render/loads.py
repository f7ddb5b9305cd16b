"""A page loaded again and again for its times, and what those loads come to; apart from their choice, which needs the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from auditor.evidence.bundle import Bundle
from auditor.evidence.paint import Paint
from auditor.evidence.requests import Held, Requests
from auditor.evidence.timing import Load, Timing, Weight
from auditor.model.words import FetchOutcome
from auditor.render import throttle
from auditor.render.task import RenderResult, RenderTask


def measured(task: RenderTask, take: Callable[[RenderTask], RenderResult]) -> RenderResult:
    """Loads the page `task.repeats` times; the result's bundle holds nothing but their times."""
    loads: list[Load] = []
    failed: list[str] = []
    for _ in range(task.repeats):
        result = take(task)
        paint, requests = result.bundle.read(Paint), result.bundle.read(Requests)
        if result.outcome is FetchOutcome.OK and paint is not None:
            loads.append(Load(paint=paint, weights=tuple(_weights(requests or Requests()))))
        else:
            failed.append(result.reason or result.bundle.missing.get("paint", "no times were given"))
    bundle = Bundle()
    bundle.put("timing", Timing(loads=tuple(loads), failed=tuple(failed), throttled=throttle.told(task.device)))
    return RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.OK, bundle=bundle)


def _weights(requests: Requests) -> Iterator[Weight]:
    by_type: dict[str, list[int]] = defaultdict(list)
    for one in requests.items:
        if one.status and one.held is Held.NO:
            by_type[one.type].append(one.size)
    for kind, sizes in sorted(by_type.items(), key=lambda pair: -sum(pair[1])):
        yield Weight(type=kind, requests=len(sizes), size=sum(sizes))
