"""Page types beyond what the fetched page says of itself: by its neighbours, by browsers, by what browsers saw on earlier nights."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, case, func, select, text, update

from auditor.model.words import FetchOutcome, PageType
from auditor.store.schema import pages

_AT_ONCE = 500  # pages of a statement
_MAY_BE_HOME = (PageType.CATEGORY, PageType.CONTENT, PageType.PRODUCT, PageType.SEARCH)


def find_home(connection: Connection, run_id: int, hosts: Iterable[str]) -> None:
    """Where the shop's root leads to, if that is elsewhere (/shop/, /home.html), is its home page."""
    roots = [f"{scheme}://{host}/" for host in hosts for scheme in ("http", "https")]
    own = pages.c.run_id == run_id
    led = select(pages.c.final_url).where(
        own, pages.c.url.in_(roots), pages.c.final_url.not_in(roots), pages.c.outcome == FetchOutcome.OK
    )
    found = (own, pages.c.url.in_(led), pages.c.page_type.in_(_MAY_BE_HOME), pages.c.shown_type == "")
    connection.execute(update(pages).where(*found).values(page_type=PageType.HOME))


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
    for start in range(0, len(settled), _AT_ONCE):
        some = settled[start : start + _AT_ONCE]
        connection.execute(update(pages).where(pages.c.id.in_(some)).values(page_type=PageType.CATEGORY))
    return len(settled)


def remember(connection: Connection, run_id: int) -> None:
    """Pages that say nothing of themselves until scripts ran are what browsers saw of them on the last night they were opened.

    Without that a page would change its type, and its problems their identity, whenever the sample passes it over.
    """
    connection.execute(text(_REMEMBER), {"run": run_id, "content": PageType.CONTENT})


def note(connection: Connection, shown: Iterable[tuple[int, str]]) -> None:
    """(page id, type) of pages that say nothing of themselves, as browsers saw them this time."""
    for page_id, kind in shown:
        connection.execute(update(pages).where(pages.c.id == page_id).values(page_type=kind, shown_type=kind))


_REMEMBER = """
UPDATE pages SET page_type = told.shown_type, shown_type = told.shown_type
FROM (
  SELECT now.id, (
    SELECT then_.shown_type FROM pages then_ JOIN runs r ON r.id = then_.run_id
    WHERE then_.page_key = now.page_key AND then_.shown_type != '' AND then_.run_id < now.run_id
      AND r.site = mine.site AND r.environment = mine.environment
    ORDER BY then_.run_id DESC LIMIT 1
  ) AS shown_type
  FROM pages now JOIN runs mine ON mine.id = now.run_id
  WHERE now.run_id = :run AND now.page_type = :content AND now.shown_type = ''
) told
WHERE told.id = pages.id AND told.shown_type IS NOT NULL
"""
