"""Checks of addresses that the shop gave to no page: whether its software answers them as if they were a page's."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.evidence.look import Look
from auditor.evidence.wrong_addresses import WORD, WrongAddress, WrongAddresses
from auditor.facts.contents import contents
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import crawl_key
from auditor.model.words import FetchOutcome, Scope


@check(scope=Scope.SITE)
def wrong_addresses_not_answered(run: SiteQuery) -> Iterator[Observation]:
    """A page at an address that the shop did not give it is not there, leads to the right one, or names that as its canonical.

    What answers is the page itself where title and heading, or the main part, are the same.
    """
    told = run.plan(WrongAddresses)
    if told is None:
        yield inapplicable("no wrong address was asked for")
    elif not told.asked:
        yield cant_tell(told.reason or "no wrong address was asked for")
    for one in told.asked if told is not None else ():
        if reason := _open(run, one):
            yield cant_tell(reason, one.kind, page=one.page)
        elif _answered(one) and _same(run, one) and not _declared(one):
            yield failed(
                one.kind,
                Excerpt("asked for", one.url),
                Excerpt("answer", f"{one.status}, the same page"),
                Excerpt("canonical", next(iter(one.canonicals), "none")),
                page=one.page,
                asked=one.url,
                status=one.status,
                kind=one.kind,
            )


def _open(run: SiteQuery, one: WrongAddress) -> str:
    """Why nobody knows what becomes of this address; "" where it is known."""
    if one.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR):
        return one.reason or "the wrong address was not asked for"
    if one.status >= 500:
        return f"the wrong address was answered {one.status}"
    if not _answered(one):
        return ""
    if _fetched(run, one) is None:
        return "the page at the right address was not seen"
    if len(one.canonicals) > 1:
        return "the page at the wrong address names several canonicals"
    if not one.canonicals and any(view.is_rendered and view.meta.canonical for view in run.views(one.page)):
        return "the canonical comes by scripts, and no browser saw the page at the wrong address"
    return ""


def _answered(one: WrongAddress) -> bool:
    """Whether a page answers there, and not by a redirect to another address."""
    return one.outcome is FetchOutcome.OK and one.look is not None and WORD in urlsplit(one.final_url).path


def _fetched(run: SiteQuery, one: WrongAddress) -> Snapshot | None:
    seen: list[Snapshot] = [view for view in run.views(one.page) if not view.is_rendered]
    return next((view for view in seen if view.missing("document") is None), None)


def _same(run: SiteQuery, one: WrongAddress) -> bool:
    right, look = _fetched(run, one), one.look
    absent = run.look("not-found")
    if right is None or look is None or (absent is not None and _alike(absent, look)):
        return False  # what is not there looks like it, too
    main, heading = contents(right.document), next((text for text in right.meta.h1s if text), "")
    return _alike(Look(title=right.meta.title, h1=heading, digest=main.digest, words=main.words), look)


def _alike(one: Look, other: Look) -> bool:
    if one.words and (one.digest, one.words) == (other.digest, other.words):
        return True
    return bool(one.title and one.h1) and (one.title, one.h1) == (other.title, other.h1)


def _declared(one: WrongAddress) -> bool:
    """Whether search engines are told that it is none of the shop's addresses."""
    return one.noindex or any(
        crawl_key(url) not in {crawl_key(one.url), crawl_key(one.final_url)} for url in one.canonicals
    )
