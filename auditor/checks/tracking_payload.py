"""Checks of what tags say: names GA4 takes, what Meta needs of a product, events the config expects, personal data in the data layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from auditor.checks.registry import check
from auditor.facts.data_layer import leaves
from auditor.facts.snapshot import Snapshot
from auditor.facts.tracking import Hit
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host

_GA4_NAME = re.compile(r"[A-Za-z]\w{0,39}", re.ASCII)
_GA4_OWN = re.compile(r"(?:^|&)ep(?:n)?\.")
_MOST_PARAMETERS = 25
_MAIL = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63})*\.[A-Za-z]{2,24}")
_PERSON = re.compile(r"(?i)(?:^|[._])(?:customer|user|visitor|account|member|client|login)[\w]*(?:[._]|$)")
_FIELD = re.compile(r"(?i)(?:^|[._])(?:e?_?mail|email_?address|customer_?e?mail|user_?e?mail)$")
_STAND_IN = re.compile(
    r"(?i)(?:^|@|\.)(?:example(?:\.\w+)?|test|invalid|localhost)$|^(?:info|hello|contact|support|service|noreply|no-reply|shop|sales)@"
)


@check(needs={"hits"})
def ga4_names_taken(snapshot: Snapshot) -> Iterator[Observation]:
    """GA4 takes names of letters, digits and underscores that begin with a letter, up to 40; and 25 parameters of an event's own."""
    hits = [hit for hit in snapshot.hits if hit.vendor == "ga4" and hit.event and hit.account.startswith("G-")]
    if not hits:
        yield inapplicable("no event of GA4 was seen")
        return
    seen: set[str] = set()
    for hit in hits:
        own = [name for name in hit.parameters if _GA4_OWN.match(name)]
        if not _GA4_NAME.fullmatch(hit.event):
            fault = "has a name that GA4 does not take"
        elif len(own) > _MOST_PARAMETERS:
            fault = f"has {len(own)} parameters of its own; GA4 keeps {_MOST_PARAMETERS}"
        else:
            continue
        if hit.event not in seen:
            seen.add(hit.event)
            yield failed(
                hit.event, Excerpt("hit", hit.url.partition("?")[0], where=hit.event), event=hit.event[:60], fault=fault
            )


_LACKS: dict[str, Callable[[Hit], bool]] = {
    "content_ids": lambda hit: not hit.items,
    "content_type": lambda hit: not hit.parameters.get("cd[content_type]"),
    "currency": lambda hit: bool(hit.value) and not hit.currency,
    "a number as its value": lambda hit: bool(hit.value) and hit.amount is None,
}


@check(needs={"hits"})
def meta_product_complete(snapshot: Snapshot) -> Iterator[Observation]:
    """Meta's ViewContent names products that a catalogue can know: content_ids or contents, and content_type; a currency with a value, which is a number."""
    views = [
        hit for hit in snapshot.hits if hit.vendor == "meta" and hit.event == "ViewContent" and not hit.body_missing
    ]
    if not views:
        yield inapplicable("no ViewContent was seen")
        return
    for what, lacks in _LACKS.items():
        # a pixel of an app may send a bare ViewContent beside the theme's whole one, to another account
        accounts = {hit.account for hit in views if lacks(hit)} - {hit.account for hit in views if not lacks(hit)}
        for account in sorted(accounts):
            yield failed(f"{account} {what}", Excerpt("account", account), account=account, what=what)


@check(needs={"hits", "requests", "consent"})
def expected_events_sent(snapshot: Snapshot) -> Iterator[Observation]:
    """What the config says of events: each is sent on its page type, with its parameters. Where the tag itself is not seen, another rule tells."""
    wanted = [tag for tag in snapshot.site.expected_tags if tag.events.get(snapshot.page_type) or tag.parameters]
    if not wanted:
        yield inapplicable("the config expects no events here")
        return
    for tag in wanted:
        hits = [hit for hit in snapshot.hits if hit.vendor == tag.vendor and (not tag.ids or hit.account in tag.ids)]
        if not hits or (snapshot.key.state.answer == "none" and snapshot.consent.shown):
            continue
        for event in tag.events.get(snapshot.page_type, ()):
            if event in {hit.event for hit in hits}:
                continue
            if any(hit.body_missing or hit.host_only for hit in hits) or snapshot.requests.cut:
                yield cant_tell("not every hit could be read", f"{tag.vendor} {event}")
            else:
                yield failed(f"{tag.vendor} {event}", tag=_name(tag.vendor), event=event, fault="is not sent")
        for event, names in tag.parameters.items():
            for hit in (hit for hit in hits if hit.event == event):
                lacking = [name for name in names if not _has(hit, name)]
                if lacking:
                    fault = f"lacks {', '.join(lacking)}"
                    yield failed(f"{tag.vendor} {event} {lacking[0]}", tag=_name(tag.vendor), event=event, fault=fault)
                    break


@check(needs={"hits", "requests"})
def vendors_allowed(snapshot: Snapshot) -> Iterator[Observation]:
    """Nobody is told anything but the vendors that the config lists."""
    allowed = snapshot.site.allowed_vendors
    if allowed is None:
        yield inapplicable("the config does not say which vendors may be told")
        return
    for vendor in dict.fromkeys(hit.vendor for hit in snapshot.hits if not hit.host_only):
        if vendor not in allowed:
            first = next(hit for hit in snapshot.hits if hit.vendor == vendor)
            yield failed(vendor, Excerpt("hit", first.url.partition("?")[0]), tag=_name(vendor))


@check(needs={"pushes"})
def no_visitor_in_data_layer(snapshot: Snapshot) -> Iterator[Observation]:
    """The data layer of a visitor who never logged in holds nobody's mail address: one that is there belongs to somebody else.

    Only fields that speak of a person count, never the shop's own address, stand-ins or hashes. Addresses are not repeated.
    """
    if snapshot.key.state.login:
        yield inapplicable("somebody is logged in")
        return
    shop = ".".join(host(snapshot.final_url).split(".")[-2:])
    for push in snapshot.pushes:
        for path, text in leaves(push.plain):
            about = _FIELD.search(path) and _PERSON.search(path)
            if (
                not about
                or not _MAIL.fullmatch(text)
                or _STAND_IN.search(text)
                or text.lower().endswith((f"@{shop}", f".{shop}"))
            ):
                continue
            shown = f"{text[:1]}…@{text.partition('@')[2][:1]}…"
            yield failed(re.sub(r"\d+", "0", path), Excerpt(path[:120], shown), field=path[:120], shown=shown)
            return


def _has(hit: Hit, name: str) -> bool:
    stands = {"value": hit.value, "currency": hit.currency, "items": hit.items, "transaction_id": hit.transaction}
    return bool(stands.get(name)) or any(
        hit.parameters.get(at)
        for at in (name, f"ep.{name}", f"epn.{name}", f"cd[{name}]", f"properties.{name}", f"ed.{name}")
    )


def _name(vendor: str) -> str:
    known = vendors.load().get(vendor)
    return known.name if known else vendor
