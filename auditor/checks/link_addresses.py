"""Checks of the shape of the addresses that pages link to: sessions and recommendations in them, and the software's raw routes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from auditor.checks.registry import check
from auditor.facts.addresses import pairs
from auditor.facts.links import Link
from auditor.facts.snapshot import Snapshot
from auditor.model.finding import Excerpt, Observation, failed, inapplicable
from auditor.model.urls import without_fragment
from auditor.model.words import FetchOutcome

_NONE = "no links within the shop"


def _own(snapshot: Snapshot, *, nofollow: bool) -> list[Link]:
    links = (link for link in snapshot.own_links if nofollow or not link.nofollow)
    return [link for link in links if not _jumps(snapshot, link)]


def _jumps(snapshot: Snapshot, link: Link) -> bool:
    """Whether it leads to another place of the same page, whose address it has only because the page has."""
    return link.href.lstrip().startswith("#") and without_fragment(link.url) == without_fragment(snapshot.final_url)


@check(needs={"links"})
def links_without_parameters(
    snapshot: Snapshot, *, parameters: tuple[str, ...], value: str = "", nofollow: bool = True, one_value: bool = False
) -> Iterator[Observation]:
    """No link within the shop has one of these parameters. One observation a parameter; of several in one address the first of `parameters` counts.

    `parameters`: names or globs in lower case; `value`: regular expression that the value has to match as a whole;
    `nofollow`: links that crawlers are told not to follow count, too; `one_value`: a parameter whose value differs from link to
    link names things (`?sid=` of stories) and does not count. `;jsessionid=…` in a path counts by that name.
    """
    own = _own(snapshot, nofollow=nofollow)
    if not own:
        yield inapplicable(_NONE)
        return
    wanted = re.compile(value) if value else None
    found: dict[str, list[Link]] = defaultdict(list)
    values: dict[str, set[str]] = defaultdict(set)
    for link in own:
        if "?" not in link.url and ";" not in link.url:
            continue
        parts = urlsplit(link.url)
        given = pairs(parts.query)
        if ";jsessionid=" in parts.path.lower():
            given.append(("jsessionid", parts.path.lower().partition(";jsessionid=")[2]))
        for name, written in given:
            values[name].add(written)
        named = [name for name, written in given if wanted is None or wanted.fullmatch(written)]
        # Of several in one address the first of the list stands for all
        if first := next((one for one in parameters if any(fnmatchcase(name, one) for name in named)), ""):
            found[next(name for name in named if fnmatchcase(name, first))].append(link)
    for name, links in found.items():
        if one_value and len(values[name]) > 1:
            continue
        yield failed(
            name, *(_shown(link) for link in links[:3]), name=name, url=links[0].url, text=links[0].text or "(no text)", count=len(links)
        )  # fmt: skip


@check(needs={"links"})
def links_without_shape(
    snapshot: Snapshot, *, shape: str, beside: str = "", kinds: tuple[str, ...] = ("a", "area")
) -> Iterator[Observation]:
    """No address of the shop that the page points to has this shape. `shape` and `beside` are searched in path and query.

    `beside`: only where at least three other links of the page have that shape, which shows that the shop could do better;
    `kinds`: of links (facts.links).
    """
    pattern, other = re.compile(shape, re.IGNORECASE), re.compile(beside, re.IGNORECASE) if beside else None
    links = (link for link in snapshot.links.of(*kinds) if link.inside != "template")
    own = [link for link in links if snapshot.site.owns(link.url) and not _jumps(snapshot, link)]
    if not own:
        yield inapplicable(_NONE)
        return
    shaped = [link for link in own if not link.nofollow and pattern.search(_address(link))]
    if other is not None and len({link.url for link in own if link not in shaped and other.search(_address(link))}) < 3:
        yield inapplicable("the shop has no other addresses")
        return
    if shaped:
        first = shaped[0]
        match = pattern.search(_address(first))
        target = re.sub(r"[\d%][\w%-]*", "#", match[0])[:100] if match else ""
        yield failed(
            target, *(_shown(link) for link in shaped[:3]), url=first.url, text=first.text or "(no text)", count=len({link.url for link in shaped})
        )  # fmt: skip


def _address(link: Link) -> str:
    parts = urlsplit(link.url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _shown(link: Link) -> Excerpt:
    return Excerpt(link.position or link.kind, f"{link.text} → {link.href[:300]}", where=f"line {link.line}")


@check(needs={"links", "targets"})
def links_not_sent_home(snapshot: Snapshot) -> Iterator[Observation]:
    """No link to a page of the shop is redirected to the start page instead. Short addresses that mean it (/home) are none.

    Some shops send visitors of products they no longer have there on purpose, so it is likely only.
    """
    own = {link.url.partition("#")[0]: link for link in snapshot.own_links}
    if not own:
        yield inapplicable(_NONE)
        return
    for url, target in snapshot.targets(own).items():
        here, there = urlsplit(url), urlsplit(target.final_url)
        moved = bool(target.hops) and here.path.strip("/") not in ("", there.path.strip("/"))
        if not moved or there.query or not _is_home(there.path) or _means_home(here.path, here.query):
            continue
        if (
            target.hops[-1].status in (301, 302, 303, 307, 308)
            and target.status == 200
            and own[url].position != "header"
        ):
            yield failed(
                url,
                _shown(own[url]),
                Excerpt("way", " → ".join([*(f"{hop.url} ({hop.status})" for hop in target.hops), target.final_url])),
                url=url,
                text=own[url].text or "(no text)",
                home=target.final_url,
            )


def _is_home(path: str) -> bool:
    return bool(re.fullmatch(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?/?)?", path, re.IGNORECASE))


_HOME_WORDS = re.compile(
    r"^/?(?:(?:[a-z]{2}(?:[-_][a-z]{2})?/)?(?:home(?:page)?|index|default|start(?:seite)?|accueil|inicio|welcome|shop|store|main)(?:\.\w{2,5})?|index\.php|[a-z]{2}(?:[-_][a-z]{2})?)/?$"
    r"|/(?:login|log-?out|account|logout|register|checkout|cart|language|currency|store|switch|localization|redirect|customer|user|auth)\b",
    re.IGNORECASE,
)


def _means_home(path: str, query: str) -> bool:
    return (
        bool(_HOME_WORDS.search(path))
        or "route=common/home" in query
        or "currency" in query.lower()
        or "lang" in query.lower()
    )


@check(needs={"links", "targets"})
def neighbours_alive(snapshot: Snapshot) -> Iterator[Observation]:
    """What the page names as the next and the previous page of its list (rel) answers well. Errors count once seen twice."""
    own = {
        link.url.partition("#")[0]: link for link in snapshot.links.of("next", "prev") if snapshot.site.owns(link.url)
    }
    if not own:
        yield inapplicable("no next or previous page is named")
        return
    for url, target in snapshot.targets(own).items():
        if target.outcome is FetchOutcome.SITE_ERROR and target.confirmed > 1:
            kind = own[url].kind
            yield failed(
                kind,
                _shown(own[url]),
                url=url,
                kind={"next": "next", "prev": "previous"}[kind],
                answer=target.reason.removeprefix("answers ") or str(target.status),
            )
