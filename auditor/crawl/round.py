"""One round: robots.txt and sitemaps, then the frontier until it is empty, then every failure once more and alone."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec

from auditor.crawl import again, assets, beside, earlier, endpoints, planned
from auditor.crawl.bans import Bans
from auditor.crawl.fetch import LEAVES_SITE, Engine, Fetched, Fetcher
from auditor.crawl.job import Ended, Job, Note, PagesIn
from auditor.crawl.ledger import Ledger
from auditor.crawl.links import PICTURE, Links
from auditor.crawl.robots import RobotsOfSite
from auditor.crawl.scope import BYTE_LIMIT, NOT_FOLLOWED, PAGE_LIMIT, ROBOTS, Scope, megabytes
from auditor.crawl.seeds import Seeds
from auditor.crawl.throttle import Throttle
from auditor.crawl.traps import COPY
from auditor.evidence.http import Attempt, Response
from auditor.model.urls import origin
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Found, Waiting

_RETRIES = 3  # of a URL that was answered "too many requests", among others
_PATIENT = 6  # requests for it alone, after all others
_MOST_GAPS = 30  # in a row, then the site is taken to be out of reach
_KEYS = 100_000
_PICTURES = 5  # for sharing that are asked for, of pages with one shape of URL
_MOST_KINDS = 100


class Round:
    """The state of a crawl round in the child process."""

    def __init__(
        self, job: Job, ledger: Ledger, engine: Engine, stop: asyncio.Event, tell: Callable[[Note | PagesIn], None]
    ) -> None:
        self.job, self.settings, self.ledger, self.stop = job, job.settings, ledger, stop
        self._tell = tell
        settings = job.settings
        self.throttle = Throttle(
            settings.concurrency, rate=settings.max_rate, backoff=settings.backoff, stop=stop, tell=self.note
        )
        self.bans = Bans(self)
        self.robots = RobotsOfSite(settings.obey_robots)
        self.scope = Scope(settings, self.robots.disallows, ledger.trap, ledger.exported)
        ledger.traps, ledger.learned = self.scope.traps, self.scope.take_learned
        self.fetcher = Fetcher(engine, self.scope, self.throttle)
        self.links = Links()
        self.seeds = Seeds(self)
        self.deadline = time.monotonic() + settings.max_time if settings.max_time else None
        self.fetched = 0
        self.abandoned = 0  # requests still under way when the round ended
        self._rows: deque[Waiting] = deque()
        self._tries: dict[int, tuple[Attempt, ...]] = defaultdict(tuple)  # of URLs that are postponed
        self._pictures: Counter[str] = Counter()  # shape of URL -> pictures of its pages asked for
        self._keys: set[int] = set()  # hashes of keys: a URL that comes up again need not be placed again
        self._gaps, self._gap = 0, ""  # fetches in a row that gave no page, and why the last one did not
        self._received_before = 0
        self._asking = asyncio.Lock()

    async def run(self) -> Ended:
        """Fetches until there is nothing left, or the limits, the shop or the user say enough."""
        self._begin()
        self.scope.recall(self.ledger.lessons() if self.ledger.waiting() else ())
        if self.settings.max_bytes is not None:
            self._received_before = self.ledger.received_before()
            self.ledger.received = lambda: self.fetcher.received
        if trouble := await self.seeds.sow():
            return Ended("gave_up", trouble)
        while True:
            ended = await self._drain()
            if ended.reason in ("stopped", "gave_up"):
                break
            limit = self._limit(ended)
            if limit:
                self.ledger.skip_waiting(limit)
            await again.confirm(self)
            if self.stop.is_set():
                ended = Ended("stopped")
            elif limit:
                self.ledger.skip_waiting(limit)
            elif ended.reason == "finished" and (self.ledger.waiting() or await self._take_in_twin()):
                continue
            break
        self._tell(PagesIn())
        if ended.reason in ("finished", "page_limit"):
            await assets.ask(self)
        if self.settings.probes and ended.reason not in ("stopped", "gave_up"):
            await beside.ask(self)
        self.ledger.release()
        return msgspec.structs.replace(ended, detail=ended.detail or self.bans.told)

    async def recheck(self) -> Ended:
        """Asks again, one after another, for the URLs of the job."""
        self._begin()
        if trouble := await self.seeds.learn_robots():
            return Ended("gave_up", trouble)
        for url in self.job.urls:
            if self.stop.is_set():
                return Ended("stopped")
            placed = self.scope.place(url, found_by="list")
            known = self.ledger.claim(self.ledger.found(url, kind="page", found_by="list", reason=placed.reason))
            if placed.reason:
                continue
            await again.ask(self, known.waiting, known.response)
        return Ended("finished")

    async def endpoints(self) -> Ended:
        """What the platform's public endpoints say of products."""
        self._begin()
        return await endpoints.ask(self)

    async def again(self) -> Ended:
        """Pages whose first answer raised a doubt, once more."""
        self._begin()
        return await again.look(self)

    async def planned(self) -> Ended:
        """What the store plans to ask for beside pages."""
        self._begin()
        return await planned.ask(self)

    def _begin(self) -> None:
        start = [self.ledger.found(url, priority=1000, found_by="start") for url in self.settings.start]
        begins = self.job.kind == "round" and not self.settings.listed
        self.ledger.begin(start if begins else (), after_crash=self.job.after_crash)
        self.scope.follow_moves(self.ledger.started(), (self.ledger.probed(name) for name in beside.TWINS))
        self.fetched = self.ledger.fetched()

    async def _take_in_twin(self) -> bool:
        """Whether links lead to the shop's host with or without www that it does not use: they are the shop's own, and pages wait."""
        if not self.settings.probes or not (other := await beside.twin_linked(self)):
            return False
        self.scope.hosts.add(other)
        placed = []
        for row in self.ledger.on_host(other):
            one = self.scope.place(row.url, depth=row.depth, found_by=row.found_by)
            reason = one.reason or ("" if self.settings.follow_links else NOT_FOLLOWED)
            placed.append((row.id, one.kind, reason, one.priority))
        self.ledger.place(placed)
        return bool(self.ledger.waiting())

    async def _drain(self) -> Ended:
        tasks: set[asyncio.Task[Any]] = set()
        stopping = asyncio.ensure_future(self.stop.wait())
        try:
            while True:
                ended = self._over()
                while ended is None and len(tasks) < self.throttle.window and self._room(len(tasks)):
                    row = self._next()
                    if row is None:
                        break
                    if not await self._turn():
                        break
                    tasks.add(asyncio.ensure_future(self._page(row)))
                if ended is not None:
                    if ended.reason != "stopped" and not self.bans.trouble:
                        self._keep_all(self.bans.let_go())
                    return ended
                if not tasks:
                    if self.over():
                        continue
                    if self.bans.held:
                        self._keep_all(self.bans.let_go())
                        continue
                    out_of_room = not self._room(0) and (self._rows or self.ledger.waiting())
                    return Ended("page_limit") if out_of_room else Ended("finished")
                left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
                done, _ = await asyncio.wait({*tasks, stopping}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    tasks.discard(task)
                    task.result()
        finally:
            stopping.cancel()
            await self._finish(tasks)
            self._rows.clear()
            self.ledger.release()

    async def _turn(self) -> bool:
        """Waits until a page may be asked for; False where the round was over before."""
        left = None if self.deadline is None else self.deadline - time.monotonic()
        try:
            await asyncio.wait_for(self.bans.turn(), left)
        except TimeoutError:
            return False
        return not self.stop.is_set()

    async def _finish(self, tasks: set[asyncio.Task[Any]]) -> None:
        """What is under way gets a few seconds; then it is let go, and will be fetched another time."""
        if not tasks:
            return
        done, pending = await asyncio.wait(tasks, timeout=self.settings.grace)
        for task in pending:
            task.cancel()
        self.abandoned += len(pending)
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()

    def _limit(self, ended: Ended) -> str:
        """Why what waits stays out, where a limit of the config ended the round; "" where none did."""
        if ended.reason == "page_limit":
            return PAGE_LIMIT
        return BYTE_LIMIT.format(most=megabytes(self.settings.max_bytes or 0)) if ended.reason == "byte_limit" else ""

    def over(self) -> bool:
        """Whether the round has come to its end, whatever is left to do."""
        return self._over() is not None

    def _over(self) -> Ended | None:
        if self.stop.is_set():
            return Ended("stopped")
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return Ended("time_limit")
        if self.settings.max_bytes is not None:
            received = self._received_before + self.fetcher.received
            if received >= self.settings.max_bytes:
                return Ended("byte_limit")
        if self.throttle.refuses(self.settings.patience):
            return Ended("gave_up", "the shop keeps asking for fewer requests")
        if self.bans.trouble:
            return Ended("gave_up", self.bans.trouble)
        if self._gaps >= _MOST_GAPS:
            return Ended("gave_up", f"the last {self._gaps} requests gave no page: {self._gap}")
        return None

    def _room(self, under_way: int) -> bool:
        return self.fetched + len(self.bans.held) + under_way < self.settings.max_pages

    def _next(self) -> Waiting | None:
        if not self._rows:
            self._rows.extend(self.ledger.lease(min(100, 4 + 2 * self.throttle.window)))
        return self._rows.popleft() if self._rows else None

    async def _page(self, row: Waiting) -> None:
        if reason := await self.refused_here(row.url):
            self.ledger.skip(row, reason)
            return
        if original := self.scope.original(row.url, row.id, row.found_by):
            self.ledger.skip(row, COPY)
            self.ledger.add(self._place(row, original, depth=row.depth, relation="relation"))
            return
        asked = time.monotonic()
        fetched = await self._if_changed(row)
        outcome = fetched.response.outcome
        answered = outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR, FetchOutcome.SKIPPED) and not fetched.blank
        overloaded = outcome is FetchOutcome.SITE_ERROR and self.throttle.overloaded
        if outcome is FetchOutcome.RATE_LIMITED or overloaded:
            self._tries[row.id] += fetched.response.attempts
            if len(self._tries[row.id]) <= _RETRIES:
                self.ledger.postpone(row)
                return
        else:
            self._gaps, self._gap = (0, "") if answered else (self._gaps + 1, fetched.response.reason)
            fetched = again.after(self._tries.pop(row.id, ()), fetched)
        self._keep_all(await self.bans.settle(row, fetched, asked))

    async def _if_changed(self, row: Waiting) -> Fetched:
        """The page; as the run before got it where the shop says, or its body shows, that it is the same."""
        before = self.ledger.earlier(row.key)
        if before is None or not earlier.usable(before.response):
            return await self.fetcher.fetch(row.url, refused=self.refused, paced=True)
        conditions = earlier.conditions(before)
        fetched = await self.fetcher.fetch(row.url, refused=self.refused, conditions=conditions, paced=True)
        known = self.ledger.document(before.document)
        if fetched.response.status == 304 and not fetched.response.hops:
            return earlier.as_before(fetched, before, known)
        whole = fetched.html and earlier.usable(fetched.response)
        if whole and earlier.same(fetched.body, known):
            response = msgspec.structs.replace(fetched.response, unchanged=True)
            return msgspec.structs.replace(fetched, body=known, response=response)
        return fetched

    async def refused_here(self, url: str) -> str:
        """Why robots.txt keeps us from this URL; asks for the robots.txt of an origin that is new."""
        if not self.robots.knows(url):
            async with self._asking:
                if not self.robots.knows(url):
                    await self.seeds.ask_robots(origin(url))
        return self.robots.unknown(url) or (ROBOTS if self.robots.disallows(url) else "")

    def refused(self, url: str) -> str:
        """Why a redirect to this URL is not followed."""
        return ROBOTS if self.robots.disallows(url) else ""

    def shop_is_back(self) -> None:
        """What gave no page was the doing of something that is over."""
        self._gaps = 0

    def _keep_all(self, pages: Iterable[tuple[Waiting, Fetched]]) -> None:
        for row, fetched in pages:
            self.keep(row, fetched)

    def keep(self, row: Waiting, fetched: Fetched, before: Response | None = None) -> None:
        response = fetched.response
        if before is not None:
            response = msgspec.structs.replace(response, attempts=(*before.attempts, *response.attempts))
        if response.outcome is FetchOutcome.SKIPPED:
            self.ledger.save(row, response, None, tuple(self._refused_target(row, fetched)))
            return
        answered = response.outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR)
        body = fetched.body if fetched.html and answered and fetched.body and not fetched.blank else None
        found = list(self._links(row, fetched)) if body and response.outcome is FetchOutcome.OK else []
        if body and response.outcome is FetchOutcome.OK:
            self.scope.learn(response.final_url, self.links)
        other = response.outcome is FetchOutcome.OK and not fetched.html and response.size and not response.reason
        target = None
        if response.hops and (key := self.ledger.key(response.final_url)) != row.key and fetched.trouble is None:
            circle = response.outcome is FetchOutcome.SITE_ERROR and 300 <= response.status < 400
            if not circle:
                target = Found(
                    key=key, url=response.final_url, depth=row.depth, found_by="redirect", referrer_id=row.id
                )
        new = self.ledger.save(
            row, response, body, found, kind="asset" if other else "", target=target, again=before is not None
        )
        if new and before is None and not other:
            self.fetched += 1

    def _refused_target(self, row: Waiting, fetched: Fetched) -> Iterator[Found]:
        if fetched.target and fetched.response.reason != LEAVES_SITE:
            yield from self._place(row, fetched.target, depth=row.depth, found_by="redirect")

    def _links(self, row: Waiting, fetched: Fetched) -> Iterator[Found]:
        kind = self.scope.shaped(row.url)
        pictures = self._wants_pictures(kind)
        icons, final = row.depth == 0, fetched.response.final_url
        for url, relation in self.links.new(fetched.body, final, fetched.charset, icons=icons, pictures=pictures):
            if relation == PICTURE:
                if not pictures:
                    continue
                self._pictures[kind] += 1
            yield from self._place(row, url, depth=row.depth + 1, relation=relation)
        for icon in self.links.icons if row.depth == 0 else ():
            if self.scope.is_site(icon):
                yield from self._place(row, icon, depth=1, relation=PICTURE)

    def _wants_pictures(self, kind: str) -> bool:
        """Templates name their pictures for sharing: those of the first few pages of a kind tell of the others."""
        known = kind in self._pictures or len(self._pictures) <= _MOST_KINDS
        return known and self._pictures.get(kind, 0) < _PICTURES

    def _place(
        self, row: Waiting, url: str, *, depth: int, relation: str = "", found_by: str = "link"
    ) -> Iterator[Found]:
        key = self.ledger.key(url)
        if hash(key) in self._keys:
            return
        if len(self._keys) >= _KEYS:
            self._keys.clear()
        self._keys.add(hash(key))
        placed = self.scope.place(
            url, depth=depth, relation=relation, found_by=found_by, referrer=row.id, known=lambda: self.ledger.has(key)
        )
        reason = placed.reason or ("" if self.settings.follow_links or found_by == "redirect" else NOT_FOLLOWED)
        yield Found(
            key=key, url=url[:8_000], kind=placed.kind, priority=placed.priority, depth=depth, found_by=found_by,
            referrer_id=row.id, reason=reason,
        )  # fmt: skip
        if placed.instead:
            yield from self._place(row, placed.instead, depth=depth, relation="relation")

    async def patiently(self, fetch: Callable[[], Awaitable[Fetched]]) -> Fetched:
        """Fetches again where there were too many requests, after ever longer pauses."""
        for _ in range(_PATIENT):
            fetched = await fetch()
            too_many = fetched.response.outcome is FetchOutcome.RATE_LIMITED
            if not too_many or self.stop.is_set() or self.long_over() or self.throttle.refuses(self.settings.patience):
                break
        return fetched

    def long_over(self) -> bool:
        """Failures may still be confirmed for a tenth of the time limit after it has passed, half a minute at most."""
        if self.deadline is None or not self.settings.max_time:
            return False
        soonest = max(time.monotonic(), self.throttle.paused_until)
        return soonest > self.deadline + min(30.0, 0.1 * self.settings.max_time)

    async def rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), seconds)

    def note(self, text: str) -> None:
        """What the crawl waits for, for people; "" when it goes on."""
        self._tell(Note(text))
