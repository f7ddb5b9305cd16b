"""The tab of one snapshot, from opening to the closed gate: what is done in it goes under the watchdog, and it tells what came of it.

The steps in between are the visit's (visit.py).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from playwright.sync_api import BrowserContext, Error, Page

from auditor.evidence.consent import Consent
from auditor.evidence.images import Images
from auditor.evidence.paint import Paint
from auditor.evidence.requests import Requests
from auditor.evidence.visit import Visit
from auditor.model.urls import is_http, origin
from auditor.model.words import FetchOutcome
from auditor.render import identity, outcomes, throttle
from auditor.render.collectors import console, data_layer, fingerprints, images, paint, service_workers, unloads
from auditor.render.collectors.look import Look
from auditor.render.guests import Guests
from auditor.render.means import Means, NotOpened, Opened
from auditor.render.recorder import Recorder
from auditor.render.rest import Rest
from auditor.render.task import RenderResult, RenderTask
from auditor.render.watchdog import Watchdog


class MovedOn(Exception):
    """The page navigated by itself while it was looked at."""


class Tab:
    """Opened, asked and closed once; `result` is filled as far as the page lets itself be looked at."""

    def __init__(self, task: RenderTask, opened: Opened, means: Means, watchdog: Watchdog) -> None:
        self._task, self._opened, self._means, self._watchdog = task, opened, means, watchdog
        self._settings = means.settings
        self._context: BrowserContext | None = None
        self._recorder: Recorder | None = None
        self._images: Images | None = None
        self._answered: Consent | None = None
        self._visit_told: Visit | None = None  # where something was done to the page since
        self._ready = False
        self._began = time.monotonic()
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.result = RenderResult(key=task.key, url=task.url, outcome=FetchOutcome.OK)

    @property
    def crashed(self) -> bool:
        return self._ready and self._guests.crashed

    def open(self) -> None:
        found, device, settings = self._opened.found, self._task.device, self._settings
        options = identity.context_options(found, device, settings)
        options |= identity.session_options(settings, origin(self._task.url))
        try:
            with self._watchdog.step("the browser opens no tab", 30):
                self._context = self._opened.browser.new_context(**options)
                self._context.set_default_timeout(settings.navigation_timeout_ms)
                self._recorder = Recorder(
                    self._context,
                    self._means.wall,
                    self._means.vendors,
                    settings.site_hosts,
                    deliver_beacons=settings.deliver_beacons,
                    headers=settings.session.along,
                    may_have=settings.session.knows,
                    libraries=self._means.libraries,
                )
                if "data_layer" in self._task.collectors:
                    data_layer.watch(self._context)
                if "fingerprints" in self._task.collectors:
                    fingerprints.watch(self._context)
                if "unloads" in self._task.collectors:
                    unloads.watch(self._context)
                if self._task.key.state.gpc:
                    identity.ask_not_to_sell(self._context)
                if "service_workers" in self._task.collectors:
                    service_workers.listen(self._context)
                self._tab: Page = self._context.new_page()
                self._guests = Guests(self._context, self._tab, self._watchdog.bite)
                self._console = console.Listener(self._tab)
                if note := identity.prepare(self._context, self._tab, found, device, settings):
                    self._guests.note(note)
                if note := throttle.apply(self._context, self._tab, found, device):
                    self._guests.note(note)
                self._rest = Rest(
                    self._tab,
                    self._recorder,
                    self._guests,
                    settings,
                    self._ask,
                    self._lost,
                    measured=self._task.measured,
                )
                self._look = Look(tab=self._tab, context=self._context, device=device, settings=settings)
                self._ready = True
        except Error as error:
            raise NotOpened(self._watchdog.fired or outcomes.first_line(error.message)) from error

    def close(self) -> None:
        """Leaves the page behind a closed gate, then tells what its requests were."""
        if self._context is None:
            return
        visit = (self._visit_told or self._visit()) if self._ready else None
        with contextlib.suppress(Error), self._watchdog_for_closing():
            if self._recorder:
                self._recorder.leave()
            self._context.close()
        if self._opened.found.protocol != "cdp":
            self._means.wall.hear_out()
        if self._recorder and visit:
            requests = self._recorder.finish()
            visit = msgspec.structs.replace(visit, events=(*visit.events, *self._recorder.notes))
            self.result.bundle.put("visit", visit)
            self._put_requests(requests)

    def _ask(self, reason: str, seconds: float, work: Callable[[], Any]) -> Any:
        """Does something in the page under the watchdog; MovedOn where the page navigated meanwhile."""
        loads = self._guests.loads
        try:
            with self._watchdog.step(reason, seconds):
                return work()
        except Error as error:
            if not self._lost() and (self._guests.loads != loads or outcomes.is_interrupted(error.message)):
                raise MovedOn from error
            raise

    # -- what came of it

    def _judge_status(self) -> None:
        if self._guests.main is not None:
            self.result.outcome, self.result.reason = outcomes.of_status(
                self._guests.main.status, self._guests.main.headers
            )

    def _lost(self) -> bool:
        return (
            bool(self._watchdog.fired)
            or self.crashed
            or self._tab.is_closed()
            or not self._opened.browser.is_connected()
        )

    def _fail(self, error: Error) -> None:
        """After an error that ended the visit. With the document at hand it is a snapshot with evidence missing, else none."""
        ended = self._watchdog.fired and self._guests.why_ended(self._watchdog.fired)
        reason = ended or ("the tab crashed" if self.crashed else "")
        if self._watchdog.fired and self._watchdog.left == 0:
            reason = f"{reason} (after {self._settings.snapshot_timeout_ms / 1000:g} s in all)"
        if not reason and not self._opened.browser.is_connected():
            reason = f"{self._opened.found.name} ended while the page was open"
        if not reason and (unreachable := self._unreachable()):
            self.result.outcome, self.result.reason = FetchOutcome.UNREACHABLE, unreachable
            return
        if self.result.html:
            for kind in self._task.collectors:
                self._miss(kind, reason or outcomes.first_line(error.message))
            self._judge_status()
        elif reason:
            self.result.outcome, self.result.reason = FetchOutcome.SKIPPED, reason
            if "no answer in time" in reason:
                self.result.outcome = FetchOutcome.TIMEOUT
        elif self._guests.main is None:
            self.result.outcome, self.result.reason = outcomes.of_failure(error.message)
        else:
            self.result.outcome, self.result.reason = FetchOutcome.SKIPPED, outcomes.first_line(error.message)

    def _unreachable(self) -> str:
        """The wall's reason where the page's own host could not be reached: a browser behind a proxy only knows that it failed."""
        if self._guests.main is not None or self._recorder is None:
            return ""
        return self._recorder.unreachable_reason(self._guests.asked or self._task.url)

    def _miss(self, kind: str, reason: str) -> None:
        if kind in self._task.collectors and kind not in self.result.bundle.kinds:
            self.result.bundle.missing[kind] = reason

    def _put_requests(self, requests: Requests) -> None:
        if (painted := self.result.bundle.read(Paint)) is not None:
            requests = paint.joined(requests, painted)
            self.result.bundle.put("paint", msgspec.structs.replace(painted, resources=()))
        if "requests" in self._task.collectors:
            self.result.bundle.put("requests", requests)
        if self._images is not None:
            self.result.bundle.put("images", images.with_requests(self._images, requests))

    def _visit(self) -> Visit:
        guests, device = self._guests, self._task.device
        final = ""
        with contextlib.suppress(Error):
            final = self._tab.url
        return Visit(
            final_url=final if is_http(final) else self._task.url,
            status=guests.main.status if guests.main else 0,
            headers=self._headers(),
            hops=tuple(guests.hops[:30]),
            browser_version=self._opened.found.version,
            user_agent=identity.user_agent(self._opened.found, device, self._settings.token),
            viewport=(device.width, device.height),
            started_at=self._started_at,
            elapsed_ms=round((time.monotonic() - self._began) * 1000, 1),
            watched_ms=round(self._since_start_ms(), 1),
            quiet=self._rest.quiet,
            events=guests.events,
        )

    def _headers(self) -> tuple[tuple[str, str], ...]:
        if self._guests.main is None:
            return ()
        pairs = list(self._guests.main.headers.items())
        if not self._lost():
            with contextlib.suppress(Error), self._watchdog_for_closing():
                pairs = [(pair["name"], pair["value"]) for pair in self._guests.main.headers_array()]
        return outcomes.told(pairs)

    def _watchdog_for_closing(self) -> contextlib.AbstractContextManager[None]:
        return Watchdog(self._opened.kill, 15).step("the page did not let itself be closed", 15)

    def _since_start_ms(self) -> float:
        return (time.monotonic() - self._began) * 1000
