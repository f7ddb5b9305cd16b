"""Checks of people's data: names and telephone numbers that tags are sent, and what a guest's page holds of somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from lxml.etree import _Element

from auditor.checks.registry import check
from auditor.facts.data_layer import leaves
from auditor.facts.personal import in_hit, kind_of, shown
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import host

_TELLS = frozenset({"analytics", "ads", "social", "session-replay", "tag-manager", "affiliate"})
_WORDS = {"phone": "telephone number", "name": "name"}
_MOST = 20_000
_MAIL = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}@([\w-]{1,63}(?:\.[\w-]{1,63})*\.[A-Za-z]{2,24})")
_STAND_IN = re.compile(
    r"(?i)(?:@|\.)(?:example(?:\.\w+)?|test|invalid|localhost|domain\.\w+|email\.\w+|mail\.\w+|company\.\w+|yourdomain\.\w+|website\.\w+)$"
    r"|^(?:info|hello|hallo|contact|kontakt|support|service|noreply|no-reply|shop|sales|office|customer\w*|your?\W?\w*|name|e?mail|user(?:name)?|john|jane|max|test|demo)@"
)
_MAIL_FIELD = re.compile(r"(?i)e?[-_]?mail|user_?name|login")
_CUSTOMER = re.compile(
    r"""(?i)["'](?:customer_?e?_?mail|user_?e?_?mail)["']\s*:\s*["'](?P<mail>[^"'\s]{5,120})["']"""
    r"""|["'](?:customer|visitor)["']\s*:\s*\{[^{}]{0,400}?["']e?_?mail["']\s*:\s*["'](?P<inner>[^"'\s]{5,120})["']"""
    r"""|["']?\b(?:customerData|customer_data|currentUser|current_user|loggedInUser|userData|user_data)["']?\s*[:=]\s*\{[^{}]{0,400}?["']?\be?_?mail["']?\s*:\s*["'](?P<named>[^"'\s]{5,120})["']"""
    r"""|dataLayer(?:\.push\(|\s*=\s*\[)[^;]{0,600}?["']?\buser["']?\s*:\s*\{[^{}]{0,400}?["']?\be?_?mail["']?\s*:\s*["'](?P<pushed>[^"'\s]{5,120})["']"""
)

# emailTo, mail_to, recipient, shop_email
_RECEIVER = re.compile(
    r"(?:(?<![a-z])|(?<=mail))(?i:to|recipients?|receiver|destination|dest|shop|store|admin|merchant|owner|support)(?![a-z])|(?<=[a-z])(?:To|Recipient|Receiver|Shop|Store|Admin|Merchant)(?![a-z])"
    r"|(?i:(?:recipient|receiver|friend|empfaenger|destinataire|destinatario)s?[-_]?e?[-_]?mail)"
)


@check(needs={"hits"})
def no_names_or_numbers_sent(snapshot: Snapshot) -> Iterator[Observation]:
    """No name and no telephone number of a person stands readable in the fields that are meant for them, nor in addresses that hits carry.

    Hashed is fine. Only known fields are looked at: what other fields hold is not guessed at. Values are not repeated.
    """
    known = vendors.load()
    hits = [hit for hit in snapshot.hits if (row := known.get(hit.vendor)) is not None and row.category in _TELLS]
    if not hits:
        yield inapplicable("no hit was seen")
        return
    seen: set[str] = set()
    for hit in hits:
        for kind, field, value in in_hit(hit.parameters):
            target = f"{hit.vendor} {kind}"
            if target not in seen:
                seen.add(target)
                row = known.get(hit.vendor)
                yield failed(
                    target,
                    Excerpt(field[:120], shown(value), where=hit.event),
                    tag=row.name if row else hit.vendor,
                    what=_WORDS[kind],
                    parameter=field[:120],
                )


@check(needs={"pushes"})
def no_visitor_named_in_data_layer(snapshot: Snapshot) -> Iterator[Observation]:
    """The data layer of a visitor who never logged in holds nobody's name and telephone number."""
    if snapshot.key.state.login:
        yield inapplicable("somebody is logged in")
        return
    seen: set[str] = set()
    for push in snapshot.pushes:
        if push.command == "event":
            continue  # what is sent with it is told of the hit
        for path, text in leaves(push.plain):
            kind = kind_of(path, text)
            if kind and kind not in seen:
                seen.add(kind)
                target = re.sub(r"\d+", "0", path)
                yield failed(target, Excerpt(path[:120], shown(text)), what=_WORDS[kind], field=path[:120])


@check(needs={"document"})
def no_visitor_in_page(snapshot: Snapshot) -> Iterator[Observation]:
    """The page that a guest is sent holds nobody's mail address: neither in a field that is filled in, nor in a script's data of the customer.

    The shop's own, stand-ins and examples are none. An address that the request carried is not the page's doing.
    """
    if snapshot.key.state.login:
        yield inapplicable("somebody is logged in")
        return
    shop = ".".join(host(snapshot.final_url).split(".")[-2:])
    told: set[str] = set()
    for where, mail in islice(_mails(snapshot), _MOST):
        match = _MAIL.fullmatch(mail)
        own = match is not None and (match[1].lower() == shop or match[1].lower().endswith(f".{shop}"))
        if match is None or own or _STAND_IN.search(mail) or mail in unquote(snapshot.url) or where in told:
            continue
        told.add(where)
        cached = next(
            (f"{name}: {value}" for name in ("x-cache", "cf-cache-status", "age") if (value := snapshot.header(name))),
            "",
        )
        seen = f"{mail[:1]}…@{match[1][:1]}…"
        yield failed(
            where, Excerpt(where, seen), *([Excerpt("header", cached[:120])] if cached else []), shown=seen, field=where
        )


def _mails(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Where a mail address of the visitor would stand, and what stands there."""
    for field in snapshot.document.tree.iter("input"):
        value = (field.get("value") or "").strip()
        if "@" in value and _asks_mail(field) and not _names_receiver(field):
            yield (field.get("name") or field.get("id") or "email")[:80], value
    for script in snapshot.document.tree.iter("script"):
        text = script.text or ""
        if "@" not in text or len(text) > 2_000_000:
            continue
        for match in islice(_CUSTOMER.finditer(text), 20):
            yield "script", next((one for one in match.groups() if one), "").replace("\\u0040", "@")


def _names_receiver(field: _Element) -> bool:
    """Whether it says who gets the form's mail rather than who writes it."""
    return any(_RECEIVER.search(field.get(name) or "") for name in ("name", "id"))


def _asks_mail(field: _Element) -> bool:
    if (field.get("type") or "text").lower() not in ("email", "text", "hidden"):
        return False
    return (field.get("type") or "").lower() == "email" or bool(
        _MAIL_FIELD.search(f"{field.get('name')} {field.get('id')}")
    )
