"""Collects images after the page was scrolled through; what became of their requests is joined when those are known."""

from __future__ import annotations

import msgspec

from auditor.evidence.images import Image, Images
from auditor.evidence.requests import Held, Request, Requests
from auditor.render.collectors.look import Look, Question

MOST = 500


def question(look: Look) -> Question:
    return "images", {"cap": MOST, "siteHosts": list(look.settings.site_hosts)}


def collect(look: Look) -> Images:
    return look.ask(*question(look), Images)


def with_requests(images: Images, requests: Requests) -> Images:
    """Status, failure and type of each image's last request. What the audit itself held back is not broken."""
    last: dict[str, Request] = {}
    for request in requests.items:
        known = last.get(request.url)
        # a request made again, say by decode(), must not hide the answer of the first
        if known is None or request.status:
            last[request.url] = request
    return Images(
        items=tuple(_joined(image, last.get(image.src)) for image in images.items), cut=images.cut, scale=images.scale
    )


def _joined(image: Image, request: Request | None) -> Image:
    if request is None:
        return image
    held = request.held in (Held.ANSWERED, Held.WITHHELD, Held.REFUSED)
    return msgspec.structs.replace(
        image,
        status=request.status,
        failure="held back by the audit" if held else request.failure,
        content_type=request.content_type,
        size=request.size,
        broken=image.broken and not held,
    )
