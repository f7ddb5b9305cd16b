"""Evidence of the main product's options: the controls by which a shopper chooses colour or size, as assistive technology meets them."""

from __future__ import annotations

import msgspec

from auditor.evidence.spot import Spot


class Option(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A control. `role`: radio, button, link, option, bare (nothing that a keyboard reaches).

    `state`: how it says that it is chosen: native, aria, or empty where it does not.
    """

    role: str
    spot: Spot
    name: str = ""
    state: str = ""


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    items: tuple[Option, ...] = ()
    selects: int = 0  # select elements of the main product, which are always fine
