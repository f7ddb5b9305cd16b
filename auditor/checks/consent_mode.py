"""Checks of Consent Mode: updates in time, after a default, that say what the visitor answered; and hits that say so, too."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.checks.registry import check
from auditor.facts import consent_signals
from auditor.facts.consent_order import ConsentOrder, consent_order, regional
from auditor.facts.snapshot import Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.words import Answer

_ADS = ("ad_storage", "ad_user_data", "ad_personalization")
_MEASURES = frozenset({"ga4", "google-ads", "floodlight"})  # Google's, whose hits carry gcs and gcd


@check(needs={"pushes", "hits", "consent"})
def consent_updates_in_order(snapshot: Snapshot) -> Iterator[Observation]:
    """Consent Mode's update comes before page views of a visitor who accepted, after a default, and grants nothing to who rejected.

    Judged by what hits say of themselves, since consent tools in Tag Manager set default and update where the data layer shows
    neither, and tags may wait for the update. That an update is missing proves nothing: another rule hears of it from the hits.
    Source: https://developers.google.com/tag-platform/security/guides/consent
    """
    order = consent_order(snapshot.pushes, snapshot.hits)
    answer = snapshot.key.state.answer
    if not order.updates:
        yield inapplicable("no update of Consent Mode was seen in the data layer")
        return
    if snapshot.consent.shown_again:
        yield inapplicable("the banner forgot the answer")
        return
    if order.default is None and snapshot.consent.shown and (early := _unaware(order)) is not None:
        fault = f"comes without a default, after {_name(early)} sent {early.event[:60]} that says nothing of consent"
        yield failed("no default", *_excerpts(order, early), fault=fault)
    if answer == Answer.ACCEPT and (late := _denied_too_early(order)) is not None:
        fault = f"comes after {_name(late)} sent {late.event[:60]} as denied, although everything was accepted on the page before"
        yield failed("late", *_excerpts(order, late), fault=fault)
    if answer == Answer.REJECT and (granted := [name for name in _ADS if order.settled.get(name) == "granted"]):
        fault = f"grants {', '.join(granted)} although everything was rejected"
        yield failed("granted", *_excerpts(order), fault=fault)


def _unaware(order: ConsentOrder) -> Hit | None:
    """A hit sent before the first update that does not know of Consent Mode; a default set unseen would stand in it."""
    first = order.updates[0].at_ms
    return next((hit for hit in order.sent if "gcs" not in hit.consent and hit.started_ms < first), None)


def _denied_too_early(order: ConsentOrder) -> Hit | None:
    """A hit that says denied and was sent before the update that grants; not where the same event was sent again once granted."""
    granted_ms = order.grants_ms
    if granted_ms is None:
        return None
    again = {
        (hit.vendor, hit.account, hit.event)
        for hit in order.sent
        if hit.started_ms >= granted_ms and any(consent_signals.granted(hit.consent).values())
    }
    return next(
        (
            hit
            for hit in order.sent
            if hit.started_ms < granted_ms
            and consent_signals.cookieless(hit.vendor, hit.consent)
            and (hit.vendor, hit.account, hit.event) not in again
        ),
        None,
    )


def _excerpts(order: ConsentOrder, hit: Hit | None = None) -> Iterator[Excerpt]:
    if hit is not None:
        yield Excerpt("hit", hit.url.partition("?")[0], where=f"after {hit.started_ms:.0f} ms")
    for update in order.updates[:3]:
        said = ", ".join(f"{name} {value}" for name, value in sorted(update.consent.items()))
        when = f"after {update.at_ms:.0f} ms" if update.at_ms >= 0 else ""
        yield Excerpt("update", said[:300], where=when)


def _name(hit: Hit) -> str:
    known = vendors.load().get(hit.vendor)
    return known.name if known else hit.vendor


@check(needs={"pushes", "hits", "consent"})
def hits_speak_of_consent(snapshot: Snapshot) -> Iterator[Observation]:
    """Where Consent Mode's default is set, what Google's tags send after it says so (gcs, or letters of gcd that say granted or denied).

    A default for some regions only may not be for this one. Hits of sandboxed web pixels have a data layer of their own.
    """
    defaults = [one for one in snapshot.pushes if one.consent_is == "default" and one.consent]
    whole = next((one for one in defaults if not regional(one)), None)
    if whole is None:
        yield inapplicable(
            "Consent Mode's default is for some regions only" if defaults else "Consent Mode is not used"
        )
        return
    said: dict[tuple[str, str], list[Hit]] = {}
    for hit in snapshot.hits:
        counts = hit.vendor in _MEASURES and hit.event and not hit.host_only and not hit.body_missing
        if counts and "/web-pixel" not in hit.parameters.get("dl", "") and hit.started_ms > whole.at_ms:
            said.setdefault((hit.vendor, hit.account), []).append(hit)
    if not said:
        yield inapplicable("no hit of Google's was seen after it")
    for (vendor, account), hits in sorted(said.items()):
        if any("gcs" in hit.consent or consent_signals.granted(hit.consent) for hit in hits):
            continue
        first = hits[0]
        where = f"{first.event}, after {first.started_ms:.0f} ms"
        yield failed(
            f"{vendor} {account}".strip(),
            Excerpt("hit", first.url.partition("?")[0], where=where),
            tag=_name(first),
            account=account or "an account that it does not name",
            event=first.event[:60],
        )
