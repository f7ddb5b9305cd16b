"""What hosts of others do to pages, as a real browser tells it and the rules judge it: too slow, too busy, new where passwords are typed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import msgspec
import pytest

from auditor.checks.script_hosts import script_hosts_as_before
from auditor.checks.vendor_answers import third_parties_in_time
from auditor.checks.vendor_time import third_parties_leave_time
from auditor.config.devices import DEVICES
from auditor.evaluate import made_up
from auditor.evaluate.pages import Page
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Observation
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import Outcome, PageType
from auditor.render.browsers import Found, find
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer

pytestmark = pytest.mark.browser
SLOW_SECONDS = 3.0  # all others have half of it, however busy the machine
SCRIPTS = "<script src=http://quick.test/a.js></script><script async src=http://slow.test/a.js></script>"
BUSY = "const until = performance.now() + 300; while (performance.now() < until);"
PAGES = {
    "/one": f"<h1>One</h1>{SCRIPTS}",
    "/two": f"<h1>Two</h1>{SCRIPTS}",
    "/login": "<h1>Log in</h1><form><input type=password></form><script src=http://quick.test/a.js></script>",
    "/login-now": "<h1>Log in</h1><form><input type=password></form><script src=http://quick.test/a.js></script><script src=http://new.test/a.js></script>",
    "/busy": "<h1>Busy</h1><script src=http://busy.test/a.js></script><script src=http://quick.test/a.js></script>",
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = (self.headers["Host"] or "").partition(":")[0]
        if name == "slow.test":
            time.sleep(SLOW_SECONDS + 0.3)
        page = PAGES.get(self.path)
        body = (f"<!doctype html><title>t</title>{page}" if page else BUSY if name == "busy.test" else "1;").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if page else "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Looking:
    """Opens pages of shop.test in Chromium."""

    def __init__(self, thread: ThreadPoolExecutor, renderer: Renderer) -> None:
        self._thread, self._renderer = thread, renderer
        self.site = made_up.context({"hosts": ("shop.test",)})

    def snapshot(self, path: str, *, page_type: PageType = PageType.CONTENT, measured: bool = False) -> Snapshot:
        url = f"http://shop.test{path}"
        key = SnapshotKey(url, Client("chromium", "desktop"))
        kinds = frozenset({"requests", "paint"} if measured else {"requests"})
        task = RenderTask(key=key, url=url, device=DEVICES["desktop"], collectors=kinds, measured=measured)
        done = self._thread.submit(self._renderer.run, msgspec.msgpack.encode(task)).result()
        taken = msgspec.msgpack.decode(done, type=RenderResult)
        one = Snapshot(key, url, self.site, body=lambda: taken.html, bundle=lambda: taken.bundle)
        one.page_type = page_type
        return one

    def page(self, path: str, page_type: PageType = PageType.CONTENT) -> Page:
        one = self.snapshot(path, page_type=page_type)
        return Page(key=one.url, url=one.url, page_type=page_type, platform="", rendered=[one])

    def run(self, *pages: Page, before: tuple[Page, ...] | None = None) -> made_up.Site:
        return made_up.Site(pages, site=self.site, pages_before=before)


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looking]:
    if not isinstance(find("chromium"), Found):
        pytest.skip("no Chromium is installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    names = ("shop.test", "quick.test", "slow.test", "new.test", "busy.test")
    settings = RenderSettings(
        files=str(tmp_path_factory.mktemp("files")),
        site_hosts=("shop.test",),
        resolve=dict.fromkeys(names, f"127.0.0.1:{server.server_port}"),
        watch_ms=200,
        quiet_ms=200,
        settle_timeout_ms=30_000,
    )
    with ThreadPoolExecutor(1) as thread:
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings)).result()
        yield Looking(thread, renderer)
        thread.submit(renderer.close).result()
    server.shutdown()
    server.server_close()


def told(found: Iterator[Observation]) -> list[tuple[Outcome, str]]:
    return [(one.outcome, one.target) for one in found]


def test_a_host_that_keeps_pages_waiting(looking: Looking) -> None:
    run = looking.run(looking.page("/one"), looking.page("/two"))
    assert told(third_parties_in_time(run, seconds=SLOW_SECONDS)) == [(Outcome.FAILED, "slow.test")]


def test_a_script_that_was_not_there_the_night_before(looking: Looking) -> None:
    before, now = looking.page("/login", PageType.ACCOUNT), looking.page("/login-now", PageType.ACCOUNT)
    assert told(script_hosts_as_before(looking.run(now, before=(before,)))) == [(Outcome.FAILED, "new.test")]
    assert told(script_hosts_as_before(looking.run(before, before=(before,)))) == []


def test_a_script_that_keeps_the_main_thread(looking: Looking) -> None:
    found = third_parties_leave_time(looking.snapshot("/busy", measured=True), limit=100)
    assert told(found) == [(Outcome.FAILED, "busy.test")]
