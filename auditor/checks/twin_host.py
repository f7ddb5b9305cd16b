"""Checks of the host with or without www, by what was asked of it once a run."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.redirects import moves
from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget, SiteQuery
from auditor.model.urls import host
from auditor.model.words import Certainty, FetchOutcome, PageType, Scope, Severity

_NO_HOST = (FetchOutcome.UNREACHABLE, FetchOutcome.TIMEOUT)


@check(scope=Scope.SITE)
def twin_leads_to_shop(run: SiteQuery) -> Iterator[Observation]:
    """The shop's host with www (or without, where the shop has it) leads to the shop by one redirect, from https and from http.

    A host that does not exist leads nobody astray and is not judged. Of a redirect that does two things at once in two steps
    (to https, then to www) one is enough.
    """
    probes = [(scheme, run.probe(name)) for scheme, name in (("https", "twin"), ("http", "twin-plain-http"))]
    if all(probe is None for _, probe in probes):
        yield _not_asked(run)
        return
    unknown = ""
    for scheme, probe in probes:
        if probe is None:
            continue
        if probe.outcome is FetchOutcome.OK and not moves(probe):
            same = _is_shop(run)
            yield failed(
                scheme,
                _way(probe),
                page=probe.url,
                certainty=None if same else Certainty.LIKELY,
                url=probe.url,
                what="shows the shop as well, under its own address" if same else "shows a page of its own instead",
            )
        elif probe.outcome is FetchOutcome.OK and not run.site.owns(probe.final_url):
            yield failed(
                scheme, _way(probe), page=probe.url, certainty=Certainty.LIKELY, url=probe.url, what=f"leads to another site, {host(probe.final_url)}"
            )  # fmt: skip
        elif probe.outcome is FetchOutcome.OK and len(probe.hops) > 1:
            yield failed(
                f"{scheme} chain", _way(probe), page=probe.url, severity=Severity.MINOR, url=probe.url,
                what=f"leads to {probe.final_url} by {len(probe.hops)} redirects instead of one",
            )  # fmt: skip
        elif probe.trouble == "tls":
            yield failed(
                f"{scheme} certificate", _way(probe), page=probe.url, url=probe.url, what="has no valid certificate, so browsers warn of it"
            )  # fmt: skip
        elif probe.outcome is FetchOutcome.SITE_ERROR and probe.confirmed > 1:
            yield failed(
                scheme, _way(probe), page=probe.url, url=probe.url, what=f"answers {probe.reason or probe.status}"
            )
        elif probe.outcome is not FetchOutcome.OK and probe.outcome not in _NO_HOST:
            unknown = probe.reason or "no answer"
    if unknown:
        yield cant_tell(unknown)


def _is_shop(run: SiteQuery) -> bool:
    """Whether what the other host showed is the shop's start page, by its title."""
    look = run.look("twin")
    titles = {page.title for page in run.survey.pages(PageType.HOME) if page.title}
    return look is not None and look.title in titles


def _way(probe: LinkTarget) -> Excerpt:
    last = str(probe.status) if probe.status else probe.reason
    return Excerpt("way", " → ".join([*(f"{hop.url} ({hop.status})" for hop in probe.hops), last]))


def _not_asked(run: SiteQuery) -> Observation:
    first = next(run.pages(), None)
    if first is not None and first.final_url.startswith("http://"):
        return inapplicable("the shop is on plain http")
    if run.coverage().in_scope <= 1:
        return inapplicable("a look at one page asks for nothing else")
    return inapplicable("the shop's host has no other with or without www")
