"""What the store plans to ask of the shop once its pages are known: its own search, whose results are pages of the run, wrong addresses, and what led to pages that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from auditor.crawl import sitemaps
from auditor.crawl.again import FRESH
from auditor.crawl.beside import document_of, look_of
from auditor.crawl.fetch import Fetched
from auditor.crawl.job import Ended
from auditor.crawl.links import Links
from auditor.evidence.http import Response
from auditor.evidence.link_sources import SITEMAP, LinkSource, LinkSources
from auditor.evidence.planned import Asked, Plan
from auditor.evidence.site_search import Search, SiteSearch
from auditor.evidence.wrong_addresses import WrongAddress, WrongAddresses
from auditor.facts.meta import meta
from auditor.model.urls import absolute, without_fragment
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
    kinds: tuple[type[Plan], ...] = (SiteSearch, WrongAddresses, LinkSources)
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
    if isinstance(one, LinkSource):
        return await _still_leading(of, one)
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


async def _still_leading(of: Round, one: LinkSource) -> Asked:
    """Whether the page or sitemap still leads to what is gone. One that cannot be read whole says nothing."""
    if reason := of.scope.unsafe(one.url) or await of.refused_here(one.url):
        return msgspec.structs.replace(one, reason=reason)
    most = sitemaps.LARGEST if one.kind == SITEMAP else of.settings.max_body
    fetched = await of.fetcher.fetch(one.url, most=most, refused=of.refused, conditions=FRESH)
    response, told = fetched.response, _told(one, fetched.response)
    if response.outcome is not FetchOutcome.OK or response.truncated:
        return told
    read = _in_sitemap if one.kind == SITEMAP else _in_page
    leads = {of.ledger.key(url) for url in read(fetched)}
    gone = tuple(url for url in one.leads_to if of.ledger.key(url) not in leads)
    return msgspec.structs.replace(told, taken_out=gone if leads else ())


def _in_page(fetched: Fetched) -> Iterator[str]:
    if fetched.html:
        yield from (url for url, _ in Links().new(fetched.body, fetched.response.final_url, fetched.charset))


def _in_sitemap(fetched: Fetched) -> Iterator[str]:
    body, base = sitemaps.unpacked(fetched.body), fetched.response.final_url
    read = sitemaps.read(body)
    if read.error or read.kind == "index":
        return
    others = (address for one in read.alternates.values() for _, address in one)
    further = (location for location, _ in sitemaps.further(body)) if read.cut else ()
    for location in chain(read.locations, others, read.pictures, further):
        if url := absolute(base, location):
            yield without_fragment(url)


def _told(one: Asked, answer: Response) -> Asked:
    return msgspec.structs.replace(
        one, outcome=answer.outcome, status=answer.status, final_url=answer.final_url, reason=answer.reason
    )
