"""Collects what moves by itself, and goes on for more than five seconds. Waits only where something is there that could.

Nothing else is done to the page meanwhile: scrolling, pictures and keys move slides too.
"""

from __future__ import annotations

from typing import Any

import msgspec

from auditor.evidence.moving import Moving
from auditor.render.collectors.look import Look, Question

_LASTS_MS = 5_000  # WCAG 2.2.2
# sliders come set to 3 to 5 s, and slide for a second
_STILL_MS = 6_500  # what has not moved for so long is taken to stand still
_LONGEST_MS = 15_000  # of watching in all; less than a collector is given
_UNSEEN = {
    "hidden": "the browser took the page for one in the background, where nothing moves",
    "reduced": "the browser asks for reduced motion",
}


class _Found(msgspec.Struct):
    candidates: int = 0
    unseen: str = ""


QUESTION: Question = ("moving", {"watch": False})


def collect(look: Look) -> Moving:
    found = look.ask(*QUESTION, _Found)
    if found.unseen:
        return Moving(skipped=_UNSEEN.get(found.unseen, "the page can't be seen"))
    if not found.candidates:
        return Moving()
    watch: dict[str, Any] = {"watch": True, "lasts": _LASTS_MS, "still": _STILL_MS, "longest": _LONGEST_MS}
    return look.ask("moving", watch, Moving)
