"""Checks of images as they stand in the rendered page."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.evidence.images import Image
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import is_http


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
