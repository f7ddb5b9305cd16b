"""Addresses of platforms' endpoints that are still to be asked for, of the products that browsers opened."""

from __future__ import annotations

from sqlalchemy import Connection

from auditor.evidence.document import Document
from auditor.facts.endpoint_prices import PLATFORMS, endpoint_of
from auditor.model.words import PageType
from auditor.store import documents, probes, snapshots


def endpoints_of(connection: Connection, run_id: int, most: int) -> tuple[str, ...]:
    """Of the first so many products in the order fetched, those that were not asked for yet; variants of one share an address."""
    found: dict[str, None] = {}
    for ids in snapshots.batches(snapshots.opened(connection, run_id, [PageType.PRODUCT]), 50):
        for page in snapshots.by_ids(connection, ids):
            if page.platform not in PLATFORMS or not page.document:
                continue
            kind = page.response.header("content-type") or ""
            document = Document.from_bytes(documents.get(connection, page.document), page.final_url, kind)
            if url := endpoint_of(page.platform, document):
                found.setdefault(url)
        if len(found) >= most:
            break
    return tuple(url for url in list(found)[:most] if probes.endpoint(connection, run_id, url) is None)
