"""Evidence of links from the shop to its checkout on another domain, and whether tags hand the visitor on when one is pressed."""

from __future__ import annotations

import msgspec


class Crossing(msgspec.Struct, frozen=True, omit_defaults=True):
    """`pressed`: the mouse was put down on it (and lifted elsewhere); `handed`: its address then had a linker's parameter."""

    url: str  # without query
    pressed: bool = False
    handed: bool = False


class Crossings(msgspec.Struct, frozen=True, omit_defaults=True):
    items: tuple[Crossing, ...] = ()
    skipped: str = ""  # why none was looked for
