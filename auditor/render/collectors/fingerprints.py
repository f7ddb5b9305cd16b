"""Collects who takes the browser's fingerprint: a script that runs before the page's own notes it, and is asked at the end.

The signs are those of Englehardt and Narayanan, Online Tracking: A 1-million-site Measurement and Analysis (2016), 6; a canvas that stands
in the page, or holds pictures, does not count.
"""

from __future__ import annotations

import msgspec
from playwright.sync_api import BrowserContext

from auditor.evidence.fingerprints import Fingerprint, Fingerprints
from auditor.render.collectors import watchers
from auditor.render.collectors.look import Distorted, Look, Question

QUESTION: Question = ("fingerprints", None)


class _Told(msgspec.Struct):
    items: tuple[Fingerprint, ...]
    watched: bool


def watch(context: BrowserContext) -> None:
    """Call before the first tab is made."""
    context.add_init_script(watchers.script("fingerprints"))


def collect(look: Look) -> Fingerprints:
    told = look.ask(*QUESTION, _Told)
    if not told.watched:
        raise Distorted("the page could not be watched from its beginning")
    return Fingerprints(told.items)
