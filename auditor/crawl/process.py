"""The parent's side: a crawl round from its beginning to its end, told as progress and a result."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from auditor.crawl.job import Crashed, Ended, EndReason, Job, Message, Note, PagesIn
from auditor.crawl.probe import Probe, probe
from auditor.crawl.rendered import admit_rendered
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.supervise import KILLED, StopSign, run_child
from auditor.model.errors import IncompleteError
from auditor.model.words import FetchOutcome
from auditor.store import frontier, probes
from auditor.store.workspace import Workspace

__all__ = [
    "OtherSites",
    "Probe",
    "Progress",
    "RoundResult",
    "StartPage",
    "admit_rendered",
    "ask_endpoints",
    "ask_other_sites",
    "ask_planned",
    "confirm_urls",
    "crawl_round",
    "look_again",
    "probe",
    "site_hosts",
]

_TELL = 0.5  # seconds between two tellings of progress
_GAPS = frozenset({FetchOutcome.BLOCKED, FetchOutcome.RATE_LIMITED, FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE})
_ENDS: dict[EndReason, str] = {
    "finished": "the crawl is complete",
    "page_limit": "the crawl ended at its page limit",
    "byte_limit": "the crawl ended at its limit of bytes",
    "time_limit": "the crawl ended at its time limit",
    "stopped": "the crawl was stopped",
    "gave_up": "the crawl was given up",
    "died": "the crawl process died",
}


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the whole run so far, and what the crawl is waiting for."""

    known: int = 0
    fetched: int = 0  # answered: ok or site_error
    waiting: int = 0
    skipped: int = 0
    outcomes: dict[str, int] = {}
    seconds: float = 0.0  # of this round
    note: str = ""

    @property
    def text(self) -> str:
        """What is in the way of pages, and what the crawl waits for; empty when all goes well."""
        gaps = [
            f"{count:,} {outcome.replace('_', ' ')}"
            for outcome, count in sorted(self.outcomes.items())
            if outcome in _GAPS
        ]
        return ", ".join([*gaps, *filter(None, (self.note,))])


class StartPage(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a start URL; `outcome` is empty where it was not asked for."""

    url: str
    outcome: str = ""
    status: int = 0
    reason: str = ""
    final_url: str = ""


class RoundResult(msgspec.Struct, frozen=True, kw_only=True):
    """Why a round ended and what it fetched. `finished` with `ok` 0 is no success: look at `start`."""

    reason: EndReason
    detail: str = ""
    fetched: int = 0  # page URLs with an answer (ok or site_error), all rounds
    ok: int = 0
    new: int = 0  # answers this round added
    waiting: int = 0
    start: tuple[StartPage, ...] = ()
    seconds: float = 0.0
    received: int = 0  # bytes of bodies in this round
    restarts: int = 0

    @property
    def text(self) -> str:
        """One sentence for people."""
        words = f"{_ENDS[self.reason]} with {self.fetched:,} {'address' if self.fetched == 1 else 'addresses'} fetched"
        if not self.fetched:
            words = (
                "no page was fetched"
                if self.reason == "finished"
                else f"{_ENDS[self.reason]} before a page was fetched"
            )
        if self.waiting:
            words += f" and {self.waiting:,} not fetched yet"
        words += f": {self.detail.splitlines()[-1]}" if self.detail else ""
        unseen = [page for page in self.start if page.outcome != FetchOutcome.OK]
        for page in unseen if not self.ok else ():
            words += f"; {page.url}: {page.reason or 'not asked for'}"
        return words


def crawl_round(
    workspace_folder: Path,
    run_id: int,
    settings: CrawlSettings,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    on_pages: Callable[[], None] | None = None,
    stop: StopSign | None = None,
) -> RoundResult:
    """Fetches what waits in the frontier of a run, with a child process that writes what it got.

    `on_pages` is called when all pages are stored, and what is asked for beside them is still to come.
    A set `stop`, or a KeyboardInterrupt, ends the round within seconds with what there is; a second KeyboardInterrupt
    kills the child and is raised. Raises IncompleteError when the child broke on a bug or an unusable workspace.
    """
    job = Job(kind="round", folder=str(workspace_folder.absolute()), run_id=run_id, settings=settings)
    return _crawl(job, on_progress, stop, on_pages)


def confirm_urls(
    workspace_folder: Path,
    run_id: int,
    settings: CrawlSettings,
    urls: tuple[str, ...],
    *,
    on_progress: Callable[[Progress], None] | None = None,
    stop: StopSign | None = None,
) -> RoundResult:
    """Asks once more for these pages of the site, one after another; the answers are added to their attempts."""
    job = Job(kind="confirm", folder=str(workspace_folder.absolute()), run_id=run_id, settings=settings, urls=urls)
    return _crawl(job, on_progress, stop)


def ask_endpoints(
    workspace_folder: Path, run_id: int, settings: CrawlSettings, urls: tuple[str, ...], *, stop: StopSign | None = None
) -> str:
    """Asks for what platforms tell of products, one address after another; returns why not all were asked for, if so."""
    return _ask("endpoints", workspace_folder, run_id, settings, urls, stop)


def look_again(
    workspace_folder: Path, run_id: int, settings: CrawlSettings, urls: tuple[str, ...], *, stop: StopSign | None = None
) -> str:
    """Asks for pages that raised a doubt once more, one after another; returns why not all were asked for, if so."""
    return _ask("again", workspace_folder, run_id, settings, urls, stop)


def ask_planned(workspace_folder: Path, run_id: int, settings: CrawlSettings, *, stop: StopSign | None = None) -> str:
    """Asks for what the store plans; returns why not all was asked for, if so."""
    return _ask("planned", workspace_folder, run_id, settings, (), stop)


def _ask(
    kind: Literal["endpoints", "again", "planned"],
    workspace_folder: Path,
    run_id: int,
    settings: CrawlSettings,
    urls: tuple[str, ...],
    stop: StopSign | None,
) -> str:
    workspace = Workspace.attach(workspace_folder)
    try:
        job = Job(kind=kind, folder=str(workspace_folder.absolute()), run_id=run_id, settings=settings, urls=urls)
        ended, _ = _to_its_end(job, lambda _: None, stop, workspace)
        return "" if ended.reason in ("finished", "stopped") else ended.detail or _ENDS[ended.reason]
    finally:
        workspace.close()


class OtherSites(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking for links to other sites, counted."""

    outcomes: dict[str, int] = {}
    waiting: int = 0
    ended: EndReason = "finished"
    detail: str = ""

    @property
    def text(self) -> str:
        """One sentence for people, empty where nothing was asked for."""
        asked = sum(self.outcomes.values())
        if not asked and self.ended in ("finished", "stopped"):
            return ""
        words = f"{asked:,} links to other sites asked for"
        words += f", {self.waiting:,} not" if self.waiting else ""
        return words + (f"; {self.detail.splitlines()[-1]}" if self.detail else "")


def ask_other_sites(
    workspace_folder: Path,
    run_id: int,
    settings: CrawlSettings,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    stop: StopSign | None = None,
) -> OtherSites:
    """Asks for the links to other sites that wait, and again for those that failed once. `on_progress`: done, in all.

    No child is started where there is nothing to ask. Raises IncompleteError when the child broke on a bug.
    """
    workspace = Workspace.attach(workspace_folder)
    try:
        with workspace.read() as connection:
            states, _ = frontier.counts(connection, run_id, "external")
        if not settings.external_links or not (states.get("waiting") or states.get("leased") or states.get("done")):
            return OtherSites()

        told = 0.0

        def listen(message: Message | None) -> None:
            nonlocal told
            del message
            if on_progress and time.monotonic() - told >= _TELL:
                told = time.monotonic()
                with workspace.read() as connection:
                    now, _ = frontier.counts(connection, run_id, "external")
                on_progress(now.get("done", 0), now.get("done", 0) + now.get("waiting", 0) + now.get("leased", 0))

        job = Job(kind="external", folder=str(workspace_folder.absolute()), run_id=run_id, settings=settings)
        message, _ = _to_its_end(job, listen, stop, workspace)
        with workspace.read() as connection:
            states, outcomes = frontier.counts(connection, run_id, "external")
        return OtherSites(
            outcomes=outcomes, waiting=states.get("waiting", 0), ended=message.reason, detail=message.detail
        )
    finally:
        workspace.close()


def site_hosts(workspace: Workspace, run_id: int, settings: CrawlSettings) -> tuple[str, ...]:
    """The site's hosts as the crawl found them: those of the settings, and the www twin where one of the two redirects to the other."""
    scope = Scope(settings)
    with workspace.read() as connection:
        twins = [probes.answer(connection, run_id, name) for name in (probes.TWIN, probes.TWIN_HTTP)]
        scope.follow_moves(frontier.started(connection, run_id), twins)
    return tuple(sorted(scope.hosts, key=lambda host: (host not in settings.hosts, host)))


def _crawl(
    job: Job,
    on_progress: Callable[[Progress], None] | None,
    stop: StopSign | None,
    on_pages: Callable[[], None] | None = None,
) -> RoundResult:
    began, note = time.monotonic(), ""
    workspace = Workspace.attach(Path(job.folder))
    try:
        before = _progress(workspace, job.run_id)
        told = 0.0

        def listen(message: Message | None) -> None:
            nonlocal note, told
            if isinstance(message, Note):
                note = message.text
            if isinstance(message, PagesIn) and on_pages:
                on_pages()
            now = time.monotonic()
            if on_progress and (now - told >= _TELL or isinstance(message, Note)):
                told = now
                on_progress(_progress(workspace, job.run_id, now - began, note))

        message, restarts = _to_its_end(job, listen, stop, workspace)
        after = _progress(workspace, job.run_id, time.monotonic() - began)
        if on_progress:
            on_progress(after)
        return RoundResult(
            reason=message.reason,
            detail=message.detail,
            fetched=after.fetched,
            ok=after.outcomes.get(FetchOutcome.OK, 0),
            new=after.fetched - before.fetched,
            waiting=after.waiting,
            start=_start(workspace, job.run_id),
            seconds=round(time.monotonic() - began, 3),
            received=message.received,
            restarts=restarts,
        )
    finally:
        workspace.close()


def _to_its_end(
    job: Job, listen: Callable[[Message | None], None], stop: StopSign | None, workspace: Workspace
) -> tuple[Ended, int]:
    """Runs a child, and where it died another one; returns how it ended and how many were started again.

    Raises IncompleteError when it broke on a bug or an unusable workspace.
    """
    began, restarts = time.monotonic(), 0
    while True:
        message, why = run_child(job, listen, stop)
        if message is not None or restarts or why == KILLED:
            break
        restarts = 1
        left = job.settings.max_time and max(1.0, job.settings.max_time - (time.monotonic() - began))
        job = msgspec.structs.replace(
            job, after_crash=True, settings=msgspec.structs.replace(job.settings, max_time=left)
        )
    if isinstance(message, Crashed):
        raise IncompleteError("the crawl broke off", hint=message.text)
    if not isinstance(message, Ended):
        _release(workspace, job.run_id)
        message = Ended("stopped") if why == KILLED else Ended("died", why)
    return message, restarts


def _progress(workspace: Workspace, run_id: int, seconds: float = 0.0, note: str = "") -> Progress:
    with workspace.read() as connection:
        states, outcomes = frontier.counts(connection, run_id)
    return Progress(
        known=sum(states.values()),
        fetched=outcomes.get(FetchOutcome.OK, 0) + outcomes.get(FetchOutcome.SITE_ERROR, 0),
        waiting=states.get("waiting", 0) + states.get("leased", 0),
        skipped=states.get("skipped", 0),
        outcomes=outcomes,
        seconds=seconds,
        note=note,
    )


def _start(workspace: Workspace, run_id: int) -> tuple[StartPage, ...]:
    with workspace.read() as connection:
        pages = frontier.started(connection, run_id)
    return tuple(
        StartPage(
            url=known.waiting.url,
            outcome=known.response.outcome,
            status=known.response.status,
            reason=known.response.reason,
            final_url=known.response.final_url,
        )
        if known.response
        else StartPage(url=known.waiting.url, reason=known.reason)
        for known in pages
    )


def _release(workspace: Workspace, run_id: int) -> None:
    with workspace.write() as connection:
        frontier.release(connection, run_id)
