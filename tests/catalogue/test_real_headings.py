"""Exports as the platforms write them, with every column that theirs have: headings from their documentation and public files, rows re-typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.catalogue.reading import Reading
from auditor.config.exports import Export
from auditor.model.expected import ExpectedProduct

FOLDER = Path(__file__).parent / "exports"
EXPECTED: dict[str, Any] = yaml.safe_load((FOLDER / "expected.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(one.name for one in FOLDER.iterdir() if one.suffix != ".yaml"))
def test_read_as_it_was_written(name: str) -> None:
    told = EXPECTED[name]
    reading = Reading(Export(name="erp", file=name), FOLDER / name, "https://shop.example/")
    every = list(reading)
    assert [one for one in every if not isinstance(one, ExpectedProduct)] == []
    assert (reading.format, reading.tax, reading.cut) == (told["format"], told.get("tax", ""), "")
    found = [{key: shown(getattr(one, key)) for key in wanted} for one, wanted in zip(every, told["rows"], strict=True)]
    assert found == told["rows"]


def shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else str(value)
