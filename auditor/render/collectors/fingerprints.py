"""Collects who takes the browser's fingerprint: a script that runs before the page's own notes it, and is asked at the end.

The signs are those of Englehardt and Narayanan, Online Tracking: A 1-million-site Measurement and Analysis (2016), 6; a canvas that stands
in the page, or holds pictures, does not count.
"""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from auditor.evidence.fingerprints import Fingerprint, Fingerprints
from auditor.render.collectors import watchers
from auditor.render.collectors.look import Look, Question

QUESTION: Question = ("fingerprints", None)


class _Told(watchers.Told):
    items: tuple[Fingerprint, ...]


def watch(context: BrowserContext) -> None:
    """Call before the first tab is made."""
    watchers.watch(context, "fingerprints")


def collect(look: Look) -> Fingerprints:
    return Fingerprints(watchers.told(look, QUESTION, _Told).items)
