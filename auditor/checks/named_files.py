"""Checks of whether robots.txt and a sitemap are there at all, and of addresses that sitemaps write wrongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.facts import sitemaps
from auditor.facts.robots_txt import RobotsTxt
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import OUTSIDE, SiteQuery
from auditor.model.urls import is_http, origin
from auditor.model.words import FetchOutcome, PageType, Scope

_SHOWN = 5
_ICON = "icon"  # of rel; "shortcut icon", too


@check(scope=Scope.SITE)
def robots_there(run: SiteQuery) -> Iterator[Observation]:
    """There is a robots.txt. Without one search engines may fetch everything, which is allowed."""
    files = list(run.files("robots"))
    if not files:
        yield cant_tell("robots.txt was not asked for")
    for file in files:
        if file.outcome is FetchOutcome.SITE_ERROR and file.status in (404, 410):
            yield failed("", Excerpt("answer", file.reason or str(file.status)), page=file.url, url=file.url)
        elif file.outcome is not FetchOutcome.OK:
            yield cant_tell(f"robots.txt: {file.reason or file.outcome}")


@check(scope=Scope.SITE)
def icon_there(run: SiteQuery) -> Iterator[Observation]:
    """The start page names an icon that is there, or there is one at /favicon.ico, where browsers look otherwise.

    Icons on other hosts, and those that stand in the page itself, are let be. An error counts once seen twice.
    """
    home = min(run.fetched(PageType.HOME), key=lambda one: (len(one.final_url), one.final_url), default=None)
    if home is None:
        yield inapplicable("no start page was fetched")
        return
    shown = next(
        (one for one in run.rendered(PageType.HOME) if one.final_url == home.final_url), None
    )  # scripts may name one
    icons = [*home.meta.icons, *(shown.meta.icons if shown else ())]
    named = [one for one in icons if _ICON in one.rel.split() and one.href.strip()]
    if any(not is_http(one.url) or not run.site.owns(one.url) for one in named):
        return
    known = run.targets([one.url for one in named])
    if any(one.outcome is FetchOutcome.OK for one in known.values()):
        return
    gone = [one for one in known.values() if one.outcome is FetchOutcome.SITE_ERROR and one.confirmed > 1]
    if named and len(gone) < len({one.url for one in named}):
        yield cant_tell("the icon that the start page names was not asked for, or gave no clear answer")
    elif named:
        yield failed(
            "named", *(Excerpt(one.reason or str(one.status), one.url) for one in gone[:_SHOWN]), page=home.url,
            what=f"names the icon {gone[0].url}, which answers {gone[0].status}",
        )  # fmt: skip
    elif (usual := run.probe("favicon")) is None or usual.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR):
        yield cant_tell("the start page names no icon, and /favicon.ico was not asked for")
    elif usual.outcome is FetchOutcome.SITE_ERROR and usual.status in (404, 410):
        yield failed("absent", page=home.url, what=f"names no icon, and {usual.url} answers {usual.status}")


@check(scope=Scope.SITE)
def sitemap_there(run: SiteQuery) -> Iterator[Observation]:
    """robots.txt names a sitemap, or there is one in a usual place. One that is named and can't be read is `sitemaps_readable`'s."""
    files = list(run.files("sitemap"))
    if not files:
        yield inapplicable("no sitemap was looked for in this run")
    elif any(file.named_by or (file.outcome is FetchOutcome.OK and _is_sitemap(run.content(file))) for file in files):
        return
    elif unsure := [
        file
        for file in (*run.files("robots"), *files)
        if file.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR) or file.status >= 500
    ]:
        yield cant_tell(f"{unsure[0].url}: {unsure[0].reason or 'no answer'}")
    else:
        yield failed(
            "",
            *(Excerpt("looked for", file.url) for file in files[:_SHOWN]),
            page=f"{origin(files[0].url)}/",
            places=[urlsplit(file.url).path for file in files[:_SHOWN]],
        )


def _is_sitemap(body: bytes) -> bool:
    return bool(sitemaps.read(body).kind)


@check(scope=Scope.SITE)
def sitemap_named(run: SiteQuery) -> Iterator[Observation]:
    """Where there is a sitemap, robots.txt names it."""
    found = [
        file
        for file in run.files("sitemap")
        if file.outcome is FetchOutcome.OK and not file.named_by and _is_sitemap(run.content(file))
    ]
    robots = [file for file in run.files("robots") if file.outcome is FetchOutcome.OK]
    if not found or not robots:
        yield inapplicable("no robots.txt" if found else "every sitemap that was found is named")
    elif not any(line.field == "sitemap" for file in robots for line in RobotsTxt(run.content(file)).lines):
        yield failed("", page=robots[0].url, url=found[0].url)


@check(scope=Scope.SITE)
def sitemap_addresses_written_well(run: SiteQuery) -> Iterator[Observation]:
    """What sitemaps list are whole addresses, escaped once. Sitemaps on other hosts were not read."""
    looked = False
    for file in run.files("sitemap"):
        if file.outcome is not FetchOutcome.OK or file.reason == OUTSIDE:
            continue
        read = sitemaps.read(run.content(file))
        looked = looked or bool(read.kind)
        faults = Counter(what for location in read.locations if (what := _written_wrong(location)))
        for what, count in faults.items():
            example = next(location for location in read.locations if _written_wrong(location) == what)
            yield failed(
                what, Excerpt("address", example[:300]), page=file.url, what=what, count=count, url=example[:300]
            )
    if not looked:
        yield inapplicable("no sitemap could be read")


def _written_wrong(location: str) -> str:
    if "&amp;" in location or "&lt;" in location or "&quot;" in location:
        return "escaped twice"
    if any(token in location for token in ("{{", "}}", "{%", "<?php")):
        return "with template code in them"
    if not location.lower().startswith(("http://", "https://")):
        return "without https and host"
    return ""
