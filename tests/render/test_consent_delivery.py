"""A page in every state of consent, in real browsers: nothing is delivered, and each cell of the report's matrix comes from what was seen.

Servers stand for the vendors and count. The shop has a collection endpoint of its own, which only the config knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from auditor.config.devices import DEVICES
from auditor.evaluate import packs, stage
from auditor.evaluate.packs import Packs
from auditor.evaluate.worker import EvaluateSettings
from auditor.evidence.requests import Held, Requests
from auditor.facts.snapshot import SiteContext
from auditor.model.run import Run
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.urls import crawl_key
from auditor.model.words import FetchOutcome
from auditor.render.browsers import Found
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer
from auditor.report.build import build
from auditor.store import snapshots
from auditor.store.schema import pages
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.render.servers import Answer, Server, serving
from tests.store.kit import begin, fetch, new_workspace

SHOP = "shop.test"
URL = f"https://{SHOP}/product/lamp"
OWN = f"https://{SHOP}/measure"
VENDORS = (
    "www.google-analytics.com",
    "www.facebook.com",
    "analytics.tiktok.com",
    "px.ads.linkedin.com",
    "ct.pinterest.com",
    "s.pinimg.com",
    "bat.bing.com",
)
LIBRARY = "/ct/core.js"
COLLECTORS = frozenset({"consent", "cookies", "requests", "data_layer"})
STATES = {
    "none": State(),
    "reject": State("reject"),
    "accept": State("accept"),
    "gpc": State(gpc=True),
}
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Lamp",
    "sku": "LL-1",
    "offers": {"@type": "Offer", "price": "49.00", "priceCurrency": "EUR"},
}
# Klaro's banner, and tags of which each does something else. Everything is sent once more in the page's last moment.
PAGE = f"""<!doctype html><html lang=en><head><title>Lamp</title><link rel=icon href=data:,>
<script type="application/ld+json">{json.dumps(PRODUCT)}</script>
<script type="text/plain" data-src="https://static.hotjar.com/c/hotjar-1.js"></script></head><body><h1>Lamp</h1><p>€49.00</p>
<form action="/cart/add" method="post"><button>Add to cart</button></form>
<iframe sandbox="allow-scripts" src="/pixels.html"></iframe>
<div class="banner-root klaro"><div class="cookie-notice" style="position:fixed;bottom:0;background:#fff">
  <p>We use cookies.</p><button class="cm-btn cn-decline" onclick="answered('none')">I decline</button>
  <button class="cm-btn cm-btn-success" onclick="answered('all')">That's ok</button></div></div>
<script>
  const signal = 'gpc=' + navigator.globalPrivacyControl;
  const image = (url) => {{ new Image().src = url + '&' + signal; }};
  const post = (url) => fetch(url + '&' + signal, {{method: 'POST', mode: 'no-cors', body: 'x'}}).catch(() => {{}});
  let sent = 0;
  const ga4 = (gcs) => image('https://www.google-analytics.com/g/collect?v=2&tid=G-ABCDEF1234&en=page_view&gcs=' + gcs + '&_s=' + (sent += 1) + '&dl=' + encodeURIComponent(location.href));
  function tags(choice) {{
    image('https://px.ads.linkedin.com/collect?pid=12345&fmt=gif');
    if (choice !== 'all') return ga4('G100');
    ga4('G111'); setTimeout(() => ga4('G111'), 30);
    image('https://www.facebook.com/tr/?id=998877665544&ev=ViewContent&cd[content_type]=product');
    image('https://analytics.tiktok.com/api/v2/pixel?event=Pageview&pixel_code=C1');
    post('/measure?idsite=7&rec=1&action_name=Lamp');
    navigator.sendBeacon('/measure?idsite=7&way=beacon', 'x');
  }}
  function gone() {{ document.querySelectorAll('.banner-root').forEach((one) => one.remove()); }}
  function answered(choice) {{ document.cookie = 'choice=' + choice + '; max-age=9999; path=/'; gone(); tags(choice); }}
  const was = /choice=(\\w+)/.exec(document.cookie);
  if (was) gone();
  tags(was ? was[1] : 'none');
  for (const name of ['pagehide', 'unload', 'visibilitychange']) (name === 'visibilitychange' ? document : window).addEventListener(name, () => {{
    navigator.sendBeacon('https://bat.bing.com/action/0?ti=17&evt=leave', 'x');
    navigator.sendBeacon('/measure?idsite=7&way=' + name, 'x');
  }});
</script></body></html>"""
FRAME = f"<!doctype html><script src='https://s.pinimg.com{LIBRARY}'></script>"


@dataclass
class Place:
    shop: Server
    vendors: Server
    delivered: list[str] = field(default_factory=list)

    def settings(self, files: Path, own: tuple[tuple[str, str], ...]) -> RenderSettings:
        return RenderSettings(
            files=str(files),
            site_hosts=(SHOP,),
            resolve={SHOP: self.shop.address, **dict.fromkeys(VENDORS, self.vendors.address)},
            collectors=own,
            ignore_tls_errors=True,
            watch_ms=400,
            quiet_ms=150,
        )

    def told(self) -> list[str]:
        """What the vendors were told, and the shop's own endpoint."""
        others = [f"{one.host}{one.path}" for one in self.vendors.asked if one.path != LIBRARY]
        return others + [one.path for one in self.shop.asked if one.path.startswith("/measure")]


@pytest.fixture(scope="module")
def place(certificate: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        shop, vendors = (stack.enter_context(serving(certificate)) for _ in range(2))
        shop.answers |= {"/product/lamp": Answer(PAGE), "/pixels.html": Answer(FRAME), "/measure": Answer(status=204)}
        vendors.answers |= {LIBRARY: Answer("1", headers={"Content-Type": "text/javascript"}), "*": Answer(status=204)}
        yield Place(shop, vendors)


def visits(settings: RenderSettings, found: Found, states: Mapping[str, State]) -> dict[str, RenderResult]:
    """The page in each of the states, two at once, by a worker of its own, which is ended after them: all last moments are over."""
    taken: dict[str, RenderResult] = {}

    def task(state: State) -> RenderTask:
        key = SnapshotKey(crawl_key(URL), Client(str(found.name), "desktop"), state)
        return RenderTask(key=key, url=URL, device=DEVICES["desktop"], collectors=COLLECTORS)

    names = list(states)
    with ThreadPoolExecutor(1) as thread:  # as Playwright's sync interface wants it beside the tests' own
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()
        try:
            for pair in (names[place : place + 2] for place in range(0, len(names), 2)):
                together = msgspec.msgpack.encode([task(states[name]) for name in pair])
                done = thread.submit(renderer.run, together).result()
                taken |= zip(pair, msgspec.msgpack.decode(done, type=list[RenderResult]), strict=True)
        finally:
            thread.submit(renderer.close).result()
    return taken


@pytest.fixture(scope="module")
def taken(place: Place, found: Found, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RenderResult]:
    for server in (place.shop, place.vendors):
        server.forget()
    settings = place.settings(tmp_path_factory.mktemp("files"), (("matomo", OWN),))
    seen = visits(settings, found, STATES)
    place.delivered = place.told()  # before another test asks for more
    return seen


def test_nothing_is_delivered_in_any_state_of_consent(place: Place, taken: dict[str, RenderResult]) -> None:
    assert place.delivered == []
    for name, result in taken.items():
        assert result.outcome is FetchOutcome.OK, (name, result.reason)
        requests = result.bundle.read(Requests)
        assert requests is not None
        held = {one.url for one in requests.items if one.held is Held.ANSWERED}
        assert not [one.url for one in requests.items if one.held is Held.DELIVERED]
        assert any("google-analytics.com" in url for url in held), name
        assert any(url.endswith("gpc=true") for url in held) == (name == "gpc")
        own = {one.vendor for one in requests.items if one.url.startswith(OWN) and one.held is Held.ANSWERED}
        if name == "accept":
            assert own == {"matomo"}


def test_the_shops_own_endpoint_is_asked_where_the_config_does_not_name_it(
    place: Place, found: Found, taken: dict[str, RenderResult], tmp_path: Path
) -> None:
    """The control: the server counts what reaches it."""
    visits(place.settings(tmp_path, ()), found, {"accept": STATES["accept"]})
    assert any(one.path.startswith("/measure") for one in place.shop.asked)


RULES = {"tracking/duplicate-hit", "tracking/view-content", "consent/before-choice", "consent/after-rejection"}


def test_each_cell_of_the_matrix_comes_from_a_page(
    found: Found, taken: dict[str, RenderResult], tmp_path: Path
) -> None:
    workspace = new_workspace(tmp_path / "audits")
    try:
        run = begin(workspace, site=SHOP, start_url=URL)
        fetch(workspace, run, URL, PAGE, found_by="start")
        with workspace.write() as connection:
            page = connection.execute(select(pages.c.id).where(pages.c.run_id == run.id)).scalar_one()
            for one in taken.values():
                told = (one.key, one.url, one.outcome, one.reason, one.html, one.bundle, "2026-11-22T20:01:00.000Z")
                snapshots.save(connection, run.id, page, *told)
        judge(workspace, run, found)
        part = build(workspace, run).shop.consent
    finally:
        workspace.close()
    assert part is not None
    said = {row.vendor: {cell.state: cell.said for cell in row.cells} for row in part.rows}
    assert part.rows[0].page_type == "product"
    assert said["Google Analytics 4"] == cells("cookieless", "cookieless", "duplicated", "cookieless")
    assert said["LinkedIn Insight Tag"] == cells("unasked", "unasked", "fired", "fired")
    assert said["Meta Pixel"] == cells("not_seen", "not_seen", "wrong_payload", "not_seen")
    assert said["TikTok Pixel"] == cells("not_seen", "not_seen", "fired", "not_seen")
    assert said["Hotjar"] == cells("blocked", "blocked", "blocked", "blocked")
    if found.protocol == "cdp":  # over BiDi the first script of a frame may not be told to be the frame's
        assert said["Pinterest Tag"] == cells("not_checked", "not_checked", "not_checked", "not_checked")


def cells(none: str, reject: str, accept: str, gpc: str) -> dict[str, str]:
    return {"none": none, "reject": reject, "accept": accept, "gpc": gpc}


def judge(workspace: Workspace, run: Run, found: Found) -> None:
    listed = packs.load()
    site = SiteContext(hosts=(SHOP,), country="DE", currency="EUR", answers=tuple(STATES))
    settings = EvaluateSettings(
        workspace=str(workspace.folder), run_id=run.id, site=site, clients=(f"{found.name}/desktop",)
    )
    stage.describe(workspace, run, settings, InlinePool)
    chosen = Packs(tuple(one for one in listed.rules if one.id in RULES), "digest", listed.titles)
    stage.evaluate(workspace, run, settings, chosen, "1", InlinePool)
