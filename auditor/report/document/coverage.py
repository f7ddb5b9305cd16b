"""The part of the result document about coverage: how much was seen, by whom, which rules judged, and what could not be checked."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from auditor.model.query import BY_SCRIPTS
from auditor.model.words import Certainty, Owner, Severity
from auditor.report.document.pieces import Counted


class ClientPart(msgspec.Struct, frozen=True, kw_only=True):
    """How many pages a client looked at, and why it could not look at others."""

    client: str  # http, chromium/desktop, …
    looked: int
    version: str = ""  # of the browser
    failed: tuple[Counted, ...] = ()


class NotChecked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rules that one reason kept from judging. `pages`: of the rule that lost most; rules overlap, so it is no sum.

    `kind`: failed (something went wrong or was unclear), no_browser (none was used), sample (left out on purpose).
    """

    kind: str
    reason: str
    rules: tuple[str, ...]  # ids
    pages: int


def seen_without_scripts(not_checked: Iterable[NotChecked]) -> int:
    """Pages that scripts make and no browser opened."""
    return max((one.pages for one in not_checked if one.reason == BY_SCRIPTS), default=0)


class TrapPart(msgspec.Struct, frozen=True, kw_only=True):
    """A source of very many addresses: how many were let in and left out, and where it began.

    `kind`: filters, signature, search, dates, pagination, deep, copies.
    """

    kind: str
    places: int  # listings, folders, combinations of filters: each has its budget
    followed: int  # addresses let in before the budget was used up
    left_out: int
    first_url: str  # of the place where most was left out
    began_on: str = ""  # the page that first linked there


class CoveragePart(msgspec.Struct, frozen=True, kw_only=True):
    """`share` is fetched / in scope, 0 to 1. `sentence` says it for a person.

    Of the fetched pages of the storefront `opened` were seen in a browser, `unopened` were left out of the sample, and the
    rest could not be opened. `unchanged` pages are as in the run before: findings that rest on them alone are from there.
    """

    sentence: str
    known: int
    fetched: int
    in_scope: int
    share: float
    complete: bool
    outcomes: dict[str, int]  # fetch outcome -> pages
    skipped: tuple[Counted, ...] = ()  # known and not fetched, by reason
    waiting: int = 0
    clients: tuple[ClientPart, ...] = ()
    unchecked: tuple[Counted, ...] = ()  # "rule: reason" that could not be checked -> snapshots; see not_checked
    templates: int = 0
    not_checked: tuple[NotChecked, ...] = ()  # by reason, what went wrong first
    opened: int = 0
    unopened: int = 0
    unchanged: int = 0
    traps: tuple[TrapPart, ...] = ()  # those that cost most first


class RulePart(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that judged, and how often it had which outcome (snapshots, all clients)."""

    id: str
    title: str
    severity: Severity
    certainty: Certainty
    owner: Owner
    passed: int = 0
    failed: int = 0
    cant_tell: int = 0
    inapplicable: int = 0
