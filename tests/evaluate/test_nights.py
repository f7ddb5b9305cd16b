"""Night two with what holds of night one is night two judged from scratch, whatever changed in between."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, func, select, text

from auditor.evaluate import basis, stage
from auditor.evaluate.packs import Packs, load
from auditor.evaluate.worker import EvaluateSettings
from auditor.facts.snapshot import SiteContext
from auditor.model.query import Hop
from auditor.model.run import Run
from auditor.model.words import FetchOutcome
from auditor.store import judgement
from auditor.store.schema import evaluations, kept_pages, kept_sets
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from tests.store.kit import SHOP, attempts, begin, fetch, render, response

RULES = load()
PRODUCT = (
    '<script type="application/ld+json">{{"@context":"https://schema.org","@type":"Product","name":"Lamp {n}","sku":"L{n}",'
    '"offers":{{"@type":"Offer","price":"{n}.00","priceCurrency":"EUR"{comma}}}}}</script>'
    '<form action="/cart/add" method="post"><input name="quantity" type="number"><button>Add to cart</button></form>'
)


class Shop:
    """A small shop of one night, with faults; each change is one thing that may be otherwise in the next."""

    def __init__(self) -> None:
        self.bodies = {f"/p/{n}": self.product(n) for n in range(1, 7)}
        self.bodies["/sale"] = self.page(
            "Sale", "<p>Sale ends on 25 November 2026, up to 30 % off all lamps.</p><p>© 2024 Shop</p>"
        )
        self.bodies["/about"] = self.page("", '<a href="/gone">Care</a> <a href="/moved">Moved</a> info@yourstore.com')
        self.bodies["/"] = self.page("Home", "".join(f'<a href="{path}">See {path}</a>' for path in self.bodies))
        self.answers: dict[str, dict[str, Any]] = {path: {} for path in self.bodies}
        self.gone = {"/gone": 404}
        self.moved: dict[str, int] = {"/moved": 302}
        self.date = "Sun, 22 Nov 2026 20:00:00 GMT"
        self.seen: list[str] = []
        self.rules = RULES.rules
        self.site: dict[str, Any] = {}

    @staticmethod
    def page(title: str, body: str) -> str:
        head = f"<title>{title}</title>" if title else ""
        menu = (
            '<nav><a href="/">Home</a> <a href="/about">About</a> <a href="/sale">Sale</a> <a href="/p/1">One</a></nav>'
        )
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{menu}<main><h1>{title}</h1>{body}</main></body></html>'

    def product(self, n: int, comma: str = "") -> str:
        return self.page(f"Lamp {n}", PRODUCT.format(n=n, comma=comma) + f'<a href="/p/{n % 6 + 1}">The next lamp</a>')

    def fill(self, workspace: Workspace, run: Run) -> None:
        for path, body in self.bodies.items():
            headers = [("content-type", "text/html; charset=utf-8"), ("date", self.date)]
            given = {"headers": tuple(headers), **self.answers[path]}
            first = {"found_by": "start"} if path == "/" else {"found_by": "link"}
            fetch(workspace, run, path, body, answer=response(SHOP + path, **given), **first)
        for path, status in self.gone.items():
            answer = response(
                SHOP + path, FetchOutcome.SITE_ERROR, status=status, attempts=attempts(2, FetchOutcome.SITE_ERROR)
            )
            fetch(workspace, run, path, answer=answer)
        for path, status in self.moved.items():
            hops = (Hop(url=SHOP + path, status=status, location=f"{SHOP}/about"),)
            fetch(workspace, run, path, answer=response(SHOP + path, final_url=f"{SHOP}/about", hops=hops))
        for path in self.seen:
            render(workspace, run, path, html=self.bodies[path].replace("Lamp", "Light"))


Change = Callable[[Shop, pytest.MonkeyPatch], None]
CHANGES: dict[str, Change] = {}


def change(function: Change) -> Change:
    CHANGES[function.__name__] = function
    return function


@change
def a_page_lost_its_title(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bodies["/p/2"] = shop.bodies["/p/2"].replace("<title>Lamp 2</title>", "")


@change
def markup_broke(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bodies["/p/3"] = shop.product(3, comma=",")


@change
def a_fault_was_mended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bodies["/about"] = shop.page("About", "Who we are.")


@change
def the_target_of_a_link_broke(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.gone["/p/4"] = 404
    del shop.bodies["/p/4"]


@change
def a_broken_target_was_mended(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.gone = {}
    shop.bodies["/gone"] = shop.page("Care", "Wash cold.")
    shop.answers["/gone"] = {}


@change
def a_redirect_is_for_good(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.moved["/moved"] = 301


@change
def time_went_by(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.date = "Mon, 30 Nov 2026 20:00:00 GMT"


@change
def a_header_closes_a_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.answers["/p/5"] = {
        "headers": (("content-type", "text/html"), ("x-robots-tag", "noindex"), ("date", shop.date))
    }


@change
def a_header_that_rules_read_went(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.answers["/p/6"] = {"headers": (("content-type", "text/html"), ("x-powered-by", "PHP/5.6.40"))}


@change
def a_page_answers_otherwise(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.answers["/p/1"] = {"status": 404, "outcome": FetchOutcome.SITE_ERROR}


@change
def a_rule_asks_for_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.rules = tuple(
        msgspec.structs.replace(rule, options={**rule.options, "minimum": 60, "maximum": 90})
        if rule.check == "text_length"
        else rule
        for rule in shop.rules
    )


@change
def a_rule_says_it_otherwise(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.rules = tuple(msgspec.structs.replace(rule, message=f"{rule.message} Truly.") for rule in shop.rules)


@change
def rules_stand_elsewhere(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.rules = (*shop.rules[7:], *shop.rules[:5])


@change
def the_config_names_another_host(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.site = {"hosts": ("shop.example", "other.example")}


@change
def code_or_tables_changed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basis, "code_digest", lambda: "another")


@change
def a_browser_saw_pages(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.seen = [] if shop.seen else ["/p/1", "/about"]


@change
def a_page_came(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.bodies["/p/9"], shop.answers["/p/9"] = shop.product(9), {}


# A browser shows whether scripts make a template, and all pages here have two
EVERYTHING_ANEW = {
    "the_config_names_another_host", "code_or_tables_changed", "a_rule_says_it_otherwise", "a_browser_saw_pages",
}  # fmt: skip


def judge(workspace: Workspace, run: Run, shop: Shop, *, anew: bool = False) -> int:
    site = SiteContext(**{"hosts": ("shop.example",), "answers": ("none",), **shop.site})
    settings = EvaluateSettings(
        workspace=str(workspace.folder), run_id=run.id, site=site, clients=("chromium/desktop",), drop=("sid",)
    )
    stage.describe(workspace, run, settings, InlinePool)
    return stage.evaluate(
        workspace, run, settings, Packs(shop.rules, "digest", RULES.titles), "1", InlinePool, anew=anew
    )


def night(workspace: Workspace, shop: Shop) -> tuple[Run, int]:
    run = begin(workspace)
    shop.fill(workspace, run)
    return run, judge(workspace, run, shop)


def unchanged(connection: Connection, evaluation: int) -> int:
    return int(connection.execute(select(evaluations.c.unchanged).where(evaluations.c.id == evaluation)).scalar_one())


def all_of(connection: Connection, evaluation: int) -> dict[str, Any]:
    """Everything that an evaluation says."""
    looked = text(
        "SELECT text, hex(looks) FROM page_looks JOIN look_sets ON look_sets.id = set_id AND look_sets.evaluation_id = page_looks.evaluation_id"
        " LEFT JOIN addresses ON addresses.id = page_looks.key_id WHERE page_looks.evaluation_id = :id ORDER BY text"
    )
    rows = text("SELECT rule, target FROM unsure WHERE evaluation_id = :id ORDER BY rule, target")
    columns = text("SELECT id, hex(detail), asked FROM findings WHERE evaluation_id = :id ORDER BY id")
    return {
        "findings": connection.execute(columns, {"id": evaluation}).all(),
        "problems": judgement.problems_of(connection, evaluation),
        "tallies": judgement.tallies_of(connection, evaluation),
        "looks": connection.execute(looked, {"id": evaluation}).all(),
        "unsure": connection.execute(rows, {"id": evaluation}).all(),
    }


def compared(
    workspace: Workspace, shop: Shop, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, Any]]:
    """Night two after these changes: how many pages were as they were, and what was found, the same from scratch."""
    for name in names:
        CHANGES[name](shop, monkeypatch)
    run, carried = night(workspace, shop)
    scratch = judge(workspace, run, shop, anew=True)
    with workspace.read() as connection:
        assert unchanged(connection, scratch) == 0
        found, expected = all_of(connection, carried), all_of(connection, scratch)
        for kind, rows in expected.items():
            assert found[kind] == rows, f"{kind} after {names}"
        return unchanged(connection, carried), found


def test_an_unchanged_shop_is_not_judged_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    _, first = night(workspace, shop)
    count, found = compared(workspace, shop, [], monkeypatch)
    assert count == len(shop.bodies)
    with workspace.read() as connection:
        assert found["findings"] == all_of(connection, first)["findings"] != []


@pytest.mark.parametrize("name", list(CHANGES))
def test_one_change(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    shop = Shop()
    night(workspace, shop)
    count, _ = compared(workspace, shop, [name], monkeypatch)
    assert (count == 0) is (name in EVERYTHING_ANEW)


@pytest.mark.parametrize("seed", range(6))
def test_changes_night_after_night(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    pick, shop = random.Random(seed), Shop()
    night(workspace, shop)
    left = list(CHANGES)
    for _ in range(4):
        names = pick.sample(left, min(len(left), pick.randint(0, 3)))
        left = [one for one in left if one not in names or one == "a_browser_saw_pages"]
        compared(workspace, shop, [one for one in names if _possible(shop, one)], monkeypatch)


def _possible(shop: Shop, name: str) -> bool:
    return name != "the_target_of_a_link_broke" or "/p/4" in shop.bodies


def test_a_link_that_broke_fires_on_a_page_that_is_as_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    _, first = night(workspace, shop)
    _, found = compared(workspace, shop, ["the_target_of_a_link_broke"], monkeypatch)
    with workspace.read() as connection:
        before = {row.id for row in all_of(connection, first)["findings"]}
        second = judgement.latest(connection, 2)
        assert second is not None
        new = [one for one in judgement.findings_of(connection, second) if one.id not in before]
    broken = [one for one in new if one.rule == "links/broken-internal"]
    assert {one.url for one in broken} == {f"{SHOP}/", f"{SHOP}/p/3"}
    assert found["findings"]


def test_pages_of_one_key_are_judged_anew(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop()
    shop.bodies["/about?sid=1"] = shop.page("Another", "Who we are not.")
    shop.answers["/about?sid=1"] = {}
    night(workspace, shop)
    compared(workspace, shop, [], monkeypatch)


def test_only_the_last_night_is_kept(workspace: Workspace) -> None:
    shop = Shop()
    for _ in range(3):
        _, last = night(workspace, shop)
    with workspace.read() as connection:
        for table in (kept_pages, kept_sets):
            held = connection.execute(select(table.c.evaluation_id, func.count()).group_by(table.c.evaluation_id)).all()
            assert [row[0] for row in held] == [last]


def test_a_finding_that_is_gone_from_the_night_before_is_looked_for_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop()
    _, first = night(workspace, shop)
    with workspace.write() as connection:
        connection.execute(text("DELETE FROM evaluation_findings WHERE evaluation_id = :id"), {"id": first})
    compared(workspace, shop, [], monkeypatch)
