"""Collects the controls by which a shopper chooses colour or size, as assistive technology meets them."""

from __future__ import annotations

from auditor.evidence.options import Options
from auditor.render.collectors.look import Look, Question


def question(add_to_cart: tuple[str, ...] = ()) -> Question:
    return "options", {"addToCart": list(add_to_cart)}


def collect(look: Look, add_to_cart: tuple[str, ...] = ()) -> Options:
    """`add_to_cart`: the platform's own selectors, besides those known to the script."""
    return look.ask(*question(add_to_cart), Options)
