"""One snapshot: a fresh context, the page opened and let come to rest, its evidence gathered, the gate closed behind it.

Whatever the page does becomes a reason: of the snapshot's outcome, or of one kind of evidence that is missing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from playwright.sync_api import BrowserContext, Error, Page
from playwright.sync_api import TimeoutError as TookTooLong

from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Consent
from auditor.evidence.images import Images
from auditor.evidence.paint import Paint
from auditor.evidence.requests import Requests
from auditor.evidence.visit import Visit
from auditor.model.urls import host, is_http, origin
from auditor.model.words import FetchOutcome
from auditor.render import identity, outcomes, throttle
from auditor.render.collectors import consent as consent_banner
from auditor.render.collectors import console, cookies, data_layer, document, images, paint, service_workers
from auditor.render.collectors.look import Distorted, Look, Question
from auditor.render.collectors.order import BLOCKED_TOO, OF_PAGE, late_questions, of_page
from auditor.render.consent import Answerer
from auditor.render.guests import Guests
from auditor.render.means import Means, NotOpened, Opened
from auditor.render.recorder import Recorder
from auditor.render.rest import Rest
from auditor.render.task import RenderResult, RenderTask
from auditor.render.watchdog import Watchdog

_POLL_MS = 50
_HEAR_OUT_SECONDS = 1.5
_COLLECTOR_SECONDS = 20.0
_AXE_SECONDS = 45.0
_CONSENT_SECONDS = 30.0
_AFTER_ANSWER_MS = 3_000
_RESTLESS = "the page keeps navigating by itself"
_ROUNDS = 3  # a page that moves on while it is looked at is looked at anew, this often


class _Ended(Exception):
    def __init__(self, outcome: FetchOutcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class _MovedOn(Exception):
    """The page navigated by itself while it was looked at."""


def take(task: RenderTask, opened: Opened, means: Means) -> tuple[RenderResult, bool]:
    """The snapshot, and whether the browser is spent. Raises NotOpened where no tab could be had."""
    watchdog = Watchdog(opened.kill, means.settings.snapshot_timeout_ms / 1000)
    snapshot = _Snapshot(task, opened, means, watchdog)
    means.wall.begin(means.settings.site_hosts)
    try:
        snapshot.open()
        snapshot.run()
    finally:
        try:
            snapshot.close()
        finally:
            means.wall.end()
    return snapshot.result, bool(watchdog.fired) or snapshot.crashed or not opened.browser.is_connected()


class _Snapshot:
    def __init__(self, task: RenderTask, opened: Opened, means: Means, watchdog: Watchdog) -> None:
        self._task, self._opened, self._means, self._watchdog = task, opened, means, watchdog
        self._settings = means.settings
        self._context: BrowserContext | None = None
        self._recorder: Recorder | None = None
        self._images: Images | None = None
        self._answered: Consent | None = None
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

    def run(self) -> None:
        try:
            self._navigate()
            self._answer_consent()
            self._gather()
            self._judge_status()
        except _Ended as end:
            self.result.outcome, self.result.reason = end.outcome, end.reason
        except Error as error:
            self._fail(error)

    def close(self) -> None:
        """Leaves the page behind a closed gate, then tells what its requests were."""
        if self._context is None:
            return
        visit = self._visit() if self._ready else None
        with contextlib.suppress(Error), self._watchdog_for_closing():
            if self._recorder:
                self._recorder.leave()
            self._context.close()
        if self._recorder and visit:
            requests = self._recorder.finish()
            visit = msgspec.structs.replace(visit, events=(*visit.events, *self._recorder.notes))
            self.result.bundle.put("visit", visit)
            self._put_requests(requests)

    # -- steps

    def _navigate(self) -> None:
        url, limit = self._task.url, self._settings.navigation_timeout_ms
        self._began = time.monotonic()
        assert self._recorder is not None
        self._recorder.start(self._tab)
        try:
            with self._watchdog.step("no answer in time", limit / 1000 + 5):
                try:
                    self._tab.goto(url, wait_until="commit", timeout=limit)
                except Error as error:
                    if not outcomes.is_interrupted(error.message) or self._guests.main is None:
                        raise
                if self._guests.main is None and (reason := self._unreachable()):
                    raise _Ended(FetchOutcome.UNREACHABLE, reason)
                if self._guests.walled:
                    raise _Ended(FetchOutcome.SKIPPED, f"led to {host(self._guests.asked)}, which was held back")
                self._refuse_other_types()
                left = max(1_000.0, limit - self._since_start_ms())
                self._tab.wait_for_load_state("domcontentloaded", timeout=left)
        except Error as error:
            self._hear_out()
            self._refuse_other_types()
            if self._watchdog.fired or self.crashed or self._unreachable():
                raise
            if self._guests.main is not None and self._guests.main.status in (204, 205):
                raise _Ended(FetchOutcome.SKIPPED, f"no content (status {self._guests.main.status})") from error
            if outcomes.is_aborted(error.message):
                raise _Ended(
                    FetchOutcome.SKIPPED, "the browser broke the navigation off, as it does for downloads"
                ) from error
            if isinstance(error, TookTooLong) and self._guests.loads > 1:
                raise _Ended(FetchOutcome.SKIPPED, _RESTLESS) from error
            if isinstance(error, TookTooLong):
                what = "no answer" if self._guests.main is None else "the HTML did not end"
                raise _Ended(FetchOutcome.TIMEOUT, f"{what} within {limit / 1000:g} s") from error
            raise

    def _hear_out(self) -> None:
        """A crash or an answer may be told after the failure it caused, on a busy machine long after."""
        until = time.monotonic() + _HEAR_OUT_SECONDS
        with contextlib.suppress(Error):
            self._tab.wait_for_timeout(_POLL_MS)
            while not (self.crashed or self._guests.main or self._unreachable()) and time.monotonic() < until:
                self._tab.wait_for_timeout(_POLL_MS)

    def _refuse_other_types(self) -> None:
        main = self._guests.main
        if main is not None and main.status < 400 and (reason := outcomes.not_html(main.headers)):
            raise _Ended(FetchOutcome.SKIPPED, reason)

    def _answer_consent(self) -> None:
        """In a state of consent: answers the banner and opens the page again with the answer given. No answer, no snapshot."""
        choice = self._task.key.state.consent
        if choice == "none":
            return
        assert self._recorder is not None
        try:
            self._rest.settle(self._settings.settle_timeout_ms)
            before = self._ask("the page stopped answering", _COLLECTOR_SECONDS, lambda: cookies.collect(self._look))
            reason = "the page stopped answering while its consent banner was answered"
            told = self._ask(reason, _CONSENT_SECONDS, Answerer(self._tab, choice).answer)
        except (_MovedOn, Distorted) as error:
            raise _Ended(FetchOutcome.SKIPPED, "the page moved on while its consent banner was answered") from error
        told = msgspec.structs.replace(told, before=before, answered_ms=round(self._recorder.now_ms, 1))
        self.result.bundle.put("consent", told)
        if not told.done:
            raise _Ended(FetchOutcome.SKIPPED, f"consent could not be answered ({choice}): {told.reason}")
        with contextlib.suppress(_MovedOn):  # many banners open the page again by themselves
            self._rest.settle(_AFTER_ANSWER_MS)
        self._answered = msgspec.structs.replace(told, reopened_ms=round(self._recorder.now_ms, 1))
        self._began = time.monotonic()
        limit = self._settings.navigation_timeout_ms
        with self._watchdog.step("no answer in time when the page was opened again", limit / 1000 + 5):
            self._tab.reload(wait_until="domcontentloaded", timeout=limit)

    def _consent(self) -> Consent:
        found = consent_banner.collect(self._look)
        return found if self._answered is None else msgspec.structs.replace(self._answered, shown_again=found.shown)

    def _gather(self) -> None:
        for _ in range(_ROUNDS):
            try:
                if self._task.measured:
                    self._rest.settle(self._settings.settle_timeout_ms)
                else:
                    self._rest.before_scrolling()
                loads = self._guests.loads
                if not self._task.measured:
                    self._rest.scroll()
                self._gather_page(loads)
            except _MovedOn:
                # nothing of the page before is mixed into what follows
                self.result.html, self.result.bundle, self._images = "", Bundle(), None
                self._guests.note("the page moved on by itself and was looked at anew")
                continue
            break
        else:
            raise _Ended(FetchOutcome.SKIPPED, _RESTLESS)
        if not self._task.measured:
            self._rest.watch(self._since_start_ms)
        self._collect("console", lambda: self._console.collect())
        assert self._recorder is not None
        zero = self._recorder.zero_ms
        self._ask_together(late_questions(self._task.collectors))
        late: dict[str, Callable[[], Any]] = {
            "cookies": lambda: cookies.collect(self._look),
            "data_layer": lambda: data_layer.collect(self._look, zero),
        }
        for kind, collect in late.items():
            try:
                self._collect(kind, collect)
            except _MovedOn:
                self._miss(kind, "the page moved on by itself")

    def _gather_page(self, loads: int) -> None:
        self.result.html = self._ask(
            "the page stopped answering", _COLLECTOR_SECONDS, lambda: document.collect(self._look)
        )
        blocked = self._guests.main is not None and self._guests.main.status in (401, 403, 429, 430)
        self._ask_together(
            of_page(self._look, self._task.collectors & BLOCKED_TOO if blocked else self._task.collectors)
        )
        self._collect("consent", self._consent)
        for kind, collect in OF_PAGE.items():
            if blocked and kind not in BLOCKED_TOO:
                self._miss(kind, "the page was not given to us")
                continue
            self._collect(kind, lambda collect=collect: collect(self._look))  # type: ignore[misc]
            if self._guests.loads != loads:
                raise _MovedOn

    def _ask_together(self, questions: list[Question]) -> None:
        """Where it fails each collector asks for itself, and tells why."""
        with contextlib.suppress(Distorted):
            try:
                self._ask("the page stopped answering", _COLLECTOR_SECONDS, lambda: self._look.ask_together(questions))
            except Error:
                if self._lost():
                    raise

    def _collect(self, kind: str, work: Callable[[], Any]) -> None:
        if kind not in self._task.collectors:
            return
        seconds = _AXE_SECONDS if kind == "axe" else _COLLECTOR_SECONDS
        try:
            value = self._ask(
                f"the page stopped answering: collecting {kind} took more than {seconds:g} s", seconds, work
            )
        except (Distorted, OSError) as error:
            self._miss(kind, str(error)[:300])
        except Error as error:
            if self._lost():
                raise
            self._miss(kind, outcomes.first_line(error.message))
        else:
            if kind == "images":
                self._images = value
            else:
                self.result.bundle.put(kind, value)

    def _ask(self, reason: str, seconds: float, work: Callable[[], Any]) -> Any:
        """Does something in the page under the watchdog; _MovedOn where the page navigated meanwhile."""
        loads = self._guests.loads
        try:
            with self._watchdog.step(reason, seconds):
                return work()
        except Error as error:
            if not self._lost() and (self._guests.loads != loads or outcomes.is_interrupted(error.message)):
                raise _MovedOn from error
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
        reason = self._watchdog.fired or ("the tab crashed" if self.crashed else "")
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
