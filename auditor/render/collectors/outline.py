"""Collects headings and landmarks in order, and how large the document is."""

from __future__ import annotations

from auditor.evidence.outline import Outline
from auditor.render.collectors.look import Look, ask


def collect(look: Look) -> Outline:
    return ask(look.tab, "outline", None, Outline)
