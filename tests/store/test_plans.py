"""No statement of an audit reads a whole table that grows with the shop: what costs a millisecond at ten pages costs hours at 100,000."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from auditor.config.config import Config
from auditor.crawl.process import crawl_round
from auditor.crawl.settings import CrawlSettings
from auditor.pipeline import Audit
from auditor.store import frontier, link_sources, snapshots
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.crawl.kit import settings
from tests.crawl.nasty import Route, page, serving, text

GROWS = "page_rows|url_rows|addresses|of_key|of_url|of_final|of_canonical|snapshots|facts|documents|page_links|link_blocks|findings|finding_texts|evaluation_findings|page_looks|kept_pages|texts"
READS_ALL = re.compile(rf"^SCAN ({GROWS})\b|AUTOMATIC|(?:MATERIALIZE|CO-ROUTINE) (?:urls|pages)\b")
PATHS = tuple(f"/products/{name}" for name in ("oak-lamp", "ash-stool", "elm-table"))


@contextmanager
def plans() -> Iterator[dict[str, list[str]]]:
    """Of every statement meanwhile, how the database goes about it."""
    found: dict[str, list[str]] = {}

    def asked(connection: Connection, _: Any, statement: str, parameters: Any, __: Any, many: bool) -> None:
        if many or not statement.startswith(("SELECT", "UPDATE", "DELETE")):
            return
        driver: Any = connection.connection.driver_connection
        found[statement] = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()]

    event.listen(Engine, "before_cursor_execute", asked)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", asked)


class Alone(Audit):
    """An audit whose workers are this process."""

    def _open_evaluate_pool(self, entry: str, settings: bytes) -> InlinePool:
        return InlinePool(entry, settings)


def night(workspace: Workspace, url: str, crawl: CrawlSettings) -> Alone:
    config = Config.model_validate({"site": url, "render": {"browsers": []}, "crawl": {"external_links": False}})
    audit = Alone.begin(config, workspace)
    assert crawl_round(workspace.folder, audit.run.id, crawl).ok == 1 + len(PATHS)
    return audit


def test_nothing_is_read_whole(tmp_path: Path) -> None:
    routes: dict[str, Route] = {
        "/": page(*PATHS, "/gone"),
        "/robots.txt": lambda _: text(f"Sitemap: {shop.url('/sitemap.xml')}"),
        "/sitemap.xml": lambda _: text(f"<urlset><url><loc>{shop.url('/old')}</loc></url></urlset>", "application/xml"),
        **{path: page("/", title=path) for path in PATHS},
    }
    with serving(routes) as shop, Workspace.open(tmp_path / "audits", create=True) as workspace:
        crawl = settings(shop.url("/"), sitemaps=True)
        first = night(workspace, shop.url("/"), crawl)
        first.evaluate()
        second = night(workspace, shop.url("/"), crawl)
        with plans() as found:
            second.evaluate()
            second.gate()
            second.report()
            with workspace.read() as connection:
                run, key = second.run.id, shop.url(PATHS[0])
                assert frontier.known(connection, run, key)
                assert frontier.earlier(connection, first.run.id, key)
                assert frontier.started(connection, run)
                assert frontier.fetched(connection, run)
                assert frontier.counts(connection, run)
                assert frontier.answered_directly(connection, run)
                assert not frontier.failures(connection, run, ["timeout"])
                assert [one.url for one in link_sources.planned(connection, run, 9).asked] == [
                    shop.url("/"),
                    shop.url("/sitemap.xml"),
                ]
                assert not snapshots.fetched_since(connection, run, 0, 10)

    assert len(found) > 50
    assert {statement: steps for statement, steps in found.items() if any(map(READS_ALL.search, steps))} == {}
