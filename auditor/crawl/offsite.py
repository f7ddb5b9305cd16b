"""Links to other sites, asked for once the shop's own pages are in: gently, each once, and what seems dead a second time.

A dead link is only believed where this machine reaches the world at all: before a failure without an answer is asked about
again, some other site must have answered, one that is linked or a control. Otherwise it stays as seen once.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec

from auditor.crawl.fetch import Engine, Fetched, Fetcher
from auditor.crawl.job import Ended, Job
from auditor.crawl.ledger import Ledger
from auditor.crawl.outcomes import Trouble
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.throttle import Throttle
from auditor.evidence.http import Attempt, Response
from auditor.model.query import CONTROLS, COULD_NOT_ASK, NOT_ASKED, UNREACHED
from auditor.model.urls import host
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Known, Waiting
from auditor.store.runs import now

OWN = "the shop itself"
_BODY = 65_536  # bytes; enough to recognise a challenge
_TIMEOUT = 15.0
_AT_ONCE = 8  # hosts
_MANY = 5_000  # rows looked at together
_MOST_FAILURES = 2  # of a host in a row, then its other links are left alone
_GONE = (404, 410)
_DEAF = (Trouble.DNS, Trouble.REFUSED, Trouble.CONNECT)
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Unhurried(Throttle):
    """No pace and no pauses: other sites have one queue each, and theirs say nothing of the shop's."""

    async def pace(self) -> None:
        return

    def note(self, status: int, headers: dict[str, str], latency: float, outcome: FetchOutcome) -> None:
        del status, headers, latency, outcome


class Asking:
    """The state of asking other sites, in the child process."""

    def __init__(self, job: Job, ledger: Ledger, engine: Engine, stop: asyncio.Event) -> None:
        self.job, self.ledger, self.stop = job, ledger, stop
        self.settings: CrawlSettings = msgspec.structs.replace(
            job.settings,
            timeout=min(job.settings.timeout, _TIMEOUT),
            session=job.settings.session.without_secrets(),
        )
        self.scope = Scope(self.settings)
        self.scope.follow_moves(ledger.started())
        self.fetcher = Fetcher(engine, self.scope, Unhurried(_AT_ONCE))
        self.deadline = time.monotonic() + self.settings.external_time
        self.abandoned = 0
        self._outside: bool | None = None  # the world can be reached from here; None: not known yet

    async def run(self) -> Ended:
        """Asks for what waits, then again for what failed."""
        self.ledger.begin((), after_crash=self.job.after_crash)
        room = self.settings.max_external - self.ledger.done("external")
        while rows := self.ledger.lease(_MANY, "external"):
            rows = self._not_known_good(rows)
            wanted, beyond = rows[: max(0, room)], rows[max(0, room) :]
            room -= len(wanted)
            limit = f"{COULD_NOT_ASK}limit of {self.settings.max_external:,} links to other sites reached"
            self.ledger.skip_all(beyond, limit)
            await self._each_host([Known(row, "leased", "") for row in wanted], self._ask_all)
            if self.stop.is_set():
                self.ledger.release()
                return Ended("stopped")
        await self._confirm()
        return Ended("stopped" if self.stop.is_set() else "finished")

    def _not_known_good(self, rows: list[Waiting]) -> list[Waiting]:
        """What must be asked for: the others answered well lately, and that is noted as their answer."""
        since = datetime.now(UTC) - timedelta(seconds=self.settings.external_reuse)
        good = self.ledger.good_links([row.key for row in rows], since.isoformat(timespec="milliseconds"))
        for row in rows:
            if one := good.get(row.key):
                answer = Response(
                    url=row.url, final_url=row.url, outcome=FetchOutcome.OK, status=one.status,
                    reason="as answered in an earlier run", fetched_at=one.checked_at,
                )  # fmt: skip
                self.ledger.save(row, answer, None, ())
        return [row for row in rows if row.key not in good]

    async def _ask_all(self, name: str, rows: deque[Known]) -> None:
        """The links of one host, one after the other, until it says nothing or wants no more."""
        failures = 0
        while rows and not self._over():
            row = rows.popleft().waiting
            fetched = await self._fetch(row.url)
            outcome = fetched.response.outcome
            self._keep(row, fetched.response)
            if outcome is FetchOutcome.OK:
                self._outside = True
            silent = outcome in (FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE)
            failures = failures + 1 if silent or outcome is FetchOutcome.BLOCKED else 0
            if fetched.trouble in _DEAF or fetched.trouble is Trouble.TLS:
                for same in rows:  # what keeps one link of a host from answering keeps them all
                    self._keep(same.waiting, _elsewhere(fetched.response, same.waiting.url))
                return
            if outcome is FetchOutcome.RATE_LIMITED or failures >= _MOST_FAILURES:
                left = "asked for fewer requests" if outcome is FetchOutcome.RATE_LIMITED else "lets nobody in"
                why = f"{COULD_NOT_ASK}{name} {'does not answer' if silent else left}"
                self.ledger.skip_all([one.waiting for one in rows], why)
                return
            if rows:
                await self._rest(self.settings.external_pause)
        if rows and not self.stop.is_set():
            self.ledger.skip_all(
                [one.waiting for one in rows], f"{COULD_NOT_ASK}the time for links to other sites was over"
            )

    async def _confirm(self) -> None:
        """Asks again for what may be dead; the last answer is the one that counts."""
        after = 0
        doubtful: list[Known] = []
        while len(doubtful) < _MANY and (found := self.ledger.failures(after, "external")):
            after = found[-1].waiting.id
            doubtful += [known for known in found if _may_be_dead(known.response)]
        if not doubtful or self.stop.is_set():
            return
        self.deadline += 0.5 * self.settings.external_time  # what was asked for in time may be confirmed
        answered = [known for known in doubtful if known.response and known.response.status in _GONE]
        unanswered = [known for known in doubtful if known.response and known.response.status not in _GONE]
        if unanswered and not await self._reaches_the_world():
            for known in unanswered:
                assert known.response is not None
                if UNREACHED not in known.response.reason:
                    reason = f"{known.response.reason}; {UNREACHED}"
                    self._keep(known.waiting, msgspec.structs.replace(known.response, reason=reason))
            unanswered = []
        if answered or unanswered:
            await self._rest(self.settings.confirm_after)
            await self._each_host([*answered, *unanswered], self._ask_again)

    async def _ask_again(self, name: str, rows: deque[Known]) -> None:
        while rows and not self._over():
            known = rows.popleft()
            before = known.response
            assert before is not None
            if before.trouble == Trouble.DNS:
                if (reason := await self._resolves(name)) is None:
                    again = Attempt(now(), before.outcome, reason=before.reason)
                    self._keep(known.waiting, msgspec.structs.replace(before, attempts=(*before.attempts, again)))
                    continue
                if reason:
                    self._keep(known.waiting, msgspec.structs.replace(before, reason=reason))
                    continue
            fresh = (await self._fetch(known.waiting.url)).response
            if not self.stop.is_set():
                attempts = (*before.attempts, *fresh.attempts)
                self._keep(known.waiting, msgspec.structs.replace(fresh, attempts=attempts))
            if rows:
                await self._rest(self.settings.external_pause)

    async def _resolves(self, name: str) -> str | None:
        """None where the name does not exist, "" where it does, else why nobody knows."""
        try:
            await asyncio.get_running_loop().run_in_executor(None, socket.getaddrinfo, name, None)
        except socket.gaierror as error:
            return None if error.errno in _NO_SUCH_NAME else "the host's name could not be looked up"
        except (OSError, UnicodeError):
            return "the host's name could not be looked up"
        return ""

    async def _reaches_the_world(self) -> bool:
        """Whether any other site answered: a link of the shop's in this run, or else a control."""
        if self._outside is None:
            self._outside = self.ledger.others_answered()
        if not self._outside:
            for url in (self.settings.control_url,) if self.settings.control_url else CONTROLS:
                answer = (await self._fetch(url)).response
                self.ledger.keep_control(_bare(answer))
                if answer.outcome is FetchOutcome.OK or self.stop.is_set():
                    self._outside = answer.outcome is FetchOutcome.OK
                    break
        return bool(self._outside)

    async def _fetch(self, url: str) -> Fetched:
        return await self.fetcher.fetch(url, anywhere=True, refused=self._refused, most=_BODY)

    def _refused(self, target: str) -> str:
        """Why a redirect of another site is not followed."""
        return OWN if self.scope.is_site(target) else self.scope.not_asked(target).removeprefix(NOT_ASKED)

    def _keep(self, row: Waiting, response: Response) -> None:
        if not self.stop.is_set() or response.outcome is FetchOutcome.OK:
            self.ledger.keep_link(row, _bare(response))

    async def _each_host(self, rows: Iterable[Known], work: Callable[[str, deque[Known]], Awaitable[None]]) -> None:
        """Hosts side by side, of each one link at a time. A stop lets what is under way go after its grace."""
        by_host: dict[str, deque[Known]] = {}
        for row in rows:
            by_host.setdefault(host(row.waiting.url), deque()).append(row)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def of(name: str, own: deque[Known]) -> None:
            async with turn:
                if not self.stop.is_set():
                    await work(name, own)

        tasks = [asyncio.ensure_future(of(name, own)) for name, own in by_host.items()]
        stopping = asyncio.ensure_future(self.stop.wait())
        try:
            while pending := [task for task in tasks if not task.done()]:
                await asyncio.wait({*pending, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if self.stop.is_set():
                    _, late = await asyncio.wait(pending, timeout=self.settings.grace)
                    for task in late:
                        task.cancel()
                    self.abandoned += len(late)
                    await asyncio.gather(*late, return_exceptions=True)
                    break
        finally:
            stopping.cancel()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()

    def _over(self) -> bool:
        return self.stop.is_set() or time.monotonic() >= self.deadline

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)


def _may_be_dead(response: Response | None) -> bool:
    """Whether a second answer could show that a link is dead: seen once, and in a way that counts."""
    if response is None or len(response.attempts) != 1:
        return False
    return response.status in _GONE or 500 <= response.status < 600 or response.trouble in _DEAF


def _bare(response: Response) -> Response:
    """Without headers: what other sites send is no evidence of the shop."""
    return msgspec.structs.replace(response, headers=())


def _elsewhere(response: Response, url: str) -> Response:
    return msgspec.structs.replace(response, url=url, final_url=url, hops=())
