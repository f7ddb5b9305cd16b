"""What a check says (observation), what becomes of it (finding), and what a person mends once (problem)."""

from __future__ import annotations

from typing import Any

import msgspec

from auditor.model.words import Certainty, Outcome, Owner, PageType, Severity


class Excerpt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of evidence a person can look at: a label ("shown", "markup"), the text as the site sent it, where it stood."""

    label: str
    text: str
    where: str = ""  # CSS path, JSON path, header name or line:column; for finding the place, never identity
    box: tuple[float, float, float, float] | None = None  # x, y, width, height in CSS pixels of the page


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One verdict of a check on one snapshot, page or site.

    `target` is what stays the same when the page is built again (SKU, destination URL, axe rule + role + name), never a
    CSS path or a line. `data` fills the rule's message. `page` is set by site checks only: the URL it belongs to.
    """

    outcome: Outcome = Outcome.FAILED
    target: str = ""
    data: dict[str, Any] = {}
    excerpts: tuple[Excerpt, ...] = ()
    reason: str = ""  # for cant_tell and inapplicable
    certainty: Certainty | None = None  # only ever lowers the rule's
    severity: Severity | None = None  # replaces the rule's, for checks that carry their own (axe)
    page: str = ""
    owner: Owner | None = None  # replaces the rule's: what stands in a vendor's frame is the vendor's
    seen_by: str = ""  # set by page and site checks that tell of one client's snapshots


def failed(
    target: str,
    *excerpts: Excerpt,
    certainty: Certainty | None = None,
    severity: Severity | None = None,
    page: str = "",
    owner: Owner | None = None,
    seen_by: str = "",
    **data: Any,
) -> Observation:
    """The check found a fault at `target`."""
    return Observation(Outcome.FAILED, target, data, excerpts, "", certainty, severity, page, owner, seen_by)


def cant_tell(reason: str, target: str = "", *, page: str = "") -> Observation:
    """The check could not decide, and why; read by people as "could not be checked".

    Of one target (wherever it is), or, told by a site check, of all that it tells of one `page`; of everything where it names neither.
    """
    return Observation(Outcome.CANT_TELL, target, reason=reason, page=page)


def inapplicable(reason: str) -> Observation:
    """There is nothing on this page for the check to look at."""
    return Observation(Outcome.INAPPLICABLE, reason=reason)


class Finding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A fault on a page. Identity: rule + page key + target key; clients and states are attributes."""

    id: str  # fingerprint, "F-" + 10 characters
    problem: str  # id of its problem, "P-" + 10 characters
    rule: str
    page: str  # page key
    url: str  # as fetched
    page_type: PageType
    target: str
    severity: Severity
    certainty: Certainty
    message: str
    data: dict[str, Any] = {}
    excerpts: tuple[Excerpt, ...] = ()
    clients: tuple[str, ...] = ()  # "http", "chromium/phone", …: where it was seen
    not_in: tuple[str, ...] = ()  # clients that looked at the same page and did not see it
    states: tuple[str, ...] = ()
    owner: Owner | None = None  # instead of the rule's
    asked: str = ""  # looks that must be taken again before it may be called fixed, parted by blanks


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a person mends once. Identity: rule + page type + target key; `pages` counts, `examples` shows three findings."""

    id: str
    rule: str
    page_type: PageType
    target: str
    severity: Severity
    certainty: Certainty
    pages: int
    message: str
    clients: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()  # finding ids


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule had an outcome with a client, and why where it could not tell."""

    rule: str
    client: str
    outcome: Outcome
    reason: str
    count: int
