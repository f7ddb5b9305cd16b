"""The one-file summary: at most 5 MB, nothing loaded, no script; pictures go first, the last ones first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bs4 import BeautifulSoup

from auditor.report import summary
from auditor.report.document import ResultDocument


def made(document: ResultDocument, folder: Path, files: Any) -> BeautifulSoup:
    return BeautifulSoup(summary.write(document, folder / "report", files).read_bytes(), "lxml")


def test_it_stands_alone(document: ResultDocument, tmp_path: Path, files: Any) -> None:
    soup = made(document, tmp_path, files)
    assert not soup.find_all(["script", "link", "iframe", "object", "base"])
    assert all(image["src"].startswith("data:image/webp;base64,") for image in soup.find_all("img"))
    attributes = {name for tag in soup.find_all(True) for name in tag.attrs}
    assert not {name for name in attributes if name.startswith("on") or name == "style"}
    policy = soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]  # type: ignore[index]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["summary.html"]
    targets = {link["href"][1:] for link in soup.find_all("a", href=re.compile("^#"))}
    assert targets <= {tag["id"] for tag in soup.find_all(id=True)}


def test_it_has_the_problems_with_pictures(rich: ResultDocument, tmp_path: Path, files: Any) -> None:
    soup = made(rich, tmp_path, files)
    assert len(soup.select("article.problem")) == 7
    assert len(soup.select("article figure img")) == 2
    assert "Use {{ variant.price | money }}" in soup.get_text(" ")
    assert "<script>document.title" in soup.get_text(" ")


def test_pictures_are_dropped_last_first_until_it_fits(
    rich: ResultDocument, tmp_path: Path, files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rich.problems[0]
    document = msgspec.structs.replace(
        rich, problems=tuple(msgspec.structs.replace(first, id=f"P-{number}") for number in range(10))
    )
    whole = summary.write(document, tmp_path / "whole", files).stat().st_size
    monkeypatch.setattr(summary, "MAX_BYTES", whole - 1)
    soup = made(document, tmp_path, files)
    pictured = [bool(article.find("img")) for article in soup.select("article.problem")]
    assert pictured == [True] * 7 + [False] * 3
    assert (tmp_path / "report" / "summary.html").stat().st_size < whole


def test_it_never_grows_past_its_limit(many: ResultDocument, tmp_path: Path, files: Any) -> None:
    # Four bytes a character, in every text that is shown.
    huge = tuple(
        msgspec.structs.replace(one, message="𝕏" * 5_000, why="𝕐" * 5_000, fix="ℤ" * 5_000) for one in many.problems
    )
    path = summary.write(msgspec.structs.replace(many, problems=huge), tmp_path, files)
    assert path.stat().st_size <= 5_000_000
    soup = BeautifulSoup(path.read_bytes(), "lxml")
    assert "340 more problems are in the full report." in soup.get_text(" ")


def test_problems_are_dropped_where_pictures_are_not_enough(
    many: ResultDocument, tmp_path: Path, files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "MAX_BYTES", 80_000)
    path = summary.write(many, tmp_path, files)
    assert path.stat().st_size <= 80_000
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
