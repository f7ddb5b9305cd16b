"""Addresses that are copies of others: how canonical URLs follow from them, learned from the pages that were fetched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import msgspec

from auditor.crawl.lanes import KINDS

ENOUGH = 30  # pages that agree; small shops are seen whole, in whatever order their pages come
_SHARE = 0.95  # of those that were seen
_MOST_SHAPES, _MOST_SETS = 5_000, 50
_LANGUAGE = re.compile(r"/[a-z]{2,3}(?:[-_][a-z]{2,4})?/?|/?", re.I)
_INDEX = re.compile(r"\[\d{1,4}\]")
_SCRIPT = re.compile(r"\.(?:php\d?|aspx?|jsp|cfm|do|action|cgi|pl)$", re.I)


class Way(msgspec.Struct, frozen=True):
    """How a canonical URL follows from a copy's: without some parameters, or without the first or last segments of its path."""

    parameters: frozenset[str] = frozenset()
    segments: int = 0
    last: int = 0

    @classmethod
    def between(cls, url: str, canonical: str) -> Way | None:
        """None where the page is its own canonical, or another one that does not follow from its URL."""
        here, there = urlsplit(url), urlsplit(canonical)
        if not canonical or here.netloc != there.netloc:
            return None
        mine, other = here.query.split("&") if here.query else [], there.query.split("&") if there.query else []
        if here.path == there.path and len(other) < len(mine) and not set(other) - set(mine):
            return cls(parameters=frozenset(name_of(pair) for pair in mine if pair not in other))
        if other and mine != other:
            return None
        cut = here.path.count("/") - there.path.count("/")
        first = here.path.split("/")[1].lower()  # a folder of a language is no copy, whatever its canonical says
        if cut > 0 and first in KINDS and len(there.path) > 2 and here.path.endswith(there.path):
            return cls(segments=cut)
        # Filters as folders: /12-shoes/red/size-9 of /12-shoes; a start page is no original of what is below it.
        whole, part = _parts(here.path), _parts(there.path)
        if not other and len(part) < len(whole) and whole[: len(part)] == part and not _LANGUAGE.fullmatch(there.path):
            return cls(last=len(whole) - len(part))
        return None

    def of(self, url: str) -> str:
        parts = urlsplit(url)
        if self.segments:
            path = "/" + "/".join(parts.path.split("/")[1 + self.segments :])
            return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        if self.last:
            path = "/" + "/".join(_parts(parts.path)[: -self.last]) + ("/" if parts.path.endswith("/") else "")
            return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        kept = [pair for pair in parts.query.split("&") if name_of(pair) not in self.parameters]
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), ""))


class Copies:
    """What is known of the copies of one shop.

    A path that is cut at its head holds for a shape of path, and one that is cut at its end for all that lies below the shape
    that stays. Parameters are learned one by one, each beside those that stay: once it is known that `color` goes beside
    nothing and `path` beside `product_id`, no combination with them needs to be fetched.
    """

    def __init__(self) -> None:
        self._ways: dict[str, Counter[Way | None]] = {}
        self._below: Counter[str] = Counter()  # shape that stays -> pages below it that are copies of it
        self._own: Counter[str] = Counter()  # and those that are not
        self._gone: dict[str, dict[frozenset[str], Counter[str]]] = {}
        self._stayed: dict[str, dict[frozenset[str], Counter[str]]] = {}

    def learn(self, shaped: str, url: str, canonical: str, later: Iterable[str], *, numbered: bool = False) -> None:
        """A fetched page and its canonical URL, "" where it names none; `later` are parameters that name pages of a list.

        `numbered`: its path ends with such a number, so that it says nothing of what lies beside it.
        """
        way = Way.between(url, canonical)
        parts, folder = urlsplit(url), shaped.partition("?")[0]
        if not numbered or (way and way.last):
            self._learn_below(folder, len(_parts(parts.path)) - way.last if way and way.last else 0)
        if not parts.query or (way is not None and not way.parameters):
            if folder in self._ways or len(self._ways) < _MOST_SHAPES:
                self._ways.setdefault(folder, Counter())[way if way and way.segments else None] += 1
            return
        place, names = _place(shaped, parts.path), {name_of(pair) for pair in parts.query.split("&") if pair}
        gone = (way.parameters if way else frozenset()) - frozenset(later)
        stayed = frozenset(names - gone)
        if place not in self._gone and len(self._gone) >= _MOST_SHAPES:
            return
        dropped, kept = self._gone.setdefault(place, {}), self._stayed.setdefault(place, {})
        if stayed in dropped or len(dropped) < _MOST_SETS:
            dropped.setdefault(stayed, Counter()).update(gone)
        for name in stayed if len(kept) < _MOST_SETS or not gone else ():
            kept.setdefault(stayed - {name}, Counter())[name] += 1

    def way(self, shaped: str, path: str, names: Sequence[str], *, numbered: bool = False) -> Way | None:
        """How the canonical URL follows from one of this shape, once nearly all such pages agreed on it."""
        if names:
            place, mine = _place(shaped, path), frozenset(names)
            gone: set[str] = set()
            for stayed, counts in self._gone.get(place, {}).items():
                if stayed < mine:
                    gone |= {name for name in mine - stayed if self._goes(place, stayed, name, counts[name])}
            if gone:
                return Way(parameters=frozenset(gone))
        folder = shaped.partition("?")[0]
        for count, above in _above(folder)[: -1 if numbered else None]:
            if self._below[above] >= ENOUGH and self._below[above] >= _SHARE * (self._below[above] + self._own[above]):
                return Way(last=len(_parts(path)) - count)
        ways = self._ways.get(folder)
        if not ways or ways.total() < ENOUGH:
            return None
        way, count = ways.most_common(1)[0]
        return way if way is not None and count >= _SHARE * ways.total() else None

    def _learn_below(self, folder: str, stays: int) -> None:
        """A page of this shape is a copy of the page at its first `stays` segments; 0: of none."""
        if len(self._own) > _MOST_SHAPES or len(self._below) > _MOST_SHAPES:
            return
        for count, above in _above(folder):
            if count == stays:
                self._below[above] += 1
            elif not stays or count < stays:
                self._own[above] += 1

    def _goes(self, place: str, stayed: frozenset[str], name: str, count: int) -> bool:
        if count < ENOUGH:
            return False
        kept = self._stayed.get(place, {}).get(stayed)
        return count >= _SHARE * (count + (kept[name] if kept else 0))


def name_of(pair: str) -> str:
    """The name of a parameter in lower case; one of a list is called as all of them are (`f[0]`, `f[12]`: `f[]`)."""
    name = unquote_plus(pair.partition("=")[0]).lower()
    return _INDEX.sub("[]", name) if "[" in name else name


def _above(folder: str) -> list[tuple[int, str]]:
    """How many segments the shapes of the folders above have, and they."""
    parts = _parts(folder)
    return [(count, "/".join(parts[:count])) for count in range(1, len(parts))]


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _place(shaped: str, path: str) -> str:
    """What has its own parameters: a shape of path, or one script, with the kind of page that its route names."""
    route = shaped.partition("&route=")[2]
    return (path.lower() if _SCRIPT.search(path) else shaped.partition("?")[0]) + (f" {route}" if route else "")
