"""Links that exist only in rendered pages come back to the frontier; run between rounds, in the process that then writes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from auditor.crawl.links import Links
from auditor.crawl.scope import NOT_FOLLOWED, Scope
from auditor.crawl.settings import CrawlSettings
from auditor.model.urls import crawl_key
from auditor.model.words import FetchOutcome
from auditor.store import documents, frontier, traps
from auditor.store.frontier import SEARCHED, Found
from auditor.store.schema import pages, snapshots, urls
from auditor.store.workspace import Workspace


def admit_rendered(workspace: Workspace, run_id: int, settings: CrawlSettings) -> int:
    """Takes up the links of all rendered pages of the run; returns how many URLs wait that did not before.

    robots.txt is asked by the round that fetches them.
    """
    with workspace.read() as connection:
        scope = Scope(settings, load_trap=lambda name: traps.get(connection, run_id, name))
        found = list(_found(connection, run_id, settings, scope))
    with workspace.write() as connection:
        before = frontier.count(connection, run_id, "waiting")
        frontier.add(connection, run_id, found)
        traps.keep(connection, run_id, scope.traps.take_changes())
        return frontier.count(connection, run_id, "waiting") - before


def _found(connection: Connection, run_id: int, settings: CrawlSettings, scope: Scope) -> Iterator[Found]:
    links, drop = Links(), frozenset(settings.drop)
    scope.follow_moves(frontier.started(connection, run_id))
    shown = (
        select(snapshots.c.url, snapshots.c.document, pages.c.url_id, urls.c.depth)
        .join(pages, pages.c.id == snapshots.c.page_id)
        .join(urls, urls.c.id == pages.c.url_id)
        .where(snapshots.c.run_id == run_id, snapshots.c.outcome == FetchOutcome.OK, snapshots.c.document.is_not(None))
        .where(snapshots.c.repeat == 0, urls.c.found_by != SEARCHED)
        .order_by(snapshots.c.id)
    )
    keys: set[str] = set()
    for url, document, url_id, depth in connection.execute(shown).all():
        for target, relation in links.new(documents.get(connection, document), url, "utf-8"):
            key = crawl_key(target, drop)
            if key in keys or len(target) > 2_000:
                continue
            keys.add(key)
            placed = scope.place(
                target, depth=depth + 1, relation=relation, referrer=url_id,
                known=lambda key=key: frontier.has(connection, run_id, key),  # type: ignore[misc]
            )  # fmt: skip
            reason = placed.reason or ("" if settings.follow_links else NOT_FOLLOWED)
            yield Found(
                key=key, url=target, kind=placed.kind, priority=placed.priority, depth=depth + 1, found_by="rendered",
                referrer_id=url_id, reason=reason,
            )  # fmt: skip
