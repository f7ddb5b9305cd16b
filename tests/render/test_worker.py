"""A render worker over a shop that misbehaves: each page costs its own snapshot, with its reason, in bounded time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psutil
import pytest

from auditor.config.devices import DEVICES
from auditor.evidence.axe import Axe
from auditor.evidence.bundle import KINDS
from auditor.evidence.console import Console
from auditor.evidence.cookies import Cookies
from auditor.evidence.images import Images
from auditor.evidence.layout import Layout
from auditor.evidence.requests import Requests
from auditor.evidence.screenshot import Screenshots
from auditor.evidence.texts import Texts
from auditor.evidence.visit import Visit
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import FetchOutcome
from auditor.render import rest, visit
from auditor.render.browsers import Found
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer
from tests.render.nasty import Served, Shop

ALL = frozenset(KINDS) - {"visit"}
FEW = frozenset({"texts", "requests", "console"})
Take = Callable[..., RenderResult]
LIMIT = 45.0  # seconds: the limit of a snapshot set below, starting a browser twice and a busy machine; far under the defaults


def settings_for(shop: Shop, files: Path, **changes: object) -> RenderSettings:
    settings = RenderSettings(
        files=str(files),
        site_hosts=(shop.host,),
        navigation_timeout_ms=5_000,
        settle_timeout_ms=1_500,
        quiet_ms=150,
        watch_ms=0,
        snapshot_timeout_ms=15_000,
    )
    return msgspec.structs.replace(settings, **changes)


def task_for(url: str, browser: str, device: str = "desktop", collectors: frozenset[str] = FEW) -> RenderTask:
    return RenderTask(
        key=SnapshotKey(url, Client(browser, device)), url=url, device=DEVICES[device], collectors=collectors
    )


@pytest.fixture(scope="module")
def worker(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Take]:
    """A worker in a thread of its own, as Playwright's sync interface wants it beside the tests' own."""
    with ThreadPoolExecutor(1) as thread:
        settings = msgspec.msgpack.encode(settings_for(shop, tmp_path_factory.mktemp("files")))
        renderer = thread.submit(Renderer, settings).result()

        def take(url: str, browser: str, **how: object) -> RenderResult:
            payload = msgspec.msgpack.encode(task_for(url, browser, **how))  # type: ignore[arg-type]
            return msgspec.msgpack.decode(thread.submit(renderer.run, payload).result(), type=RenderResult)

        yield take
        thread.submit(renderer.close).result()


@pytest.fixture
def take(worker: Take, found: Found, shop: Shop) -> Take:
    def one(path: str, **how: object) -> RenderResult:
        started = time.monotonic()
        result = worker(path if ":" in path else shop.url(path), str(found.name), **how)
        assert time.monotonic() - started < LIMIT
        assert result.worker
        return result

    return one


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_a_plain_page_gives_all_kinds_of_evidence(take: Take, shop: Shop, found: Found, device: str) -> None:
    result = take("/moved", device=device, collectors=ALL)
    assert (result.outcome, result.reason, result.bundle.missing) == (FetchOutcome.OK, "", {})
    assert set(result.bundle.kinds) == set(KINDS) - {"timing"}  # a pass of its own
    assert "<h1>Blue shirt</h1>" in result.html
    visit = result.bundle.read(Visit)
    assert visit is not None
    assert visit.final_url == shop.url("/plain?x=1")
    assert [(hop.url, hop.status, hop.location) for hop in visit.hops] == [
        (shop.url("/moved"), 301, shop.url("/moved-again")),
        (shop.url("/moved-again"), 302, shop.url("/plain?x=1")),
    ]
    assert (visit.status, dict(visit.headers)["content-type"], visit.quiet) == (200, "text/html; charset=utf-8", True)
    assert visit.browser_version == found.version
    assert ("Mobile" in visit.user_agent) == (device == "phone")
    kinds = {
        kind: result.bundle.read(kind) for kind in (Requests, Console, Cookies, Layout, Images, Texts, Axe, Screenshots)
    }
    assert [one.url for one in kinds[Requests].items if one.type == "image" and one.url.endswith("ok.png")] == [
        shop.url("/ok.png")
    ]
    assert [(one.natural, one.status, one.broken) for one in kinds[Images].items] == [((40, 20), 200, False)]
    assert kinds[Texts].headings == ((1, "Blue shirt", True),)
    assert kinds[Layout].viewport == (DEVICES[device].width, DEVICES[device].height)
    assert not kinds[Layout].scrolls_sideways
    assert [one.kind for one in kinds[Screenshots].pictures] == ["viewport", "page"]
    assert kinds[Axe].passes
    assert kinds[Console].errors == ()


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/loop", FetchOutcome.SITE_ERROR, "redirects without end"),
        ("/never-answers", FetchOutcome.TIMEOUT, "no answer within 5 s"),
        ("/never-ends", FetchOutcome.TIMEOUT, "the HTML did not end within 5 s"),
        ("/zip", FetchOutcome.SKIPPED, "not HTML (a download, application/zip)"),
        ("/pdf", FetchOutcome.SKIPPED, "not HTML (application/pdf)"),
        ("/json", FetchOutcome.SKIPPED, "not HTML (application/json)"),
        ("/nothing", FetchOutcome.SKIPPED, "no content (status 204)"),
        ("/hang", FetchOutcome.SKIPPED, "the page's scripts never pause"),
        ("/alerts", FetchOutcome.SKIPPED, "the page opens dialogs without end"),
        ("/refreshes", FetchOutcome.SKIPPED, "the page keeps navigating by itself"),
    ],
)
def test_pages_that_give_no_snapshot_give_a_reason(
    take: Take, path: str, outcome: FetchOutcome, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path == "/hang":
        monkeypatch.setattr(rest, "_HEARTBEAT_SECONDS", 1.5)  # it never answers: why wait longer
    monkeypatch.setattr(visit, "_ROUNDS", 2)
    result = take(path, collectors=ALL)  # all of them: slower than the page that keeps navigating
    for _ in range(3):
        if outcome is FetchOutcome.TIMEOUT or result.outcome is not FetchOutcome.TIMEOUT:
            break
        result = take(path, collectors=ALL)  # on a busy machine even a loop takes its time
    assert (result.outcome, result.reason) == (outcome, result.reason)
    assert result.reason.startswith(reason)
    assert result.html == ""
    assert result.bundle.read(Visit) is not None


def test_a_dropped_connection_is_unreachable(take: Take) -> None:
    result = take("/drops")
    assert result.outcome == FetchOutcome.UNREACHABLE
    assert result.reason


def test_hosts_that_are_not_there_are_unreachable(take: Take) -> None:
    for url in ("http://127.0.0.1:9/", "https://127.0.0.1:9/"):
        result = take(url)
        assert result.outcome == FetchOutcome.UNREACHABLE
        assert result.reason


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/error", FetchOutcome.SITE_ERROR, "status 500"),
        ("/not-there", FetchOutcome.SITE_ERROR, "status 404"),
        ("/forbidden", FetchOutcome.BLOCKED, "status 403"),
        ("/too-many", FetchOutcome.RATE_LIMITED, "status 429, retry after 30"),
    ],
)
def test_error_pages_are_snapshots_with_their_status(take: Take, path: str, outcome: FetchOutcome, reason: str) -> None:
    result = take(path)
    assert (result.outcome, result.reason) == (outcome, reason)
    assert "<h1>" in result.html
    assert result.bundle.read(Texts) is not None


@pytest.mark.parametrize(
    ("path", "title", "event"),
    [
        ("/one-alert", "went on", "dismissed a dialog (alert)"),
        ("/popup", "pop-up", "closed a pop-up (2 times)"),
        ("/endless", "endless", "stopped scrolling after 25 screens"),
        ("/moves-once", "A plain page", ""),
    ],
)
def test_what_was_done_about_a_page_is_noted(take: Take, path: str, title: str, event: str) -> None:
    result = take(path)
    assert result.outcome == FetchOutcome.OK, result.reason
    texts, visit = result.bundle.read(Texts), result.bundle.read(Visit)
    assert texts is not None
    assert texts.title == title
    assert visit is not None
    assert not event or event in visit.events


def test_a_page_that_never_rests_is_a_snapshot_that_says_so(take: Take) -> None:
    result = take("/never-quiet")
    visit = result.bundle.read(Visit)
    assert result.outcome == FetchOutcome.OK
    assert visit is not None
    assert not visit.quiet


def test_a_page_that_hangs_when_scrolled_costs_the_worker_nothing_more(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(rest, "_SCROLL_SECONDS", 1.5)
        hung = take("/hang-later")
    assert hung.outcome == FetchOutcome.SKIPPED
    assert hung.reason.startswith("the page stopped answering while it was scrolled")
    assert take("/plain").outcome == FetchOutcome.OK


def test_hostile_scripts_cost_single_kinds_of_evidence(take: Take) -> None:
    result = take("/hostile", collectors=ALL)
    assert result.outcome == FetchOutcome.OK
    assert "Hostile" in result.html
    assert {"texts", "layout", "images", "axe"} <= set(result.bundle.missing)
    assert all(result.bundle.missing.values())
    assert set(result.bundle.kinds) >= {"visit", "requests", "console", "screenshots"}


def test_a_browser_that_is_not_there_is_a_reason(worker: Take, shop: Shop) -> None:
    result = worker(shop.url("/plain"), "netscape")
    assert (result.outcome, result.reason) == (FetchOutcome.SKIPPED, "'netscape' is not a browser")


def test_a_configured_path_that_is_no_browser_is_a_reason(shop: Shop, tmp_path: Path) -> None:
    settings = settings_for(shop, tmp_path, executables={"chromium": "/nowhere/chromium"})
    renderer = Renderer(msgspec.msgpack.encode(settings))
    try:
        result = msgspec.msgpack.decode(
            renderer.run(msgspec.msgpack.encode(task_for(shop.url("/plain"), "chromium"))), type=RenderResult
        )
    finally:
        renderer.close()
    assert result.outcome == FetchOutcome.SKIPPED
    assert result.reason == "chromium is not to be had: /nowhere/chromium is not an executable"


@pytest.mark.browser
def test_a_crashed_tab_costs_its_snapshot(worker: Take, shop: Shop) -> None:
    crashed = worker("chrome://crash", "chromium")
    assert (crashed.outcome, crashed.reason) == (FetchOutcome.SKIPPED, "the tab crashed")
    assert worker(shop.url("/plain"), "chromium").outcome == FetchOutcome.OK


def test_what_came_in_place_of_anothers_script_is_told(take: Take, shop: Shop) -> None:
    """Chromium refuses it (ORB) and tells no status; the other browsers tell."""
    other = shop.url("").replace("127.0.0.1", "localhost")
    result = take(shop.put(f"<h1>x</h1><script src='{other}/gone.js'></script>"))
    requests = result.bundle.read(Requests)
    assert requests is not None
    gone = next(one for one in requests.items if one.url.endswith("/gone.js"))
    assert (gone.third_party, gone.status, gone.content_type[:9]) == (True, 404, "text/html")
    assert gone.failure


@pytest.mark.browser
def test_late_tags_are_waited_for_and_heard(shop: Shop, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        renderer = thread.submit(
            Renderer, msgspec.msgpack.encode(settings_for(shop, tmp_path, watch_ms=2_000))
        ).result()
        payload = msgspec.msgpack.encode(task_for(shop.url("/late-tag"), "chromium"))
        result = msgspec.msgpack.decode(thread.submit(renderer.run, payload).result(), type=RenderResult)
        thread.submit(renderer.close).result()
    visit, requests, console = result.bundle.read(Visit), result.bundle.read(Requests), result.bundle.read(Console)
    assert visit is not None
    assert visit.watched_ms >= 2_000
    assert requests is not None
    assert shop.url("/poll?late") in [one.url for one in requests.items]
    assert console is not None
    assert [one.text for one in console.messages] == ["late error"]


@pytest.mark.browser
def test_browsers_are_started_afresh_after_a_number_of_snapshots(shop: Shop, tmp_path: Path) -> None:
    def browser_pids() -> set[int]:
        return {one.pid for one in psutil.Process().children(recursive=True) if "--headless" in " ".join(_command(one))}

    before = browser_pids()
    with ThreadPoolExecutor(1) as thread:
        renderer = thread.submit(
            Renderer, msgspec.msgpack.encode(settings_for(shop, tmp_path, recycle_after=2))
        ).result()
        payload = msgspec.msgpack.encode(task_for(shop.url("/plain"), "chromium"))
        seen = []
        for _ in range(3):
            thread.submit(renderer.run, payload).result()
            seen.append(browser_pids() - before)
        thread.submit(renderer.close).result()
    assert seen[0]
    assert seen[1] == set()
    assert seen[2]
    assert not seen[0] & seen[2]
    assert browser_pids() - before == set()


ALONE = """
import sys, time, msgspec
from auditor.render.worker import Renderer
settings, task = (bytes.fromhex(argument) for argument in sys.argv[1:])
renderer = Renderer(settings)
renderer.run(task)
print("ready", flush=True)
time.sleep(60)
"""


def test_browsers_die_with_a_killed_worker(found: Found, shop: Shop, tmp_path: Path) -> None:
    arguments = [
        msgspec.msgpack.encode(one).hex()
        for one in (settings_for(shop, tmp_path), task_for(shop.url("/plain"), str(found.name)))
    ]
    root = Path(__file__).parents[2]
    worker = subprocess.Popen([sys.executable, "-c", ALONE, *arguments], stdout=subprocess.PIPE, cwd=root)
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline().strip() == b"ready"
        started = psutil.Process(worker.pid).children(recursive=True)
        assert len(started) >= 2
        os.kill(worker.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(started, timeout=90)
        assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_failed_files_of_the_shop_are_asked_for_once_more(take: Take, shop: Shop) -> None:
    gone = Served(b"gone", 404, {"Content-Type": "text/plain"})
    shop.in_turn |= {"/once.js": [gone, Served(b"1", 200, {"Content-Type": "text/javascript"})], "/ever.js": [gone]}
    result = take(shop.put("<h1>x</h1><script src='/once.js'></script><script src='/ever.js'></script>"))
    requests = result.bundle.read(Requests)
    assert requests is not None
    told = [(one.url.rpartition("/")[2], one.status, one.later) for one in requests.items]
    assert ("once.js", 404, 200) in told  # Firefox may ask by itself once more
    assert {(status, later) for name, status, later in told if name == "ever.js"} == {(404, 404)}
