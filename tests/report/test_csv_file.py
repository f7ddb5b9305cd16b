"""The CSV files: all rows, readable by Excel, and no cell is a formula."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from auditor.model.finding import Excerpt, Finding
from auditor.model.words import Certainty, PageType, Severity
from auditor.report import csv_file
from auditor.report.document import ProductPart, ResultDocument


def rows(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")  # without it Excel takes UTF-8 for the machine's code page
    assert data.count(b"\r\n") >= 1
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1", "\u00a0=1", "\uff1d1", '=HYPERLINK("http://e")'],
)
def test_a_formula_becomes_text(text: str) -> None:
    assert csv_file.cell(text).startswith("'")


@pytest.mark.parametrize("text", ["49.00 €", "a=b", "Oak-Lamp", "", "1 - 2", "https://shop.example/?a=1"])
def test_other_text_stays(text: str) -> None:
    assert csv_file.cell(text) == text


def test_findings_of_the_document(rich: ResultDocument, tmp_path: Path) -> None:
    csv_file.write_findings(tmp_path / "f.csv", rich)
    found = rows(tmp_path / "f.csv")
    assert len(found) == sum(len(problem.findings) for problem in rich.problems)
    first = found[0]
    assert (first["problem"], first["severity"], first["for"], first["effort"]) == (
        "P-0000000001",
        "Critical",
        "development",
        "medium",
    )
    assert first["expected"] == "Markup states the price that shoppers see"
    assert first["not in"] == "Firefox desktop"
    assert first["evidence"].startswith("shown: 49.00 €; markup: ")
    text = (tmp_path / "f.csv").read_text(encoding="utf-8-sig")
    assert "\x1b" not in text
    assert "secret" not in text


def test_all_findings_are_streamed_and_joined_to_their_problems(rich: ResultDocument, tmp_path: Path) -> None:
    problem = rich.problems[0]
    found = (
        Finding(
            id=f"F-{number}", problem=problem.id, rule=problem.rule, page="k", url=f"https://shop.example/{number}",
            page_type=PageType.PRODUCT, target="t", severity=Severity.SERIOUS, certainty=Certainty.LIKELY, message="=cmd()",
            excerpts=(Excerpt("shown", "49"),),
        )
        for number in range(1_000)
    )  # fmt: skip
    csv_file.write_findings(tmp_path / "f.csv", rich, found)
    written = rows(tmp_path / "f.csv")
    assert len(written) == 1_000
    # Severity and certainty are the finding's own: both may differ inside a problem.
    assert (written[0]["message"], written[0]["severity"], written[0]["certainty"]) == ("'=cmd()", "Serious", "likely")


def test_products(rich: ResultDocument, tmp_path: Path) -> None:
    csv_file.write_products(tmp_path / "p.csv", rich.products)
    first, second, *_ = rows(tmp_path / "p.csv")
    assert first["sku"] == "'=cmd|' /C calc'!A0"
    assert (first["shown"], first["markup"], first["opened in a browser"]) == ("49.00 €", "41.18 EUR", "yes")
    assert (second["shown"], second["opened in a browser"]) == ("", "no")


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> object:
        yield ProductPart(url="https://shop.example/")
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        csv_file.write_products(tmp_path / "p.csv", broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
