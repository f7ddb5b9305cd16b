"""Evidence of addresses that the shop gave to no page, and that its software may take for a page's all the same."""

from __future__ import annotations

from auditor.evidence.look import Look
from auditor.evidence.planned import Asked, Plan

WORD = "auditor-probe"  # stands in each where the shop's own words would


class WrongAddress(Asked, frozen=True, kw_only=True, omit_defaults=True):
    """`page` is the address that the shop gave the page, `kind` its type. What answered is kept at a glance, where it was a page."""

    page: str
    kind: str
    look: Look | None = None
    canonicals: tuple[str, ...] = ()  # of head and headers, resolved, each once
    noindex: bool = False


class WrongAddresses(Plan, frozen=True, kw_only=True, omit_defaults=True):
    asked: tuple[WrongAddress, ...] = ()
