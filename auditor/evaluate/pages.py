"""Pages with their snapshots, put together from the store."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from auditor.evaluate.judge import Page
from auditor.facts import snapshot as facts
from auditor.facts.snapshot import SiteContext, Snapshot, Targets
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import FetchOutcome, PageType
from auditor.store import documents, snapshots
from auditor.store.snapshots import StoredPage, StoredSnapshot

_LOOKED = (FetchOutcome.OK, FetchOutcome.SITE_ERROR)


class Reading(msgspec.Struct, frozen=True):
    """Over which connection a run is read, and what is the same for all its snapshots."""

    connection: Connection
    run_id: int
    site: SiteContext
    targets: Targets | None = None
    clients: tuple[str, ...] = ()  # the matrix in its order: which rendered snapshot is the best one


def fetched(reading: Reading, page: StoredPage) -> Snapshot:
    """The page as the crawler fetched it, with the facts the store keeps."""
    digest = page.document
    stored = snapshots.read_facts(reading.connection, digest, context_of(page), facts.VERSION) if digest else None
    return Snapshot(
        SnapshotKey(page.page_key),
        page.url,
        reading.site,
        body=(lambda: documents.get(reading.connection, digest)) if digest else None,
        response=page.response,
        stored=stored,
        targets=reading.targets,
    )


def rendered(reading: Reading, stored: StoredSnapshot) -> Snapshot:
    """The page as a browser saw it."""
    digest = stored.document
    return Snapshot(
        stored.key,
        stored.url,
        reading.site,
        body=(lambda: documents.get(reading.connection, digest).decode("utf-8", "replace")) if digest else None,
        bundle=stored.bundle,
        targets=reading.targets,
    )


def page(reading: Reading, stored: StoredPage, renders_differently: bool | None) -> Page:
    """The page with every snapshot that shows it. What a rendered page turns out to be counts more than what was fetched."""
    raw = fetched(reading, stored)
    order = {client: index for index, client in enumerate(reading.clients)}
    looked = [
        one for one in snapshots.of_page(reading.connection, reading.run_id, stored.page_key) if one.outcome in _LOOKED
    ]
    looked.sort(key=lambda one: (order.get(str(one.key.client), len(order)), str(one.key.state), one.key.repeat))
    shown = [rendered(reading, one) for one in looked]
    page_type = PageType(stored.page_type) if stored.page_type else raw.page_kind.type
    if shown and page_type in (PageType.CONTENT, PageType.CHALLENGE):
        page_type = shown[0].page_kind.type
    usable = [one for one in shown if _shows_the_shop(one, page_type)]
    for one in (raw, *usable):
        one.page_type = page_type
    return Page(
        key=stored.page_key,
        url=stored.url,
        page_type=page_type,
        platform=stored.platform or raw.platform.id,
        raw=raw if _shows_the_shop(raw, page_type) else None,
        rendered=usable,
        renders_differently=renders_differently,
    )


def context_of(page: StoredPage) -> str:
    """What besides the document its facts rest on."""
    telling = (
        "link",
        "x-robots-tag",
        "content-type",
        "server",
        "set-cookie",
        "x-powered-by",
        "powered-by",
        "x-shopid",
        "x-generator",
    )
    headers = [
        f"{name}:{value.partition('=')[0] if name == 'set-cookie' else value}"
        for name, value in page.response.headers
        if name in telling
    ]
    return snapshots.facts_context(page.final_url, str(page.response.status), *headers)


def browsers_of(clients: Sequence[str]) -> list[Client]:
    return [Client.parse(one) for one in clients]


def _shows_the_shop(one: Snapshot, page_type: PageType) -> bool:
    """False for a snapshot in which a challenge, password or error page stood where others saw the shop."""
    if one.missing("document"):
        return False
    kind = one.page_kind.type
    return kind.is_storefront or kind is page_type
