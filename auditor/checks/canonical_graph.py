"""Checks of where canonical links lead, across the pages of the run."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts.robots_txt import RobotsTxt
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import origin
from auditor.model.words import FetchOutcome, Scope


@check(scope=Scope.SITE)
def canonical_targets_listed(run: SiteQuery) -> Iterator[Observation]:
    """The page that another names as its canonical may itself be listed: it is not noindex, and robots.txt does not close it.

    Filtered lists and variants share the fate of the page they name, so they are not told of one by one.
    """
    survey, looked = run.survey, False
    if run.site.environment == "production":
        for page, target in survey.named_as_canonical():
            looked = True
            if target.noindex and not page.noindex and not page.view:
                yield failed(
                    "noindex", Excerpt("canonical", target.url), page=page.url, canonical=target.url, what="is noindex"
                )
    robots = {
        origin(file.url): RobotsTxt(run.content(file))
        for file in run.files("robots")
        if file.outcome is FetchOutcome.OK
    }
    for page in survey.pages() if robots else ():
        rules = robots.get(origin(page.canonical)) if page.canonical else None
        looked = looked or bool(page.canonical)
        if (
            rules is not None
            and not page.noindex
            and not page.view
            and (line := rules.forbidding(page.canonical, "Googlebot"))
        ):
            yield failed(
                "robots.txt",
                Excerpt("robots.txt", line),
                page=page.url,
                canonical=page.canonical,
                what=f"is closed to Googlebot by robots.txt ({line})",
            )
    if not looked:
        yield inapplicable("no page names another one as its canonical")


@check(scope=Scope.SITE)
def canonicals_in_one_step(run: SiteQuery) -> Iterator[Observation]:
    """The page that another names as its canonical names itself, not a third one."""
    looked = False
    for page, target in run.survey.named_as_canonical():
        looked = True
        if not target.canonical or page.noindex:
            continue
        loop = target.canonical == page.key
        yield failed(
            "loop" if loop else "chain",
            Excerpt("way", f"{page.url} → {target.url} → {target.canonical}"),
            page=page.url,
            canonical=target.url,
            end=target.canonical,
            what="names this page in turn" if loop else "names a third",
        )
    if not looked:
        if any(page.canonical for page in run.survey.pages()):
            yield cant_tell("the pages that are named as canonical were not fetched")
        else:
            yield inapplicable("no page names another one as its canonical")
