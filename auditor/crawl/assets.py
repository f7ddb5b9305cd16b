"""Files that pages link to (pictures of a gallery, documents to download): asked for once each, never read as pages.

HEAD is not trusted, so a file is asked for with GET and cut off after its first bytes. There is a limit, since galleries link
to more pictures than a shop has pages.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from auditor.crawl.scope import ROBOTS
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Waiting

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_FIRST_BYTES = 4_096
TOO_MANY = "one of more than {most:,} files that pages link to"


async def ask(of: Round) -> None:
    """Asks for the files that wait, as many at once as the shop bears, until the limit or the end of the round."""
    room = of.settings.max_assets - of.ledger.done("asset")
    while room > 0 and not of.over() and (rows := of.ledger.lease(min(room, of.throttle.window), "asset")):
        room -= len(rows)
        await asyncio.gather(*(_one(of, row) for row in rows))
    of.ledger.release()
    if room <= 0:
        of.ledger.skip_waiting(TOO_MANY.format(most=of.settings.max_assets), "asset")


async def _one(of: Round, row: Waiting) -> None:
    if reason := await of.refused_here(row.url) or (ROBOTS if of.robots.disallows(row.url) else ""):
        of.ledger.skip(row, reason)
        return
    fetched = await of.seeds.twice(row.url, _FIRST_BYTES, sure=True, refused=of.refused)
    response = fetched.response
    if response.outcome is FetchOutcome.RATE_LIMITED and of.over():
        of.ledger.postpone(row)
    elif not of.stop.is_set() or response.outcome is FetchOutcome.OK:
        of.ledger.save(row, msgspec.structs.replace(response, truncated=False), None, ())
