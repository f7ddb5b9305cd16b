"""Evidence of the data layer: every push in order with its time, as JSON written when it was pushed."""

from __future__ import annotations

import msgspec


class Push(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry. gtag's calls are `{"arguments": […]}`; what no JSON can hold stands there as text ("[function]", "[cut]")."""

    json: str
    name: str = "dataLayer"  # of the global
    at_ms: float = -1.0  # since navigation began; -1: it was there when the page was looked at, nobody saw it come
    cut: bool = False  # some of it was left out: too deep, too long, or a getter threw


class DataLayer(msgspec.Struct, frozen=True):
    """All pushes of the main frame; `cut` counts those past the cap."""

    pushes: tuple[Push, ...] = ()
    cut: int = 0
