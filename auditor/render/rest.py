"""Waits until an open page is at rest: loaded, its network quiet, scrolled through, late tags heard; part of a visit.

A page without any script of its own has nothing to wait for once it is loaded. All others are watched.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

import msgspec
from playwright.sync_api import Error, Page
from playwright.sync_api import TimeoutError as TookTooLong

from auditor.render.collectors import scroll
from auditor.render.collectors.look import Distorted, ask
from auditor.render.guests import Guests
from auditor.render.recorder import Recorder
from auditor.render.task import RenderSettings

_POLL_MS = 50
_HEARTBEAT_SECONDS = 6.0  # a script that runs longer without a pause is taken for endless
_SCROLL_SECONDS = 10.0
_AFTER_SCROLL_MS = 3_000
_STILL_MS = 50  # quiet, where nothing is left that could ask for more
_BEFORE_SCROLL = 0.3  # of the quiet that is waited for: the time it takes to scroll counts towards the rest
_LEAST_MS = 150
_SCRIPT = re.compile(
    rb"<script(?![^>]*type\s*=\s*[\"']?(?:application/(?:ld\+)?json|text/(?:x-)?template))", re.IGNORECASE
)

Ask = Callable[[str, float, Callable[[], Any]], Any]  # reason if it hangs, seconds, work; as visit's _ask


class _Restless(msgspec.Struct):
    scripts: bool
    lazy: bool


class Rest:
    """One visit's. `ask` does something in the page under the watchdog; `lost` says whether the page is gone."""

    def __init__(
        self,
        tab: Page,
        recorder: Recorder,
        guests: Guests,
        settings: RenderSettings,
        ask: Ask,
        lost: Callable[[], bool],
        *,
        measured: bool = False,
    ) -> None:
        self._tab, self._recorder, self._guests, self._settings = tab, recorder, guests, settings
        self._ask, self._lost, self._measured = ask, lost, measured
        self.quiet = True  # whether it came to rest within the limits
        self._still_load = -1  # the load that was found to be without scripts
        self._lazy = True

    @property
    def still(self) -> bool:
        """The page that is open has no script, handler or frame: what was not seen yet does not come."""
        return self._still_load == self._guests.loads

    def settle(self, limit_ms: float, quiet_ms: float = 0, still_ms: float = _STILL_MS) -> None:
        """Waits for the load event and then for a quiet network, `still_ms` of it where no script could ask for more; `quiet` says whether it came."""
        until = time.monotonic() + limit_ms / 1000
        self.quiet = True
        with contextlib.suppress(TookTooLong):
            if not self._guests.loaded:
                self._tab.wait_for_load_state("load", timeout=limit_ms)
        self._look_for_scripts()
        wanted = still_ms if self.still else quiet_ms or self._settings.quiet_ms
        while not self._quiet_for(wanted, until):
            pass

    def _quiet_for(self, wanted: float, until: float) -> bool:
        """Waits for a quiet network; False where something was asked for that this process heard of only afterwards."""
        while (left := wanted - self._recorder.quiet_for_ms()) > 0:
            if time.monotonic() >= until:
                self.quiet = False
                break
            self._tab.wait_for_timeout(min(left, _POLL_MS) if self._recorder.is_waiting else left)
        if self.still:
            return True
        # events come in their order: when the page has answered, all before it is heard
        self._ask("the page's scripts never pause", _HEARTBEAT_SECONDS, lambda: self._tab.evaluate("0"))
        return not self.quiet or self._recorder.quiet_for_ms() >= wanted

    def before_scrolling(self) -> None:
        quiet = self._settings.quiet_ms
        self.settle(self._settings.settle_timeout_ms, min(quiet, max(_LEAST_MS, quiet * _BEFORE_SCROLL)))

    def scroll(self) -> None:
        """Scrolls through, and lets what that brought come to rest; a page that grew meanwhile is scrolled once more."""
        if self.still and not self._lazy:
            return
        quiet = self.quiet
        for _ in range(2):
            height = self._scroll_once()
            # pictures that were scrolled to are told late, without any script too
            limit = min(_AFTER_SCROLL_MS, self._settings.settle_timeout_ms)
            self.settle(limit, still_ms=self._settings.quiet_ms)
            quiet = quiet and self.quiet
            if self.still or not height or self._height() <= height:
                break
        self.quiet = quiet

    def watch(self, since_start_ms: Callable[[], float]) -> None:
        """Late tags come seconds after the page: requests are watched for a set time at least, where any can come."""
        while not self.still and (left := self._settings.watch_ms - since_start_ms()) > 0:
            self._tab.wait_for_timeout(left)

    def _scroll_once(self) -> float:
        """The height that was scrolled through; 0 where the page has no end, or does not let itself be scrolled."""
        reason = "the page stopped answering while it was scrolled"
        try:
            scrolled = self._ask(reason, _SCROLL_SECONDS, lambda: scroll.through(self._tab))
        except (Error, Distorted):
            if self._lost():
                raise
            self._guests.note("could not be scrolled: its scripts stand in the way")
            return 0
        if not scrolled.ended:
            self._guests.note(f"stopped scrolling after {scrolled.steps} screens")
            return 0
        return float(scrolled.after)

    def _height(self) -> float:
        """Half a screen more is no growth: menus open and close."""
        measure = "Math.max(0, document.documentElement.scrollHeight - window.innerHeight / 2)"
        told = self._ask("the page stopped answering", _HEARTBEAT_SECONDS, lambda: self._tab.evaluate(measure))
        return float(told) if isinstance(told, int | float) else 0.0

    def _look_for_scripts(self) -> None:
        # what is painted last has no event, so a load for its times waits in any case
        if self._measured or self.still or self._recorder.saw_scripts:
            return
        loads = self._guests.loads
        try:
            told = self._ask(
                "the page's scripts never pause",
                _HEARTBEAT_SECONDS,
                lambda: ask(self._tab, "restless", None, _Restless),
            )
        except (Error, Distorted):
            if self._lost():
                raise
            return
        # a script may have taken its own element away
        if not told.scripts and self._guests.main is not None and not self._had_scripts():
            self._still_load, self._lazy = loads, told.lazy

    def _had_scripts(self) -> bool:
        main = self._guests.main
        try:
            return main is None or _SCRIPT.search(main.body()) is not None
        except Error:
            return True  # the browser no longer has it
