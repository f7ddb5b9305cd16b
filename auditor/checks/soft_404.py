"""Checks of pages that answer 200 and say, or are built as those that say, that they are not there."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.evidence.look import Look
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage
from auditor.model.words import PageType, Scope

_ASKED = (PageType.CATEGORY, PageType.PRODUCT, PageType.CONTENT)


@check(scope=Scope.SITE)
def pages_really_there(run: SiteQuery) -> Iterator[Observation]:
    """No page that answers 200 is the shop's page for what is not there.

    It has to be like what the shop showed for an address that cannot exist: the same words, or the same title or heading and
    words that say so. A product out of stock and an empty list are none. Where scripts draw the page, its heading has to say so in
    every browser that opened it.
    """
    known = run.look("not-found")
    doubtful = 0
    for page in run.survey.pages(*_ASKED):
        said = page.gone or (_like(page, known) if known is not None else "")
        if known is None and not said:
            doubtful += bool(page.not_there) and page.not_there.casefold() in f"{page.title} {page.h1}".casefold()
        elif said:
            links = run.survey.linked(page)
            yield failed(
                "",
                Excerpt("said", page.gone or page.not_there or page.title),
                Excerpt("title", page.title),
                page=page.url,
                url=page.url,
                said=said,
                links=f"{links} pages link to it"
                if links > 1
                else "One page links to it"
                if links
                else "No page that was looked at links to it",
            )
    if known is None and doubtful:
        yield cant_tell(f"{doubtful} pages say that they are not there, and how the shop shows that is not known")
    elif known is None:
        yield inapplicable("how the shop shows that a page is not there is not known")


@check(needs={"page_kind", "meta"})
def error_pages_answer_so(snapshot: Snapshot) -> Iterator[Observation]:
    """A page that the platform's own template marks as the one for what is not there does not answer 200.

    Pages for maintenance are known by their words instead, and speak of all the shop.
    """
    if snapshot.status != 200:
        return
    mark = next((sign for sign in snapshot.page_kind.signals if sign.startswith("mark ")), "")
    if not mark:
        yield inapplicable("nothing in its template marks it as the page for what is not there")
    else:
        said = next((text for text in snapshot.meta.h1s if text), "") or snapshot.meta.title
        yield failed("", Excerpt("mark", mark.removeprefix("mark ")), Excerpt("title", snapshot.meta.title), said=said)


def _like(page: SeenPage, known: Look) -> str:
    if known.digest and page.digest == known.digest:
        return page.not_there or page.h1 or page.title
    named = (page.title and page.title == known.title) or (page.h1 and page.h1 == known.h1)
    if not named or not page.not_there or abs(page.words - known.words) > max(40, known.words // 2):
        return ""
    return page.not_there
