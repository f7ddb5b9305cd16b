"""Checks of the shop's hosts, by what was asked of them once a run: unknown addresses, plain http, certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import LinkTarget, SiteQuery
from auditor.model.words import Certainty, FetchOutcome, Scope, Severity

_DAY = 86_400
# Of a certificate's whole life: those that are renewed by machine are renewed late, and shorter ones later.
_SHARES = (0.05, 0.15, 0.25)
_GRAVE = (Severity.CRITICAL, Severity.SERIOUS, Severity.MODERATE)


@check(scope=Scope.SITE)
def unknown_addresses_not_found(run: SiteQuery) -> Iterator[Observation]:
    """An address that cannot exist answers 404 or 410. One that is redirected, to the start page say, is likely only."""
    probe = run.probe("not-found")
    if probe is None:
        yield _not_made(run, secured=False)
        return
    if probe.outcome is FetchOutcome.OK and (not probe.hops or _last(probe.final_url) == _last(probe.url)):
        yield failed(
            "", _way(probe), page=probe.url, url=probe.url, what=f"answers {probe.status}, as if it were there"
        )
    elif probe.outcome is FetchOutcome.OK:
        yield failed(
            "redirect",
            _way(probe),
            page=probe.url,
            certainty=Certainty.LIKELY,
            severity=Severity.MODERATE,
            url=probe.url,
            what=f"is redirected to {probe.final_url}",
        )
    elif probe.outcome is FetchOutcome.SITE_ERROR and 500 <= probe.status < 600 and probe.confirmed > 1:
        yield failed(
            "error",
            _way(probe),
            page=probe.url,
            severity=Severity.MODERATE,
            url=probe.url,
            what=f"answers {probe.status}",
        )
    elif probe.outcome is not FetchOutcome.SITE_ERROR or not 400 <= probe.status < 500:
        yield cant_tell(probe.reason or "no answer")


def _last(url: str) -> str:
    """The name at the end of an address; a slash after it, a language before it or another host make no other of it."""
    return urlsplit(url).path.rstrip("/").rpartition("/")[2]


@check(scope=Scope.SITE)
def plain_http_leads_to_https(run: SiteQuery) -> Iterator[Observation]:
    """Of a shop on https, the start address on plain http sends its visitors to https. Where nothing answers there, nothing can be read."""
    probe = run.probe("plain-http")
    if probe is None:
        yield _not_made(run)
        return
    if any(hop.location.startswith("https://") for hop in probe.hops):
        return
    if probe.outcome in (FetchOutcome.UNREACHABLE, FetchOutcome.TIMEOUT):
        yield inapplicable("nothing answers on plain http")
    elif probe.outcome is FetchOutcome.OK:
        yield failed("", _way(probe), page=probe.url, url=probe.url, what="shows the shop")
    elif probe.outcome is FetchOutcome.SITE_ERROR and probe.status >= 400 and probe.confirmed > 1:
        what = f"answers {probe.status}"
        yield failed("", _way(probe), page=probe.url, severity=Severity.MINOR, url=probe.url, what=what)
    else:
        yield cant_tell(probe.reason or "no answer")


@check(scope=Scope.SITE)
def certificates_last(run: SiteQuery, *, days: tuple[int, int, int] = (3, 14, 30)) -> Iterator[Observation]:
    """The certificates of the shop's hosts are good for a while, counted from the run's start.

    `days`: fewer left are critical, serious, moderate. Short certificates are renewed late on purpose, so of these a share
    of their life counts instead: a twentieth, three twentieths, a quarter.
    """
    seen = False
    for one in run.certificates():
        seen = True
        if one.failure:
            yield cant_tell(f"the certificate of {one.host} could not be read: {one.failure}", one.host)
            continue
        now, end = datetime.fromisoformat(run.started_at), datetime.fromisoformat(one.not_after)
        left = (end - now).total_seconds() / _DAY
        life = (end - datetime.fromisoformat(one.not_before)).total_seconds() / _DAY
        limits = [min(limit, share * life) for limit, share in zip(days, _SHARES, strict=True)]
        severity = next((grave for grave, limit in zip(_GRAVE, limits, strict=True) if left <= limit), None)
        if severity is not None:
            yield failed(
                one.host,
                Excerpt("issued by", one.issuer or "(not said)"),
                Excerpt("good until", one.not_after),
                severity=severity,
                host=one.host,
                end=end.date().isoformat(),
                what=f"runs out in {left:.0f} days"
                if left >= 1
                else "runs out within a day"
                if left > 0
                else "has run out",
            )
    if not seen:
        yield _not_made(run)


def _way(probe: LinkTarget) -> Excerpt:
    return Excerpt("way", " → ".join([*(f"{hop.url} ({hop.status})" for hop in probe.hops), f"{probe.status}"]))


def _not_made(run: SiteQuery, *, secured: bool = True) -> Observation:
    """Why nothing was asked. `secured`: only shops on https are."""
    first = next(run.pages(), None)
    if secured and first is not None and first.final_url.startswith("http://"):
        return inapplicable("the shop is on plain http")
    if run.coverage().in_scope <= 1:
        return inapplicable("a look at one page asks for nothing else")
    return cant_tell("it was not asked for in this run")
