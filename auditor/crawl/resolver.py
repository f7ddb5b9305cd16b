"""Resolves host names for Scrapy; what the config maps elsewhere goes to that address and port, under its own name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from scrapy.crawler import Crawler
from scrapy.resolver import CachingHostnameResolver, HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer  # type: ignore[import-untyped]

from auditor.crawl.settings import is_private
from auditor.model.urls import host, is_address

inside: set[str] = set()  # hosts that were not asked, since they lead into this machine's network


@implementer(IHostnameResolver)
class Resolver(CachingHostnameResolver):
    """Scrapy's caching resolver (IPv4 and IPv6) behind a table of `host:port` or `host` -> `address:port` or `address`."""

    mapped: Mapping[str, str] = {}
    shop = ""  # its host: who leads elsewhere must not lead into the network, unless the shop is in there itself

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Resolver:
        resolver: Resolver = super().from_crawler(crawler, reactor)
        resolver.mapped = {name.lower(): place for name, place in crawler.settings.getdict("RESOLVE").items()}
        resolver.shop = next((host(url) for url in crawler.settings.get("SHOP", ())), "")
        inside.clear()
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
            if hostName != self.shop and not is_address(hostName) and hostName != "localhost":
                resolutionReceiver = _Guard(resolutionReceiver, hostName, self)
            return super().resolveHostName(resolutionReceiver, hostName, portNumber, addressTypes, transportSemantics)
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        resolutionReceiver.addressResolved(address_of(place, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution

    @cached_property
    def shop_inside(self) -> bool:
        """Whether the shop itself is on this machine or in its network. Asked once, where it matters."""
        if f"{self.shop}" in self.mapped or is_private(f"http://{self.shop}/"):
            return is_private(f"http://{self.shop}/")
        try:
            found = socket.getaddrinfo(self.shop, None)
        except (OSError, UnicodeError):
            return False
        return any(not ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_global for one in found)


class _Guard:
    """Passes on the addresses of a host that are in the world; a host that has none such is as one without any."""

    def __init__(self, receiver: Any, name: str, resolver: Resolver) -> None:
        self._receiver, self._name, self._resolver = receiver, name, resolver

    def resolutionBegan(self, resolution: Any) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        if not ipaddress.ip_address(address.host.partition("%")[0]).is_global and not self._resolver.shop_inside:
            inside.add(self._name)
            return
        self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()


def address_of(place: str, port: int) -> IPv4Address | IPv6Address:
    """`127.0.0.1:8443`, `[::1]:8443`, `127.0.0.1` or `::1` as Twisted's address; raises ValueError for anything else."""
    name, colon, own_port = place.rpartition(":")
    if not colon or (":" in name and not name.endswith("]")):
        name, own_port = place, ""
    address = ipaddress.ip_address(name.strip("[]"))
    kind = IPv4Address if address.version == 4 else IPv6Address
    return kind("TCP", str(address), int(own_port) if own_port else port)
