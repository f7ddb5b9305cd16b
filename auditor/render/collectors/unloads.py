"""Collects who listens to `unload`: a script that runs before the page's own notes it, and is asked at the end."""

from __future__ import annotations

import msgspec
from playwright.sync_api import BrowserContext

from auditor.evidence.unloads import Unloads
from auditor.render.collectors import watchers
from auditor.render.collectors.look import Distorted, Look, Question

QUESTION: Question = ("unloads", None)


class _Told(msgspec.Struct):
    scripts: tuple[str, ...]
    watched: bool


def watch(context: BrowserContext) -> None:
    """Call before the first tab is made."""
    context.add_init_script(watchers.script("unloads"))


def collect(look: Look) -> Unloads:
    told = look.ask(*QUESTION, _Told)
    if not told.watched:
        raise Distorted("the page could not be watched from its beginning")
    return Unloads(told.scripts)
