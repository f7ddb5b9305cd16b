"""Checks of how a page reads on a screen: small type, texts cut off, overlays, reflow, what still waits, blank pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from auditor.checks.layout import CUTS
from auditor.checks.registry import check
from auditor.evidence.spot import Spot
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty, PageType, Scope, Severity

_TYPES = {"price": "A price", "button": "The words of a button", "title": "The title", "name": "A name"}
_FEW = 200  # characters that make a text
_NARROW = 700  # CSS pixels: a phone
_SEEN_PX = 64.0  # square CSS pixels of a picture
_CUT_PX = 8  # of a text, from which words are lost rather than the tail of a letter


@check(needs={"reading", "visit"})
def type_large_enough(snapshot: Snapshot, *, share: float = 0.3) -> Iterator[Observation]:
    """At most `share` of the text on a phone is smaller than 12 CSS pixels."""
    reading = snapshot.reading
    if not _is_phone(snapshot):
        yield inapplicable("not a phone")
    elif reading.characters < _FEW:
        yield inapplicable("hardly any text")
    elif reading.small > reading.characters * share:
        yield failed(
            "",
            *(_excerpt("small", spot) for spot in reading.small_spots),
            percent=round(100 * reading.small / reading.characters),
        )


@check(needs={"reading"})
def texts_whole(snapshot: Snapshot) -> Iterator[Observation]:
    """No price, title, name of a product or words of a button are cut off by their own box.

    What ends in an ellipsis or after a number of lines was meant so: of a price or a button it needs a look, of a name
    nothing is said. Other cuts are likely: a script may show the rest.
    """
    groups: dict[tuple[str, str], list[Spot]] = {}
    designed: set[tuple[str, str]] = set()
    for one in snapshot.reading.cut_texts:
        if one.hidden_px < _CUT_PX or (one.designed and one.kind not in ("price", "button")):
            continue
        key = (one.kind, one.spot.label)
        groups.setdefault(key, []).append(one.spot)
        if one.designed:
            designed.add(key)
    for (kind, label), spots in groups.items():
        yield failed(
            f"{kind} {label}",
            *(_excerpt("cut off", spot) for spot in spots[:3]),
            certainty=Certainty.NEEDS_REVIEW if (kind, label) in designed else None,
            severity=Severity.SERIOUS if kind == "price" else None,
            what=_TYPES.get(kind, "A text"),
            text=spots[0].text,
            count=len(spots),
        )


@check(needs={"reading", "visit"})
def nothing_pops_up(snapshot: Snapshot, *, share: float = 0.5) -> Iterator[Observation]:
    """Nothing but what the law asks for (consent, age) covers more than `share` of a phone's screen by itself."""
    if not _is_phone(snapshot):
        yield inapplicable("not a phone")
        return
    for over in snapshot.reading.overlays:
        if over.kind in ("consent", "age") or over.share < share:
            continue
        yield failed(
            over.spot.label,
            Excerpt("covers the page", over.spot.text, where=over.spot.selector, box=over.spot.box),
            certainty=None if over.closes or over.kind == "dialog" else Certainty.NEEDS_REVIEW,
            label=over.spot.label,
            percent=round(over.share * 100),
            text=over.spot.text[:80],
        )


@check(needs={"reading", "visit"})
def nothing_waits(snapshot: Snapshot) -> Iterator[Observation]:
    """No skeleton or spinner is still to be seen when the page has been watched for its time."""
    waiting = snapshot.reading.waiting
    if waiting:
        # What the audit held back may be what it waits for
        certainty = None if snapshot.visit.quiet else Certainty.NEEDS_REVIEW
        yield failed(
            waiting[0].label,
            *(_excerpt("waits", spot) for spot in waiting[:3]),
            certainty=certainty,
            label=waiting[0].label,
            seconds=round(snapshot.visit.watched_ms / 1000, 1),
        )


@check(needs={"texts", "images", "frames", "paint", "visit", "document"})
def shows_something(snapshot: Snapshot) -> Iterator[Observation]:
    """The page shows words, a picture, a frame, or something else that a browser paints, when it has been watched for its time."""
    if snapshot.texts.visible.strip() or any(one.visible and not one.failed for one in snapshot.frames.items):
        return
    if any(one.visible and not one.broken and one.shown[0] * one.shown[1] >= _SEEN_PX for one in snapshot.images.items):
        return
    drawn = next(snapshot.document.tree.iter("canvas", "video", "object", "embed", "svg"), None) is not None
    if drawn and snapshot.paint.fcp_ms is not None:
        yield cant_tell("no words and no pictures; what else is painted was not looked at")
        return
    # What the audit held back may be what it waits for
    certainty = None if snapshot.visit.quiet else Certainty.NEEDS_REVIEW
    yield failed("", certainty=certainty, seconds=round(snapshot.visit.watched_ms / 1000, 1))


@check(needs={"reflow", "layout"}, scope=Scope.PAGE)
def reflows(views: Sequence[Snapshot], *, slack: int = 2) -> Iterator[Observation]:
    """With a window of 320 CSS pixels (which is 1280 at 400 %) nothing is to be scrolled sideways, but for tables and the like.

    WCAG excepts what needs two dimensions: a table or map that scrolls on its own makes no finding, one that widens the
    page needs a look. What is too wide on a phone already is told by the rule about sideways scrolling.
    """
    view = next((one for one in views if one.reflow.layout), None)
    if view is None or view.reflow.layout is None:
        yield cant_tell(next((one.reflow.skipped for one in views if one.reflow.skipped), "was not tried"))
        return
    narrow = view.reflow.layout
    over = max(narrow.page[0] - narrow.viewport[0], narrow.scrolled_px)
    if not narrow.cut and (not narrow.scrolls_sideways or over <= slack):
        return
    if any((one.layout.scrolls_sideways or one.layout.cut) and one.layout.viewport[0] <= _NARROW for one in views):
        yield inapplicable("does not fit a phone already")
        return
    culprits = (narrow.cut or narrow.culprits)[:3]
    excepted = bool(culprits) and all(_two_dimensional(one.html or one.label) for one in culprits)
    yield failed(
        culprits[0].label if culprits else "page",
        *(Excerpt("sticks out", one.html or one.label, where=one.selector) for one in culprits),
        certainty=Certainty.NEEDS_REVIEW if excepted else None if culprits and not narrow.cut else Certainty.LIKELY,
        seen_by=str(view.key.client),
        moves=CUTS if narrow.cut else "scrolls sideways",
        over=narrow.cut_px if narrow.cut else over,
        culprit=culprits[0].label if culprits else "an element that could not be named",
    )


@check(needs={"meta", "structured_data", "twins", "again"}, scope=Scope.PAGE)
def same_on_devices(views: Sequence[Snapshot]) -> Iterator[Observation]:
    """In one browser, a phone is given the same main heading, canonical, robots, and kinds of markup as a desktop.

    A shop that tries two versions on its visitors shows another one at the next visit, too: what a second look shows otherwise says
    nothing of devices, and what the fetched page has in common with the phone alone needs review.
    """
    by_browser: dict[str, list[Snapshot]] = {}
    for view in (one for one in views if one.key.state == views[0].key.state):
        by_browser.setdefault(view.key.client.browser, []).append(view)
    pairs = [(those[0], other) for those in by_browser.values() for other in those[1:]]
    pairs = [(one, other) for one, other in pairs if one.final_url == other.final_url]
    if not pairs:
        yield inapplicable("seen on one device only, or at different addresses")
        return
    told: set[str] = set()
    for one, other in pairs:
        for what, tell in _COMPARED.items():
            if what == "markup" and one.page_type is not PageType.PRODUCT:
                continue
            here, there = tell(one), tell(other)
            if here != there and what not in told:
                told.add(what)
                if any(_changes(view, tell) for view in (one, other)):
                    yield cant_tell(f"its {what} changes from visit to visit", target=what)
                    continue
                raw = [tell(twin) for twin in one.twins if not twin.is_rendered]
                yield failed(
                    what,
                    Excerpt(str(one.key.client), here or "nothing"),
                    Excerpt(str(other.key.client), there or "nothing"),
                    what=what,
                    one=str(one.key.client),
                    other=str(other.key.client),
                    here=here or "nothing",
                    there=there or "nothing",
                    certainty=Certainty.NEEDS_REVIEW if there in raw else None,
                )


def _changes(view: Snapshot, tell: Callable[[Snapshot], str]) -> bool:
    again = view.again
    return again is not None and again.key.client == view.key.client and tell(again) != tell(view)


def _heading(view: Snapshot) -> str:
    return " ".join(next((text for text in view.meta.h1s if text), "").split()).casefold()


def _canonical(view: Snapshot) -> str:
    return view.meta.canonical or ""


def _robots(view: Snapshot) -> str:
    return "noindex" if view.meta.noindex else ""


def _types(view: Snapshot) -> str:
    kept = ("Product", "ProductGroup", "Offer", "BreadcrumbList")
    return ", ".join(sorted({name for item in view.structured_data.items for name in item.types if name in kept}))


_COMPARED: dict[str, Callable[[Snapshot], str]] = {
    "main heading": _heading, "canonical": _canonical, "robots": _robots, "markup": _types
}  # fmt: skip


def _two_dimensional(html: str) -> bool:
    return html.lstrip("<").lower().startswith(("table", "canvas", "iframe", "pre", "code", "svg", "td", "th", "video"))


def _is_phone(snapshot: Snapshot) -> bool:
    return 0 < snapshot.visit.viewport[0] <= _NARROW


def _excerpt(label: str, spot: Spot) -> Excerpt:
    return Excerpt(label, spot.text or spot.html, where=spot.selector, box=spot.box)
