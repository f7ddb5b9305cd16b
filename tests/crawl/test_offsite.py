"""Links to other sites: asked once and gently, believed dead only when seen twice from a machine that reaches the world."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError
from scrapy.http import Response as ScrapyResponse

from auditor.crawl import process
from auditor.crawl.job import Ended, Job
from auditor.crawl.ledger import Ledger
from auditor.crawl.offsite import Asking
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings
from auditor.evidence.http import Response
from auditor.model.query import UNREACHED
from auditor.model.urls import host
from auditor.model.words import FetchOutcome as F
from auditor.store import probes, runs
from auditor.store.workspace import Workspace
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Visit, page, serving, to

SHOP = "https://shop.example/"
CONTROL = "https://control.example/"
Answer = Exception | int | Callable[[int], "Exception | int"]


class Engine:
    """A downloader that answers from a table: a status, or what the downloader raises."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers, self.asked = answers, Counter[str]()
        self.at_once: Counter[str] = Counter()
        self.most_of_a_host = 0

    async def download_async(self, request: Request) -> ScrapyResponse:
        self.asked[request.url] += 1
        name = host(request.url)
        self.at_once[name] += 1
        self.most_of_a_host = max(self.most_of_a_host, self.at_once[name])
        await asyncio.sleep(0)
        self.at_once[name] -= 1
        answer = self.answers[request.url]
        if callable(answer):
            answer = answer(self.asked[request.url])
        if isinstance(answer, Exception):
            raise answer
        return ScrapyResponse(request.url, status=answer, headers={"Content-Type": "text/html"}, body=b"<html>x</html>")


def offsite(**changes: Any) -> CrawlSettings:
    usual: dict[str, Any] = {"external_links": True, "external_pause": 0.0, "control_url": CONTROL}
    return settings(SHOP, **{**usual, **changes})


@pytest.fixture
def crawled(tmp_path: Path) -> Iterator[Crawled]:
    with Workspace.open(tmp_path / "audits") as workspace:
        yield Crawled(workspace, SHOP)


def ask(crawled: Crawled, answers: dict[str, Answer], links: list[str] | None = None, **changes: Any) -> Engine:
    """Asks for these links of a page of the shop, or for those that still wait."""
    engine, given = Engine(answers), offsite(**changes)

    async def run() -> Ended:
        ledger = Ledger(crawled.workspace, crawled.run.id, given)
        try:
            scope = Scope(given)
            placed = [(url, scope.place(url, depth=1)) for url in links or ()]
            ledger.add([ledger.found(url, kind=one.kind, depth=1, reason=one.reason) for url, one in placed])
            job = Job(kind="external", settings=given)
            return await Asking(job, ledger, engine, asyncio.Event()).run()
        finally:
            ledger.close()

    assert asyncio.run(run()).reason == "finished"
    return engine


def no_such_name(*_: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


A, B, C = "https://a.example/x", "https://b.example/", "https://c.example/"


def test_what_answers_is_asked_once(crawled: Crawled) -> None:
    engine = ask(crawled, {A: 200, B: 403, C: 999}, [A, B, C])
    assert engine.asked == {A: 1, B: 1, C: 1}
    told = crawled.responses()
    assert (told[A].outcome, told[B].outcome, told[C].outcome) == (F.OK, F.BLOCKED, F.SITE_ERROR)
    assert all(one.headers == () for one in told.values())


def test_gone_is_asked_twice_and_needs_no_control(crawled: Crawled) -> None:
    engine = ask(crawled, {A: 404, B: lambda number: 404 if number == 1 else 200}, [A, B])
    assert engine.asked == {A: 2, B: 2}
    told = crawled.responses()
    assert (told[A].status, len(told[A].attempts)) == (404, 2)
    assert (told[B].outcome, len(told[B].attempts)) == (F.OK, 2)


def test_a_name_that_does_not_exist_is_believed_where_another_site_answered(
    crawled: Crawled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    engine = ask(crawled, {A: CannotResolveHostError(), B: 200}, [A, B])
    told = crawled.responses()[A]
    assert (told.outcome, told.trouble, len(told.attempts)) == (F.UNREACHABLE, "dns", 2)
    assert CONTROL not in engine.asked


def test_a_control_is_asked_where_nothing_else_answered(crawled: Crawled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    engine = ask(crawled, {A: CannotResolveHostError(), CONTROL: 200}, [A])
    assert engine.asked[CONTROL] == 1
    assert len(crawled.responses()[A].attempts) == 2
    with crawled.workspace.read() as connection:
        assert [one.url for one in probes.controls(connection, crawled.run.id)] == [CONTROL]


@pytest.mark.parametrize("trouble", [CannotResolveHostError(), DownloadConnectionRefusedError()])
def test_without_the_world_nothing_is_believed_dead(
    crawled: Crawled, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    engine = ask(crawled, {A: trouble, B: trouble, CONTROL: trouble}, [A, B])
    assert engine.asked == {A: 1, B: 1, CONTROL: 1}
    for told in (crawled.responses()[A], crawled.responses()[B]):
        assert (told.outcome, len(told.attempts)) == (F.UNREACHABLE, 1)
        assert told.reason.endswith(UNREACHED)
    again = ask(crawled, {CONTROL: trouble})  # a resumed run tries once more, and says it once
    assert again.asked == {CONTROL: 1}
    assert crawled.responses()[A].reason.count(UNREACHED) == 1


def test_a_name_server_that_is_busy_proves_nothing(crawled: Crawled, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", busy)
    ask(crawled, {A: CannotResolveHostError(), B: 200}, [A, B])
    told = crawled.responses()[A]
    assert (told.reason, len(told.attempts)) == ("the host's name could not be looked up", 1)


def test_failing_hosts_are_asked_again_when_the_world_is_there(crawled: Crawled) -> None:
    ask(crawled, {A: 503, B: 200, C: lambda number: 500 if number == 1 else 200}, [A, B, C])
    told = crawled.responses()
    assert (told[A].status, len(told[A].attempts)) == (503, 2)
    assert told[C].outcome is F.OK


def test_one_host_is_asked_one_link_at_a_time_and_left_when_it_wants_no_more(crawled: Crawled) -> None:
    links = [f"https://a.example/{number}" for number in range(6)]
    engine = ask(crawled, dict.fromkeys(links, 200), links)
    assert engine.most_of_a_host == 1
    more = [f"https://b.example/{number}" for number in range(6)]
    engine = ask(crawled, dict.fromkeys(more, 429), more)
    assert engine.asked.total() == 1
    urls = crawled.urls()
    assert {urls[url].reason for url in more[1:]} == {"could not be asked: b.example asked for fewer requests"}


def test_a_host_without_a_name_is_asked_once_for_all_its_links(crawled: Crawled) -> None:
    links = [f"https://a.example/{number}" for number in range(4)]
    engine = ask(crawled, {**dict.fromkeys(links, CannotResolveHostError()), CONTROL: DownloadTimeoutError()}, links)
    assert sum(engine.asked[url] for url in links) == 1
    assert {crawled.responses()[url].outcome for url in links} == {F.UNREACHABLE}


def test_the_number_of_links_has_a_limit_that_is_said(crawled: Crawled) -> None:
    links = [f"https://h{number}.example/" for number in range(5)]
    engine = ask(crawled, dict.fromkeys(links, 200), links, max_external=3)
    assert engine.asked.total() == 3
    reason = "could not be asked: limit of 3 links to other sites reached"
    assert [crawled.urls()[url].reason for url in links[3:]] == [reason, reason]


def test_the_time_has_a_limit_that_is_said(crawled: Crawled) -> None:
    engine = ask(crawled, {A: 200}, [A], external_time=0.0)
    assert not engine.asked
    assert crawled.urls()[A].reason == "could not be asked: the time for links to other sites was over"


def test_good_answers_serve_the_next_night_and_bad_ones_do_not(crawled: Crawled) -> None:
    ask(crawled, {A: 200, B: 404}, [A, B])
    next_night = Crawled(crawled.workspace, SHOP)
    engine = ask(next_night, {B: 200}, [A, B])
    assert engine.asked == {B: 1}
    told = next_night.responses()[A]
    assert (told.outcome, told.status, told.attempts) == (F.OK, 200, ())
    assert told.fetched_at == crawled.responses()[A].fetched_at
    later = Crawled(crawled.workspace, SHOP)
    engine = ask(later, {A: 200}, [A], external_reuse=0.0)
    assert engine.asked == {A: 1}


def test_an_answer_of_an_earlier_night_does_not_show_that_the_world_is_there(
    crawled: Crawled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    ask(crawled, {A: 200}, [A])
    next_night = Crawled(crawled.workspace, SHOP)
    ask(next_night, {B: CannotResolveHostError(), CONTROL: CannotResolveHostError()}, [A, B])
    assert next_night.responses()[B].reason.endswith(UNREACHED)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://twitter.com/intent/tweet?url=x", "share link"),
        ("https://www.google-analytics.com/g/collect?v=2&tid=G-1", "reports to a tag vendor"),
        ("https://other.example/logout", "logs out"),
        ("https://other.example/?add-to-cart=1", "adds to the cart"),
        ("http://192.168.0.1/", "address inside a network"),
        ("http://localhost:3000/", "address inside a network"),
        ("https://user@other.example/", "address with a user name in it"),
    ],
)
def test_links_that_are_never_asked_for(crawled: Crawled, url: str, reason: str) -> None:
    assert not ask(crawled, {}, [url]).asked
    row = crawled.urls()[url]
    assert (row.kind, row.status, row.reason) == ("external", "skipped", f"not asked: {reason}")


@pytest.mark.parametrize(("found_by", "relation"), [("link", "relation"), ("sitemap", ""), ("redirect", "")])
def test_only_links_that_people_click_are_asked_for(found_by: str, relation: str) -> None:
    assert Scope(offsite()).place(A, found_by=found_by, relation=relation).reason == "outside the site"
    assert Scope(offsite(external_links=False)).place(A).reason == "outside the site"


def test_coverage_is_of_the_shop_only(crawled: Crawled) -> None:
    ask(crawled, {A: 200, B: DownloadTimeoutError(), CONTROL: 200}, [A, B])
    with crawled.workspace.read() as connection:
        coverage = runs.coverage(connection, crawled.run.id)
    assert (coverage.known, coverage.fetched, coverage.waiting, coverage.outcomes, coverage.skipped) == (
        0,
        0,
        0,
        {},
        {},
    )


# In the child process, over loopback


def linking(*links: str) -> dict[str, Any]:
    return {"/": page(*links), "/robots.txt": Reply(404)}


@pytest.fixture
def other() -> Iterator[Nasty]:
    with serving() as nasty:
        yield nasty


def test_the_way_of_a_run(new_run: Callable[[str], Crawled], other: Nasty) -> None:
    """No cookie, no secret and no robots.txt of theirs; redirects lead anywhere but back; share links are left alone."""
    other.routes.update(
        {
            "/good": Reply(200, b"<html>ok</html>", headers=(("Set-Cookie", "a=b"),)),
            "/moved": to("/good", 301),
            "/gone": Reply(410, b"gone"),
            "/wall": Reply(999, b"no"),
            "/big": Reply(200, b"<html>" + b"x" * 2_000_000),
        }
    )
    base = "http://maker.example"
    paths = ("/good", "/moved", "/gone", "/wall", "/big", "/home")
    with serving() as shop:
        shop.routes = linking(*(base + path for path in paths), "https://www.facebook.com/sharer.php?u=x")
        other.routes["/home"] = to(shop.url("/"))
        crawled = new_run(shop.url("/"))
        told = settings(
            shop.url("/"),
            external_links=True,
            external_pause=0.0,
            control_url=other.url("/good"),
            resolve={"maker.example": f"127.0.0.1:{other.port}"},
            session={
                "headers": {"X-Secret": "s"},
                "basic_auth": ("u", "p"),
                "origins": (shop.base, "http://maker.example"),
            },
            user_agent="Test auditor/0",
        )
        assert process.crawl_round(crawled.folder, crawled.run.id, told).reason == "finished"
        assert not other.hits
        before = shop.hits["/"]
        asked = process.ask_other_sites(crawled.folder, crawled.run.id, told)
        assert shop.hits["/"] == before
    assert asked.ended == "finished"
    assert asked.text == "6 links to other sites asked for"
    answers: dict[str, Response] = crawled.responses()
    assert {path: answers[base + path].status for path in paths} == {
        "/good": 200, "/moved": 200, "/gone": 410, "/wall": 999, "/big": 200, "/home": 302,
    }  # fmt: skip
    assert answers[base + "/home"].outcome is F.SKIPPED
    assert answers[base + "/big"].truncated
    assert len(answers[base + "/gone"].attempts) == 2
    assert other.hits["/gone"] == 2
    assert other.hits["/robots.txt"] == 0
    for visit in other.visits:
        assert visit.headers["user-agent"] == "Test auditor/0"
        assert not {"x-secret", "authorization", "cookie", "referer"} & set(visit.headers)
    assert crawled.urls()["https://www.facebook.com/sharer.php?u=x"].reason == "not asked: share link"


def many(shop: Nasty, other: Nasty, answer: Callable[[Visit], Reply]) -> tuple[list[str], CrawlSettings]:
    paths = [f"/{number}" for number in range(6)]
    other.routes.update(dict.fromkeys(paths, answer))
    shop.routes = linking(*(f"http://maker.example{path}" for path in paths))
    resolve = {"maker.example": f"127.0.0.1:{other.port}"}
    return paths, settings(shop.url("/"), external_links=True, external_pause=0.3, resolve=resolve)


def test_a_stop_leaves_the_rest_waiting_and_going_on_asks_for_that_only(
    new_run: Callable[[str], Crawled], other: Nasty
) -> None:
    stop = threading.Event()

    def answer(visit: Visit) -> Reply:
        if visit.path == "/2":
            stop.set()
        return Reply(200, b"<html>ok</html>")

    with serving() as shop:
        paths, told = many(shop, other, answer)
        crawled = new_run(shop.url("/"))
        process.crawl_round(crawled.folder, crawled.run.id, told)
    first = process.ask_other_sites(crawled.folder, crawled.run.id, told, stop=stop)
    assert first.ended == "stopped"
    assert first.waiting >= 2
    second = process.ask_other_sites(crawled.folder, crawled.run.id, told)
    assert (second.ended, second.outcomes, second.waiting) == ("finished", {"ok": 6}, 0)
    assert all(other.hits[path] == 1 for path in paths if path != "/2")


def test_a_killed_child_is_started_again_and_loses_nothing(new_run: Callable[[str], Crawled], other: Nasty) -> None:
    def answer(visit: Visit) -> Reply:
        if visit.path == "/2" and visit.number == 1:
            for child in psutil.Process().children():
                if "auditor.crawl.child" in child.cmdline():
                    # the child first: after a fork alone the next job would go to it, and be killed with it
                    for one in (child, *child.children()):
                        with suppress(psutil.NoSuchProcess):
                            one.kill()
        return Reply(200, b"<html>ok</html>")

    with serving() as shop:
        paths, told = many(shop, other, answer)
        crawled = new_run(shop.url("/"))
        process.crawl_round(crawled.folder, crawled.run.id, told)
    asked = process.ask_other_sites(crawled.folder, crawled.run.id, told)
    assert (asked.ended, asked.outcomes, asked.waiting) == ("finished", {"ok": 6}, 0)
    assert other.hits["/2"] == 2
    assert all(
        other.hits[path] in (1, 2) for path in paths
    )  # again only what was under way, or answered and not yet written
