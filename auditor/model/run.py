"""A run: one audit of one site, and what it covered."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from auditor.model.words import FetchOutcome

CHOSEN = "chosen: "  # begins the reason of an address that the config leaves out


class RunStatus(StrEnum):
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"


class Run(msgspec.Struct, kw_only=True):
    """One row of `runs`. Times are UTC, ISO 8601. People name a run by its `name`."""

    id: int
    name: str  # shop.example-20261122-2008
    site: str  # host, or the name the config gives
    start_url: str
    environment: str
    started_at: str
    ended_at: str = ""
    status: RunStatus = RunStatus.RUNNING
    stage: str = "preflight"
    version: str = ""
    config: str = "{}"  # the effective config as JSON, secrets left out
    stop_reason: str = ""  # why it ended before its time
    kind: str = "site"  # site | page | recheck: only runs of the whole site are compared with one another


class Coverage(msgspec.Struct, kw_only=True):
    """What was looked at and what was not; the base of every sentence about coverage."""

    known: int = 0  # page URLs known (frontier included), assets and off-site links excluded
    fetched: int = 0  # fetch outcome ok or site_error
    outcomes: dict[str, int] = {}  # fetch outcome -> pages
    skipped: dict[str, int] = {}  # reason -> URLs known and not fetched on purpose
    waiting: int = 0  # URLs known and not fetched yet
    rendered: dict[str, int] = {}  # client -> snapshots
    render_failed: dict[str, int] = {}  # "chromium/phone: reason" -> snapshots

    @property
    def in_scope(self) -> int:
        """Pages that should have been looked at: all that are known but those skipped on purpose."""
        return self.fetched + self.gaps + self.waiting

    @property
    def gaps(self) -> int:
        """Pages asked for that gave no page: blocked, rate limited, timed out, unreachable."""
        answered = (FetchOutcome.OK, FetchOutcome.SITE_ERROR, FetchOutcome.SKIPPED)
        return sum(count for outcome, count in self.outcomes.items() if outcome not in answered)

    @property
    def share(self) -> float:
        """Fetched pages of those in scope, 0 to 1; 0 when nothing was in scope."""
        return self.fetched / self.in_scope if self.in_scope else 0.0

    @property
    def left_out(self) -> int:
        """Pages that the config leaves out: limits, patterns, links that are not followed."""
        return sum(count for reason, count in self.skipped.items() if reason.startswith(CHOSEN))

    @property
    def complete(self) -> bool:
        return self.in_scope > 0 and self.fetched == self.in_scope
