"""Evidence of the shop's own search: what it was asked for, and what came of it."""

from __future__ import annotations

import msgspec

from auditor.model.words import FetchOutcome


class Search(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One search. Without an outcome it was not made, and `reason` says why."""

    words: str
    url: str  # of the results
    product: str = ""  # address of the product whose name the words are; "" for words that the shop cannot know
    outcome: FetchOutcome | None = None
    status: int = 0
    final_url: str = ""
    reason: str = ""


class SiteSearch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`reason`: why nothing was searched for."""

    searches: tuple[Search, ...] = ()
    reason: str = ""
