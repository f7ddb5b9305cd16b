"""Writes the report's files in the formats asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from auditor.model.finding import Finding
from auditor.report.document import PriceRow, ProductPart, ResultDocument


class Everything(Protocol):
    """Every finding and product of the run, streamed; the document has the first of them only."""

    def findings(self) -> AbstractContextManager[Iterator[Finding]]: ...

    def products(self) -> AbstractContextManager[Iterator[ProductPart]]: ...

    def prices(self) -> AbstractContextManager[Iterator[PriceRow]]: ...


def write_all(
    document: ResultDocument,
    folder: Path,
    formats: Sequence[str],
    files: Callable[[str], Path],
    everything: Everything | None = None,
) -> dict[str, Path]:
    """Format -> path of what was written. `files` gives the path of a picture by its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    if "html" in formats:
        from auditor.report import html, summary

        written["html"] = html.write(document, folder, files, formats)
        if document.prices:
            from auditor.report import price_page

            written["prices"] = price_page.write(document, folder, formats)
        written["summary"] = summary.write(document, folder, files)
        if document.history.endings or document.history.later:
            from auditor.report import calendar_file

            if (path := calendar_file.write(document, folder)) is not None:
                written["calendar"] = path
    if "json" in formats:
        from auditor.report import json_file

        written["json"] = folder / "result.json"
        json_file.write(document, written["json"])
    if "junit" in formats:
        from auditor.report import junit

        written["junit"] = folder / "junit.xml"
        junit.write(document, written["junit"])
    if "sarif" in formats:
        from auditor.report import sarif

        written["sarif"] = folder / sarif.SARIF
        sarif.write(document, written["sarif"])
    if "csv" in formats:
        written |= _csv(document, folder, everything)
    if "xlsx" in formats:
        written |= _xlsx(document, folder, everything)
    if "markdown" in formats:
        from auditor.report import markdown

        written["markdown"] = folder / markdown.MARKDOWN
        markdown.write(document, written["markdown"])
    return written


def _csv(document: ResultDocument, folder: Path, everything: Everything | None) -> dict[str, Path]:
    from auditor.report import csv_file, price_files

    findings, products = folder / csv_file.FINDINGS, folder / csv_file.PRODUCTS
    prices = folder / price_files.CSV
    if everything is None:
        csv_file.write_findings(findings, document)
        csv_file.write_products(products, document.products)
        price_files.write_csv(prices, document.prices)
    else:
        with everything.findings() as rows:
            csv_file.write_findings(findings, document, rows)
        with everything.products() as rows:
            csv_file.write_products(products, rows)
        with everything.prices() as rows:
            price_files.write_csv(prices, rows)
    return {"csv": findings, "products": products, "prices_csv": prices}


def _xlsx(document: ResultDocument, folder: Path, everything: Everything | None) -> dict[str, Path]:
    from auditor.report import price_files

    path = folder / price_files.XLSX
    if everything is None:
        price_files.write_xlsx(path, document.prices)
    else:
        with everything.prices() as rows:
            price_files.write_xlsx(path, rows)
    return {"xlsx": path}
