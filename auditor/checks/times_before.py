"""Checks of measured times against those of the run before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from statistics import median

from auditor.checks.registry import check
from auditor.evidence.timing import Load, Timing
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

_LEAST = 3  # loads, then and now
_PACE = 1.25  # so much faster or slower the machine may have been
_METRICS: Mapping[str, tuple[Callable[[Load], float | None], str]] = {
    "ttfb": (lambda load: load.paint.ttfb_ms or None, "The first byte comes after"),
    "lcp": (
        lambda load: load.paint.largest.at_ms if load.paint.largest else None,
        "The largest part of the first screen is painted after",
    ),
    "tbt": (lambda load: load.paint.tbt_ms, "Scripts keep the page from answering for"),
}
_Key = tuple[str, str]  # page key, client


@check(needs={"timing"}, scope=Scope.SITE)
def times_as_before(run: SiteQuery, *, share: float = 0.2, least: float = 200) -> Iterator[Observation]:
    """No page that was measured in the run before too has become slower by more than `share` and `least` milliseconds.

    Every load must be slower than each of then. Where the machine itself was another one or busy, which a set piece of work tells that
    it does before each load, or where other things were slowed down, nothing can be compared.
    """
    now = _timed(run)
    if not now:
        yield inapplicable("nothing was measured")
        return
    if run.before is None:
        yield inapplicable("there is no complete run before this one")
        return
    then = {key: one for key, one in _timed(run.before).items() if key in now}
    if not then:
        yield inapplicable("the run before measured none of these pages")
        return
    for key in sorted(then):
        (url, new), (_, old) = now[key], then[key]
        if reason := _not_comparable(old, new):
            yield cant_tell(reason, f"{key[0]} {key[1]}")
            continue
        for metric, (value, what) in _METRICS.items():
            was, has = _values(old, value), _values(new, value)
            if len(was) < _LEAST or len(has) < _LEAST or min(has) <= max(was):
                continue
            slower = median(has) - median(was)
            if slower > least and slower > share * median(was):
                yield failed(
                    metric,
                    Excerpt("then", _listed(was)),
                    Excerpt("now", _listed(has)),
                    page=url,
                    seen_by=key[1],
                    what=what,
                    value=_shown(median(has)),
                    was=_shown(median(was)),
                    device=key[1].partition("/")[2],
                )


def _timed(run: SiteQuery) -> dict[_Key, tuple[str, Timing]]:
    """Address and times of each page that was measured, by page and client."""
    found: dict[_Key, tuple[str, Timing]] = {}
    for snapshot in run.rendered():
        if snapshot.missing("timing") is None and snapshot.timing.loads:
            found[snapshot.key.page, str(snapshot.key.client)] = (snapshot.url, snapshot.timing)
    return found


def _not_comparable(old: Timing, new: Timing) -> str:
    if old.throttled != new.throttled:
        return "other things were slowed down in the run before"
    if not old.pace_ms or not new.pace_ms:
        return "how fast the machine was then is not known"
    pace = new.pace_ms / old.pace_ms
    if not 1 / _PACE <= pace <= _PACE:
        return f"this machine was {'slower' if pace > 1 else 'faster'} than the one of the run before ({pace:.1f} times the time for the same work)"
    return ""


def _values(timing: Timing, value: Callable[[Load], float | None]) -> list[float]:
    return [one for load in timing.loads if (one := value(load)) is not None]


def _listed(values: list[float]) -> str:
    return ", ".join(_shown(one) for one in values)


def _shown(value: float) -> str:
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"
