"""What opens a shop goes to the shop and nobody else: two servers, redirects both ways, proxies, authorities, certificates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from auditor.config.session import Cookie
from auditor.crawl import certificate
from auditor.crawl.probe import probe
from auditor.crawl.process import crawl_round
from auditor.crawl.settings import CrawlSettings
from auditor.model.words import FetchOutcome as F
from tests.authority import Authority
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Visit, page, serving, text, to
from tests.proxies import proxying

NewRun = Callable[[str], Crawled]
SECRETS = {
    "headers": {"X-Key": "key-1", "Signature": "sig1=:s:", "Signature-Input": "sig1=()", "Signature-Agent": '"a"'},
    "basic_auth": ("qa", "pw"),
    "cookies": (Cookie(name="pass", value="c-1", domain="127.0.0.1"), Cookie(name="pass", value="c-1", domain="shop.example")),
}  # fmt: skip
NAMES = {"x-key", "signature", "signature-input", "signature-agent", "authorization"}


def open_(visit: Visit) -> bool:
    return visit.headers.keys() >= NAMES and "pass=c-1" in visit.headers.get("cookie", "")


def bare(visit: Visit) -> bool:
    return not visit.headers.keys() & {*NAMES, "cookie"}


def crawled(new_run: NewRun, told: CrawlSettings) -> Crawled:
    run = new_run(told.start[0])
    crawl_round(run.folder, run.run.id, told)
    return run


def test_two_servers_and_redirects_between_them(new_run: NewRun) -> None:
    """The other server is on the same address and another port, and under another name."""
    with serving() as other, serving() as shop:
        other.routes |= {"/": page(), "/back": to(shop.url("/private")), "/robots.txt": text("")}
        shop.routes |= {
            "/robots.txt": text(""),
            "/": page("/private", "/away", "/away-by-name", other.url("/"), f"http://other.example:{other.port}/"),
            "/private": page(text="in"),
            "/away": to(other.url("/")),
            "/away-by-name": to(f"http://other.example:{other.port}/back"),
        }
        resolve = {"other.example": f"127.0.0.1:{other.port}"}
        told = settings(
            shop.url("/"), session=SECRETS, resolve=resolve, external_links=True, sitemaps=True, probes=True
        )
        crawled(new_run, told)
        first = probe(settings(shop.url("/away"), session=SECRETS))
        assert first.verdict == "moved"
        assert {"/robots.txt", "/", "/private", "/away", "/away-by-name", "/sitemap.xml"} <= set(shop.hits)
        assert all(open_(visit) for visit in shop.visits), [visit for visit in shop.visits if not open_(visit)]
        assert other.visits
        assert all(bare(visit) for visit in other.visits)


def test_a_cookie_that_the_shop_sets_on_the_way_joins_the_configured_ones(new_run: NewRun) -> None:
    def wall(visit: Visit) -> object:
        if "wall=yes" in visit.headers.get("cookie", ""):
            return page(text="in")
        return to("/", 302, ("Set-Cookie", "wall=yes; Path=/"))

    with serving({"/": wall, "/robots.txt": text("")}) as shop:  # type: ignore[dict-item]
        run = crawled(new_run, settings(shop.url("/"), session=SECRETS))
        assert [visit.headers["cookie"] for visit in shop.visits if visit.path == "/"] == [
            "pass=c-1",
            "pass=c-1; wall=yes",
        ]
        kept = run.responses()[shop.url("/")]
        assert kept.outcome is F.OK


def test_set_cookies_are_kept_by_length_only(new_run: NewRun) -> None:
    home = page()
    home = type(home)(body=home.body, headers=(("Set-Cookie", "session=abcdef; Path=/; HttpOnly"),))
    with serving({"/": home}) as shop:
        run = crawled(new_run, settings(shop.url("/")))
        assert ("set-cookie", "session=<6 characters>; Path=/; HttpOnly") in run.responses()[shop.url("/")].headers


def test_an_authority_of_the_company_is_trusted_where_it_is_named(new_run: NewRun, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving({"/": page(text="in"), "/robots.txt": text("")}, authority.server("shop.example")) as shop:
        start, resolve = "https://shop.example/", {"shop.example": f"127.0.0.1:{shop.port}"}
        assert probe(settings(start, resolve=resolve)).verdict == "tls"
        trusting = settings(start, resolve=resolve, session={"ca": str(authority.file)})
        assert probe(trusting).verdict == "ok"
        elsewhere = settings("https://www.shop.example/", resolve={"www.shop.example": f"127.0.0.1:{shop.port}"},
                             session={"ca": str(authority.file)})  # fmt: skip
        assert probe(elsewhere).verdict == "tls", "the name is still looked at"
        told = certificate.read("shop.example", resolve=resolve, session=trusting.session)
        assert (told.distrust, told.subject) == ("", "shop.example")
        assert certificate.read("shop.example", resolve=resolve).distrust


def test_the_client_certificate_is_shown_to_the_shop_alone(new_run: NewRun, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    file, key = authority.issue("auditor", passphrase="open sesame")
    mine = {"ca": str(authority.file), "certificate": (str(file), str(key), "open sesame")}
    routes = {"/": page("/a"), "/a": page(), "/robots.txt": text("")}
    with (
        serving(dict(routes), authority.server("shop.example", clients=True)) as shop,
        serving(dict(routes), authority.server("other.example", clients=True)) as other,
    ):
        resolve = {"shop.example": f"127.0.0.1:{shop.port}", "other.example": f"127.0.0.1:{other.port}"}
        run = crawled(new_run, settings("https://shop.example/", resolve=resolve, session=mine))
        assert run.responses()["https://shop.example/a"].outcome is F.OK
        without = probe(settings("https://shop.example/", resolve=resolve, session={"ca": str(authority.file)}))
        assert without.verdict in ("tls", "dropped")
        strange = settings(
            "https://other.example/", resolve=resolve, session={**mine, "origins": ("https://shop.example",)}
        )
        assert probe(strange).verdict in ("tls", "dropped")
        assert not other.visits
        told = certificate.read(
            "shop.example", resolve=resolve, session=settings("https://shop.example/", session=mine).session
        )
        assert told.subject == "shop.example"


def test_everything_goes_through_the_companys_proxy(new_run: NewRun, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    routes = {"/": page("/a", "http://shop.example/b"), "/a": page(), "/b": page(), "/robots.txt": text("")}
    with serving(dict(routes)) as plain, serving(dict(routes), authority.server("shop.example")) as secured:
        ways = {"shop.example:80": ("127.0.0.1", plain.port), "shop.example:443": ("127.0.0.1", secured.port)}
        with proxying(ways) as proxy:
            session = {**SECRETS, "ca": str(authority.file), "proxy": f"http://me:p%40ss@127.0.0.1:{proxy.port}"}
            run = crawled(new_run, settings("https://shop.example/", session=session))
            answers = run.responses()
            assert answers["https://shop.example/a"].outcome is F.OK
            assert answers["http://shop.example/b"].outcome is F.OK
            assert {"CONNECT shop.example:443", "GET http://shop.example/b"} <= set(proxy.asked)
            assert all("Proxy-Authorization: Basic bWU6cEBzcw==" in head for head in proxy.heads)
            assert not any(name in head.lower() for head in proxy.heads for name in NAMES if name != "authorization")
            assert all("proxy-authorization" not in visit.headers for visit in secured.visits)
            assert all(open_(visit) for visit in secured.visits)
            assert all(bare(visit) for visit in plain.visits), "secrets of an https shop never go over plain http"
            told = certificate.read("shop.example", session=settings("https://shop.example/", session=session).session)
            assert (told.subject, told.failure) == ("shop.example", "")


def test_a_shop_on_this_machine_needs_no_proxy(new_run: NewRun) -> None:
    with serving({"/": page()}) as shop, proxying({}) as proxy:
        run = crawled(new_run, settings(shop.url("/"), session={"proxy": f"http://127.0.0.1:{proxy.port}"}))
        assert run.responses()[shop.url("/")].outcome is F.OK
        assert proxy.asked == []


def test_a_proxy_that_does_not_answer_is_said(new_run: NewRun) -> None:
    with proxying({}) as proxy:
        seen = probe(settings("https://shop.example/", session={"proxy": f"http://127.0.0.1:{proxy.port}"}))
        assert (seen.verdict, seen.response.outcome) == ("unreachable", F.UNREACHABLE)
        assert "the proxy gave no way there: it answered 502" in seen.sentence
