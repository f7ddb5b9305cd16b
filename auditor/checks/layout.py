"""Checks of layout on a screen."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed

_SLACK = 1  # CSS pixels that rounding makes


@check(needs={"layout"})
def fits_sideways(snapshot: Snapshot, *, slack: int = _SLACK) -> Iterator[Observation]:
    """The page does not scroll sideways by more than `slack` CSS pixels. Tried by scrolling, not only measured."""
    layout = snapshot.layout
    over = layout.page[0] - layout.viewport[0]
    if not layout.scrolls_sideways or max(over, layout.scrolled_px) <= slack:
        return
    culprits = layout.culprits[:3]
    yield failed(
        culprits[0].label if culprits else "page",
        *(
            Excerpt("sticks out", culprit.html or culprit.label, where=culprit.selector, box=culprit.box)
            for culprit in culprits
        ),
        over=max(over, layout.scrolled_px),
        width=layout.viewport[0],
        culprit=culprits[0].label if culprits else "an element that could not be named",
    )
