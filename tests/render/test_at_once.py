"""Snapshots taken beside each other in one worker: each is what it would be alone, and one's end is not the other's."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest
from playwright.sync_api import sync_playwright

from auditor.config.devices import DEVICES
from auditor.evidence.requests import Requests
from auditor.evidence.visit import Visit
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import FetchOutcome
from auditor.render import asking
from auditor.render.at_once import at_once
from auditor.render.browsers import Found
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.worker import Renderer
from auditor.workers.inline import InlinePool
from tests.render.nasty import Shop

KINDS = frozenset({"texts", "requests"})


def task(url: str, browser: str, device: str = "desktop", page: str = "") -> RenderTask:
    key = SnapshotKey(page or url, Client(browser, device))
    return RenderTask(key=key, url=url, device=DEVICES[device], collectors=KINDS)


def settings(shop: Shop, files: Path) -> RenderSettings:
    return RenderSettings(
        files=str(files),
        site_hosts=(shop.host,),
        navigation_timeout_ms=10_000,
        quiet_ms=150,
        watch_ms=300,
        snapshot_timeout_ms=30_000,
        at_once=2,
    )


def taken(shop: Shop, files: Path, tasks: list[RenderTask]) -> list[RenderResult]:
    with ThreadPoolExecutor(1) as thread:  # as Playwright's sync interface wants it beside the tests' own
        thread.submit(Renderer.prepare).result()
        renderer = thread.submit(Renderer, msgspec.msgpack.encode(settings(shop, files))).result()
        try:
            told = thread.submit(renderer.run, msgspec.msgpack.encode(tasks)).result()
        finally:
            thread.submit(renderer.close).result()
    return msgspec.msgpack.decode(told, type=list[RenderResult])


def urls(result: RenderResult) -> list[str]:
    requests = result.bundle.read(Requests)
    assert requests is not None
    return [one.url for one in requests.items]


def test_each_knows_its_own_requests_alone(shop: Shop, found: Found, tmp_path: Path) -> None:
    """What the wall refused is told of a host alone, not by which page: each visit's wall is its own."""
    pages = [
        shop.put(
            f"<h1>{name}</h1><script>setTimeout(() => fetch('/poll?{name}'), 100);"
            f"new WebSocket('ws://{name}.invalid/')</script>"
        )
        for name in ("one", "two")
    ]
    devices = ("desktop", "phone")
    asked = [task(page, str(found.name), device) for page, device in zip(pages, devices, strict=True)]
    results = taken(shop, tmp_path, asked)
    assert [one.key for one in results] == [one.key for one in asked]
    assert [one.outcome for one in results] == [FetchOutcome.OK] * 2
    for mine, other, result in zip(("one", "two"), ("two", "one"), results, strict=True):
        seen = " ".join(urls(result))
        assert f"<h1>{mine}</h1>" in result.html
        assert f"/poll?{mine}" in seen
        assert f"{mine}.invalid" in seen
        assert f"?{other}" not in seen
        assert f"{other}.invalid" not in seen
    widths = [visit.viewport for one in results if (visit := one.bundle.read(Visit)) is not None]
    assert widths == [(DEVICES[one].width, DEVICES[one].height) for one in devices]


@pytest.mark.browser
def test_what_ends_one_leaves_the_other_whole(shop: Shop, tmp_path: Path) -> None:
    crashed, plain = taken(
        shop, tmp_path, [task("chrome://crash", "chromium"), task(shop.url("/plain"), "chromium", "phone")]
    )
    assert (crashed.outcome, crashed.reason) == (FetchOutcome.SKIPPED, "the tab crashed")
    assert plain.outcome == FetchOutcome.OK


def test_a_browser_that_is_not_there_is_the_reason_of_each(shop: Shop, tmp_path: Path) -> None:
    results = taken(shop, tmp_path, [task(shop.url("/plain"), "netscape", one) for one in ("desktop", "phone")])
    assert [one.reason for one in results] == ["'netscape' is not a browser"] * 2


def test_all_end_when_the_driver_does() -> None:
    """None waits for ever for what nobody sends any more."""

    def driven() -> list[str]:
        before = set(psutil.Process().children())
        playwright = sync_playwright().start()
        (driver,) = set(psutil.Process().children()) - before
        ended: list[str] = []

        def wait(meanwhile: Callable[[], None]) -> None:
            client = playwright.request.new_context()
            meanwhile()
            try:
                client.get(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0)
            finally:
                ended.append("told")

        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Exception, match="onnection closed"):
            at_once(playwright, [partial(wait, lambda: None), partial(wait, driver.kill)])
        with suppress(Exception):
            playwright.stop()
        return ended

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(driven).result(60) == ["told", "told"]


class Stubborn:
    """An entry that gives up on several tasks at once, as a worker does that one of them has killed."""

    def __init__(self, _: bytes) -> None: ...

    def run(self, payload: bytes) -> bytes:
        asked = msgspec.msgpack.decode(payload, type=RenderTask | list[RenderTask])
        if not isinstance(asked, RenderTask) or asked.url.endswith("/bad"):
            raise RuntimeError("no")
        return msgspec.msgpack.encode(RenderResult(key=asked.key, url=asked.url, outcome=FetchOutcome.OK))

    def close(self) -> None: ...


def test_one_that_fails_does_not_cost_those_beside_it() -> None:
    tasks = {
        name: task(f"https://shop.test/{name}", "chromium", page="https://shop.test/")
        for name in ("good", "bad", "fine")
    }
    with InlinePool(f"{__name__}:Stubborn", b"") as pool:
        told = dict(asking.ask(pool, tasks, at_once=2))
    assert {name: one.outcome for name, one in told.items()} == {
        "good": FetchOutcome.OK,
        "bad": FetchOutcome.SKIPPED,
        "fine": FetchOutcome.OK,
    }
    assert told["bad"].reason == "the browser worker failed: RuntimeError: no"
    assert [one.url for one in told.values()] == [tasks[name].url for name in told]
