"""Checks of pages against each other: the same title, description, heading or text on several, one page at several addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from auditor.checks.graph import named
from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage, Shared, SharedBy, Survey
from auditor.model.words import Certainty, PageType, Scope

_TOLD = (PageType.HOME, PageType.CATEGORY, PageType.PRODUCT, PageType.CONTENT)
_HALF = 0.5
_RENAMED = "scripts write the titles, so what was fetched can't be compared"


@check(scope=Scope.SITE)
def titles_differ(run: SiteQuery) -> Iterator[Observation]:
    """No two pages that may be listed have the same title. Versions for other languages or countries, later pages, filters and
    variants don't count; nor do pages that are the same in all else, which have rules of their own."""
    yield from _same(run, "title", lambda page: page.digest)


@check(scope=Scope.SITE)
def descriptions_differ(run: SiteQuery) -> Iterator[Observation]:
    """No two pages that may be listed have the same description."""
    yield from _same(run, "description", lambda page: page.digest)


@check(scope=Scope.SITE)
def product_headings_differ(run: SiteQuery) -> Iterator[Observation]:
    """No two products with different titles have the same first heading. With the same title too, that is told of the titles."""
    yield from _same(run, "h1", lambda page: page.title, PageType.PRODUCT)


def _same(
    run: SiteQuery, what: Shared, other: Callable[[SeenPage], str], *page_types: PageType
) -> Iterator[Observation]:
    survey, looked = run.survey, False
    if survey.renamed:
        yield cant_tell(_RENAMED)
        return
    for group in survey.shared(what, *(page_types or _TOLD)):
        looked = True
        pages = _apart(survey, group)
        # Pages that agree in this too are one page at several addresses, or are told of by another rule
        if len(pages) < 2 or (len({other(page) for page in pages}) == 1 and other(pages[0])):
            continue
        if what == "h1" and len({page.title for page in pages}) < len(pages):
            continue
        yield failed(
            group.value.casefold()[:200],
            *named(pages),
            page=pages[0].url,
            text=group.value,
            count=_count(group, pages),
            urls=[page.url for page in pages[1:4]],
        )
    if not looked and survey.counted < 2:
        yield inapplicable("only one page was looked at")


def _apart(survey: Survey, group: SharedBy) -> list[SeenPage]:
    """The pages of a group without those that are a version of one before, or are in another language."""
    kept: list[SeenPage] = []
    for page in group.pages:
        if kept and page.lang[:2].lower() != kept[0].lang[:2].lower():
            continue
        if not any(survey.are_versions(page, one) for one in kept):
            kept.append(page)
    return sorted(kept, key=lambda page: (len(page.url), page.url))


def _count(group: SharedBy, pages: list[SeenPage]) -> int:
    return group.count - (len(group.pages) - len(pages))


@check(scope=Scope.SITE)
def contents_differ(run: SiteQuery) -> Iterator[Observation]:
    """No two pages that may be listed have the same words in their main part.

    Where scripts make the pages, what was fetched says nothing. Products and start pages at several
    addresses have rules of their own.
    """
    survey = run.survey
    if survey.scripted or survey.renamed:
        yield cant_tell("scripts make the pages, so what was fetched can't be compared")
        return
    if survey.counted < 2:
        yield inapplicable("only one page was looked at")
        return
    for group in survey.shared("digest", *_TOLD):
        pages = _apart(survey, group)
        if len(pages) < 2 or (group.count > _HALF * survey.counted and group.count > 3):
            continue  # a shell that scripts fill
        kinds = {page.page_type for page in pages}
        if kinds == {PageType.HOME} or (kinds == {PageType.PRODUCT} and len({_slug(page) for page in pages}) == 1):
            continue
        same = len({page.h1 for page in pages}) == 1 and pages[0].h1
        yield failed(
            "content",
            *named(pages),
            page=pages[0].url,
            certainty=None if same else Certainty.LIKELY,
            count=_count(group, pages),
            urls=[page.url for page in pages[1:4]],
        )


@check(scope=Scope.SITE)
def products_at_one_address(run: SiteQuery) -> Iterator[Observation]:
    """A product that can be reached by several paths names one of them as canonical on all.

    Told by the same heading under the same last part of the address. Addresses that differ in their query alone (variants)
    and versions for other languages or countries may each be listed.
    """
    survey = run.survey
    looked = False
    for group in survey.shared("h1", PageType.PRODUCT):
        looked = True
        by_slug: dict[str, list[SeenPage]] = defaultdict(list)
        for page in _apart(survey, group):
            by_slug[_slug(page)].append(page)
        for slug, pages in by_slug.items():
            pages = _one_a_path(pages)
            if len(pages) < 2 or not slug:
                continue
            yield failed(
                "paths",
                *named(pages),
                page=pages[0].url,
                count=len(pages),
                urls=[page.url for page in pages[:4]],
            )
    if not looked and next(survey.pages(PageType.PRODUCT), None) is None:
        yield inapplicable("no product was looked at")


def _one_a_path(pages: list[SeenPage]) -> list[SeenPage]:
    """The shortest address of each path."""
    return list({urlsplit(page.key).path.rstrip("/"): page for page in reversed(pages)}.values())[::-1]


def _slug(page: SeenPage) -> str:
    return urlsplit(page.key).path.rstrip("/").rpartition("/")[2].lower()


@check(scope=Scope.SITE)
def home_at_one_address(run: SiteQuery) -> Iterator[Observation]:
    """The start page may be listed under one address (for each language or country)."""
    survey = run.survey
    homes = [page for page in survey.pages(PageType.HOME) if page.listable]
    if not homes:
        yield inapplicable("no start page was looked at that may be listed")
        return
    seen: dict[tuple[str, str], list[SeenPage]] = defaultdict(list)
    for page in homes:
        seen[(page.lang.casefold(), page.title)].append(page)
    for pages in seen.values():
        alike = [page for page in pages if page.digest == pages[0].digest and not survey.are_versions(page, pages[0])]
        if len(alike) > 1:
            first, *others = sorted(alike, key=lambda page: (len(page.url), page.url))
            place = urlsplit(others[0].key)
            yield failed(
                f"{place.path}?{place.query}" if place.query else place.path,
                *(Excerpt("start page", page.url) for page in (first, *others)),
                page=others[0].url,
                url=others[0].url,
                home=first.url,
            )
