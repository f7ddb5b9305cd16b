"""Page types beyond what the fetched page says of itself: by its neighbours, by browsers, by what browsers saw on earlier nights."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection, case, func, select, text, update

from auditor.knowledge import platforms
from auditor.model.words import FetchOutcome, PageType
from auditor.store.schema import page_rows, pages

_AT_ONCE = 500  # pages of a statement
_PAGE_PATH = re.compile(r"/(?:page|seite|pagina)(?:/|-|_)?\d{1,4}(?=/?$)")
_MAY_BE_HOME = (PageType.CATEGORY, PageType.CONTENT, PageType.PRODUCT, PageType.SEARCH)


def find_home(connection: Connection, run_id: int, hosts: Iterable[str]) -> None:
    """Where the shop's root leads to, if that is elsewhere (/shop/, /home.html), is its home page."""
    roots = [f"{scheme}://{host}/" for host in hosts for scheme in ("http", "https")]
    own = pages.c.run_id == run_id
    led = select(pages.c.final_url).where(
        own, pages.c.url.in_(roots), pages.c.final_url.not_in(roots), pages.c.outcome == FetchOutcome.OK
    )
    found = (own, pages.c.url.in_(led), pages.c.page_type.in_(_MAY_BE_HOME), pages.c.shown_type == "")
    home = page_rows.c.id.in_(select(pages.c.id).where(*found))
    connection.execute(update(page_rows).where(home).values(page_type=PageType.HOME))


def settle(connection: Connection, run_id: int) -> int:
    """Pages that nothing spoke for and that are built like categories, and like nothing else, are categories; returns how many.

    A category without products has neither cards nor sorting, and many shops give its address no shape of its own. Where
    fewer pages are categories than content, it is the list of brands that is built like a page of text; and an address that
    speaks for content (/contact-us) is believed. What browsers saw does not count: before scripts ran all may be built alike.
    """
    from auditor.facts.page_type import addressed_as

    kind = case((pages.c.shown_type != "", PageType.CONTENT), else_=pages.c.page_type)
    categories, contents = (func.count().filter(kind == one) for one in (PageType.CATEGORY, PageType.CONTENT))
    told = (
        select(pages.c.template)
        .where(pages.c.run_id == run_id, pages.c.template != "", kind != "")
        .group_by(pages.c.template)
        .having(categories + contents == func.count(), categories >= contents, categories > 0)
    )
    alike = select(pages.c.id, pages.c.final_url, pages.c.url, pages.c.platform).where(
        pages.c.run_id == run_id,
        pages.c.page_type == PageType.CONTENT,
        pages.c.shown_type == "",
        pages.c.template.in_(told),
    )
    settled = [
        row.id
        for row in connection.execute(alike)
        if addressed_as(row.final_url or row.url, row.platform) is not PageType.CONTENT
    ]
    _are_categories(connection, settled)
    return len(settled)


def settle_later(connection: Connection, run_id: int) -> int:
    """Later pages of a category are categories, however few products are left for the last one; returns how many."""
    of_run = pages.c.run_id == run_id
    silent = select(pages.c.id, pages.c.url, pages.c.platform).where(of_run, pages.c.page_type == PageType.CONTENT)
    firsts = {row.id: first for row in connection.execute(silent) if (first := _first_page(row.url, row.platform))}
    wanted = sorted({one for first in firsts.values() for one in first})
    known: set[str] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        found = select(pages.c.url).where(of_run, pages.c.url.in_(some), pages.c.page_type == PageType.CATEGORY)
        known.update(connection.execute(found).scalars())
    later = [page_id for page_id, first in firsts.items() if known & first]
    _are_categories(connection, later)
    return len(later)


def _first_page(url: str, platform: str) -> frozenset[str]:
    """The addresses that the first page of this one's list may have; none where it is no later page."""
    address, _, query = url.partition("?")
    names = platforms.load().parameters(platform, "pagination")
    pairs = [pair for pair in query.split("&") if pair]
    kept = [
        pair for pair in pairs if pair.partition("=")[0].lower() not in names or not pair.partition("=")[2].isdigit()
    ]
    path = _PAGE_PATH.sub("", address)
    if len(kept) == len(pairs) and path == address:
        return frozenset()
    rest = "?" + "&".join(kept) if kept else ""
    return frozenset({f"{path}{rest}", f"{path.rstrip('/')}{rest}", f"{path.rstrip('/')}/{rest}"})


def _are_categories(connection: Connection, page_ids: list[int]) -> None:
    for start in range(0, len(page_ids), _AT_ONCE):
        some = page_ids[start : start + _AT_ONCE]
        connection.execute(update(page_rows).where(page_rows.c.id.in_(some)).values(page_type=PageType.CATEGORY))


def remember(connection: Connection, run_id: int) -> None:
    """Pages that say nothing of themselves until scripts ran are what browsers saw of them on the last night they were opened.

    Without that a page would change its type, and its problems their identity, whenever the sample passes it over.
    """
    connection.execute(text(_REMEMBER), {"run": run_id, "content": PageType.CONTENT})


def note(connection: Connection, shown: Iterable[tuple[int, str]]) -> None:
    """(page id, type) of pages that say nothing of themselves, as browsers saw them this time."""
    for page_id, kind in shown:
        connection.execute(update(page_rows).where(page_rows.c.id == page_id).values(page_type=kind, shown_type=kind))


_REMEMBER = """
UPDATE page_rows SET page_type = told.shown_type, shown_type = told.shown_type
FROM (
  SELECT now.id, (
    SELECT then_.shown_type FROM page_rows then_ JOIN runs r ON r.id = then_.run_id
    WHERE then_.key_id = now.key_id AND then_.shown_type != '' AND then_.run_id < now.run_id
      AND r.site = mine.site AND r.environment = mine.environment
    ORDER BY then_.run_id DESC LIMIT 1
  ) AS shown_type
  FROM page_rows now JOIN runs mine ON mine.id = now.run_id
  WHERE now.run_id = :run AND now.page_type = :content AND now.shown_type = ''
) told
WHERE told.id = page_rows.id AND told.shown_type IS NOT NULL
"""
