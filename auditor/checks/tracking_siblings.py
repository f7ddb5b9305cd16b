"""Checks of tags across the run: what pages of one type send, and one of them does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from auditor.checks.registry import check
from auditor.checks.tracking import consent_words, containers, failed_loader, own_at_the_wall
from auditor.checks.tracking_products import VIEWS
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import Scope

# Session recorders sample their visitors, chats and mail tools choose their pages
_COMPARED = frozenset({"analytics", "ads", "social"})
# Events that say which page it is; the page's own doing, not the visitor's
_DESCRIBE = VIEWS | {"page_view", "PageView", "view_item_list", "ViewCategory", "viewList", "viewHome", "view_cart", "viewcategory", "view_search_results", "Search"}  # fmt: skip
_MOST = 20_000  # snapshots compared


class _Seen(msgspec.Struct, frozen=True):
    """What one snapshot sent. `sure`: nothing of it was lost, so that what is not there was not sent."""

    url: str
    sent: frozenset[str]
    sure: bool
    seconds: float
    consent: str
    events: frozenset[tuple[str, str]] = frozenset()  # vendor and event, of those that describe a page
    read: frozenset[str] = frozenset()  # vendors whose hits could all be read


@check(scope=Scope.SITE)
def tags_as_on_siblings(run: SiteQuery, *, siblings: int = 4, share: float = 0.8) -> Iterator[Observation]:
    """A tag that most pages of a type send to is sent to by all of them, compared within one browser, device and consent.

    `siblings`: pages of the type that must send it; `share`: of all that were looked at. Pages whose tag scripts could not be
    loaded from here or whose requests were cut say nothing. Tags of the config have their own rule.
    """
    groups = _groups(run)
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


@check(scope=Scope.SITE)
def events_as_on_siblings(run: SiteQuery, *, siblings: int = 4, share: float = 0.8) -> Iterator[Observation]:
    """What most pages of a type say of themselves (page view, product view, list view) all of them say that send to the vendor at all.

    Compared as tags are. Pages with a hit that could not be read say nothing of that vendor; events of the config have
    their own rule, and steps of shoppers, scrolling and the like come and go.
    """
    groups = _groups(run)
    if not groups:
        yield inapplicable("no page was opened in a browser")
        return
    for (client, _, page_type), pages in groups.items():
        for vendor, event in sorted({one for page in pages for one in page.events}):
            having = [page for page in pages if (vendor, event) in page.events]
            lacking = [
                page for page in pages if page.sure and vendor in page.read and (vendor, event) not in page.events
            ]
            if len(having) < siblings or len(having) < share * (len(having) + len(lacking)):
                continue
            known = vendors.load().get(vendor)
            for page in lacking:
                yield failed(
                    f"{vendor} {event}",
                    Excerpt("sent by", ", ".join(one.url for one in having[:3])),
                    page=page.url,
                    seen_by=client,
                    tag=known.name if known else vendor,
                    event=event,
                    seconds=page.seconds,
                    count=len(having),
                    all=len(having) + len(lacking) - 1,
                    page_type=page_type,
                )


def _groups(run: SiteQuery) -> dict[tuple[str, str, str], list[_Seen]]:
    """What pages sent, by client, state and page type."""
    groups: dict[tuple[str, str, str], list[_Seen]] = defaultdict(list)
    for count, snapshot in enumerate(run.rendered()):
        if count >= _MOST:
            break
        if all(snapshot.missing(kind) is None for kind in ("requests", "visit")):
            key = (str(snapshot.key.client), str(snapshot.key.state), str(snapshot.page_type))
            groups[key].append(_seen(snapshot))
    return groups


def _seen(snapshot: Snapshot) -> _Seen:
    expected = {tag.vendor for tag in snapshot.site.expected_tags}
    sent = {hit.vendor for hit in snapshot.hits if hit.vendor not in expected and _compared(hit.vendor)}
    told = [hit for hit in snapshot.hits if _compared(hit.vendor)]
    unread = {
        hit.vendor
        for hit in told
        if (own_at_the_wall(hit, snapshot.requests) if hit.host_only else hit.body_missing or not hit.event)
    }
    meant = {
        (tag.vendor, event) for tag in snapshot.site.expected_tags for event in tag.events.get(snapshot.page_type, ())
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
        events=frozenset((hit.vendor, hit.event) for hit in told if hit.event in _DESCRIBE) - meant,
        read=frozenset(hit.vendor for hit in told if not hit.host_only) - unread,
    )


def _compared(vendor: str) -> bool:
    row = vendors.load().get(vendor)
    return row is not None and row.category in _COMPARED
