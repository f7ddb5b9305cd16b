"""Collects the consent banner as found: whose it is, what it says, and what its first layer offers. Presses nothing of its own accord."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from playwright.sync_api import Frame, Page

from auditor.evidence.consent import Choice, Consent
from auditor.knowledge import consent_tools
from auditor.render.collectors.look import Look, Question, ask


class Found(msgspec.Struct):
    shown: bool
    tool: str
    by: str
    text: str
    choices: tuple[Choice, ...]
    pressed: str


def question() -> Question:
    return "consent", {**_known(), "press": ""}


def collect(look: Look) -> Consent:
    return as_found(look.ask(*question(), Found))


def find(frame: Page | Frame, press: str = "") -> Found:
    """The banner in a frame; with `press` (accept, reject, settings) that button of it is pressed, where it has one."""
    return ask(frame, "consent", {**_known(), "press": press}, Found)


def as_found(found: Found) -> Consent:
    return Consent(
        shown=found.shown, tool=found.tool, found_by=found.by, text=found.text[:600], choices=found.choices[:20]
    )


@cache
def _known() -> dict[str, Any]:
    known = consent_tools.load()
    tools = [
        {"name": one.name, "banner": one.banner, "accept": one.accept, "reject": one.reject, "settings": one.settings}
        for one in known.tools
    ]
    words = known.words
    patterns = {name: getattr(words, name).pattern for name in ("about", "accept", "reject", "settings")}
    return {"tools": tools, "words": patterns}
