"""Checks of how long scripts of others keep the main thread, by vendor; from the serial pass over times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from statistics import median

from auditor.checks.registry import check
from auditor.evidence.paint import ScriptTime
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable

_OWN = frozenset({"cdn", "payment"})  # whose hosts serve the shop's own scripts, or what it cannot do without


@check(needs={"timing"})
def third_parties_leave_time(snapshot: Snapshot, *, limit: float = 250.0) -> Iterator[Observation]:
    """Scripts of no vendor keep the main thread for more than `limit` milliseconds of a load, in frames over 50 ms; the median of the loads.

    Times depend on the machine that measures. What tags do from within Tag Manager counts as its time. Delivery networks serve the shop's
    own scripts, too, and are left out. Source: https://developer.chrome.com/docs/web-platform/long-animation-frames
    """
    timing = snapshot.timing
    if timing.skipped:
        yield inapplicable(timing.skipped)
        return
    loads = [load.paint.scripts for load in timing.loads if load.paint.scripts is not None]
    if not loads or len(loads) * 2 < len(timing.loads):
        lacking = timing.lacking or next(iter(timing.failed), "this browser does not tell whose scripts ran")
        yield cant_tell(lacking)
        return
    times: dict[str, list[float]] = defaultdict(list)
    files: dict[str, ScriptTime] = {}
    for scripts in loads:
        taken: dict[str, float] = defaultdict(float)
        for one in scripts:
            if (who := _vendor(snapshot, one)) is not None:
                taken[who] += one.duration_ms
                files[who] = max(files.get(who, one), one, key=lambda ran: ran.duration_ms)
        for who in taken:
            times[who].append(taken[who])
    for who, took in sorted(times.items()):
        middle = median([*took, *[0.0] * (len(loads) - len(took))])
        if middle > limit:
            row, file = vendors.load().get(who), files[who]
            yield failed(
                who,
                Excerpt("took most", file.url[:300], where=f"{file.duration_ms:.0f} ms in {file.runs} runs"),
                Excerpt("loads", ", ".join(f"{one:.0f} ms" for one in took)),
                who=row.name if row else who,
                value=f"{middle:.0f}",
                limit=f"{limit:.0f}",
                device=snapshot.key.client.device,
            )


def _vendor(snapshot: Snapshot, ran: ScriptTime) -> str | None:
    """Its id, or the host of nobody we know; None for the shop's own."""
    if snapshot.site.owns(ran.url):
        return None
    row = vendors.load().serving(ran.url)
    if row is not None and row.category in _OWN:
        return None
    return row.id if row is not None else ran.host
