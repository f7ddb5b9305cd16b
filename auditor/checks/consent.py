"""Checks of consent: what is told before and after the visitor's answer, what the banner offers, and whether the answer is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from auditor.checks.necessary_only import says_only_necessary
from auditor.checks.own_servers import unknown_collector
from auditor.checks.registry import check
from auditor.evidence.cookies import Cookie, Cookies
from auditor.evidence.requests import Held
from auditor.facts import consent_signals
from auditor.facts.snapshot import Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import cookies as known_cookies
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.words import Certainty

# Those that tell others of a visitor. Mail tools, chats, payment and monitoring may be what the visitor asked for.
_NEEDS_CONSENT = frozenset({"ads", "social", "analytics", "session-replay", "affiliate"})
# They have forms that authorities exempt, and shops can't switch their platform's own off.
_MAY_BE_EXEMPT = frozenset({"matomo", "shopify-analytics", "adobe-commerce", "cloudflare-insights", "snowplow"})
EUROPE = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
_THIRTEEN_MONTHS = 396.0  # days
_DAY = 86_400.0
_POLICY = re.compile(
    r"(?i)polic|polit|datenschutz|privacy|privat|impressum|imprint|cookie|legal|mentions|partner|vendor|learn|mehr|more|info|\bhere\b|\bhier\b|^[^\w]*$|close|schlie"
)


@check(needs={"hits", "cookies", "consent"})
def nothing_told_before_the_answer(snapshot: Snapshot) -> Iterator[Observation]:
    """Before the banner is answered nobody is told of the visit, and no cookie of analytics or advertising is set.

    Consent Mode's pings without cookies are by design. Where the law does not ask for an answer first, a banner may only
    tell: so it is proven in Europe, and likely where nobody said where the market is.
    """
    if not snapshot.consent.shown:
        yield inapplicable("no consent banner was seen")
        return
    if not any(choice.means == "accept" for choice in snapshot.consent.choices):
        yield inapplicable("the banner asks for nothing")
        return
    certainty = None if snapshot.site.country in EUROPE else Certainty.LIKELY
    for vendor, told in _told(snapshot.hits, snapshot.cookies).items():
        yield failed(vendor, *told.excerpts(), certainty=certainty, tag=_name(vendor), told=told.words())


@check(needs={"hits", "cookies", "consent"})
def nothing_told_after_rejection(snapshot: Snapshot) -> Iterator[Observation]:
    """After the visitor has rejected and the page was opened again, nobody is told, and no such cookie is there.

    Consent Mode's pings without cookies (gcs=G100) are by design.
    """
    for vendor, told in _told(snapshot.hits, snapshot.cookies).items():
        yield failed(vendor, *told.excerpts(), tag=_name(vendor), told=told.words())


@check(needs={"hits", "requests", "consent"})
def told_after_acceptance(snapshot: Snapshot) -> Iterator[Observation]:
    """After the visitor has accepted, Google's tags say that it was granted, and a tag manager that runs sends something.

    Which tags must fire is the config's to say (`expect.tags`).
    """
    hits = [hit for hit in snapshot.hits if not hit.host_only]
    denied: dict[str, Hit] = {}
    for hit in hits:
        told = consent_signals.granted(hit.consent)
        if hit.vendor in consent_signals.GOOGLE and told.get("analytics_storage", told.get("ad_storage")) is False:
            denied.setdefault(hit.vendor, hit)
    granted = {hit.vendor for hit in hits if any(consent_signals.granted(hit.consent).values())}
    for vendor, hit in denied.items():
        if vendor in granted:
            continue  # a first ping before the answer was read; the ones after it are right
        said = ", ".join(f"{name}={value}" for name, value in hit.consent.items())
        yield failed(
            f"{vendor} denied",
            Excerpt("consent", said),
            tag=_name(vendor),
            fault="is still told that consent was denied",
        )
    known = vendors.load()
    told_of = [hit for hit in snapshot.hits if (row := known.get(hit.vendor)) and row.category in _NEEDS_CONSENT]
    container = next((one for one in snapshot.requests.items if "/gtm.js?" in one.url and 0 < one.status < 400), None)
    if container is not None and not told_of and not snapshot.requests.cut:
        if any(one.held is Held.WITHHELD for one in snapshot.requests.items) or unknown_collector(snapshot):
            yield cant_tell("an unknown endpoint was told something, which may be the container's own server", "silent")
            return
        yield failed(
            "silent",
            Excerpt("request", container.url[:300]),
            certainty=Certainty.LIKELY,
            tag="Every tag of Tag Manager's container",
            fault="stays silent",
        )


@check(needs={"pushes", "hits", "consent"})
def consent_mode_in_order(snapshot: Snapshot) -> Iterator[Observation]:
    """Consent Mode's default is set before anything is configured or sent. Without a default it is not used: that is no fault here.

    Consent tools may live in Tag Manager's container: then its start comes first and the default from its first trigger,
    before any tag. That is late only where a tag of Google's ran without knowing of it.
    """
    default = next((i for i, one in enumerate(snapshot.pushes) if one.consent_is == "default"), None)
    if default is None:
        yield inapplicable("Consent Mode is not used")
        return
    early = _sent_before(snapshot.hits, snapshot.pushes[default].at_ms)
    for one in snapshot.pushes[:default]:
        if one.command in ("config", "event") or (one.event == "gtm.js" and not one.command and early):
            what = f"gtag {one.command} {one.target or one.event}".strip() if one.command else "Tag Manager's start"
            yield failed("order", Excerpt("data layer", what, where=f"after {one.at_ms:.0f} ms"), before=what)
            return


def _sent_before(hits: tuple[Hit, ...], default_ms: float) -> bool:
    """Whether a page view of Google's was sent that says nothing of consent, before the default where its time is known."""
    return any(
        hit.vendor in consent_signals.GOOGLE
        and not hit.host_only
        and bool(hit.event)
        and "gcs" not in hit.consent
        and (default_ms < 0 or hit.started_ms < default_ms)
        for hit in hits
    )


@check(needs={"consent"})
def banner_offers_rejection(snapshot: Snapshot) -> Iterator[Observation]:
    """A banner whose first layer accepts offers to reject there too, unless it says that only necessary cookies are set.

    What laws outside Europe do not ask for is for review.
    """
    consent = snapshot.consent
    means = {choice.means for choice in consent.choices}
    if not consent.shown:
        yield inapplicable("no consent banner was seen")
    elif "accept" not in means:
        yield inapplicable("the banner asks for nothing")
    elif "reject" not in means:
        unknown = [choice.text for choice in consent.choices if not choice.means and not _POLICY.search(choice.text)]
        if unknown:
            yield cant_tell(f"what the banner's “{unknown[0][:60]}” means is not known")
            return
        accept = " ".join(choice.text for choice in consent.choices if choice.means == "accept")
        if says_only_necessary(consent.text, accept):
            yield inapplicable("the banner says that only necessary cookies are set")
            return
        offers = ", ".join(f"“{choice.text}”" for choice in consent.choices if choice.means)
        certainty = None if snapshot.site.country in EUROPE else Certainty.NEEDS_REVIEW
        yield failed("", Excerpt("banner", consent.text[:300]), certainty=certainty, offers=offers)


@check(needs={"consent"})
def answer_is_kept(snapshot: Snapshot) -> Iterator[Observation]:
    """The banner does not come back when the page is opened again with the answer given."""
    if snapshot.consent.shown_again:
        words = {"accept": "accepted", "reject": "rejected"}[snapshot.consent.asked or "reject"]
        pressed = ", ".join(snapshot.consent.clicks)
        yield failed(snapshot.consent.asked, Excerpt("pressed", pressed), answer=words)


@check(needs={"cookies", "visit"})
def cookies_end(snapshot: Snapshot) -> Iterator[Observation]:
    """Cookies of analytics and advertising end within thirteen months, as European authorities want; elsewhere nothing says so."""
    if snapshot.site.country not in EUROPE:
        yield inapplicable("the market is not known to be in Europe (market.country)")
        return
    try:
        now = datetime.fromisoformat(snapshot.visit.started_at).timestamp()
    except ValueError:
        yield cant_tell("it is not known when the page was opened")
        return
    found: dict[str, list[tuple[str, float]]] = {}
    for cookie in snapshot.cookies.items:
        known = known_cookies.load().known(cookie.name)
        days = (cookie.expires - now) / _DAY
        if known and known.purpose in known_cookies.OPTIONAL and days > _THIRTEEN_MONTHS:
            found.setdefault(known.vendor, []).append((cookie.name, days))
    for vendor, listed in found.items():
        names = ", ".join(name for name, _ in listed)
        yield failed(
            vendor,
            Excerpt("cookies", names),
            tag=_name(vendor),
            cookies=names,
            days=round(max(days for _, days in listed)),
        )


@check(needs={"hits"})
def privacy_signal_heard(snapshot: Snapshot) -> Iterator[Observation]:
    """With Global Privacy Control advertisers are told nothing, or told to restrict its use. Whether a law asks for it differs."""
    known = vendors.load()
    seen: set[str] = set()
    for hit in snapshot.hits:
        row = known.get(hit.vendor)
        if row is None or row.category not in ("ads", "social") or hit.vendor in seen or hit.host_only:
            continue
        if consent_signals.cookieless(hit.vendor, hit.consent) or _restricted(hit):
            continue
        seen.add(hit.vendor)
        yield failed(hit.vendor, Excerpt("hit", hit.url.partition("?")[0], where=hit.event), tag=_name(hit.vendor))


def _restricted(hit: Hit) -> bool:
    """Flags by which vendors are told to restrict: Meta's LDU, Google's rdp and npa, IAB's us_privacy."""
    consent = hit.consent
    return (
        "LDU" in consent.get("dpo", "")
        or consent.get("rdp") == "1"
        or consent.get("npa") == "1"
        or consent.get("us_privacy", "")[2:3] == "Y"
    )


class _Told:
    """What one vendor is told or leaves behind."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.cookies: list[Cookie] = []

    def words(self) -> str:
        parts = []
        if self.hits:
            events = sorted({hit.event for hit in self.hits if hit.event})
            parts.append(f"is told of the visit ({', '.join(events[:4])})" if events else "is told of the visit")
        if self.cookies:
            parts.append(f"sets {', '.join(sorted({cookie.name for cookie in self.cookies})[:6])}")
        return " and ".join(parts)

    def excerpts(self) -> Iterator[Excerpt]:
        for hit in self.hits[:2]:
            yield Excerpt("hit", hit.url.partition("?")[0], where=f"after {hit.started_ms:.0f} ms")
        for cookie in self.cookies[:4]:
            yield Excerpt("cookie", cookie.name, where=cookie.domain)


def _told(hits: tuple[Hit, ...], jar: Cookies) -> dict[str, _Told]:
    """Vendors that need consent, with their hits but pings without cookies, and their known cookies."""
    known = vendors.load()
    found: dict[str, _Told] = {}

    def counts(vendor: str) -> bool:
        row = known.get(vendor)
        return row is not None and row.category in _NEEDS_CONSENT and vendor not in _MAY_BE_EXEMPT

    for hit in hits:
        # of a connection met at the wall alone nobody knows what it would have said, nor surely which page asked for it
        if counts(hit.vendor) and not hit.host_only and not consent_signals.cookieless(hit.vendor, hit.consent):
            found.setdefault(hit.vendor, _Told()).hits.append(hit)
    for cookie in jar.items:
        row = known_cookies.load().known(cookie.name)
        if row and row.purpose in known_cookies.OPTIONAL and counts(row.vendor):
            found.setdefault(row.vendor, _Told()).cookies.append(cookie)
    return found


def _name(vendor: str) -> str:
    known = vendors.load().get(vendor)
    return known.name if known else vendor
