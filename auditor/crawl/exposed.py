"""Asks, where the config says so, for files that no shop means to publish; of an answer its first bytes are looked at and none is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.crawl.fetch import Fetched
from auditor.evidence.exposed import Exposed
from auditor.knowledge import exposed
from auditor.model.words import FetchOutcome

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_BODY = 2_048  # bytes
_GONE = (301, 302, 303, 307, 308)


async def ask(of: Round, place: str) -> None:
    """`place` is the shop's origin. What was asked for already in this run is left out; what robots.txt forbids is not asked."""
    known = of.ledger.exposed()
    for file in exposed.load():
        url = f"{place}{file.path}"
        if of.stop.is_set():
            return
        if url in known:
            continue
        if refused := await of.refused_here(url):
            of.ledger.keep_exposed(_told(file, url, outcome=FetchOutcome.SKIPPED, reason=refused))
            continue
        fetched = await of.patiently(lambda url=url: of.fetcher.fetch(url, most=_BODY))  # type: ignore[misc]
        if not of.stop.is_set():
            of.ledger.keep_exposed(judge(file, url, fetched))


def judge(file: exposed.File, url: str, fetched: Fetched) -> Exposed:
    """What came of asking. A page in the file's place, a redirect and a refusal (401, 403, 404) mean that it is not to be had."""
    response = fetched.response
    there = response.outcome is FetchOutcome.OK and response.status == 200 and not response.hops
    if there and file.begins.search(fetched.body[:_BODY].decode("latin-1")):
        return _told(file, url, found=True, status=200)
    settled = response.outcome is FetchOutcome.OK or 400 <= response.status < 429 or response.status in _GONE
    return _told(
        file,
        url,
        outcome=response.outcome,
        status=response.status,
        reason="" if settled else response.reason or "no answer",
    )


def _told(
    file: exposed.File,
    url: str,
    *,
    found: bool = False,
    outcome: FetchOutcome = FetchOutcome.OK,
    status: int = 0,
    reason: str = "",
) -> Exposed:
    return Exposed(
        url=url, what=file.what, secret=file.secret, found=found, outcome=outcome, status=status, reason=reason
    )
