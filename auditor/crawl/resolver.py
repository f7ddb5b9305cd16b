"""Resolves host names for Scrapy; what the config maps elsewhere goes to that address and port, under its own name."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from scrapy.crawler import Crawler
from scrapy.resolver import CachingHostnameResolver, HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer  # type: ignore[import-untyped]


@implementer(IHostnameResolver)
class Resolver(CachingHostnameResolver):
    """Scrapy's caching resolver (IPv4 and IPv6) behind a table of `host:port` or `host` -> `address:port` or `address`."""

    mapped: Mapping[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Resolver:
        resolver: Resolver = super().from_crawler(crawler, reactor)
        resolver.mapped = {name.lower(): place for name, place in crawler.settings.getdict("RESOLVE").items()}
        return resolver

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[Any] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        place = self.mapped.get(f"{hostName}:{portNumber}") or self.mapped.get(hostName)
        if place is None:
            return super().resolveHostName(resolutionReceiver, hostName, portNumber, addressTypes, transportSemantics)
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        resolutionReceiver.addressResolved(address_of(place, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution


def address_of(place: str, port: int) -> IPv4Address | IPv6Address:
    """`127.0.0.1:8443`, `[::1]:8443`, `127.0.0.1` or `::1` as Twisted's address; raises ValueError for anything else."""
    name, colon, own_port = place.rpartition(":")
    if not colon or (":" in name and not name.endswith("]")):
        name, own_port = place, ""
    address = ipaddress.ip_address(name.strip("[]"))
    kind = IPv4Address if address.version == 4 else IPv6Address
    return kind("TCP", str(address), int(own_port) if own_port else port)
