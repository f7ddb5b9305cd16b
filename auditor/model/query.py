"""What checks may ask of the whole run; the store implements it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import msgspec

from auditor.model.run import Coverage
from auditor.model.words import FetchOutcome, PageType


class Hop(msgspec.Struct, frozen=True):
    """One redirect: `url` answered `status` and sent the client to `location` (absolute)."""

    url: str
    status: int
    location: str


class LinkTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a URL that something links to. `confirmed` counts the requests that gave this outcome."""

    url: str
    outcome: FetchOutcome
    status: int = 0
    final_url: str = ""
    hops: tuple[Hop, ...] = ()
    reason: str = ""
    confirmed: int = 0


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched page as site checks read it."""

    url: str
    key: str
    page_type: PageType
    status: int
    outcome: FetchOutcome
    final_url: str
    template: str = ""


class SiteQuery(Protocol):
    """Reads of the run. Every answer is a stream or bounded, so that memory does not grow with the site."""

    def coverage(self) -> Coverage: ...

    def targets(self, urls: Iterable[str]) -> Mapping[str, LinkTarget]:
        """What is known of these URLs (absolute, with or without fragment); URLs never asked for are absent."""
        ...

    def pages(self, page_type: PageType | None = None) -> Iterator[PageRow]: ...

    def page(self, url: str) -> PageRow | None:
        """The fetched page at this URL, None where there is none."""
        ...
