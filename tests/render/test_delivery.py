"""The proof that an audit delivers nothing to tag vendors: servers in their place count what comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from auditor.evidence.requests import Held, Requests
from auditor.knowledge import vendors
from auditor.render.libraries import Libraries
from auditor.render.recorder import Recorder
from auditor.render.wall import Wall
from tests.render.servers import Answer, Server, serving

SHOP, OTHER = "shop.test", "frames.test"
KNOWN = "https://www.google-analytics.com/g/collect?v=2&tid=G-ABCDEF1&en=page_view"
MIXED_LIBRARY = "https://analytics.tiktok.com/i18n/pixel/events.js"
MIXED = "https://analytics.tiktok.com/api/v2/pixel?x=1"
UNKNOWN_LIBRARY = "https://unknown-tags.test/tags.js"
UNKNOWN = "https://unknown-tags.test/hit?x=1"

# Everything a page can do to send. `pictures`: not of an unknown host, whose GETs may be anything and pass by design.
_PATIENCE = 120_000  # ms for a page of this machine: others may work beside
SEND = """
const send = (url, way, pictures) => {
  const to = url + '&way=' + way;
  const quietly = (act) => { try { const p = act(); if (p && p.catch) p.catch(() => {}); } catch (_) {} };
  if (pictures) quietly(() => { new Image().src = to + '-image'; });
  if (pictures) quietly(() => fetch(to + '-get', {mode: 'no-cors'}));
  quietly(() => fetch(to + '-fetch', {method: 'POST', mode: 'no-cors', body: 'x'}));
  quietly(() => fetch(to + '-keepalive', {method: 'POST', mode: 'no-cors', keepalive: true, body: 'x'}));
  if (self.XMLHttpRequest) quietly(() => { const x = new XMLHttpRequest(); x.open('POST', to + '-xhr'); x.send('x'); });
  if (navigator.sendBeacon) quietly(() => navigator.sendBeacon(to + '-beacon', 'x'));
  if (self.fetchLater) quietly(() => fetchLater(to + '-later', {method: 'POST', body: 'x', activateAfter: 0}));
  if (self.fetchLater) quietly(() => fetchLater(to + '-much-later', {method: 'POST', body: 'x'}));
};
"""
EVERY = """
const targets = %s;
const all = (way) => targets.forEach(([url, pictures]) => send(url, way, pictures));
"""
PAGE = f"""<!doctype html><title>Shop</title><link rel=icon href=data:,><script src="{MIXED_LIBRARY}"></script><script src="{UNKNOWN_LIBRARY}"></script>
<body><a id=link href=#x>x</a><script src=/send.js></script><script>
all('now');
const only = new URLSearchParams(location.search).get('only');
if (!only) setInterval(() => targets.forEach(([url]) => navigator.sendBeacon(url + '&way=timer', 'x')), 200);
for (const name of ['pagehide', 'unload', 'beforeunload', 'visibilitychange'])
  if (!only || only == name) (name == 'visibilitychange' ? document : window).addEventListener(name, () => all(name));
new Worker('/worker.js');
try {{ new SharedWorker('/worker.js'); }} catch (_) {{}}
try {{ navigator.serviceWorker.register('/worker.js').catch(() => {{}}); }} catch (_) {{}}
for (const source of ['/frame', 'https://{OTHER}/frame']) {{
  const frame = document.createElement('iframe'); frame.src = source; document.body.append(frame);
}}
link.ping = targets.map(([url]) => url + '&way=ping').join(' ');
link.click();
for (const [url] of targets) new WebSocket(url.replace('https', 'wss'));
</script>"""
WORKER = "importScripts('/send.js'); all('worker'); setInterval(() => targets.forEach(([url]) => fetch(url + '&way=worker-timer', {method: 'POST', mode: 'no-cors'}).catch(() => {})), 400);"
FRAME = """<!doctype html><script src=/send.js></script><script>
all('frame'); addEventListener('pagehide', () => all('frame-pagehide')); addEventListener('unload', () => all('frame-unload'));
setInterval(() => targets.forEach(([url]) => navigator.sendBeacon(url + '&way=frame-timer', 'x')), 400);
new Worker('/worker.js');
</script>"""


@dataclass
class Place:
    """The shop, and the servers that stand where the vendors' would."""

    shop: Server
    known: Server
    mixed: Server
    unknown: Server

    @property
    def resolve(self) -> dict[str, str]:
        return {
            SHOP: self.shop.address,
            OTHER: self.shop.address,
            "www.google-analytics.com": self.known.address,
            "analytics.tiktok.com": self.mixed.address,
            "unknown-tags.test": self.unknown.address,
        }

    def forget(self) -> None:
        """Of the test before some connections may be taken up late."""
        servers = (self.known, self.mixed, self.unknown)
        counted = None
        while counted != (counted := [server.connections for server in servers]):
            time.sleep(0.3)
        for server in servers:
            server.forget()

    def hits(self) -> list[str]:
        """All that was delivered but libraries."""
        libraries = ("/i18n/pixel/events.js", "/tags.js")
        asked = [one for server in (self.known, self.mixed, self.unknown) for one in server.asked]
        return [f"{one.method} {one.host}{one.path}" for one in asked if one.path not in libraries]


@pytest.fixture(scope="module")
def place(certificate: Path) -> Iterator[Place]:
    targets = json.dumps([[KNOWN, True], [MIXED, True], [UNKNOWN, False]])
    script = {"Content-Type": "text/javascript"}
    with ExitStack() as stack:
        shop, known, mixed, unknown = (stack.enter_context(serving(certificate)) for _ in range(4))
        shop.answers |= {
            "/": Answer(PAGE),
            "/quiet": Answer(
                f"<!doctype html><title>Next</title><script src={UNKNOWN_LIBRARY}></script><script src={MIXED_LIBRARY}></script>"
            ),
            "/send.js": Answer(SEND + EVERY % targets, headers=script),
            "/worker.js": Answer(WORKER, headers=script),
            "/frame": Answer(FRAME),
            # the shop's own host, in the shape of a collection endpoint
            "/g/collect": Answer(status=204),
        }
        for server in (known, mixed, unknown):
            server.answers["*"] = Answer(status=204)
        library = Answer(
            "window.libraries = (window.libraries || 0) + 1", headers=script | {"Cache-Control": "max-age=900"}
        )
        mixed.answers["/i18n/pixel/events.js"] = library
        unknown.answers["/tags.js"] = library
        yield Place(shop, known, mixed, unknown)


@dataclass
class Audit:
    wall: Wall
    browser: Browser
    libraries: Libraries
    deliver: bool = False

    def visit(self, path: str, leave: Callable[[BrowserContext, Page], None], watch_ms: int = 900) -> Requests:
        self.wall.begin([SHOP])
        context = self.browser.new_context(ignore_https_errors=True, service_workers="block")
        recorder = Recorder(
            context, self.wall, vendors.load(), [SHOP], deliver_beacons=self.deliver, libraries=self.libraries
        )
        tab = context.new_page()
        recorder.start(tab)
        tab.goto(f"https://{SHOP}{path}", timeout=_PATIENCE)
        assert tab.evaluate("window.libraries") == 2, "the libraries themselves must load"
        tab.wait_for_timeout(watch_ms)
        recorder.leave(everything=False)
        leave(context, tab)
        assert recorder.notes == []
        return recorder.finish()


@pytest.fixture(scope="module")
def audit(place: Place, playwright: Playwright, start: Callable[[Wall], Browser]) -> Iterator[Audit]:
    with Wall(vendors=vendors.load(), resolve=place.resolve) as wall:
        yield Audit(wall, start(wall), Libraries(playwright, wall, ignore_tls_errors=True))


def by_closing(context: BrowserContext, tab: Page) -> None:
    tab.close()
    context.close()


def by_closing_with_handlers(context: BrowserContext, tab: Page) -> None:
    tab.close(run_before_unload=True)
    context.close()


def by_closing_the_context(context: BrowserContext, tab: Page) -> None:
    context.close()


def by_navigation(context: BrowserContext, tab: Page) -> None:
    tab.goto(f"https://{SHOP}/quiet", wait_until="commit", timeout=_PATIENCE)
    tab.wait_for_timeout(300)
    context.close()


@pytest.mark.parametrize("leave", [by_closing_with_handlers, by_closing_the_context, by_navigation])
def test_nothing_is_delivered(place: Place, audit: Audit, leave: Callable[[BrowserContext, Page], None]) -> None:
    place.forget()
    seen = audit.visit("/", leave)
    # stragglers of the page that was left would find the next visit's gate open
    audit.visit("/quiet", by_closing, watch_ms=500)

    assert place.hits() == []
    assert place.known.connections == 0
    held = {held: {one.url for one in seen.items if one.held is held} for held in Held}
    assert any(url.startswith(KNOWN) for url in held[Held.ANSWERED])
    assert any(url.startswith(MIXED) for url in held[Held.ANSWERED])
    assert any(url.startswith(UNKNOWN) for url in held[Held.WITHHELD])
    assert any(url.startswith("wss://unknown-tags.test/") for url in held[Held.REFUSED])
    # what was never decided upon, since the page was left meanwhile, counts as held all the same
    assert not [url for url in held[Held.NO] if "way=" in url]
    assert not held[Held.DELIVERED]
    answered = {url.rpartition("way=")[2] for url in held[Held.ANSWERED]}
    expected = {"now-image", "now-fetch", "now-keepalive", "now-xhr", "now-beacon", "frame-beacon", "worker-fetch"}
    assert expected <= answered


COUNTED = ("www.google-analytics.com/g/collect", "analytics.tiktok.com/api/v2/pixel", "unknown-tags.test/hit")


def ways(place: Place, host: str) -> set[str]:
    return {hit.rpartition("way=")[2] for hit in place.hits() if host in hit}


@pytest.mark.parametrize("moment", ["pagehide", "visibilitychange"])
def test_the_servers_can_count(place: Place, start: Callable[[Wall], Browser], moment: str) -> None:
    """The control: the same page, in a browser that nobody holds back, reaches them in every way that counts.

    One last moment at a time: browsers drop beacons beyond some ten that are under way.
    """
    expected = {"now-fetch", "now-beacon", "worker-fetch", "frame-fetch", f"{moment}-beacon"}
    place.forget()
    with Wall(vendors=vendors.load(), resolve=place.resolve, deliver_beacons=True) as wall:
        wall.begin([SHOP])
        context = start(wall).new_context(ignore_https_errors=True)
        tab = context.new_page()
        tab.goto(f"https://{SHOP}/?only={moment}", timeout=_PATIENCE)
        tab.wait_for_timeout(900)
        tab.goto(f"https://{SHOP}/quiet", timeout=_PATIENCE)
        for _ in range(100):  # beacons connect in their own time
            if all(expected <= ways(place, host) for host in COUNTED):
                break
            tab.wait_for_timeout(200)
        context.close()
    for host in COUNTED:
        assert expected <= ways(place, host)


def test_beacons_are_delivered_when_the_user_says_so(
    place: Place, playwright: Playwright, start: Callable[[Wall], Browser]
) -> None:
    place.forget()
    with Wall(vendors=vendors.load(), resolve=place.resolve, deliver_beacons=True) as wall:
        audit = Audit(wall, start(wall), Libraries(playwright, wall, ignore_tls_errors=True), deliver=True)
        seen = audit.visit("/", by_closing, watch_ms=2_500)
    for host in COUNTED:
        assert {"now-fetch", "now-beacon", "frame-fetch"} <= ways(place, host)
    assert any(one.held is Held.DELIVERED for one in seen.items)
