"""Checks of others' scripts and hosts: dead ones, strangers where shoppers pay, recorders where shoppers type card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from auditor.checks.registry import check
from auditor.evidence.requests import NO_LOOKUP, NO_NAME, NO_NAMES, UNREACHED, Request
from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.urls import host
from auditor.model.words import Certainty, PageType

_CARD = re.compile(r"(?i)^cc-|card[-_]?num|^cvv$|^cvc$|security[-_]?code")
_RUNS = frozenset({"script", "stylesheet"})
_NAMED, _SHOWN = 6, 20  # hosts
_REFUSED = "ORB"  # Chromium's opaque response blocking: it tells no status


@check(needs={"requests"})
def third_parties_answer(snapshot: Snapshot) -> Iterator[Observation]:
    """Scripts and styles of others that the page asks for are there. What gave no answer may be this machine's doing, and says nothing.

    An HTML page that the browser refused to take for a script may be one for machines, so it is likely only.
    """
    asked = [one for one in snapshot.requests.items if one.third_party and one.type in _RUNS and not one.held]
    if not asked:
        yield inapplicable("nothing is loaded from others")
        return
    told: set[str] = set()
    for one in asked:
        # 401, 403, 407, 429 and 451 are said to machines; 408 and the 500s pass
        gone = one.status in (404, 410)
        html = one.status == 200 and bool(one.failure) and one.content_type.startswith("text/html")
        if not (name := host(one.url)) or name in told:
            continue
        if gone or html:
            told.add(name)
            yield failed(
                name,
                Excerpt("request", one.url[:300], where=one.failure or f"status {one.status}"),
                certainty=None if gone else Certainty.LIKELY,
                url=one.url.partition("?")[0][:200],
                status=f"{one.status}" if gone else "with HTML, so browsers refuse it",
            )
    for name in sorted({host(one.url) for one in asked if not one.status and _REFUSED in one.failure} - told):
        yield cant_tell("the browser refused what came in place of the file, and nothing more could be learnt", name)


@check(needs={"requests"})
def third_parties_exist(snapshot: Snapshot) -> Iterator[Observation]:
    """Hosts of others that the page loads scripts and styles from have an address.

    Believed only where another host of others answered the same page and a name that surely exists was found, so that this machine finds
    names at all. Of known vendors nothing is said: their names exist, and networks that filter advertising say that they don't.
    """
    asked = [one for one in snapshot.requests.items if one.third_party and one.type in _RUNS and not one.held]
    lost = {host(one.url): one for one in reversed(asked) if not one.status and one.failure == f"{UNREACHED}{NO_NAME}"}
    if not asked:
        yield inapplicable("nothing is loaded from others")
    elif any(one.failure == f"{UNREACHED}{NO_NAMES}" for one in asked):
        yield cant_tell("no other site could be reached from here")
    elif lost and not any(one.third_party and one.status and not one.held for one in snapshot.requests.items):
        yield cant_tell("no other host could be reached from here either")
    else:
        if any(one.failure == f"{UNREACHED}{NO_LOOKUP}" for one in asked):
            yield cant_tell("a name could not be looked up from here")
        known = vendors.load()
        for name, one in sorted(lost.items()):
            if known.match(one.url, one.method) is not None:
                yield cant_tell(
                    "the name of a known vendor was not found from here, which may be this network's filter", name
                )
            else:
                yield failed(name, Excerpt("request", one.url[:300], where=one.failure), host=name)


@check(needs={"document", "requests"})
def strangers_where_shoppers_pay(snapshot: Snapshot) -> Iterator[Observation]:
    """Where card numbers or passwords are typed, scripts come from hosts that the config lists; without a list, from vendors we know.

    Only scripts that came; those in frames of others can't read the page. Hosts that a list lacks are told one by one. Without a list
    they are told together, for review: `script_hosts_as_before` tells of a new one among them.
    """
    allowed = snapshot.site.allowed_hosts.get(snapshot.page_type)
    asks = asks_for_secrets(snapshot, passwords=True)
    if allowed is None and not asks and snapshot.page_type is not PageType.CHECKOUT:
        yield inapplicable("nothing secret is typed here")
        return
    came: dict[str, Request] = {}
    lost: dict[str, Request] = {}
    for one in snapshot.requests.items:
        if (
            one.third_party
            and one.type == "script"
            and not _in_frame_of_others(snapshot, one)
            and _stranger(one, allowed)
        ):
            if 0 < one.status < 400 and not one.failure:
                came.setdefault(host(one.url), one)
            elif one.failure.startswith(UNREACHED):
                lost.setdefault(host(one.url), one)
    for name in sorted(lost.keys() - came.keys()):
        yield cant_tell("a script could not be loaded from here", name)
    if allowed is not None:
        for name, one in came.items():
            yield failed(name, Excerpt("script", one.url[:300]), hosts=[name])
    elif came:
        excerpts = (Excerpt("script", one.url[:300]) for one in list(came.values())[:_SHOWN])
        more = [f"{len(came) - _NAMED} more"] if len(came) > _NAMED else []
        hosts = [*sorted(came)[:_NAMED], *more]
        yield failed("", *excerpts, certainty=Certainty.NEEDS_REVIEW, hosts=hosts)


def _stranger(one: Request, allowed: tuple[str, ...] | None) -> bool:
    if allowed is not None:
        return not any(fnmatch(host(one.url), pattern) for pattern in allowed)
    return vendors.load().match(one.url, one.method) is None


def _in_frame_of_others(snapshot: Snapshot, one: Request) -> bool:
    return one.frame.startswith(("https://", "http://")) and not snapshot.site.owns(one.frame)


@check(needs={"document", "requests", "hits"})
def no_recorder_at_the_till(snapshot: Snapshot) -> Iterator[Observation]:
    """Where card numbers are typed no session recorder runs. Recorders mask fields, if they are set up to: likely only."""
    if not asks_for_secrets(snapshot):
        yield inapplicable("no card number is typed here")
        return
    known = vendors.load()
    found: dict[str, str] = {hit.vendor: hit.url for hit in snapshot.hits if _records(hit.vendor)}
    for one in snapshot.requests.items:
        match = known.match(one.url, one.method) if one.third_party and one.status else None
        if match and _records(match.vendor):
            found.setdefault(match.vendor, one.url)
    for vendor, url in found.items():
        row = known.get(vendor)
        yield failed(vendor, Excerpt("request", url.partition("?")[0][:300]), tag=row.name if row else vendor)


def asks_for_secrets(snapshot: Snapshot, *, passwords: bool = False) -> bool:
    """Whether the page has a field for a card's number, or with `passwords` for one of these."""
    for field in snapshot.document.tree.iter("input"):
        if passwords and (field.get("type") or "").lower() == "password":
            return True
        if any(_CARD.search(field.get(name) or "") for name in ("autocomplete", "name", "id")):
            return True
    return False


def _records(vendor: str) -> bool:
    row = vendors.load().get(vendor)
    return row is not None and row.category == "session-replay"
