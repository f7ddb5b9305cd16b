"""Checks of tags: what was seen to be sent."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.evidence.requests import Request
from auditor.facts.snapshot import ExpectedTagFact, Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty

_LOADS_TAGS = ("tag-manager", "analytics", "ads", "social", "consent")


@check(needs={"hits", "requests", "visit"})
def expected_tags_seen(snapshot: Snapshot) -> Iterator[Observation]:
    """Every tag that the config expects on this page type sent at least one hit, from one of its ids where they are given.

    What is known is that nothing was seen while the page was watched. Where the script that would have sent it could not be
    loaded from here, or requests were cut off, nobody knows; where a consent tool stands before the tags, it is likely only.
    """
    wanted = [tag for tag in snapshot.site.expected_tags if not tag.page_types or snapshot.page_type in tag.page_types]
    if not wanted:
        yield inapplicable("no tag is expected here")
        return
    unloaded = [request for request in snapshot.requests.items if _failed_loader(request)]
    for tag in wanted:
        hits = [hit for hit in snapshot.hits if hit.vendor == tag.vendor]
        if any(not tag.ids or hit.account in tag.ids for hit in hits):
            continue
        if snapshot.requests.cut:
            yield cant_tell("too many requests to keep them all", tag.vendor)
        elif unloaded:
            yield cant_tell(
                f"a tag script could not be loaded from here: {unloaded[0].url.partition('?')[0]}", tag.vendor
            )
        else:
            yield _unseen(snapshot, tag, sorted({hit.account for hit in hits if hit.account}))


def _unseen(snapshot: Snapshot, tag: ExpectedTagFact, others: list[str]) -> Observation:
    known = vendors.load().get(tag.vendor)
    excerpts = [Excerpt("ids seen instead", ", ".join(others))] if others else []
    asks = snapshot.key.state.consent == "none" and _consent_tool(snapshot)
    return failed(
        tag.vendor,
        *excerpts,
        certainty=Certainty.LIKELY if asks else None,
        tag=known.name if known else tag.vendor,
        ids=" or ".join(tag.ids) or "any id",
        seconds=round(snapshot.visit.watched_ms / 1000, 1),
        consent={"none": "as found", "accept": "accepted", "reject": "rejected"}.get(
            snapshot.key.state.consent, snapshot.key.state.consent
        ),
    )


def _failed_loader(request: Request) -> bool:
    """A script of a tag vendor that gave no answer at all."""
    if request.status or request.type != "script" or not request.third_party or request.held:
        return False
    match = vendors.load().match(request.url, request.method)
    known = vendors.load().get(match.vendor) if match else None
    return known is not None and known.category in _LOADS_TAGS


def _consent_tool(snapshot: Snapshot) -> bool:
    known = vendors.load()
    matches = (
        known.match(request.url, request.method)
        for request in snapshot.requests.items
        if request.type in ("script", "stylesheet")
    )
    return any(
        match is not None and (found := known.get(match.vendor)) is not None and found.category == "consent"
        for match in matches
    )
