"""A page that all addresses lead to stands before the shop; where they only lead to one script, or to the start page, none does."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.store import before_shop
from auditor.store.before_shop import BeforeShop, SameEverywhere
from auditor.store.schema import pages
from tests.store.kit import SHOP, begin, fetch, new_workspace, render, response

PATHS = tuple(f"/wines/{name}" for name in ("rose", "merlot", "malbec", "pinot", "shiraz", "tempranillo"))


def led(tmp_path: Path, ways: Mapping[str, str]) -> tuple[BeforeShop | None, int]:
    """What stands before a shop whose addresses lead so, the first one being the start; and how many pages are left of it then."""
    with new_workspace(tmp_path / "audits") as workspace:
        run = begin(workspace)
        for number, (path, end) in enumerate(ways.items()):
            answer = response(SHOP + path, final_url=SHOP + end)
            fetch(workspace, run, path, path, answer=answer, found_by="link" if number else "start")
        with workspace.write() as connection:
            seen = before_shop.find(connection, run.id)
            if seen is not None:
                before_shop.leave_out(connection, run.id, seen.url)
            left = connection.execute(pages.select().where(pages.c.document.is_not(None))).all()
    return seen, len(left)


@pytest.mark.parametrize(
    "way",
    [
        "/first?to={path}",
        "/first",
        "/customer/account/login/referer/?r={base64}",
        "/first?lang=nl&back=https://shop.example{path}",
    ],
)
def test_a_page_before_all_others(tmp_path: Path, way: str) -> None:
    ways = {
        path: way.format(path=path, base64=b64encode(f"{SHOP}{path}".encode()).decode().replace("=", "~"))
        for path in ("/", *PATHS)
    }
    place = way.partition("?")[0]
    assert led(tmp_path, {**ways, f"{place}?to=/": f"{place}?to=/"}) == (BeforeShop(SHOP + place, 7, 7), 0)


@pytest.mark.parametrize(
    "ways",
    [
        # each its own page of one script
        {"/": "/index.php?route=common/home", **{path: f"/index.php?product_id={at}" for at, path in enumerate(PATHS)}},
        # what is gone leads to the start page
        {"/": "/", **dict.fromkeys(PATHS, "/")},
        # the shop has moved into a folder, and what an old sitemap lists leads to its start page there
        {"/": "/shop/", **dict.fromkeys(PATHS, "/shop/"), **{f"/shop{path}": f"/shop{path}" for path in PATHS}},
        # a few old addresses
        {"/": "/en/", "/a": "/en/", "/b": "/en/"},
        # a login for the account alone
        {"/": "/", **{path: f"/login?back={path}" for path in PATHS}},
    ],
)
def test_no_page_before_the_others(tmp_path: Path, ways: dict[str, str]) -> None:
    assert led(tmp_path, ways) == (None, len(ways))


CHECK = "<html><head><title>Acme</title><script>check({nonce})</script></head><body><p>One second, please.</p>{more}</body></html>"
SHELL = '<html><head><title>Acme</title></head><body><div id="root"></div></body></html>'


def same(
    tmp_path: Path, bodies: Mapping[str, str], shown: Mapping[str, str] | None = None
) -> tuple[SameEverywhere | None, int]:
    """What is told of a shop whose addresses answer so, and which browsers saw so; and how many pages are left of it then."""
    with new_workspace(tmp_path / "audits") as workspace:
        run = begin(workspace)
        for path, body in bodies.items():
            fetch(workspace, run, path, body)
        for path, html in (shown or {}).items():
            render(workspace, run, path, html=html)
        with workspace.write() as connection:
            told = before_shop.same_everywhere(connection, run.id)
            if told is not None:
                before_shop.leave_out(connection, run.id)
            left = connection.execute(pages.select().where(pages.c.document.is_not(None))).all()
    return told, len(left)


def checks(more: str = "") -> dict[str, str]:
    """A check of browsers for each address, never the same to the letter."""
    return {path: CHECK.format(nonce=at, more=more) for at, path in enumerate(("/", *PATHS))}


def test_one_page_for_all_addresses_is_no_page_of_the_shop(tmp_path: Path) -> None:
    assert same(tmp_path, checks()) == (SameEverywhere(7, 0), 0)


def test_nor_is_it_one_where_browsers_see_no_more(tmp_path: Path) -> None:
    assert same(tmp_path, checks(), dict(list(checks().items())[:3])) == (SameEverywhere(7, 3), 0)


def test_what_scripts_draw_is_the_shop_once_browsers_saw_it(tmp_path: Path) -> None:
    shown = {path: SHELL.replace('"root">', f'"root"><h1>A bottle of {path}</h1>') for path in PATHS[:2]}
    assert same(tmp_path, dict.fromkeys(("/", *PATHS), SHELL), shown) == (None, 7)


def test_one_page_that_browsers_saw_is_enough_where_it_leads_on(tmp_path: Path) -> None:
    shown = {"/": SHELL.replace('"root">', '"root"><a href="/wines/rose">A bottle</a>')}
    assert same(tmp_path, dict.fromkeys(("/", *PATHS), SHELL), shown) == (None, 7)


@pytest.mark.parametrize(
    "bodies",
    [
        # the start page, which answers for what is gone as well
        checks('<a href="/wines">Wines</a>'),
        # one that is another
        {**checks(), "/wines/gin": "<html><head><title>Gin</title></head><body>Gin</body></html>"},
        # too few to say so
        dict(list(checks().items())[:4]),
    ],
)
def test_pages_that_differ_or_lead_on_are_the_shops(tmp_path: Path, bodies: dict[str, str]) -> None:
    assert same(tmp_path, bodies) == (None, len(bodies))
