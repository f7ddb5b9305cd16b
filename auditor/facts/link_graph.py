"""The links of a page as the site's graph keeps them: who leads where, in which words, from which part of the page.

A menu is the same on every page. So a page's links are cut into runs of neighbours, where what a link is decides whether a
run ends with it: pages that share a menu share all its runs but the first and the last, whatever stands around it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from zlib import crc32

import msgspec

from auditor.facts.links import Links, user_links

_RUN = 12  # links of a run on average
_LONGEST = 64
_TEXT = 80


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """One link to a page of the shop. `kind`: a, next, prev, canonical or hreflang; only `a` is a click."""

    key: str  # crawl key of where it leads
    text: str = ""
    position: str = ""  # nav, main, header, footer, aside or ""
    kind: str = "a"
    nofollow: bool = False


class Block(msgspec.Struct, frozen=True):
    """A run of neighbouring links; `digest` says which."""

    digest: bytes
    edges: bytes  # [Edge], msgpack


def blocks(links: Links, is_site: Callable[[str], bool], key: Callable[[str], str]) -> tuple[Block, ...]:
    """The links within the shop in document order, in runs; each kind of link to one page in one place counts once."""
    edges = [
        Edge(key(one.url), one.text[:_TEXT], one.position, "a", one.nofollow)
        for one in user_links(links)
        if is_site(one.url)
    ]
    edges += [
        Edge(key(one.url), "", "", one.kind)
        for one in links.of("next", "prev", "canonical", "hreflang")
        if one.url.startswith("http") and is_site(one.url)
    ]
    return tuple(_block(run) for run in _runs(dict.fromkeys(edges)))


def _runs(edges: Iterable[Edge]) -> Iterable[list[Edge]]:
    run: list[Edge] = []
    for edge in edges:
        if run and edge.position != run[-1].position:
            yield run
            run = []
        run.append(edge)
        if crc32(edge.key.encode("utf-8", "replace")) % _RUN == 0 or len(run) >= _LONGEST:
            yield run
            run = []
    if run:
        yield run


def _block(run: list[Edge]) -> Block:
    packed = msgspec.msgpack.encode(run)
    return Block(hashlib.blake2b(packed, digest_size=12).digest(), packed)
