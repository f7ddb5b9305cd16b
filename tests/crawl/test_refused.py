"""A shop that asks for fewer requests: no page is lost while it answers at all, and it is left in peace once it does not."""

import time
from collections.abc import Callable

import pytest

from auditor.crawl.process import crawl_round
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Visit, page, serving, text

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


def banning(nasty: Nasty, names: list[str], after: int, seconds: float, *, slowly: float = 0.0) -> dict[str, float]:
    """Each page is there, until `after` requests have come: then all are answered 403 for so long."""
    seen = {"asked": 0.0, "banned": 0.0, "until": 0.0}

    def answer(visit: Visit) -> Reply:
        seen["asked"] += 1
        if seen["asked"] == after:
            seen["until"] = time.monotonic() + seconds
        if time.monotonic() < seen["until"]:
            seen["banned"] += 1
            time.sleep(slowly * (seen["banned"] % 4))
            return Reply(403, b"<h1>Forbidden</h1>")
        return page(*names, text=visit.path)

    nasty.routes |= {"/robots.txt": text(""), **dict.fromkeys(["/", *names], answer)}
    return seen


@pytest.mark.parametrize("slowly", [0.0, 0.1, 0.3])
def test_a_ban_that_is_told_by_403_is_waited_for(new_run: NewRun, slowly: float) -> None:
    names = [f"/item-{n}" for n in range(40)]
    with serving() as nasty:
        seen = banning(nasty, names, after=8, seconds=2.0, slowly=slowly)
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), backoff=0.05, concurrency=8))
        failed = {url: answer for url, answer in crawled.responses().items() if answer.outcome is not F.OK}
    assert (result.reason, failed, result.fetched) == ("finished", {}, 41)
    assert "403 to everything" in result.text
    assert 5 <= seen["banned"] < 25


def test_a_ban_that_lasts_is_given_up_with_few_requests(new_run: NewRun) -> None:
    names = [f"/item-{n}" for n in range(60)]
    with serving() as nasty:
        seen = banning(nasty, names, after=12, seconds=1e9)
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), backoff=0.01, patience=1.0))
    assert result.reason == "gave_up"
    assert "a firewall bans us" in result.text
    assert seen["banned"] < 20
    assert result.waiting == 61 - 11  # to be taken up again


@pytest.mark.parametrize("number", [3, 25])
def test_pages_that_are_forbidden_are_no_ban(new_run: NewRun, number: int) -> None:
    """In a row, as accounts are, and the pages behind them are had."""
    accounts, items = [f"/account/{n}" for n in range(number)], [f"/item-{n}" for n in range(5)]
    with serving({"/robots.txt": text(""), "/": page("/list", *accounts), "/list": page(*items)}) as nasty:
        nasty.routes |= {**dict.fromkeys(accounts, Reply(403, b"no")), **dict.fromkeys(items, page())}
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), concurrency=1))
        outcomes = {url.removeprefix(nasty.base): one.outcome for url, one in crawled.responses().items()}
    assert result.reason == "finished"
    assert all(outcomes[path] is F.BLOCKED for path in accounts)
    assert all(outcomes[path] is F.OK for path in items)
    assert max(nasty.hits[path] for path in accounts) <= 2  # the first of a row once more
    assert sum(nasty.hits.values()) < number + 20


def test_forbidden_pages_at_the_end_are_kept(new_run: NewRun) -> None:
    with serving({"/robots.txt": text(""), "/": page("/account"), "/account": Reply(403, b"no")}) as nasty:
        crawled = new_run(nasty.url("/"))
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/")))
        assert (result.reason, result.waiting) == ("finished", 0)
        assert crawled.responses()[nasty.url("/account")].outcome is F.BLOCKED


def test_a_shop_that_wants_to_be_left_alone_for_an_hour_is_given_up_soon(new_run: NewRun) -> None:
    names = [f"/item-{n}" for n in range(12)]
    gone = refuses(1_000, page(), (("Retry-After", "2"),))
    with serving({"/": page(*names), **dict.fromkeys(names, gone)}) as nasty:
        crawled = new_run(nasty.url("/"))
        began = time.monotonic()
        result = crawl_round(crawled.folder, crawled.run.id, settings(nasty.url("/"), patience=1.0))
        assert (result.reason, result.waiting) == ("gave_up", 12)
        assert time.monotonic() - began < 60
