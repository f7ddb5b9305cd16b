"""Links to other sites: which are never asked for since that would do something there, and which hosts tell strangers nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from pydantic import model_validator

from auditor import paths
from auditor.knowledge.table import Regex, Row
from auditor.model.written import Source, Written


class _Place(Written):
    """A shape of link. `host` stands for itself and what is below it."""

    host: str = ""
    host_like: Regex | None = None
    path: Regex | None = None  # searched in path and query

    @model_validator(mode="after")
    def _narrow(self) -> _Place:
        if not self.host and not self.host_like:
            raise ValueError("needs a host or host_like")
        return self


class PassedBy(Row):
    """Links that are not asked for; `reason` completes "not asked: "."""

    reason: str
    at: tuple[_Place, ...]


class _Walled(Row):
    hosts: tuple[str, ...]


class _Table(Written):
    passed_by: tuple[PassedBy, ...]
    walled: tuple[_Walled, ...]


class OtherSites:
    """The table, looked up by host."""

    def __init__(self, table: _Table) -> None:
        self.rows = (*table.passed_by, *table.walled)
        self._by_host: dict[str, list[tuple[_Place, str]]] = {}
        self._like: list[tuple[_Place, str]] = []
        for row in table.passed_by:
            for place in row.at:
                if place.host:
                    self._by_host.setdefault(place.host, []).append((place, row.reason))
                else:
                    self._like.append((place, row.reason))
        self._walled = frozenset(host for row in table.walled for host in row.hosts)

    def passed_by(self, url: str) -> str:
        """Why a link is not asked for ("share link"); empty where it may be."""
        try:
            parts = urlsplit(url[:4_000])
            name = (parts.hostname or "").lower()
        except ValueError:
            return "address that cannot be read"
        rest = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        places = [place for suffix in _suffixes(name) for place in self._by_host.get(suffix, ())]
        places += [row for row in self._like if row[0].host_like and row[0].host_like.search(name)]
        return next((reason for place, reason in places if not place.path or place.path.search(rest)), "")

    def walled(self, host: str) -> bool:
        """Whether the host gives machines another answer than people."""
        return any(suffix in self._walled for suffix in _suffixes(host.lower()))


def _suffixes(host: str) -> Iterator[str]:
    """The host, then what it is below, narrowest first."""
    while host:
        yield host
        host = host.partition(".")[2]


@cache
def load() -> OtherSites:
    """The table of rules/knowledge/other_sites.yaml; raises UsageError with file:line where it is wrong."""
    return OtherSites(Source.read(paths.rules() / "knowledge" / "other_sites.yaml").load(_Table))
