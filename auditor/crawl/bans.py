"""A firewall that answers 403 to everything for a while: told from pages that are forbidden by one that was had before."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from auditor.crawl.fetch import Fetched
from auditor.crawl.outcomes import is_challenge
from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Waiting

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_FORBIDDEN = 403
_ENOUGH = 5  # in a row before a page that was had is asked for again
_MOST_ROW = 20  # of them, where others turned out to be forbidden by themselves
_PAUSE = 4  # times the backoff, the first; each further one is twice as long
_LONGEST_PAUSE, _LONGEST = 60.0, 300.0  # seconds; of one pause, and of all of one ban
_MOST = 6  # bans of one round

LASTS = "the shop answers 403 to everything, to pages that it showed before too, and still does after {seconds:.0f} s of waiting: a firewall bans us"
AGAIN = "a firewall banned us {times} times (403 to everything), though the crawl went slower each time"
PASSED = "for {seconds:.0f} s the shop answered 403 to everything, as firewalls do after too many requests; the crawl waited and went on more slowly"


class Bans:
    """Holds forbidden pages until it is known why they are: those of a ban that passes wait again, others are kept as they are.

    What is held is kept nowhere else: where the round ends before, it is released with all that was under way.
    """

    def __init__(self, of: Round) -> None:
        self.of = of
        self.trouble = ""  # why the crawl is to be given up
        self.held: list[tuple[Waiting, Fetched]] = []  # forbidden, in a row
        self._free = asyncio.Event()
        self._free.set()
        self._enough, self._times, self._waited = _ENOUGH, 0, 0.0
        self._since = 0.0  # when the first of them came
        self._had = ""  # the last page that answered well

    @property
    def told(self) -> str:
        """What happened, for people; "" where nothing did."""
        return PASSED.format(seconds=self._waited) if self._waited else ""

    async def turn(self) -> None:
        """Returns when the next page may be asked for."""
        while True:
            await self._free.wait()
            await self.of.throttle.pace()
            if self._free.is_set():
                return

    async def settle(self, row: Waiting, fetched: Fetched, asked: float) -> list[tuple[Waiting, Fetched]]:
        """The pages that are to be kept, now that this one, `asked` for then (time.monotonic), has come. Waits while a ban lasts."""
        response = fetched.response
        if not _forbids(response):
            if response.outcome is not FetchOutcome.OK:
                return [(row, fetched)]
            self._had = response.final_url
            # what was under way when the first forbidden one came says nothing
            others = self.let_go() if self._free.is_set() and asked > self._since else []
            return [*others, (row, fetched)]
        if not self.held:
            self._since = time.monotonic()
        self.held.append((row, fetched))
        if not self._had:
            return self.let_go()
        if not self._free.is_set() or len(self.held) < self._enough:
            return []
        self._free.clear()
        try:
            return await self._look_into()
        finally:
            self._free.set()

    def let_go(self) -> list[tuple[Waiting, Fetched]]:
        held, self.held = self.held, []
        return held

    async def _look_into(self) -> list[tuple[Waiting, Fetched]]:
        lasts = await self._forbidden(self._had)
        if not lasts and await self._forbidden(self.held[0][0].url):
            # accounts and the like: there may be more of them
            self._enough = min(_MOST_ROW, 2 * self._enough)
            return self.let_go()
        self._times += 1
        self.of.throttle.banned()
        if not lasts:
            self._go_on()
            return []
        waited, pause = 0.0, _PAUSE * self.of.settings.backoff
        while self._times <= _MOST and waited + pause <= min(_LONGEST, self.of.settings.patience):
            self.of.note(f"waiting {pause:.0f} s, as the shop answers 403 to everything")
            await self.of.rest(pause)
            waited, pause = waited + pause, min(_LONGEST_PAUSE, 2 * pause)
            self.of.note("")
            if self.of.stop.is_set():
                return []
            if not await self._forbidden(self._had):
                self._waited += waited
                self._go_on()
                return []
        self.trouble = AGAIN.format(times=self._times) if self._times > _MOST else LASTS.format(seconds=waited)
        return []

    def _go_on(self) -> None:
        self.of.shop_is_back()
        for row, _ in self.let_go():
            self.of.ledger.postpone(row)

    async def _forbidden(self, url: str) -> bool:
        return _forbids((await self.of.fetcher.fetch(url, refused=self.of.refused)).response)


def _forbids(response: Response) -> bool:
    return response.status == _FORBIDDEN and not is_challenge(response.reason)
