"""What a run asks once, beside pages: an address that cannot exist, and certificates."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auditor.crawl import certificate
from auditor.crawl.process import crawl_round, site_hosts
from auditor.model.query import LinkTarget
from auditor.model.words import FetchOutcome as F
from auditor.store import runs
from auditor.store.query import StoredSite
from tests.crawl.kit import Crawled, settings
from tests.crawl.nasty import Reply, Route, Visit, page, serving, text, to

NewRun = Callable[[str], Crawled]


def probed(crawled: Crawled) -> LinkTarget | None:
    with crawled.workspace.read() as connection:
        return StoredSite(connection, crawled.run.id, ()).probe("not-found")


def test_an_address_that_cannot_exist_is_asked_for_once_a_run(new_run: NewRun) -> None:
    with serving({"/": page("/a"), "/a": page(), "/robots.txt": text("")}) as shop:
        crawled = new_run(shop.url("/"))
        for _ in range(2):
            crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), probes=True))
        asked = [path for path in shop.hits if "auditor-probe" in path]
        assert len(asked) == 1
        assert shop.hits[asked[0]] == 1
        assert re.fullmatch(r"/auditor-probe-[0-9a-f]{8}", asked[0])
        told = probed(crawled)
        assert told is not None
        assert (told.outcome, told.status, told.url) == (F.SITE_ERROR, 404, shop.url(asked[0]))
        with crawled.workspace.read() as connection:
            coverage = runs.coverage(connection, crawled.run.id)
            assert list(StoredSite(connection, crawled.run.id, ()).certificates()) == []
    assert (coverage.known, coverage.fetched) == (2, 2)


def asked(crawled: Crawled, name: str) -> LinkTarget | None:
    with crawled.workspace.read() as connection:
        return StoredSite(connection, crawled.run.id, ()).probe(name)


def test_a_page_is_asked_for_once_more_in_other_languages_and_the_icon_where_browsers_look(new_run: NewRun) -> None:
    routes: dict[str, Route] = {"/": page("/lamp"), "/lamp": page(), "/de/lampe": page(), "/robots.txt": text("")}
    with serving(routes) as shop:
        plain = shop.answer

        def by_language(visit: Visit) -> Reply:
            wanted = visit.headers.get("accept-language", "")
            return to("/de/lampe") if visit.path == "/lamp" and wanted.startswith("de") else plain(visit)

        shop.answer = by_language  # type: ignore[method-assign,assignment]
        crawled = new_run(shop.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), probes=True))
        told, icon = asked(crawled, "language"), asked(crawled, "favicon")
        assert told is not None
        assert (told.url, told.final_url) == (shop.url("/lamp"), shop.url("/de/lampe"))
        assert icon is not None
        assert (icon.url, icon.outcome, icon.status) == (shop.url("/favicon.ico"), F.SITE_ERROR, 404)
        assert shop.url("/de/lampe") not in crawled.urls()


def test_icons_of_the_start_page_and_pictures_of_sitemaps_are_asked_for(new_run: NewRun) -> None:
    listed = "<url><loc>/lamp</loc><image><loc>/lamp.png</loc></image><image><loc>https://cdn.example/x.png</loc></image></url>"
    routes: dict[str, Route] = {
        "/": page("/lamp", head='<link rel="icon" href="/i.png">'),
        "/lamp": page(head='<link rel="icon" href="/j.png">'),
        "/robots.txt": text("Sitemap: /sitemap.xml"),
        "/sitemap.xml": text(f"<urlset>{listed}</urlset>", "application/xml"),
    }
    with serving(routes) as shop:
        crawled = new_run(shop.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), sitemaps=True))
        urls = crawled.urls()
        assert {urls[shop.url(path)].kind for path in ("/i.png", "/lamp.png")} == {"asset"}
        assert {"/i.png", "/lamp.png"} <= set(shop.hits)
        assert "/j.png" not in shop.hits
        assert "https://cdn.example/x.png" not in urls


@pytest.mark.parametrize(
    ("robots", "settled"), [("User-agent: *\nDisallow: /auditor", None), ("User-agent: *\nDisallow: /x", F.OK)]
)
def test_robots_txt_is_obeyed(new_run: NewRun, robots: str, settled: F | None) -> None:
    routes: dict[str, Route] = {"/": page(), "/robots.txt": text(robots)}
    with serving(routes) as shop:
        shop.answer = lambda visit: routes["/robots.txt"] if visit.path == "/robots.txt" else page()  # type: ignore[method-assign,assignment,return-value]
        crawled = new_run(shop.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), probes=True))
        told = probed(crawled)
    assert (told.outcome if told else None) == settled


def test_a_look_at_one_page_asks_for_nothing_else(new_run: NewRun) -> None:
    with serving({"/": page("/a"), "/robots.txt": text("")}) as shop:
        crawled = new_run(shop.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), follow_links=False, max_pages=1))
    assert set(shop.hits) == {"/", "/robots.txt"}


def test_where_it_is_redirected_is_kept(new_run: NewRun) -> None:
    with serving({"/": page(), "/robots.txt": text("")}) as shop:
        plain = shop.answer
        shop.answer = lambda visit: to("/") if "probe" in visit.path else plain(visit)  # type: ignore[method-assign]
        crawled = new_run(shop.url("/"))
        crawl_round(crawled.folder, crawled.run.id, settings(shop.url("/"), probes=True))
        told = probed(crawled)
    assert told is not None
    assert (told.outcome, told.final_url, len(told.hops)) == (F.OK, shop.url("/"), 1)


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate which nobody trusts, for shop.example and 40 days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "shop.example"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ours")]
    )
    began = datetime(2026, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=40))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, own = tmp_path / "cert.pem", tmp_path / "key.pem"
    pem.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, own)
    return context


def test_a_certificate_is_read_though_nobody_trusts_it(context: ssl.SSLContext) -> None:
    with serving(context=context) as shop:
        told = certificate.read("shop.example", resolve={"shop.example": f"127.0.0.1:{shop.port}"})
    assert told.failure == ""
    assert (told.host, told.port, told.subject, told.issuer) == ("shop.example", 443, "shop.example", "Ours")
    assert told.names == ("shop.example",)
    assert (told.not_before, told.not_after) == ("2026-01-01T00:00:00+00:00", "2026-02-10T00:00:00+00:00")
    assert told.distrust


def test_of_a_shop_on_https_plain_http_and_the_certificate_are_asked_for(
    new_run: NewRun, context: ssl.SSLContext
) -> None:
    routes: dict[str, Route] = {"/": page(), "/robots.txt": text("")}
    with serving(routes, context=context) as shop, serving({"/": to("https://shop.example/", 301)}) as plain:
        crawled = new_run("https://shop.example/")
        resolve = {"shop.example:443": f"127.0.0.1:{shop.port}", "shop.example:80": f"127.0.0.1:{plain.port}"}
        told = settings("https://shop.example/", probes=True, resolve=resolve, ignore_tls_errors=True)
        assert crawl_round(crawled.folder, crawled.run.id, told).ok == 1
        assert plain.hits["/"] == 1
    with crawled.workspace.read() as connection:
        site = StoredSite(connection, crawled.run.id, ())
        http, (one,) = site.probe("plain-http"), site.certificates()
    assert http is not None
    assert (http.outcome, [hop.location for hop in http.hops]) == (F.OK, ["https://shop.example/"])
    assert (one.host, one.not_after) == ("shop.example", "2026-02-10T00:00:00+00:00")


def test_a_host_without_www_that_has_no_page_is_asked_twice(new_run: NewRun, context: ssl.SSLContext) -> None:
    routes: dict[str, Route] = {"/": page(), "/robots.txt": text("")}
    with serving(routes, context=context) as shop, serving({}, context=context) as bare, serving({}) as plain:
        crawled = new_run("https://www.shop.example/")
        resolve = {
            "www.shop.example:443": f"127.0.0.1:{shop.port}", "www.shop.example:80": f"127.0.0.1:{plain.port}",
            "shop.example:443": f"127.0.0.1:{bare.port}", "shop.example:80": f"127.0.0.1:{plain.port}",
        }  # fmt: skip
        told = settings("https://www.shop.example/", probes=True, resolve=resolve, ignore_tls_errors=True)
        assert crawl_round(crawled.folder, crawled.run.id, told).ok == 1
        assert bare.hits["/"] == 2
    twin = asked(crawled, "twin")
    assert twin is not None
    assert (twin.outcome, twin.status, twin.confirmed) == (F.SITE_ERROR, 404, 2)


def test_links_to_the_host_without_www_are_the_shop_s_own_where_it_leads_there(
    new_run: NewRun, context: ssl.SSLContext
) -> None:
    def moved(visit: Visit) -> Reply:
        return to(f"https://www.shop.example{visit.path}", 301)

    routes: dict[str, Route] = {
        "/": page("https://shop.example/a", "https://shop.example/gone", "http://shop.example/cart/add?id=1"),
        "/a": page("https://shop.example/b", "https://blog.shop.example/"), "/b": page(), "/robots.txt": text(""),
    }  # fmt: skip
    with serving(routes, context=context) as shop, serving({}, context=context) as bare, serving({}) as plain:
        bare.routes |= dict.fromkeys(("/", "/a", "/b", "/gone", "/robots.txt"), moved)
        crawled = new_run("https://www.shop.example/")
        resolve = {
            "www.shop.example:443": f"127.0.0.1:{shop.port}", "www.shop.example:80": f"127.0.0.1:{plain.port}",
            "shop.example:443": f"127.0.0.1:{bare.port}", "shop.example:80": f"127.0.0.1:{plain.port}",
        }  # fmt: skip
        told = settings(
            "https://www.shop.example/", probes=True, resolve=resolve, ignore_tls_errors=True, session={"headers": {"X-Key": "k"}}
        )  # fmt: skip
        crawl_round(crawled.folder, crawled.run.id, told)
        assert all("x-key" not in visit.headers for visit in (*bare.visits, *plain.visits))
        assert plain.hits["/cart/add?id=1"] == 0
        responses, known = crawled.responses(), crawled.urls()
        assert responses["https://www.shop.example/b"].outcome is F.OK, "linked by the other host alone"
        assert responses["https://shop.example/gone"].status == 404
        assert known["http://shop.example/cart/add?id=1"].kind == "page"
        assert known["https://blog.shop.example/"].kind == "external"
        with crawled.workspace.read() as connection:
            assert runs.coverage(connection, crawled.run.id).fetched == 4
        assert site_hosts(crawled.workspace, crawled.run.id, told) == ("www.shop.example", "shop.example")


def test_the_host_without_www_stays_another_where_it_shows_pages_of_its_own(
    new_run: NewRun, context: ssl.SSLContext
) -> None:
    routes: dict[str, Route] = {"/": page("https://shop.example/a"), "/robots.txt": text("")}
    with (
        serving(routes, context=context) as shop,
        serving({"/": page(), "/a": page(), "/robots.txt": text("")}, context=context) as bare,
    ):
        crawled = new_run("https://www.shop.example/")
        resolve = {
            "www.shop.example": f"127.0.0.1:{shop.port}", "shop.example": f"127.0.0.1:{bare.port}",
        }  # fmt: skip
        told = settings("https://www.shop.example/", probes=True, resolve=resolve, ignore_tls_errors=True)
        crawl_round(crawled.folder, crawled.run.id, told)
        assert bare.hits["/a"] == 0
        assert crawled.urls()["https://shop.example/a"].kind == "external"
        assert site_hosts(crawled.workspace, crawled.run.id, told) == ("www.shop.example",)


def test_why_none_could_be_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert certificate.read("127.0.0.1", port, timeout=2).failure == "the connection was refused"
    with serving() as plain:
        assert certificate.read("127.0.0.1", plain.port, timeout=2).failure
