"""Checks of images: whether they load, are the right ones, and are described."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from auditor.checks.page_requests import asked_again
from auditor.checks.registry import check
from auditor.evidence.images import Image
from auditor.evidence.requests import Held
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.steady import steady_file
from auditor.model.urls import is_http

_SEVERAL = 4  # products with one picture; fewer may be colours of one
_SMALL = 80  # CSS pixels; icons may be called placeholder
_NOT_NOW = (401, 403, 407, 429, 430, 503)  # refused to us, or just now; shoppers may see it
_BROKEN_OFF = re.compile(r"ABORT|BLOCKED_BY_CLIENT", re.IGNORECASE)  # by the page or the audit, not by the shop
_FILE_NAME = re.compile(r"[^\s/\\]{1,120}\.(?i:jpe?g|png|webp|gif|avif|svg|tiff?|bmp|heic)")
_CAMERA = re.compile(
    # P and seven digits are one maker's; fewer are the names of products
    r"(?i)(?:(?:IMG|DSC|DSCN|DSCF|PXL|MVIMG)[_-]?\d{4,14}|P\d{7})(?:[_-]\w{1,12})?|(?:image|img|picture|photo|untitled)[ _-]?\d{1,5}"
)
_UNFILLED = re.compile(r"(?:undefined|null|NaN|\[object Object\])(?: ?[-–|,/] ?.{0,200})?")
# Names that platforms and themes give the picture of a product without one
_STAND_IN = re.compile(
    r"(?i)/woocommerce-placeholder[^/]*|/catalog/product/placeholder/|/p/[a-z]{2}-default[^/]*|/no[-_]?(?:image|photo|picture|img)(?![a-z])[^/]*"
    r"|/(?:image|photo|picture)[-_]?not[-_]?(?:found|available)[^/]*|/ProductDefault[^/]*|/image[-_]coming[-_]soon[^/]*|/(?:product[-_])?placeholder(?:[-_](?:image|product|\d{2,4}x\d{2,4}))?\.\w{3,4}$"
)


@check(needs={"images", "requests"})
def images_load(snapshot: Snapshot) -> Iterator[Observation]:
    """Every image of the page that was loaded can be shown. Lazy ones count after the page was scrolled through.

    Those that style sheets ask for (backgrounds) count where the server says that they are not there.
    What is there when it is asked for once more needs review.
    An off-site image that gave no answer at all can't be told from a host that this machine does not reach.
    """
    images = snapshot.images.items
    backgrounds = {
        one.url: one
        for one in snapshot.requests.items
        if one.type == "image" and one.initiator == "css" and one.status in (404, 410) and not one.frame
    }
    if not images and not backgrounds:
        yield inapplicable("no images")
        return
    for url, one in backgrounds.items():
        if one.held is Held.NO and all(image.src != url for image in images):
            again, sure = asked_again(one)
            shown = (Excerpt("background", url), *again)
            yield failed(url, *shown, certainty=sure, src=url, alt="", answer=f"answers {one.status}")
    failing = {one.url: one for one in snapshot.requests.items if one.later}
    for image in images:
        if not image.broken:
            continue
        if why := unsure_broken(snapshot, image):
            yield cant_tell(why, image.src)
            continue
        again, sure = asked_again(failing.get(image.src))
        yield failed(
            image.src,
            Excerpt("image", image.src, where=image.selector, box=image.box if image.box[2] and image.box[3] else None),
            *again,
            certainty=sure,
            src=image.src,
            alt=image.alt or "",
            answer=_answer(image),
        )


def unsure_broken(snapshot: Snapshot, image: Image) -> str:
    """Why a broken image may be none for shoppers; empty where it is one."""
    if not image.status and is_http(image.src) and not snapshot.site.owns(image.src):
        return "an off-site image could not be reached from here"
    if image.status in _NOT_NOW or _BROKEN_OFF.search(image.failure):
        return f"an image was refused or broken off ({image.status or image.failure})"
    return ""


def _answer(image: Image) -> str:
    if image.status >= 400:
        return f"answers {image.status}"
    if (
        image.status
        and image.content_type
        and not image.content_type.startswith(("image/", "application/octet-stream", "binary/"))
    ):
        return f"answers with {image.content_type}"
    if not image.status and image.failure:
        return image.failure
    return "the browser cannot decode it"


@check(needs={"images"})
def alternatives_are_words(snapshot: Snapshot) -> Iterator[Observation]:
    """No alternative text is the name of a file, a camera's number or "undefined". Empty ones are right for decoration, missing ones axe's."""
    images = [image for image in snapshot.images.items if image.alt and image.alt.strip()]
    if not images:
        yield inapplicable("no alternative text")
        return
    seen: set[str] = set()
    for image in images:
        alt = (image.alt or "").strip()
        kind = _no_words(alt)
        if not kind or kind in seen:
            continue
        seen.add(kind)
        count = sum(1 for one in images if _no_words((one.alt or "").strip()) == kind)
        yield failed(
            kind,
            Excerpt("image", image.src, where=image.selector, box=image.box if image.box[2] and image.box[3] else None),
            alt=alt,
            kind=kind,
            count=count,
            src=image.src,
        )


def _no_words(alt: str) -> str:
    """What stands where words should; "" for words."""
    if _FILE_NAME.fullmatch(alt):
        return "file name"
    if _CAMERA.fullmatch(alt):
        return "camera's number"
    return "variable without a value" if _UNFILLED.fullmatch(alt) else ""


@check(needs={"images"})
def no_placeholder_images(snapshot: Snapshot) -> Iterator[Observation]:
    """No visible picture of some size is the platform's stand-in for one that is missing. Lazy ones may still wait for theirs."""
    images = [image for image in snapshot.images.items if image.visible and min(image.shown) >= _SMALL]
    if not images:
        yield inapplicable("no visible images")
        return
    seen: set[str] = set()
    for image in images:
        match = _STAND_IN.search(urlsplit(image.src).path) if is_http(image.src) else None
        # Scripts for lazy loading name what they put in first like this too
        if match is None or match[0] in seen or image.waiting or (image.lazy and "lazy" in image.src.lower()):
            continue
        seen.add(match[0])
        yield failed(
            steady_file(match[0].lower()).strip("/"),  # themes ask for it in sizes of their own
            Excerpt("image", image.src, where=image.selector, box=image.box),
            src=image.src,
            alt=image.alt or "",
        )
    for src, alike in _shared(images).items():
        if not (match := _STAND_IN.search(urlsplit(src).path)) or match[0] not in seen:
            names = dict.fromkeys(image.alt or "" for image in alike)
            yield failed(
                urlsplit(src).path,
                *(Excerpt("image", src, where=image.selector, box=image.box) for image in alike[:3]),
                Excerpt("the same picture stands for", " · ".join(names)[:300]),
                src=src,
                alt=alike[0].alt or "",
            )


def _shared(images: Sequence[Image]) -> dict[str, list[Image]]:
    """Pictures that stand for several products: a stand-in whose address says nothing, as thumbnails are called."""
    alike: dict[str, list[Image]] = {}
    for image in images:
        if is_http(image.src) and image.alt and not image.waiting and not (image.lazy and "lazy" in image.src.lower()):
            alike.setdefault(image.src, []).append(image)
    # sizes and colours of one product rightly share a picture; their names begin alike
    return {
        src: those
        for src, those in alike.items()
        if len({(one.alt or "").casefold().split(maxsplit=1)[0] for one in those if (one.alt or "").strip()})
        >= _SEVERAL
    }


@check(needs={"images"})
def images_sized(snapshot: Snapshot, *, smallest: int = 40) -> Iterator[Observation]:
    """The place of each image is kept free while it loads: by width and height, a ratio or a height in the style, or a box around it.

    Images less than `smallest` CSS pixels high move little. Not every browser tells what the style sheet sets.
    """
    images = [image for image in snapshot.images.items if image.visible and image.shown[1] >= smallest]
    known = [image for image in images if image.reserved is not None]
    if not images:
        yield inapplicable("no visible images")
        return
    if not known:
        yield cant_tell("this browser does not tell what the style sheet sets")
        return
    bare = [image for image in known if image.reserved is False]
    if bare:
        yield failed(
            "",
            *(Excerpt("image", image.src[:300], where=image.selector, box=image.box) for image in bare[:5]),
            count=len(bare),
            all=len(known),
        )
