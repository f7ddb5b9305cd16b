"""What checks of the whole shop have in common: what was seen of it, and how they group addresses."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from auditor.knowledge import platforms
from auditor.model.finding import Excerpt
from auditor.model.query import SiteQuery
from auditor.model.survey import SeenPage


class Standing(msgspec.Struct, frozen=True):
    """What the crawl covered, for checks whose answer hangs on pages that were not seen."""

    complete: bool
    words: str  # a sentence


def standing(run: SiteQuery) -> Standing:
    coverage = run.coverage()
    if coverage.complete and not coverage.left_out:
        return Standing(complete=True, words="All known pages were looked at.")
    if coverage.complete:
        return Standing(
            complete=False, words=f"{coverage.left_out:,} known pages were left out on purpose, which may change this."
        )
    return Standing(complete=False, words=f"Only {coverage.share:.0%} of the known pages were looked at.")


def pages_seen(run: SiteQuery, count: int, how: str, kind: str = "") -> str:
    """How much was seen: "the 12 pages that were looked at (of 310 known)"; "the one product page that was opened in a browser"."""
    coverage = run.coverage()
    actions = sum(coverage.skipped.get(reason, 0) for reason in platforms.load().unsafe_reasons)  # they are no pages
    known = 0 if kind else coverage.known - actions
    pages = f"the one {kind} page" if count == 1 else f"the {count:,} {kind} pages"
    was = "was" if count == 1 else "were"
    return f"{' '.join(pages.split())} that {was} {how}" + (f" (of {known:,} known)" if known > count else "")


def named(pages: Sequence[SeenPage], label: str = "page", most: int = 5) -> tuple[Excerpt, ...]:
    return tuple(Excerpt(label, page.url) for page in pages[:most])


def shape(url: str, kept: str = "") -> str:
    """The path with `*` for every segment but those that `kept`, another address, has before its last."""
    same = set(urlsplit(kept).path.strip("/").split("/")[:-1]) if kept else set()
    segments = urlsplit(url).path.strip("/").split("/")
    return "/" + "/".join(one if one in same else "*" for one in segments)
