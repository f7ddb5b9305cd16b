from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page, Playwright

from auditor.evidence.requests import Held, Request, Requests
from auditor.knowledge.vendors import Kind, Match, extended, load
from auditor.render import recorder as recorder_module
from auditor.render.answers import BODY_LIMIT, readable, route_pattern
from auditor.render.browsers import Found
from auditor.render.hosts import Hosts
from auditor.render.libraries import Libraries
from auditor.render.recorder import Recorder
from auditor.render.wall import Wall
from tests.render.servers import Answer, Asked, Server, serving

SHOP = "www.shop.test"


class Table:
    """Stands in for knowledge.vendors: acme collects, mixer does both, anybody's /collect is a collection endpoint."""

    def __iter__(self) -> Iterator[object]:
        yield SimpleNamespace(collect=[SimpleNamespace(host="", host_like=None, path=re.compile("^/collect"))])

    def match(self, url: str, method: str = "GET") -> Match | None:
        if "//poison.test" in url:
            raise RuntimeError("a row that breaks")
        if "/collect" in url:
            return Match("acme", Kind.COLLECT)
        return Match("mixer", Kind.LIBRARY) if "//mixer.test/library" in url else None

    def refuses(self, host: str) -> str | None:
        return "acme" if host == "acme.test" else None

    def mixed(self, host: str) -> str | None:
        return "mixer" if host in ("mixer.test", "mixer-gone.invalid") else None


@dataclass
class Scene:
    """A browser behind a wall; `shop` is the shop's server, `others` stands for every other host."""

    found: Found
    browser: Browser
    wall: Wall
    libraries: Libraries
    shop: Server
    others: Server
    notes: list[str] = field(default_factory=list)

    def visit(
        self,
        page: str = "",
        *,
        path: str = "/",
        until: str = "",
        act: Callable[[Page], None] | None = None,
        headers: dict[str, str] | None = None,
        table: object = None,
    ) -> Requests:
        """Opens the shop's `path`, waits until the JavaScript expression holds, and gives the evidence."""
        if page:
            self.shop.answers["/"] = Answer(f"<!doctype html><link rel=icon href=data:,>{page}")
        self.wall.begin([SHOP])
        context = self.browser.new_context(ignore_https_errors=True, service_workers="block")
        recorder = Recorder(
            context,
            self.wall,
            table or Table(),
            [SHOP],
            headers=headers,
            libraries=self.libraries,  # type: ignore[arg-type]
        )
        tab = context.new_page()
        recorder.start(tab)
        try:
            tab.goto(f"https://{SHOP}{path}", wait_until="load")
            if until:
                tab.wait_for_function(until, timeout=60_000)
            if act:
                act(tab)
        finally:
            recorder.leave()
            context.close()
            self.notes = recorder.notes
            evidence = recorder.finish()
        return evidence


@pytest.fixture(scope="module")
def stage(certificate: Path, playwright: Playwright, found: Found, start: Callable[[Wall], Browser]) -> Iterator[Scene]:
    with ExitStack() as stack:
        shop, others = stack.enter_context(serving(certificate)), stack.enter_context(serving(certificate))
        names = ("acme", "mixer", "cdn", "unknown", "poison", "elsewhere")
        resolve = {f"{name}.test": others.address for name in names} | {
            SHOP: shop.address,
            "api.shop.test": shop.address,
        }
        wall = stack.enter_context(Wall(vendors=Table(), resolve=resolve, grace_seconds=1.0))
        yield Scene(found, start(wall), wall, Libraries(playwright, wall, ignore_tls_errors=True), shop, others)


@pytest.fixture
def scene(stage: Scene) -> Scene:
    for server in (stage.shop, stage.others):
        server.answers = {}
        server.forget()
    return stage


def of(requests: Requests, url: str) -> Request:
    """The only request whose URL ends so."""
    found = [item for item in requests.items if item.url.endswith(url)]
    assert len(found) == 1, found
    return found[0]


def test_what_passes_without_a_look() -> None:
    pattern = route_pattern(Hosts([SHOP, "127.0.0.1:81"]).pattern(), load())
    for url in (
        f"https://{SHOP}/",
        f"https://{SHOP}:8443/p?x=https://cdn.test/",
        "https://api.shop.test/graphql",
        "http://127.0.0.1:81/a",
        f"https://{SHOP}",
        "data:text/plain,x",
        f"blob:https://{SHOP}/1",
    ):
        assert not pattern.search(url), url
    for url in (
        "https://cdn.test/a.js",
        f"https://{SHOP}.evil.test/",
        f"https://cdn.test/?https://{SHOP}/",
        f"https://user@{SHOP}/",
        "http://127.0.0.1:8100/a",
        "https://notshop.test/",
        # the shop's own hosts, in a vendor's shape
        f"https://{SHOP}/g/collect?v=2&tid=G-1",
        f"https://{SHOP}/analytics/matomo.php",
        f"https://{SHOP}/.well-known/shopify/monorail/unstable/produce_batch",
    ):
        assert pattern.search(url), url


def test_bodies_are_unpacked_and_cut() -> None:
    assert readable(None) == ""
    assert readable("ä=1".encode()) == "ä=1"
    assert readable(gzip.compress(b'{"event":"PageView"}')) == '{"event":"PageView"}'
    assert len(readable(gzip.compress(b"x" * 10_000_000))) == BODY_LIMIT
    assert readable(b"\x1f\x8bnot zipped at all").startswith("\x1f")


def test_an_ordinary_page(scene: Scene) -> None:
    scene.shop.answers |= {
        "/own.css": Answer("p{}", headers={"Content-Type": "text/css"}),
        "/gone.png": Answer("no", 404),
    }
    scene.others.answers |= {"/library.js": Answer("window.here = 1", headers={"Content-Type": "text/javascript"})}
    seen = scene.visit(
        "<link rel=stylesheet href=/own.css><img src=/gone.png><script src=https://cdn.test/library.js></script>"
        "<iframe src=/inside></iframe>",
        until="window.here",
    )
    page, sheet, gone, library = (of(seen, end) for end in (f"{SHOP}/", "/own.css", "/gone.png", "cdn.test/library.js"))
    assert (page.type, page.status, page.third_party, page.held) == ("document", 200, False, Held.NO)
    assert (sheet.type, sheet.content_type, sheet.size) == ("stylesheet", "text/css", 3)
    assert gone.status == 404
    assert (library.status, library.third_party, library.type, library.failure) == (200, True, "script", "")
    assert library.started_ms >= 0
    assert 0 < library.duration_ms < 60_000
    assert of(seen, "/inside").type == "document"
    assert seen.cut == 0
    assert scene.notes == []


def test_vendors_are_answered_as_they_would(scene: Scene) -> None:
    results: list[object] = []
    seen = scene.visit(
        "<body><script>window.got = {};"
        "const p = new Image(); p.onload = () => got.image = p.width; p.src = 'https://acme.test/collect?a=image';"
        "fetch('https://acme.test/collect?a=fetch', {method: 'POST', body: 'event=1'}).then(r => got.fetch = r.status, e => got.fetch = 'failed');"
        "fetch('https://acme.test/settings', {credentials: 'include'}).then(r => got.host = r.status, e => got.host = 'failed');"
        "fetch('/collect?a=own', {method: 'POST', body: 'x'}).then(r => got.own = r.status);"
        "const s = document.createElement('script'); s.onload = () => got.script = true; s.src = 'https://acme.test/collect?a=script'; document.body.append(s);"
        "const f = document.createElement('iframe'); f.onload = () => got.frame = true; f.src = 'https://acme.test/collect?a=frame'; document.body.append(f);"
        "got.beacon = navigator.sendBeacon('https://acme.test/collect?a=beacon', 'event=2');"
        "</script>",
        until="Object.keys(got).length === 7",
        act=lambda tab: results.append(tab.evaluate("got")),
    )
    assert results == [
        {"image": 1, "fetch": 204, "host": 204, "own": 204, "script": True, "frame": True, "beacon": True}
    ]
    answered = [one for one in seen.items if one.held is Held.ANSWERED]
    assert len(answered) == 7
    assert {one.vendor for one in answered} == {"acme"}
    assert of(seen, "a=own").third_party is False
    if scene.found.protocol != "bidi":  # which does not tell bodies
        assert of(seen, "a=fetch").body == "event=1"
        assert of(seen, "a=beacon").body == "event=2"
    assert scene.others.connections == 0
    assert scene.shop.paths("POST") == []


def test_strangers_are_withheld_and_the_shop_is_not(scene: Scene) -> None:
    scene.shop.answers |= {"/cart": Answer("{}"), "/graphql": Answer("{}")}
    got: list[object] = []
    seen = scene.visit(
        "<body><script>window.got = {};"
        "const ask = (name, url, options) => fetch(url, options).then(r => got[name] = r.status, e => got[name] = 'failed');"
        "ask('beacon', 'https://unknown.test/hit', {method: 'POST', body: 'x'});"
        "ask('json', 'https://unknown.test/search', {method: 'POST', body: '{}', headers: {'Content-Type': 'application/json'}});"
        "ask('own', '/cart', {method: 'POST', body: 'x'});"
        "ask('below', 'https://api.shop.test/graphql', {method: 'POST', body: 'x'});"
        "</script>",
        until="Object.keys(got).length === 4",
        act=lambda tab: got.append(tab.evaluate("got")),
    )
    # what a script would read fails, as with an ad blocker; an empty answer would make it look broken
    assert got == [{"beacon": 204, "json": "failed", "own": 200, "below": 200}]
    assert {one.url for one in seen.items if one.held is Held.WITHHELD} == {
        "https://unknown.test/hit",
        "https://unknown.test/search",
    }
    assert scene.others.connections == 0
    assert set(scene.shop.paths("POST")) == {"/cart", "/graphql"}


def test_redirects_reach_strangers_but_no_collector(scene: Scene) -> None:
    for name, target in [
        ("a", "https://cdn.test/picture"),
        ("b", "https://acme.test/collect"),
        ("c", "https://mixer.test/p"),
    ]:
        scene.shop.answers[f"/{name}"] = Answer(status=302, headers={"Location": target})
    picture = "<svg xmlns='http://www.w3.org/2000/svg' width='7' height='7'/>"
    scene.others.answers["*"] = Answer(picture, headers={"Content-Type": "image/svg+xml"})
    seen = scene.visit(
        "<body><script>window.got = {}; for (const n of 'abc') { const p = new Image(); p.src = '/' + n;"
        "p.onload = () => got[n] = true; p.onerror = () => got[n] = false; }</script>",
        until="Object.keys(got).length === 3",
    )
    assert scene.others.paths() == ["/picture"]
    assert of(seen, "cdn.test/picture").status == 200
    assert of(seen, "acme.test/collect").held is Held.REFUSED
    assert of(seen, "mixer.test/p").held is Held.REFUSED


def test_a_shop_that_has_moved_is_followed(scene: Scene) -> None:
    scene.shop.answers["/old"] = Answer(status=301, headers={"Location": "https://elsewhere.test/new"})
    scene.others.answers["/new"] = Answer("<title>moved</title>")
    titles: list[str] = []
    seen = scene.visit(path="/old", act=lambda tab: titles.append(tab.title()))
    assert titles == ["moved"]
    assert of(seen, "elsewhere.test/new").status == 200
    assert of(seen, "/old").status == 301


def test_who_cannot_be_reached_and_why(scene: Scene) -> None:
    seen = scene.visit(
        "<body><script>window.done = 0; const p = new Image(); p.onerror = () => done = 1; p.src = 'https://no-such.invalid/p'</script>",
        until="done",
    )
    one = of(seen, "no-such.invalid/p")
    assert (one.status, one.held, one.failure) == (0, Held.NO, "could not be reached: the name was not found")


def test_plain_http_answers_of_the_wall_are_not_the_hosts(scene: Scene) -> None:
    reasons: list[str] = []
    scene.wall.begin(["gone.invalid"])
    context = scene.browser.new_context()
    recorder = Recorder(context, scene.wall, Table(), ["gone.invalid"])
    tab = context.new_page()
    recorder.start(tab)
    try:
        tab.goto("http://gone.invalid/")
    except Exception as error:
        reasons.append(type(error).__name__)
    assert recorder.unreachable_reason("http://gone.invalid/") == "the name was not found"
    recorder.leave()
    context.close()
    # Firefox may try once more while it is left, and meets a closed gate
    (one,) = [item for item in recorder.finish().items if "gone.invalid/" in item.url and item.type == "document"]
    assert (one.status, one.failure) == (0, "could not be reached: the name was not found")


def test_mixed_hosts_are_fetched_in_the_browsers_place(scene: Scene) -> None:
    script = {"Content-Type": "text/javascript"}
    scene.others.answers |= {
        "/library.js": Answer("window.first = 1", headers=script | {"Cache-Control": "public, max-age=900"}),
        "/library-moved.js": Answer(status=302, headers={"Location": "/library-there.js"}),
        "/library-there.js": Answer("window.second = 1", headers=script),
        "/library-gone.js": Answer("no", 404),
        "/library-set.js": Answer(
            "window.third = 1", headers=script | {"Set-Cookie": "id=1; Path=/; Secure; SameSite=None"}
        ),
    }
    page = "".join(
        f"<script src=https://mixer.test/library{name}.js></script>" for name in ("", "-moved", "-gone", "-set")
    )
    for _ in range(2):
        seen = scene.visit(f"<body>{page}", until="window.first && window.second && window.third")
        assert of(seen, "mixer.test/library.js").size == len("window.first = 1")
        # Firefox asks again for a script whose early look-up failed
        assert 404 in {one.status for one in seen.items if one.url.endswith("/library-gone.js")}
        assert {one.vendor for one in seen.items if "mixer.test" in one.url} == {"mixer"}
    asked = {path: [one.headers for one in scene.others.asked if one.path == path] for path in scene.others.answers}
    assert len(asked["/library.js"]) == 1, "kept for the second visit"
    assert asked["/library.js"][0]["user-agent"].startswith("Mozilla/5.0")
    assert len(asked["/library-set.js"]) == 2
    assert not any("cookie" in headers for headers in asked["/library-set.js"]), "each visit is a first visit"


def test_a_mixed_host_that_cannot_be_reached_has_no_status(scene: Scene) -> None:
    seen = scene.visit(
        "<body><script onerror='window.gone = 1' src=https://mixer-gone.invalid/library.js></script>",
        until="window.gone",
    )
    told = {(one.status, one.failure) for one in seen.items if "mixer-gone" in one.url}
    assert told == {(0, "could not be reached: the name was not found")}


def test_headers_go_to_the_named_hosts_and_no_further(scene: Scene) -> None:
    def shop(asked: Asked) -> Answer:
        return Answer("<p>" + asked.headers.get("x-secret", "none"))

    scene.shop.answers |= {
        "/page": Answer(
            "<img src=/away><img src=https://cdn.test/p><img src=/near><img src=//api.shop.test/b>",
            headers={"Set-Cookie": "s=1; Path=/"},
        ),
        "/moved": Answer(status=302, headers={"Location": "/page"}),
        "/near": Answer(status=302, headers={"Location": "/here"}),
        "/here": shop,
        "/b": shop,
        "/away": Answer(status=302, headers={"Location": "https://cdn.test/away"}),
    }
    urls: list[str] = []

    def wait(tab: Page) -> None:
        urls.append(tab.url)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not {"/here", "/b", "/away", "/p"} <= {
            *scene.shop.paths(),
            *scene.others.paths(),
        }:
            tab.wait_for_timeout(50)

    seen = scene.visit(path="/moved", headers={"X-Secret": "s3cret"}, act=wait)
    assert urls == [f"https://{SHOP}/page"]
    assert {one.path for one in scene.others.asked} == {"/p", "/away"}
    assert not any("x-secret" in one.headers for one in scene.others.asked)
    told = {one.path: one.headers.get("x-secret", "") for one in scene.shop.asked if one.path != "/favicon.ico"}
    assert told == {
        "/moved": "s3cret",
        "/page": "s3cret",
        "/near": "s3cret",
        "/here": "s3cret",
        "/away": "s3cret",
        "/b": "",
    }
    assert any("s=1" in one.headers.get("cookie", "") for one in scene.shop.asked if one.path == "/here")
    assert of(seen, f"{SHOP}/away").status == 302


def test_headers_need_a_way_that_keeps_them(scene: Scene) -> None:
    context = scene.browser.new_context()
    with pytest.raises(ValueError, match="libraries"):
        Recorder(context, scene.wall, Table(), [SHOP], headers={"X-Secret": "1"})
    context.close()


def test_what_cannot_be_judged_does_not_pass(scene: Scene) -> None:
    seen = scene.visit(
        "<body><script>window.done = 0; fetch('https://poison.test/x', {mode: 'no-cors'}).catch(() => done = 1)</script>",
        until="done",
    )
    assert scene.others.connections == 0
    assert "a request was dropped, since it could not be judged: RuntimeError: a row that breaks" in scene.notes
    assert of(seen, f"{SHOP}/").status == 200


def test_requests_are_capped(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MOST_REQUESTS", 5)
    scene.shop.answers["/p"] = Answer("x")
    seen = scene.visit(
        "<body><script>window.done = 0; for (let i = 0; i < 9; i++) fetch('/p?' + i).then(() => done++)</script>",
        until="done === 9",
    )
    assert len(seen.items) == 5
    assert seen.cut == 5


def test_quiet_is_when_nothing_is_under_way(scene: Scene) -> None:
    scene.shop.answers |= {"/": Answer("<link rel=icon href=data:,><body>"), "/slow": Answer("x")}
    scene.wall.begin([SHOP])
    context = scene.browser.new_context(ignore_https_errors=True)
    recorder = Recorder(context, scene.wall, Table(), [SHOP])
    tab = context.new_page()
    recorder.start(tab)
    tab.goto(f"https://{SHOP}/")
    tab.wait_for_timeout(300)
    assert recorder.quiet_for_ms() >= 200
    with tab.expect_request("**/slow"):
        tab.evaluate("void fetch('/slow', {method: 'POST', body: 'x'})")
    tab.wait_for_timeout(100)
    assert recorder.quiet_for_ms() < 300
    recorder.leave()
    context.close()
    recorder.finish()


def test_a_shops_own_collection_endpoint_gets_a_look() -> None:
    own = Hosts(["shop.example"]).pattern()
    looked = route_pattern(own, extended(load(), [("ga4", "https://shop.example/data")]))
    assert looked.search("https://shop.example/data?x=1")
    assert not looked.search("https://shop.example/products/lamp")
    assert not route_pattern(own, load()).search("https://shop.example/data?x=1")
