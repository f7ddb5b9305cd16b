"""Collects layout: tries to scroll sideways, names what sticks out, and tries whether the parts that sell can be seen."""

from __future__ import annotations

import contextlib

import msgspec

from auditor.evidence.layout import Layout, Part
from auditor.render.collectors.look import Distorted, Look, Question


def questions(look: Look, add_to_cart: tuple[str, ...] = ()) -> tuple[Question, Question, Question]:
    device = look.device
    size = {"width": device.width, "height": device.height, "mobile": device.mobile}
    return ("layout", size), ("parts", {"addToCart": list(add_to_cart)}), ("furniture", None)


def collect(look: Look, add_to_cart: tuple[str, ...] = ()) -> Layout:
    """`add_to_cart`: the platform's own selectors, besides those known to the script."""
    size, parts_of, furniture_of = questions(look, add_to_cart)
    layout = look.ask(*size, Layout)
    with contextlib.suppress(Distorted):
        parts = look.ask(*parts_of, list[Part])
        layout = msgspec.structs.replace(layout, parts=tuple(parts))
    with contextlib.suppress(Distorted):
        layout = msgspec.structs.replace(layout, furniture=tuple(look.ask(*furniture_of, list[Part])))
    return layout
