"""Which addresses to ask for that the shop gave to no page: one of a product's and one of a list's kind, the same ones every night."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from sqlalchemy import Connection

from auditor.evidence.wrong_addresses import WORD, WrongAddress, WrongAddresses
from auditor.facts.snapshot import SiteContext
from auditor.knowledge import platforms
from auditor.model.urls import crawl_key, origin
from auditor.model.words import PageType
from auditor.store import snapshots
from auditor.store.reading import Reading
from auditor.store.searched import some_pages

_KINDS = (PageType.PRODUCT, PageType.CATEGORY)
_TRIED = 20  # pages of a kind
_NONE = "no product and no list was seen whose address has the platform's shape"


def planned(connection: Connection, run_id: int, site: SiteContext) -> WrongAddresses:
    """At most one address a kind of page, of platforms that are known to take such for their pages'; why there is none, where there is none."""
    table = platforms.load().get(snapshots.platform(connection, run_id))
    if table is None or table.wrong_address is None:
        return WrongAddresses(reason="the shop's platform is not known to take wrong addresses for its pages'")
    reading = Reading(connection, run_id, site)
    found: list[WrongAddress] = []
    for kind in _KINDS:
        for one in some_pages(reading, kind, _TRIED):
            if one.final_url == one.url and not one.meta.noindex and (url := _wrong(one.url, table.wrong_address)):
                found.append(WrongAddress(url=url, page=one.url, kind=kind.value))
                break
    return WrongAddresses(asked=tuple(found), reason="" if found else _NONE)


def _wrong(url: str, shape: platforms.WrongAddress) -> str:
    """The same address with a word in it that nobody can know; "" where it has not the shape."""
    parts = urlsplit(url)
    match = shape.pattern.search(parts.path)
    if parts.query or match is None:
        return ""
    word = f"{WORD}-{hashlib.blake2b(parts.path.encode(), digest_size=4).hexdigest()}"
    wrong = origin(url) + match.expand(shape.becomes.replace("WORD", word))
    return "" if crawl_key(wrong) == crawl_key(url) else wrong
