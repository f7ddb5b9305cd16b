"""What of the URLs that come up is fetched, and in which order; what is not fetched gets a reason that people understand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate
from urllib.parse import urlsplit

import msgspec

from auditor.crawl.settings import CrawlSettings, is_private, site_host, twin
from auditor.knowledge import other_sites, platforms, vendors
from auditor.model.query import NOT_ASKED, OUTSIDE
from auditor.store.frontier import Known
from auditor.store.runs import CHOSEN

ASSET = "asset"
ROBOTS = "robots.txt"
TOO_LONG = "address longer than 2,000 characters"
WITH_USER = "address with a user name in it"
ENDLESS = "address that repeats itself"
VARIANTS = "one of more than 100 filter or sort variants of a page"
NOT_FOLLOWED = CHOSEN + "links are not followed"
EXCLUDED = CHOSEN + "excluded by the config"
NOT_INCLUDED = CHOSEN + "not included by the config"
PAGE_LIMIT = CHOSEN + "page limit reached"

LONGEST = 2_000
_MOST_VARIANTS = 100
_FILTERS: tuple[platforms.Role, ...] = ("facet", "sort", "view")
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
_START, _TOP, _STEP, _DEEPEST = 1000, 100, 10, 9
_SITEMAP = 80  # with links two clicks from the start
_LESS = {"relation": 5, "pagination": 15, "facet": 30, "nofollow": 40}


class Placed(msgspec.Struct, frozen=True):
    """Where a URL belongs. With a `reason` it is known and not fetched."""

    kind: str  # page | asset | external
    priority: int
    reason: str = ""


class Scope:
    """Decides about each URL once, when it first comes up. `disallowed` is asked last (robots.txt)."""

    def __init__(self, settings: CrawlSettings, disallowed: Callable[[str], bool] = lambda _: False) -> None:
        self.settings = settings
        self.hosts = set(settings.hosts)
        self.start = frozenset(settings.start)
        self.disallowed = disallowed
        self._inside = any(is_private(url) for url in settings.start)
        self._known = platforms.load()
        self._include, self._exclude = _globs(settings.include), _globs(settings.exclude)
        self._facets = [self._known.parameters(settings.platform, role) for role in _FILTERS]
        self._pages = self._known.parameters(settings.platform, "pagination")
        self._shapes: Counter[tuple[str, int, str]] = Counter()
        self._variants: Counter[str] = Counter()

    def follow_moves(self, started: Iterable[Known]) -> None:
        """Takes in the www (or bare) twin of the site's host, where a start URL was found to redirect there."""
        for known in started:
            if (
                known.response
                and (host := site_host(known.response.final_url)) == twin(site_host(known.response.url)) != ""
            ):
                self.hosts.add(host)

    def is_site(self, url: str) -> bool:
        return site_host(url) in self.hosts

    def unsafe(self, url: str) -> str | None:
        """Why a GET of this URL could change something in the shop."""
        return self._known.unsafe(url, self.settings.platform)

    def place(self, url: str, *, found_by: str = "link", depth: int = 0, relation: str = "") -> Placed:
        """Where an absolute http(s) URL belongs. `relation`: `relation` of a <link>, `nofollow`, or nothing."""
        if url in self.start:
            return Placed("page", _START)
        parts = urlsplit(url[: LONGEST * 2])
        if not self.is_site(url):
            return Placed("external", 0, self._elsewhere(url, found_by, relation))
        if len(url) > LONGEST:
            return Placed("page", 0, TOO_LONG)
        if "@" in parts.netloc:
            return Placed("page", 0, WITH_USER)
        if reason := self.unsafe(url):
            return Placed("page", 0, reason)
        tail = parts.path.rpartition("/")[2]
        if "." in tail and tail.rpartition(".")[2].lower() in _ASSETS:
            return Placed("asset", 0, ASSET)
        segments = [segment for segment in parts.path.split("/") if segment]
        if len(segments) > 30 or (len(segments) > 7 and max(Counter(segments).values()) >= 4):
            return Placed("page", 0, ENDLESS)
        if self._include and not self._include(url, parts.path):
            return Placed("page", 0, NOT_INCLUDED)
        if self._exclude and self._exclude(url, parts.path):
            return Placed("page", 0, EXCLUDED)
        if self.disallowed(url):
            return Placed("page", 0, ROBOTS)
        names = (
            sorted({pair.partition("=")[0].lower() for pair in parts.query.split("&") if pair}) if parts.query else []
        )
        facets = [name for name in names if self._filters(name)]
        if facets:
            self._variants[self._without(parts.path, parts.query)] += 1
            if self._variants[self._without(parts.path, parts.query)] > _MOST_VARIANTS:
                return Placed("page", 0, VARIANTS)
        less = _LESS.get(relation, 0)
        if facets:
            less += _LESS["facet"]
        elif any(name in self._pages for name in names):
            less += _LESS["pagination"]
        base = _SITEMAP if found_by == "sitemap" else _TOP - _STEP * min(depth, _DEEPEST)
        return Placed("page", base - less - self._crowded(segments, names))

    def not_asked(self, url: str) -> str:
        """Why a link to another site is never asked for; empty where it may be."""
        if len(url) > LONGEST:
            return NOT_ASKED + TOO_LONG
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

    def _filters(self, name: str) -> bool:
        return any(name in names for names in self._facets)

    def _crowded(self, segments: Sequence[str], names: Sequence[str]) -> int:
        """How far back a URL stands because many of its shape came before it: every kind of page gets its turn."""
        shape = (segments[0] if len(segments) > 1 else "", len(segments), "&".join(names)[:200])
        if len(self._shapes) > 20_000:
            self._shapes.clear()
        self._shapes[shape] += 1
        return 3 * (self._shapes[shape] // 8).bit_length()

    def _without(self, path: str, query: str) -> str:
        if len(self._variants) > 50_000:
            self._variants.clear()
        kept = [
            pair
            for pair in query.split("&")
            if not self._filters(name := pair.partition("=")[0].lower()) and name not in self._pages
        ]
        return f"{path}?{'&'.join(kept)}"


def _globs(globs: Sequence[str]) -> Callable[[str, str], bool] | None:
    """A test of URL and path against globs; one that begins with a slash looks at the path alone."""
    if not globs:
        return None
    paths = [translate(glob) for glob in globs if glob.startswith("/")]
    urls = [translate(glob) for glob in globs if not glob.startswith("/")]
    path_match, url_match = re.compile("|".join(paths) or "(?!)"), re.compile("|".join(urls) or "(?!)")
    return lambda url, path: bool(path_match.match(path) or url_match.match(url))
