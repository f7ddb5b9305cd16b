"""What checks may ask of the whole run; the store implements it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from auditor.model.expected import Catalogue
from auditor.model.run import Coverage
from auditor.model.survey import Survey
from auditor.model.words import FetchOutcome, PageType

# How the reasons begin of addresses that were left alone; checks tell by them what was meant and what went wrong.
OUTSIDE = "outside the site"  # the run does not ask for links to other sites
NOT_ASKED = "not asked: "  # a link to another site that is never asked for
BY_SCRIPTS = "scripts make the page, and no browser opened it"  # why a rule could not tell
SITEMAP_UNREAD = "not read"  # a sitemap beyond the number of files or addresses that are taken up
SITEMAP_CUT = "read as far as"  # a sitemap that is longer than what is read of one
COULD_NOT_ASK = "could not be asked: "  # one that would have been
CONTROLS = (
    "https://example.com/",
    "https://www.iana.org/",
    "https://www.wikipedia.org/",
)  # surely there, where the config names no other
UNREACHED = "no other site could be reached from here either"  # ends the reason of one that gave no answer


T = TypeVar("T")


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
    trouble: str = ""  # why there was no answer: "dns", "refused", "timeout", …
    left_out_by_pages: tuple[str, ...] = ()  # URLs that led there and, asked for once more, did no longer
    left_out_by_sitemaps: tuple[str, ...] = ()  # the same of sitemaps


class FileRow(LinkTarget, frozen=True, kw_only=True):
    """A robots.txt or sitemap as fetched."""

    kind: str  # robots | sitemap
    content_type: str = ""
    size: int = 0  # bytes, unpacked
    truncated: bool = False
    named_by: str = ""  # URL of the robots.txt or sitemap index that names it; empty where it was only looked for


class PageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched page as site checks read it."""

    url: str
    key: str
    page_type: PageType
    status: int
    outcome: FetchOutcome
    final_url: str
    template: str = ""
    clicks: int | None = None  # least number of links from the start; None: no link leads there, from page to page
    inlinks: int = 0  # other pages of the shop that link to it, by way of a redirect too
    found_by: str = ""  # how it first came up: start | link | sitemap | rendered | redirect | list | search


class Inlink(msgspec.Struct, frozen=True, kw_only=True):
    """A page that links to another, the words of its first link there, and where that stands (nav, main, footer, …)."""

    url: str
    text: str = ""
    position: str = ""
    nofollow: bool = False


class SiteQuery(Protocol):
    """Reads of the run. Every answer is a stream or bounded, so that memory does not grow with the site."""

    @property
    def site(self) -> Any:
        """What is the same for every page (facts.snapshot.SiteContext)."""
        ...

    @property
    def started_at(self) -> str:
        """When the run began, ISO 8601: what "now" means to a check, so that judging again gives the same."""
        ...

    @property
    def before(self) -> SiteQuery | None:
        """The complete run of this site and environment before this one; None where the workspace has none."""
        ...

    @property
    def platform(self) -> str:
        """The id of the platform that most of its pages show; empty where none is known."""
        ...

    @property
    def survey(self) -> Survey:
        """Its pages compared with each other; made when first asked for."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """The exports and feeds of the config, held against the shop's pages; matched when first asked for."""
        ...

    def coverage(self) -> Coverage: ...

    def targets(self, urls: Iterable[str]) -> Mapping[str, LinkTarget]:
        """What is known of these URLs (absolute, with or without fragment); URLs never asked for are absent."""
        ...

    def pages(self, page_type: PageType | None = None) -> Iterator[PageRow]: ...

    def given(self) -> Iterator[LinkTarget]:
        """What came of the addresses that the config or a list of it names, in the order given."""
        ...

    def moved(self) -> Iterator[LinkTarget]:
        """Addresses of the shop that led to another page by redirects, in order of addresses; the page itself is one of `pages`."""
        ...

    def page(self, url: str) -> PageRow | None:
        """The fetched page at this URL, None where there is none."""
        ...

    def inlinks(self, url: str, limit: int = 20) -> Iterable[Inlink]:
        """Pages of the shop that link to this URL, fetched or not; those found first."""
        ...

    def fetched(self, page_type: PageType | None = None) -> Iterator[Any]:
        """Pages as the crawler fetched them (facts.snapshot.Snapshot), those that answered with a page of the shop."""
        ...

    def rendered(self, page_type: PageType | None = None) -> Iterator[Any]:
        """The same pages as browsers saw them, snapshot by snapshot, those of a page one after the other."""
        ...

    def files(self, kind: str) -> Iterator[FileRow]:
        """The run's `robots` or `sitemap` files in the order asked for, those that were named and not fetched too."""
        ...

    def content(self, file: FileRow) -> bytes:
        """What a file held, unpacked; empty where it did not answer well."""
        ...

    def probe(self, name: str) -> LinkTarget | None:
        """What came of a request of ours beside pages: `not-found` (an address that cannot exist), `plain-http`, `twin` (the host with or
        without www); None: never made."""
        ...

    def look(self, name: str) -> Any:
        """What the page looked like that a probe was answered with (evidence.look.Look); None where there was none."""
        ...

    def plan(self, kind: type[T]) -> T | None:
        """What was planned to be asked for beside pages, and what came of it (evidence.planned: SiteSearch, WrongAddresses); None
        where it was not thought of."""
        ...

    def views(self, url: str) -> Sequence[Any]:
        """A page of the run as it was fetched and as browsers saw it, on first looks; empty where nothing was."""
        ...

    def exposed(self) -> Iterator[Any]:
        """Files that no shop means to publish, as far as they were asked for (evidence.exposed.Exposed)."""
        ...

    def picture(self, sha256: str) -> bytes:
        """A screenshot by its content hash; empty where it is gone."""
        ...

    def certificates(self) -> Iterator[Any]:
        """The certificates of the shop's hosts (evidence.certificate.Certificate)."""
        ...
