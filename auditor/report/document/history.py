"""The part of the result document about earlier runs: how this one stands against the one before, and the trend."""

from __future__ import annotations

import msgspec

from auditor.model.words import Certainty, PageType, Severity
from auditor.report.document.pieces import Counted


class StandingPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem of an earlier run that this one has not: fixed, or not looked at again."""

    id: str
    rule: str
    severity: Severity
    certainty: Certainty
    page_type: PageType
    target: str
    message: str
    pages: int
    since: str = ""  # start of the run that saw it first
    why: tuple[str, ...] = ()  # what besides the shop may be behind it
    unlooked: tuple[Counted, ...] = ()  # why its pages were not looked at again


class TrendPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run in the line of its site, oldest first in the document."""

    run: str
    started_at: str
    pages: int
    severities: dict[str, int] = {}  # severity -> problems
    new: int | None = None  # None: there was nothing to compare it with
    fixed: int | None = None


class EndingPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that ends. `kind`: certificate, page (a day that it names), offer, sale (of an export), ignore."""

    day: str  # ISO 8601
    what: str
    kind: str = ""
    url: str = ""


class HistoryPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the run stands against the one before it. `run` is empty where there is none."""

    run: str = ""
    started_at: str = ""
    counts: dict[str, int] = {}  # new | changed | known | fixed | unlooked -> problems
    differences: tuple[str, ...] = ()  # what the two differ in besides the shop
    fixed: tuple[StandingPart, ...] = ()  # worst first; at most 200, as unlooked
    unlooked: tuple[StandingPart, ...] = ()
    trend: tuple[TrendPart, ...] = ()
    trend_rules: dict[str, tuple[int, ...]] = {}  # rule -> problems, run by run as in `trend`; those that changed most
    endings: tuple[EndingPart, ...] = ()  # within 14 days of the run
    later: tuple[EndingPart, ...] = ()  # after these; the first 500
