"""A render worker: browsers behind walls that take snapshots, one task after the other or several beside each other, for `workers` to run.

A browser is started when first asked for, and afresh after a number of snapshots, after a crash and after a page that
had to be ended by force. Snapshots that are asked for together are taken at once, each in a browser of its own.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial

import msgspec
from playwright.sync_api import Playwright, sync_playwright

from auditor import paths
from auditor.knowledge import vendors
from auditor.model.errors import IncompleteError
from auditor.model.words import BrowserName, FetchOutcome
from auditor.render import browsers
from auditor.render.at_once import at_once
from auditor.render.lane import CLOSE_SECONDS, Lane
from auditor.render.loads import measured
from auditor.render.means import NotOpened
from auditor.render.shop_tls import ShopTls
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.watchdog import Watchdog, children, kill_trees

_ATTEMPTS = 2  # to get a tab: the second with everything started afresh


class Renderer:
    """Made from RenderSettings, runs RenderTask to RenderResult, or several to as many in their order, all as msgpack.

    What a page does never raises.
    """

    def __init__(self, settings: bytes) -> None:
        self._settings = msgspec.msgpack.decode(settings, type=RenderSettings)
        self._vendors = vendors.extended(vendors.load(), self._settings.collectors)
        self._shop_tls = ShopTls.needed(self._settings.session, verify=not self._settings.ignore_tls_errors)
        self._playwright: Playwright | None = None
        self._drivers: set[int] = set()
        self._lanes: list[Lane] = []
        self._found: dict[BrowserName, browsers.Found] = {}
        if self._settings.warm:
            # what is wrong with it is told by the first task that asks for it
            with contextlib.suppress(IncompleteError, ValueError):
                self._open(BrowserName(self._settings.warm), self._settings.at_once)
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    @staticmethod
    def prepare() -> None:
        """Starts Playwright's driver, which needs no settings; the first Renderer of this process takes it."""
        _ready.append(_started())

    def run(self, payload: bytes) -> bytes:
        asked = msgspec.msgpack.decode(payload, type=RenderTask | list[RenderTask])
        if isinstance(asked, RenderTask):
            return msgspec.msgpack.encode(
                self._told(measured(asked, self._take) if asked.measured else self._take(asked))
            )
        return msgspec.msgpack.encode([self._told(one) for one in self._take_at_once(asked)])

    def close(self) -> None:
        self._stop()
        while _ready:  # nothing needed it
            self._playwright, self._drivers = _ready.pop()
            self._stop()
        for lane in self._lanes:
            lane.close()

    def _told(self, result: RenderResult) -> RenderResult:
        result.worker = self._name
        hide = self._settings.session.hide
        result.html = hide(result.html.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
        result.bundle.kinds = {kind: hide(packed) for kind, packed in result.bundle.kinds.items()}
        return result

    def _take_at_once(self, tasks: Sequence[RenderTask]) -> list[RenderResult]:
        """Those whose browser gave no tab, or that the driver left, are taken again one by one."""
        browser = tasks[0].key.client.browser
        together = [one for one in tasks if one.key.client.browser == browser]
        taken: dict[int, RenderResult] = {}

        def take(place: int) -> None:
            with contextlib.suppress(NotOpened):
                try:
                    taken[place] = self._lanes[place].take(together[place])
                except Exception as error:
                    if not _driver_died(error):
                        raise

        with contextlib.suppress(IncompleteError, ValueError):
            self._open(BrowserName(browser), len(together))
            at_once(self._driver(), [partial(take, place) for place in range(len(together))])
        if len(taken) < len(tasks):
            self._stop()
        done = {id(together[place]): result for place, result in taken.items()}
        return [done[id(one)] if id(one) in done else self._take(one) for one in tasks]

    def _take(self, task: RenderTask) -> RenderResult:
        try:
            name = BrowserName(task.key.client.browser)
        except ValueError:
            return _skipped(task, f"'{task.key.client.browser}' is not a browser")
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                self._open(name, 1)
                return self._lanes[0].take(task)
            except IncompleteError as error:
                return _skipped(task, error.what)
            except NotOpened as error:
                reason = f"{name} opened no tab: {error}"
            except Exception as error:
                if not _driver_died(error):
                    raise
                reason = "Playwright's driver ended in the middle of the snapshot"
            self._stop()
        return _skipped(task, reason)

    def _open(self, name: BrowserName, lanes: int) -> None:
        """Has the browser run in this many lanes. Raises IncompleteError where it can't be had."""
        found = self._found.get(name) or browsers.find(name, self._settings.executables.get(str(name), ""))
        if isinstance(found, browsers.Missing):
            raise IncompleteError(f"{name} is not to be had: {found.reason}", hint=found.command)
        self._found[name] = found
        while len(self._lanes) < lanes:
            self._lanes.append(Lane(self._settings, self._vendors, self._shop_tls))
        opening = [partial(lane.open, found, self._driver(), self._running) for lane in self._lanes[:lanes]]
        if len(opening) > 1 and found.protocol == "cdp" and sys.platform == "linux":
            at_once(self._driver(), opening)
            return
        for open_one in opening:  # which processes came with which is told by their order alone
            open_one()

    def _driver(self) -> Playwright:
        if self._playwright is None:
            self._playwright, self._drivers = _ready.pop() if _ready else _started()
        return self._playwright

    def _running(self) -> set[int]:
        return {pid for driver in self._drivers for pid in children(driver)}

    def _stop(self) -> None:
        """Ends browsers and Playwright's driver, gently where they answer."""
        for lane in self._lanes:
            lane.stop()
        drivers = self._drivers
        kill = Watchdog(lambda: kill_trees(drivers), CLOSE_SECONDS)
        with contextlib.suppress(Exception), kill.step("", CLOSE_SECONDS):
            if self._playwright is not None:
                self._playwright.stop()
        self._playwright = None
        self._drivers = set()


_ready: list[tuple[Playwright, set[int]]] = []  # the driver that waits for its Renderer


def _started() -> tuple[Playwright, set[int]]:
    """A driver, and its processes."""
    _keep_compiled()
    before = children(os.getpid())
    playwright = sync_playwright().start()
    return playwright, children(os.getpid()) - before


def _keep_compiled() -> None:
    """Lets Node.js keep Playwright's driver compiled in the user's cache folder: a sixth of what starting a browser costs."""
    if (folder := paths.kept("driver")) is not None:
        os.environ.setdefault("NODE_COMPILE_CACHE", str(folder))


def _driver_died(error: Exception) -> bool:
    """Playwright tells it by a bare Exception (seen with 1.64)."""
    return "Connection closed" in str(error)


def _skipped(task: RenderTask, reason: str) -> RenderResult:
    return RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.SKIPPED, reason=reason)
