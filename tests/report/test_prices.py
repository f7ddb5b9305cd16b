"""The price truth table: rows from the store, and its page, CSV and workbook."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path

import pytest

from auditor.evidence.requests import Held, Request, Requests
from auditor.evidence.texts import PriceText, Texts
from auditor.evidence.visit import Visit
from auditor.model.run import Run
from auditor.report import price_files, price_page, price_table
from auditor.report.build import Stored, build
from auditor.report.document import PriceCell, PriceRow
from auditor.store import snapshots
from auditor.store.workspace import Workspace
from tests.store.kit import SHOP, begin, fetch, render

FORMULA = '=HYPERLINK("http://evil.example","x")'
HEAD = '<meta property="product:price:amount" content="99.00"><meta property="product:price:currency" content="EUR">'


def page(name: str, price: str, head: str = HEAD, script: str = "") -> str:
    data = {"@context": "https://schema.org", "@type": "Product", "name": name, "sku": "L-1"}
    data["offers"] = {"@type": "Offer", "price": price, "priceCurrency": "EUR"}  # type: ignore[assignment]
    return f"""<html lang="de-DE"><head><title>Lamp</title>{head}<script type="application/ld+json">{json.dumps(data)}</script></head>
    <body class="single-product"><h1>{name}</h1>{script}</body></html>"""


LAYER = '<script>dataLayer.push({"event": "view_item", "ecommerce": {"currency": "EUR", "items": [{"item_id": "L-1", "price": 49}]}});</script>'
LAMP = page(FORMULA, "41.18", script=LAYER)
GA4 = "https://www.google-analytics.com/g/collect?v=2&tid=G-1&en=view_item&epn.value=49&cu=EUR&pr1=idL-1~nmLamp~pr49"
SHOWN = (
    PriceText(text="49,00 €", font_px=24.0, in_main_product=True, selector=".price"),
    PriceText(text="99,00 €", font_px=14.0, in_main_product=True, struck=True, selector=".was"),
)


@pytest.fixture
def run(workspace: Workspace) -> Run:
    run = begin(workspace, config=json.dumps({"market": {"locale": "de-DE", "currency": "EUR"}}))
    fetch(workspace, run, "/lamp", LAMP)
    fetch(workspace, run, "/other", page("Other", "20.00", head=""))
    fetch(workspace, run, "/tagged", page("Tagged", "20.00"))
    fetch(workspace, run, "/odd", page("Odd", "20.00", head=""))
    with workspace.write() as connection:
        for page_id in snapshots.page_ids(connection, run.id):
            snapshots.describe(connection, page_id, "product", "t", "woocommerce", "")
    requests = Requests(items=(Request(url=GA4, held=Held.ANSWERED, vendor="ga4", third_party=True),))
    visit = Visit(final_url=f"{SHOP}/lamp", status=200, started_at="2026-11-20T03:00:07.000Z")
    seen = {"texts": Texts(lang="de", prices=SHOWN), "requests": requests, "visit": visit}
    render(workspace, run, "/lamp", "chromium/desktop", LAMP, evidence=seen)
    odd = (
        PriceText(text="20,00 €", font_px=24.0, in_main_product=True),
        PriceText(text="25,00 €", font_px=24.0, in_main_product=True),
    )
    unclear = {"texts": Texts(lang="de", prices=odd)}
    render(workspace, run, "/odd", "chromium/desktop", page("Odd", "20.00", head=""), evidence=unclear)
    return run


def rows_of(workspace: Workspace, run: Run) -> dict[str, PriceRow]:
    with workspace.read() as connection:
        return {row.url.removeprefix(SHOP): row for row in price_table.rows(connection, run)}


def told(row: PriceRow) -> dict[str, tuple[str, str, str]]:
    return {cell.source: (cell.text, cell.verdict, cell.note) for cell in row.cells}


def test_every_source_is_compared_with_the_price_shown(workspace: Workspace, run: Run) -> None:
    lamp = rows_of(workspace, run)["/lamp"]
    assert (lamp.shown, lamp.verdict, lamp.market) == ("49,00 €", "differs", "EUR, de-DE")
    assert told(lamp) == {
        "shown": ("49,00 €", "", ""),
        "was": ("99,00 €", "", ""),
        "json-ld": ("41,18\xa0€", "tax", "without 19 % tax"),
        "social tags": ("99,00\xa0€", "before reduction", "the price before the reduction"),
        "data layer": ("49,00\xa0€", "equal", ""),
        "tags": ("49,00\xa0€", "equal", ""),
    }
    assert lamp.first_look <= lamp.last_look
    assert all(cell.where and cell.client for cell in lamp.cells)


def test_what_is_unclear_or_alone_is_no_difference(workspace: Workspace, run: Run) -> None:
    rows = rows_of(workspace, run)
    assert (rows["/other"].verdict, rows["/other"].opened, rows["/other"].shown) == ("nothing to compare", False, "")
    assert told(rows["/tagged"]) == {"json-ld": ("20,00\xa0€", "", ""), "social tags": ("99,00\xa0€", "other", "")}
    assert rows["/odd"].verdict == "unclear"
    assert "different prices" in rows["/odd"].why


def test_rows_that_differ_come_first_and_the_rest_is_counted(
    workspace: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(price_table, "MAX_ROWS", 2)
    document = build(workspace, run)
    assert [row.verdict for row in document.prices] == ["differs", "differs"]
    assert document.prices_cut == 2
    with Stored(workspace, run).prices() as every:
        assert len(list(every)) == 4


def test_variants_are_compared_by_number(workspace: Workspace) -> None:
    run = begin(workspace, config="{}")
    variations = json.dumps(
        [
            {"variation_id": 1, "display_price": 100, "display_regular_price": 100, "sku": "B-1"},
            {"variation_id": 2, "display_price": 150, "display_regular_price": 150, "sku": "B-2"},
        ]
    )
    offers = [{"@type": "Offer", "sku": f"B-{n}", "price": p, "priceCurrency": "EUR"} for n, p in ((1, 100), (2, 140))]
    data = {"@context": "https://schema.org", "@type": "Product", "name": "Boots", "offers": offers}
    html = f"""<html><head><title>Boots</title><script type="application/ld+json">{json.dumps(data)}</script></head>
    <body><h1>Boots</h1><form data-product_variations='{variations}'></form></body></html>"""
    fetch(workspace, run, "/boots", html)
    with workspace.write() as connection:
        for page_id in snapshots.page_ids(connection, run.id):
            snapshots.describe(connection, page_id, "product", "t", "woocommerce", "")
    with workspace.read() as connection:
        rows = [row for row in price_table.rows(connection, run) if row.variant]
    assert {row.variant: row.verdict for row in rows} == {"B-1": "equal", "B-2": "differs"}


def test_the_page_reads_without_scripts_and_escapes(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    document = build(workspace, run)
    text = price_page.write(document, tmp_path, ("csv",)).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "without 19 % tax" in text
    assert "2026-11-20" in text or "20 November 2026" in text or "20 Nov" in text
    assert text.count('<th scope="col">') >= 7


def test_csv_and_workbook_hold_every_row_and_no_formula(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    with Stored(workspace, run).prices() as every:
        rows = list(every)
    price_files.write_csv(tmp_path / "prices.csv", rows)
    price_files.write_xlsx(tmp_path / "prices.xlsx", rows)
    with (tmp_path / "prices.csv").open(encoding="utf-8-sig", newline="") as stream:
        head, *lines = list(csv.reader(stream))
    assert len(lines) == len(rows)
    assert all(len(line) == len(head) for line in lines)
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line)
    with zipfile.ZipFile(tmp_path / "prices.xlsx") as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if "/sheet" in name}
    assert len(sheets) == 2
    assert not any(re.search(r"<f[ >]|<hyperlink", sheet) for sheet in sheets.values())
    assert any("HYPERLINK" in sheet for sheet in sheets.values())


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    cell = PriceCell(source="json-ld", text="\x00=1+1\u202e", amount="1", verdict="other", where="@SUM(A1)", at="")
    row = PriceRow(url="javascript:alert(1)", name="-cmd|'/c calc'!A0", shown="1", verdict="differs", cells=(cell,) * 3)
    price_files.write_xlsx(tmp_path / "a.xlsx", [row])
    price_files.write_csv(tmp_path / "a.csv", [row])
    written = (tmp_path / "a.csv").read_text("utf-8-sig")
    assert "\x00" not in written
    assert "'-cmd" in written
