"""Exports and feeds in the report: a CSV for each set that is not empty, what was read of each source, and their prices for the price table."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from auditor.checks import reconciled
from auditor.checks.reconciled import Fell, Sets
from auditor.facts import price_cells, price_compare
from auditor.facts.price_cells import Cell
from auditor.facts.price_compare import Comparison
from auditor.facts.reconcile import price_answer
from auditor.facts.snapshot import SiteContext
from auditor.model.expected import Met, SourceRead
from auditor.model.run import Run
from auditor.report import csv_file
from auditor.report.document import SourcePart, SourceSet
from auditor.store.query import StoredSite
from auditor.store.workspace import Workspace

FOLDER = "catalogue"
WRONG = "wrong-rows"
_MOST_CELLS = 100_000  # prices of exports kept for the price table
_MOST_OF_PAGE = 20
_COLUMNS = (
    "export", "line", "id", "sku", "gtin", "mpn", "title", "link in the export", "page", "price in the export", "price here",
    "stock in the export", "quantity", "stock here", "note",
)  # fmt: skip
_SALES = {
    "sale missing": "its sale should be on",
    "sale early": "its sale has not begun",
    "sale late": "its sale is over",
}

Cells = dict[str, list[Cell]]  # address of a page -> prices that exports give its products


class Exports(msgspec.Struct, frozen=True):
    """What the report tells of the run's sources. Files are named as seen from the report's folder."""

    parts: tuple[SourcePart, ...] = ()
    cells: Cells = {}


def write(
    workspace: Workspace, run: Run, site: SiteContext, drop: Collection[str], folder: Path, *, csv: bool = True
) -> Exports:
    """One pass over every source: its lists into `folder`, where those of an earlier report go, its prices into memory."""
    parts: list[SourcePart] = []
    cells: Cells = {}
    for old in (folder / FOLDER).glob("*.csv"):
        old.unlink()
    with workspace.read() as connection:
        shop = StoredSite(connection, run.id, drop, site)
        for source in shop.catalogue.sources():
            sets = Sets(source=source)
            with _lists(folder if csv else None, source.name) as put:
                for fell in reconciled.fallen(shop, source, sets, _collecting(cells, source, site)):
                    sets.counts[fell.where] += 1
                    put(fell.where, _line(source, fell))
                for row in shop.catalogue.wrong(source.name) if source.wrong else ():
                    put(WRONG, ("yes" if row.left_out else "no", f"{row.line}", row.what, row.text))
            parts.append(_part(source, sets, csv=csv))
    return Exports(tuple(parts), cells)


def _part(source: SourceRead, sets: Sets, *, csv: bool) -> SourcePart:
    def file(name: str) -> str:
        return f"{FOLDER}/{source.name}-{name}.csv" if csv else ""

    return SourcePart(
        name=source.name,
        format=source.format,
        origin=source.origin,
        made_at=source.made_at,
        read_at=source.read_at,
        stale=source.stale,
        cut=source.cut,
        products=source.products,
        wrong=source.wrong,
        wrong_file=file(WRONG) if source.wrong else "",
        found=sets.found,
        prices=sets.compared["price"],
        stocks=sets.compared["stock"],
        unidentified=sets.unidentified,
        sets=tuple(
            SourceSet(name=name, count=sets.counts[name], file=file(name))
            for name in reconciled.SETS
            if sets.counts[name]
        ),
    )


@contextmanager
def _lists(folder: Path | None, source: str) -> Iterator[Callable[[str, tuple[str, ...]], None]]:
    """Writes rows into the list of a set, opened when its first one comes; they take their names when all are whole."""
    if folder is None:
        yield lambda _name, _row: None
        return
    writers: dict[str, Any] = {}
    parts: list[tuple[Path, Path]] = []
    with ExitStack() as opened:

        def put(name: str, row: tuple[str, ...]) -> None:
            if name not in writers:
                target = folder / FOLDER / f"{source}-{name}.csv"
                target.parent.mkdir(parents=True, exist_ok=True)
                part = target.with_name(f".{target.name}.{os.getpid()}")
                parts.append((part, target))
                opened.callback(part.unlink, missing_ok=True)
                stream = opened.enter_context(
                    part.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
                )
                writers[name] = (stream, csv.writer(stream))
                writers[name][1].writerow(_COLUMNS if name != WRONG else ("row left out", "line", "what", "text"))
            writers[name][1].writerow(tuple(map(csv_file.cell, row)))

        yield put
        for stream, _ in writers.values():
            stream.close()
        for part, target in parts:
            part.replace(target)


def _line(source: SourceRead, fell: Fell) -> tuple[str, ...]:
    product, page = fell.product, fell.page
    here = fell.price.written if fell.price is not None else ""
    stock = fell.stock.said if fell.stock is not None else ""
    if product is None:
        numbers = page.numbers if page is not None else ()
        return (source.name, "", "", " ".join(numbers[:5]), " ".join(page.gtins[:5]) if page is not None else "", "", fell.name, "", fell.url, *[""] * 5, fell.note)  # fmt: skip
    price = product.sale if product.sale is not None else product.price
    wanted = fell.price.wanted if fell.price is not None and fell.price.wanted is not None else price
    return (
        source.name, f"{product.line}", product.id, product.sku, product.gtin, product.mpn, product.title, product.link, page.url if page is not None else "",
        f"{wanted:f} {product.currency or source.currency}".strip() if wanted is not None else "", here, product.stock.replace("_", " "),
        f"{product.quantity:f}" if product.quantity is not None else "", stock, fell.note,
    )  # fmt: skip


def _collecting(cells: Cells, source: SourceRead, site: SiteContext) -> Callable[[Met], None]:
    count = sum(map(len, cells.values()))

    def collect(met: Met) -> None:
        nonlocal count
        if met.page is None or count >= _MOST_CELLS or len(kept := cells.setdefault(met.page.url, [])) >= _MOST_OF_PAGE:
            return
        if (cell := _cell(met, source, site)) is not None:
            kept.append(cell)
            count += 1

    return collect


def _cell(met: Met, source: SourceRead, site: SiteContext) -> Cell | None:
    product = met.product
    answer = price_answer(met, source, site)
    amount = answer.wanted if answer.wanted is not None else product.sale if product.sale is not None else product.price
    if amount is None or product.parent:
        return None
    match answer.kind:
        case "same":
            told = Comparison(price_compare.EQUAL, answer.difference.note)
        case "price":
            told = answer.difference
        case "unclear" | "not compared":
            told = Comparison(price_compare.NOT_COMPARED, answer.why)
        case sale:
            told = Comparison(price_compare.OTHER, _SALES[sale])
    currency = product.currency or source.currency
    return Cell(
        source=price_cells.FEED if source.feed else price_cells.EXPORT,
        amount=amount,
        currency=currency,
        text=f"{amount:f} {currency}".strip(),
        where=f"{source.name}, line {product.line:,}, {product.named}",
        at=source.made_at or source.read_at,
        variant="",
        sku=product.sku,
        told=told,
    )
