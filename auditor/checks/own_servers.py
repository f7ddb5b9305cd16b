"""Part of checks of tags: servers of the shop's own domain that are told something in a shape that nobody knows."""

from __future__ import annotations

from urllib.parse import urlsplit

from auditor.facts.snapshot import Snapshot
from auditor.knowledge import vendors
from auditor.model.urls import host

# A hit's parameters, encoded in one or as they are; calls of a shop's own interfaces have theirs in the body.
_LEAST_QUERY = 80


def unknown_collector(snapshot: Snapshot) -> str:
    """The host of a server-side container that encodes what it is sent, as some hosters' do; "" where none is seen.

    It is below the shop's own domain, and is sent a POST or a beacon whose query is as long as a hit's.
    """
    domain = _domain(host(snapshot.final_url))
    known = vendors.load()
    for one in snapshot.requests.items:
        reports = one.method == "POST" or one.type in ("ping", "beacon")
        if not reports or one.vendor or len(urlsplit(one.url).query) < _LEAST_QUERY:
            continue
        if _domain(host(one.url)) == domain and known.match(one.url, one.method) is None:
            return host(one.url)
    return ""


def _domain(name: str) -> str:
    """Its last two labels: of shop.co.uk too little, so that a stranger may pass for the shop's; then nothing is said."""
    return ".".join(name.split(".")[-2:])
