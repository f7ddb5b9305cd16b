"""The check of what moves by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.checks.registry import check
from auditor.evidence.moving import ONE_A_TEMPLATE
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, Scope

_KINDS = {"slides": "A slider", "text": "Running text", "video": "A video without controls"}


@check(needs={"moving"}, scope=Scope.PAGE)
def motion_can_be_paused(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """What moves by itself for more than five seconds has a control that pauses or stops it.

    A control is known by its name or class, in it or right beside it. One elsewhere on the page may pause it: then a person is to look.
    """
    view = next((one for one in views if not one.moving.skipped), views[0])
    seen = view.moving
    if seen.skipped:
        elsewhere = any(one.moving.skipped == ONE_A_TEMPLATE for one in views)
        yield inapplicable(ONE_A_TEMPLATE) if elsewhere else cant_tell(seen.skipped)
        return
    if not seen.items and not seen.unplayed:
        yield inapplicable("nothing moves by itself")
    for one in seen.items:
        if one.pause:
            continue
        yield failed(
            f"{one.kind} {one.spot.label}",
            Excerpt("moves", one.spot.html or one.spot.label, where=one.spot.selector, box=one.spot.box),
            certainty=Certainty.NEEDS_REVIEW if one.elsewhere else None,
            seen_by=str(view.key.client),
            what=_KINDS.get(one.kind, one.kind),
            where=one.spot.label,
            when="without an end" if one.kind != "slides" else f"still {one.seconds:.0f} s after the page was there",
        )
    if seen.unplayed:
        yield cant_tell("a video that starts by itself was not played by the browser")
