"""Collects the document: the HTML as it stands in the tab, cut where a page is absurdly large."""

from __future__ import annotations

from auditor.render.collectors.look import Look

MOST_CHARACTERS = 20_000_000


def collect(look: Look) -> str:
    return look.tab.content()[:MOST_CHARACTERS]
