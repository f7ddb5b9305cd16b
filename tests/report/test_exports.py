"""Exports in the report: a list for each set, their prices in the price table, what was read of each source."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from auditor.facts.snapshot import SiteContext
from auditor.model.expected import ExpectedProduct, SourceRead, WrongRow
from auditor.model.run import Run
from auditor.report import exports, html, price_page
from auditor.report.build import build
from auditor.report.exports import Exports
from auditor.store import expected, snapshots
from auditor.store.workspace import Workspace
from tests.store.kit import SHOP, begin, fetch

AT = "2026-11-22T19:50:00+00:00"


def page(name: str, sku: str, price: str, availability: str = "InStock") -> str:
    offer = {"@type": "Offer", "price": price, "priceCurrency": "EUR", "availability": availability}
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "sku": sku,
        "offers": offer,
        "image": f"{SHOP}/x.png",
    }
    return f'<html><head><title>{name}</title><script type="application/ld+json">{json.dumps(data)}</script></head><body><h1>{name}</h1></body></html>'


@pytest.fixture
def run(workspace: Workspace) -> Run:
    run = begin(workspace, config="{}")
    for path, name, sku, price, stock in (
        ("/lamp", "Lamp", "L-1", "49.00", "InStock"), ("/cup", "Cup", "C-1", "9.00", "OutOfStock"), ("/dish", "Dish", "D-1", "5.00", "InStock"),
    ):  # fmt: skip
        fetch(workspace, run, path, page(name, sku, price, stock))
    with workspace.write() as connection:
        for page_id in snapshots.page_ids(connection, run.id):
            snapshots.describe(connection, page_id, "product", "t", "", "")
    add(workspace, run, "erp", "table", [
        ExpectedProduct(key="L-1", line=2, sku="L-1", title="=HYPERLINK(1)", price=Decimal("45.00"), currency="EUR"),
        ExpectedProduct(key="C-1", line=3, sku="C-1", title="Cup", price=Decimal("9.00"), stock="in_stock", quantity=Decimal(4)),
        ExpectedProduct(key="X-1", line=5, sku="X-1", title="Gone"),
    ], WrongRow(line=4, what="columns", text="3 columns instead of 2", left_out=True))  # fmt: skip
    add(
        workspace,
        run,
        "feed",
        "merchant",
        [ExpectedProduct(key="L-1", line=2, sku="L-1", title="Lamp", price=Decimal("49"), currency="EUR")],
    )
    return run


def add(workspace: Workspace, run: Run, name: str, kind: str, rows: list[ExpectedProduct], *wrong: WrongRow) -> None:
    expected.keep(workspace, run.id, name, [*rows, *wrong])
    read = SourceRead(
        name=name, format=kind, origin=f"{name}.csv", made_at=AT, read_at=AT, products=len(rows), wrong=len(wrong), columns=("sku", "price", "stock"),
        whole=name == "erp", currency="EUR", digest="1",
    )  # fmt: skip
    with workspace.write() as connection:
        expected.seal(connection, run.id, read)


def written(workspace: Workspace, run: Run, folder: Path, **more: Any) -> Exports:
    return exports.write(workspace, run, SiteContext(hosts=("shop.example",)), (), folder, **more)


def test_each_set_is_a_list(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "erp-gone.csv").write_text("of an earlier report")
    told = written(workspace, run, tmp_path)
    names = {one.name for one in (tmp_path / "catalogue").iterdir()}
    assert {
        f"erp-{name}.csv"
        for name in ("price", "sold-out-here", "not-on-site", "not-in-export", "wrong-rows", "unreachable")
    } <= names
    assert "erp-gone.csv" not in names
    with (tmp_path / "catalogue" / "erp-price.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["title"], row["line"], row["price in the export"], row["price here"], row["page"]) == (
        "'=HYPERLINK(1)", "2", "45.00 EUR", "49.00 EUR", f"{SHOP}/lamp",
    )  # fmt: skip
    erp, feed = told.parts
    assert (erp.name, erp.products, erp.found, erp.wrong_file) == ("erp", 3, 2, "catalogue/erp-wrong-rows.csv")
    assert {one.name: one.count for one in erp.sets if one.name in ("price", "not-on-site", "not-in-export", "sold-out-here")} == {
        "price": 1, "not-on-site": 1, "not-in-export": 1, "sold-out-here": 1,
    }  # fmt: skip
    assert "not-in-export" not in {one.name for one in feed.sets}


def test_their_prices_stand_in_the_price_table(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    document = build(workspace, run, written(workspace, run, tmp_path))
    (lamp,) = [row for row in document.prices if row.url == f"{SHOP}/lamp"]
    cells = {cell.source: (cell.text, cell.verdict) for cell in lamp.cells}
    assert cells["export"] == ("€45.00", "other")
    assert cells["feed"] == ("€49.00", "equal")
    assert lamp.verdict == "differs"
    text = price_page.write(document, tmp_path).read_text(encoding="utf-8")
    assert '<th scope="col">Export</th>' in text


def test_the_report_says_what_was_read(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    document = build(workspace, run, written(workspace, run, tmp_path))
    html.write(document, tmp_path, lambda digest: tmp_path / digest, ("csv",))
    section = BeautifulSoup((tmp_path / "index.html").read_text(encoding="utf-8"), "lxml").find(id="exports")
    assert section is not None
    assert section.tbody is not None
    for place in section.tbody.select("th .small:not(.quiet)"):
        assert place.find_previous_sibling() is not None
        assert place.find_previous_sibling().name == "br", "format, place and age stand on lines of their own"  # type: ignore[union-attr]
    links = {link["href"] for link in section.find_all("a")}
    assert {"catalogue/erp-price.csv", "catalogue/erp-wrong-rows.csv"} <= links
    assert all((tmp_path / str(link)).is_file() for link in links if str(link).startswith("catalogue/"))


def test_without_csv_nothing_is_written(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    told = written(workspace, run, tmp_path, csv=False)
    assert not (tmp_path / "catalogue").exists()
    assert not any(one.file for one in told.parts[0].sets)
