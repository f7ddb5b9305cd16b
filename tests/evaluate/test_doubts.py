"""Pages where prices differ are opened once more, each once, and what they show then is what is judged by, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from auditor.config.config import Config
from auditor.evaluate import doubts, stage
from auditor.evaluate.packs import Packs, load
from auditor.evaluate.worker import EvaluateSettings
from auditor.evidence.bundle import Bundle
from auditor.evidence.texts import PriceText, Texts
from auditor.evidence.visit import Visit
from auditor.facts.snapshot import SiteContext
from auditor.model.finding import Finding
from auditor.model.run import Run
from auditor.model.snapshot import Client, SnapshotKey
from auditor.model.words import Certainty, FetchOutcome
from auditor.render import second
from auditor.render.task import RenderResult, RenderSettings, RenderTask
from auditor.store import judgement, runs, snapshots
from auditor.store.workspace import Workspace
from auditor.workers.inline import InlinePool
from auditor.workers.pool import Result
from tests.store.kit import SHOP, begin, fetch, render

PAGE = """<html lang="en"><head><title>Lamp</title><script type="application/ld+json">{{"@context": "https://schema.org",
"@type": "Product", "name": "Lamp {number}", "offers": {{"@type": "Offer", "price": "41.18", "priceCurrency": "EUR"}}}}</script></head>
<body><h1>Lamp {number}</h1><form action="/cart/add" method="post"><button>Add to cart</button></form></body></html>"""


def texts(price: str) -> Texts:
    return Texts(lang="en", prices=(PriceText(text=price, in_main_product=True, font_px=24.0),))


@pytest.fixture
def rules() -> Packs:
    return load(["prices"], only=["prices/shown-equals-markup"])


def settings(workspace: Workspace, run: Run) -> EvaluateSettings:
    site = SiteContext(hosts=("shop.example",), currency="EUR", locale="en-IE")
    return EvaluateSettings(workspace=str(workspace.folder), run_id=run.id, site=site, clients=("chromium/desktop",))


def shop(workspace: Workspace, *prices: str) -> Run:
    run = begin(workspace)
    for number, price in enumerate(prices):
        html = PAGE.format(number=number)
        fetch(workspace, run, f"/products/lamp-{number}", html)
        render(workspace, run, f"/products/lamp-{number}", html=html, evidence={"texts": texts(price)})
    return run


def doubted(workspace: Workspace, run: Run, rules: Packs, most: int = 20) -> tuple[list[doubts.Doubt], int]:
    stage.describe(workspace, run, settings(workspace, run), InlinePool)
    return doubts.doubts(workspace, run, settings(workspace, run), rules, InlinePool, most)


def found(workspace: Workspace, run: Run, rules: Packs) -> list[Finding]:
    evaluation = stage.evaluate(workspace, run, settings(workspace, run), rules, "1", InlinePool)
    with workspace.read() as connection:
        return list(judgement.findings_of(connection, evaluation))


class Browsers:
    """A pool whose browser finds this price on every page."""

    def __init__(self, price: str) -> None:
        self.price, self.opened = price, []  # type: ignore[var-annotated]

    def __call__(self, entry: str, settings: bytes) -> Browsers:
        return self

    def __enter__(self) -> Browsers:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def run(self, tasks: Any) -> Iterator[Result]:
        for one in tasks:
            task = msgspec.msgpack.decode(one.payload, type=RenderTask)
            self.opened.append((task.url, task.key.repeat))
            bundle = Bundle()
            bundle.put("visit", Visit(final_url=task.url, status=200, started_at="2026-11-22T20:09:00.000Z"))
            bundle.put("texts", texts(self.price))
            taken = RenderResult(
                key=task.key, url=task.url, outcome=FetchOutcome.OK, html=PAGE.format(number=0), bundle=bundle
            )
            yield Result(one.id, msgspec.msgpack.encode(taken), "")


def look(workspace: Workspace, run: Run, rules: Packs, price: str, monkeypatch: pytest.MonkeyPatch) -> Browsers:
    monkeypatch.setattr(second, "missing", lambda _: {})
    browsers, (wanted, _) = Browsers(price), doubted(workspace, run, rules)
    given = RenderSettings(files="", site_hosts=("shop.example",))
    config = Config.model_validate({"site": SHOP, "render": {"devices": ["desktop"]}})
    second.look_again(workspace, run, config, given, wanted, browsers)  # type: ignore[arg-type]
    return browsers


def test_pages_that_differ(workspace: Workspace, rules: Packs) -> None:
    run = shop(workspace, "€49.00", "€41.18", "€49.00")
    pages, left_out = doubted(workspace, run, rules)
    assert [(one.url, one.client) for one in pages] == [
        (f"{SHOP}/products/lamp-0", "chromium/desktop"),
        (f"{SHOP}/products/lamp-2", "chromium/desktop"),
    ]
    assert left_out == 0


def test_at_most(workspace: Workspace, rules: Packs) -> None:
    run = shop(workspace, "€49.00", "€49.00", "€49.00")
    pages, left_out = doubted(workspace, run, rules, most=2)
    assert (len(pages), left_out) == (2, 1)
    assert doubted(workspace, run, rules, most=0) == ([], 0)


def test_no_rule_looks_twice(workspace: Workspace) -> None:
    run = shop(workspace, "€49.00")
    assert doubted(workspace, run, load(["meta"])) == ([], 0)


@pytest.mark.parametrize(("price", "certainty"), [("€41.18", Certainty.NEEDS_REVIEW), ("€49.00", Certainty.PROVEN)])
def test_judged_by_both_looks(
    workspace: Workspace, rules: Packs, monkeypatch: pytest.MonkeyPatch, price: str, certainty: Certainty
) -> None:
    run = shop(workspace, "€49.00")
    browsers = look(workspace, run, rules, price, monkeypatch)
    assert browsers.opened == [(f"{SHOP}/products/lamp-0", 1)]
    (one,) = found(workspace, run, rules)
    assert one.certainty is certainty
    assert [price in excerpt.text and "20:09:00" in excerpt.text for excerpt in one.excerpts][-1]
    assert found(workspace, run, rules) == [one]


def test_not_a_third_time(workspace: Workspace, rules: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shop(workspace, "€49.00")
    look(workspace, run, rules, "€49.00", monkeypatch)
    assert look(workspace, run, rules, "€49.00", monkeypatch).opened == []


def test_counts_as_no_page_of_its_own(workspace: Workspace, rules: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shop(workspace, "€49.00")
    look(workspace, run, rules, "€49.00", monkeypatch)
    with workspace.read() as connection:
        first, again = snapshots.looks_at(connection, run.id, f"{SHOP}/products/lamp-0")
        assert [one.key for one in snapshots.of_page(connection, run.id, f"{SHOP}/products/lamp-0")] == [first[0].key]
        assert [one.key for one in again] == [
            SnapshotKey(f"{SHOP}/products/lamp-0", Client("chromium", "desktop"), repeat=1)
        ]
        assert runs.coverage(connection, run.id).rendered == {"chromium/desktop": 1}
