"""Collects what the browser's observers kept of the load that just happened."""

from __future__ import annotations

import msgspec

from auditor.evidence.paint import Paint
from auditor.evidence.requests import Request, Requests
from auditor.render.collectors.look import Look, Question

MOST = 500  # resources
QUESTION: Question = ("paint", {"cap": MOST})


def collect(look: Look) -> Paint:
    return look.ask(*QUESTION, Paint)


def joined(requests: Requests, paint: Paint) -> Requests:
    """The requests with what the page's own clock says of them: who asked, what the first paint waited for, size unpacked."""
    told = {resource.url: resource for resource in reversed(paint.resources)}

    def one(request: Request) -> Request:
        resource = told.get(request.url)
        if resource is None:
            return request
        return msgspec.structs.replace(
            request,
            initiator=resource.initiator,
            blocking=resource.blocking,
            decoded=resource.decoded,
            size=request.size or resource.size,
        )

    return Requests(items=tuple(one(request) for request in requests.items), cut=requests.cut)
