"""Checks of the product ids that tags send against the shop's catalogue feeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from auditor.checks.feeds import sources_of
from auditor.checks.registry import check
from auditor.checks.tracking_products import VIEWS
from auditor.facts.product_ids import stands_for
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import PageType, Scope, Severity

# Vendors that look ids up in a catalogue; GA4 lends its to Google Ads
_LOOK_UP = frozenset({"meta", "google-ads", "tiktok", "pinterest", "snap", "criteo", "ga4"})
_MOST = 5_000  # pages


class _Sent(msgspec.Struct, frozen=True):
    event: str
    ids: tuple[str, ...]
    clients: list[str]


@check(scope=Scope.SITE, needs={"exports"})
def tag_ids_in_feed(run: SiteQuery) -> Iterator[Observation]:
    """The product that a page's tags name is one of those that the feed has of this page, by id, SKU, group or GTIN.

    Prefixes of platforms (`shopify_US_123_456`, `gla_17`) and parts between signs are the id itself. Pages that the feed does not
    have are left to the rules of feeds. One finding for each feed and vendor, with the first page by address.
    """
    sources, lacking = sources_of(run)
    yield from lacking
    feeds = [one for one in sources if one.feed]
    if sources and not feeds:
        yield inapplicable("no source is a feed of Google Merchant or Meta")
    if not feeds:
        return
    sent = _sent(run)
    if not sent:
        yield inapplicable("no view of a product with an id was seen")
        return
    for feed in feeds:
        known: dict[str, set[str]] = defaultdict(set)
        for met in run.catalogue.met(feed.name):
            if met.page is not None and met.page.url in sent:
                one = met.product
                known[met.page.url] |= {part.strip().lower() for part in (one.id, one.sku, one.group, one.gtin) if part}
        if not known:
            yield cant_tell(f"none of the pages with such views is in {feed.name}", feed.name)
            continue
        yield from _compared(feed.name, sent, known)


def _compared(
    feed: str, sent: Mapping[str, Mapping[str, _Sent]], known: Mapping[str, set[str]]
) -> Iterator[Observation]:
    wrong: dict[str, list[str]] = defaultdict(list)
    asked: dict[str, int] = defaultdict(int)
    for page, ids in sorted(known.items()):
        for vendor, one in sent[page].items():
            asked[vendor] += 1
            if not any(stands_for(each, other) for each in one.ids for other in ids):
                wrong[vendor].append(page)
    for vendor, pages in sorted(wrong.items()):
        first, row = sent[pages[0]][vendor], vendors.load().get(vendor)
        for client in first.clients:
            yield failed(
                f"{feed} {vendor}",
                Excerpt("sent", ", ".join(first.ids)[:300], where=first.event),
                Excerpt("the feed has", ", ".join(sorted(known[pages[0]]))[:300]),
                page=pages[0],
                seen_by=client,
                severity=Severity.MODERATE if vendor == "ga4" else None,
                tag=row.name if row else vendor,
                sent=first.ids[0][:80],
                source=feed,
                count=len(pages),
                all=asked[vendor],
            )


def _sent(run: SiteQuery) -> dict[str, dict[str, _Sent]]:
    """Page -> vendor -> the first view of a product that names one, with the clients that saw it."""
    found: dict[str, dict[str, _Sent]] = {}
    for snapshot in run.rendered(PageType.PRODUCT):
        if len(found) >= _MOST:
            break
        if snapshot.missing("requests") is not None:
            continue
        for hit in snapshot.hits:
            ids = tuple(dict.fromkeys(item.id.strip().lower() for item in hit.items[:20] if item.id.strip()))
            if hit.vendor in _LOOK_UP and hit.event in VIEWS and ids:
                sent = found.setdefault(snapshot.url, {}).setdefault(hit.vendor, _Sent(hit.event, ids, []))
                client = str(snapshot.key.client)
                if sent.ids == ids and client not in sent.clients:
                    sent.clients.append(client)
    return found
