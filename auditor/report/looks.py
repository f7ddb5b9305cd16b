"""The part of the result document that lays the pictures of a page side by side, browser against browser on one device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection

from auditor.evidence.areas import Areas
from auditor.evidence.screenshot import Screenshots
from auditor.facts.picture_blocks import believable
from auditor.facts.picture_difference import Taken, Unusable, difference, taken
from auditor.model.run import Run
from auditor.model.words import FetchOutcome
from auditor.report.document import DifferencePart, DifferingPlace
from auditor.store import snapshots
from auditor.store.snapshots import StoredSnapshot

_PLACES = 20
_MASKS = 80


def differences(
    connection: Connection, run: Run, page_key: str, pictures: Callable[[str], Path]
) -> Iterator[DifferencePart]:
    """For each device the first browser that opened the page against each other one; nothing where one browser looked alone."""
    if not page_key:
        return
    first: dict[str, tuple[str, Taken | str]] = {}
    looks = snapshots.looks_at(connection, run.id, page_key)[0]
    # not in the order in which they were taken, which is another one each time
    for one in sorted(looks, key=lambda one: (one.key.client.device, str(one.key.client))):
        client = one.key.client
        if one.key.state.answer != "none" or one.key.step or one.outcome is not FetchOutcome.OK:
            continue
        if client.device not in first:
            first[client.device] = (str(client), _taken(one, pictures))
        elif first[client.device][0] != str(client):
            yield _part(*first[client.device], str(client), _taken(one, pictures))


def _taken(stored: StoredSnapshot, pictures: Callable[[str], Path]) -> Taken | str:
    """The snapshot's picture of the page with what it is made of, or why there is none."""
    bundle = stored.bundle()
    shown, areas = bundle.read(Screenshots), bundle.read(Areas)
    if found := taken(shown, areas, pictures):
        return found
    if shown is None or all(one.kind != "page" for one in shown.pictures):
        return bundle.missing.get("screenshots") or "there is no picture of the whole page"
    return bundle.missing.get("areas") or "what the picture is made of was not gathered"


def _part(first: str, one: Taken | str, second: str, other: Taken | str) -> DifferencePart:
    if isinstance(one, str) or isinstance(other, str):
        client, why = (first, one) if isinstance(one, str) else (second, other)
        return DifferencePart(first=first, second=second, reason=f"{client}: {why}")
    try:
        told = difference(one, other)
    except Unusable as error:
        return DifferencePart(first=first, second=second, reason=str(error))
    return DifferencePart(
        first=first,
        second=second,
        share=told.share,
        left_out=told.left_out,
        masked=told.masks,
        masks=tuple(mask.box for mask in one.areas.masks[:_MASKS] if believable(mask.box)),
        places=tuple(
            DifferingPlace(how=place.how, label=place.label, first=place.first, second=place.second)
            for place in told.places[:_PLACES]
        ),
        places_cut=max(len(told.places) - _PLACES, 0),
    )
