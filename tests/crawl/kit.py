"""A run in a workspace of its own, a reading of what a crawl kept in it, and settings with pauses fit for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from auditor.config.session import Session, origin_of
from auditor.crawl.settings import CrawlSettings, site_host
from auditor.evidence.http import Response
from auditor.store import documents, responses, runs
from auditor.store.schema import pages, urls
from auditor.store.workspace import Workspace


class Crawled:
    """A run in a workspace of its own."""

    def __init__(self, workspace: Workspace, start: str) -> None:
        self.workspace = workspace
        self.run = runs.begin(workspace, site="shop", start_url=start, environment="staging", config="{}", version="0")

    @property
    def folder(self) -> Path:
        return self.workspace.folder

    def urls(self) -> dict[str, Any]:
        with self.workspace.read() as connection:
            return {row.url: row for row in connection.execute(select(urls).where(urls.c.run_id == self.run.id))}

    def responses(self) -> dict[str, Response]:
        with self.workspace.read() as connection:
            rows = connection.execute(select(pages.c.url, pages.c.response).where(pages.c.run_id == self.run.id))
            return {row.url: responses.unpack(connection, row.response) for row in rows.all()}

    def body(self, url: str) -> bytes | None:
        with self.workspace.read() as connection:
            row = connection.execute(
                select(pages.c.document).where(pages.c.run_id == self.run.id, pages.c.url == url)
            ).one()
            return None if row.document is None else documents.get(connection, row.document)


def settings(start: str, **changes: Any) -> CrawlSettings:
    """Settings with pauses fit for tests; `session` as keywords, for the start's origin unless said."""
    usual: dict[str, Any] = {
        "confirm_after": 0.05, "backoff": 0.05, "timeout": 5.0, "grace": 1.0, "sitemaps": False, "probes": False,
    }  # fmt: skip
    if "session" in changes:
        changes["session"] = Session(**{"origins": (origin_of(start),), **changes["session"]})
    return CrawlSettings(start=(start,), hosts=(site_host(start),), **{**usual, **changes})
