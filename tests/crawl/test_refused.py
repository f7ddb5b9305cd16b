"""A shop that asks for fewer requests: no page is lost while it answers at all, and it is left in peace once it does not."""

import time
from collections.abc import Callable

import pytest

from auditor.crawl.process import crawl_round
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Reply, Visit, page, serving, text

NewRun = Callable[[str], Crawled]


def refuses(times: int, inside: Reply, header: tuple[tuple[str, str], ...] = ()) -> Callable[[Visit], Reply]:
    return lambda visit: Reply(429, b"slow down", headers=header) if visit.number <= times else inside


def test_a_page_that_is_refused_time_and_again_is_had_in_the_end_with_its_links(new_run: NewRun) -> None:
    with serving({"/": page("/stubborn", "/other")}) as nasty:
        nasty.routes |= {"/stubborn": refuses(8, page("/behind")), "/other": page(), "/behind": page()}
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), backoff=0.01))
        outcomes = {url: answer.outcome for url, answer in crawled.responses().items()}
        assert result.reason == "finished"
        assert outcomes[nasty.url("/stubborn")] is outcomes[nasty.url("/behind")] is F.OK


def test_what_is_read_before_all_pages_is_waited_for_too(new_run: NewRun) -> None:
    with serving({"/": page()}) as nasty:
        listed = f"<urlset><url><loc>{nasty.url('/listed')}</loc></url></urlset>"
        nasty.routes |= {
            "/robots.txt": refuses(3, text("Sitemap: /sitemap.xml")),
            "/sitemap.xml": refuses(3, text(listed, "application/xml")), "/listed": page(),
        }  # fmt: skip
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), backoff=0.01, sitemaps=True))
        assert result.reason == "finished"
        assert crawled.responses()[nasty.url("/listed")].outcome is F.OK


def test_the_time_limit_ends_a_pause(new_run: NewRun) -> None:
    wait = (("Retry-After", "100"),)
    with serving({"/": page("/a"), "/a": refuses(1_000, page(), wait)}) as nasty:
        crawled = new_run(nasty.url("/"))
        began = time.monotonic()
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), max_time=1.0))
        assert result.reason == "time_limit"
        assert time.monotonic() - began < 60
        assert result.waiting == 1


@pytest.mark.parametrize("said", [Reply(503, b"<h1>503 Service Temporarily Unavailable</h1>"), Reply(drop=True)])
def test_a_shop_that_fails_while_it_is_asked_too_much_has_no_broken_pages(new_run: NewRun, said: Reply) -> None:
    """Beyond its limit it answers 503 or drops connections, and names no time; every page is there."""
    names = [f"/item-{n}" for n in range(40)]
    times: list[float] = []

    def limited(reply: Reply) -> Callable[[Visit], Reply]:
        def answer(visit: Visit) -> Reply:
            now = time.monotonic()
            late = [at for at in times if at > now - 1.0]
            times[:] = [*late, now]
            return said if len(late) >= 10 else reply

        return answer

    with serving({"/robots.txt": text(""), "/": page(*names)}) as nasty:
        nasty.routes |= {name: limited(page(text=name)) for name in names}
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), backoff=0.3, concurrency=8))
        failed = {url: answer for url, answer in crawled.responses().items() if answer.outcome is not F.OK}
    assert (result.reason, failed) == ("finished", {})


def test_a_shop_that_wants_to_be_left_alone_for_an_hour_is_given_up_soon(new_run: NewRun) -> None:
    names = [f"/item-{n}" for n in range(12)]
    gone = refuses(1_000, page(), (("Retry-After", "2"),))
    with serving({"/": page(*names), **dict.fromkeys(names, gone)}) as nasty:
        crawled = new_run(nasty.url("/"))
        began = time.monotonic()
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), patience=1.0))
        assert (result.reason, result.waiting) == ("gave_up", 12)
        assert time.monotonic() - began < 60
