"""Tag vendors: which request reports to whom (collect), which one fetches a vendor's script (library); read by render for every request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache, lru_cache
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, model_validator

from auditor import paths
from auditor.knowledge.table import Regex, Row
from auditor.model.written import Source, Written

Category = Literal[
    "analytics",
    "ads",
    "social",
    "session-replay",
    "consent",
    "tag-manager",
    "email",
    "cdn",
    "payment",
    "security",  # fraud prevention, CAPTCHAs, protection against bots
    "chat",
    "reviews",
    "monitoring",
    "personalization",
    "affiliate",
    "customer-data",
]


class Kind(StrEnum):
    COLLECT = "collect"  # reports something about the visitor
    LIBRARY = "library"  # fetches the vendor's script or settings


class Match(msgspec.Struct, frozen=True):
    """Whose request it is, and of which kind."""

    vendor: str
    kind: Kind


class Endpoint(Written):
    """A shape of request. `host` stands for itself and what is below it; without host and `host_like` any host will do."""

    host: str = ""
    host_like: Regex | None = None
    path: Regex | None = None  # searched in the path
    query: Regex | None = None  # searched in the query
    method: Literal["GET", "POST", ""] = ""  # empty: any
    mixed: bool = False  # the host serves other things too: never refuse it as a whole
    own: bool = False  # named by the config: it may stand on a host of the shop
    whole: bool = False  # refuse the host as a whole although it has a library too, since no page needs that one

    @model_validator(mode="after")
    def _narrow(self) -> Endpoint:
        if not self.host and not self.host_like and not self.path:
            raise ValueError("an endpoint on any host needs a path")
        return self

    def fits(self, path: str, query: str, method: str) -> bool:
        if self.method and method and self.method != method:
            return False
        if self.path and not self.path.search(path):
            return False
        return not self.query or bool(self.query.search(query))


class Items(Written):
    """Where a list of products stands in a hit, and the names of its parts."""

    at: tuple[str, ...]  # names of the list, first found wins
    id: tuple[str, ...] = ("id",)
    name: tuple[str, ...] = ("name",)
    price: tuple[str, ...] = ("price",)
    quantity: tuple[str, ...] = ("quantity",)


class Decode(Written):
    """Where the parts of a hit stand: parameter names of query or body (`a.b` inside JSON), first found wins."""

    account: tuple[str, ...] = ()
    account_path: Regex | None = None  # group 1, from the path
    account_host: Regex | None = None  # group 1, from the host
    event: tuple[str, ...] = ()
    event_path: Regex | None = None
    event_default: str = ""  # what a hit without an event's name means
    events: dict[str, str] = Field(default_factory=dict)  # the vendor's number or code -> the event's name
    value: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    client: tuple[str, ...] = ()  # what the vendor knows the browser by
    transaction: tuple[str, ...] = ()  # the order's number
    ids: tuple[str, ...] = ()  # a plain list of product ids
    products: tuple[str, ...] = ()  # a string of Adobe's: "category;product;quantity;price,…"
    items: Items | None = None
    batch: tuple[str, ...] = ()  # the list in a JSON body that holds one hit an entry
    format: Literal["", "ga4", "meta", "criteo"] = ""  # read by code of its own


class Vendor(Row):
    id: str
    name: str
    category: Category
    collect: tuple[Endpoint, ...] = ()
    libraries: tuple[Endpoint, ...] = ()
    decode: Decode = Decode()


class _Table(Written):
    vendors: tuple[Vendor, ...]

    @model_validator(mode="after")
    def _unique(self) -> _Table:
        seen: set[str] = set()
        for vendor in self.vendors:
            if vendor.id in seen:
                raise ValueError(f"vendor '{vendor.id}' stands twice")
            seen.add(vendor.id)
        return self


_Rows = tuple[tuple[Endpoint, Match], ...]


class Vendors:
    """The table, looked up by host first: one or two dictionary reads for a request of no vendor."""

    def __init__(self, rows: tuple[Vendor, ...]) -> None:
        self._vendors = {vendor.id: vendor for vendor in rows}
        self._by_host: dict[str, list[tuple[Endpoint, Match]]] = {}
        self._like: list[tuple[Endpoint, Match]] = []
        self._anywhere: list[tuple[Endpoint, Match]] = []
        for endpoint, match in _endpoints(rows):
            if endpoint.host:
                self._by_host.setdefault(endpoint.host, []).append((endpoint, match))
            elif endpoint.host_like:
                self._like.append((endpoint, match))
            else:
                self._anywhere.append((endpoint, match))
        # one look instead of thirty for the usual request
        shapes = [endpoint.path.pattern for endpoint, _ in self._anywhere if endpoint.path]
        self._anywhere_path = re.compile("|".join(f"(?:{shape})" for shape in shapes) or r"(?!)", re.IGNORECASE)
        # per instance, so that the tables of two tests don't mix
        self._rows = lru_cache(maxsize=4096)(self._find_rows)

    def __iter__(self) -> Iterator[Vendor]:
        return iter(self._vendors.values())

    def get(self, vendor: str) -> Vendor | None:
        return self._vendors.get(vendor)

    def match(self, url: str, method: str = "GET") -> Match | None:
        """The vendor and kind of a request; None where it is nobody's we know."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return None
        path, method = parts.path or "/", method.upper()
        rows = self._rows(host)
        if self._anywhere_path.search(path):
            rows = (*rows, *self._anywhere)
        return next((match for endpoint, match in rows if endpoint.fits(path, parts.query, method)), None)

    def serving(self, url: str) -> Vendor | None:
        """The vendor that a GET of this URL goes to."""
        match = self.match(url)
        return self.get(match.vendor) if match else None

    def refuses(self, host: str) -> str | None:
        """The vendor id where a host serves collection only, so that it may be refused as a whole; `host` may carry a port."""
        name = _bare(host)
        rows = next((rows for suffix in _suffixes(name) if (rows := self._by_host.get(suffix))), [])
        rows = rows + self._alike(name)
        collects = [match.vendor for _, match in rows if match.kind is Kind.COLLECT]
        if not collects or any(endpoint.mixed for endpoint, _ in rows):
            return None
        has_library = any(match.kind is Kind.LIBRARY for _, match in rows)
        return None if has_library and not any(endpoint.whole for endpoint, _ in rows) else collects[0]

    def mixed(self, host: str) -> str | None:
        """The vendor id where a host serves collection among other things: refusing it as a whole would break pages."""
        if self.refuses(host):
            return None
        name = _bare(host)
        rows = [row for suffix in _suffixes(name) for row in self._by_host.get(suffix, ())] + self._alike(name)
        return next((match.vendor for _, match in rows if match.kind is Kind.COLLECT), None)

    def _alike(self, host: str) -> list[tuple[Endpoint, Match]]:
        return [row for row in self._like if row[0].host_like and row[0].host_like.search(host)]

    def _find_rows(self, host: str) -> _Rows:
        found = [row for suffix in _suffixes(host) for row in self._by_host.get(suffix, ())]
        return (*found, *self._alike(host))


def extended(known: Vendors, own: Iterable[tuple[str, str]]) -> Vendors:
    """The table with collection endpoints of one shop: (vendor id, URL up to the query). Unknown vendors are left out."""
    more: dict[str, list[Endpoint]] = {}
    for vendor, url in own:
        parts = urlsplit(url)
        path = f"^{re.escape(parts.path or '/')}"
        if parts.hostname:
            found = Endpoint.model_validate({"host": parts.hostname.lower(), "path": path, "mixed": True, "own": True})
            more.setdefault(vendor, []).append(found)
    if not more:
        return known
    return Vendors(
        tuple(vendor.model_copy(update={"collect": (*more.get(vendor.id, ()), *vendor.collect)}) for vendor in known)
    )


def _bare(host: str) -> str:
    name, _, port = host.lower().rpartition(":")
    return (name if port.isdigit() and name else host.lower()).rstrip(".")


def _endpoints(rows: tuple[Vendor, ...]) -> Iterator[tuple[Endpoint, Match]]:
    for vendor in rows:
        for endpoint in vendor.collect:
            yield endpoint, Match(vendor.id, Kind.COLLECT)
        for endpoint in vendor.libraries:
            yield endpoint, Match(vendor.id, Kind.LIBRARY)


def _suffixes(host: str) -> Iterator[str]:
    """The host, then what it is below, narrowest first."""
    while host:
        yield host
        host = host.partition(".")[2]


@cache
def load() -> Vendors:
    """The table of rules/knowledge/vendors.yaml; raises UsageError with file:line where it is wrong."""
    return Vendors(Source.read(paths.rules() / "knowledge" / "vendors.yaml").load(_Table).vendors)
