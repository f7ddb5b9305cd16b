"""Collects headings and landmarks in order, and how large the document is."""

from __future__ import annotations

from auditor.evidence.outline import Outline
from auditor.render.collectors.look import Look, Question

QUESTION: Question = ("outline", None)


def collect(look: Look) -> Outline:
    return look.ask(*QUESTION, Outline)
