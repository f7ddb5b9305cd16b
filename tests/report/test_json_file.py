"""result.json follows its schema, the schema in docs/ is the code's, and hostile text survives."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from auditor.report import json_file
from auditor.report.document import VERSION, ResultDocument


def test_the_schema_in_docs_is_the_one_of_the_code() -> None:
    assert json_file.SCHEMA.read_text(encoding="utf-8") == json_file.schema_text(), (
        "write it anew: python -m auditor.report.json_file"
    )


def test_a_document_follows_the_schema(document: ResultDocument, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "result.json"
    json_file.write(document, path)
    loaded = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json_file.schema()).validate(loaded)
    assert loaded["version"] == VERSION
    assert [one["id"] for one in loaded["problems"]] == [one.id for one in document.problems]
    assert [one.name for one in path.parent.iterdir()] == ["result.json"]


def test_a_document_is_read_back_as_it_was(clean: ResultDocument, tmp_path: Path) -> None:
    json_file.write(clean, tmp_path / "result.json")
    assert json_file.read(tmp_path / "result.json") == clean


def test_half_surrogate_pairs_do_not_stop_the_report(rich: ResultDocument, tmp_path: Path) -> None:
    json_file.write(rich, tmp_path / "result.json")
    again = json_file.read(tmp_path / "result.json")
    assert rich.problems[1].message.endswith("\ud800")
    assert again.problems[1].message.endswith("half a pair \ufffd")


def test_a_document_of_a_newer_version_is_read(clean: ResultDocument, tmp_path: Path) -> None:
    data = json.loads(msgspec.json.encode(clean))
    data["added_later"] = {"field": 1}
    (tmp_path / "result.json").write_text(json.dumps(data))
    assert json_file.read(tmp_path / "result.json") == clean


def test_what_is_no_document_is_refused(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"version": 1}')
    with pytest.raises(msgspec.DecodeError):
        json_file.read(tmp_path / "result.json")
