"""Evidence of what a page looks like at a glance: what is kept of the shop's page for an address that cannot exist."""

from __future__ import annotations

import msgspec


class Look(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`digest` and `words` are those of its main part (facts.contents)."""

    title: str = ""
    h1: str = ""
    digest: str = ""
    words: int = 0
    counters: tuple[str, ...] = ()  # ids of the vendors that count page views and that its HTML starts
    told: str = ""  # what its scripts say of an error
