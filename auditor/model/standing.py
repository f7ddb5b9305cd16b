"""How a problem stands against an earlier run, and why where it is not the shop."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from auditor.model.words import Certainty, PageType, Severity


class State(StrEnum):
    """Of a problem from one run to the next. What nobody looked at again is never fixed."""

    NEW = "new"
    CHANGED = "changed"  # graver or milder, or its rule made it more or less certain
    KNOWN = "known"
    FIXED = "fixed"
    UNLOOKED = "unlooked"  # in what people read: not looked at again


class Why(StrEnum):
    """What besides the shop may be behind a state."""

    FIRST_RUN = "first_run"
    FIRST_LOOK = "first_look"  # no earlier run looked at these pages with this rule and these clients
    RULE_NEW = "rule_new"
    RULE_CHANGED = "rule_changed"  # its check or its options
    RULE_GONE = "rule_gone"
    GRADING_CHANGED = "grading_changed"  # severity or certainty in the rule
    PAGE_TYPE = "page_type"  # the pages are taken for another type now
    PAGE_GONE = "page_gone"  # the page answers 404 or 410 now, or leads elsewhere
    EXPORT_CHANGED = "export_changed"


class Standing(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A problem as it stands after a run; `unlooked` says why pages with it were not looked at again, with their number."""

    problem: str
    rule: str
    page_type: PageType
    target: str
    severity: Severity
    certainty: Certainty
    message: str
    state: State
    pages: int = 0  # with it now; of one that is gone: before
    pages_before: int = 0
    why: tuple[Why, ...] = ()
    unlooked: dict[str, int] = {}  # reason -> findings
    since: str = ""  # start of the run that saw it first
    before: str = ""  # severity and certainty before, where they changed: "moderate likely"

    @property
    def is_open(self) -> bool:
        """Seen now, or not known to be gone."""
        return self.state is not State.FIXED


class Comparison(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a run was compared with, and what differs besides the shop."""

    run: str = ""  # name of the earlier run; empty: there is none
    started_at: str = ""
    version: str = ""  # "0.1.0 -> 0.2.0" where it changed
    rules_new: tuple[str, ...] = ()
    rules_gone: tuple[str, ...] = ()
    rules_changed: tuple[str, ...] = ()
    config: tuple[str, ...] = ()  # "render.browsers: chromium, firefox -> chromium"
    exports: tuple[str, ...] = ()  # names of those that changed
    counts: dict[str, int] = {}  # state -> problems

    @classmethod
    def of(cls, data: dict[str, Any]) -> Comparison:
        return msgspec.convert(data, cls)
