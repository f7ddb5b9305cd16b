"""Answers what a page does to its visitor: dialogs, downloads, pop-ups, navigations of its own, crashes; each is noted."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Dialog, Download, Error, Page, Response

from auditor.model.query import Hop
from auditor.model.urls import absolute
from auditor.render.proxy import MARK

MOST_DIALOGS = 25  # a page that goes on opening them never yields
_MANY_DIALOGS = 5  # of a page that was ended since it did not answer: on a slow machine it gets no further
_ENDLESS = "the page opens dialogs without end"
MOST_POPUPS = 50
_REDIRECTS = range(300, 400)


class Guests:
    """Listens to one tab from before its first navigation. `give_up` ends the browser when the page never stops."""

    def __init__(self, context: BrowserContext, tab: Page, give_up: Callable[[str], None]) -> None:
        self._tab, self._give_up = tab, give_up
        self._counts: Counter[str] = Counter()
        self.crashed = False
        self.loads = 0  # documents loaded in the main frame
        self.loaded = False  # and whether the last one has had its load event
        self.main: Response | None = None  # last answer to a navigation of the main frame, redirects apart
        self.hops: list[Hop] = []
        self.asked = ""  # last URL the main frame asked for
        self.walled = False  # its answer was the wall's own, which is none
        tab.on("dialog", self._dialog)
        tab.on("download", self._download)
        tab.on("crash", self._crash)
        tab.on("domcontentloaded", self._load)
        tab.on("load", self._loaded)
        tab.on("response", self._response)
        context.on("page", self._popup)

    @property
    def events(self) -> tuple[str, ...]:
        return tuple(f"{what} ({count} times)" if count > 1 else what for what, count in self._counts.items())

    def why_ended(self, reason: str) -> str:
        """Why a page was ended that did not answer, where its dialogs tell more than `reason`."""
        return _ENDLESS if self._dialogs >= _MANY_DIALOGS else reason

    @property
    def _dialogs(self) -> int:
        return sum(count for what, count in self._counts.items() if what.startswith("dismissed"))

    def note(self, event: str) -> None:
        if event in self._counts or len(self._counts) < 50:
            self._counts[event] += 1

    def _dialog(self, dialog: Dialog) -> None:
        self.note(f"dismissed a dialog ({dialog.type})")
        with contextlib.suppress(Error):
            dialog.dismiss()
        if self._dialogs >= MOST_DIALOGS:
            self._give_up(_ENDLESS)

    def _download(self, download: Download) -> None:
        self.note(f"refused a download ({download.suggested_filename[:80]})")
        with contextlib.suppress(Error):
            download.cancel()

    def _popup(self, page: Page) -> None:
        if page == self._tab:
            return
        self.note("closed a pop-up")
        with contextlib.suppress(Error):
            page.close()
        if self._counts["closed a pop-up"] >= MOST_POPUPS:
            self._give_up("the page opens windows without end")

    def _crash(self, _: Page) -> None:
        self.crashed = True

    def _load(self, _: Page) -> None:
        self.loads += 1
        self.loaded = False

    def _loaded(self, _: Page) -> None:
        self.loaded = True

    def _response(self, response: Response) -> None:
        request = response.request
        try:
            if not request.is_navigation_request() or request.frame != self._tab.main_frame:
                return
        except Error:  # a request whose frame is gone, or not there yet
            return
        self.asked = request.url
        if request.redirected_from is None:
            self.hops = []
        self.walled = MARK.lower() in response.headers
        if self.walled:
            self.main = None
            return
        location = response.headers.get("location", "")
        if response.status in _REDIRECTS and location:
            self.hops.append(Hop(request.url, response.status, absolute(request.url, location) or location))
        else:
            self.main = response
