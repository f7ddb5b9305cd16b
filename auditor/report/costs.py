"""What third parties cost the pages opened in browsers, for the report: by vendor, and by vendor and type of page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from auditor.evidence.cookies import Cookies
from auditor.evidence.paint import Paint
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
    main_thread: float = 0.0
    cookies: set[str] = msgspec.field(default_factory=set)

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
        self._told: set[str] = set()  # page types on which a browser told whose scripts ran

    def request(self, key: str, page_type: str, who: str, request: Request) -> None:
        """A third party's request of the page with this key."""
        if (one := self._of(who, page_type)) is not None:
            one.add(key, request)

    def scripts(self, key: str, page_type: str, paint: Paint, third: Collection[str]) -> None:
        """How long scripts ran; `third`: the hosts that are third parties to this page."""
        if paint.scripts is None:
            return
        self._told.add(page_type)
        for ran in paint.scripts:
            match = self._vendors.match(ran.url, "GET")
            one = self._of(self.name(match.vendor) if match else ran.host, page_type) if ran.host in third else None
            if one is not None:
                one.pages.add(key)
                one.main_thread += ran.duration_ms

    def _of(self, who: str, page_type: str) -> _Sum | None:
        if who not in self._sums and len(self._sums) >= _HOSTS:
            return None
        return self._sums.setdefault(who, {}).setdefault(page_type, _Sum())

    def cookies(self, key: str, page_type: str, jar: Cookies, own: str) -> None:
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
            one = self._of(who, page_type)
            if one is not None and len(one.cookies) < _COOKIES:
                one.pages.add(key)
                one.cookies.add(cookie.name[:80])

    def name(self, vendor: str) -> str:
        """As people call it."""
        return known.name if (known := self._vendors.get(vendor)) else vendor

    def rows(self) -> tuple[ThirdPartyCost, ...]:
        """Most bytes first; who leaves cookies without a request of its own comes last."""
        rows = [self._row(who) for who in self._sums]
        return tuple(sorted(rows, key=lambda one: (-one.kilobytes, -one.requests, one.who))[:_ROWS])

    def _row(self, who: str) -> ThirdPartyCost:
        sums = self._sums[who]
        told = [one.main_thread for kind, one in sums.items() if kind in self._told]
        return ThirdPartyCost(
            who=who,
            pages=len({key for one in sums.values() for key in one.pages}),
            requests=sum(one.requests for one in sums.values()),
            kilobytes=_kilobytes(sums.values()),
            milliseconds=_milliseconds(sums.values()),
            held_back=sum(one.held for one in sums.values()),
            main_thread=round(sum(told), 1) if told else None,
            cookies=tuple(sorted({name for one in sums.values() for name in one.cookies})[:_COOKIES]),
            by_page_type=tuple(_cells(sums, self._told)),
        )


def _cells(sums: dict[str, _Sum], told: Collection[str]) -> Iterator[CostCell]:
    for page_type, one in sorted(sums.items()):
        yield CostCell(
            page_type=page_type,
            pages=len(one.pages),
            requests=one.requests,
            kilobytes=_kilobytes([one]),
            milliseconds=_milliseconds([one]),
            main_thread=round(one.main_thread, 1) if page_type in told else None,
            cookies=tuple(sorted(one.cookies)),
        )


def _kilobytes(sums: Iterable[_Sum]) -> float:
    return round(sum(one.bytes for one in sums) / 1000, 1)


def _milliseconds(sums: Iterable[_Sum]) -> float:
    return round(sum(one.milliseconds for one in sums), 1)


def _same(domain: str, own: str) -> bool:
    """Whether a cookie's domain is the page's host, stands above it or below it."""
    return domain == own or own.endswith(f".{domain}") or domain.endswith(f".{own}")
