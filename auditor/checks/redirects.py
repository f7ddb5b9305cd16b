"""Checks of redirects: on the way of the shop's own links, and out of a page by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.facts.links import Link, refresh_target
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, cant_tell, failed, inapplicable
from auditor.model.query import Hop, LinkTarget
from auditor.model.urls import absolute, crawl_key, without_fragment
from auditor.model.words import Certainty, FetchOutcome

PERMANENT = (301, 308)
_MANY = 10
_SHOWN = 6  # hops in an excerpt


def endless(target: LinkTarget) -> bool:
    """Whether it redirected in a circle or without end: its last answer leads back to where it has been, or is one of many."""
    if target.outcome is not FetchOutcome.SITE_ERROR or not 300 <= target.status < 400 or not target.hops:
        return False
    return len(target.hops) > _MANY or target.hops[-1].location in {hop.url for hop in target.hops}


def cause(hop: Hop) -> str:
    """What a redirect changes where that is one thing of the address ("slash at the end"), else ""."""
    try:
        old, new = urlsplit(hop.url), urlsplit(hop.location)
    except ValueError:
        return ""
    if old.query != new.query:
        return ""
    same_path, same_host = old.path == new.path, old.netloc == new.netloc
    if same_path and same_host and old.scheme != new.scheme:
        return f"{old.scheme} to {new.scheme}"
    if same_path and not same_host and old.netloc.removeprefix("www.") == new.netloc.removeprefix("www."):
        return "host with or without www"
    if same_host and old.scheme == new.scheme and not same_path:
        if old.path.rstrip("/") == new.path.rstrip("/"):
            return "slash at the end"
        if old.path.lower() == new.path.lower():
            return "capital letters"
    return ""


def moves(target: LinkTarget) -> tuple[Hop, ...]:
    """The hops that lead elsewhere; one to the same address only sets a cookie."""
    return tuple(hop for hop in target.hops if hop.url != hop.location)


@check(needs={"links", "targets"})
def redirect_chains_short(snapshot: Snapshot) -> Iterator[Observation]:
    """No link within the shop takes two or more redirects to a page that is there.

    A temporary redirect on the way may hang on country, cookie or login, so such a chain is likely only.
    """
    yield from _redirected(snapshot, chain=True)


@check(needs={"links", "targets"})
def links_without_redirect(snapshot: Snapshot) -> Iterator[Observation]:
    """No link within the shop is redirected for good (301, 308), once, to a page that is there."""
    yield from _redirected(snapshot, chain=False)


@check(needs={"links", "targets"})
def redirects_end(snapshot: Snapshot) -> Iterator[Observation]:
    """No link within the shop leads into redirects without end. Cookies were kept along the way. Counts once seen twice."""
    own, targets = _own(snapshot)
    if not own:
        yield inapplicable("no links within the shop")
        return
    if not _followed(snapshot, targets) and len(own) > 1:
        yield cant_tell("its links were not followed")
        return
    for url, link in own.items():
        target = targets.get(url)
        if target is None or not endless(target):
            continue
        if target.confirmed < 2:
            yield cant_tell(f"{url} redirected without end once and could not be asked again", url)
            continue
        yield failed(url, _written(link), _way(target), url=url, text=link.text or "(no text)", reason=target.reason)


def _redirected(snapshot: Snapshot, *, chain: bool) -> Iterator[Observation]:
    own, targets = _own(snapshot)
    if not own:
        yield inapplicable("no links within the shop")
        return
    if not _followed(snapshot, targets) and len(own) > 1:
        yield cant_tell("its links were not followed")
        return
    found: dict[str, list[tuple[Link, LinkTarget]]] = {}
    for url, link in own.items():
        target = targets.get(url)
        if target is None or target.outcome is not FetchOutcome.OK:
            continue
        hops = moves(target)
        if not hops or (len(hops) > 1) is not chain or (not chain and hops[0].status not in PERMANENT):
            continue
        why = [cause(hop) for hop in hops]
        found.setdefault(" and ".join(why) if all(why) else url, []).append((link, target))
    for about, cases in found.items():
        link, target = cases[0]
        hops = moves(target)
        more = len(cases) - 1
        yield failed(
            about,
            *(_way(target) for _, target in cases[:3]),
            _written(link),
            certainty=None if all(hop.status in PERMANENT for hop in hops) else Certainty.LIKELY,
            text=link.text or "(no text)",
            url=without_fragment(link.url),
            end=target.final_url or hops[-1].location,
            hops=len(hops),
            more=f". Others of the page are, too, for the same reason ({about}): {more}" if more else ".",
        )


def _own(snapshot: Snapshot) -> tuple[Mapping[str, Link], Mapping[str, LinkTarget]]:
    own = snapshot.own_urls
    return own, snapshot.targets(own) if own else {}


def _followed(snapshot: Snapshot, targets: Mapping[str, LinkTarget]) -> bool:
    here = without_fragment(snapshot.url)
    return any(
        target.outcome in (FetchOutcome.OK, FetchOutcome.SITE_ERROR) for url, target in targets.items() if url != here
    )


def _written(link: Link) -> Excerpt:
    return Excerpt("link", link.text or link.href[:300], where=f"{link.position or 'page'}, line {link.line}")


def _way(target: LinkTarget) -> Excerpt:
    steps = [f"{hop.url} ({hop.status})" for hop in target.hops[:_SHOWN]]
    more = len(target.hops) - _SHOWN
    return Excerpt("way", " → ".join([*steps, f"{more} more" if more > 0 else target.hops[-1].location]))


@check(needs={"meta", "links"})
def no_refresh(snapshot: Snapshot) -> Iterator[Observation]:
    """The page does not send its visitors on by a meta refresh or a Refresh header.

    One for browsers without scripts (noscript) and one that loads the same page again are no redirects.
    """
    places = [link.url for link in snapshot.links.of("refresh") if not link.inside]
    if (header := snapshot.header("refresh")) and (written := refresh_target(header)):
        places.append(absolute(snapshot.final_url, written) or "")
    for place in dict.fromkeys(places):
        if not place or crawl_key(place) == crawl_key(snapshot.final_url):
            continue
        yield failed(
            without_fragment(place), *(Excerpt("refresh", one) for one in snapshot.meta.refreshes[:3]), url=place
        )
