"""Checks of what covers the page when it is opened by keyboard: baskets, menus, search, dialogs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from auditor.checks.registry import check
from auditor.evidence.dialogs import ONE_A_TEMPLATE, Dialog
from auditor.evidence.spot import Spot
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Scope, Severity

_KINDS = {"cart": "the basket", "search": "the search", "menu": "the menu", "dialog": "a dialog"}
_WAITS = "it waits for the shop, which was asked for nothing any more when it was opened"


@check(needs={"dialogs"}, scope=Scope.PAGE)
def dialogs_open(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """What a click opens over the page, Enter or Space opens as well."""
    view, nothing = _opened(views)
    if nothing:
        yield nothing
    for one in view.dialogs.items:
        if one.opened == "click":
            yield failed(one.kind, *_excerpts(one), **_told(view, one))


@check(needs={"dialogs"}, scope=Scope.PAGE)
def dialogs_have_focus(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """The focus goes into what covers the page, at once or with the next Tab, is not led behind it, and is seen again once it is closed.

    What still waited for the shop when it was looked at could not be checked; what no key opens is another rule's.
    """
    view, nothing = _opened(views)
    if nothing:
        yield nothing
    for one in view.dialogs.items:
        fault, severity, where = _fault(one)
        if one.opened == "click" or not fault:
            continue
        if one.waits:
            yield cant_tell(_WAITS, one.kind)
            continue
        behind = [Excerpt("behind it", where.html or where.label, where=where.selector)] if where else []
        words = {
            "outside": "stays outside",
            "behind": f"is led behind it by Tab, to “{(where.text or where.label) if where else ''}”",
            "lost": "is nowhere to be seen once it is closed",
        }
        yield failed(
            f"{fault} {one.kind}", *_excerpts(one), *behind, severity=severity, fault=words[fault], **_told(view, one)
        )


@check(needs={"dialogs"}, scope=Scope.PAGE)
def dialogs_close(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """What covers the page is closed by Escape; where neither that nor a button of its own nor its opener closes it, it is graver."""
    view, nothing = _opened(views)
    if nothing:
        yield nothing
    for one in view.dialogs.items:
        if one.closed in ("escape", "opener"):
            continue
        if one.waits:
            yield cant_tell(_WAITS, one.kind)
            continue
        told = (
            "Escape does not close it, its button does"
            if one.closed
            else "neither Escape nor a button of its own closes it"
        )
        severity = Severity.MINOR if one.closed else None
        yield failed(one.kind, *_excerpts(one), severity=severity, fault=told, **_told(view, one))


def _opened(views: Sequence[Snapshot]) -> tuple[Snapshot, Observation | None]:
    """The snapshot in which openers were tried, and what is to be said where it shows nothing."""
    view = next((one for one in views if not one.dialogs.skipped), views[0])
    if view.dialogs.skipped:
        elsewhere = next((one.dialogs.skipped for one in views if one.dialogs.skipped == ONE_A_TEMPLATE), "")
        return view, inapplicable(elsewhere) if elsewhere else cant_tell(view.dialogs.skipped)
    return view, None if view.dialogs.items else inapplicable("nothing was opened that covers the page")


def _fault(one: Dialog) -> tuple[str, Severity | None, Spot | None]:
    if not one.entered:
        return "outside", None, None
    # a list that Escape takes away hides nothing for good (WCAG 2.2 2.4.11, note 2)
    if one.behind is not None and (one.modal or one.closed != "escape"):
        return "behind", Severity.MODERATE, one.behind
    return ("", None, None) if one.returned else ("lost", Severity.MINOR, None)


def _excerpts(one: Dialog) -> Iterator[Excerpt]:
    yield Excerpt("opener", one.opener.html or one.opener.label, where=one.opener.selector, box=one.opener.box)
    yield Excerpt("opens", one.panel.html or one.panel.label, where=one.panel.selector)


def _told(view: Snapshot, one: Dialog) -> dict[str, Any]:
    over = "over the page" + (", in a window as narrow as at high zoom" if one.narrow else "")
    return {"seen_by": str(view.key.client), "what": _KINDS[one.kind], "name": one.name, "over": over}
