"""Formats: what is asked for is written, nothing else; an unknown one is refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor.config.config import load
from auditor.model.errors import UsageError
from auditor.report.document import ResultDocument
from auditor.report.files import write_all

ALL = ("html", "json", "junit", "sarif", "csv", "xlsx", "markdown")


def test_all_formats(document: ResultDocument, tmp_path: Path, files: Any) -> None:
    written = write_all(document, tmp_path / "report", ALL, files)
    assert [path.name for path in written.values()] == [
        "index.html", "summary.html", "result.json", "junit.xml", "results.sarif", "findings.csv", "products.csv", "prices.csv", "prices.xlsx", "summary.md",
    ]  # fmt: skip
    assert all(path.stat().st_size for path in written.values())
    assert not [path for path in (tmp_path / "report").iterdir() if path.name.startswith(".")]


def test_only_what_is_asked_for(clean: ResultDocument, tmp_path: Path, files: Any) -> None:
    write_all(clean, tmp_path / "report", ["markdown"], files)
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["summary.md"]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "shop.yaml"
    config.write_text("site: https://shop.example\nreport: [html, pdf]\n", encoding="utf-8")
    with pytest.raises(
        UsageError, match="must be 'html', 'json', 'junit', 'sarif', 'csv', 'xlsx' or 'markdown'"
    ) as refused:
        load(str(config))
    assert "shop.yaml:2" in str(refused.value)
