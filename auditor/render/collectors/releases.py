"""Collects which releases of libraries run on the page, where they say so."""

from __future__ import annotations

from functools import cache

from auditor.evidence.releases import Releases
from auditor.knowledge import releases
from auditor.render.collectors.look import Look, Question


@cache
def question() -> Question:
    known = [
        {"id": one.id, "reads": list(one.reads), "has": one.has, "lacks": one.lacks}
        for one in releases.load().values()
        if one.reads
    ]
    return "releases", {"libraries": known}


def collect(look: Look) -> Releases:
    return look.ask(*question(), Releases)
