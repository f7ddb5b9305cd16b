"""Checks of the data layer: products of one event that stay behind in the next, and products that come too late for any tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.checks.registry import check
from auditor.checks.tracking import containers
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable

_UNDEFINED, _FUNCTION = "[undefined]", '"[function]"'  # as the recorder writes them


@check(needs={"pushes", "data_layer", "requests"})
def ecommerce_cleared(snapshot: Snapshot) -> Iterator[Observation]:
    """Between two shopping events `ecommerce` is cleared where the later would else keep something of the earlier.

    Tag Manager puts what is pushed over what is there: products of a longer list and fields that the later event does not set
    stay. Where the later sets all of them, nothing stays. gtag's calls are not put together, nor is Universal Analytics' form meant.
    """
    if not any(0 < request.status < 400 for request in containers(snapshot.requests).values()):
        yield inapplicable("no Tag Manager runs here")
        return
    if any(one.json == _FUNCTION for one in snapshot.data_layer.pushes):
        yield cant_tell("a function was pushed, which may clear the data layer itself")
        return
    told: set[str] = set()
    there: dict[str, Any] = {}
    before, shopping = "", 0
    for push in snapshot.pushes:
        data = push.plain.get("ecommerce")
        if push.cleared or data == _UNDEFINED or push.plain.get("_clear") in (True, "true"):
            there, before = {}, ""
        if push.command or not isinstance(data, dict):
            continue
        shopping += 1
        stays = _stays(there, data) if push.event and before and "items" in data else ""
        target = f"{before} {push.event}"
        if stays and target not in told:
            told.add(target)
            where = f"after {push.at_ms:.0f} ms" if push.at_ms >= 0 else ""
            excerpt = Excerpt("data layer", f"{push.event} after {before}", where=where)
            yield failed(target, excerpt, event=push.event, before=before, stays=stays)
        there, before = {**there, **data}, push.event or before
    if not shopping:
        yield inapplicable("no shopping event was pushed")


def _stays(there: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """What of the earlier event the later one does not set, in words; "" where nothing stays."""
    old, new = there.get("items"), data.get("items")
    if isinstance(old, list) and isinstance(new, list) and len(old) > len(new):
        return f"{len(old) - len(new)} of its products"
    left = sorted(name for name, value in there.items() if name not in data and value not in (None, "", [], {}))
    return f"its {', '.join(left[:4])}" if left else ""


# Container's own events that come of what a visitor does; no tag is started by them to tell of the page
_BY_VISITORS = frozenset({"gtm.click", "gtm.linkClick", "gtm.formSubmit", "gtm.scrollDepth", "gtm.timer", "gtm.elementVisibility", "gtm.video"})  # fmt: skip


@check(needs={"pushes", "data_layer", "requests"})
def ecommerce_in_time(snapshot: Snapshot) -> Iterator[Observation]:
    """Products that are pushed without an event stand in the data layer before Tag Manager starts, or an event follows that can read them.

    Tags run on events: what is pushed alone starts none. `gtm.dom` and `gtm.load`, which the container pushes itself, are such events.
    """
    if not any(0 < request.status < 400 for request in containers(snapshot.requests).values()):
        yield inapplicable("no Tag Manager runs here")
        return
    pushes = snapshot.pushes
    start = next((i for i, one in enumerate(pushes) if one.event == "gtm.js" and not one.command), None)
    alone = [i for i, one in enumerate(pushes) if one.items and not one.event and not one.command]
    if start is None or not alone:
        yield inapplicable("no products were pushed without an event" if start is not None else "Tag Manager's start was not seen")  # fmt: skip
        return
    if snapshot.data_layer.cut:
        yield cant_tell("not all of the data layer could be kept")
        return
    last = max((i for i, one in enumerate(pushes) if one.event and not one.command and one.event not in _BY_VISITORS), default=-1)  # fmt: skip
    late = next((pushes[i] for i in alone if i > start and i > last), None)
    if late is not None:
        after = f"after {late.at_ms:.0f} ms" if late.at_ms >= 0 else ""
        what = late.ecommerce or "products"
        yield failed(
            what, Excerpt("data layer", f"{len(late.items)} products without an event", where=after), what=what
        )
