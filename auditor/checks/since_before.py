"""Checks of the shop's files against those of the run before: rules of robots.txt that changed, sitemaps that shrank."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.facts import sitemaps
from auditor.facts.robots_txt import RobotsTxt
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.words import FetchOutcome, Scope, Severity

_TELLING = frozenset({"user-agent", "useragent", "allow", "disallow", "sitemap", "noindex"})
_NONE = "there is no complete run before this one"


@check(scope=Scope.SITE)
def robots_as_before(run: SiteQuery) -> Iterator[Observation]:
    """The rules of robots.txt are those of the run before. Comments, order within a file and what no search engine reads don't count."""
    before = run.before
    if before is None:
        yield inapplicable(_NONE)
        return
    old, new = _robots(before), _robots(run)
    if not old or not new:
        yield cant_tell("robots.txt could not be read in both runs")
        return
    for url in old.keys() & new.keys():
        came, went = sorted(new[url] - old[url]), sorted(old[url] - new[url])
        if came or went:
            yield failed(
                "", *(Excerpt("new", line) for line in came[:10]), *(Excerpt("gone", line) for line in went[:10]),
                page=url, came=len(came), went=len(went), example=(came or went)[0],
            )  # fmt: skip


def _robots(run: SiteQuery) -> dict[str, frozenset[str]]:
    """URL -> its rules, each with the robots that it is for."""
    found: dict[str, frozenset[str]] = {}
    for file in run.files("robots"):
        if file.outcome is not FetchOutcome.OK:
            continue
        agent, rules, fresh = "", set(), True
        for line in RobotsTxt(run.content(file)).lines:
            if line.field in ("user-agent", "useragent"):
                agent, fresh = (line.value if fresh else f"{agent}, {line.value}"), False
            elif line.field in _TELLING:
                fresh = True
                rules.add(
                    f"Sitemap: {line.value}"
                    if line.field == "sitemap"
                    else f"{line.field.capitalize()}: {line.value} (for {agent})"
                )
        found[file.url] = frozenset(rules)
    return found


@check(scope=Scope.SITE)
def sitemaps_as_long_as_before(run: SiteQuery, *, share: float = 0.2, most: int = 20) -> Iterator[Observation]:
    """No sitemap lists much less than in the run before: neither all of them together, nor one that has kept its address.

    `share`: of the addresses that may be gone; `most`: so many may be gone of a short one. A shop may have cleared out.
    """
    before = run.before
    if before is None:
        yield inapplicable(_NONE)
        return
    old, new = _listed(before), _listed(run)
    if not old or not new:
        yield (
            cant_tell("sitemaps could not be read in both runs") if old else inapplicable("there was no sitemap before")
        )
        return
    was, now = sum(old.values()), sum(new.values())
    pairs = [("", next(iter(new)), was, now)] if was - now > max(most, share * was) else []
    pairs = pairs or [(urlsplit(url).path, url, old[url], new[url]) for url in old.keys() & new.keys()]
    for target, url, had, has in pairs:
        if had - has > max(most, share * had):
            yield failed(
                target, page=url, severity=None if target else Severity.CRITICAL,
                what="The sitemaps together list" if not target else "The sitemap lists", was=f"{had:,}", now=f"{has:,}", share=f"{1 - has / had:.0%}",
            )  # fmt: skip


def _listed(run: SiteQuery) -> dict[str, int]:
    """URL -> how many addresses it lists; empty where one that is named could not be read to its end."""
    found: dict[str, int] = {}
    for file in run.files("sitemap"):
        if file.outcome is FetchOutcome.OK:
            read = sitemaps.read(run.content(file))
            if (read.error or file.truncated) and file.named_by:
                return {}
            if read.kind in ("urlset", "text"):
                found[file.url] = len(read.locations)
        elif file.named_by and file.outcome is not FetchOutcome.SITE_ERROR:
            return {}
    return found
