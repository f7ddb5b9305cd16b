"""Checks of tags across the run: what pages of one type send, and one of them does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from auditor.checks.registry import check
from auditor.checks.tracking import consent_words, containers, failed_loader
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

# Session recorders sample their visitors, chats and mail tools choose their pages
_COMPARED = frozenset({"analytics", "ads", "social"})
_MOST = 20_000  # snapshots compared


class _Seen(msgspec.Struct, frozen=True):
    """What one snapshot sent. `sure`: nothing of it was lost, so that what is not there was not sent."""

    url: str
    sent: frozenset[str]
    sure: bool
    seconds: float
    consent: str


@check(scope=Scope.SITE)
def tags_as_on_siblings(run: SiteQuery, *, siblings: int = 4, share: float = 0.8) -> Iterator[Observation]:
    """A tag that most pages of a type send to is sent to by all of them, compared within one browser, device and consent.

    `siblings`: pages of the type that must send it; `share`: of all that were looked at. Pages whose tag scripts could not be
    loaded from here or whose requests were cut say nothing. Tags of the config have their own rule.
    """
    groups: dict[tuple[str, str, str], list[_Seen]] = defaultdict(list)
    for count, snapshot in enumerate(run.rendered()):
        if count >= _MOST:
            break
        if all(snapshot.missing(kind) is None for kind in ("requests", "visit")):
            key = (str(snapshot.key.client), str(snapshot.key.state), str(snapshot.page_type))
            groups[key].append(_seen(snapshot))
    if not groups:
        yield inapplicable("no page was opened in a browser")
        return
    for (client, _, page_type), pages in groups.items():
        for vendor in sorted({vendor for page in pages for vendor in page.sent}):
            having = [page for page in pages if vendor in page.sent]
            lacking = [page for page in pages if vendor not in page.sent and page.sure]
            if len(having) < siblings or len(having) < share * (len(having) + len(lacking)):
                continue
            known = vendors.load().get(vendor)
            for page in lacking:
                yield failed(
                    vendor,
                    Excerpt("sent by", ", ".join(one.url for one in having[:3])),
                    page=page.url,
                    seen_by=client,
                    tag=known.name if known else vendor,
                    seconds=page.seconds,
                    consent=page.consent,
                    count=len(having),
                    all=len(having) + len(lacking) - 1,
                    page_type=page_type,
                )


def _seen(snapshot: Snapshot) -> _Seen:
    known = vendors.load()
    expected = {tag.vendor for tag in snapshot.site.expected_tags}
    sent = {
        hit.vendor
        for hit in snapshot.hits
        if hit.vendor not in expected and (row := known.get(hit.vendor)) is not None and row.category in _COMPARED
    }
    requests = snapshot.requests
    dead = any(request.status >= 400 for request in containers(requests).values())  # a rule of its own
    lost = bool(requests.cut) or any(failed_loader(request) for request in requests.items)
    return _Seen(
        url=snapshot.url,
        sent=frozenset(sent),
        sure=not lost and not dead,
        seconds=round(snapshot.visit.watched_ms / 1000, 1),
        consent=consent_words(snapshot),
    )
