"""Collects who listens to `unload`: a script that runs before the page's own notes it, and is asked at the end."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from auditor.evidence.unloads import Unloads
from auditor.render.collectors import watchers
from auditor.render.collectors.look import Look, Question

QUESTION: Question = ("unloads", None)


class _Told(watchers.Told):
    scripts: tuple[str, ...]


def watch(context: BrowserContext) -> None:
    """Call before the first tab is made."""
    watchers.watch(context, "unloads")


def collect(look: Look) -> Unloads:
    return Unloads(watchers.told(look, QUESTION, _Told).scripts)
