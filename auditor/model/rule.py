"""A rule: which check, with which options, how grave, in which words; loaded from a pack."""

from __future__ import annotations

from typing import Any

import msgspec

from auditor.model.words import Answer, Certainty, On, Owner, PageType, Severity


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a rule pack. `id` is `pack/name`; `where` is the file:line it was read from."""

    id: str
    title: str
    severity: Severity
    certainty: Certainty
    owner: Owner
    check: str
    message: str
    why: str
    fix: str
    catalogue: tuple[str, ...] = ()
    on: On = On.BEST
    states: frozenset[Answer] = frozenset({Answer.NONE})  # of consent, in which it looks at browser snapshots
    page_types: frozenset[PageType] = frozenset()  # empty: every page of the storefront
    platforms: frozenset[str] = frozenset()  # empty: any
    options: dict[str, Any] = {}
    fix_on: dict[str, str] = {}  # platform -> how to mend it there
    refs: tuple[str, ...] = ()
    where: str = ""

    @property
    def pack(self) -> str:
        return self.id.partition("/")[0]
