"""Evidence of what moves by itself on a page: slides, running text, videos; and whether something beside it pauses them."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Spot

ONE_A_TEMPLATE = "watched on one page of each template"
NOT_ALONE = "what moves by itself is watched by auditor run, which takes seconds more"


class Mover(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that moved by itself more than five seconds after the page was there, or runs without an end. `kind`: slides, text or video.

    `changes`: how often it moved on while it was watched; 0 where it moved all the while. `seconds`: when it was seen moving last, since the page was there.
    `pause`: the name or class of a control that pauses or stops, in it or right beside it; `elsewhere`: of one anywhere else on the page.
    """

    kind: str
    spot: Spot
    changes: int = 0
    seconds: float = 0.0
    pause: str = ""
    elsewhere: str = ""


class Moving(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`watched`: how many things look as if they could move by themselves. `unplayed`: videos to start by themselves that the browser did not play."""

    items: tuple[Mover, ...] = ()
    watched: int = 0
    unplayed: int = 0
    skipped: str = ""  # why nothing was watched
