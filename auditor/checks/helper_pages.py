"""Checks of which kinds of pages a shop lets search engines list: results of its own search, carts, filtered lists, a shop that is hidden."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.facts.addresses import asks_more, pairs
from auditor.facts.robots_txt import RobotsTxt
from auditor.knowledge import platforms
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage
from auditor.model.urls import origin
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_HELPERS = {
    PageType.SEARCH: ("the results of its own search", None),
    PageType.CART: ("the cart", Severity.MINOR),
    PageType.CHECKOUT: ("the checkout", Severity.MINOR),
    PageType.ACCOUNT: ("pages of the account", Severity.MINOR),
}
_SHOP = (PageType.HOME, PageType.CATEGORY, PageType.PRODUCT, PageType.CONTENT)
_ENOUGH = 10
# A search that nobody has asked anything: one page, not as many as there are words
_EMPTY_SEARCH = re.compile(
    r"/(advanced|index|(catalog|product|advanced)?-?_?search|suche|recherche|buscar|ricerca|zoeken|find(er)?)(\.\w{2,5})?/?$",
    re.IGNORECASE,
)


class _Robots:
    """What robots.txt closes to Googlebot."""

    def __init__(self, run: SiteQuery) -> None:
        self._files = {
            origin(file.url): RobotsTxt(run.content(file))
            for file in run.files("robots")
            if file.outcome is FetchOutcome.OK
        }
        self._unknown = {
            origin(file.url)
            for file in run.files("robots")
            if file.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR) or file.status >= 500
        }

    def unknown(self, url: str) -> str:
        """Why nobody knows whether it is closed; empty where it is known."""
        place = origin(url)
        return f"{place}/robots.txt, which may close it, could not be had" if place in self._unknown else ""

    def closes(self, url: str) -> bool:
        rules = self._files.get(origin(url))
        return rules is not None and not rules.allows(url, "Googlebot")


@check(scope=Scope.SITE)
def helper_pages_kept_out(run: SiteQuery) -> Iterator[Observation]:
    """In production, results of the shop's own search, cart, checkout and account are noindex, name another page as their
    canonical, or are closed by robots.txt. One observation a kind of page."""
    if run.site.environment != "production":
        yield inapplicable("not production")
        return
    robots, told, looked = _Robots(run), set(), False
    for page in run.survey.pages(*_HELPERS):
        looked = True
        if page.noindex or _elsewhere(page) or page.page_type in told or robots.closes(page.url):
            continue
        if page.page_type is PageType.SEARCH and (_EMPTY_SEARCH.search(page.url) or _is_of_a_list(run, page)):
            continue
        told.add(page.page_type)
        if why := robots.unknown(page.url):
            yield cant_tell(why, str(page.page_type))
            continue
        words, severity = _HELPERS[page.page_type]
        yield failed(str(page.page_type), page=page.url, severity=severity, url=page.url, what=words)
    if not looked:
        yield inapplicable("no such page was looked at")


def _is_of_a_list(run: SiteQuery, page: SeenPage) -> bool:
    """Whether it is a list's own address with a filter that is spelt like a search: `/12-shoes?q=Colour-Red`."""
    bare = run.survey.page(page.url.partition("?")[0])
    return bare is not None and bare.page_type is PageType.CATEGORY


def _elsewhere(page: SeenPage) -> bool:
    """Whether the canonical is another page; one that only leaves out what was searched for is the search itself."""
    return bool(page.canonical) and page.canonical.partition("?")[0] != page.key.partition("?")[0]


@check(scope=Scope.SITE)
def shop_listed(run: SiteQuery, *, share: float = 0.5) -> Iterator[Observation]:
    """In production not more than `share` of start page, categories, products and content are noindex. Asked of ten pages or more."""
    if run.site.environment != "production":
        yield inapplicable("not production")
        return
    hidden: list[SeenPage] = []
    count = closed = 0
    for page in run.survey.pages(*_SHOP):
        if page.view or page.canonical:  # a view or a copy of a page, rightly kept out
            continue
        if asks_more(page.url) and run.survey.page(page.url.partition("?")[0]) is not None:
            continue
        count += 1
        closed += page.noindex
        if page.noindex and len(hidden) < 5:
            hidden.append(page)
    if count < _ENOUGH:
        yield inapplicable(f"fewer than {_ENOUGH} pages were looked at")
    elif closed > share * count:
        yield failed(
            "",
            *(Excerpt("noindex", page.url) for page in hidden),
            count=closed,
            all=count,
            share=f"{closed / count:.0%}",
        )


@check(scope=Scope.SITE)
def filtered_views_kept_out(run: SiteQuery, *, most: int = 10) -> Iterator[Observation]:
    """Not more than `most` filtered or sorted views of lists may be listed by search engines.

    Some shops list chosen filters on purpose, so it is likely only. Views with noindex, with another canonical or closed by
    robots.txt are kept out.
    """
    if run.site.environment != "production":
        yield inapplicable("not production")
        return
    robots = _Robots(run)
    found: dict[str, list[SeenPage]] = defaultdict(list)
    looked = count = 0
    for page in run.survey.pages(PageType.CATEGORY, PageType.SEARCH, PageType.CONTENT):
        if page.view != "filtered":
            continue
        looked += 1
        if page.noindex or page.canonical or robots.closes(page.url):
            continue
        count += 1
        name = _filter(page)
        if len(found[name]) < 5 and len(found) < 50:
            found[name].append(page)
    if not looked:
        yield inapplicable("no filtered or sorted list was looked at")
    if count > most and (why := next(filter(None, map(robots.unknown, _addresses(found))), "")):
        yield cant_tell(why)
    elif count > most:
        pages = sorted((page for those in found.values() for page in those), key=lambda page: page.url)
        yield failed(
            "",
            *(Excerpt(name, those[0].url) for name, those in list(found.items())[:5]),
            page=pages[0].url,
            count=count,
            names=list(found)[:5],
            url=pages[0].url,
        )


def _addresses(found: dict[str, list[SeenPage]]) -> Iterator[str]:
    return (page.url for pages in found.values() for page in pages)


def _filter(page: SeenPage) -> str:
    known = platforms.load()
    roles = [known.parameters(page.platform, role) for role in ("facet", "sort", "view")]
    names = (name for name, _ in pairs(urlsplit(page.url).query))
    return next((name for name in names if any(name in role for role in roles)), "filter")


@check(scope=Scope.SITE)
def shapes_kept_out(run: SiteQuery, *, shapes: dict[str, str]) -> Iterator[Observation]:
    """No page whose path and query have one of these shapes may be listed. `shapes`: what it is -> regular expression."""
    if run.site.environment != "production":
        yield inapplicable("not production")
        return
    robots = _Robots(run)
    patterns = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in shapes.items()}
    found: dict[str, list[SeenPage]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for page in run.survey.pages():
        parts = urlsplit(page.url)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        what = next((what for what, pattern in patterns.items() if pattern.search(address)), "")
        if not what or page.noindex or page.canonical or robots.closes(page.url):
            continue
        counts[what] += 1
        if len(found[what]) < 5:
            found[what].append(page)
    for what, pages in found.items():
        if why := robots.unknown(pages[0].url):
            yield cant_tell(why, what)
            continue
        yield failed(
            what,
            *(Excerpt("page", page.url) for page in pages),
            page=pages[0].url,
            certainty=Certainty.LIKELY if counts[what] == 1 else None,
            what=what,
            count=counts[what],
            url=pages[0].url,
        )
