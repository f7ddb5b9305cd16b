from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import insert

from auditor.crawl.process import admit_rendered, crawl_round
from auditor.model.words import FetchOutcome as F
from auditor.store import documents
from auditor.store.schema import snapshots
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import page, serving, text


def test_links_only_browsers_see_come_back_to_the_frontier_once(new_run: Callable[[str], Crawled]) -> None:
    routes = {"/": page("/a"), "/a": page(), "/late": page(), "/robots.txt": text("User-agent: *\nDisallow: /no")}
    with serving(routes) as nasty:
        crawled, told = new_run(nasty.url("/")), settings(nasty.url("/"))
        crawl_round(crawled.folder, crawled.run.id, told)
        with crawled.workspace.write() as connection:
            body = page("/a", "/late", "/no/x", "/cart?add-to-cart=1", "https://elsewhere.example/").body
            snapshot = {
                "run_id": crawled.run.id, "page_id": 1, "page_key": "k", "url": nasty.url("/"), "client": "chromium/desktop",
                "state": "consent=none", "outcome": "ok", "document": documents.put(connection, body), "evidence": b"", "taken_at": "",
            }  # fmt: skip
            page_id = connection.exec_driver_sql("SELECT id FROM pages WHERE url = ?", (nasty.url("/"),)).scalar_one()
            connection.execute(insert(snapshots).values(**{**snapshot, "page_id": page_id}))
        assert admit_rendered(crawled.workspace, crawled.run.id, told) == 2
        assert admit_rendered(crawled.workspace, crawled.run.id, told) == 0
        result = crawl_round(crawled.folder, crawled.run.id, told)
        urls = crawled.urls()
        assert (result.reason, result.new) == ("finished", 1)
        assert crawled.responses()[nasty.url("/late")].outcome is F.OK
        assert (urls[nasty.url("/late")].found_by, urls[nasty.url("/late")].depth) == ("rendered", 1)
        assert urls[nasty.url("/no/x")].reason == "robots.txt"
        assert "cart" in urls[nasty.url("/cart?add-to-cart=1")].reason
        assert nasty.hits["/a"] == 1
