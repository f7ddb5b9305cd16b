"""Collects the fonts that style sheets and scripts declare, and what became of each."""

from __future__ import annotations

from auditor.evidence.fonts import Fonts
from auditor.render.collectors.look import Look, Question

MOST = 100
QUESTION: Question = ("fonts", {"cap": MOST})


def collect(look: Look) -> Fonts:
    return look.ask(*QUESTION, Fonts)
