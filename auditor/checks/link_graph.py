"""Checks of who links to whom across the shop: pages that nobody reaches, that are far away, and links to the wrong address of a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from auditor.checks.graph import shape
from auditor.checks.registry import check
from auditor.facts.links import user_links
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenLink, SeenPage
from auditor.model.urls import without_fragment
from auditor.model.words import PageType, Scope, Severity

_SELLS = (PageType.PRODUCT, PageType.CATEGORY)
_REACHED = (PageType.PRODUCT, PageType.CATEGORY, PageType.CONTENT)
_LISTS = (PageType.CATEGORY, PageType.HOME, PageType.SEARCH)
_SCRIPTED = "scripts make many of the links, and not every page was opened in a browser"


@check(scope=Scope.SITE, unseen=True)
def pages_linked(run: SiteQuery) -> Iterator[Observation]:
    """Every product, category and page of content that may be listed, or a copy that names it as canonical, is linked from another page.

    Landing pages of campaigns may be kept out of the menu on purpose, so content is for information only. Where scripts make
    the links, nobody knows; where the crawl is not complete, the missing pages may hold the links.
    """
    survey = run.survey
    if survey.counted < 2:
        yield inapplicable("only one page was looked at")
        return
    if _blind(run):
        yield cant_tell(_SCRIPTED)
        return
    for page in survey.unlinked():
        if page.page_type in _REACHED and page.listable:
            yield failed(
                "",
                page=page.url,
                severity=_content(page),
                url=page.url,
                page_type="page" if page.page_type is PageType.CONTENT else str(page.page_type),
            )


def _content(page: SeenPage) -> Severity | None:
    return Severity.MINOR if page.page_type is PageType.CONTENT else None


def _blind(run: SiteQuery) -> bool:
    survey = run.survey
    return survey.scripted and survey.opened < survey.counted


@check(scope=Scope.SITE, unseen=True)
def products_listed(run: SiteQuery) -> Iterator[Observation]:
    """Every product that may be listed is linked from a category, the start page or search results.

    Those that no page at all links to are `pages_linked`'s. Lists that grow by scripts show their first part only.
    """
    survey = run.survey
    if not any(True for _ in survey.pages(PageType.CATEGORY)):
        yield inapplicable("no category was looked at")
        return
    if _blind(run):
        yield cant_tell(_SCRIPTED)
        return
    for page in survey.unlinked(*_LISTS):
        if page.page_type is PageType.PRODUCT and page.listable and (many := survey.linked(page)):
            yield failed("", page=page.url, url=page.url, links=_pages_link(many))


def _pages_link(count: int) -> str:
    return f"{count:,} pages link" if count > 1 else "a page links"


@check(scope=Scope.SITE, unseen=True)
def pages_near(run: SiteQuery, *, clicks: int = 5) -> Iterator[Observation]:
    """Products and categories are at most `clicks` clicks from the start page."""
    survey = run.survey
    if _blind(run):
        yield cant_tell(_SCRIPTED)
        return
    far: dict[PageType, list[tuple[SeenPage, int]]] = defaultdict(list)
    counts: dict[PageType, int] = defaultdict(int)
    looked = False
    for page, depth in survey.depths():
        looked = True
        if depth > clicks and page.page_type in _SELLS and page.listable:
            counts[page.page_type] += 1
            if len(far[page.page_type]) < 5:
                far[page.page_type].append((page, depth))
    if not looked:
        yield inapplicable("no start page was looked at")
    for page_type, those in far.items():
        first, depth = those[0]
        yield failed(
            "",
            *(Excerpt(f"{away} clicks", page.url) for page, away in those),
            page=first.url,
            count=counts[page_type],
            page_type=str(page_type),
            clicks=clicks,
            url=first.url,
            depth=depth,
        )


@check(scope=Scope.SITE)
def links_to_originals(run: SiteQuery) -> Iterator[Observation]:
    """Links within the shop lead to the address that a page names as its canonical, not to another one of it.

    One observation for each shape of address. Views of a page (filters, later pages, variants) rightly name another. Where the
    canonical itself is wrong (gone, hidden, another kind of page) that is told elsewhere.
    """
    found: dict[tuple[str, PageType], _Links] = defaultdict(_Links)
    survey = run.survey
    for link in survey.copies():
        target = link.target
        if target is None or target.view or link.nofollow or target.noindex:
            continue
        if link.url.partition("?")[0].rstrip("/") == target.canonical.partition("?")[0].rstrip("/"):
            continue  # parameters of a campaign or a recommendation
        original = survey.page(target.canonical)
        if original is not None and original.listable and original.page_type is target.page_type:
            found[(shape(link.url, target.canonical), target.page_type)].add(link)
    if survey.counted < 2:
        yield inapplicable("only one page was looked at")
    for (pattern, page_type), links in found.items():
        first = links.first
        yield failed(
            pattern,
            *links.shown,
            page=first.target.url if first.target else first.url,
            count=links.count,
            url=first.url,
            canonical=first.target.canonical if first.target else "",
            page_type=str(page_type),
        )


class _Links:
    """Links of one kind: how many, the first by its address, and a few to show."""

    def __init__(self) -> None:
        self.count = 0
        self._few: list[SeenLink] = []

    def add(self, link: SeenLink) -> None:
        self.count += 1
        self._few = sorted([*self._few, link], key=lambda one: one.url)[:5]

    @property
    def first(self) -> SeenLink:
        return self._few[0]

    @property
    def shown(self) -> tuple[Excerpt, ...]:
        return tuple(
            Excerpt(link.position or "page", f"{link.text} → {link.url}", where=link.example.url) for link in self._few
        )


@check(scope=Scope.SITE, unseen=True)
def sold_pages_followed(run: SiteQuery) -> Iterator[Observation]:
    """No product or category that may be listed is linked with nofollow only. Beside a link that may be followed it does no harm."""
    found: dict[PageType, _Links] = defaultdict(_Links)
    for link in run.survey.unfollowed():
        if link.target is not None and link.target.page_type in _SELLS and link.target.listable:
            found[link.target.page_type].add(link)
    if run.survey.counted < 2:
        yield inapplicable("only one page was looked at")
    for page_type, links in found.items():
        first = links.first
        yield failed(
            str(page_type),
            *links.shown,
            page=first.target.url if first.target else first.url,
            count=links.count,
            page_type=str(page_type),
            url=first.url,
        )


@check(needs={"links"})
def leads_on(snapshot: Snapshot) -> Iterator[Observation]:
    """The page has a link to another page of the shop."""
    here = without_fragment(snapshot.final_url)
    if not any(
        snapshot.site.owns(link.url) and without_fragment(link.url) != here for link in user_links(snapshot.links)
    ):
        yield failed("")
