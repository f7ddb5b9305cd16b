"""Evidence of how the page reads: small type, texts cut off, what lies over the page at rest, what still waits."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Spot


class CutText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text of which part is hidden by its own box. `kind`: price, button, title, link. `designed`: with an ellipsis or lines counted."""

    kind: str
    spot: Spot
    hidden_px: float = 0.0  # of the wider of width and height
    designed: bool = False


class Overlay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What covers much of the screen at rest. `kind`: consent, age, dialog, fixed. `share` of the viewport, 0 to 1."""

    kind: str
    spot: Spot
    share: float
    closes: bool = False  # a control to close it was found in it


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    characters: int = 0  # of visible text
    small: int = 0  # of these, drawn below 12 CSS pixels
    small_spots: tuple[Spot, ...] = ()  # most characters first
    cut_texts: tuple[CutText, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    waiting: tuple[Spot, ...] = ()  # skeletons and spinners still to be seen
    cut: bool = False  # the page was too long to be read whole
