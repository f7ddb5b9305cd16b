"""`prices.csv` and `prices.xlsx`: the price truth table for spreadsheets, row by row, with the evidence of each price."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from auditor.facts.price_cells import COLUMNS
from auditor.report import csv_file, escape, words
from auditor.report.document import PriceCell, PriceRow

CSV, XLSX = "prices.csv", "prices.xlsx"
_CELL = 4_000  # characters; Excel takes 32,767
_MOST_ROWS = 1_000_000  # of a sheet; Excel takes 1,048,576
_GOOD = ("", "equal", "rounding", "not compared")
_ABOUT = ("page", "name", "sku", "variant", "market", "result")
_BEHIND = ("first looked at", "last looked at", "problems")
_EVIDENCE = (
    "page",
    "variant",
    "source",
    "price",
    "amount",
    "compared",
    "note",
    "where",
    "seen by",
    "looked at",
    "seconds in a cache",
)


def write_csv(path: Path, rows: Iterable[PriceRow]) -> None:
    """A line for each row; its last column tells where each price stands."""
    head = (*_ABOUT, *(words.word("price_source", source) for source in COLUMNS), *_BEHIND, "evidence")
    csv_file.write(path, head, (_line(row) for row in rows))


def write_xlsx(path: Path, rows: Iterable[PriceRow]) -> None:
    """Two sheets: the table, in which what differs is coloured, and the evidence. Nothing in it is a formula or a link.

    In flat memory: both sheets are written row by row.
    """
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    try:
        with xlsxwriter.Workbook(str(part), options) as book:
            _fill(book, rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _fill(book: Any, rows: Iterable[PriceRow]) -> None:
    head = book.add_format({"bold": True, "bottom": 1})
    differs = book.add_format({"bg_color": "#FDE3E7", "font_color": "#8A0A2E"})
    table, evidence = book.add_worksheet("Prices"), book.add_worksheet("Evidence")
    titles = (*_ABOUT, *(words.word("price_source", source) for source in COLUMNS), *_BEHIND)
    for sheet, names in ((table, titles), (evidence, _EVIDENCE)):
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 42)
        sheet.set_column(1, len(names) - 1, 18)
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, head)
    below = number = 0
    for number, row in enumerate(rows, 1):
        if number >= _MOST_ROWS:
            break
        for column, text in enumerate(_table_row(row)):
            source = COLUMNS[column - len(_ABOUT)] if 0 <= column - len(_ABOUT) < len(COLUMNS) else ""
            off = any(cell.source == source and cell.verdict not in _GOOD for cell in row.cells)
            off = off or (column == len(_ABOUT) - 1 and row.verdict == "differs")
            table.write_string(number, column, _plain(text), *([differs] if off else []))
        for cell in row.cells:
            below += 1
            if below >= _MOST_ROWS:
                break
            _write_evidence(evidence, below, row, cell, differs)
    table.autofilter(0, 0, number, len(titles) - 1)


def _write_evidence(sheet: Any, line: int, row: PriceRow, cell: PriceCell, differs: Any) -> None:
    texts = (
        escape.address(row.url, _CELL),
        row.variant,
        words.word("price_source", cell.source),
        cell.text,
        cell.amount,
        words.word("price_verdict", cell.verdict) if cell.verdict else "",
        cell.note,
        cell.where,
        words.client(cell.client) if cell.client else "",
        cell.at,
        "" if cell.age is None else str(cell.age),
    )
    for column, text in enumerate(texts):
        if _EVIDENCE[column] == "amount" and cell.amount:
            sheet.write_number(line, column, float(cell.amount))
        else:
            off = _EVIDENCE[column] == "compared" and cell.verdict not in _GOOD
            sheet.write_string(line, column, _plain(text), *([differs] if off else []))


def _line(row: PriceRow) -> tuple[str, ...]:
    return (*_table_row(row), "; ".join(_told(cell) for cell in row.cells[:60]))


def _table_row(row: PriceRow) -> tuple[str, ...]:
    result = words.word("row_verdict", row.verdict) + (f": {row.why}" if row.why else "")
    about = (escape.address(row.url, _CELL), row.name, row.sku, row.variant, row.market, result)
    return (*about, *_by_source(row), row.first_look, row.last_look, " ".join(row.problems))


def _by_source(row: PriceRow) -> Iterator[str]:
    for source in COLUMNS:
        said = []
        for cell in row.cells:
            if cell.source == source:
                verdict = words.word("price_verdict", cell.verdict) if cell.verdict not in ("", "equal") else ""
                note = ", ".join(filter(None, (verdict, cell.note if verdict else "")))
                said.append(f"{cell.text} ({note})" if note else cell.text)
        yield ", ".join(dict.fromkeys(said))


def _told(cell: PriceCell) -> str:
    where = ", ".join(filter(None, (cell.where, words.client(cell.client) if cell.client else "", cell.at)))
    return f"{words.word('price_source', cell.source)} {cell.text} [{where}]"


def _plain(text: str) -> str:
    return escape.visible(text, _CELL)
