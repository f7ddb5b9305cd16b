"""Evidence of pages and sitemaps that led to what is gone, asked for once more: whether they still lead there."""

from __future__ import annotations

from auditor.evidence.planned import Asked, Plan

PAGE, SITEMAP = "page", "sitemap"


class LinkSource(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """`leads_to` are the addresses that are gone, `taken_out` those of them to which it leads no longer."""

    kind: str = PAGE
    leads_to: tuple[str, ...] = ()
    taken_out: tuple[str, ...] = ()


class LinkSources(Plan, frozen=True, kw_only=True, omit_defaults=True):
    asked: tuple[LinkSource, ...] = ()
