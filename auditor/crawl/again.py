"""Pages that are asked for more than once, one after the other: what failed, and what raised a doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from auditor.crawl.job import Ended
from auditor.evidence.endpoint import SecondFetch
from auditor.evidence.http import Attempt, Response, server_failed
from auditor.model.words import FetchOutcome
from auditor.store import documents
from auditor.store.frontier import Waiting

if TYPE_CHECKING:
    from auditor.crawl.fetch import Fetched
    from auditor.crawl.round import Round

_MOST_UNCONFIRMED = 5  # failures to reach the site in a row, while asking again
_MORE = 20  # pages asked for a third time, to see whether the server fails by chance
_MOST = 200
# Asks caches to look whether their copy is still good. It changes nothing for other visitors, as an address of our own making would.
FRESH = {"Cache-Control": "no-cache", "Pragma": "no-cache"}


async def confirm(of: Round) -> None:
    """Asks again, alone, for what failed once; the last answer is the one that counts.

    Some pages of a server that fails by chance fail twice. So a few that it failed to give are asked for a third time, and
    where one of them is there then, all others too, and a fourth time.
    """
    if await _confirm(of, 1, lambda _: True) is None:
        return
    for asked, most in ((2, _MORE), (3, _MOST)):
        if not await _confirm(of, asked, server_failed, most):
            return


async def _confirm(of: Round, asked: int, wanted: Callable[[Response], bool], most: int | None = None) -> int | None:
    """How many pages that were asked for so many times before are there now; None where it was to end."""
    rested, last, unreached, done, there = False, 0, 0, 0, 0
    while failures := of.ledger.failures(last):
        for known in failures:
            last = known.waiting.id
            fresh = of.ledger.known(known.waiting.url) or known
            if fresh.response is None or len(fresh.response.attempts) != asked or fresh.waiting.id != known.waiting.id:
                continue
            if not wanted(fresh.response):
                continue
            if done == most:
                return there
            if not rested:
                await of.rest(of.settings.confirm_after)
                rested = True
            if of.stop.is_set() or unreached >= _MOST_UNCONFIRMED or of.long_over():
                return None
            done += 1
            outcome = await ask(of, known.waiting, fresh.response)
            there += outcome is FetchOutcome.OK
            unreached = unreached + 1 if outcome in (FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE) else 0
    return there


async def ask(of: Round, row: Waiting, before: Response | None) -> FetchOutcome:
    """Asks again for one."""
    fetched = await of.patiently(lambda: of.fetcher.fetch(row.url, refused=of.refused))
    if not of.stop.is_set():
        of.keep(row, fetched, before)
    return fetched.response.outcome


def after(tries: Iterable[Attempt], fetched: Fetched) -> Fetched:
    """A page that is there now, with the failures before it; what was refused then, or fails still, says nothing of them."""
    failed = tuple(one for one in tries if one.outcome is FetchOutcome.SITE_ERROR)
    if not failed or fetched.response.outcome is not FetchOutcome.OK:
        return fetched
    response = msgspec.structs.replace(fetched.response, attempts=(*failed, *fetched.response.attempts))
    return msgspec.structs.replace(fetched, response=response)


async def look(of: Round) -> Ended:
    """Asks for the addresses of the job, after a pause. A refusal ends it."""
    if trouble := await of.seeds.learn_robots():
        return Ended("gave_up", trouble)
    await of.rest(of.settings.confirm_after)
    for url in of.job.urls:
        if of.stop.is_set() or of.over():
            return Ended("stopped" if of.stop.is_set() else "time_limit")
        if of.scope.unsafe(url) or await of.refused_here(url):
            continue
        fetched = await of.fetcher.fetch(url, refused=of.refused, conditions=FRESH)
        if of.stop.is_set():
            return Ended("stopped")
        answer = fetched.response
        if answer.outcome in (FetchOutcome.BLOCKED, FetchOutcome.RATE_LIMITED):
            return Ended("gave_up", f"the shop does not want to be asked for {url} again")
        if answer.outcome is FetchOutcome.OK and fetched.html and fetched.body:
            of.ledger.keep_second(SecondFetch(response=answer, body=documents.pack(fetched.body)))
    return Ended("finished")
