"""Checks of how picture files fit the places they are shown in: sharpness, proportions, weight, format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.evidence.images import Image
from auditor.evidence.requests import Held
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host, is_http
from auditor.model.words import Certainty, Severity

_LISTED = 5  # pictures shown of those alike
_SMALL = 48  # CSS pixels: icons are drawn at any size
_DRAWN = re.compile(r"\.svgz?$", re.IGNORECASE)
_ROUNDING = 4  # CSS pixels
# What scripts for lazy loading leave at a picture
_BY_SCRIPT = re.compile(r"(?i)(?=[^>]*\bclass=[^>]*\blazy(?:load(?:ed|ing)?)?\b)[^>]*\bdata-(?:lazy-?)?src(?:set)?=")
_MODERN = ("image/avif", "image/webp", "image/jxl")
_OLD = ("image/jpeg", "image/png", "image/jpg")


@check(needs={"images"})
def pictures_sharp(snapshot: Snapshot, *, enlarged: float = 1.34, smallest: int = 120) -> Iterator[Observation]:
    """No picture is drawn more than `enlarged` times as large as its file, even where a CSS pixel is one of the screen's.

    The file's own width comes from srcset where it says so. Drawings (SVG), pictures still to be put in, and those meant to
    be drawn in blocks don't count; nor do those drawn less than `smallest` CSS pixels wide.
    """
    pictures = [one for one in _shown(snapshot, smallest) if not one.pixelated]
    if not pictures:
        yield inapplicable("no visible pictures of that size")
        return
    blurred = [(scale, one) for one in pictures if (scale := _scale(one)) and scale > enlarged]
    if blurred:
        scale, worst = max(blurred, key=lambda pair: pair[0])
        yield failed(
            "",
            *(_excerpt(one) for _, one in sorted(blurred, key=lambda pair: -pair[0])[:_LISTED]),
            count=len(blurred),
            src=worst.src[:300],
            pixels=f"{worst.pixels[0]} × {worst.pixels[1]}",
            shown=f"{worst.content[0]:g} × {worst.content[1]:g}",
            times=round(scale, 1),
        )


@check(needs={"images"})
def pictures_not_oversized(
    snapshot: Snapshot, *, larger: float = 2.5, size: int = 100_000, smallest: int = 40
) -> Iterator[Observation]:
    """No picture's file has more than `larger` times the pixels across that the screen can show, and more than `size` bytes."""
    pictures = [one for one in _shown(snapshot, smallest) if one.size]
    if not pictures:
        yield inapplicable("no visible pictures of known size")
        return
    density = max(snapshot.images.scale, 1.0)
    big = [one for one in pictures if one.size > size and (scale := _scale(one)) and scale * density * larger < 1]
    if big:
        worst = max(big, key=lambda one: one.size)
        yield failed(
            "",
            *(_excerpt(one) for one in sorted(big, key=lambda one: -one.size)[:_LISTED]),
            count=len(big),
            src=worst.src[:300],
            size=_kilobytes(worst.size),
            pixels=f"{worst.pixels[0]} × {worst.pixels[1]}",
            shown=f"{worst.content[0]:g} × {worst.content[1]:g}",
        )


@check(needs={"images"})
def pictures_in_proportion(
    snapshot: Snapshot, *, tolerance: float = 0.05, smallest: int = _SMALL
) -> Iterator[Observation]:
    """No picture is squeezed or stretched by more than `tolerance`. Where object-fit crops or fits it, it is not."""
    pictures = [one for one in _shown(snapshot, smallest) if one.fit in ("fill", "")]
    if not pictures:
        yield inapplicable("no visible pictures that could be squeezed")
        return
    for one in pictures:
        wide, high = one.content
        natural = one.natural[0] / one.natural[1]
        if min(wide, high) < smallest or max(one.natural) <= 2:
            continue
        off = wide / high / natural
        pixels = min(abs(wide - high * natural), abs(high - wide / natural))
        if max(off, 1 / off) - 1 > tolerance and pixels > _ROUNDING:
            yield failed(
                _place(one),
                _excerpt(one),
                src=one.src[:300],
                natural=f"{one.natural[0]} × {one.natural[1]}",
                shown=f"{wide:g} × {high:g}",
                direction="wider" if off > 1 else "narrower",
                percent=round((max(off, 1 / off) - 1) * 100),
            )


@check(needs={"requests"})
def pictures_light(snapshot: Snapshot, *, size: int = 500_000, moving: int = 1_000_000) -> Iterator[Observation]:
    """No picture weighs more than `size` bytes as transferred, no GIF (which may move) more than `moving`."""
    pictures = [
        one for one in snapshot.requests.items if one.type == "image" and one.held is Held.NO and one.status == 200
    ]
    if not pictures:
        yield inapplicable("no pictures were loaded")
        return
    if not any(one.size for one in pictures):
        yield cant_tell("this browser does not tell how large the files are")
        return
    seen: set[str] = set()
    for one in sorted(pictures, key=lambda one: -one.size):
        gif = one.content_type.startswith("image/gif")
        target = one.url.partition("?")[0]
        if one.size <= (moving if gif else size) or target in seen:
            continue
        seen.add(target)
        yield failed(
            target,
            Excerpt("picture", one.url[:500]),
            severity=None if one.size > 2 * size else Severity.MINOR,
            src=target,
            size=_kilobytes(one.size),
            kind="A moving picture (GIF)" if gif else "A picture",
        )


@check(needs={"paint"})
def largest_not_lazy(snapshot: Snapshot) -> Iterator[Observation]:
    """The picture that makes the page look loaded (the largest contentful paint, as the browser tells it) is not loaded lazily.

    One that a script puts in ("lazyload" with data-src) is likely only: it may have been asked for ahead.
    """
    largest = snapshot.paint.largest
    if largest is None:
        yield cant_tell("this browser does not tell what the largest paint was")
    elif not largest.url:
        yield inapplicable("the largest paint is no picture")
    elif largest.loading == "lazy" or _BY_SCRIPT.search(largest.spot.html):
        yield failed(
            largest.spot.label or "",
            Excerpt("picture", largest.url[:500], where=largest.spot.selector, box=largest.spot.box),
            certainty=None if largest.loading == "lazy" else Certainty.LIKELY,
            src=largest.url[:300],
            at=round(largest.at_ms),
        )


@check(needs={"images"})
def pictures_modern(snapshot: Snapshot, *, size: int = 100_000) -> Iterator[Observation]:
    """Large pictures come as AVIF or WebP where the same host sends other pictures of the page so: then it can."""
    pictures = [one for one in snapshot.images.items if one.size and is_http(one.src) and one.status == 200]
    able = {host(one.src) for one in pictures if one.content_type.startswith(_MODERN)}
    if not able:
        yield inapplicable("no host of pictures was seen to send modern formats")
        return
    old = [one for one in pictures if host(one.src) in able and one.content_type.startswith(_OLD) and one.size > size]
    if old:
        yield failed(
            "",
            *(_excerpt(one) for one in old[:_LISTED]),
            count=len(old),
            src=old[0].src[:300],
            size=_kilobytes(sum(one.size for one in old)),
            format=old[0].content_type.partition(";")[0].removeprefix("image/").upper(),
        )


def _shown(snapshot: Snapshot, smallest: int) -> list[Image]:
    """Visible pictures made of pixels that are in their place, with the box they are drawn in."""
    return [
        one
        for one in snapshot.images.items
        if one.visible
        and not one.broken
        and not one.waiting
        and min(one.natural) > 0
        and min(one.content) > 0
        and one.content[0] >= smallest
        and not _drawing(one)
    ]


def _drawing(image: Image) -> bool:
    if image.content_type.startswith("image/svg") or image.src.startswith("data:image/svg"):
        return True
    return is_http(image.src) and bool(_DRAWN.search(urlsplit(image.src).path))


def _scale(image: Image) -> float:
    """How many CSS pixels a pixel of the file is drawn across; 0 where it is not known."""
    across, down = (shown / pixels for shown, pixels in zip(image.content, image.pixels, strict=True) if pixels)
    match image.fit:
        case "contain":
            return min(across, down)
        case "cover":
            return max(across, down)
        case "none":
            return 1.0
        case "scale-down":
            return min(1.0, across, down)
        case _:
            return max(across, down)


def _excerpt(image: Image) -> Excerpt:
    return Excerpt("picture", image.src[:300], where=image.selector, box=image.box)


def _place(image: Image) -> str:
    """Where it stands: its path in the page without positions, so that all cards of a list are one problem."""
    steps = re.sub(r":nth-of-type\(\d+\)", "", image.selector).split(" > ")
    return " > ".join(steps[-3:])[:120]


def _kilobytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{size // 1000} kB"
