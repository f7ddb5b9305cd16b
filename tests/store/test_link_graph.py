"""Clicks and inlinks are counted over the links of pages, whatever redirects and menus stand between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from auditor.evidence.document import Document
from auditor.facts import link_graph as graph
from auditor.facts import links
from auditor.model.urls import crawl_key
from auditor.store import frontier, link_graph
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace
from tests.store.kit import SHOP, begin, fetch, found, response

MENU = "".join(f'<a href="/m{n}">M{n}</a>' for n in range(60))


def blocks(html: str, path: str = "/") -> tuple[graph.Block, ...]:
    read = links.links(Document(html, SHOP + path, rendered=True))
    return graph.blocks(read, graph.Edges(lambda url: url.startswith(SHOP), crawl_key))


@pytest.fixture
def shop(workspace: Workspace) -> Any:
    """Home leads to /a by way of /old, /a to /b; /c is in the sitemap only, /b links to itself."""
    run = begin(workspace)
    pages: Mapping[str, Sequence[str]] = {"/": ["/old", "/gone"], "/a": ["/b", "/"], "/b": ["/b", "/"], "/c": ["/a"]}
    known = link_graph.Known()
    for path, targets in pages.items():
        html = f"<nav>{MENU}</nav>" + "".join(f'<main><a href="{one}#x">to {one}</a></main>' for one in targets)
        fetch(workspace, run, path, found_by={"/": "start", "/c": "sitemap"}.get(path, "link"))
        with workspace.write() as connection:
            number = connection.exec_driver_sql("select max(id) from pages").scalar_one()
            link_graph.save(connection, {number: blocks(html, path)}, known)
    fetch(workspace, run, "/old", answer=response(f"{SHOP}/old", final_url=f"{SHOP}/a"))
    with workspace.write() as connection:
        frontier.add(connection, run.id, [found("/gone", reason="robots.txt"), found("/m1")])
        link_graph.count(connection, run.id, ())
    return run


def test_clicks_inlinks_and_orphans(workspace: Workspace, shop: Any) -> None:
    with workspace.read() as connection:
        rows = connection.exec_driver_sql("select replace(url, 'https://shop.example', ''), clicks, inlinks from urls")
        counted = {path: (clicks, number) for path, clicks, number in rows}
    assert counted == {
        "/": (0, 2),
        "/old": (1, 1),
        "/a": (1, 2),
        "/b": (2, 1),
        "/c": (None, 0),
        "/gone": (1, 1),
        "/m1": (1, 4),
    }


def test_who_links_here_and_how(workspace: Workspace, shop: Any) -> None:
    with workspace.read() as connection:
        site = StoredSite(connection, shop.id, ())
        (one,) = site.inlinks(f"{SHOP}/b")
        assert (one.url, one.text, one.position, one.nofollow) == (f"{SHOP}/a", "to /b", "main", False)
        assert [one.url for one in site.inlinks(f"{SHOP}/m1", limit=2)] == [f"{SHOP}/", f"{SHOP}/a"]
        assert site.inlinks(f"{SHOP}/c") == site.inlinks(f"{SHOP}/unknown") == []


def test_a_menu_is_kept_once(workspace: Workspace, shop: Any) -> None:
    with workspace.read() as connection:
        kept = connection.exec_driver_sql("select count(*) from link_blocks").scalar_one()
    menu = len(blocks(f"<nav>{MENU}</nav>"))
    assert kept <= menu + 7


def test_menus_outside_landmarks_share_their_runs_too() -> None:
    one = blocks(f'<a href="/x">X</a>{MENU}<a href="/y">Y</a>')
    other = blocks(f'<a href="/z">Z</a><a href="/q">Q</a>{MENU}')
    assert len({block.digest for block in one} & {block.digest for block in other}) >= len(one) - 2


def test_only_links_that_people_can_follow_are_clicks() -> None:
    html = '<link rel="canonical" href="/c"><link rel="alternate" hreflang="de" href="/de"><a href="mailto:x">m</a><a href="https://other.example/">o</a>'
    edges = [edge for block in blocks(html) for edge in msgspec.msgpack.decode(block.edges, type=list[graph.Edge])]
    assert {(edge.key, edge.kind) for edge in edges} == {(f"{SHOP}/c", "canonical"), (f"{SHOP}/de", "hreflang")}
