"""Checks of who serves scripts where shoppers pay and log in, against the run before."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch

import msgspec

from auditor.checks.registry import check
from auditor.checks.third_parties import asks_for_secrets
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import host
from auditor.model.words import PageType, Scope, Severity

_TILL = frozenset({PageType.CART, PageType.CHECKOUT, PageType.ACCOUNT})
_MOST = 20_000  # snapshots
_SECRETS = "secrets"  # pages of other types on which a password or a card number is typed


class _Script(msgspec.Struct, frozen=True):
    page: str
    url: str


class _Seen(msgspec.Struct):
    """What pages of one kind loaded in one state of consent: host -> one of its scripts, of the first page by address."""

    scripts: dict[str, _Script] = {}
    whole: bool = True

    def add(self, snapshot: Snapshot) -> None:
        self.whole = self.whole and not snapshot.requests.cut
        for one in snapshot.requests.items:
            name = host(one.url)
            if one.third_party and one.type == "script" and name and not one.frame:
                known = self.scripts.get(name)
                if known is None or snapshot.url < known.page:
                    self.scripts[name] = _Script(snapshot.url, one.url)


@check(scope=Scope.SITE)
def script_hosts_as_before(run: SiteQuery) -> Iterator[Observation]:
    """Carts, checkouts, logins and pages that ask for secrets load scripts from hosts that the run before met on the shop.

    Compared by kind of page and state of consent; what was not opened then is not compared. Hosts of the config's list, further
    hosts of a vendor that was there, and names that differ in numbers only (cdn2 for cdn1) are not new. Scripts inside frames of
    others are theirs. A known vendor that is new is minor.
    """
    now, *_ = _seen(run)
    if not now:
        yield inapplicable("no cart, checkout or login was opened in a browser")
        return
    if run.before is None:
        yield inapplicable("there is no complete run before this one")
        return
    then, everywhere, opened = _seen(run.before)
    names = {_steady(name) for name in everywhere}
    met = {vendor for name, url in everywhere.items() if (vendor := _vendor(url))}
    told: set[tuple[str, str]] = set()
    for (kind, state), seen in sorted(now.items()):
        before = then.get((kind, state))
        if before is None:
            yield cant_tell("the run before opened no such page", f"{kind} {state}")
            continue
        if not before.whole:
            yield cant_tell("the run before could not keep all requests of such pages", f"{kind} {state}")
            continue
        allowed = run.site.allowed_hosts.get(kind, ())
        for name, script in sorted(seen.scripts.items()):
            if _steady(name) in names or any(fnmatch(name, pattern) for pattern in allowed) or (kind, name) in told:
                continue
            vendor = _vendor(script.url)
            if vendor and vendor in met:
                continue
            told.add((kind, name))
            yield failed(
                name,
                Excerpt("script", script.url[:300]),
                page=script.page,
                severity=Severity.MINOR if vendor else None,
                host=name,
                where=_WORDS.get(kind, "a page that asks for secrets"),
                opened=opened,
            )


_WORDS = {"cart": "the cart", "checkout": "the checkout", "account": "the account's pages"}


def _seen(run: SiteQuery) -> tuple[dict[tuple[str, str], _Seen], dict[str, str], int]:
    """By kind of page and state of consent; every host of others on the shop that served a script, with one of these; pages opened."""
    kinds: dict[tuple[str, str], _Seen] = defaultdict(_Seen)
    everywhere: dict[str, str] = {}
    opened: set[str] = set()
    for count, snapshot in enumerate(run.rendered()):
        if count >= _MOST:
            break
        if snapshot.missing("requests") is not None:
            continue
        opened.add(snapshot.url)
        for one in snapshot.requests.items:
            if one.third_party and one.type == "script":
                everywhere.setdefault(host(one.url), one.url)
        if kind := _kind(snapshot):
            kinds[kind, str(snapshot.key.state.answer)].add(snapshot)
    return dict(kinds), everywhere, len(opened)


def _kind(snapshot: Snapshot) -> str:
    if snapshot.page_type in _TILL:
        return str(snapshot.page_type)
    secret = snapshot.missing("document") is None and asks_for_secrets(snapshot, passwords=True)
    return _SECRETS if secret else ""


def _steady(name: str) -> str:
    return re.sub(r"\d+", "#", name)


def _vendor(url: str) -> str:
    row = vendors.load().serving(url)
    return row.id if row else ""
