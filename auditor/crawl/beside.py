"""What a run asks of the shop once, beside its pages: an address that cannot exist, plain http, and its certificates."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from auditor.crawl import certificate
from auditor.evidence.http import Response
from auditor.model.urls import host, origin
from auditor.store import probes

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_BODY = 65_536  # bytes
NAME = "auditor-probe-"  # begins the name of the address that cannot exist


async def ask(of: Round) -> None:
    """Asks for what the run has not asked for yet; what robots.txt forbids is left out."""
    start = next((known.response for known in of.ledger.started() if known.response and known.response.status), None)
    if start is None or of.stop.is_set():
        return
    place = origin(start.final_url)
    if not of.scope.is_site(place):
        return
    if of.ledger.probed(probes.NOT_FOUND) is None:
        missing = hashlib.blake2b(f"{place} {of.ledger.run_id}".encode(), digest_size=4).hexdigest()
        await _ask(of, probes.NOT_FOUND, f"{place}/{NAME}{missing}")
    if not place.startswith("https://") or urlsplit(place).port not in (None, 443):
        return
    name = host(place)
    if of.ledger.probed(probes.PLAIN_HTTP) is None:
        await _ask(of, probes.PLAIN_HTTP, f"http://{name}/")
    for own in dict.fromkeys((name, *(host(url) for url in of.settings.start[:1]))):
        if of.ledger.certified(own) or of.stop.is_set():
            continue
        told = await asyncio.to_thread(certificate.read, own, resolve=of.settings.resolve, session=of.settings.session)
        of.ledger.keep_certificate(told)


async def _ask(of: Round, name: str, url: str) -> None:
    if await of.refused_here(url):
        return
    fetched = await of.seeds.twice(url, _BODY)
    if not of.stop.is_set():
        of.ledger.keep_probe(name, _bare(fetched.response))


def _bare(response: Response) -> Response:
    return msgspec.structs.replace(response, headers=())
