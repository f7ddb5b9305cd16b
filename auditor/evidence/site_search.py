"""Evidence of the shop's own search: what it was asked for, and what came of it."""

from __future__ import annotations

import msgspec

from auditor.evidence.planned import Asked, Plan


class Search(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """One search; `url` is that of its results."""

    words: str
    product: str = ""  # address of the product whose name the words are; "" for words that the shop cannot know


class SiteSearch(Plan, frozen=True, kw_only=True, omit_defaults=True):
    asked: tuple[Search, ...] = msgspec.field(default=(), name="searches")
