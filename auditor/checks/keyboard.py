"""Checks of the keyboard's way through a page: whether shoppers see where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.checks.registry import check
from auditor.evidence.focus import Stop
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Scope, Severity

_LISTED = 5


@check(needs={"focus"}, scope=Scope.PAGE)
def focus_marked(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """What takes the keyboard's focus looks otherwise than without it: in its style, its label's or neighbours', or in a picture.

    Text fields are left out, whose caret is enough; so is what lies off the screen, of which another rule tells.
    """
    view, why = _walked(views)
    if view is None:
        yield why
        return
    shown = [one for one in view.focus.stops if one.shown]
    bare = [one for one in shown if not one.marked]
    if not shown:
        yield inapplicable("nothing takes the focus")
    elif bare:
        yield failed(
            "",
            *map(_excerpt, bare[:_LISTED]),
            severity=None if 2 * len(bare) >= len(shown) else Severity.MINOR,
            seen_by=str(view.key.client),
            count=len(bare),
            of=len(shown),
            example=_named(bare[0]),
        )


@check(needs={"focus"}, scope=Scope.PAGE)
def focus_on_screen(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """What takes the keyboard's focus lies on the screen then. Told of controls that have a name: others may be there to hand the focus on."""
    view, why = _walked(views)
    if view is None:
        yield why
        return
    lost = [one for one in view.focus.stops if not one.shown and not one.marked and one.name]
    if not view.focus.stops:
        yield inapplicable("nothing takes the focus")
    elif lost:
        yield failed(
            lost[0].spot.label,
            *map(_excerpt, lost[:_LISTED]),
            seen_by=str(view.key.client),
            count=len(lost),
            of=len(view.focus.stops),
            example=_named(lost[0]),
        )


@check(needs={"focus"}, scope=Scope.PAGE)
def focus_leaves(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """From what takes the focus Tab, Shift+Tab or Escape and then Tab lead on."""
    view, why = _walked(views)
    if view is None:
        yield why
        return
    if not view.focus.stops:
        yield inapplicable("nothing takes the focus")
    for one in view.focus.stops:
        if one.holds:
            yield failed(one.spot.label, _excerpt(one), seen_by=str(view.key.client), example=_named(one))


def _walked(views: Sequence[Snapshot]) -> tuple[Snapshot | None, Observation]:
    """The snapshot that was walked through; else why there is none."""
    view = next((one for one in views if not one.focus.skipped), None)
    reason = next((one.focus.skipped for one in views if one.focus.skipped), "was not tried")
    return view, cant_tell(reason)


def _excerpt(stop: Stop) -> Excerpt:
    return Excerpt(
        stop.role or "element", stop.spot.html or stop.spot.label, where=stop.spot.selector, box=stop.spot.box
    )


def _named(stop: Stop) -> str:
    return stop.name or stop.spot.text or stop.spot.label
