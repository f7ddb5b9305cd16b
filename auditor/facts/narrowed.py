"""A snapshot as one check may see it, and a note of what its answer rested on beside the page itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from auditor.facts.snapshot import Snapshot
from auditor.model.query import LinkTarget

# Headers that say something of the page: a page's basis holds them. Any other may be another with every answer.
SETTLED = ("refresh", "link", "x-robots-tag", "content-type", "content-language")
_ALWAYS = frozenset(
    {"key", "url", "final_url", "status", "headers", "header", "at", "site", "page_type", "is_rendered"}
)
_WITH = {"own_links": "links", "own_urls": "links"}  # what comes with a fact
_MOMENT = frozenset({"response", "headers", "at", "twins", "again"})
_WATCHED = _MOMENT | {"header", "targets"}


class Rests:
    """What a check read that may be otherwise though the page is the same."""

    moment = False  # when and how it was answered, or how others saw it
    linked = False  # what came of asking for URLs
    asked: frozenset[str] = frozenset()  # those URLs, without fragment


class Narrowed:
    """A snapshot that gives a check only what it declared; anything else is a bug of the check and raises."""

    def __init__(self, snapshot: Snapshot, needs: frozenset[str], rests: Rests | None = None) -> None:
        self._snapshot = snapshot
        self._needs = needs
        self._rests = rests or Rests()

    def __getattr__(self, name: str) -> Any:
        if name in self._needs or name in _ALWAYS or _WITH.get(name) in self._needs:
            value = self._watched(name) if name in _WATCHED else getattr(self._snapshot, name)
            self.__dict__[name] = value  # checks ask for the same in loops; what was noted of the first time holds
            return value
        raise AttributeError(f"the check reads '{name}' without declaring that it needs it")

    def _watched(self, name: str) -> Any:
        if name == "header":
            return self._header
        if name == "targets":
            return self._targets
        self._rests.moment = True
        return getattr(self._snapshot, name)

    def _header(self, name: str) -> str | None:
        if name not in SETTLED:
            self._rests.moment = True
        return self._snapshot.header(name)

    def _targets(self, urls: Iterable[str]) -> Mapping[str, LinkTarget]:
        wanted = list(urls)
        self._rests.linked = True
        self._rests.asked = self._rests.asked.union([url.partition("#")[0] for url in wanted])
        return self._snapshot.targets(wanted)
