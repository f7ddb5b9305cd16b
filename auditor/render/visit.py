"""One snapshot: a fresh context, the page opened and let come to rest, its evidence gathered, the gate closed behind it.

Whatever the page does becomes a reason: of the snapshot's outcome, or of one kind of evidence that is missing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import msgspec
from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as TookTooLong

from auditor.evidence.bundle import Bundle
from auditor.evidence.consent import Consent
from auditor.evidence.reading import Reading
from auditor.model.urls import host
from auditor.model.words import FetchOutcome
from auditor.render import outcomes
from auditor.render.collectors import consent as consent_banner
from auditor.render.collectors import (
    cookies,
    crossings,
    data_layer,
    dialogs,
    document,
    fingerprints,
    reading,
    typed,
    unloads,
)
from auditor.render.collectors.look import Distorted, Question
from auditor.render.collectors.order import BLOCKED_TOO, OF_PAGE, late_questions, of_page
from auditor.render.consent import Answerer
from auditor.render.means import Means, Opened
from auditor.render.tab import MovedOn, Tab
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


class _Snapshot(Tab):
    """The steps of a visit, in the tab that is open."""

    def run(self) -> None:
        try:
            self._navigate()
            self._answer_consent()
            self._gather()
            self._judge_status()
            self._press_and_type()
        except _Ended as end:
            self.result.outcome, self.result.reason = end.outcome, end.reason
        except Error as error:
            self._fail(error)

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
        except (MovedOn, Distorted) as error:
            raise _Ended(FetchOutcome.SKIPPED, "the page moved on while its consent banner was answered") from error
        told = msgspec.structs.replace(told, before=before, answered_ms=round(self._recorder.now_ms, 1))
        self.result.bundle.put("consent", told)
        if not told.done:
            raise _Ended(FetchOutcome.SKIPPED, f"consent could not be answered ({choice}): {told.reason}")
        with contextlib.suppress(MovedOn):  # many banners open the page again by themselves
            self._rest.settle(_AFTER_ANSWER_MS)
        limit, url = self._settings.navigation_timeout_ms, self._tab.url
        with self._watchdog.step("no answer in time when the page was opened again", limit / 1000 + 5):
            with self._recorder.silence():  # the page's last words belong to no state, and are not delivered either
                self._tab.goto("about:blank", wait_until="commit", timeout=limit)
            self._answered = msgspec.structs.replace(told, reopened_ms=round(self._recorder.now_ms, 1))
            self._began = time.monotonic()
            self._tab.goto(url, wait_until="domcontentloaded", timeout=limit)

    def _consent(self) -> Consent:
        found = consent_banner.collect(self._look)
        return found if self._answered is None else msgspec.structs.replace(self._answered, shown_again=found.shown)

    def _gather(self) -> None:
        for _ in range(_ROUNDS):
            try:
                if self._task.measured:
                    self._rest.settle(self._settings.settle_timeout_ms)
                    self._rest.watch(self._since_start_ms)  # what is largest may be painted late
                else:
                    self._rest.before_scrolling()
                loads = self._guests.loads
                if not self._task.measured:
                    self._rest.scroll()
                self._gather_page(loads)
            except MovedOn:
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
            "fingerprints": lambda: fingerprints.collect(self._look),
            "unloads": lambda: unloads.collect(self._look),
        }
        if (read := self.result.bundle.read(Reading)) is not None:
            late["reading"] = lambda: reading.late(self._look, read)
        for kind, collect in late.items():
            try:
                self._collect(kind, collect)
            except MovedOn:
                self._miss(kind, "the page moved on by itself")

    def _press_and_type(self) -> None:
        """Once all is gathered and nothing can leave any more: the page is not the same afterwards."""
        if not {"typed", "crossings", "dialogs"} & self._task.collectors or self.result.outcome is not FetchOutcome.OK:
            return
        assert self._recorder is not None
        self._visit_told = self._visit()
        sent = self._recorder.behind_the_gate()
        work: dict[str, Callable[[], Any]] = {
            "typed": lambda: typed.told(typed.fill(self._look), sent),
            "crossings": lambda: crossings.collect(self._look),
            "dialogs": lambda: dialogs.collect(
                self._look, lambda: sum(one.kind in ("xhr", "fetch") and not one.third_party for one in sent)
            ),
        }
        for kind, collect in work.items():
            try:
                self._collect(kind, collect)
            except (MovedOn, Error):
                self._miss(kind, "the page moved on while something was typed or pressed")

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
                raise MovedOn

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
