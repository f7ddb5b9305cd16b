"""Checks of whether analytics knows a visitor again at a checkout on another domain."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts import consent_signals
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host


@check(needs={"crossings", "hits"})
def visitor_handed_on(snapshot: Snapshot) -> Iterator[Observation]:
    """A link to the checkout on a platform's domain takes GA4's visitor along (`_gl`) when it is pressed.

    Judged where GA4 counts with cookies. The checkout may be known by other means (a server's, a user id), so it is likely only.
    """
    crossings = snapshot.crossings
    if not crossings.items:
        yield inapplicable(crossings.skipped or "no link leads to a checkout on another domain")
        return
    counted = [hit for hit in snapshot.hits if hit.vendor == "ga4" and hit.account and not hit.host_only]
    if not any(not consent_signals.cookieless(hit.vendor, hit.consent) for hit in counted):
        yield inapplicable("GA4 does not count with cookies here")
        return
    for one in crossings.items:
        name = host(one.url)
        if not one.pressed:
            yield cant_tell("something lies over the link to the checkout, so it could not be pressed", name)
        elif not one.handed:
            yield failed(name, Excerpt("link", one.url), host=name)
