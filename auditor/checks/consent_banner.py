"""Checks of the consent banner as shoppers meet it: by keyboard, and whether one answer is made harder to give than the other."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.consent import EUROPE
from auditor.checks.registry import check
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable


@check(needs={"consent"})
def banner_reached(snapshot: Snapshot) -> Iterator[Observation]:
    """Tab leads to every answer that the banner's first layer offers."""
    answers = [one for one in snapshot.consent.choices if one.means]
    if not snapshot.consent.shown or not answers:
        yield inapplicable("no consent banner with answers was seen")
        return
    for one in answers:
        if not one.reached:
            yield failed(one.means, Excerpt("banner", snapshot.consent.text[:300]), answer=one.text or one.means)


@check(needs={"consent"})
def answers_drawn_alike(snapshot: Snapshot) -> Iterator[Observation]:
    """Where the banner's first layer accepts by a button, it rejects by a button too, not by mere text. Outside Europe no law asks for it."""
    consent, country = snapshot.consent, snapshot.site.country
    drawn = {
        means: {one.drawn for one in consent.choices if one.means == means and one.drawn}
        for means in ("accept", "reject")
    }
    if not consent.shown or not drawn["accept"] or not drawn["reject"]:
        yield inapplicable("no consent banner was seen that offers both")
    elif country and country not in EUROPE:
        yield inapplicable("the market is not in Europe (market.country)")
    elif drawn["accept"] == {"button"} and drawn["reject"] == {"text"}:
        words = {means: next(one.text for one in consent.choices if one.means == means) for means in drawn}
        yield failed("", Excerpt("banner", consent.text[:300]), accept=words["accept"], reject=words["reject"])
