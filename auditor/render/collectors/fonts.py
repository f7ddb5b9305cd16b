"""Collects the fonts that style sheets and scripts declare, and what became of each."""

from __future__ import annotations

from auditor.evidence.fonts import Fonts
from auditor.render.collectors.look import Look, ask

MOST = 100


def collect(look: Look) -> Fonts:
    return ask(look.tab, "fonts", {"cap": MOST}, Fonts)
