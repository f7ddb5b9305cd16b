"""Pages that raised a doubt, asked for once more over http, one after the other: where no browser opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.crawl.job import Ended
from auditor.evidence.endpoint import SecondFetch
from auditor.model.words import FetchOutcome
from auditor.store import documents

if TYPE_CHECKING:
    from auditor.crawl.round import Round

# Asks caches to look whether their copy is still good. It changes nothing for other visitors, as an address of our own making would.
FRESH = {"Cache-Control": "no-cache", "Pragma": "no-cache"}


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
