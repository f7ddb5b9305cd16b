"""Checks of images: whether they load, are the right ones, and are described."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from auditor.checks.registry import check
from auditor.evidence.images import Image
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import is_http

_SMALL = 80  # CSS pixels; icons may be called placeholder
_FILE_NAME = re.compile(r"[^\s/\\]{1,120}\.(?i:jpe?g|png|webp|gif|avif|svg|tiff?|bmp|heic)")
_CAMERA = re.compile(
    r"(?i)(?:IMG|DSC|DSCN|DSCF|PXL|MVIMG|P)[_-]?\d{4,14}(?:[_-]\w{1,12})?|(?:image|img|picture|photo|untitled)[ _-]?\d{1,5}"
)
# Names that platforms and themes give the picture of a product without one
_STAND_IN = re.compile(
    r"(?i)/woocommerce-placeholder[^/]*|/catalog/product/placeholder/|/p/[a-z]{2}-default[^/]*|/no[-_]?(?:image|photo|picture|img)(?![a-z])[^/]*"
    r"|/ProductDefault[^/]*|/image[-_]coming[-_]soon[^/]*|/(?:product[-_])?placeholder(?:[-_](?:image|product|\d{2,4}x\d{2,4}))?\.\w{3,4}$"
)


@check(needs={"images"})
def images_load(snapshot: Snapshot) -> Iterator[Observation]:
    """Every image of the page that was loaded can be shown. Lazy ones count after the page was scrolled through.

    An off-site image that gave no answer at all can't be told from a host that this machine does not reach.
    """
    images = snapshot.images.items
    if not images:
        yield inapplicable("no images")
        return
    for image in images:
        if not image.broken:
            continue
        if not image.status and is_http(image.src) and not snapshot.site.owns(image.src):
            yield cant_tell("an off-site image could not be reached from here", image.src)
            continue
        yield failed(
            image.src,
            Excerpt("image", image.src, where=image.selector, box=image.box if image.box[2] and image.box[3] else None),
            src=image.src,
            alt=image.alt or "",
            answer=_answer(image),
        )


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
    """No alternative text is the name of a file or a camera's number. Empty ones are right for decoration, missing ones axe's."""
    images = [image for image in snapshot.images.items if image.alt and image.alt.strip()]
    if not images:
        yield inapplicable("no alternative text")
        return
    seen: set[str] = set()
    for image in images:
        alt = (image.alt or "").strip()
        kind = "file name" if _FILE_NAME.fullmatch(alt) else "camera's number" if _CAMERA.fullmatch(alt) else ""
        if not kind or kind in seen:
            continue
        seen.add(kind)
        count = sum(
            1 for one in images if (_FILE_NAME if kind == "file name" else _CAMERA).fullmatch((one.alt or "").strip())
        )
        yield failed(
            kind,
            Excerpt("image", image.src, where=image.selector, box=image.box if image.box[2] and image.box[3] else None),
            alt=alt,
            kind=kind,
            count=count,
            src=image.src,
        )


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
        if match is None or match[0] in seen or (image.lazy and "lazy" in image.src.lower()):
            continue
        seen.add(match[0])
        yield failed(
            match[0].lower().strip("/"),
            Excerpt("image", image.src, where=image.selector, box=image.box),
            src=image.src,
            alt=image.alt or "",
        )


@check(needs={"document"})
def images_sized(snapshot: Snapshot) -> Iterator[Observation]:
    """Images say their width and height, as attributes or in their style. What a style sheet reserves can't be seen here."""
    images = [
        image
        for image in snapshot.document.tree.iter("img")
        if not any(True for _ in image.iterancestors("template", "noscript", "svg"))
    ]
    if not images:
        yield inapplicable("no images")
        return
    bare = [image for image in images if not _sized(image)]
    if bare:
        yield failed(
            "",
            *(
                Excerpt(
                    "image",
                    str(image.get("src") or image.get("data-src") or "img")[:300],
                    where=f"line {image.sourceline}",
                )
                for image in bare[:5]
            ),
            count=len(bare),
            all=len(images),
        )


def _sized(image: HtmlElement) -> bool:
    style = (image.get("style") or "").lower()
    if (image.get("width") and image.get("height")) or "aspect-ratio" in style:
        return True
    if "width" in style and "height" in style:
        return True
    # The ratio is often held open by a box around it
    around = (image.getparent(), image.getparent().getparent() if image.getparent() is not None else None)
    held = re.compile(r"padding-(?:top|bottom)|aspect-ratio|--\w*ratio|(?<![-\w])height")
    return any(box is not None and held.search((box.get("style") or "").lower()) for box in around)
