"""Evidence of layout: how wide the page is against its viewport, and which elements make it so."""

from __future__ import annotations

import msgspec

Box = tuple[float, float, float, float]


class Culprit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An outermost element that reaches past the right edge and is not clipped by an ancestor."""

    selector: str
    label: str  # tag with id or readable class, no build hashes: "table.size-chart"
    html: str = ""
    box: Box = (0, 0, 0, 0)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    viewport: tuple[int, int]
    page: tuple[int, int]  # scrollWidth, scrollHeight of the document
    scrolls_sideways: bool = False  # a sideways scroll was tried and moved
    scrolled_px: int = 0
    culprits: tuple[Culprit, ...] = ()
