"""Checks of tags: what was seen to be sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from urllib.parse import parse_qsl, unquote, urlsplit

from auditor.checks.own_servers import unknown_collector
from auditor.checks.registry import check
from auditor.evidence.requests import Request, Requests
from auditor.facts.currency import CODES
from auditor.facts.snapshot import ExpectedTagFact, Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Certainty, Severity

_LOADS_TAGS = ("tag-manager", "analytics", "ads", "social", "consent")
_CENT = Decimal("0.01")
_READ_WHOLE = frozenset({"ga4", "meta"})
_ONCE = frozenset({"page_view", "view_item", "PageView", "ViewContent"})
_GTM = "google-tag-manager"
_CONTAINER = re.compile(r"GTM-[A-Z0-9]{4,12}")
_SHOPPING = frozenset(
    {"view_item", "add_to_cart", "remove_from_cart", "view_cart", "begin_checkout", "purchase", "add_to_wishlist"}
)
_TELLS = frozenset({"analytics", "ads", "social", "session-replay", "tag-manager", "affiliate"})
_MAIL = re.compile(
    r"(?<![\w.+-])([A-Za-z0-9][A-Za-z0-9._+-]{0,63})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,24})(?![\w-])"
)
_ROLE = re.compile(
    r"(?i)^(?:info|contact|kontakt|support|help|hello|hallo|hi|sales|shop|store|service|customer\w*|kundenservice|office|mail|team|press|privacy"
    r"|datenschutz|orders?|returns?|no-?reply|[0-9a-f]{32})$"
)
_VENDORS_OWN = ("google-analytics.com", ".google.com", "facebook.com", "facebook.net")
# where Shopify's custom pixels run; behind it stands the address of the page that the shopper sees
_SANDBOX = re.compile(r"/(?:wpm|web-pixels)@[^/]+/(?:custom|app)/web-pixel-[^/]+/sandbox(?:/(?:modern|legacy))?")
# what browsers are told to remember for attribution, beside the hit itself: Meta's and Google's, with the same parameters
_ATTRIBUTION = re.compile(r"/privacy[-_]sandbox/")
# pushed by a container that runs, whatever address it came from
_CONTAINER_RUNS = frozenset({"gtm.dom", "gtm.load"})
_PICTURE = re.compile(r"(?i)^\dx\.|\.(?:png|jpe?g|webp|gif|svg|avif|js|css)$")
_EXAMPLE = re.compile(r"(?i)(?:^|\.)(?:example(?:\.\w+)?|test|invalid)$")


@check(needs={"hits", "requests", "visit", "consent", "pushes"})
def expected_tags_seen(snapshot: Snapshot) -> Iterator[Observation]:
    """Every tag that the config expects on this page type sent at least one hit, from one of its ids where they are given.

    What is known is that nothing was seen while the page was watched. Where the script that would have sent it could not be
    loaded from here, or requests were cut off, nobody knows; where a consent tool stands before the tags, it is likely only.
    A tag that waits for a banner's answer is right: then the pages opened with consent accepted tell.
    """
    wanted = [tag for tag in snapshot.site.expected_tags if not tag.page_types or snapshot.page_type in tag.page_types]
    if not wanted:
        yield inapplicable("no tag is expected here")
        return
    unloaded = [request for request in snapshot.requests.items if failed_loader(request)]
    for tag in wanted:
        hits = [hit for hit in snapshot.hits if hit.vendor == tag.vendor]
        ids = {hit.account for hit in hits}
        if tag.vendor == _GTM:  # a container sends nothing itself
            ids |= {name for name, request in containers(snapshot.requests).items() if _answered(request)}
        if ids & set(tag.ids) or (ids and not tag.ids):
            continue
        if snapshot.key.state.answer == "none" and snapshot.consent.shown:
            yield _waits(snapshot, tag)
        elif snapshot.requests.cut:
            yield cant_tell("too many requests to keep them all", tag.vendor)
        elif tag.vendor == _GTM and not ids and any(one.event in _CONTAINER_RUNS for one in snapshot.pushes):
            yield cant_tell("a container runs, and came from an address that does not say which it is", tag.vendor)
        elif not hits and tag.vendor != _GTM and (server := unknown_collector(snapshot)):
            yield cant_tell(
                f"{server} was told something in a shape that nobody knows (expect.tags: endpoints)", tag.vendor
            )
        elif tag.ids and _unread(hits, snapshot.requests):
            yield cant_tell("a request to it was seen, and not to which account", tag.vendor)
        elif unloaded:
            yield cant_tell(
                f"a tag script could not be loaded from here: {unloaded[0].url.partition('?')[0]}", tag.vendor
            )
        else:
            yield _unseen(snapshot, tag, sorted(ids - {""}))


def _unread(hits: list[Hit], requests: Requests) -> bool:
    """Whether a hit's account is not known."""
    return any(own_at_the_wall(hit, requests) if hit.host_only else not hit.account for hit in hits)


def own_at_the_wall(hit: Hit, requests: Requests) -> bool:
    """Whether a connection met at the wall alone may be this page's: it may be another's, unless something here would make it."""
    known = vendors.load()
    loaded = {match.vendor for one in requests.items if one.status and (match := known.match(one.url, one.method))}
    managed = any((row := known.get(vendor)) is not None and row.category == "tag-manager" for vendor in loaded)
    return hit.host_only and (managed or hit.vendor in loaded)


def _waits(snapshot: Snapshot, tag: ExpectedTagFact) -> Observation:
    if "accept" in snapshot.site.answers:
        return inapplicable("tags may wait for the consent banner's answer; pages opened with consent accepted tell")
    return cant_tell("tags may wait for the consent banner's answer, and consent was not accepted", tag.vendor)


def _unseen(snapshot: Snapshot, tag: ExpectedTagFact, others: list[str]) -> Observation:
    known = vendors.load().get(tag.vendor)
    excerpts = [Excerpt("ids seen instead", ", ".join(others))] if others else []
    asks = snapshot.key.state.consent == "none" and _consent_tool(snapshot)
    return failed(
        tag.vendor,
        *excerpts,
        certainty=Certainty.LIKELY if asks else None,
        tag=known.name if known else tag.vendor,
        ids=" or ".join(tag.ids) or "any id",
        seconds=round(snapshot.visit.watched_ms / 1000, 1),
        consent=consent_words(snapshot),
    )


def consent_words(snapshot: Snapshot) -> str:
    said = snapshot.key.state.answer
    words = {
        "none": "as found",
        "accept": "accepted",
        "reject": "rejected",
        "gpc": "as found under Global Privacy Control",
    }
    return words.get(said, said)


def failed_loader(request: Request) -> bool:
    """A script of a tag vendor that gave no answer at all."""
    if request.status or request.type != "script" or not request.third_party or request.held:
        return False
    match = vendors.load().match(request.url, request.method)
    known = vendors.load().get(match.vendor) if match else None
    return known is not None and known.category in _LOADS_TAGS


def _consent_tool(snapshot: Snapshot) -> bool:
    known = vendors.load()
    matches = (
        known.match(request.url, request.method)
        for request in snapshot.requests.items
        if request.type in ("script", "stylesheet")
    )
    return any(
        match is not None and (found := known.get(match.vendor)) is not None and found.category == "consent"
        for match in matches
    )


@check(needs={"hits"})
def hits_sent_once(snapshot: Snapshot) -> Iterator[Observation]:
    """No page view or product view is sent twice to one account: same event, page, products and consent.

    Only hits whose account is known count, and only of vendors whose hits are read whole. What is wholly the same, to the
    last parameter, is one hit sent again; so is what Meta knows by one event id. Two servers may be a move from one to the
    other: likely only.
    """
    hits = [
        hit
        for hit in snapshot.hits
        if hit.vendor in _READ_WHOLE
        and hit.account
        and hit.event in _ONCE
        and not hit.body_missing
        and not hit.host_only
        and not _ATTRIBUTION.search(hit.url)
    ]
    if not hits:
        yield inapplicable("no page view or product view was seen")
        return
    groups: dict[tuple[str, ...], list[Hit]] = {}
    for hit in hits:
        groups.setdefault(_event_key(hit), []).append(hit)
    for group in groups.values():
        hit = group[0]
        different = {_itself(hit) for hit in group}
        if len(different) < 2:
            continue
        servers = {_server(one) for one in group}
        each = {server: {_itself(one) for one in group if _server(one) == server} for server in servers}
        yield failed(
            f"{hit.vendor} {hit.account} {hit.event}",
            *(Excerpt("hit", hit.url.partition("?")[0], where=f"after {one.started_ms:.0f} ms") for one in group[:4]),
            certainty=Certainty.LIKELY if all(len(sent) < 2 for sent in each.values()) else None,
            tag=_name(hit.vendor),
            event=hit.event,
            account=hit.account,
            count=len(different),
        )


@check(needs={"hits"})
def accounts_known(snapshot: Snapshot) -> Iterator[Observation]:
    """Tags report to the ids that the config lists, and to no other. Where none of these is seen, `expected_tags_seen` says it."""
    ids: dict[str, set[str]] = {}
    for tag in snapshot.site.expected_tags:
        if tag.ids:
            ids.setdefault(tag.vendor, set()).update(tag.ids)
    if not ids:
        yield inapplicable("the config lists no ids")
        return
    for vendor, known in ids.items():
        seen = {hit.account for hit in snapshot.hits if hit.vendor == vendor and hit.account}
        if not seen & known:
            continue
        for account in sorted(seen - known):
            yield failed(
                f"{vendor} {account}",
                Excerpt("ids in the config", ", ".join(sorted(known))),
                tag=_name(vendor),
                account=account,
                known=sorted(known),
            )


@check(needs={"requests"})
def containers_sound(snapshot: Snapshot) -> Iterator[Observation]:
    """Tag Manager's containers answer, are those that the config lists (where it lists any), and there is one of them.

    Two may be meant (a shop's and its agency's): likely only. A request without any answer says nothing.
    """
    found = containers(snapshot.requests)
    if not found:
        yield inapplicable("no container of Tag Manager was asked for")
        return
    known = {one for tag in snapshot.site.expected_tags if tag.vendor == _GTM for one in tag.ids}
    for name, request in found.items():
        excerpt = Excerpt("request", request.url[:300], where=f"status {request.status}")
        if request.status >= 400:
            yield failed(
                f"dead {name}", excerpt, name=name, fault=f"answers {request.status}, so none of its tags runs"
            )
        elif known and name not in known and known & set(found):
            fault = f"is none of those that the config lists ({', '.join(sorted(known))})"
            yield failed(f"unknown {name}", excerpt, name=name, fault=fault)
    alive = sorted(name for name, request in found.items() if _answered(request))
    if len(alive) > 1 and not set(alive) <= known:
        yield failed(
            " ".join(alive),
            Excerpt("containers", ", ".join(alive)),
            certainty=Certainty.LIKELY,
            severity=Severity.MINOR,
            name=alive[0],
            fault=f"is not the only one: {', '.join(alive[1:])} is loaded too",
        )


def containers(requests: Requests) -> dict[str, Request]:
    """Container id -> the request for its script, the answered one of several."""
    found: dict[str, Request] = {}
    for request in requests.items:
        parts = urlsplit(request.url) if "GTM-" in request.url else None
        if parts is None or request.frame:
            continue
        # Google's gateway on a host of the shop serves it from a path of the shop's choice
        if not parts.path.endswith(("/gtm.js", "/gtag/js")) and not (
            request.type == "script" and not request.third_party
        ):
            continue
        match = _CONTAINER.fullmatch(dict(parse_qsl(parts.query)).get("id", ""))
        if match and (match[0] not in found or not found[match[0]].status):
            found[match[0]] = request
    return found


def _answered(request: Request) -> bool:
    return 0 < request.status < 400


@check(needs={"hits", "shown_prices"})
def product_view_priced(snapshot: Snapshot, *, vendor: str = "ga4", event: str = "view_item") -> Iterator[Observation]:
    """The vendor's product view carries the value and the currency that the page shows. Several products at once can't be compared."""
    views = [hit for hit in snapshot.hits if hit.vendor == vendor and hit.event == event and len(hit.items) <= 1]
    if not views:
        yield inapplicable(f"no {event} of one product was seen")
        return
    main = snapshot.shown_prices.main
    if main is None or main.high is not None or main.role != "now":
        yield cant_tell("no single main price was found in the page")
        return
    seen: set[str] = set()
    for hit in views:
        currency = hit.currency.upper()
        if currency and main.currency and currency != main.currency:
            target, sent, shown = "currency", currency, main.currency
        elif hit.amount is not None and abs(hit.amount - main.amount) >= _CENT:
            target, sent, shown = "value", f"{hit.amount:f}", f"{main.amount:f}"
        else:
            continue
        if target not in seen:
            seen.add(target)
            yield failed(target, Excerpt("shown", main.text, where=main.selector), what=target, sent=sent, shown=shown)


@check(needs={"hits"})
def ga4_events_valid(snapshot: Snapshot) -> Iterator[Observation]:
    """GA4's shopping events have a currency with their value, numbers that are numbers, and products with an id or a name.

    A product view that names none at all, and beside which no other does, is likely only: a server may add it.
    """
    hits = [hit for hit in snapshot.hits if hit.vendor == "ga4" and hit.event in _SHOPPING and not hit.body_missing]
    if not hits:
        yield inapplicable("no shopping event was seen")
        return
    seen: set[str] = set()
    for hit in hits:
        for target, fault in _ga4_faults(hit):
            key = f"{hit.event} {target}"
            if key not in seen:
                seen.add(key)
                yield failed(
                    key, Excerpt("hit", f"value {hit.value}, currency {hit.currency}"), event=hit.event, fault=fault
                )
    views = [hit for hit in hits if hit.event == "view_item"]
    if views and not any(hit.items for hit in views):
        said = Excerpt("hit", f"value {views[0].value}, currency {views[0].currency}")
        yield failed("view_item items", said, certainty=Certainty.LIKELY, event="view_item", fault="names no product")


@check(needs={"hits"})
def no_mail_addresses_sent(snapshot: Snapshot) -> Iterator[Observation]:
    """No mail address of a person stands readable in what is sent to analytics and advertising; the shop's own may.

    Addresses are never repeated. Hashed ones, retina file names and keys of error trackers are none.
    """
    known = vendors.load()
    hits = [hit for hit in snapshot.hits if (row := known.get(hit.vendor)) is not None and row.category in _TELLS]
    if not hits:
        yield inapplicable("no hit was seen")
        return
    shop = ".".join(host(snapshot.final_url).split(".")[-2:])
    seen: set[str] = set()
    for hit in hits:
        for name, value in hit.parameters.items():
            for match in islice(_MAIL.finditer(unquote(value)), 5):
                person, domain = match[1], match[2].lower()
                if _ROLE.match(person) or domain.endswith(shop) or _PICTURE.search(domain) or _EXAMPLE.search(domain):
                    continue
                target = f"{hit.vendor} {name}"
                if target not in seen:
                    seen.add(target)
                    shown = f"{person[:1]}…@{domain[:1]}…"
                    yield failed(target, Excerpt(name, shown), tag=_name(hit.vendor), parameter=name, shown=shown)


def _server(hit: Hit) -> str:
    """Its host; the vendor's own, of which there are many, are one."""
    name = host(hit.url)
    return "" if name.endswith(_VENDORS_OWN) else name


def _itself(hit: Hit) -> tuple[tuple[str, str], ...]:
    """What makes a hit one of its own: all it says, or the id that Meta counts it once by."""
    event_id = hit.parameters.get("eid", "") if hit.vendor == "meta" else ""
    return (("eid", event_id),) if event_id else tuple(sorted(hit.parameters.items()))


def _event_key(hit: Hit) -> tuple[str, ...]:
    page = next(
        (hit.parameters[name] for name in ("dl", "page.url", "context.page.url") if hit.parameters.get(name)), ""
    )
    page = _SANDBOX.sub("", page)
    consent = hit.parameters.get("gcs", "")
    return (hit.vendor, hit.account, hit.event, page, consent, hit.value, *(item.id for item in hit.items))


def _ga4_faults(hit: Hit) -> Iterator[tuple[str, str]]:
    if hit.value and hit.amount is None:
        yield "value", f"has the value “{hit.value[:40]}”, which is no number"
    if hit.value and not hit.currency:
        yield "currency", "has a value and no currency"
    elif hit.currency and hit.currency.upper() not in CODES:
        yield "currency", f"has the currency “{hit.currency[:20]}”, which is no code of ISO 4217"
    if any(not item.id and not item.name for item in hit.items):
        yield "item", "has a product with neither id nor name"
    if any(item.price and _decimal(item.price) is None for item in hit.items):
        yield "price", "has a product whose price is no number"


def _decimal(written: str) -> Decimal | None:
    try:
        return Decimal(written.strip())
    except InvalidOperation:
        return None


def _name(vendor: str) -> str:
    known = vendors.load().get(vendor)
    return known.name if known else vendor
