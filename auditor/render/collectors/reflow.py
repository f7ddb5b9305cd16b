"""Collects the layout with the window 320 CSS pixels wide. It comes last: the window's size is not what it was before."""

from __future__ import annotations

from auditor.evidence.layout import Layout
from auditor.evidence.reflow import Reflow
from auditor.render.collectors.look import Look

WIDTH = 320  # what 400 % zoom leaves of a window 1280 wide (WCAG 1.4.10)
_HEIGHT = 640
_PAUSE_MS = 250  # scripts move menus and galleries about when the window changes


def collect(look: Look) -> Reflow:
    look.tab.set_viewport_size({"width": WIDTH, "height": _HEIGHT})
    look.tab.wait_for_timeout(_PAUSE_MS)
    try:
        if bar := _scrollbar(look):
            look.tab.set_viewport_size({"width": WIDTH + bar, "height": _HEIGHT})
            look.tab.wait_for_timeout(_PAUSE_MS)
        size = {"width": WIDTH, "height": _HEIGHT, "mobile": look.device.mobile}
        return Reflow(layout=look.ask("layout", size, Layout))
    finally:
        look.tab.set_viewport_size({"width": look.device.width, "height": look.device.height})


def _scrollbar(look: Look) -> int:
    """What of the window's width a scrollbar takes away from the page, in CSS pixels; WCAG counts the page's width."""
    taken = look.tab.evaluate("window.innerWidth - document.documentElement.clientWidth")
    return int(taken) if isinstance(taken, int) and 0 < taken <= 40 else 0
