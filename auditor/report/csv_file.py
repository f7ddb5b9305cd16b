"""`findings.csv` and `products.csv`: every row of the run, streamed. UTF-8 with a byte order mark, which Excel needs.

A cell that a spreadsheet would take for a formula gets an apostrophe before it (CWE-1236); the rest stands as it was,
with control characters spelt out. Lines end in CR LF (RFC 4180).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from auditor.model.finding import Finding
from auditor.report import escape, words
from auditor.report.document import ProblemPart, ProductPart, ResultDocument

FINDINGS, PRODUCTS = "findings.csv", "products.csv"
_CELL = 4_000  # characters; Excel takes 32,767
# Full-width forms too: some spreadsheets fold them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FINDING_COLUMNS = (
    "problem", "finding", "severity", "certainty", "over the gate", "rule", "for", "effort", "page type", "page", "message",
    "seen in", "not in", "target", "evidence", "expected", "why", "fix", "fix on this platform",
)  # fmt: skip
_PRODUCT_COLUMNS = (
    "page", "name", "sku", "shown", "markup", "sent by tags", "stock in markup", "opened in a browser", "problems",
)  # fmt: skip


def write_findings(path: Path, document: ResultDocument, findings: Iterable[Finding] | None = None) -> None:
    """All findings given; without any those of the document, which are at most 25 of a problem."""
    problems = {problem.id: problem for problem in document.problems}
    rows = _given(findings, problems) if findings is not None else _listed(document)
    write(path, _FINDING_COLUMNS, rows)


def write_products(path: Path, products: Iterable[ProductPart]) -> None:
    write(
        path,
        _PRODUCT_COLUMNS,
        (
            (
                escape.address(one.url, _CELL),
                one.name,
                one.sku,
                one.shown,
                one.markup,
                one.tag,
                one.availability,
                "yes" if one.opened else "no",
                " ".join(one.problems),
            )
            for one in products
        ),
    )


def cell(text: str) -> str:
    """The text as a spreadsheet may show it: no formula, no control characters, of bearable length."""
    shown = escape.visible(text, _CELL)
    return f"'{shown}" if shown.lstrip(" \u00a0").startswith(_FORMULA) else shown


def _given(findings: Iterable[Finding], problems: dict[str, ProblemPart]) -> Iterator[tuple[str, ...]]:
    for one in findings:
        if problem := problems.get(one.problem):
            evidence = "; ".join(f"{excerpt.label}: {excerpt.text[:400]}" for excerpt in one.excerpts[:6])
            where = (one.id, one.url, one.message, one.clients, one.not_in)
            yield _row(problem, *where, evidence, str(one.severity), str(one.certainty))


def _listed(document: ResultDocument) -> Iterator[tuple[str, ...]]:
    for problem in document.problems:
        for one in problem.findings:
            evidence = "; ".join(f"{excerpt.label}: {excerpt.text[:400]}" for excerpt in one.excerpts[:6])
            where = (one.id, one.url, one.message, one.clients, one.not_in)
            yield _row(problem, *where, evidence, str(problem.severity), str(problem.certainty))


def _row(
    problem: ProblemPart,
    finding: str,
    url: str,
    message: str,
    clients: tuple[str, ...],
    not_in: tuple[str, ...],
    evidence: str,
    severity: str,
    certainty: str,
) -> tuple[str, ...]:
    return (
        problem.id,
        finding,
        words.word("severity", severity),
        words.word("certainty", certainty),
        "" if problem.gated is None else "yes" if problem.gated else "no",
        problem.rule,
        words.word("owner", problem.owner),
        problem.effort,
        words.word("page_type", problem.page_type),
        escape.address(url, _CELL),
        message,
        ", ".join(map(words.client, clients)),
        ", ".join(map(words.client, not_in)),
        problem.target,
        evidence,
        problem.title,
        problem.why,
        problem.fix,
        problem.fix_on,
    )


def write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Row by row into a file beside it, which then takes its name: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows(map(cell, row) for row in rows)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
