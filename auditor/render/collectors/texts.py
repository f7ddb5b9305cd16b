"""Collects texts: what a shopper reads, headings, and every amount of money with its style and place."""

from __future__ import annotations

from auditor.evidence.texts import Texts
from auditor.render.collectors.look import Look, Question

MOST_TEXT = 200_000  # characters
MOST_PRICES = 400
_MILLISECONDS = 6_000


def question(add_to_cart: tuple[str, ...] = ()) -> Question:
    return "texts", {
        "addToCart": list(add_to_cart),
        "maxText": MOST_TEXT,
        "maxPrices": MOST_PRICES,
        "milliseconds": _MILLISECONDS,
    }


def collect(look: Look, add_to_cart: tuple[str, ...] = ()) -> Texts:
    """`add_to_cart`: the platform's own selectors, besides those known to the script."""
    return look.ask(*question(add_to_cart), Texts)
