"""What third parties cost the pages opened in browsers, for the report: by vendor, and by vendor and type of page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from auditor.evidence.cookies import Cookies
from auditor.evidence.requests import Held, Request
from auditor.knowledge import cookies as known_cookies
from auditor.knowledge.vendors import Vendors
from auditor.report.document import CostCell, ThirdPartyCost

_HOSTS = 300  # third parties kept; the report shows the first
_ROWS = 60
_COOKIES = 40  # names of one third party


class _Sum(msgspec.Struct):
    """Of one third party, as it is added up."""

    pages: set[str] = msgspec.field(default_factory=set)
    requests: int = 0
    bytes: int = 0
    milliseconds: float = 0.0
    held: int = 0

    def add(self, key: str, request: Request) -> None:
        self.pages.add(key)
        self.requests += 1
        if request.held is Held.NO:
            self.bytes += request.size
            self.milliseconds += request.duration_ms
        else:
            self.held += 1


class Costs:
    """Adds up requests and cookies, snapshot by snapshot."""

    def __init__(self, vendors: Vendors) -> None:
        self._vendors = vendors
        self._sums: dict[str, dict[str, _Sum]] = {}  # who -> page type -> sum
        self._cookies: dict[str, set[str]] = {}

    def request(self, key: str, page_type: str, who: str, request: Request) -> None:
        """A third party's request of the page with this key."""
        if who in self._sums or len(self._sums) < _HOSTS:
            self._sums.setdefault(who, {}).setdefault(page_type, _Sum()).add(key, request)

    def cookies(self, jar: Cookies, own: str) -> None:
        """The cookies of a snapshot whose page stands at the host `own`: known names are their vendor's, others their domain's."""
        for cookie in jar.items:
            domain = cookie.domain.lstrip(".")
            known = known_cookies.load().known(cookie.name)
            if known and known.purpose in known_cookies.OPTIONAL:
                who = self.name(known.vendor)
            elif domain and not _same(domain, own):
                match = self._vendors.match(f"https://{domain}/", "GET")
                who = self.name(match.vendor) if match else domain
            else:
                continue
            names = (
                self._cookies.setdefault(who, set()) if who in self._cookies or len(self._cookies) < _HOSTS else None
            )
            if names is not None and len(names) < _COOKIES:
                names.add(cookie.name[:80])

    def name(self, vendor: str) -> str:
        """As people call it."""
        return known.name if (known := self._vendors.get(vendor)) else vendor

    def rows(self) -> tuple[ThirdPartyCost, ...]:
        """Most bytes first; who leaves cookies without a request of its own comes last."""
        rows = [self._row(who) for who in dict.fromkeys([*self._sums, *self._cookies])]
        return tuple(sorted(rows, key=lambda one: (-one.kilobytes, -one.requests, one.who))[:_ROWS])

    def _row(self, who: str) -> ThirdPartyCost:
        sums = self._sums.get(who, {})
        return ThirdPartyCost(
            who=who,
            pages=len({key for one in sums.values() for key in one.pages}),
            requests=sum(one.requests for one in sums.values()),
            kilobytes=_kilobytes(sums.values()),
            milliseconds=_milliseconds(sums.values()),
            held_back=sum(one.held for one in sums.values()),
            cookies=tuple(sorted(self._cookies.get(who, ()))),
            by_page_type=tuple(_cells(sums)),
        )


def _cells(sums: dict[str, _Sum]) -> Iterator[CostCell]:
    for page_type, one in sorted(sums.items()):
        yield CostCell(
            page_type=page_type,
            pages=len(one.pages),
            requests=one.requests,
            kilobytes=_kilobytes([one]),
            milliseconds=_milliseconds([one]),
        )


def _kilobytes(sums: Iterable[_Sum]) -> float:
    return round(sum(one.bytes for one in sums) / 1000, 1)


def _milliseconds(sums: Iterable[_Sum]) -> float:
    return round(sum(one.milliseconds for one in sums), 1)


def _same(domain: str, own: str) -> bool:
    """Whether a cookie's domain is the page's host, stands above it or below it."""
    return domain == own or own.endswith(f".{domain}") or domain.endswith(f".{own}")
