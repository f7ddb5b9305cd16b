"""Collects the controls by which a shopper chooses colour or size, as assistive technology meets them."""

from __future__ import annotations

from auditor.evidence.options import Options
from auditor.render.collectors.look import Look, ask


def collect(look: Look, add_to_cart: tuple[str, ...] = ()) -> Options:
    """`add_to_cart`: the platform's own selectors, besides those known to the script."""
    return ask(look.tab, "options", {"addToCart": list(add_to_cart)}, Options)
