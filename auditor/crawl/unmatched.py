"""Patterns of the config that no address of the run matched: most likely a typing mistake; told after the crawl."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy import select

from auditor.crawl.scope import globs
from auditor.crawl.settings import CrawlSettings
from auditor.store.schema import urls
from auditor.store.workspace import Workspace


def unmatched(workspace: Workspace, run_id: int, settings: CrawlSettings) -> list[str]:
    """A sentence for each pattern of include and exclude that matched nothing."""
    left = {("include", glob): globs((glob,)) for glob in settings.include}
    left |= {("exclude", glob): globs((glob,)) for glob in settings.exclude}
    if not left:
        return []
    known = select(urls.c.url).where(urls.c.run_id == run_id, urls.c.kind.in_(("page", "asset")))
    with workspace.read() as connection:
        for url in connection.execute(known.execution_options(yield_per=1000)).scalars():
            path = urlsplit(url).path
            left = {name: match for name, match in left.items() if match is None or not match(url, path)}
            if not left:
                break
    return [f"crawl.{kind}: '{glob}' matched no address" for kind, glob in left]
