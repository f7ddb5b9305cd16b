"""Evidence of what was planned to be asked of the shop once its pages were known: the plan, and what came of each part of it."""

from __future__ import annotations

import msgspec

from auditor.model.words import FetchOutcome


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One address. Without an outcome it was not asked for, and `reason` says why."""

    url: str
    outcome: FetchOutcome | None = None
    status: int = 0
    final_url: str = ""
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be asked for."""
        return self.outcome is None and not self.reason


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`reason`: why nothing was asked for."""

    asked: tuple[Asked, ...] = ()
    reason: str = ""
