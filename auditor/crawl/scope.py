"""What of the URLs that come up is fetched, and in which order; what is not fetched gets a reason that people understand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from fnmatch import translate
from urllib.parse import urlsplit

import msgspec

from auditor.crawl.lanes import LESS, START, Lanes, shape
from auditor.crawl.links import PICTURE, Links
from auditor.crawl.same import SameWords
from auditor.crawl.settings import CrawlSettings, is_private, site_host
from auditor.crawl.traps import COPY, ENDLESS, LONG, LONGEST, Signs, Traps, repeats
from auditor.evidence.http import Response
from auditor.knowledge import other_sites, platforms, vendors
from auditor.model.query import NOT_ASKED, OUTSIDE
from auditor.model.urls import twin, without_session
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Known
from auditor.store.lessons import Lesson
from auditor.store.runs import CHOSEN
from auditor.store.traps import Trap

ROBOTS = "robots.txt"
WITH_USER = "address with a user name in it"
NOT_FOLLOWED = CHOSEN + "links are not followed"
EXCLUDED = CHOSEN + "excluded by the config"
NOT_INCLUDED = CHOSEN + "not included by the config"
PAGE_LIMIT = CHOSEN + "page limit reached"
BYTE_LIMIT = CHOSEN + "limit of {most} reached"

_ASSETS = frozenset(
    [
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "png",
        "gif",
        "webp",
        "avif",
        "svg",
        "ico",
        "bmp",
        "tif",
        "tiff",
        "heic",
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "odt",
        "ods",
        "odp",
        "rtf",
        "csv",
        "txt",
        "xml",
        "json",
        "rss",
        "atom",
        "zip",
        "gz",
        "tgz",
        "rar",
        "7z",
        "tar",
        "dmg",
        "exe",
        "msi",
        "pkg",
        "apk",
        "iso",
        "mp3",
        "mp4",
        "m4a",
        "m4v",
        "ogg",
        "ogv",
        "webm",
        "wav",
        "flac",
        "avi",
        "mov",
        "wmv",
        "mpg",
        "mpeg",
        "swf",
        "css",
        "js",
        "mjs",
        "map",
        "woff",
        "woff2",
        "ttf",
        "otf",
        "eot",
        "ics",
        "vcf",
        "step",
        "stp",
        "stl",
        "dwg",
        "dxf",
        "epub",
        "mobi",
    ]
)


_SPARED = 2  # later pages of lists, of each shape, that come sooner than other links
_MOST_LESSONS = 20_000  # that are kept: ways are learned from the first pages, and each lesson costs time when a crawl is taken up again
_ROUTES = frozenset({"route", "dispatch", "controller", "main_page"})


class Placed(msgspec.Struct, frozen=True):
    """Where a URL belongs. With a `reason` it is known and not fetched."""

    kind: str  # page | asset | external
    priority: int
    reason: str = ""
    instead: str = ""  # the canonical URL of a copy that is left out


class Scope:
    """Decides about each URL once, when it first comes up. `disallowed` is asked last (robots.txt).

    `exported` tells whether an export gives a product this address.
    """

    def __init__(
        self,
        settings: CrawlSettings,
        disallowed: Callable[[str], bool] = lambda _: False,
        load_trap: Callable[[str], Trap | None] = lambda _: None,
        exported: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self.settings = settings
        self.hosts = set(settings.hosts)
        self.start = frozenset(settings.start)
        self.disallowed = disallowed
        self._exported = exported
        self._inside = any(is_private(url) for url in settings.start)
        self._known = platforms.load()
        self._include, self._exclude = globs(settings.include), globs(settings.exclude)
        self.traps = Traps(settings.platform, load_trap, settings.drop)
        self._lanes = Lanes()
        self._same = SameWords()
        self._learned: list[Lesson] = []
        self._lessons = 0

    def follow_moves(self, started: Iterable[Known], twins: Iterable[Response | None] = ()) -> None:
        """Takes in the www (or bare) twin of the site's host, where a start URL was found to redirect there, or it to the site."""
        for known in started:
            if (
                known.response
                and (host := site_host(known.response.final_url)) == twin(site_host(known.response.url)) != ""
            ):
                self.hosts.add(host)
        for response in twins:
            if response is not None and leads_to(response, self.hosts):
                self.hosts.add(site_host(response.url))

    def is_site(self, url: str) -> bool:
        return site_host(url) in self.hosts

    def unsafe(self, url: str) -> str | None:
        """Why a GET of this URL could change something in the shop."""
        return self._known.unsafe(url, self.settings.platform)

    def place(
        self,
        url: str,
        *,
        found_by: str = "link",
        depth: int = 0,
        relation: str = "",
        referrer: int | None = None,
        source: str = "",
        known: Callable[[], bool] = lambda: False,
    ) -> Placed:
        """Where an absolute http(s) URL belongs. `relation`: as crawl.links tells it, or nothing.

        `known` is asked before a URL is charged to a budget: whether the run has it already.
        """
        if url in self.start:
            return Placed("page", START)
        parts = urlsplit(url[: LONGEST * 2])
        if not self.is_site(url):
            return Placed("external", 0, self._elsewhere(url, found_by, relation))
        if len(url) > LONGEST:
            return Placed("page", 0, LONG)
        if "@" in parts.netloc:
            return Placed("page", 0, WITH_USER)
        if reason := self.unsafe(url):
            return Placed("page", 0, reason)
        tail = parts.path.rpartition("/")[2]
        if relation == PICTURE or ("." in tail and tail.rpartition(".")[2].lower() in _ASSETS):
            return Placed("asset", 0, ROBOTS if self.disallowed(url) else "")
        path = without_session(parts.path)
        segments = [segment for segment in path.split("/") if segment]
        if repeats(segments):
            return Placed("page", 0, ENDLESS)
        if self._include and not self._include(url, parts.path):
            return Placed("page", 0, NOT_INCLUDED)
        if self._exclude and self._exclude(url, parts.path):
            return Placed("page", 0, EXCLUDED)
        if self.disallowed(url):
            return Placed("page", 0, ROBOTS)
        shaped = self._shaped(segments, parts.query)
        signs = self.traps.signs(path, parts.query, shaped)
        if signs.risky and (
            reason := self.traps.refuse(signs, url, referrer, known, lambda: self._named(url, found_by))
        ):
            return Placed("page", 0, reason, self.traps.canonical_of(signs, url) if reason == COPY else "")
        less = LESS.get(relation, 0) + (LESS["facet"] if signs.facets else LESS["pagination"] if signs.paged else 0)
        spared = _SPARED if signs.paged and not signs.facets else 0
        priority = self._lanes.priority(
            shaped, segments, depth=depth, source=source, less=less, found_by=found_by, spared=spared
        )
        return Placed("page", priority)

    def signs(self, url: str) -> Signs:
        """What of a URL says that it may be one of very many."""
        parts = urlsplit(url[: LONGEST * 2])
        return self.traps.signs(without_session(parts.path), parts.query, self.shaped(url))

    def shaped(self, url: str) -> str:
        """How a URL is built, what names a thing left out: pages of one template mostly share it."""
        parts = urlsplit(url[: LONGEST * 2])
        return self._shaped([one for one in without_session(parts.path).split("/") if one], parts.query)

    def _shaped(self, segments: Sequence[str], query: str) -> str:
        return shape(segments, *_query(self.traps.telling(query))) if query else shape(segments, [])

    def learn(self, url: str, links: Links) -> None:
        """What a page that was fetched says of the source of many URLs that it may be from; `links` read it last."""
        lesson = Lesson(url, links.canonical, links.words, links.shows)
        if self._take_in(lesson) and self._lessons < _MOST_LESSONS:
            self._lessons += 1
            self._learned.append(lesson)

    def recall(self, lessons: Iterable[Lesson]) -> None:
        """What was learned before the crawl was taken up again."""
        for lesson in lessons:
            self._lessons += 1
            self._take_in(lesson)

    def _take_in(self, lesson: Lesson) -> bool:
        """Whether there was anything to learn."""
        signs = self.signs(lesson.url)
        canonical = lesson.canonical or self._same.original(
            self.traps.plain(lesson.url), self.traps.unknown(signs), lesson.words
        )
        if signs.risky:
            self.traps.learn(signs, lesson.url, canonical=canonical, shows=lesson.shows)
        return signs.risky or bool(lesson.words and not lesson.canonical)

    def take_learned(self) -> list[Lesson]:
        """What was learned since this was asked for last."""
        learned, self._learned = self._learned, []
        return learned

    def original(self, url: str, referrer: int | None, found_by: str) -> str:
        """The canonical URL of one that has turned out to be a copy since it was let in; "" for all others."""
        if url in self.start or found_by != "link" or not self.is_site(url):
            return ""
        return self.traps.turned_out(self.signs(url), url, referrer, lambda: self._exported(url))

    def _named(self, url: str, found_by: str) -> bool:
        """Whether the shop or its owner names this very address: it is asked for, whatever pages of its kind turned out to be."""
        return found_by in ("sitemap", "list") or self._exported(url)

    def not_asked(self, url: str) -> str:
        """Why a link to another site is never asked for; empty where it may be."""
        if len(url) > LONGEST:
            return NOT_ASKED + LONG
        if "@" in urlsplit(url).netloc:
            return NOT_ASKED + WITH_USER
        if is_private(url) and not self._inside:
            return NOT_ASKED + "address inside a network"
        match = vendors.load().match(url)
        if match is not None and match.kind is vendors.Kind.COLLECT:
            return NOT_ASKED + "reports to a tag vendor"
        reason = other_sites.load().passed_by(url) or self.unsafe(url)
        return NOT_ASKED + reason if reason else ""

    def _elsewhere(self, url: str, found_by: str, relation: str) -> str:
        """Links of people (not of the head, nor of sitemaps) are asked for where the config wants that."""
        if not self.settings.external_links or found_by != "link" or relation == "relation":
            return OUTSIDE
        return self.not_asked(url)


def leads_to(response: Response | None, hosts: Collection[str]) -> bool:
    """Whether a probe was redirected to one of these hosts, and answered there."""
    return (
        response is not None
        and response.outcome is FetchOutcome.OK
        and bool(response.hops)
        and site_host(response.final_url) in hosts
    )


def _query(pairs: Sequence[str]) -> tuple[list[str], str]:
    """The names of the parameters in order of the alphabet, and the value of the one that tells the kind of page (`route`)."""
    parts = [pair.partition("=") for pair in pairs]
    route = next((value for name, _, value in parts if name in _ROUTES), "")
    return sorted({name.lower() for name, _, _ in parts}), route


def globs(globs: Sequence[str]) -> Callable[[str, str], bool] | None:
    """A test of URL and path against globs; one that begins with a slash looks at the path alone."""
    if not globs:
        return None
    paths = [translate(glob) for glob in globs if glob.startswith("/")]
    urls = [translate(glob) for glob in globs if not glob.startswith("/")]
    path_match, url_match = re.compile("|".join(paths) or "(?!)"), re.compile("|".join(urls) or "(?!)")
    return lambda url, path: bool(path_match.match(path) or url_match.match(url))


def megabytes(count: int) -> str:
    return f"{count / 1e6:,.10g} MB"
