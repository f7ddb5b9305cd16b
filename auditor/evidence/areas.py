"""Evidence of what a page's picture is made of: its blocks, one in the other, and the places that change from visit to visit."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Box


class Mask(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place that no two pictures have alike. `kind`: price, carousel, review, late, frame, ad, banner, fixed, animated,
    countdown, control (drawn by the browser itself), chosen (recommendations).

    `fixed` and `banner` stay on the screen: in a picture of the whole page they may stand at its end.
    """

    kind: str
    box: Box


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the page that is drawn. `parent`: place in the list, -1 for none; parents stand before their children.

    `kind`: group, text (`box` holds the words alone unless it is painted), picture, control. `painted`: it has a background or a
    border of its own.
    """

    parent: int
    label: str  # tag with id or readable class, else with those of what it is in
    kind: str
    box: Box
    font_px: float = 0.0
    painted: bool = False


class Areas(msgspec.Struct, frozen=True, kw_only=True):
    masks: tuple[Mask, ...] = ()
    blocks: tuple[Block, ...] = ()
    cut: bool = False  # the page had more of them
