"""What a hostile or broken server sends has a clear outcome, in bounded time and memory; what is wrong with it is evidence."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

import psutil
import pytest

from auditor.crawl.process import ask_other_sites, crawl_round
from auditor.crawl.settings import CrawlSettings
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome as F
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Route, Visit, page, serving, text, to

NewRun = Callable[[str], Crawled]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
GIGABYTE = 1_000_000_000
MOST_MEMORY = 600_000_000  # bytes of the crawl's process; it takes about 150 MB with nothing to do


def huge() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: %d\r\n\r\n<html><a href='/from-huge'>x</a>" % GIGABYTE
    for _ in range(GIGABYTE // 1_000_000):
        yield b"x" * 1_000_000


def drip() -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 100000\r\n\r\n"
    for _ in range(200):
        time.sleep(0.2)
        yield b"x"


def flood() -> Iterator[bytes]:
    yield HEAD
    for number in range(10_000_000):
        yield b"".join(b"X-Flood-%d-%d: %s\r\n" % (number, one, b"f" * 200) for one in range(100))


def long_header() -> Iterator[bytes]:
    yield HEAD + b"X-Long: "
    for _ in range(1_000):
        yield b"y" * 1_000_000


def looping_cookies(visit: Visit) -> Reply:
    return to("/cookie-loop", 302, ("Set-Cookie", f"n={visit.number}; Path=/"))


def shop(nasty: Nasty) -> dict[str, Route]:
    named = (
        "/huge", "/drip", "/flood", "/long-header", "/broken-chunks", "/half-chunk", "/two-lengths", "/charset-lie",
        "/charset-none", "/cookie-loop", "/refresh", "/refresh-out", "/type-lie", "/no-type", "/many-headers",
        "/a%2Fb", "/caf%C3%A9", "/café", "/caf%c3%a9", "/%7Euser", "/~user", "/space here", "/space%20here",
        "/to-private", "/to-file", "/to-javascript", "/to-data",
    )  # fmt: skip
    more = (
        f"http://user:hunter2@127.0.0.1:{nasty.port}/with-user", "http://bücher.example/x", "http:///nowhere", "http://[bad/", "//",
        f"HTTP://127.0.0.1:{nasty.port}/upper", "http://127.0.0.1:99999/", "http://exa mple/",
    )  # fmt: skip
    return {
        "/robots.txt": text(""),
        "/": page(*named, *more),
        "/huge": Reply(stream=huge),
        "/from-huge": page(),
        "/drip": Reply(stream=drip),
        "/flood": Reply(stream=flood),
        "/long-header": Reply(stream=long_header),
        "/broken-chunks": Reply(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZZ\r\n<html>\r\n0\r\n\r\n"),
        "/half-chunk": Reply(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\nFF\r\n<html>half"),
        "/two-lengths": Reply(raw=HEAD + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n<html>abc"),
        "/charset-lie": Reply(body="<html><a href='/größe-1'>x</a>".encode("latin-1"), type="text/html; charset=utf-8"),
        "/charset-none": Reply(body=b"<html><a href='/from-none'>x</a>", type="text/html; charset=klingon-8"),
        "/from-none": page(),
        "/cookie-loop": looping_cookies,
        "/refresh": page(head='<meta http-equiv="Refresh" content="0; url=/refreshed">'),
        "/refreshed": page(),
        "/refresh-out": page(head='<meta http-equiv=refresh content="0;url=file:///etc/passwd">'),
        "/type-lie": Reply(body=b"<!doctype html><html><title>x</title>", type="image/png"),
        "/no-type": Reply(body=b"<!doctype html><html><a href='/from-no-type'>x</a></html>", type=""),
        "/from-no-type": page(),
        "/many-headers": Reply(body=b"<html>x</html>", headers=tuple((f"X-{n}", "y" * 50) for n in range(1_000))),
        "/a%2Fb": page(), "/caf%C3%A9": page(), "/caf%c3%a9": page(), "/%7Euser": page(), "/~user": page(),
        "/space%20here": page(), "/upper": page(),
        "/to-private": to("http://192.168.0.1/admin"),
        "/to-file": to("file:///etc/passwd"),
        "/to-javascript": to("javascript:alert(1)"),
        "/to-data": to("data:text/html,x"),
    }  # fmt: skip


class Result:
    def __init__(self, nasty: Nasty, crawled: Crawled, peak: int) -> None:
        self.nasty, self.peak = nasty, peak
        self.urls, self.responses = crawled.urls(), crawled.responses()

    def __getitem__(self, path: str) -> Response:
        return self.responses[self.nasty.url(path)]


def crawl(new_run: NewRun, told: CrawlSettings) -> tuple[Crawled, str, int]:
    """The run, how it ended, and the most memory its process took."""
    crawled, peak, over = new_run(told.start[0]), [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            for child in psutil.Process(os.getpid()).children():
                with_memory = child.memory_info().rss if child.is_running() else 0
                peak[0] = max(peak[0], with_memory)

    def watching() -> None:
        while not over.is_set():
            try:
                watch()
            except psutil.Error:
                continue

    thread = threading.Thread(target=watching, daemon=True)
    thread.start()
    try:
        ended = crawl_round(crawled.folder, crawled.run.id, told)
    finally:
        over.set()
        thread.join()
    return crawled, ended.text, peak[0]


@pytest.fixture(scope="module")
def seen(new_run: NewRun) -> Iterator[Result]:
    with serving() as nasty:
        nasty.routes.update(shop(nasty))
        crawled, _, peak = crawl(new_run, settings(nasty.url("/"), timeout=6.0))
        yield Result(nasty, crawled, peak)


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/huge", F.OK, ""),
        ("/from-huge", F.OK, ""),
        ("/drip", F.TIMEOUT, "no complete answer within 6 s"),
        ("/flood", F.SITE_ERROR, "the answer is not valid HTTP: its headers do not end"),
        ("/long-header", F.SITE_ERROR, ""),
        ("/broken-chunks", F.SITE_ERROR, ""),
        ("/half-chunk", F.SITE_ERROR, "the answer broke off before its end"),
        ("/charset-lie", F.OK, ""),
        ("/charset-none", F.OK, ""),
        ("/from-none", F.OK, ""),
        ("/cookie-loop", F.SITE_ERROR, "more than 10 redirects"),
        ("/refresh", F.OK, ""),
        ("/refreshed", F.OK, ""),
        ("/refresh-out", F.OK, ""),
        ("/type-lie", F.OK, "a page sent as image/png"),
        ("/from-no-type", F.OK, ""),
        ("/many-headers", F.OK, ""),
        ("/to-file", F.SITE_ERROR, "redirects to something that is no web address"),
        ("/to-javascript", F.SITE_ERROR, "redirects to something that is no web address"),
        ("/to-data", F.SITE_ERROR, "redirects to something that is no web address"),
        ("/to-private", F.SKIPPED, "redirects to another site"),
        ("/upper", F.OK, ""),
    ],
)  # fmt: skip
def test_what_comes_of_each(seen: Result, path: str, outcome: F, reason: str) -> None:
    response = seen[path]
    assert response.outcome is outcome, response.reason
    assert response.reason.startswith(reason) if reason else outcome is not F.OK or not response.reason


def test_a_gigabyte_is_cut_and_its_rest_not_taken(seen: Result) -> None:
    assert seen["/huge"].truncated
    assert seen["/huge"].size == 5_000_000
    assert seen.nasty.streamed["/huge"] < 100_000_000


def test_floods_are_ended(seen: Result) -> None:
    for path in ("/flood", "/long-header"):
        assert seen.nasty.streamed[path] < 100_000_000
    assert len(seen["/many-headers"].headers) <= 200


def test_memory_is_bounded(seen: Result) -> None:
    assert 0 < seen.peak < MOST_MEMORY


def test_one_address_in_several_writings_is_one(seen: Result) -> None:
    hits = seen.nasty.hits
    assert hits["/caf%C3%A9"] + hits["/caf%c3%a9"] == 1
    assert hits["/%7Euser"] + hits["/~user"] == 1
    assert hits["/space%20here"] == 1
    assert hits["/a%2Fb"] == 1


def test_addresses_that_are_none_or_hold_a_password(seen: Result) -> None:
    row = next(row for url, row in seen.urls.items() if url.endswith("/with-user"))
    assert (row.status, row.reason) == ("skipped", "address with a user name in it")
    assert seen.nasty.hits["/with-user"] == 0
    assert seen.urls["http://xn--bcher-kva.example/x"].kind == "external"
    assert not [url for url in seen.urls if "[bad" in url or ":99999" in url or "exa mple" in url]


@pytest.mark.parametrize(
    ("robots", "says"),
    [
        (Reply(500, b"oops"), "robots.txt answers 500, which means that nothing may be fetched for now"),
        (Reply(body=b"User-agent: *\nDisallow: /private\n" + b"# x\n" * 2_500_000, type="text/plain"), ""),
        (page("/x", title="Not found"), ""),
        (Reply(stream=flood), "robots.txt answers 0"),
        (to("/robots.txt"), ""),
    ],
    ids=["500", "10 MB", "HTML", "endless headers", "leads to itself"],
)
def test_robots_txt_that_is_none(new_run: NewRun, robots: Reply, says: str) -> None:
    with serving({"/robots.txt": robots, "/": page("/a", "/private/b"), "/a": page()}) as nasty:
        crawled, ended, peak = crawl(new_run, settings(nasty.url("/"), timeout=20.0))
        if says and says != "robots.txt answers 0":
            assert says in ended
            assert not nasty.hits["/"]
        elif not says:
            assert crawled.responses()[nasty.url("/a")].outcome is F.OK
        assert nasty.hits["/private/b"] == 0 or robots.status != 200 or b"Disallow" not in robots.body
        assert peak < MOST_MEMORY


def test_ten_thousand_links_on_a_page(new_run: NewRun) -> None:
    with serving({"/": page(*(f"/lamp{n}.html" for n in range(10_000)))}) as nasty:
        nasty.routes |= {f"/lamp{n}.html": page() for n in range(10_000)}
        crawled, ended, peak = crawl(new_run, settings(nasty.url("/"), max_pages=20))
        rows = [row for row in crawled.urls().values() if row.kind == "page"]
        assert len(rows) == 10_001
        assert sum(row.status == "done" for row in rows) == 20
        assert {row.reason for row in rows if row.status == "skipped"} == {"chosen: page limit reached"}
        assert "page limit" in ended
        assert peak < MOST_MEMORY


def test_a_sitemap_that_lists_itself_and_one_without_end(new_run: NewRun) -> None:
    """Two million addresses in one file: read up to a limit that goes with that of pages, in flat memory, and told."""

    def urlset() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n<urlset>"
        for start in range(0, 2_000_000, 10_000):
            yield b"".join(
                b"<url><loc>http://127.0.0.1:%d/p%d</loc></url>" % (nasty.port, n) for n in range(start, start + 10_000)
            )
        yield b"</urlset>"

    bomb = '<?xml version="1.0"?><!DOCTYPE u [' + '<!ENTITY a0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
    ) + "]><urlset><url><loc>/&a9;</loc></url></urlset>"  # fmt: skip
    with serving() as nasty:
        itself = f"<sitemapindex><sitemap><loc>{nasty.url('/index.xml')}</loc></sitemap><sitemap><loc>/bomb.xml</loc></sitemap><sitemap><loc>/huge.xml</loc></sitemap></sitemapindex>"
        nasty.routes |= {
            "/robots.txt": text("Sitemap: /index.xml"), "/": page(), "/index.xml": text(itself, "application/xml"),
            "/bomb.xml": text(bomb, "application/xml"), "/huge.xml": Reply(stream=urlset),
        }  # fmt: skip
        crawled, _, peak = crawl(
            new_run, settings(nasty.url("/"), sitemaps=True, max_pages=20_100, include=("/none",), timeout=120.0)
        )
        answers, rows = crawled.responses(), crawled.urls()
        assert nasty.hits["/index.xml"] == 1
        told = answers[nasty.url("/huge.xml")]
        assert told.outcome is F.OK
        assert told.reason == "read as far as 100,500 addresses, for it is too long"
        assert len(rows) < 110_000
        assert answers[nasty.url("/bomb.xml")].reason.startswith("not a good sitemap")
        assert not [url for url in rows if "aaaaaaaaaa" in url]
        assert peak < MOST_MEMORY


def test_a_shop_that_allows_so_many_requests_a_minute(new_run: NewRun) -> None:
    """Ten a second stand for three hundred a minute: the crawl loses no page."""
    answered: deque[float] = deque()
    refused = count()

    def limited(inside: Reply) -> Route:
        def answer(_: Visit) -> Reply:
            now = time.monotonic()
            while answered and answered[0] < now - 1:
                answered.popleft()
            if len(answered) >= 10:
                next(refused)
                return Reply(429, b"slow down", headers=(("Retry-After", "1"),))
            answered.append(now)
            return inside

        return answer

    with serving({"/": limited(page(*(f"/p{n}" for n in range(60))))}) as nasty:
        nasty.routes |= {f"/p{n}": limited(page()) for n in range(60)}
        crawled, _, _ = crawl(new_run, settings(nasty.url("/")))
        outcomes = {row.url: row.outcome for row in crawled.responses().values() if "/p" in row.url}
        assert len(outcomes) == 60
        assert set(outcomes.values()) == {F.OK}
        assert next(refused) < 300  # each page five times: never a storm, however busy this machine is


def test_a_link_outside_does_not_lead_into_this_network(new_run: NewRun) -> None:
    """By redirect, by address and by a name that stands for an address in here; the shop's own name may be one."""
    with serving() as inside, serving() as other, serving() as own:
        other.routes |= {"/away": to(inside.url("/secret")), "/by-name": to(f"http://localhost:{inside.port}/secret")}
        base = f"http://maker.example:{other.port}"
        links = (
            f"{base}/away",
            f"{base}/by-name",
            inside.url("/direct"),
            f"http://{os.uname().nodename}:{inside.port}/name",
        )
        own.routes |= {"/robots.txt": text(""), "/": page(*links)}
        resolve = {"shop.example": f"127.0.0.1:{own.port}", "maker.example": f"127.0.0.1:{other.port}"}
        told = settings(
            "http://shop.example/", resolve=resolve, external_links=True, external_pause=0.0, control_url=f"{base}/x"
        )
        crawled = new_run(told.start[0])
        crawl_round(crawled.folder, crawled.run.id, told)
        ask_other_sites(crawled.folder, crawled.run.id, told)
        assert {"/away", "/by-name"} <= set(other.hits)
        assert not inside.visits
        answers = crawled.responses()
        assert answers[f"{base}/away"].outcome is F.SKIPPED
        assert crawled.urls()[inside.url("/direct")].reason == "not asked: address inside a network"
