"""Evidence of the keyboard's way: where Tab leads on a page, and whether a shopper sees where they are."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Spot


class Stop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An element that took the focus. `shown`: it, or what stands for it, lies on the screen then. `marked`: something looks otherwise than without.

    `holds`: neither Tab, Shift+Tab nor Escape and then Tab lead away from it.
    """

    spot: Spot
    role: str = ""  # link, button, field, or the element's own name
    name: str = ""
    shown: bool = True
    marked: bool = True
    holds: bool = False


class Focus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The stops in their order: the first of the page, then the first of its main part. `skipped` says why there are none."""

    stops: tuple[Stop, ...] = ()
    skipped: str = ""
