"""Addresses of a platform that tell prices are asked for once each, as robots.txt allows, and never those that change the shop."""

from __future__ import annotations

from collections.abc import Callable

from auditor.crawl.process import ask_endpoints
from auditor.store import probes
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import page, serving, text

NewRun = Callable[[str], Crawled]


def test_asked_once_and_kept(new_run: NewRun) -> None:
    routes = {
        "/robots.txt": text("User-agent: *\nDisallow: /kept/"),
        "/products/a.js": text('{"variants": []}'),
        "/products/page.js": page(),
        "/kept/b.js": text("{}"),
        "/cart/add.js": text("{}"),
    }
    with serving(routes) as shop:
        crawled = new_run(shop.url("/"))
        paths = ("/products/a.js", "/products/page.js", "/products/none.js", "/kept/b.js", "/cart/add.js?id=1")
        urls = tuple(shop.url(path) for path in paths)
        assert ask_endpoints(crawled.folder, crawled.run.id, settings(shop.url("/")), urls) == ""
        assert "/kept/b.js" not in shop.hits
        assert not [path for path in shop.hits if path.startswith("/cart")]
        with crawled.workspace.read() as connection:
            told = {path: probes.endpoint(connection, crawled.run.id, shop.url(path)) for path in paths}
            assert probes.answers(connection, crawled.run.id) == 3
    bodies = {path: one.body for path, one in told.items() if one is not None}
    assert bodies == {**dict.fromkeys(paths, b""), "/products/a.js": b'{"variants": []}'}
    assert all(one is not None and one.reason for path, one in told.items() if path != "/products/a.js")
