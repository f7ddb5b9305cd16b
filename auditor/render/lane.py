"""A lane of a render worker: a wall and the browsers behind it, for one visit at a time; lanes work beside each other.

Each has a browser of its own, since nothing but the browser's own proxy tells whose connection comes to a wall.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Playwright

from auditor.knowledge.vendors import Vendors
from auditor.model.errors import IncompleteError
from auditor.model.words import BrowserName
from auditor.render.browsers import Found, launch, wall_of
from auditor.render.firefox_start import FirefoxStart
from auditor.render.libraries import Libraries
from auditor.render.means import Means, Opened
from auditor.render.shop_tls import ShopTls
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.render.visit import take
from auditor.render.wall import Wall
from auditor.render.watchdog import Watchdog, kill_trees

CLOSE_SECONDS = 10.0


@dataclass
class _Running:
    """A browser that runs, what its start left to keep, and how many snapshots it has taken."""

    opened: Opened
    start: FirefoxStart
    taken: int = 0


class Lane:
    """Opens a browser when first asked for it, and afresh after a number of snapshots, and after a page that it did not survive."""

    def __init__(self, settings: RenderSettings, vendors: Vendors, shop_tls: ShopTls | None) -> None:
        self._settings, self._vendors, self._shop_tls = settings, vendors, shop_tls
        self._wall = Wall(
            vendors=vendors,
            deliver_beacons=settings.deliver_beacons,
            resolve=settings.resolve,
            upstream=settings.session.proxy,
            shop_tls=shop_tls,
            controls=settings.controls,
        )
        self._libraries: Libraries | None = None
        self._browsers: dict[BrowserName, _Running] = {}

    def open(self, found: Found, playwright: Playwright, running: Callable[[], set[int]]) -> None:
        """Has the browser run. `running` tells the processes below the driver. Raises IncompleteError where it does not start."""
        if found.name in self._browsers:
            return
        if self._libraries is None:
            self._libraries = Libraries(playwright, self._wall, ignore_tls_errors=self._settings.ignore_tls_errors)
        before = running()
        start = FirefoxStart(found)
        try:
            args = [*self._settings.browser_args]
            if self._shop_tls and found.protocol == "cdp":
                args.append(f"--ignore-certificate-errors-spki-list={self._shop_tls.fingerprint}")
            browser = launch(playwright, found, self._wall.address, args, start.environment)
        except IncompleteError:
            kill_trees(self._own(running() - before))
            start.forget()
            start.close()
            raise
        started = self._own(running() - before)
        opened = Opened(browser=browser, found=found, kill=lambda: kill_trees(started))
        self._browsers[found.name] = _Running(opened, start)

    def _own(self, pids: set[int]) -> set[int]:
        """Without browsers that are known to be another lane's, which may start at the same moment."""
        return {pid for pid in pids if wall_of(pid) in (None, self._wall.address)}

    def take(self, task: RenderTask) -> RenderResult:
        """A snapshot, in a browser that `open` has started. Raises NotOpened, and what `open` raises."""
        name = BrowserName(task.key.client.browser)
        means = Means(self._settings, self._wall, self._vendors, self._libraries)
        running = self._browsers[name]
        result, spent = take(task, running.opened, means)
        running.taken += 1
        if spent or running.taken >= self._settings.recycle_after:
            self._close(name)
        return result

    def stop(self) -> None:
        """Ends the browsers, gently where they answer; the driver goes after them."""
        for name in list(self._browsers):
            self._close(name)
        self._libraries = None

    def close(self) -> None:
        self._wall.close()

    def _close(self, name: BrowserName) -> None:
        running = self._browsers.pop(name)
        opened = running.opened
        # a driver that has died raises bare Exceptions
        with contextlib.suppress(Exception), Watchdog(opened.kill, CLOSE_SECONDS).step("", CLOSE_SECONDS):
            opened.browser.close()
            running.start.keep()
        opened.kill()
        running.start.close()
