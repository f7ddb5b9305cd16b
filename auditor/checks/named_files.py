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
from auditor.model.urls import origin
from auditor.model.words import FetchOutcome, Scope

_SHOWN = 5


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
def sitemap_there(run: SiteQuery) -> Iterator[Observation]:
    """robots.txt names a sitemap, or there is one in a usual place. One that is named and can't be read is `sitemaps_readable`'s."""
    files = list(run.files("sitemap"))
    if not files:
        yield inapplicable("no sitemap was looked for in this run")
    elif any(file.named_by or (file.outcome is FetchOutcome.OK and _is_sitemap(run.content(file))) for file in files):
        return
    elif unsure := [file for file in files if file.outcome not in (FetchOutcome.OK, FetchOutcome.SITE_ERROR)]:
        yield cant_tell(unsure[0].reason or "no answer")
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
