"""The child's side of a probe: the start URL and its robots.txt, asked for once, wherever the redirects lead."""

from __future__ import annotations

import asyncio

import msgspec

from auditor.crawl import robots as robots_txt
from auditor.crawl.fetch import Engine, Fetcher
from auditor.crawl.job import Seen
from auditor.crawl.scope import Scope
from auditor.crawl.settings import CrawlSettings
from auditor.crawl.throttle import Throttle
from auditor.evidence.http import Response
from auditor.model.urls import origin
from auditor.model.words import FetchOutcome


def _asks_to_wait(response: Response) -> bool:
    """Whether the next request would have to wait, for as long as a shop that is down for maintenance says."""
    down = response.outcome is FetchOutcome.BLOCKED and response.header("retry-after") is not None
    return down or response.outcome is FetchOutcome.RATE_LIMITED


async def look(settings: CrawlSettings, engine: Engine, stop: asyncio.Event) -> Seen:
    """Follows redirects to other hosts too, without secrets there, to learn where the site really is."""
    scope = Scope(settings)
    fetcher = Fetcher(engine, scope, Throttle(1, backoff=settings.backoff, stop=stop))
    url = settings.start[0]
    fetched = await fetcher.fetch(url, anywhere=True)
    place = fetched.response.final_url if fetched.response.status else url
    robots = None
    body, allowed = b"", True
    if fetched.trouble is None and not _asks_to_wait(fetched.response):
        answer = await fetcher.fetch(f"{origin(place)}/robots.txt", anywhere=True, most=1_000_000)
        if answer.response.status >= 500:  # it forbids everything, so it is not believed at once
            await asyncio.sleep(settings.confirm_after)
            again = await fetcher.fetch(f"{origin(place)}/robots.txt", anywhere=True, most=1_000_000)
            attempts = (*answer.response.attempts, *again.response.attempts)
            answer = msgspec.structs.replace(again, response=msgspec.structs.replace(again.response, attempts=attempts))
        robots, body = answer.response, answer.body
        allowed = not settings.obey_robots or robots_txt.read(robots, body).allows(place)
    return Seen(
        response=fetched.response,
        body=fetched.body,
        robots=robots,
        robots_body=body,
        allowed=allowed,
        failure=fetched.trouble or "",
    )
