"""The shop's own search, asked for names of its products and for a word that nobody can know; its results are pages of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auditor.crawl.job import Ended
from auditor.evidence.http import Response
from auditor.evidence.site_search import Search, SiteSearch
from auditor.model.words import FetchOutcome
from auditor.store.frontier import SEARCHED

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_REFUSED = (FetchOutcome.BLOCKED, FetchOutcome.RATE_LIMITED)
_FEW = 20_000  # bytes of results that nobody reads


async def ask(of: Round) -> Ended:
    """Makes the searches that the store names and that were not made yet, one after the other. A refusal ends it.

    Links of the results are not followed: they are the shop's pages in other views.
    """
    plan = of.ledger.site_search()
    if plan is None:
        return Ended("finished")
    if trouble := await of.seeds.learn_robots():
        return Ended("gave_up", trouble)
    done = list(plan.searches)
    for place, one in enumerate(done):
        if one.outcome is not None or one.reason:
            continue
        if of.over():
            return Ended("stopped" if of.stop.is_set() else "time_limit")
        done[place] = told = await _made(of, one)
        if of.stop.is_set():
            return Ended("stopped")
        of.ledger.keep_search(SiteSearch(searches=tuple(done)))
        if told.outcome in _REFUSED:
            return Ended("gave_up", f"the shop does not want to be asked for {one.url}")
    return Ended("finished")


async def _made(of: Round, one: Search) -> Search:
    placed = of.scope.place(one.url, found_by=SEARCHED)
    reason = placed.reason or ("" if placed.kind == "page" else "its address is none of the shop's pages")
    if reason := reason or await of.refused_here(one.url):
        return msgspec.structs.replace(one, reason=reason)
    if not one.product:
        return _told(one, (await of.seeds.twice(one.url, _FEW, refused=of.refused)).response)
    known = of.ledger.claim(of.ledger.found(one.url, found_by=SEARCHED, depth=1))
    if known.response is not None:  # a link leads there, too
        return _told(one, known.response)
    answer = await of.seeds.twice(one.url, of.settings.max_body, refused=of.refused)
    response = answer.response
    elsewhere = response.hops and of.ledger.key(response.final_url) != known.waiting.key
    kept = answer.html and answer.body and not elsewhere and response.outcome is FetchOutcome.OK
    of.ledger.save(known.waiting, response, answer.body if kept else None, ())
    return _told(one, response)


def _told(one: Search, answer: Response) -> Search:
    return msgspec.structs.replace(
        one, outcome=answer.outcome, status=answer.status, final_url=answer.final_url, reason=answer.reason
    )
