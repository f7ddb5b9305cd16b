"""Snapshots as checks read them, put together from what the store holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from auditor.evidence.endpoint import Endpoint, SecondFetch
from auditor.evidence.http import Response
from auditor.facts import endpoint_prices
from auditor.facts import snapshot as facts
from auditor.facts.gathered import Targets
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.snapshot import SnapshotKey
from auditor.store import documents, probes, snapshots
from auditor.store.snapshots import StoredPage, StoredSnapshot

_BATCH = 100  # pages read at once


class Reading(msgspec.Struct, frozen=True):
    """Over which connection a run is read, and what is the same for all its snapshots."""

    connection: Connection
    run_id: int
    site: SiteContext
    targets: Targets | None = None
    clients: tuple[str, ...] = ()  # the matrix in its order: which rendered snapshot is the best one
    # Of the batch that `ahead` read: facts by document and context, and whether a browser looked at a page
    facts: dict[tuple[str, str], dict[str, bytes] | None] = {}
    opened: dict[str, bool] = {}

    def ahead(self, batch: Sequence[StoredPage]) -> None:
        """Reads at once what the pages of a batch need each; what is asked for besides is read when it is asked for."""
        self.facts.clear()
        wanted = ((page.document, context_of(page.final_url, page.response)) for page in batch if page.document)
        self.facts.update(snapshots.facts_of(self.connection, wanted, facts.VERSION))
        keys = [page.page_key for page in batch]
        seen = snapshots.seen_of(self.connection, self.run_id, keys)
        self.opened.clear()
        self.opened.update({key: key in seen for key in keys})

    def pages(self, ids: Sequence[int]) -> Iterator[StoredPage]:
        """Pages in the order of their ids, with what they need read a batch at a time; others may be asked for meanwhile."""
        for some in snapshots.batches(ids, _BATCH):
            batch = snapshots.by_ids(self.connection, some)
            self.ahead(batch)
            yield from batch

    def looks_at(self, page_key: str) -> tuple[list[StoredSnapshot], list[StoredSnapshot]]:
        """The browser snapshots of a page: first looks, and second ones."""
        if not self.opened.get(page_key, True):
            return [], []
        return snapshots.looks_at(self.connection, self.run_id, page_key)


def fetched(reading: Reading, page: StoredPage) -> Snapshot:
    """The page as the crawler fetched it, with the facts the store keeps."""
    digest = page.document
    stored = None
    if digest:
        context = context_of(page.final_url, page.response)
        if (digest, context) in reading.facts:
            stored = reading.facts[(digest, context)]
        else:
            stored = snapshots.read_facts(reading.connection, digest, context, facts.VERSION)
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


def second_looks(reading: Reading, looks: Sequence[StoredSnapshot]) -> list[Snapshot]:
    """The page as it was when it was opened once more; one that showed nothing is none."""
    shown = (rendered(reading, one) for one in looks if one.shows)
    return [one for one in shown if one.page_kind.type.is_storefront]


def second_look(first: Snapshot, looks: Sequence[Snapshot]) -> Snapshot | None:
    """The one by the same client, else any."""
    return next((one for one in looks if one.key.client == first.key.client), next(iter(looks), None))


def second_fetch(reading: Reading, page: StoredPage) -> Snapshot | None:
    """The page as it was when it was asked for once more, where no browser opened it. A cache's copy of the first answer is none."""
    found = probes.second(reading.connection, reading.run_id, page.url)
    if found is None or not _later(page.response, found):
        return None
    one = Snapshot(
        SnapshotKey(page.page_key, repeat=1),
        page.url,
        reading.site,
        body=lambda: documents.unpack(found.body),
        response=found.response,
        targets=reading.targets,
    )
    return one if one.page_kind.type.is_storefront else None


def _later(first: Response, second: SecondFetch) -> bool:
    """Whether the second answer was made after the first came."""
    try:
        between = datetime.fromisoformat(second.response.fetched_at) - datetime.fromisoformat(first.fetched_at)
    except (ValueError, TypeError):
        return False
    return second.copied_at <= max(between.total_seconds(), 0.0)


def endpoint(reading: Reading, platform: str, raw: Snapshot) -> Endpoint | None:
    """What the platform's endpoint answered about the page's product, where it was asked."""
    if platform not in endpoint_prices.PLATFORMS or raw.missing("document"):
        return None
    url = endpoint_prices.endpoint_of(platform, raw.document)
    return probes.endpoint(reading.connection, reading.run_id, url) if url else None


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
