"""A render worker: holds browsers behind a wall and takes snapshots, one task after the other, for `workers` to run.

A browser is started when first asked for, and afresh after a number of snapshots, after a crash and after a page that
had to be ended by force.
"""

from __future__ import annotations

import contextlib
import os
import socket

import msgspec
from playwright.sync_api import Playwright, sync_playwright

from auditor import paths
from auditor.knowledge import vendors
from auditor.model.errors import IncompleteError
from auditor.model.words import BrowserName, FetchOutcome
from auditor.render import browsers
from auditor.render.libraries import Libraries
from auditor.render.loads import measured
from auditor.render.means import Means, NotOpened, Opened
from auditor.render.shop_tls import ShopTls
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.visit import take
from auditor.render.wall import Wall
from auditor.render.watchdog import Watchdog, children, kill_trees

_ATTEMPTS = 2  # to get a tab: the second with everything started afresh
_CLOSE_SECONDS = 10.0


class Renderer:
    """Made from RenderSettings, runs RenderTask to RenderResult, all as msgpack. What a page does never raises."""

    def __init__(self, settings: bytes) -> None:
        self._settings = msgspec.msgpack.decode(settings, type=RenderSettings)
        self._vendors = vendors.extended(vendors.load(), self._settings.collectors)
        session = self._settings.session
        self._shop_tls = ShopTls.needed(session, verify=not self._settings.ignore_tls_errors)
        self._wall = Wall(
            vendors=self._vendors,
            deliver_beacons=self._settings.deliver_beacons,
            resolve=self._settings.resolve,
            upstream=session.proxy,
            shop_tls=self._shop_tls,
            controls=self._settings.controls,
        )
        self._playwright: Playwright | None = None
        self._drivers: set[int] = set()
        self._libraries: Libraries | None = None
        self._found: dict[BrowserName, browsers.Found] = {}
        self._opened: dict[BrowserName, Opened] = {}
        self._taken: dict[BrowserName, int] = {}
        if self._settings.warm:
            # what is wrong with it is told by the first task that asks for it
            with contextlib.suppress(IncompleteError, ValueError):
                self._open(BrowserName(self._settings.warm))
        self._name = f"{socket.gethostname()}:{os.getpid()}"

    def run(self, payload: bytes) -> bytes:
        task = msgspec.msgpack.decode(payload, type=RenderTask)
        result = measured(task, self._take) if task.measured else self._take(task)
        result.worker = self._name
        hide = self._settings.session.hide
        result.html = hide(result.html.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
        result.bundle.kinds = {kind: hide(packed) for kind, packed in result.bundle.kinds.items()}
        return msgspec.msgpack.encode(result)

    def close(self) -> None:
        self._stop()
        self._wall.close()

    def _take(self, task: RenderTask) -> RenderResult:
        try:
            name = BrowserName(task.key.client.browser)
        except ValueError:
            return _skipped(task, f"'{task.key.client.browser}' is not a browser")
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                opened = self._open(name)
                assert self._libraries is not None
                result, spent = take(task, opened, Means(self._settings, self._wall, self._vendors, self._libraries))
            except IncompleteError as error:
                return _skipped(task, error.what)
            except NotOpened as error:
                reason = f"{name} opened no tab: {error}"
                self._stop()
                continue
            except Exception as error:
                if not _driver_died(error):
                    raise
                reason = "Playwright's driver ended in the middle of the snapshot"
                self._stop()
                continue
            self._taken[name] += 1
            if spent or self._taken[name] >= self._settings.recycle_after:
                self._close(name)
            return result
        return _skipped(task, reason)

    def _open(self, name: BrowserName) -> Opened:
        """The browser, started if it is not. Raises IncompleteError where it can't be had."""
        if name in self._opened:
            return self._opened[name]
        found = self._found.get(name) or browsers.find(name, self._settings.executables.get(str(name), ""))
        if isinstance(found, browsers.Missing):
            raise IncompleteError(f"{name} is not to be had: {found.reason}", hint=found.command)
        self._found[name] = found
        playwright = self._driver()
        before = self._running()
        try:
            args = [*self._settings.browser_args]
            if self._shop_tls and found.protocol == "cdp":
                args.append(f"--ignore-certificate-errors-spki-list={self._shop_tls.fingerprint}")
            browser = browsers.launch(playwright, found, self._wall.address, args)
        except IncompleteError:
            kill_trees(self._running() - before)
            raise
        started = self._running() - before
        self._opened[name] = Opened(browser=browser, found=found, kill=lambda: kill_trees(started))
        self._taken[name] = 0
        return self._opened[name]

    def _driver(self) -> Playwright:
        if self._playwright is None:
            _keep_compiled()
            before = children(os.getpid())
            self._playwright = sync_playwright().start()
            self._drivers = children(os.getpid()) - before
            self._libraries = Libraries(
                self._playwright, self._wall, ignore_tls_errors=self._settings.ignore_tls_errors
            )
        return self._playwright

    def _running(self) -> set[int]:
        return {pid for driver in self._drivers for pid in children(driver)}

    def _close(self, name: BrowserName) -> None:
        opened = self._opened.pop(name, None)
        if opened is None:
            return
        # a driver that has died raises bare Exceptions
        with contextlib.suppress(Exception), Watchdog(opened.kill, _CLOSE_SECONDS).step("", _CLOSE_SECONDS):
            opened.browser.close()
        opened.kill()

    def _stop(self) -> None:
        """Ends browsers and Playwright's driver, gently where they answer."""
        for name in list(self._opened):
            self._close(name)
        drivers = self._drivers
        kill = Watchdog(lambda: kill_trees(drivers), _CLOSE_SECONDS)
        with contextlib.suppress(Exception), kill.step("", _CLOSE_SECONDS):
            if self._playwright is not None:
                self._playwright.stop()
        self._playwright = self._libraries = None
        self._drivers = set()


def _keep_compiled() -> None:
    """Lets Node.js keep Playwright's driver compiled in the user's cache folder: a sixth of what starting a browser costs."""
    if (folder := paths.kept("driver")) is not None:
        os.environ.setdefault("NODE_COMPILE_CACHE", str(folder))


def _driver_died(error: Exception) -> bool:
    """Playwright tells it by a bare Exception (seen with 1.64)."""
    return "Connection closed" in str(error)


def _skipped(task: RenderTask, reason: str) -> RenderResult:
    return RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.SKIPPED, reason=reason)
