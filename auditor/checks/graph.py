"""What checks of the whole shop have in common: what an incomplete crawl costs their word, and how they group addresses."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from auditor.model.finding import Excerpt
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage
from auditor.model.words import Severity


class Standing(msgspec.Struct, frozen=True):
    """What the crawl covered, for checks whose answer hangs on pages that were not seen."""

    complete: bool
    words: str  # a sentence

    @property
    def severity(self) -> Severity | None:
        """In place of the rule's own, where pages are missing."""
        return None if self.complete else Severity.INFO


def standing(run: SiteQuery) -> Standing:
    coverage = run.coverage()
    if coverage.complete and not coverage.left_out:
        return Standing(complete=True, words="All known pages were looked at.")
    if coverage.complete:
        return Standing(
            complete=False, words=f"The config left {coverage.left_out:,} known pages out, which may change this."
        )
    return Standing(complete=False, words=f"Only {coverage.share:.0%} of the known pages were looked at.")


def named(pages: Sequence[SeenPage], label: str = "page", most: int = 5) -> tuple[Excerpt, ...]:
    return tuple(Excerpt(label, page.url) for page in pages[:most])


def shape(url: str, kept: str = "") -> str:
    """The path with `*` for every segment but those that `kept`, another address, has before its last."""
    same = set(urlsplit(kept).path.strip("/").split("/")[:-1]) if kept else set()
    segments = urlsplit(url).path.strip("/").split("/")
    return "/" + "/".join(one if one in same else "*" for one in segments)
