"""What a round begins with: robots.txt of the site's origins, and the URLs of its sitemaps."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

import msgspec

from auditor.crawl import robots as robots_txt
from auditor.crawl import sitemaps
from auditor.crawl.fetch import Fetched
from auditor.crawl.links import PICTURE
from auditor.crawl.robots import Robots
from auditor.crawl.scope import ROBOTS
from auditor.model.query import OUTSIDE, SITEMAP_CUT, SITEMAP_UNREAD
from auditor.model.urls import absolute, is_http, origin, without_fragment
from auditor.model.words import FetchOutcome
from auditor.store.frontier import Found, Known

if TYPE_CHECKING:
    from auditor.crawl.round import Round

_PASSING = (FetchOutcome.SITE_ERROR, FetchOutcome.TIMEOUT, FetchOutcome.UNREACHABLE)
_ROBOTS_CAP = 1_000_000
_FIRST = "read before all else"
_UNREAD = SITEMAP_UNREAD + ": more than {files:,} sitemaps or {most:,} addresses"
_PICTURES = 60  # of all sitemaps together
_AT_ONCE = 2_000  # addresses of a long sitemap that are taken up in one transaction


class Seeds:
    """Part of a round that knows where URLs come from before any page was read."""

    def __init__(self, of: Round) -> None:
        self.round = of
        self._most = self._left = sitemaps.most_in_all(
            of.settings.max_pages
        )  # addresses of sitemaps, and those still taken up
        self._most_of_long = sitemaps.most_of_long(of.settings.max_pages)
        self._pictures = _PICTURES
        self._named: dict[str, tuple[str, ...]] = {}  # origin -> sitemaps its robots.txt names
        self._robots_ids: dict[str, int] = {}  # origin -> its robots.txt

    async def sow(self) -> str:
        """robots.txt, then sitemaps; returns why nothing may be fetched, empty where all is well."""
        if trouble := await self.learn_robots():
            return trouble
        if self.round.settings.sitemaps:
            await self._sitemaps()
        return ""

    async def learn_robots(self) -> str:
        origins = dict.fromkeys(origin(url) for url in self.round.settings.start)
        for one in origins:
            if not self.round.stop.is_set():
                await self.ask_robots(one)
        unknown = [self.round.robots.unknown(url) for url in self.round.settings.start]
        return f"{unknown[0]}, which means that nothing may be fetched for now" if unknown and all(unknown) else ""

    async def ask_robots(self, of_origin: str) -> Robots:
        """Reads the robots.txt of an origin and slows down to its crawl delay."""
        url = f"{of_origin}/robots.txt"
        known = self.round.ledger.claim(self.round.ledger.found(url, kind="robots", found_by="start", reason=_FIRST))
        fetched = await self.twice(url, _ROBOTS_CAP)
        robots = robots_txt.read(fetched.response, fetched.body)
        self._keep(known, fetched, fetched.body, fetched.response.reason, (), "robots")
        self._robots_ids[of_origin] = known.waiting.id
        self.round.robots.put(of_origin, robots)
        self._named[of_origin] = robots.sitemaps
        if robots.delay and self.round.settings.obey_robots:
            self.round.throttle.slow_to(robots.delay)
        return robots

    async def _sitemaps(self) -> None:
        looked: deque[tuple[str, int, int | None]] = deque(  # URL, depth, the row that names it
            (url, 0, self._robots_ids[by]) for by, urls in self._named.items() for url in urls
        )
        if not looked and self.round.settings.start:
            looked.extend(
                (url, 0, None)
                for path in sitemaps.DEFAULTS
                if (url := absolute(self.round.settings.start[0], path)) is not None
            )
        seen: set[str] = set()
        files = 0
        while looked and files < sitemaps.MOST_FILES and self._left > 0 and not self.round.over():
            url, depth, named_by = looked.popleft()
            if url in seen or not is_http(url):
                continue
            seen.add(url)
            files += 1
            sitemap, row = await self._sitemap(url, named_by)
            if sitemap.kind == "index" and depth < sitemaps.DEEPEST:
                inner = (without_fragment(target) for one in sitemap.locations if (target := absolute(url, one)))
                looked.extend((one, depth + 1, row) for one in inner)
            if named_by is None and sitemap.kind:
                looked = deque(
                    one for one in looked if one[2] is not None
                )  # the first of the usual places that has one
        if looked and not self.round.over():
            reason = _UNREAD.format(files=sitemaps.MOST_FILES, most=self._most)
            left = [(url, by) for url, _, by in islice(looked, 1_000) if url not in seen and is_http(url)]
            self.round.ledger.add(
                [
                    self.round.ledger.found(url, kind="sitemap", found_by="sitemap", referrer=by, reason=reason)
                    for url, by in left
                ]
            )

    async def _sitemap(self, url: str, named_by: int | None) -> tuple[sitemaps.Sitemap, int]:
        scope, ledger = self.round.scope, self.round.ledger
        reason = (
            OUTSIDE
            if not scope.is_site(url)
            else scope.unsafe(url) or (ROBOTS if self.round.robots.disallows(url) else "")
        )
        known = ledger.claim(
            ledger.found(url, kind="sitemap", found_by="sitemap", referrer=named_by, reason=reason or _FIRST)
        )
        row = known.waiting.id
        if reason:
            return sitemaps.Sitemap(error=reason), row
        if known.response is not None and known.response.outcome is FetchOutcome.OK:
            return sitemaps.Sitemap(), row  # read in an earlier round
        fetched = await self.twice(url, sitemaps.LARGEST, sure=named_by is not None)
        if fetched.response.outcome is not FetchOutcome.OK:
            self._keep(known, fetched, b"", fetched.response.reason, (), "sitemap")
            return sitemaps.Sitemap(error=fetched.response.reason), row
        body = sitemaps.unpacked(fetched.body)
        sitemap = sitemaps.read(body)
        base, count = fetched.response.final_url, len(sitemap.locations)
        found = self._places(sitemap, base, row)
        cut = fetched.response.truncated or len(body) >= sitemaps.LARGEST
        if sitemap.cut and sitemap.kind != "index":
            # The row that says it was read comes last: a crawl that is killed before reads it again.
            ledger.add(found)
            taken = self._most - self._left + count
            more, whole = await self._further(body, base, row, self._most_of_long - taken)
            if not whole and self.round.over():
                return sitemap, row
            found, count, cut = iter(()), count + more, cut or not whole
        else:
            cut = cut or sitemap.cut
        if sitemap.kind != "index":
            self._left -= count
        told = f"not a good sitemap: {sitemap.error}" if sitemap.error else ""
        if cut:
            told = f"{SITEMAP_CUT} {count:,} addresses, for it is too long"
        self._keep(known, fetched, body, told, found, "sitemap")
        return sitemap, row

    async def _further(self, body: bytes, base: str, referrer: int, most: int) -> tuple[int, bool]:
        """Takes up what a long sitemap lists beyond its first addresses, some at a time; how many, and whether that was all."""
        listed, taken, ledger = sitemaps.further(body), 0, self.round.ledger
        while not self.round.over():
            some = list(islice(listed, max(0, min(_AT_ONCE, most - taken))))
            if not some:
                return taken, next(listed, None) is None
            ledger.add(self._placed(some, base, referrer))
            taken += len(some)
            await asyncio.sleep(0)
        return taken, False

    def _places(self, sitemap: sitemaps.Sitemap, base: str, referrer: int) -> Iterator[Found]:
        if sitemap.kind == "index":
            return
        weights = dict(zip_longest(sitemap.locations, sitemap.priorities, fillvalue=""))
        for others in sitemap.alternates.values():
            weights.update((address, "hreflang") for _, address in others if address not in weights)
        yield from self._placed(weights.items(), base, referrer)
        yield from self._pictured(sitemap, base, referrer)

    def _pictured(self, sitemap: sitemaps.Sitemap, base: str, referrer: int) -> Iterator[Found]:
        """Pictures on the shop's own hosts, a few of each sitemap."""
        for one in sitemap.pictures:
            url = absolute(base, one)
            if url and is_http(url) and self.round.scope.is_site(url) and self._pictures > 0:
                self._pictures -= 1
                placed = self.round.scope.place(url, found_by="sitemap", depth=1, relation=PICTURE, referrer=referrer)
                yield self.round.ledger.found(
                    url, kind=placed.kind, depth=1, found_by="sitemap", referrer=referrer, reason=placed.reason
                )

    def _placed(self, weights: Iterable[tuple[str, str]], base: str, referrer: int) -> Iterator[Found]:
        name = re.sub(
            r"\d+", "", base.partition("?")[0].rpartition("/")[2]
        )  # sitemap_products_1.xml says what it lists
        if "type=" in base:
            name += base.partition("type=")[2].partition("&")[0]
        for location, weight in weights:
            source = f"{name} {weight}"
            target = absolute(base, location)
            if target is None or not is_http(target):
                continue
            url = without_fragment(target)
            key = self.round.ledger.key(url)
            placed = self.round.scope.place(
                url, found_by="sitemap", depth=1, referrer=referrer, source=source,
                known=lambda key=key: self.round.ledger.has(key),  # type: ignore[misc]
            )  # fmt: skip
            yield self.round.ledger.found(
                url,
                kind=placed.kind,
                priority=placed.priority,
                depth=1,
                found_by="sitemap",
                referrer=referrer,
                reason=placed.reason,
            )

    async def twice(
        self,
        url: str,
        most: int,
        *,
        sure: bool = False,
        anywhere: bool = False,
        refused: Callable[[str], str] = lambda _: "",
    ) -> Fetched:
        """A file of the site's, asked for a second time after a pause where the first gave nothing.

        `sure`: it is named, so that 404 is a fault too.
        """

        def ask() -> Awaitable[Fetched]:
            return self.round.fetcher.fetch(url, most=most, anywhere=anywhere, refused=refused)

        fetched = await self.round.patiently(ask)
        if fetched.response.outcome in _PASSING and (sure or not (400 <= fetched.response.status < 429)):
            await self.round.rest(self.round.settings.confirm_after)
            again = await self.round.patiently(ask)
            return msgspec.structs.replace(
                again,
                response=msgspec.structs.replace(
                    again.response, attempts=(*fetched.response.attempts, *again.response.attempts)
                ),
            )
        return fetched

    def _keep(
        self,
        known: Known,
        fetched: Fetched,
        body: bytes,
        reason: str,
        found: Iterator[Found] | tuple[Found, ...],
        kind: str,
    ) -> None:
        response = msgspec.structs.replace(fetched.response, reason=reason, size=len(body) or fetched.response.size)
        self.round.ledger.save(known.waiting, response, body or None, found, kind=kind)
