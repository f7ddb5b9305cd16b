"""`prices.html`: the price truth table as a page of its own beside the report's index, readable without JavaScript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from auditor.facts.price_cells import COLUMNS
from auditor.report import atomic, html
from auditor.report.document import PriceCell, PriceRow, ResultDocument

PRICES = "prices.html"
_MOST = 500  # rows shown; with a dozen cells each, more make browsers slow
_VERDICTS = ("differs", "equal", "unclear", "nothing to compare")


def write(document: ResultDocument, folder: Path, formats: Sequence[str] = ()) -> Path:
    """Writes the page beside the report's files, whose style it uses, and returns its path."""
    rows = document.prices[:_MOST]
    columns = [source for source in COLUMNS if any(cell.source == source for row in rows for cell in row.cells)]
    counts = Counter(row.verdict for row in document.prices)
    given = {
        "run": document.run,
        "formats": formats,
        "price_columns": columns,
        "price_rows": [(row, [_of(row, source) for source in columns]) for row in rows],
        "price_counts": [(verdict, counts[verdict]) for verdict in _VERDICTS if counts[verdict]],
        "price_markets": list(dict.fromkeys(row.market for row in document.prices if row.market))[:6],
        "prices_left": len(document.prices) - len(rows) + document.prices_cut,
    }
    text = html.environment().get_template("prices.html.j2").render(given)
    atomic.write(folder / PRICES, text.encode("utf-8", "backslashreplace"))
    return folder / PRICES


def _of(row: PriceRow, source: str) -> list[PriceCell]:
    return [cell for cell in row.cells if cell.source == source]
