"""Checks of speed: weight, copies of libraries, what holds up the first paint, caching, and times against budgets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.evidence.requests import Held, Request
from auditor.evidence.timing import Load
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Certainty, Severity

Metric = Literal["lcp", "cls", "tbt", "ttfb", "fcp"]
_LISTED = 5
_STATIC = frozenset({"script", "stylesheet", "font", "image"})
_SEVERAL = 5  # files without caching; fewer are an oversight that costs nothing
_DAY = 86_400
_LIBRARY = re.compile(
    r"(?i)^(jquery|bootstrap|swiper|slick|vue|react|react-dom|lodash|moment|angular|alpine|knockout|require|modernizr|gsap|three)"
    r"(?:[.-]v?\d[\d.]*)?(?:[.-](?:slim|min|bundle|prod|production|umd|global|runtime|core|esm|full))*\.js$"
)
_ICONS = re.compile(r"(?i)icon|awesome|material|glyph|symbol|ionic|dashicons|star")
_PARTS: Mapping[str, tuple[Callable[[Load], float | None], str, str]] = {
    "lcp": (
        lambda load: load.paint.largest.at_ms if load.paint.largest else None,
        "ms",
        "The largest part of the first screen is painted",
    ),
    "fcp": (lambda load: load.paint.fcp_ms, "ms", "The first text or picture is painted"),
    "tbt": (lambda load: load.paint.tbt_ms, "ms", "Scripts keep the page from answering for"),
    "ttfb": (lambda load: load.paint.ttfb_ms or None, "ms", "The first byte comes"),
    "cls": (lambda load: load.paint.cls, "", "The page moves by"),
}


@check(needs={"timing"})
def within_budget(snapshot: Snapshot, *, metric: Metric, limit: float, poor: float) -> Iterator[Observation]:
    """The median of the measured loads is within the budget: the config's for this page type and device, else `limit`.

    Milliseconds, or the score of layout shift. Over `poor` it is graver. Times depend on the machine that measures, so
    without a budget of the user's own they are likely only; layout shift does not. What the browser does not tell could not
    be checked.
    """
    timing, (value, unit, said) = snapshot.timing, _PARTS[metric]
    if timing.skipped:
        yield inapplicable(timing.skipped)
        return
    median = timing.median(value)
    if median is None:
        yield cant_tell(timing.lacking or next(iter(timing.failed), f"this browser does not tell ({metric})"))
        return
    own = _budget(snapshot, metric)
    allowed = limit if own is None else own
    if median <= allowed:
        return
    load = timing.nearest(value)
    assert load is not None
    yield failed(
        metric,
        *_explained(metric, load),
        Excerpt("loads", ", ".join(_shown(one, unit) for one in map(value, timing.loads) if one is not None)),
        severity=Severity.SERIOUS if median > max(poor, allowed) else None,
        certainty=None if own is not None or metric == "cls" else Certainty.LIKELY,
        what=said,
        value=_shown(median, unit),
        limit=_shown(allowed, unit),
        device=snapshot.key.client.device,
        loads=len(timing.loads),
        server=_shown(max(load.paint.ttfb_ms - load.paint.connect_ms - load.paint.redirect_ms, 0), "ms"),
        culprit=_culprit(metric, load),
    )


def _budget(snapshot: Snapshot, metric: str) -> float | None:
    """The most specific of the config's budgets: lcp_product_phone, lcp_product, lcp_phone, lcp."""
    kind, device = snapshot.page_type.value, snapshot.key.client.device
    names = (f"{metric}_{kind}_{device}", f"{metric}_{kind}", f"{metric}_{device}", metric)
    return next((snapshot.site.budgets[name] for name in names if name in snapshot.site.budgets), None)


def _explained(metric: str, load: Load) -> Iterator[Excerpt]:
    paint = load.paint
    if metric == "lcp" and paint.largest:
        spot = paint.largest.spot
        yield Excerpt("painted last", paint.largest.url or spot.text or spot.label, where=spot.selector, box=spot.box)
    if metric in ("lcp", "ttfb", "fcp"):
        yield Excerpt(
            "of this",
            f"connection {paint.connect_ms:.0f} ms, redirects {paint.redirect_ms:.0f} ms, first byte {paint.ttfb_ms:.0f} ms, HTML {paint.html_ms:.0f} ms",
        )
    if metric == "cls":
        for shift in paint.shifts[:3]:
            for spot in shift.culprits[:2]:
                yield Excerpt(
                    f"moved ({shift.value:g} after {shift.at_ms:.0f} ms)",
                    spot.text or spot.html,
                    where=spot.selector,
                    box=spot.box,
                )
    if metric == "tbt":
        yield Excerpt("long tasks", ", ".join(f"{task.duration_ms:.0f} ms" for task in paint.tasks[:8]))


def _culprit(metric: str, load: Load) -> str:
    match metric:
        case "lcp" if load.paint.largest:
            return load.paint.largest.spot.label or "not known"
        case "cls":
            labels = [spot.label for shift in load.paint.shifts for spot in shift.culprits[:1]]
            return labels[0] if labels else "not known"
        case _:
            return ""


def _shown(value: float, unit: str) -> str:
    return (
        f"{value:.2f}".rstrip("0").rstrip(".")
        if not unit
        else f"{value / 1000:.1f} s"
        if value >= 1000
        else f"{value:.0f} ms"
    )


@check(needs={"requests"})
def page_light(
    snapshot: Snapshot, *, total: int = 5_000_000, script: int = 2_000_000, most: int = 250
) -> Iterator[Observation]:
    """The page, scrolled through, transfers at most `total` bytes, of them at most `script` of scripts, in at most `most` requests."""
    answered = [one for one in snapshot.requests.items if one.status and one.held is Held.NO]
    if not answered:
        yield inapplicable("nothing was loaded")
        return
    by_type: dict[str, list[Request]] = defaultdict(list)
    for one in answered:
        by_type[one.type].append(one)
    sizes = {kind: sum(one.size for one in those) for kind, those in by_type.items()}
    shown = Excerpt(
        "by type",
        ", ".join(
            f"{kind} {_megabytes(size)} in {len(by_type[kind])}"
            for kind, size in sorted(sizes.items(), key=lambda pair: -pair[1])
        ),
    )
    weight, unknown = sum(sizes.values()), sum(1 for one in answered if not one.size and one.status == 200)
    heaviest = [
        Excerpt("heaviest", f"{one.url[:300]} ({_megabytes(one.size)})")
        for one in sorted(answered, key=lambda one: -one.size)[:_LISTED]
    ]
    if weight > total:
        yield failed("total", shown, *heaviest, what="The page", value=_megabytes(weight), limit=_megabytes(total))
    if sizes.get("script", 0) > script:
        yield failed(
            "script",
            shown,
            *(one for one in heaviest if ".js" in one.text),
            severity=Severity.MINOR,
            what="Its scripts",
            value=_megabytes(sizes["script"]),
            limit=_megabytes(script),
        )
    if len(answered) > most:
        yield failed(
            "requests",
            shown,
            severity=Severity.MINOR,
            what="The page",
            value=f"{len(answered)} requests",
            limit=str(most),
        )
    if weight <= total and unknown * 2 > len(answered):
        yield cant_tell("this browser does not tell how large most answers are")


@check(needs={"requests"})
def libraries_once(snapshot: Snapshot) -> Iterator[Observation]:
    """No well-known library is loaded twice from two addresses, judged by the names of the files."""
    found: dict[str, dict[str, Request]] = defaultdict(dict)
    for one in snapshot.requests.items:
        if one.type != "script" or one.frame or one.status != 200 or one.held is not Held.NO:
            continue
        parts = urlsplit(one.url)
        if match := _LIBRARY.match(parts.path.rpartition("/")[2]):
            found[match[1].lower()].setdefault(f"{parts.netloc}{parts.path}", one)
    for name, copies in found.items():
        if len(copies) > 1:
            yield failed(
                name,
                *(Excerpt("script", one.url[:300]) for one in list(copies.values())[:_LISTED]),
                name=name,
                count=len(copies),
            )


@check(needs={"requests"})
def others_hold_nothing_up(snapshot: Snapshot) -> Iterator[Observation]:
    """No script or style sheet of another host keeps the page from being painted, as the browser itself tells (Chromium)."""
    if not any(one.initiator for one in snapshot.requests.items):
        yield cant_tell("this browser does not tell what painting waits for")
        return
    if not any(one.blocking for one in snapshot.requests.items):
        yield inapplicable("this browser names nothing that painting waits for")
        return
    hosts: dict[str, list[Request]] = defaultdict(list)
    for one in snapshot.requests.items:
        if one.blocking and one.third_party and not one.frame and one.type in ("script", "stylesheet"):
            hosts[host(one.url)].append(one)
    for name, those in hosts.items():
        script = any(one.type == "script" for one in those)
        yield failed(
            name,
            *(Excerpt(one.type, one.url[:300]) for one in those[:_LISTED]),
            severity=None if script else Severity.INFO,
            host=name,
            kind="script" if script else "style sheet",
            took=f"{max(one.duration_ms for one in those):.0f}",
        )


@check(needs={"requests"})
def text_compressed(snapshot: Snapshot, *, smallest: int = 5_000) -> Iterator[Observation]:
    """Scripts and style sheets of the shop's own hosts are sent compressed. Told where the browser knows both sizes."""
    known = [
        one
        for one in snapshot.requests.items
        if one.type in ("script", "stylesheet")
        and snapshot.site.owns(one.url)
        and one.decoded
        and one.size
        and one.status == 200
    ]
    if not known:
        yield inapplicable("no script or style sheet of the shop's own with both sizes known")
        return
    plain = [one for one in known if not one.encoding and one.decoded >= smallest and one.size >= one.decoded]
    if plain:
        yield failed(
            "",
            *(Excerpt(one.type, f"{one.url[:300]} ({_megabytes(one.size)})") for one in plain[:_LISTED]),
            count=len(plain),
            size=_megabytes(sum(one.size for one in plain)),
            url=plain[0].url.partition("?")[0],
        )


@check(needs={"requests"})
def files_cached(snapshot: Snapshot, *, seconds: int = _DAY) -> Iterator[Observation]:
    """Files of the shop's own hosts may be kept by browsers for `seconds`, so that the next page needs them no more."""
    own = [
        one
        for one in snapshot.requests.items
        if one.type in _STATIC
        and one.status == 200
        and one.method == "GET"
        and snapshot.site.owns(one.url)
        and not one.frame
    ]
    if len(own) < _SEVERAL:
        yield inapplicable("hardly any file of the shop's own")
        return
    if (
        not any(one.cache for one in own)
        and not any(one.encoding for one in own)
        and not any(one.decoded for one in own)
    ):
        yield cant_tell("this browser does not tell what was said about caching")
        return
    short = [one for one in own if _lasts(one.cache) < seconds]
    if len(short) >= _SEVERAL and len(short) * 3 > len(own):
        yield failed(
            "",
            *(Excerpt(one.type, one.url[:300], where=one.cache or "no Cache-Control") for one in short[:_LISTED]),
            count=len(short),
            all=len(own),
            said=short[0].cache or "nothing about caching",
        )


def _lasts(said: str) -> float:
    """Seconds; an Expires date is taken for long enough, since nobody knows here when it was said."""
    said = said.lower()
    if "no-store" in said or "no-cache" in said:
        return 0
    if match := re.search(r"max-age\s*=\s*\"?(\d{1,10})", said):
        return float(match[1])
    return _DAY * 365 if re.search(r"\d{4}", said) and "=" not in said else 0


@check(needs={"outline"})
def document_small(snapshot: Snapshot, *, elements: int = 3_000, many: int = 6_000) -> Iterator[Observation]:
    """The document has at most `elements` elements; over `many` it is graver."""
    outline = snapshot.outline
    if outline.elements > elements:
        yield failed(
            "",
            Excerpt(
                "document",
                f"{outline.elements} elements, {outline.deepest} levels, up to {outline.most_children} children",
            ),
            severity=Severity.MODERATE if outline.elements > many else None,
            count=outline.elements,
            limit=elements,
        )


@check(needs={"fonts"})
def text_shown_at_once(snapshot: Snapshot) -> Iterator[Observation]:
    """Text is shown in a font that is there while the page's own is loaded (font-display), icon fonts apart."""
    used = [one for one in snapshot.fonts.items if one.status == "loaded" and not _ICONS.search(one.family)]
    if not used:
        yield inapplicable("no font of its own was loaded")
        return
    hidden = sorted({one.family for one in used if one.display in ("auto", "block")})
    if hidden:
        yield failed("", Excerpt("fonts", ", ".join(hidden)[:300]), fonts=hidden, count=len(hidden))


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size / 1000:.0f} kB"
