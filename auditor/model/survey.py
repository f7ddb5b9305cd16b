"""What one pass over a run's pages tells of them together: who says the same, who links to whom; asked by checks of the whole shop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

from auditor.model.words import PageType

Shared = Literal["title", "description", "h1", "digest", "sku"]


class SeenPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page that answered as one of the shop, as far as pages are compared. Keys are `crawl_key`s of final addresses."""

    id: int
    url: str  # where it was at the end
    key: str
    page_type: PageType
    title: str = ""
    description: str = ""
    h1: str = ""
    lang: str = ""
    noindex: bool = False
    canonical: str = ""  # key of the page it names; empty where it names none or itself
    platform: str = ""
    digest: str = ""  # of the words of its main part; empty where they are few
    words: int = 0
    sku: str = ""  # of its one product's markup
    currency: str = ""  # of that product's offers, where they have one
    view: str = (
        ""  # filtered, later (page of a list), variant: what of a page its address shows; empty for the page itself
    )
    not_there: str = ""  # the words by which it says that what it is about is not there
    nothing: str = ""  # the words by which a list says that nothing is in it
    crumbs: int = 0  # links of its breadcrumbs
    breaks_off: str = ""  # its last characters, where neither body nor html is ended
    failed_first: str = ""  # what was wrong when it was asked for the first time: the server's own errors only
    gone: str = ""  # the words by which browsers show that it is not there, where the fetched page does not say so
    took_ms: float = 0.0  # from the first request sent to the last byte, redirects included

    @property
    def listable(self) -> bool:
        """Whether it is a page and no view of one, and asks to be listed under its own address."""
        return not (self.noindex or self.canonical or self.view or self.gone)


class SharedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Pages that have a value in common; the first 50 of `count`, in the order fetched."""

    value: str
    count: int
    pages: tuple[SeenPage, ...]


class SeenLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link within the shop as it stands on `pages` pages, one of which is `example`."""

    url: str
    text: str
    position: str
    nofollow: bool
    pages: int
    example: SeenPage
    target: SeenPage | None = None  # the page it leads to, where that was fetched


class SeenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A page and one that it names as its version for `code`. `returns`: that one names the page, too."""

    page: SeenPage
    code: str  # in lower case
    url: str
    target: SeenPage | None = None
    returns: bool = False


class Survey(Protocol):
    """Queries over all pages; every answer is a stream or bounded."""

    @property
    def counted(self) -> int:
        """How many pages there are."""
        ...

    @property
    def opened(self) -> int:
        """How many of them were opened in a browser too."""
        ...

    @property
    def scripted(self) -> bool:
        """Whether scripts make a good part of the links: a page opened in a browser had many that were not there as fetched."""
        ...

    @property
    def renamed(self) -> bool:
        """Whether scripts write the titles: most pages had another one in a browser than as fetched."""
        ...

    def pages(self, *page_types: PageType) -> Iterator[SeenPage]: ...

    def page(self, url: str) -> SeenPage | None:
        """The page at this address, or that it is redirected to."""
        ...

    def shared(self, what: Shared, *page_types: PageType) -> Iterator[SharedBy]:
        """Values that several listable pages have, the most frequent first."""
        ...

    def linked(self, page: SeenPage, *by: PageType) -> int:
        """How many other pages (of these types) link to it, directly or by a redirect."""
        ...

    def unlinked(self, *by: PageType) -> Iterator[SeenPage]:
        """Pages to which no other page (of these types) links."""
        ...

    def depths(self) -> Iterator[tuple[SeenPage, int]]:
        """Pages that clicks from the start page lead to, with how many it takes."""
        ...

    def copies(self) -> Iterator[SeenLink]:
        """Links to pages that name another page as their canonical."""
        ...

    def crossing(self) -> Iterator[SeenLink]:
        """Links to pages in another language, by what both pages say of themselves."""
        ...

    def queried(self) -> Iterator[SeenLink]:
        """Links whose address has a query."""
        ...

    def unfollowed(self) -> Iterator[SeenLink]:
        """Links with nofollow to pages that were fetched all the same, and that no other page links without it."""
        ...

    def named_as_canonical(self) -> Iterator[tuple[SeenPage, SeenPage]]:
        """(a page, the other page that it names as its canonical), where that was fetched."""
        ...

    def versions(self) -> Iterator[SeenVersion]:
        """What pages name as their versions for other languages and countries, themselves left out."""
        ...

    def are_versions(self, one: SeenPage, other: SeenPage) -> bool:
        """Whether either names the other as its version for another language or country."""
        ...

    def codes(self, page: SeenPage) -> tuple[str, ...]:
        """The hreflang codes that a page names, in lower case."""
        ...
