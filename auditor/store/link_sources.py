"""Which pages and sitemaps to ask for once more, because an address they lead to is gone: an audit takes hours, and meanwhile shops take products out, and the links to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from auditor.evidence.link_sources import PAGE, SITEMAP, LinkSource, LinkSources
from auditor.model.words import FetchOutcome
from auditor.store import frontier, link_graph, probes
from auditor.store.frontier import Waiting
from auditor.store.schema import urls

_GONE = 500  # addresses
_LINKING = 20  # pages that are considered for each
_SITEMAPS = 5


def planned(connection: Connection, run_id: int, most: int) -> LinkSources:
    """As few pages as lead to all that is gone, one each, and the sitemaps that list it; what was asked for before stays."""
    before = probes.plan(connection, run_id, LinkSources) or LinkSources()
    known = {url for one in before.asked for url in one.leads_to}
    gone = [one for one in _gone(connection, run_id) if one.url not in known]
    leading: dict[str, list[str]] = defaultdict(list)
    for one in gone:
        for link in link_graph.inlinks(connection, run_id, one.id, one.key, _LINKING):
            leading[link.url].append(one.url)
    link_graph.forget(connection)
    pages = [one for one in before.asked if one.kind == PAGE]
    sitemaps = [one for one in before.asked if one.kind == SITEMAP]
    left = {url for led in leading.values() for url in led}
    while left and len(pages) < most:
        source = max(leading, key=lambda url: len(left.intersection(leading[url])))
        pages.append(LinkSource(url=source, leads_to=tuple(leading.pop(source))))
        left.difference_update(pages[-1].leads_to)
    for url, listed in _listed(connection, gone).items():
        if len(sitemaps) < _SITEMAPS:
            sitemaps.append(LinkSource(url=url, kind=SITEMAP, leads_to=tuple(listed)))
    return LinkSources(asked=(*pages, *sitemaps))


def taken_out(connection: Connection, run_id: int, key: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """Key of an address -> pages and sitemaps that led there and, asked for once more, did no longer, as fields of a LinkTarget."""
    plan = probes.plan(connection, run_id, LinkSources)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in plan.asked if plan else ():
        name = "left_out_by_pages" if one.kind == PAGE else "left_out_by_sitemaps"
        for url in one.taken_out:
            fields = found[key(url)]
            fields[name] = (*fields.get(name, ()), one.url)
    return found


def _gone(connection: Connection, run_id: int) -> list[Waiting]:
    return [one for kind in ("page", "asset") for one in _failing(connection, run_id, kind)][:_GONE]


def _failing(connection: Connection, run_id: int, kind: str) -> Iterator[Waiting]:
    after, found = 0, 0
    while found < _GONE and (
        some := frontier.failures(connection, run_id, (FetchOutcome.SITE_ERROR,), after, kind=kind)
    ):
        after = some[-1].waiting.id
        for one in some:
            if one.response is not None and len(one.response.attempts) > 1:
                found += 1
                yield one.waiting


def _listed(connection: Connection, gone: list[Waiting]) -> dict[str, list[str]]:
    """Sitemap -> the addresses of these that it brought up first."""
    naming, found = urls.alias(), defaultdict(list)
    ids = [one.id for one in gone if one.found_by == "sitemap"]
    asked = select(naming.c.url.label("by"), urls.c.url).join(naming, naming.c.id == urls.c.referrer_id)
    for row in connection.execute(asked.where(urls.c.id.in_(ids), naming.c.kind == "sitemap").order_by(urls.c.id)):
        found[row.by].append(row.url)
    return found
