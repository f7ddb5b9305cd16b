"""Checks of the data layer: products of one event that stay behind in the next."""

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
