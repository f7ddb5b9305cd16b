"""Checks of redirects over all pages: whether those that stay are answered as lasting ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from auditor.checks.languages import is_door
from auditor.checks.redirects import cause, moves
from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget, SiteQuery
from auditor.model.urls import host
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_LASTING = (301, 308)
_MOST = 50  # redirects told one by one
_APART = timedelta(hours=20)  # between two runs in which a redirect was the same
_TYPES = (PageType.PRODUCT, PageType.CATEGORY, PageType.CONTENT)


@check(scope=Scope.SITE)
def lasting_redirects_said(run: SiteQuery) -> Iterator[Observation]:
    """A redirect that only puts the form of an address right (https, www, slash, letter case) is answered 301 or 308.

    Others that are temporary count where the run before, most of a day earlier, was sent to the same place. Start pages, carts and
    accounts, addresses with a query, and what leads to another language or host may hang on the visitor, so they don't count.
    """
    by_cause: dict[str, list[tuple[str, LinkTarget]]] = {}
    told = looked = 0
    for target in run.moved():
        looked += 1
        temporary = [hop for hop in moves(target) if hop.status not in _LASTING]
        why = [cause(hop) for hop in temporary]
        if temporary and all(why):
            cases = by_cause.setdefault(" and ".join(why), [])
            if len(cases) < _MOST:
                cases.append((target.url, target))
        elif temporary and told < _MOST and _stays(run, target):
            told += 1
            yield failed(
                target.url, _way(target), page=target.url, severity=Severity.INFO, certainty=Certainty.NEEDS_REVIEW,
                url=target.url, end=target.final_url, status=temporary[0].status, more="in the run before, too",
            )  # fmt: skip
    for about, cases in sorted(by_cause.items()):
        url, target = cases[0]
        temporary = [hop for hop in moves(target) if hop.status not in _LASTING]
        yield failed(
            about, *(_way(one) for _, one in cases[:3]), page=url, url=url, end=target.final_url, status=temporary[0].status,
            more=f"{about}; such redirects: {len(cases)}{' or more' if len(cases) == _MOST else ''}",
        )  # fmt: skip
    if not looked:
        yield inapplicable("no page of the shop was reached by a redirect")


def _stays(run: SiteQuery, target: LinkTarget) -> bool:
    before = run.before
    if before is None or len(moves(target)) != 1:
        return False
    old, new = urlsplit(target.url), urlsplit(target.final_url)
    leaves = host(target.url) != host(target.final_url) or _folder(old.path) != _folder(new.path)
    if leaves or old.query or new.query or is_door(target.url) or is_door(target.final_url):
        return False
    page = run.page(target.final_url)
    if page is None or page.page_type not in _TYPES:
        return False
    if datetime.fromisoformat(run.started_at) - datetime.fromisoformat(before.started_at) < _APART:
        return False
    then = before.targets([target.url]).get(target.url)
    return then is not None and then.final_url == target.final_url and bool(moves(then))


def _folder(path: str) -> str:
    """The language or country that an address begins with."""
    first = path.strip("/").partition("/")[0]
    return first.lower() if is_door(f"https://x/{first}") else ""


def _way(target: LinkTarget) -> Excerpt:
    return Excerpt("way", " → ".join([*(f"{hop.url} ({hop.status})" for hop in target.hops[:6]), target.final_url]))


@check(scope=Scope.SITE)
def page_kept_in_any_language(run: SiteQuery) -> Iterator[Observation]:
    """A page that answers by itself answers so to those, too, whose browser prefers other languages than the run's.

    One page below the start page was asked for so. Cookies and addresses in other countries are not tried.
    """
    told = run.probe("language")
    if told is None or told.outcome is FetchOutcome.SKIPPED:
        yield inapplicable("no page was asked for in other languages")
    elif (
        told.hops
        and told.hops[0].location != told.url
        and not cause(told.hops[0])
        and run.site.owns(told.hops[0].location)
    ):
        end = told.hops[0].location
        yield failed(
            "", Excerpt("way", f"{told.url} ({told.hops[0].status}) → {end}"), page=told.url, url=told.url, end=end
        )
    elif told.outcome is not FetchOutcome.OK:
        yield cant_tell(f"asked for in other languages it gave no page: {told.reason or told.status or told.outcome}")
