"""What opens a shop, in real browsers: sent to the shop and to nobody else, through the company's proxy and authority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec

from auditor.config.session import Cookie, Session
from auditor.evidence.texts import Texts
from auditor.model.words import FetchOutcome
from auditor.render.browsers import Found
from auditor.render.task import RenderResult, RenderSettings
from auditor.render.worker import Renderer
from tests.authority import Authority
from tests.proxies import proxying
from tests.render.servers import Answer, Asked, Server, serving
from tests.render.test_worker import task_for

SHOP = "http://shop.test"
SECRET_HEADERS = {"x-key", "signature", "authorization", "cookie"}
Take = Callable[[str], RenderResult]


@contextmanager
def worker(found: Found, files: Path, resolve: dict[str, str], session: Session) -> Iterator[Take]:
    settings = RenderSettings(
        files=str(files), site_hosts=("shop.test",), resolve=resolve, session=session, navigation_timeout_ms=15_000,
        settle_timeout_ms=3_000, quiet_ms=200, watch_ms=300, snapshot_timeout_ms=60_000,
    )  # fmt: skip
    with ThreadPoolExecutor(1) as thread:
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()

        def take(url: str) -> RenderResult:
            payload = msgspec.msgpack.encode(task_for(url, str(found.name)))
            return msgspec.msgpack.decode(thread.submit(renderer.run, payload).result(), type=RenderResult)

        try:
            yield take
        finally:
            thread.submit(renderer.close).result()


def at(**servers: Server) -> dict[str, str]:
    return {f"{name}.test": server.address for name, server in servers.items()}


def told(asked: Asked) -> Answer:
    names = sorted(SECRET_HEADERS & asked.headers.keys())
    return Answer(f"<h1>{' '.join(names)}</h1>")


def test_the_session_goes_to_the_shop_and_to_nobody_else(found: Found, tmp_path: Path) -> None:
    session = Session(
        origins=(SHOP,),
        headers={"X-Key": "key-0123456789", "Signature": "sig1=:0123456789:"},
        basic_auth=("qa", "pw-012345"),
        cookies=(Cookie(name="pass", value="cookie-0123456789", domain="shop.test"),),
        local_storage={SHOP: {"token": "kept"}},
    )
    with serving() as shop, serving() as other:
        page = (
            "<link rel=icon href=data:,><h1></h1><script>document.querySelector('h1').textContent = localStorage.token;"
            "fetch('http://other.test/fetched', {credentials: 'include', mode: 'no-cors'});</script>"
            "<img src=http://other.test/picture><img src=/away><script src=http://other.test/script></script>"
            "<iframe src=http://other.test/frame></iframe><img src=/own><iframe src=/frame-away></iframe>"
        )

        def home(asked: Asked) -> Answer:
            if "authorization" not in asked.headers:
                return Answer("no", 401, {"WWW-Authenticate": 'Basic realm="staging"'})
            return Answer(page)

        shop.answers |= {
            "/": home,
            "/own": told,
            "/away": Answer(status=302, headers={"Location": "http://other.test/away"}),
            "/frame-away": Answer(status=302, headers={"Location": "http://other.test/frame-away"}),
            "/moved": Answer(status=302, headers={"Location": "http://other.test/moved"}),
        }
        other.answers["*"] = told
        with worker(found, tmp_path, at(shop=shop, other=other), session) as take:
            result = take(f"{SHOP}/")
            assert (result.outcome, result.reason) == (FetchOutcome.OK, "")
            texts = result.bundle.read(Texts)
            assert texts is not None
            assert texts.headings == ((1, "kept", True),)
            take(f"{SHOP}/moved")
        own = next(asked for asked in shop.asked if asked.path == "/own")
        assert own.headers.keys() >= SECRET_HEADERS
        assert "pass=cookie-0123456789" in own.headers["cookie"]
        assert {"/fetched", "/picture", "/away", "/script", "/frame", "/frame-away", "/moved"} <= set(other.paths())
        for asked in other.asked:
            assert not SECRET_HEADERS & asked.headers.keys(), asked
            assert "0123456789" not in f"{asked.path} {asked.headers}", asked


def test_a_companys_authority_and_a_client_certificate(found: Found, tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "Stranger")
    file, key = authority.issue("auditor")
    both = Session(origins=("https://shop.test",), ca=str(authority.file), certificate=(str(file), str(key), ""))
    with (
        serving(context=authority.server("shop.test", clients=True)) as shop,
        serving(context=stranger.server("other.test")) as other,
    ):
        shop.answers |= {
            "/": Answer(
                "<link rel=icon href=data:,><h1>in</h1><img src=/own.png><script src=https://other.test/s.js></script>"
            ),
            "/own.png": Answer("x", headers={"Content-Type": "image/png"}),
        }
        resolve = at(shop=shop, other=other)
        with worker(found, tmp_path / "a", resolve, both) as take:
            result = take("https://shop.test/")
            assert (result.outcome, result.reason) == (FetchOutcome.OK, "")
            assert "<h1>in</h1>" in result.html
            assert "/own.png" in shop.paths()
        if found.protocol == "cdp":
            assert not other.asked, "who is not the shop must have a certificate that everybody trusts"
        shop.forget()
        without = Session(origins=("https://shop.test",), ca=str(authority.file))
        with worker(found, tmp_path / "b", resolve, without) as take:
            assert take("https://shop.test/").outcome is not FetchOutcome.OK
        wrong = Session(origins=("https://shop.test",), ca=str(stranger.file), certificate=both.certificate)
        with worker(found, tmp_path / "c", resolve, wrong) as take:
            refused = take("https://shop.test/")
            assert refused.outcome is FetchOutcome.UNREACHABLE
            assert "TLS" in refused.reason
        assert not shop.asked


def test_browsers_go_through_the_companys_proxy(found: Found, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving() as plain, serving(context=authority.server("shop.test")) as secured:
        secured.answers["/"] = Answer("<link rel=icon href=data:,><h1>in</h1><img src=http://other.test/p>")
        plain.answers["/p"] = Answer("x", headers={"Content-Type": "image/png"})
        ways = {"shop.test:443": ("127.0.0.1", secured.port), "other.test:80": ("127.0.0.1", plain.port)}
        with proxying(ways) as proxy:
            session = Session(
                origins=("https://shop.test",), ca=str(authority.file), proxy=f"http://me:pw@127.0.0.1:{proxy.port}"
            )
            with worker(found, tmp_path / "files", {}, session) as take:
                result = take("https://shop.test/")
            assert (result.outcome, result.reason) == (FetchOutcome.OK, "")
            assert "CONNECT shop.test:443" in proxy.asked
            assert all("Proxy-Authorization: Basic bWU6cHc=" in head for head in proxy.heads)
            assert secured.paths() == ["/"]
            assert not any("proxy-authorization" in asked.headers for asked in (*secured.asked, *plain.asked))


def test_a_shop_outside_leads_no_browser_into_this_network(found: Found, tmp_path: Path) -> None:
    with serving() as shop, serving() as inside:
        shop.answers |= {
            "/": Answer(
                f"<link rel=icon href=data:,><h1>x</h1><img src={inside.url('/a')}><iframe src={inside.url('/b')}></iframe>"
            ),
            "/moved": Answer(status=302, headers={"Location": inside.url("/c")}),
        }
        inside.answers["*"] = Answer("secrets of the network")
        with worker(found, tmp_path, at(shop=shop), Session()) as take:
            result = take(f"{SHOP}/")
            assert result.outcome is FetchOutcome.OK
            assert take(f"{SHOP}/moved").outcome is not FetchOutcome.OK
        assert inside.connections == 0
