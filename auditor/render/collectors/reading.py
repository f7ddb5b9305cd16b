"""Collects how the page reads at rest: small type, texts cut off, what lies over the page, what still waits."""

from __future__ import annotations

from auditor.evidence.reading import Reading
from auditor.render.collectors.look import Look, Question

QUESTION: Question = ("reading", None)


def collect(look: Look) -> Reading:
    return look.ask(*QUESTION, Reading)
