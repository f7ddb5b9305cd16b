"""robots.txt as RFC 9309 reads it, one per origin: what is disallowed, how slowly to go, where the sitemaps are."""

from __future__ import annotations

import msgspec
from protego import Protego

from auditor.crawl.settings import ROBOTS_TOKEN
from auditor.evidence.http import Response
from auditor.model.urls import absolute, origin
from auditor.model.words import FetchOutcome

_LARGEST = 500 * 1024  # RFC 9309 asks for at least 500 kB to be read


class Robots(msgspec.Struct, kw_only=True):
    """What a robots.txt says. `unknown` tells why everything counts as disallowed: it could not be had."""

    rules: Protego | None = None
    delay: float = 0.0
    sitemaps: tuple[str, ...] = ()
    unknown: str = ""

    def allows(self, url: str) -> bool:
        if self.unknown:
            return False
        return self.rules is None or bool(self.rules.can_fetch(url, ROBOTS_TOKEN))


def read(response: Response, body: bytes) -> Robots:
    """4xx, and redirects without end, mean that there is none; 5xx and no answer at all that everything is disallowed for now."""
    if response.outcome is FetchOutcome.OK:
        return parse(body, response.final_url)
    if response.outcome is FetchOutcome.SKIPPED or (300 <= response.status < 500 and response.status != 429):
        return Robots()
    what = f"answers {response.status}" if response.status else f"could not be fetched ({response.reason})"
    return Robots(unknown=f"robots.txt {what}")


def parse(body: bytes, url: str) -> Robots:
    """Never raises: what is no robots.txt (a page of HTML, say) disallows nothing."""
    text = body[:_LARGEST].decode("utf-8-sig", "replace").replace("\x00", "")
    try:
        rules = Protego.parse(text)
        delay = rules.crawl_delay(ROBOTS_TOKEN) or 0.0
        named = list(rules.sitemaps)
    except Exception:  # hostile input must not end the crawl, and Protego promises no kind of error
        return Robots()
    found = (absolute(url, sitemap.strip()) for sitemap in named[:1000])
    return Robots(rules=rules, delay=max(0.0, float(delay)), sitemaps=tuple(dict.fromkeys(filter(None, found))))


class RobotsOfSite:
    """The robots.txt of each origin that has been asked."""

    def __init__(self, obey: bool) -> None:
        self.obey = obey
        self._by_origin: dict[str, Robots] = {}

    def put(self, of_origin: str, robots: Robots) -> None:
        self._by_origin[of_origin] = robots

    def knows(self, url: str) -> bool:
        return not self.obey or origin(url) in self._by_origin

    def disallows(self, url: str) -> bool:
        """False for origins not asked yet: they are asked before the first fetch there."""
        if not self.obey:
            return False
        robots = self._by_origin.get(origin(url))
        return robots is not None and not robots.unknown and not robots.allows(url)

    def unknown(self, url: str) -> str:
        """Why nothing may be fetched there for now, empty where something may."""
        robots = self._by_origin.get(origin(url)) if self.obey else None
        return robots.unknown if robots else ""
