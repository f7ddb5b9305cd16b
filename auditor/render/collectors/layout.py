"""Collects layout: tries to scroll sideways, names what sticks out, and tries whether the parts that sell can be seen."""

from __future__ import annotations

import contextlib

import msgspec

from auditor.evidence.layout import Layout, Part
from auditor.render.collectors.look import Distorted, Look, ask


def collect(look: Look, add_to_cart: tuple[str, ...] = ()) -> Layout:
    """`add_to_cart`: the platform's own selectors, besides those known to the script."""
    device = look.device
    size = {"width": device.width, "height": device.height, "mobile": device.mobile}
    layout = ask(look.tab, "layout", size, Layout)
    with contextlib.suppress(Distorted):
        parts = ask(look.tab, "parts", {"addToCart": list(add_to_cart)}, list[Part])
        layout = msgspec.structs.replace(layout, parts=tuple(parts))
    with contextlib.suppress(Distorted):
        layout = msgspec.structs.replace(layout, furniture=tuple(ask(look.tab, "furniture", None, list[Part])))
    return layout
