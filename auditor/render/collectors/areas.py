"""Collects what a page's pictures are made of, right after they were taken: blocks to compare, and places that change by themselves."""

from __future__ import annotations

from auditor.evidence.areas import Areas
from auditor.render.collectors.look import Look


def collect(look: Look) -> Areas:
    return look.ask("areas", {"height": look.settings.page_height, "blocks": 1500, "masks": 400}, Areas)
