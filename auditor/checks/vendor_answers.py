"""Checks of how hosts of others answer across the run: those that keep pages waiting, and those that give no answer at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from auditor.checks.registry import check
from auditor.evidence.requests import NO_LOOKUP, NO_NAME, NO_NAMES, UNREACHED, Held, Request, Requests
from auditor.knowledge import vendors
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import SiteQuery
from auditor.model.urls import host
from auditor.model.words import Answer, Scope

_FILES = frozenset(
    {"script", "stylesheet", "image", "font"}
)  # what a page waits for; a chat's requests may be held open
_MOST = 20_000  # snapshots
_OF_NAMES = frozenset({NO_NAME, NO_LOOKUP, NO_NAMES})  # a rule of its own


class _Ask(msgspec.Struct, frozen=True):
    """What one host did to one opened page: the worst of its requests."""

    page: str
    request: Request
    trouble: str = ""  # slow, lost, broken, or "" where it answered as it should
    words: str = ""


@check(scope=Scope.SITE)
def third_parties_in_time(run: SiteQuery, *, seconds: float = 5.0, visits: int = 2) -> Iterator[Observation]:
    """Hosts of others that pages load files from answer, and within `seconds`.

    Believed only of `visits` or more opened pages, of half of all that asked the host, and of pages on which another host of others
    answered well and the shop itself was not slow: else it may be this machine's network. That a known vendor cannot be reached may be a
    filter of this network: that could not be checked.
    """
    asked: dict[str, list[_Ask]] = defaultdict(list)
    opened = alone = 0
    for count, snapshot in enumerate(run.rendered()):
        if count >= _MOST:
            break
        if snapshot.key.state.answer != Answer.NONE or snapshot.missing("requests") is not None:
            continue
        found = _hosts(snapshot.url, snapshot.requests, seconds * 1000)
        opened += bool(found)
        if _reachable(snapshot.requests, seconds * 1000):
            for name, one in found.items():
                asked[name].append(one)
        else:
            alone += any(one.trouble for one in found.values())
    if not opened:
        yield inapplicable("no page that a browser opened loads files from others")
        return
    if alone and not asked:
        yield cant_tell("no other host answered well meanwhile, so it may be the network here")
    for name, asks in sorted(asked.items()):
        bad = sorted((one for one in asks if one.trouble), key=lambda one: one.page)
        if bad and len(bad) < visits:
            if len(asks) < visits:
                yield cant_tell("one page asked for it only, which may be chance", name)
        elif bad and len(bad) * 2 >= len(asks):
            yield _told(name, bad, len(asks))


def _told(name: str, bad: Sequence[_Ask], asks: int) -> Observation:
    unreached = all(one.trouble == "lost" for one in bad)
    if unreached and vendors.load().match(bad[0].request.url, bad[0].request.method) is not None:
        return cant_tell("a known vendor could not be reached from here, which may be this network's filter", name)
    worst = max(bad, key=lambda one: one.request.waited_ms)
    return failed(
        name,
        *(Excerpt("request", one.request.url[:300], where=one.words) for one in bad[:3]),
        page=bad[0].page,
        host=name,
        fault=worst.words,
        count=len(bad),
        all=asks,
    )


def _hosts(page: str, requests: Requests, slow_ms: float) -> dict[str, _Ask]:
    """Host -> what it did here. It gives no answer only where none of its files came."""
    found: dict[str, list[_Ask]] = defaultdict(list)
    for one in requests.items:
        name = host(one.url)
        if one.third_party and one.type in _FILES and one.held is Held.NO and name and not one.frame:
            found[name].append(_ask(page, one, slow_ms))
    return {name: _worst(asks) for name, asks in found.items()}


def _ask(page: str, one: Request, slow_ms: float) -> _Ask:
    reason = one.failure.removeprefix(UNREACHED) if one.failure.startswith(UNREACHED) else ""
    if not one.status and reason and reason not in _OF_NAMES:
        return _Ask(page, one, "lost", f"gives no answer ({reason})")
    if one.status >= 500:
        return _Ask(page, one, "broken", f"answers {one.status}")
    if one.status and one.waited_ms >= slow_ms:
        return _Ask(page, one, "slow", f"takes {one.waited_ms / 1000:.1f} s to answer")
    return _Ask(page, one)


def _worst(asks: Sequence[_Ask]) -> _Ask:
    slow = [one for one in asks if one.trouble == "slow"]
    if slow:
        return max(slow, key=lambda one: one.request.waited_ms)
    return next((one for one in asks if not one.trouble), asks[0])


def _reachable(requests: Requests, slow_ms: float) -> bool:
    """Whether the network here was well: others answered soon, and so did the shop."""
    own = [one.waited_ms for one in requests.items if not one.third_party and one.status]
    well = any(
        one.third_party and 0 < one.status < 500 and one.held is Held.NO and one.waited_ms < slow_ms / 2
        for one in requests.items
    )
    return well and max(own, default=0.0) < slow_ms
