"""What platforms tell of products at public addresses of their own: asked for once each, one after the other, as the shop's scripts do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.crawl.job import Ended
from auditor.evidence.endpoint import Endpoint
from auditor.model.words import FetchOutcome

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_MOST = 400_000  # bytes of an answer; one that is longer is none


async def ask(of: Round) -> Ended:
    """Asks for the addresses of the job. What robots.txt forbids or would change the shop is left out, and so is all after a refusal."""
    if trouble := await of.seeds.learn_robots():
        return Ended("gave_up", trouble)
    for url in of.job.urls:
        if of.over():
            return Ended("stopped" if of.stop.is_set() else "time_limit")
        reason = of.scope.unsafe(url) or await of.refused_here(url)
        if reason:
            of.ledger.keep_endpoint(Endpoint(url=url, reason=reason))
            continue
        fetched = await of.fetcher.fetch(url, refused=of.refused, most=_MOST)
        if of.stop.is_set():
            return Ended("stopped")
        answer = fetched.response
        right = answer.outcome is FetchOutcome.OK and answer.status == 200 and not answer.truncated and not fetched.html
        of.ledger.keep_endpoint(
            Endpoint(
                url=url,
                status=answer.status,
                body=fetched.body if right else b"",
                reason="" if right else answer.reason or "no such answer",
                at=answer.fetched_at,
            )
        )
        if answer.outcome in (FetchOutcome.BLOCKED, FetchOutcome.RATE_LIMITED):
            return Ended("gave_up", f"the shop does not want to be asked for {url}")
    return Ended("finished")
