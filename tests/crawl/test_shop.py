"""One crawl, by a real child process, of a shop with everything wrong; then a look at what was kept of each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from auditor.crawl.process import Progress, RoundResult, crawl_round
from auditor.crawl.settings import CrawlSettings
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome as F
from auditor.store import runs
from auditor.store.query import StoredSite
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Nasty, Reply, Route, Visit, page, serving, text, to

CHALLENGE = Reply(
    403,
    b"<!doctype html><html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>",
    headers=(("Server", "cloudflare"), ("cf-mitigated", "challenge")),
)
LINKS = (
    "/fine", "/fine#part", "/fine?utm_source=x&gclid=1", "/entities?a=1&amp;b=2", "/based/", "/gone", "/notfound", "/always500",
    "/once500", "/once-dropped", "/dropped", "/broken-off", "/not-http", "/loop", "/ping", "/many/0", "/to-404", "/to-fine", "/to-elsewhere",
    "/to-unsafe", "/to-disallowed", "/to-file", "/to-nothing", "/to-pdf", "/same-page", "/sets-cookies", "/cookie-wall", "/challenge",
    "/forbidden", "/plain", "/data", "/picture.jpg", "/manual.pdf", "/report", "/empty", "/big", "/bomb", "/squeezed", "/damaged",
    "/cart?add-to-cart=7", "/account/logout", "/private/secret", "/search?q=x", "/not-modified", "/latin",
    "https://elsewhere.example/x", "mailto:a@b.example", "/excluded/1",
    "/" + "x" * 2100,
)  # fmt: skip


def shop(nasty: Nasty) -> dict[str, Route]:
    def once(bad: Reply, good: Reply) -> Callable[[Visit], Reply]:
        return lambda visit: bad if visit.number == 1 else good

    def cookie_wall(visit: Visit) -> Reply:
        if "pass=yes" in visit.headers.get("cookie", ""):
            return page(text="inside")
        return to("/cookie-wall", 302, ("Set-Cookie", "pass=yes; Path=/"))

    def many(n: int) -> Reply:
        return to(f"/many/{n + 1}")

    sitemap = f"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
      <url><loc>{nasty.url("/from-sitemap?a=1&amp;b=2")}</loc></url><url><loc>{nasty.url("/fine")}</loc></url>
      <url><loc>https://elsewhere.example/y</loc></url><url><loc>{nasty.url("/brochure.pdf")}</loc></url></urlset>"""
    index = "<sitemapindex>" + "".join(
        f"<sitemap><loc>{nasty.url(path)}</loc></sitemap>"
        for path in ("/s.xml.gz", "/s-html.xml", "/s-broken.xml", "/s-404.xml")
    )
    return {
        "/robots.txt": text(
            f"User-agent: *\nDisallow: /private/\nDisallow: /*?*q=\nSitemap: {nasty.url('/index.xml')}\nSitemap: /list.txt\n"
        ),
        "/index.xml": text(index + "</sitemapindex>", "application/xml"),
        "/s.xml.gz": Reply(body=gzip.compress(sitemap.encode()), type="application/gzip"),
        "/s-html.xml": page("/not-from-here"),
        "/s-broken.xml": text(f"<urlset><url><loc>{nasty.url('/before-the-break')}</loc></url><url", "text/xml"),
        "/list.txt": text(nasty.url("/from-list") + "\n"),
        "/from-sitemap?a=1&b=2": page(),
        "/from-list": page(),
        "/before-the-break": page(),
        "/": page(*LINKS),
        "/fine": page("/deep"),
        "/deep": page("/deeper"),
        "/deeper": page(),
        "/entities?a=1&b=2": page(),
        "/based/": page("inner", head='<base href="/elsewhere/">'),
        "/elsewhere/inner": page(),
        "/gone": Reply(410, b"<html>gone</html>"),
        "/always500": Reply(500, b"<html>oops</html>"),
        "/once500": once(Reply(500), page("/behind-500")),
        "/behind-500": page(),
        "/once-dropped": once(Reply(drop=True), page()),
        "/dropped": Reply(drop=True),
        "/broken-off": Reply(body=b"<html>half", length=5000),
        "/not-http": Reply(raw=b"this is not http at all\r\n\r\n"),
        "/loop": to("/loop"),
        "/ping": to("/pong"),
        "/pong": to("/ping"),
        **{f"/many/{n}": many(n) for n in range(30)},
        "/to-404": to("/missing", 301),
        "/to-fine": to("/target?x=1#here", 301),
        "/target?x=1": page("/from-target"),
        "/from-target": page(),
        "/to-elsewhere": to("https://elsewhere.example/z"),
        "/to-unsafe": to("/cart?add-to-cart=9"),
        "/to-disallowed": to("/private/two"),
        "/to-file": to("file:///etc/passwd"),
        "/to-nothing": Reply(302),
        "/to-pdf": to("/report"),
        "/same-page": to("/same-page?utm_source=x"),
        "/same-page?utm_source=x": page(text="the same"),
        "/sets-cookies": Reply(body=b"<html>x</html>", headers=(("Set-Cookie", "session=1; Path=/"),)),
        "/cookie-wall": cookie_wall,
        "/challenge": CHALLENGE,
        "/forbidden": Reply(403, b"<html>no</html>"),
        "/plain": Reply(body=b"<!doctype html><html><a href='/no'>x</a></html>", type="text/plain"),
        "/data": Reply(body=json.dumps({"a": 1}).encode(), type="application/json"),
        "/report": Reply(body=b"%PDF-1.7 ...", type="application/pdf"),
        "/empty": Reply(body=b""),
        "/big": Reply(body=b"<html><a href='/from-big'>x</a>" + b"x" * 6_000_000),
        "/from-big": page(),
        "/bomb": Reply(body=gzip.compress(b"<html>" + b"\0" * 60_000_000), headers=(("Content-Encoding", "gzip"),)),
        "/squeezed": Reply(body=gzip.compress(page("/from-squeezed").body), headers=(("Content-Encoding", "gzip"),)),
        "/from-squeezed": page(),
        "/damaged": Reply(
            body=gzip.compress(b"<html>" + bytes(range(256)) * 50)[:200], headers=(("Content-Encoding", "gzip"),)
        ),
        "/not-modified": Reply(304),
        "/latin": Reply(
            body="<html><a href='/größe'>x</a></html>".encode("latin-1"), type="text/html; charset=iso-8859-1"
        ),
        "/gr%C3%B6%C3%9Fe": page(),
    }


class Result:
    def __init__(self, nasty: Nasty, crawled: Crawled, result: RoundResult, told: list[Progress]) -> None:
        self.nasty, self.crawled, self.result, self.told = nasty, crawled, result, told
        self.urls, self.responses = crawled.urls(), crawled.responses()

    def url(self, path: str) -> Any:
        return self.urls[self.nasty.url(path)]

    def response(self, path: str) -> Response:
        return self.responses[self.nasty.url(path)]


def as_told(start: str) -> CrawlSettings:
    return settings(start, sitemaps=True, exclude=("/excluded/*",), user_agent="Mozilla/5.0 Test auditor/0")


@pytest.fixture(scope="module")
def shop_crawl(new_run: Callable[[str], Crawled]) -> Iterator[Result]:
    with serving() as nasty:
        nasty.routes.update(shop(nasty))
        start = nasty.url("/")
        crawled, told = new_run(start), []
        result = crawl_round(crawled.folder, crawled.run.id, as_told(start), on_progress=told.append)
        yield Result(nasty, crawled, result, told)


def test_it_finishes_and_tells_its_progress(shop_crawl: Result) -> None:
    assert shop_crawl.result.reason == "finished"
    assert shop_crawl.result.start[0].outcome == F.OK
    assert shop_crawl.result.ok > 10
    assert shop_crawl.result.waiting == 0
    assert shop_crawl.told[-1].fetched == shop_crawl.result.fetched
    assert not [row for row in shop_crawl.urls.values() if row.status in ("waiting", "leased")]


@pytest.mark.parametrize(
    ("path", "outcome", "status", "reason", "asked"),
    [
        ("/", F.OK, 200, "", 1),
        ("/fine", F.OK, 200, "", 1),
        ("/entities?a=1&b=2", F.OK, 200, "", 1),
        ("/elsewhere/inner", F.OK, 200, "", 1),
        ("/gr%C3%B6%C3%9Fe", F.OK, 200, "", 1),
        ("/from-sitemap?a=1&b=2", F.OK, 200, "", 1),
        ("/from-list", F.OK, 200, "", 1),
        ("/before-the-break", F.OK, 200, "", 1),
        ("/gone", F.SITE_ERROR, 410, "answers 410 (gone)", 2),
        ("/notfound", F.SITE_ERROR, 404, "answers 404 (not found)", 2),
        ("/always500", F.SITE_ERROR, 500, "answers 500 (internal server error)", 3),
        ("/once500", F.OK, 200, "", 2),
        ("/behind-500", F.OK, 200, "", 1),
        ("/once-dropped", F.OK, 200, "", 2),
        ("/dropped", F.SITE_ERROR, 0, "the connection was dropped", 2),
        ("/broken-off", F.SITE_ERROR, 0, "the answer broke off before its end", 3),
        ("/loop", F.SITE_ERROR, 302, "redirects in a circle", 2),
        ("/ping", F.SITE_ERROR, 302, "redirects in a circle", 2),
        ("/many/0", F.SITE_ERROR, 302, "more than 10 redirects", 2),
        ("/to-nothing", F.SITE_ERROR, 302, "answers 302 without saying where to", 2),
        ("/to-file", F.SITE_ERROR, 302, "redirects to something that is no web address", 2),
        ("/not-modified", F.SITE_ERROR, 304, "answers 304 unasked", 2),
        ("/cookie-wall", F.OK, 200, "", 2),
        ("/challenge", F.BLOCKED, 403, "a bot protection stands before it", 1),
        ("/forbidden", F.BLOCKED, 403, "the shop does not let us in (403)", 1),
        ("/plain", F.OK, 200, "a page sent as text/plain", 1),
        ("/data", F.OK, 200, "", 1),
        ("/report", F.OK, 200, "", 1),
        ("/empty", F.SITE_ERROR, 200, "answers with a blank page (200)", 2),
        ("/squeezed", F.OK, 200, "", 1),
        ("/big", F.OK, 200, "", 1),
        ("/bomb", F.OK, 200, "", 1),
        ("/damaged", F.OK, 200, "the compressed body ends too early", 1),
    ],
)
def test_what_came_of_each(shop_crawl: Result, path: str, outcome: F, status: int, reason: str, asked: int) -> None:
    response = shop_crawl.response(path)
    assert (response.outcome, response.status) == (outcome, status)
    assert response.reason.startswith(reason) if reason else not response.reason
    assert shop_crawl.nasty.hits[path] >= 1
    if path not in (
        "/loop",
        "/ping",
        "/report",
        "/dropped",
    ):  # /dropped: Twisted asks again by itself on a kept connection
        assert shop_crawl.nasty.hits[path] == asked


def test_failures_carry_both_attempts(shop_crawl: Result) -> None:
    first, second = shop_crawl.response("/once500").attempts
    assert (first.outcome, first.status, second.outcome, second.status) == (F.SITE_ERROR, 500, F.OK, 200)
    assert [attempt.status for attempt in shop_crawl.response("/notfound").attempts] == [404, 404]
    assert len(shop_crawl.response("/fine").attempts) == 1


def test_what_is_not_http_is_the_shops_fault(shop_crawl: Result) -> None:
    assert shop_crawl.response("/not-http").outcome is F.SITE_ERROR


@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("/cart?add-to-cart=7", "page", "cart"),
        ("/account/logout", "page", "logs out"),
        ("/private/secret", "page", "robots.txt"),
        ("/search?q=x", "page", "robots.txt"),
        ("/excluded/1", "page", "chosen: excluded by the config"),
        ("/" + "x" * 2100, "page", "address longer than 2,000 characters"),
        ("/cart?add-to-cart=9", "page", "cart"),
        ("/private/two", "page", "robots.txt"),
    ],
)
def test_what_was_never_asked_for_has_a_reason(shop_crawl: Result, path: str, kind: str, reason: str) -> None:
    row = shop_crawl.url(path)
    assert (row.status, row.kind) == ("skipped", kind)
    assert reason in row.reason
    assert shop_crawl.nasty.hits[path] == 0


@pytest.mark.parametrize("path", ["/picture.jpg", "/manual.pdf", "/brochure.pdf"])
def test_files_that_pages_link_to_are_asked_for_and_never_read(shop_crawl: Result, path: str) -> None:
    row, response = shop_crawl.url(path), shop_crawl.response(path)
    assert (row.kind, row.status) == ("asset", "done")
    assert (response.outcome, response.status, len(response.attempts)) == (F.SITE_ERROR, 404, 2)
    assert shop_crawl.nasty.hits[path] == 2


def test_other_sites_are_known_and_left_alone(shop_crawl: Result) -> None:
    row = shop_crawl.urls["https://elsewhere.example/x"]
    assert (row.kind, row.status, row.reason) == ("external", "skipped", "outside the site")
    assert shop_crawl.urls["https://elsewhere.example/y"].kind == "external"


@pytest.mark.parametrize(
    ("path", "reason", "target"),
    [
        ("/to-elsewhere", "redirects to another site", "https://elsewhere.example/z"),
        ("/to-unsafe", "redirects to an address that is not fetched: adds to the cart", "/cart?add-to-cart=9"),
        ("/to-disallowed", "redirects to an address that is not fetched: robots.txt", "/private/two"),
    ],
)
def test_redirects_that_are_not_followed(shop_crawl: Result, path: str, reason: str, target: str) -> None:
    response, row = shop_crawl.response(path), shop_crawl.url(path)
    assert (response.outcome, response.reason) == (F.SKIPPED, reason)
    assert response.hops[-1].location.endswith(target)
    assert (row.status, row.reason) == ("skipped", reason)


def test_a_redirect_keeps_its_hops_and_its_target_the_page(shop_crawl: Result) -> None:
    source, target = shop_crawl.response("/to-fine"), shop_crawl.response("/target?x=1")
    assert [(hop.status, hop.location) for hop in source.hops] == [(301, shop_crawl.nasty.url("/target?x=1"))]
    assert (source.outcome, source.status, source.final_url) == (F.OK, 200, target.url)
    assert (target.outcome, target.hops) == (F.OK, ())
    assert shop_crawl.crawled.body(source.url) is None
    assert shop_crawl.crawled.body(target.url)
    assert shop_crawl.url("/target?x=1").found_by == "redirect"
    assert shop_crawl.nasty.hits["/target?x=1"] == 1
    assert shop_crawl.response("/from-target").outcome is F.OK


def test_a_redirect_to_404_is_an_error_on_both(shop_crawl: Result) -> None:
    source, target = shop_crawl.response("/to-404"), shop_crawl.response("/missing")
    assert (source.outcome, source.status, len(source.hops)) == (F.SITE_ERROR, 404, 1)
    assert (target.outcome, target.status, target.hops) == (F.SITE_ERROR, 404, ())
    assert len(source.attempts) == len(target.attempts) == 2
    assert shop_crawl.nasty.hits["/missing"] == 2


def test_a_redirect_to_the_same_key_is_one_page(shop_crawl: Result) -> None:
    response = shop_crawl.response("/same-page")
    assert len(response.hops) == 1
    assert b"the same" in (shop_crawl.crawled.body(response.url) or b"")
    assert shop_crawl.nasty.url("/same-page?utm_source=x") not in shop_crawl.urls


def test_cookies_live_for_one_chain_only(shop_crawl: Result) -> None:
    cookies = [(visit.path, visit.headers["cookie"]) for visit in shop_crawl.nasty.visits if "cookie" in visit.headers]
    assert cookies == [("/cookie-wall", "pass=yes")]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/data", "asset"), ("/report", "asset"), ("/to-pdf", "asset"), ("/plain", "page"), ("/empty", "page")],
)
def test_what_is_no_page_is_kept_as_an_asset_without_a_document(shop_crawl: Result, path: str, kind: str) -> None:
    assert shop_crawl.url(path).kind == kind
    assert shop_crawl.crawled.body(shop_crawl.nasty.url(path)) is None


@pytest.mark.parametrize("path", ["/big", "/bomb"])
def test_what_is_too_long_is_cut_not_lost(shop_crawl: Result, path: str) -> None:
    response = shop_crawl.response(path)
    assert response.truncated
    assert response.size == 5_000_000
    assert len(shop_crawl.crawled.body(response.url) or b"") == 5_000_000


def test_links_are_read_from_what_was_cut_or_packed(shop_crawl: Result) -> None:
    assert shop_crawl.response("/from-big").outcome is F.OK
    assert shop_crawl.response("/from-squeezed").outcome is F.OK


def test_one_page_under_several_addresses_is_fetched_once(shop_crawl: Result) -> None:
    assert sum(hits for path, hits in shop_crawl.nasty.hits.items() if path.startswith("/fine")) == 1


def test_depth_counts_clicks(shop_crawl: Result) -> None:
    assert [shop_crawl.url(path).depth for path in ("/", "/entities?a=1&b=2", "/deep", "/deeper")] == [0, 1, 2, 3]


def test_robots_and_sitemaps_are_kept_as_they_came(shop_crawl: Result) -> None:
    for path, kind, start in (
        ("/robots.txt", "robots", b"User-agent"),
        ("/index.xml", "sitemap", b"<sitemapindex>"),
        ("/s.xml.gz", "sitemap", b"<?xml"),
        ("/s-html.xml", "sitemap", b"<!doctype"),
    ):
        assert shop_crawl.url(path).kind == kind
        assert (shop_crawl.crawled.body(shop_crawl.nasty.url(path)) or b"").startswith(start)
    assert "HTML" in shop_crawl.response("/s-html.xml").reason
    assert shop_crawl.response("/s-broken.xml").reason.startswith("not a good sitemap")
    assert (shop_crawl.response("/s-404.xml").status, len(shop_crawl.response("/s-404.xml").attempts)) == (404, 2)
    with shop_crawl.crawled.workspace.read() as connection:
        site = StoredSite(connection, shop_crawl.crawled.run.id, ())
        named = {file.url: file.named_by for file in site.files("sitemap")}
        (robots,) = site.files("robots")
        contents = {file.url: site.content(file) for file in site.files("sitemap")}
    assert named[shop_crawl.nasty.url("/index.xml")] == robots.url == shop_crawl.nasty.url("/robots.txt")
    assert named[shop_crawl.nasty.url("/s.xml.gz")] == shop_crawl.nasty.url("/index.xml")
    assert contents[shop_crawl.nasty.url("/s.xml.gz")].startswith(b"<?xml")
    assert contents[shop_crawl.nasty.url("/s-404.xml")] == b""
    assert shop_crawl.nasty.hits["/not-from-here"] == 0


def test_every_request_looks_the_same(shop_crawl: Result) -> None:
    agents = {visit.headers["user-agent"] for visit in shop_crawl.nasty.visits}
    assert agents == {"Mozilla/5.0 Test auditor/0"}
    assert all(visit.headers["accept-encoding"] == "gzip, deflate" for visit in shop_crawl.nasty.visits)


def test_never_more_at_once_than_it_may(shop_crawl: Result) -> None:
    assert 0 < shop_crawl.nasty.most_at_once <= 4


def test_coverage_counts_only_pages(shop_crawl: Result) -> None:
    with shop_crawl.crawled.workspace.read() as connection:
        coverage = runs.coverage(connection, shop_crawl.crawled.run.id)
    assert coverage.waiting == 0
    assert coverage.outcomes[F.BLOCKED] == 2
    assert coverage.skipped["robots.txt"] == 3
    assert coverage.skipped["chosen: excluded by the config"] == 1
    assert "outside the site" not in coverage.skipped
    assert "asset" not in coverage.skipped


def test_a_second_round_asks_for_nothing_again(shop_crawl: Result) -> None:
    before = sum(shop_crawl.nasty.hits.values())
    again = crawl_round(shop_crawl.crawled.folder, shop_crawl.crawled.run.id, as_told(shop_crawl.nasty.url("/")))
    asked = [visit.path for visit in shop_crawl.nasty.visits[before:]]
    assert again.reason == "finished"
    assert again.new == 0
    assert set(asked) <= {"/robots.txt", "/index.xml", "/s-404.xml", "/list.txt"}
