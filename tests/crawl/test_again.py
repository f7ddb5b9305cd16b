"""Pages that raised a doubt are asked for once more where no browser is used, and what is the same copy of a cache is no second look."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.crawl.process import look_again
from auditor.evidence.endpoint import SecondFetch
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome
from auditor.store import documents, probes, reading
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import page, serving, text

NewRun = Callable[[str], Crawled]


def test_asked_once_more_and_kept(new_run: NewRun) -> None:
    routes = {
        "/robots.txt": text("User-agent: *\nDisallow: /kept/"),
        "/product/a": page(),
        "/kept/b": page(),
        "/cart/add": page(),
    }
    with serving(routes) as shop:
        crawled = new_run(shop.url("/"))
        urls = tuple(shop.url(path) for path in ("/product/a", "/product/gone", "/kept/b", "/cart/add?id=1"))
        asked = settings(shop.url("/"), confirm_after=0.1)
        assert look_again(crawled.folder, crawled.run.id, asked, urls) == ""
        assert not [path for path in shop.hits if path.startswith(("/cart", "/kept"))]
        with crawled.workspace.read() as connection:
            told = [probes.second(connection, crawled.run.id, url) for url in urls]
            assert probes.has_seconds(connection, crawled.run.id)
    assert told[1:] == [None, None, None]
    assert told[0] is not None
    assert told[0].response.status == 200
    assert b"<html" in documents.unpack(told[0].body)


@pytest.mark.parametrize(
    ("age", "later"), [("", True), ("3", True), ("600", False), ("soon", True)], ids=["no cache", "fresh", "old copy", "no number"]
)  # fmt: skip
def test_a_copy_taken_before_the_first_answer_is_no_second_look(age: str, later: bool) -> None:
    def answered(at: str, *headers: tuple[str, str]) -> Response:
        url = "https://shop.example/product/a"
        return Response(url=url, final_url=url, outcome=FetchOutcome.OK, status=200, headers=headers, fetched_at=at)

    second = SecondFetch(response=answered("2026-11-20T03:01:00+00:00", ("age", age)))
    assert reading._later(answered("2026-11-20T03:00:00+00:00"), second) is later
