"""What a run asks of the shop once, beside its pages: an address that cannot exist, plain http, the host with or without www, and its certificates."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from auditor.crawl import certificate, exposed
from auditor.crawl.fetch import Fetched
from auditor.crawl.scope import leads_to
from auditor.evidence.document import Document
from auditor.evidence.http import Response
from auditor.evidence.look import Look
from auditor.facts import error_page
from auditor.facts.contents import contents
from auditor.facts.meta import meta
from auditor.model.urls import host, origin, twin
from auditor.store import probes

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_LANGUAGES = ("de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "cs", "ja", "en")
_FEW = 4_096  # bytes of a body that nobody reads
_BODY = 1_000_000  # bytes; what a page says that it is not there may stand far down
TWINS = (probes.TWIN, probes.TWIN_HTTP)
NAME = "auditor-probe-"  # begins the name of the address that cannot exist


async def ask(of: Round) -> None:
    """Asks for what the run has not asked for yet; what robots.txt forbids is left out."""
    place = _place(of)
    if not place or of.stop.is_set():
        return
    if of.ledger.probed(probes.NOT_FOUND) is None:
        missing = hashlib.blake2b(f"{place} {of.ledger.run_id}".encode(), digest_size=4).hexdigest()
        await _ask(of, probes.NOT_FOUND, f"{place}/{NAME}{missing}")
    if of.ledger.probed(probes.FAVICON) is None:
        await _ask(of, probes.FAVICON, f"{place}/favicon.ico")
    if of.ledger.probed(probes.LANGUAGE) is None:
        await _ask_in_other_languages(of)
    if of.settings.exposed_files:
        await exposed.ask(of, place)
    if not _on_https(place):
        return
    name = host(place)
    if of.ledger.probed(probes.PLAIN_HTTP) is None:
        await _ask(of, probes.PLAIN_HTTP, f"http://{name}/")
    if other := twin(name):
        await _ask_twin(of, other)
    for own in dict.fromkeys((name, *(host(url) for url in of.settings.start[:1]))):
        if of.ledger.certified(own) or of.stop.is_set():
            continue
        told = await asyncio.to_thread(certificate.read, own, resolve=of.settings.resolve, session=of.settings.session)
        of.ledger.keep_certificate(told)


async def twin_linked(of: Round) -> str:
    """The host with www (or without) where links lead to it and it leads to the shop; "" where it is the shop's already, or none."""
    place = _place(of)
    other = twin(host(place)) if _on_https(place) else ""
    if not other or other in of.scope.hosts or not of.ledger.on_host(other):
        return ""
    await _ask_twin(of, other)
    return other if any(leads_to(of.ledger.probed(name), of.scope.hosts) for name in TWINS) else ""


def _place(of: Round) -> str:
    """The origin where the start page ended, "" where that is not the site's."""
    start = next((known.response for known in of.ledger.started() if known.response and known.response.status), None)
    place = origin(start.final_url) if start is not None else ""
    return place if of.scope.is_site(place) else ""


def _on_https(place: str) -> bool:
    """Whether an origin is https on its usual port, beside which plain http and another host may be."""
    return place.startswith("https://") and urlsplit(place).port in (None, 443)


async def _ask_twin(of: Round, other: str) -> None:
    if of.ledger.probed(probes.TWIN) is None:
        await _ask(of, probes.TWIN, f"https://{other}/", anywhere=True, sure=True)
        await _ask(of, probes.TWIN_HTTP, f"http://{other}/", anywhere=True, sure=True)


async def _ask(of: Round, name: str, url: str, *, anywhere: bool = False, sure: bool = False) -> None:
    """`anywhere`: a host that may not be the shop's, which is asked without its secrets. `sure`: 404 is a fault, so it is asked twice."""
    if not anywhere and await of.refused_here(url):
        return
    fetched = await of.seeds.twice(url, _BODY, anywhere=anywhere, sure=sure)
    if of.stop.is_set():
        return
    of.ledger.keep_probe(name, _bare(fetched.response))
    if name in (probes.NOT_FOUND, probes.TWIN) and fetched.html:
        of.ledger.keep_look(name, look_of(document_of(fetched)))


async def _ask_in_other_languages(of: Round) -> None:
    """A page within the shop, as a browser asks for it whose owner reads anything but the language of the run."""
    own = of.settings.accept_language[:2].lower()
    url = of.ledger.answered_directly()
    if not url or await of.refused_here(url):
        return
    languages = [one for one in _LANGUAGES if one != own]
    header = ",".join(f"{one};q={1 - place / 20:.2f}" if place else one for place, one in enumerate(languages))
    fetched = await of.patiently(
        lambda: of.fetcher.fetch(url, most=_FEW, refused=of.refused, conditions={"Accept-Language": header})
    )
    if not of.stop.is_set():
        of.ledger.keep_probe(probes.LANGUAGE, _bare(fetched.response))


def document_of(fetched: Fetched) -> Document:
    """The page that was fetched."""
    response = fetched.response
    return Document.from_bytes(fetched.body, response.final_url, response.header("content-type") or "")


def look_of(document: Document) -> Look:
    """What a page looks like at a glance."""
    head, main = meta(document), contents(document)
    heading = next((text for text in head.h1s if text), "")
    return Look(
        title=head.title,
        h1=heading,
        digest=main.digest,
        words=main.words,
        counters=error_page.page_counters(document),
        told=error_page.said_to_tags(document),
    )


def _bare(response: Response) -> Response:
    return msgspec.structs.replace(response, headers=())
