"""What the store plans to ask of the shop once its pages are known: its own search, whose results are pages of the run, and wrong addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auditor.crawl.beside import document_of, look_of
from auditor.crawl.job import Ended
from auditor.evidence.http import Response
from auditor.evidence.planned import Asked, Plan
from auditor.evidence.site_search import Search, SiteSearch
from auditor.evidence.wrong_addresses import WrongAddress, WrongAddresses
from auditor.facts.meta import meta
from auditor.model.words import FetchOutcome
from auditor.store.frontier import SEARCHED

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_REFUSED = (FetchOutcome.BLOCKED, FetchOutcome.RATE_LIMITED)
_FEW = 20_000  # bytes of results that nobody reads


async def ask(of: Round) -> Ended:
    """Asks for what was not asked for yet, one address after the other. A refusal ends it.

    Links of the answers are not followed: they are the shop's pages in other views.
    """
    if trouble := await of.seeds.learn_robots():
        return Ended("gave_up", trouble)
    kinds: tuple[type[Plan], ...] = (SiteSearch, WrongAddresses)
    for kind in kinds:
        plan = of.ledger.plan(kind)
        if plan is None:
            continue
        done: list[Asked] = list(plan.asked)
        for place, one in enumerate(done):
            if not one.open:
                continue
            if of.over():
                return Ended("stopped" if of.stop.is_set() else "time_limit")
            done[place] = told = await _asked(of, one)
            if of.stop.is_set():
                return Ended("stopped")
            of.ledger.keep_plan(msgspec.structs.replace(plan, asked=tuple(done)))
            if told.outcome in _REFUSED:
                return Ended("gave_up", f"the shop does not want to be asked for {one.url}")
    return Ended("finished")


async def _asked(of: Round, one: Asked) -> Asked:
    placed = of.scope.place(one.url, found_by=SEARCHED)
    reason = placed.reason or ("" if placed.kind == "page" else "its address is none of the shop's pages")
    if reason := reason or await of.refused_here(one.url):
        return msgspec.structs.replace(one, reason=reason)
    if isinstance(one, Search):
        return await _searched(of, one)
    assert isinstance(one, WrongAddress)
    return await _looked(of, one)


async def _searched(of: Round, one: Search) -> Asked:
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


async def _looked(of: Round, one: WrongAddress) -> Asked:
    """Once only, and it stays out of the run's pages: no link of the shop leads there."""
    fetched = await of.fetcher.fetch(one.url, most=of.settings.max_body, refused=of.refused)
    response = fetched.response
    if response.outcome is FetchOutcome.OK and fetched.html and fetched.body:
        document = document_of(fetched)
        head = meta(document, response.headers)
        canonicals = dict.fromkeys(said.url for said in head.canonicals if said.source != "body")
        one = msgspec.structs.replace(one, look=look_of(document), canonicals=tuple(canonicals), noindex=head.noindex)
    return _told(one, response)


def _told(one: Asked, answer: Response) -> Asked:
    return msgspec.structs.replace(
        one, outcome=answer.outcome, status=answer.status, final_url=answer.final_url, reason=answer.reason
    )
