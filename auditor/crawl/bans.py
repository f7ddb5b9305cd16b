"""A firewall that answers 403 to everything for a while: told from pages that are forbidden by one that was had before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

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

LASTS = "the shop answers 403 to everything, to pages that it showed before too, and went on after {seconds:.0f} s of waiting: a firewall bans us"
AGAIN = "a firewall banned us {times} times (403 to everything), though the crawl went slower each time"
PASSED = "for {seconds:.0f} s the shop answered 403 to everything, as firewalls do after too many requests; the crawl waited and went on more slowly"


class Bans:
    """Waits while a ban lasts, with one request after each pause. What was forbidden by it waits again."""

    def __init__(self, of: Round) -> None:
        self.of = of
        self.trouble = ""  # why the crawl is to be given up
        self._free = asyncio.Event()
        self._free.set()
        self._forbidden: list[Waiting] = []  # in a row
        self._enough, self._times, self._waited = _ENOUGH, 0, 0.0
        self._had = ""  # a page that answered well, the last

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

    async def look(self, row: Waiting, response: Response) -> bool:
        """After each page; returns whether a row of forbidden ones is settled, and the shop is there."""
        if response.status != _FORBIDDEN:
            if response.outcome is FetchOutcome.OK:
                self._forbidden.clear()
                self._had = response.final_url
            return False
        self._forbidden.append(row)
        if not self._free.is_set():
            self._put_back()
            return False
        if len(self._forbidden) < self._enough or not self._had:
            return False
        self._free.clear()
        try:
            return await self._settle()
        finally:
            self._free.set()

    async def _settle(self) -> bool:
        if not await self._banned():
            self._enough = min(
                _MOST_ROW, 2 * self._enough
            )  # forbidden by themselves, such as accounts: there may be more
            self._forbidden.clear()
            return True
        self._times += 1
        self._put_back()
        self.of.throttle.banned()
        waited, pause = 0.0, _PAUSE * self.of.settings.backoff
        while self._times <= _MOST and waited + pause <= min(_LONGEST, self.of.settings.patience):
            self.of.note(f"waiting {pause:.0f} s, as the shop answers 403 to everything")
            await self.of.rest(pause)
            waited, pause = waited + pause, min(_LONGEST_PAUSE, 2 * pause)
            self.of.note("")
            if self.of.stop.is_set():
                return False
            if not await self._banned():
                self._waited += waited
                return True
        self.trouble = AGAIN.format(times=self._times) if self._times > _MOST else LASTS.format(seconds=waited)
        return False

    async def _banned(self) -> bool:
        return (await self.of.fetcher.fetch(self._had, refused=self.of.refused)).response.status == _FORBIDDEN

    def _put_back(self) -> None:
        for row in self._forbidden:
            self.of.ledger.postpone(row)
        self.of.fetched -= len(self._forbidden)
        self._forbidden.clear()
