"""The links of a page as the site's graph keeps them: who leads where, in which words, from which part of the page.

A menu is the same on every page. So a page's links are cut into runs of neighbours, where what a link is decides whether a
run ends with it: pages that share a menu share all its runs but the first and the last, whatever stands around it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from zlib import crc32

import msgspec

from auditor.facts.links import Link, Links, user_links

_RUN = 12  # links of a run on average
_LONGEST = 64
_REMEMBERED = 8_192  # links
_TEXT = 80


class Edge(msgspec.Struct, frozen=True, array_like=True):
    """One link to a page of the shop. `kind`: a, next, prev, canonical or hreflang; only `a` is a click."""

    key: str  # crawl key of where it leads
    text: str = ""
    position: str = ""  # nav, main, header, footer, aside or ""
    kind: str = "a"
    nofollow: bool = False


_UNKNOWN = Edge("")


class Block(msgspec.Struct, frozen=True):
    """A run of neighbouring links; `digest` says which."""

    digest: bytes
    edges: bytes  # [Edge], msgpack


class Edges:
    """Makes edges of links; those of a menu, which is on every page, once."""

    def __init__(self, is_site: Callable[[str], bool], key: Callable[[str], str]) -> None:
        self._is_site, self._key = is_site, key
        self._known: dict[tuple[str, str, str, bool], Edge | None] = {}

    def of(self, links: Links) -> dict[Edge, None]:
        """Links within the shop in document order; each kind of link to one page in one place counts once."""
        edges: dict[Edge, None] = {}
        for one in user_links(links):
            told = (one.url, one.text, one.position, one.nofollow)
            edge = self._known.get(told, _UNKNOWN)
            if edge is _UNKNOWN:
                edge = self._edge(one)
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[told] = edge
            if edge is not None:
                edges[edge] = None
        for one in links.of("next", "prev", "canonical", "hreflang"):
            if one.url.startswith("http") and self._is_site(one.url):
                edges[Edge(self._key(one.url), "", "", one.kind)] = None
        return edges

    def _edge(self, link: Link) -> Edge | None:
        if not self._is_site(link.url):
            return None
        return Edge(self._key(link.url), link.text[:_TEXT], link.position, "a", link.nofollow)


def blocks(links: Links, edges: Edges) -> tuple[Block, ...]:
    """The links within the shop, in runs."""
    return tuple(_block(run) for run in _runs(edges.of(links)))


def _runs(edges: Iterable[Edge]) -> Iterable[list[Edge]]:
    run: list[Edge] = []
    for edge in edges:
        if run and edge.position != run[-1].position:
            yield run
            run = []
        run.append(edge)
        if _ends(edge.key) or len(run) >= _LONGEST:
            yield run
            run = []
    if run:
        yield run


@lru_cache(maxsize=_REMEMBERED)
def _ends(key: str) -> bool:
    return crc32(key.encode("utf-8", "replace")) % _RUN == 0


def _block(run: list[Edge]) -> Block:
    packed = msgspec.msgpack.encode(run)
    return Block(hashlib.blake2b(packed, digest_size=12).digest(), packed)
