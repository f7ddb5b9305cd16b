"""Scrolls through the page so that lazy images load; ends at its limits where a page grows without end."""

from __future__ import annotations

import msgspec
from playwright.sync_api import Page

from auditor.render.collectors.look import ask

MOST_SCREENS = 25
MOST_MILLISECONDS = 4_000


class Scrolled(msgspec.Struct, frozen=True):
    """Heights in CSS pixels, before and after. `ended`: the bottom was reached within the limits."""

    steps: int
    before: float
    after: float
    ended: bool


def through(tab: Page) -> Scrolled:
    return ask(tab, "scroll", {"screens": MOST_SCREENS, "milliseconds": MOST_MILLISECONDS}, Scrolled)
