"""Where URLs never end: filters, sorting, calendars, pagination, searches, copies. Each source of them has a budget.

What a budget was spent on and what was left out is kept in the store with the first URL and the page that linked to it, in
the transaction of the page, so that a killed crawl goes on counting where it was.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Sequence
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import msgspec

from auditor.crawl.copies import ENOUGH, Copies, Way
from auditor.crawl.copies import name_of as _name
from auditor.knowledge import platforms
from auditor.knowledge.table import Names
from auditor.model.urls import TRACKING_PARAMETERS, without_session
from auditor.store.traps import Trap

VARIANTS = "one of more than {most:,} filter or sort variants of a page"
SIGNATURES = "one of more than {most:,} pages with these filter or sort parameters"
SEARCHES = "one of more than {most:,} searches"
DATES = "one of more than {most:,} days or months of a calendar"
PAGINATION = "one of more than {most:,} pages of a listing"
BARREN = "a further page of a listing whose last {most:,} pages showed nothing else"
COPIES = "another address of pages that name their canonical one, as {most:,} before it did"
BACK = "one of more than {most:,} addresses that differ in the page they lead back to"
DEEP = "one of more than {most:,} addresses deep in a folder"
LONG = "address longer than 2,000 characters"
ENDLESS = "address that repeats itself"

LONGEST = 2_000
_MOST = {
    "filters": 50, "signature": 400, "search": 40, "dates": 60, "pagination": 600, "deep": 400, "barren": 5, "back": 5,
}  # fmt: skip
_REMEMBERED = 20_000  # buckets
COPY = COPIES.format(most=ENOUGH)
_FILTERS: tuple[platforms.Role, ...] = ("facet", "sort", "view")
_SEARCH = frozenset(
    {"q", "s", "query", "search", "searchterm", "search_query", "keyword", "keywords", "term", "text", "qs"}
)
_SEARCH_PATH = re.compile(
    r"/(search|suche|recherche|buscar|catalogsearch|searchresults?|ricerca|zoeken)(\.\w+)?(/|$)", re.I
)
_DATE_NAMES = frozenset(
    {"date", "day", "month", "year", "week", "tribe-bar-date", "calendar", "from", "to", "start_date", "monat"}
)
_DATE_VALUE = re.compile(r"(19|20)\d\d([-/.]?\d{1,2}){0,2}|\d{1,2}")
_DATE_PATH = re.compile(
    r"/(?:19|20)\d\d(?:[-/]\d{1,2}){1,2}/?$|/(?:19|20)\d\d[-/](?:week|w|kw|woche|semaine|settimana|semana)[-_]?\d{1,2}/?$|/(?:calendar|events?|kalender)/.*\d{4}(?:[-/]\d{1,2})*/?$",
    re.I,
)
_PAGE_PATH = re.compile(r"/(?:page|seite|pagina)[/-]?(\d{1,7})/?$", re.I)
_FILTER_PATH = re.compile(r"/(?:filters?|facets?|refine|layered|shopby|sort|orderby)/.+$", re.I)
_TAGS = re.compile(r"/collections/[^/]+/[^/]*\+[^/]*$")  # Shopify: several tags of a collection
_BACK = frozenset(
    ["back", "back_url", "backurl", "destination", "return", "return_to", "returnto", "returnurl", "return_url", "redirect", "redirect_to", "redirect_url", "redirect_uri", "referer", "referrer", "forward", "next", "goto", "continue", "came_from", "from", "url", "uri", "target", "zurueck", "ziel", "retour", "volver"]
)  # fmt: skip
_DEEP = 6  # segments; shops put pages five deep at most, filters in the path go on


class Signs(msgspec.Struct, frozen=True):
    """What of a URL's parameters and path says that it may be one of very many."""

    facets: bool = False
    paged: bool = False
    place: str = ""  # the URL without what varies
    buckets: tuple[tuple[str, str], ...] = ()  # (kind, name)
    path: str = ""
    names: tuple[str, ...] = ()  # of its parameters, lower case

    @property
    def risky(self) -> bool:
        return bool(self.buckets)


class Traps:
    """Budgets by bucket. `load` reads what the store knows of one; `changes` are what it does not know yet."""

    def __init__(
        self, platform: str, load: Callable[[str], Trap | None] = lambda _: None, drop: Collection[str] = ()
    ) -> None:
        known = platforms.load()
        self._facets = [known.parameters(platform, role) for role in _FILTERS]
        self._pages = known.parameters(platform, "pagination")
        self._variants = known.parameters(platform, "variant")
        self._ignored = Names((*drop, *TRACKING_PARAMETERS, "utm_*"))  # what no key of a URL has in it
        self._load = load
        self._traps: OrderedDict[str, Trap] = OrderedDict()
        self._changed: dict[str, Trap] = {}
        self._seen: Counter[tuple[str, int]] = Counter()  # (listing, what its page shows) -> pages
        self._barren: set[str] = set()
        self._copies = Copies()
        self._named: dict[str, bool] = {}

    def signs(self, path: str, query: str, shaped: str) -> Signs:
        """The buckets of a URL: those it must find room in."""
        pairs = self.telling(query)
        names = [_name(pair) for pair in pairs]
        facets = sorted({name for name in names if self._filters(name)})
        page_path = _PAGE_PATH.search(path)
        paged = bool(page_path) or any(
            name in self._pages and pair.partition("=")[2].isdigit() for name, pair in zip(names, pairs, strict=True)
        )
        base = path[: page_path.start()] if page_path else path
        rest = [
            pair for pair, name in zip(pairs, names, strict=True) if name not in self._pages and not self._filters(name)
        ]
        place = f"{base}?{'&'.join(rest)}" if rest else base
        buckets: list[tuple[str, str]] = []
        if facets:
            buckets += [("filters", place), ("signature", "&".join(facets)[:200])]
        elif inside := _FILTER_PATH.search(path) or _TAGS.search(path):
            buckets.append(("filters", path[: inside.start()] or "/"))
        elif len(path.strip("/").split("/")) > _DEEP:
            buckets.append(("deep", "/".join(path.split("/")[:3])))
        if folder := _searched(path, base, names, pairs):
            buckets.append(("search", folder))
        elif _DATE_PATH.search(path) or _is_dated(names, pairs):
            buckets.append(("dates", "/" + "/".join(part for part in path.split("/")[1:3] if not part[:1].isdigit())))
        if paged and not facets:
            buckets.append(("pagination", place))
        if any(name in _BACK and _is_way_back(pair) for name, pair in zip(names, pairs, strict=True)):
            buckets.append(("back", path))
        if pairs or len(path.strip("/").split("/")) > 1:
            buckets.append(("copies", shaped))
        return Signs(bool(facets), paged, place, tuple(buckets), path, tuple(names))

    def telling(self, query: str) -> list[str]:
        """The parameters that may tell of another page: those of campaigns and sessions do not."""
        pairs = [pair for pair in query.split("&") if pair] if query else []
        return [pair for pair in pairs if _name(pair) not in self._ignored]

    def unknown(self, signs: Signs) -> list[str]:
        """Parameters that neither filter nor sort nor name a page of a list, as far as anybody knows."""
        return [name for name in signs.names if name not in self._pages and not self._filters(name)]

    def plain(self, url: str) -> str:
        """A URL without its session and what else no key has in it."""
        parts = urlsplit(url)
        return urlunsplit(
            (parts.scheme, parts.netloc, without_session(parts.path), "&".join(self.telling(parts.query)), "")
        )

    def refuse(
        self,
        signs: Signs,
        url: str,
        referrer: int | None,
        known: Callable[[], bool],
        named: Callable[[], bool] = lambda: False,
    ) -> str:
        """Why a URL is left out, "" where every bucket has room; counts it either way, unless it is `known` already.

        `named`: whether a sitemap, a list or an export names it; then it is no mere copy, whatever those before it were.
        """
        buckets = [one for one in signs.buckets if one[0] != "copies" or (self._way(signs, one[1]) and not named())]
        if not buckets or known():
            return ""
        found = [(kind, name, self._of(kind, name, url, referrer)) for kind, name in buckets]
        for kind, name, trap in found:
            if reason := COPY if kind == "copies" else self._over(kind, name, trap):
                self._count(trap, left_out=True)
                return reason
        for _, _, trap in found:
            self._count(trap, left_out=False)
        return ""

    def canonical_of(self, signs: Signs, url: str) -> str:
        """Where a URL that is left out as a copy leads by the way of those before it, "" where that is not known."""
        name = next((name for kind, name in signs.buckets if kind == "copies"), "")
        way = self._way(signs, name) if name else None
        return way.of(self.plain(url)) if way else ""

    def turned_out(
        self, signs: Signs, url: str, referrer: int | None, named: Callable[[], bool] = lambda: False
    ) -> str:
        """The canonical URL of one that was let in and has turned out to be a copy before it was fetched; "" for all others."""
        canonical = self.canonical_of(signs, url)
        if canonical and named():
            return ""
        if canonical:
            shaped = next(name for kind, name in signs.buckets if kind == "copies")
            self._count(self._of("copies", shaped, url, referrer), left_out=True)
        return canonical

    def learn(self, signs: Signs, url: str, *, canonical: str, shows: int) -> None:
        """What a fetched page of these buckets was: its canonical URL, "" where it names none; `shows` is what it links to."""
        for kind, name in signs.buckets:
            if kind == "copies":
                later = [one for one in signs.names if one in self._pages]
                numbered = bool(_PAGE_PATH.search(signs.path))
                self._copies.learn(name, self.plain(url), canonical and self.plain(canonical), later, numbered=numbered)
            elif kind == "pagination" and shows and name not in self._barren:
                if len(self._seen) > _REMEMBERED:
                    self._seen.clear()
                self._seen[name, shows] += 1
                if self._seen[name, shows] >= _MOST["barren"]:
                    self._barren.add(name)

    def take_changes(self) -> list[Trap]:
        changes, self._changed = list(self._changed.values()), {}
        return changes

    def _over(self, kind: str, name: str, trap: Trap) -> str:
        if kind == "pagination" and name in self._barren:
            return BARREN.format(most=_MOST["barren"])
        return _WORDS[kind].format(most=_MOST[kind]) if trap.known - trap.left_out >= _MOST[kind] else ""

    def _way(self, signs: Signs, shaped: str) -> Way | None:
        numbered = bool(_PAGE_PATH.search(signs.path))
        return self._copies.way(shaped, signs.path, signs.names, numbered=numbered)

    def _of(self, kind: str, name: str, url: str, referrer: int | None) -> Trap:
        key = f"{kind} {name}"[:400]
        trap = self._traps.pop(key, None) or self._changed.get(key) or self._load(key)
        if trap is None:
            trap = Trap(name=key, kind=kind, first_url=url[:LONGEST], referrer_id=referrer)
        self._traps[key] = trap
        if len(self._traps) > _REMEMBERED:
            self._traps.popitem(last=False)
        return trap

    def _count(self, trap: Trap, *, left_out: bool) -> None:
        now = msgspec.structs.replace(trap, known=trap.known + 1, left_out=trap.left_out + left_out)
        self._traps[trap.name] = self._changed[trap.name] = now

    def _filters(self, name: str) -> bool:
        if (known := self._named.get(name)) is None:
            known = any(name in names for names in self._facets) and name not in self._variants
            if len(self._named) < _REMEMBERED:
                self._named[name] = known
        return known


_WORDS = {
    "filters": VARIANTS, "signature": SIGNATURES, "search": SEARCHES, "dates": DATES, "pagination": PAGINATION, "deep": DEEP,
    "back": BACK,
}  # fmt: skip


def repeats(segments: Sequence[str]) -> bool:
    """Whether a path says the same again and again: `/a/a/a`, `/a/b/a/b/a/b`, or one segment four times among many."""
    count = len(segments)
    if count > 30:
        return True
    for width in (1, 2, 3):
        for start in range(count - 3 * width + 1):
            once = segments[start : start + width]
            if once == segments[start + width : start + 2 * width] == segments[start + 2 * width : start + 3 * width]:
                return True
    return count > 7 and max(Counter(segments).values()) >= 4


def _searched(path: str, base: str, names: Sequence[str], pairs: Sequence[str]) -> str:
    """The folder or page whose results a URL shows, "" where it is no search: each word in a folder is one of its searches."""
    if found := _SEARCH_PATH.search(path):
        return path[: found.end(1)]
    return base if any(name in _SEARCH for name in names if len(pairs) == 1) else ""


def _is_way_back(pair: str) -> bool:
    value = unquote_plus(pair.partition("=")[2])
    return value.startswith(("/", "http:", "https:")) or "%2f" in value.lower()


def _is_dated(names: Sequence[str], pairs: Sequence[str]) -> bool:
    dated = [pair for pair, name in zip(pairs, names, strict=True) if name in _DATE_NAMES]
    return any(_DATE_VALUE.fullmatch(unquote_plus(pair.partition("=")[2])) for pair in dated)
