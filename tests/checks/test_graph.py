"""How much of a shop was seen, in words."""

from __future__ import annotations

from typing import cast

from auditor.checks.graph import pages_seen
from auditor.knowledge import platforms
from auditor.model.query import SiteQuery
from auditor.model.run import Coverage


class Run:
    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage

    def coverage(self) -> Coverage:
        return self._coverage


def seen(coverage: Coverage, count: int) -> str:
    return pages_seen(cast(SiteQuery, Run(coverage)), count, "looked at")


def test_links_that_would_change_something_are_no_known_pages() -> None:
    action = sorted(platforms.load().unsafe_reasons)[0]
    assert seen(Coverage(known=99, fetched=60, skipped={action: 39}), 60) == "the 60 pages that were looked at"


def test_pages_that_were_left_out_are_known() -> None:
    left = Coverage(known=99, fetched=60, skipped={"robots.txt disallows it": 39})
    assert seen(left, 60) == "the 60 pages that were looked at (of 99 known)"
