"""Snapshots as checks read them, put together from what the store holds."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from auditor.evidence.http import Response
from auditor.facts import snapshot as facts
from auditor.facts.gathered import Targets
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.snapshot import SnapshotKey
from auditor.store import documents, snapshots
from auditor.store.snapshots import StoredPage, StoredSnapshot


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
    stored = (
        snapshots.read_facts(reading.connection, digest, context_of(page.final_url, page.response), facts.VERSION)
        if digest
        else None
    )
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


def context_of(final_url: str, response: Response) -> str:
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
        for name, value in response.headers
        if name in telling
    ]
    return snapshots.facts_context(final_url, str(response.status), *headers)
