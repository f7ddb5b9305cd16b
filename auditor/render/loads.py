"""A page loaded again and again for its times, and what those loads come to; apart from their choice, which needs the store."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import median

from auditor.evidence.bundle import Bundle
from auditor.evidence.paint import Paint
from auditor.evidence.requests import Held, Requests
from auditor.evidence.timing import Load, Timing, Weight
from auditor.evidence.visit import Visit
from auditor.model.words import FetchOutcome
from auditor.render import throttle
from auditor.render.task import RenderResult, RenderTask

# Headers of page caches: Varnish and the platforms', web servers', delivery networks'
_CACHES = frozenset({
    "age", "cf-cache-status", "x-cache", "x-cache-status", "x-fastcgi-cache", "x-kinsta-cache", "x-litespeed-cache",
    "x-magento-cache-debug", "x-nginx-cache", "x-proxy-cache", "x-varnish", "x-varnish-cache", "x-wp-cf-super-cache",
})  # fmt: skip
_WORK = 40_000  # rounds of a hash: some 20 ms


def measured(task: RenderTask, take: Callable[[RenderTask], RenderResult]) -> RenderResult:
    """Loads the page `task.repeats` times; the result's bundle holds nothing but their times."""
    loads: list[Load] = []
    failed: list[str] = []
    paces: list[float] = []
    for _ in range(task.repeats):
        paces.append(_pace())
        result = take(task)
        paint, requests = result.bundle.read(Paint), result.bundle.read(Requests)
        if result.outcome is FetchOutcome.OK and paint is not None:
            loads.append(
                Load(paint=paint, weights=tuple(_weights(requests or Requests())), caches=_caches(result.bundle))
            )
        else:
            failed.append(result.reason or result.bundle.missing.get("paint", "no times were given"))
    bundle = Bundle()
    told = throttle.told(task.device)
    pace = round(median(paces), 2) if paces else 0.0
    bundle.put("timing", Timing(loads=tuple(loads), failed=tuple(failed), throttled=told, pace_ms=pace))
    return RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.OK, bundle=bundle)


def _pace() -> float:
    began = time.perf_counter()
    hashlib.pbkdf2_hmac("sha256", b"pace", b"pace", _WORK)
    return (time.perf_counter() - began) * 1000


def _caches(bundle: Bundle) -> tuple[tuple[str, str], ...]:
    visit = bundle.read(Visit)
    return tuple((name, value[:120]) for name, value in visit.headers if name in _CACHES) if visit else ()


def _weights(requests: Requests) -> Iterator[Weight]:
    by_type: dict[str, list[int]] = defaultdict(list)
    for one in requests.items:
        if one.status and one.held is Held.NO:
            by_type[one.type].append(one.size)
    for kind, sizes in sorted(by_type.items(), key=lambda pair: -sum(pair[1])):
        yield Weight(type=kind, requests=len(sizes), size=sum(sizes))
