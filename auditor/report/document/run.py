"""The part of the result document about the run itself: which it was, its verdict and budgets, and what it did to the shop."""

from __future__ import annotations

import msgspec

from auditor.report.document.pieces import Counted


class RunPart(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    site: str
    start_url: str
    environment: str
    started_at: str  # UTC, ISO 8601
    ended_at: str
    status: str  # complete | incomplete | interrupted | running
    stop_reason: str
    version: str  # of auditor


class BudgetPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limit and what was held against it: `state` is held, exceeded or unknown (could not be checked)."""

    name: str
    state: str
    limit: str
    value: float | None = None  # seconds, bytes, a share or a count
    pages: int = 0
    sentence: str = ""


class VerdictPart(msgspec.Struct, frozen=True, kw_only=True):
    """`sentence` is the verdict for a person; `exit_code` 0 clean, 1 gate failed, 3 could not be completed."""

    exit_code: int
    sentence: str
    reasons: tuple[str, ...] = ()  # why, in the order of what to do
    fail_on: str = ""  # severity the gate fails on, "" where everything is only reported
    certainty: str = ""
    min_coverage: float = 0.0
    baseline: str = ""  # what problems were held against; empty: nothing
    budgets: tuple[BudgetPart, ...] = ()
    expired: tuple[str, ...] = ()  # entries of the ignore list that ended
    unused: tuple[str, ...] = ()  # and those that fit nothing any more


class SideEffectsPart(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger: what the audit did and did not do to the shop and its vendors. Never more than is known."""

    sentence: str
    delivered: int  # recognised hits that went out (only with --deliver-beacons)
    answered: tuple[Counted, ...] = ()  # recognised hits held back, by vendor
    withheld: tuple[Counted, ...] = ()  # unclassified beacons, pings and third-party POSTs held back, by host
    refused: tuple[Counted, ...] = ()  # connections refused at the wall, by host
    unsafe_links: tuple[Counted, ...] = ()  # links seen and not followed, by what they would do
    requests: int = 0  # pages asked for by http
    visits: int = 0  # pages opened in browsers
    external: int = 0  # links to other sites asked for, once each
