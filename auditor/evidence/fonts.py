"""Evidence of fonts: the faces that style sheets and scripts declare, and what became of each."""

from __future__ import annotations

import msgspec


class Face(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    family: str
    status: str = ""  # unloaded (not needed), loading, loaded, error
    weight: str = ""
    style: str = ""
    display: str = ""  # font-display


class Fonts(msgspec.Struct, frozen=True):
    items: tuple[Face, ...] = ()
    cut: int = 0
