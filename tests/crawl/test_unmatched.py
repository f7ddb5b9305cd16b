from collections.abc import Callable

from auditor.crawl.unmatched import unmatched
from auditor.store import frontier
from auditor.store.frontier import Found
from tests.crawl.kit import Crawled, settings


def test_patterns_that_matched_nothing_are_named(new_run: Callable[[str], Crawled]) -> None:
    crawled = new_run("https://shop.example/")
    known = ("https://shop.example/products/lamp", "https://shop.example/about?x=1")
    with crawled.workspace.write() as connection:
        frontier.add(connection, crawled.run.id, [Found(key=url, url=url) for url in known])
    told = settings(
        known[0], include=("/products/*", "/prdoucts/*"), exclude=("*x=1*", "https://shop.example/blog/*", "/About")
    )
    assert unmatched(crawled.workspace, crawled.run.id, told) == [
        "crawl.include: '/prdoucts/*' matched no address",
        "crawl.exclude: 'https://shop.example/blog/*' matched no address",
        "crawl.exclude: '/About' matched no address",
    ]
    assert unmatched(crawled.workspace, crawled.run.id, settings(known[0])) == []
