"""The matrix of the HTML report: a template's pictures with its faults outlined, and its times as small charts."""

from __future__ import annotations

import msgspec

from auditor.model.finding import Excerpt
from auditor.report import words
from auditor.report.document import (
    DifferencePart,
    DifferingPlace,
    PicturePart,
    ResultDocument,
    SnapshotPart,
    TemplatePart,
    TimePart,
)
from auditor.report.matrix import SHOWN
from auditor.report.pictures import Album, Box, Shown

_PAIRS = 4  # places of a difference that are shown side by side
_WIDE, _ROW = 280, 18  # of a chart, in its own units
NAMES = {
    "ttfb": "First byte",
    "fcp": "First paint",
    "lcp": "Largest paint",
    "tbt": "Blocked by scripts",
    "cls": "Movement (score)",
}


class View(msgspec.Struct, frozen=True):
    """A client's picture of the example page, with the places of findings outlined."""

    snapshot: SnapshotPart
    shown: Shown | None
    full: str


class Bar(msgspec.Struct, frozen=True):
    """A client's loads in a chart: where its row stands, the median's bar, a dot for each load; units of the chart."""

    client: str
    y: float
    width: float
    dots: tuple[float, ...]
    median: str
    over: bool


class Chart(msgspec.Struct, frozen=True):
    name: str
    height: int
    bars: tuple[Bar, ...]
    limit: float  # where the aim is marked; 0: nowhere
    said: str  # all of it in words


class Compared(msgspec.Struct, frozen=True):
    """A place that differs, as the first and as the second browser show it; None where it is not there."""

    place: DifferingPlace
    first: Shown | None
    second: Shown | None


class Contrast(msgspec.Struct, frozen=True):
    """What two browsers show of the example on one device: a third picture with the difference highlighted."""

    part: DifferencePart
    device: str
    shown: Shown | None
    down: int  # CSS pixels from the page's top at which the part that is shown begins
    pairs: tuple[Compared, ...]
    share: str
    left_out: str


class Shelf(msgspec.Struct, frozen=True):
    """A template as the report shows it."""

    part: TemplatePart
    views: tuple[View, ...]
    contrasts: tuple[Contrast, ...]
    charts: tuple[Chart, ...]
    throttled: tuple[str, ...]


def shelves(document: ResultDocument, album: Album) -> list[Shelf]:
    """The templates that browsers tried, in the document's order."""
    tried = [part for part in document.templates if part.snapshots]
    return [
        Shelf(
            part,
            tuple(_view(part, one, album) for one in part.snapshots) if index < SHOWN else (),
            tuple(_contrast(part, one, album) for one in part.differences),
            tuple(_charts(part)),
            tuple(dict.fromkeys(f"{words.client(one.client)}: {one.throttled}" for one in part.times if one.throttled)),
        )
        for index, part in enumerate(tried)
    ]


def _view(part: TemplatePart, snapshot: SnapshotPart, album: Album) -> View:
    kept = {picture.kind: picture for picture in snapshot.pictures if album.full(picture)}
    best = kept.get("viewport") or kept.get("page")
    boxes = part.boxes.get(snapshot.client, ())
    return View(snapshot, album.outlined(best, boxes) if best else None, kept["page"].path if "page" in kept else "")


def _contrast(part: TemplatePart, told: DifferencePart, album: Album) -> Contrast:
    first, second = (_page_picture(part, client) for client in (told.first, told.second))
    shown: Shown | None = None
    down, pairs = 0, tuple[Compared, ...]()
    if first and second and told.places:
        shown, down = album.differing(first, second, told)
    if shown and first and second:
        alike = {(place.how, place.label): place for place in reversed(told.places)}  # the largest of those alike
        pairs = tuple(
            Compared(place, _cut(album, first, place.first), _cut(album, second, place.second))
            for place in [place for place in told.places if place in alike.values()][:_PAIRS]
        )
    device = told.first.partition("/")[2]
    return Contrast(told, device, shown, down, pairs, percent(told.share), percent(told.left_out))


def _page_picture(part: TemplatePart, client: str) -> PicturePart | None:
    kept = next((one.pictures for one in part.snapshots if one.client == client), ())
    return next((picture for picture in kept if picture.kind == "page"), None)


def _cut(album: Album, picture: PicturePart, box: Box | None) -> Shown | None:
    return album.cut(picture, (Excerpt("", "", box=box),)) if box else None


def percent(share: float) -> str:
    """`3.1 %`; what is there but little is `under 0.1 %`."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def _charts(part: TemplatePart) -> list[Chart]:
    by_metric: dict[str, list[TimePart]] = {}
    for one in part.times:
        by_metric.setdefault(one.metric, []).append(one)
    return [_chart(metric, those) for metric, those in by_metric.items()]


def _chart(metric: str, times: list[TimePart]) -> Chart:
    limit = max(one.limit for one in times)
    most = max(limit, *(max(*one.values, one.median) for one in times)) or 1.0
    scale = (_WIDE - 10) / (most * 1.05)
    bars = tuple(
        Bar(
            one.client,
            index * _ROW,
            round(max(one.median * scale, 1), 1),
            tuple(round(value * scale, 1) for value in one.values),
            time(metric, one.median),
            bool(one.limit) and one.median > one.limit,
        )
        for index, one in enumerate(times)
    )
    said = "; ".join(
        f"{words.client(one.client)} {time(metric, one.median)} (loads: {', '.join(time(metric, value) for value in one.values)})"
        for one in times
    )
    aim = f", aim {time(metric, limit)}" if limit else ""
    return Chart(
        NAMES.get(metric, metric),
        len(times) * _ROW,
        bars,
        round(limit * scale, 1),
        f"{NAMES.get(metric, metric)}{aim}: {said}",
    )


def time(metric: str, value: float) -> str:
    """`1.2 s`, `240 ms`, of cls `0.04`."""
    if metric == "cls":
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms"
