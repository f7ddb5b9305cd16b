"""What the shop's own search is to be asked for: names of a few of its products, the same ones every night, and a word that nobody can know."""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Iterator

from sqlalchemy import Connection, select

from auditor.evidence.site_search import Search, SiteSearch
from auditor.facts.search_form import results_url, search_address
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.urls import origin
from auditor.model.words import FetchOutcome, PageType
from auditor.store import snapshots
from auditor.store.reading import Reading, fetched
from auditor.store.schema import ANSWER_OF_URL, pages, urls

_TRIED = 60  # products whose names are looked at
# What no search takes for a sign of its own, and no theme writes otherwise than it is stored: letters of any script, digits, blanks,
# commas, full stops, a hyphen within a word
_PLAIN = re.compile(r"[^\W_]+(?:(?:[ -]|[.,] ?)[^\W_]+){0,9}\.?")
_SHORTEST, _LONGEST = 5, 60  # characters of a name
_OPERATORS = re.compile(r"\b(?:AND|OR|NOT)\b")
_GONE = frozenset({"OutOfStock", "SoldOut", "Discontinued"})  # which a search may leave out on purpose


def planned(connection: Connection, run_id: int, site: SiteContext, most: int) -> SiteSearch:
    """At most so many searches for products, and one for what is not there; why there are none, where there are none."""
    reading = Reading(connection, run_id, site)
    home = next(some_pages(reading, PageType.HOME, 1), None)
    if home is None:
        return SiteSearch(reason="no start page was seen, so its search is not known")
    address = search_address(home.document, home.structured_data, home.platform.id)
    if not address:
        return SiteSearch(reason="no form on the start page, and nothing else there, tells the address of its search")
    searches: dict[str, Search] = {}
    for one in some_pages(reading, PageType.PRODUCT, _TRIED):
        if len(searches) >= most:
            break
        name = _name(one)
        same = (
            origin(one.final_url) == origin(home.final_url) and one.meta.lang[:2].lower() == home.meta.lang[:2].lower()
        )
        kin = any(name.casefold().startswith(known) or known.startswith(name.casefold()) for known in searches)
        if name and same and not kin and not one.meta.noindex:
            results = results_url(address, name)
            searches[name.casefold()] = Search(words=name, url=results, product=one.final_url)
    if not searches:
        return SiteSearch(reason="no product was seen that is in stock and has a name of plain words")
    unknown = "auditor" + hashlib.blake2b(address.removeprefix(origin(address)).encode(), digest_size=4).hexdigest()
    nothing = Search(words=unknown, url=results_url(address, unknown))
    return SiteSearch(asked=(*searches.values(), nothing))


def some_pages(reading: Reading, page_type: PageType, most: int) -> Iterator[Snapshot]:
    """Some pages of a type, the same ones every night as long as they are there; the start page of all is the shortest."""
    own = (pages.c.run_id == reading.run_id, pages.c.page_type == page_type, pages.c.outcome == FetchOutcome.OK)
    there = (pages.c.document.is_not(None), pages.c.canonical_key == "", urls.c.kind == "page")
    rows = reading.connection.execute(
        select(pages.c.id, pages.c.page_key).join(urls, ANSWER_OF_URL).where(*own, *there)
    )

    def rank(row: tuple[int, str]) -> tuple[int, bytes]:
        path = row[1].removeprefix(origin(row[1]))  # the same products on a copy of the shop elsewhere
        digest = hashlib.blake2b(path.encode("utf-8", "replace"), digest_size=8).digest()
        return (len(row[1]) if page_type is PageType.HOME else 0), digest

    for page_id, _ in heapq.nsmallest(most, ((row.id, row.page_key) for row in rows), key=rank):
        (stored,) = snapshots.by_ids(reading.connection, [page_id])
        yield fetched(reading, stored)


def _name(one: Snapshot) -> str:
    """The product's name as a shopper would type it; "" where it has signs that a search may read otherwise, or can't be had now.

    What the markup calls it counts where a heading says so too: a search does not know names that only the markup has.
    """
    said = [offer.availability for offer in one.offers.offers if offer.availability]
    if said and all(word in _GONE for word in said):
        return ""
    headings = [" ".join(text.split()) for text in one.meta.h1s if text.strip()]
    names = [" ".join(product.name.split()) for product in one.offers.main if product.name] or headings
    name = next(iter(names), "")
    if headings and not any(name.casefold() in heading.casefold() for heading in headings):
        return ""
    plain = _PLAIN.fullmatch(name) and not _OPERATORS.search(name)
    return name if plain and _SHORTEST <= len(name) <= _LONGEST else ""
