"""Checks of what templates look like against the run before: pictures of the same pages, block beside block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from auditor.checks.registry import check
from auditor.facts.picture_difference import Difference, Place, Taken, Unusable, difference, taken
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.snapshot import State
from auditor.model.words import Scope

_HOW = {
    "looks": "looks otherwise",
    "size": "has another size",
    "moved": "stands elsewhere",
    "missing": "is not there any more",
    "added": "came",
}
_SHOWN = 3  # places with their excerpt
Seen = tuple[str, str]  # page key, client


class _Group(msgspec.Struct):
    """Pages built alike with one client, in the order of their addresses."""

    page_type: str
    client: str
    keys: list[str] = []


@check(scope=Scope.SITE, needs={"screenshots", "areas"})
def templates_look_as_before(
    run: SiteQuery, *, share: float = 0.01, templates: int = 8, pages: int = 2
) -> Iterator[Observation]:
    """On no template and device `pages` pages have all changed alike since the run before, on `share` of the page or more.

    What one page alone shows otherwise is its content; what pages built alike show otherwise in the same block is their
    template. Looked at with one browser, `templates` with the most pages opened in both runs, as facts.picture_difference does.
    """
    before = run.before
    if before is None:
        yield inapplicable("there is no complete run before this one")
        return
    groups = _groups(run, {_seen(one) for one in before.rendered() if _is_usable(one)}, templates, pages)
    if not groups:
        yield inapplicable("no two pages of a template were opened in both runs with the same browser and device")
        return
    wanted = {(key, group.client) for group in groups for key in group.keys}
    now, then = _taken(run, wanted), _taken(before, wanted)
    compared, why = False, ""
    for group in groups:
        told: dict[str, Difference] = {}
        for key in group.keys:
            old, new = then.get((key, group.client)), now.get((key, group.client))
            try:
                told[key] = difference(old[1], new[1]) if old and new else _gone()
            except Unusable as error:
                why = str(error)
                break
        else:
            compared = True
            yield from _alike(group, told, now, share)
    if not compared:
        yield cant_tell(why)


def _gone() -> Difference:
    raise Unusable("pictures of the run before are gone")


def _is_usable(one: Snapshot) -> bool:
    return one.key.state == State() and not one.key.step and not one.missing("screenshots") and not one.missing("areas")


def _seen(one: Snapshot) -> Seen:
    return one.key.page, one.client_name


def _groups(run: SiteQuery, before: set[Seen], templates: int, pages: int) -> list[_Group]:
    """Most pages first; of each as many as are compared. One browser: the first by name of those that saw both runs."""
    groups: dict[tuple[str, str, str], _Group] = {}
    for one in run.rendered():
        if _is_usable(one) and _seen(one) in before:
            row = run.page(one.url)
            template = row.template if row else ""
            group = groups.setdefault(
                (one.page_type, template, one.client_name), _Group(str(one.page_type), one.client_name)
            )
            group.keys.append(one.key.page)
    browser = min((group.client.partition("/")[0] for group in groups.values()), default="")
    chosen = [
        group for group in groups.values() if len(group.keys) >= pages and group.client.partition("/")[0] == browser
    ]
    chosen.sort(key=lambda group: (-len(group.keys), group.page_type, min(group.keys), group.client))
    kept: dict[tuple[str, ...], None] = {}
    for group in chosen:
        group.keys = sorted(group.keys)[:pages]
        kept.setdefault((group.page_type, *group.keys))
    names = list(kept)[:templates]
    return [group for group in chosen if (group.page_type, *group.keys) in names]


def _taken(run: SiteQuery, wanted: set[Seen]) -> dict[Seen, tuple[str, Taken]]:
    """The pages' addresses and pictures."""
    found: dict[Seen, tuple[str, Taken]] = {}
    for one in run.rendered():
        if _is_usable(one) and _seen(one) in wanted and (shown := taken(one.screenshots, one.areas, run.picture)):
            found[_seen(one)] = (one.url, shown)
    return found


def _alike(
    group: _Group, told: dict[str, Difference], now: dict[Seen, tuple[str, Taken]], share: float
) -> Iterator[Observation]:
    """One observation of the blocks that all these pages show otherwise, in the same way."""
    ways: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, one in told.items():
        for way in {(place.how, place.label) for place in one.places}:
            ways[way].append(key)
    common = {way for way, keys in ways.items() if len(keys) == len(told)}
    example = group.keys[0]
    places = [place for place in told[example].places if (place.how, place.label) in common]
    url, shown = now[example, group.client]
    scale = shown.picture.scale or 1.0
    page = shown.picture.width * shown.picture.height / scale**2
    changed = min(sum(place.area for place in places) / max(page, 1.0), 1.0)
    if not places or changed < share:
        return
    first, more = places[0], len(places) - 1
    yield failed(
        f"{first.how} {first.label}",
        *(Excerpt(_HOW[place.how], place.label, box=_box(place)) for place in places[:_SHOWN]),
        page=url,
        seen_by=group.client,
        label=first.label,
        how=_HOW[first.how],
        more=f", and {more} more {'place' if more == 1 else 'places'}" if more else "",
        count=len(told),
        percent=f"{changed * 100:.0f}",
    )


def _box(place: Place) -> tuple[float, float, float, float] | None:
    """In this run's picture; of what is missing where it was."""
    return place.second or place.first
