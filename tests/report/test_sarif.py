"""SARIF: what the standard asks for, the same fingerprints each time, and valid URIs whatever the site wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from auditor.report import sarif
from auditor.report.document import ResultDocument

URI = re.compile(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9:/?#\[\]@!$&'()*+,;=~._%-])*")


def made(document: ResultDocument, folder: Path) -> dict[str, Any]:
    sarif.write(document, folder / "results.sarif")
    return json.loads((folder / "results.sarif").read_text(encoding="utf-8"))["runs"][0]  # type: ignore[no-any-return]


def test_the_frame_is_that_of_the_standard(document: ResultDocument, tmp_path: Path) -> None:
    run = made(document, tmp_path)
    whole = json.loads((tmp_path / "results.sarif").read_text(encoding="utf-8"))
    assert whole["version"] == "2.1.0"
    assert whole["$schema"].endswith("sarif-schema-2.1.0.json")
    driver = run["tool"]["driver"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        assert result["level"] in ("error", "warning", "note")
        (location,) = result["locations"]
        assert URI.fullmatch(location["physicalLocation"]["artifactLocation"]["uri"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is (document.verdict.exit_code != 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", invocation["startTimeUtc"])


def test_results_carry_what_stays_the_same(rich: ResultDocument, tmp_path: Path) -> None:
    first = made(rich, tmp_path)["results"][0]
    assert first["ruleId"] == "prices/shown-and-markup"
    assert first["level"] == "error"
    assert first["partialFingerprints"] == {"auditorFinding/v1": "F-price0", "auditorProblem/v1": "P-0000000001"}
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "https://shop.example/products/oak-table-lamp-0"  # fmt: skip
    assert first["properties"]["effort"] == "medium"


def test_a_rule_brings_its_help(rich: ResultDocument, tmp_path: Path) -> None:
    rules = {rule["id"]: rule for rule in made(rich, tmp_path)["tool"]["driver"]["rules"]}
    text = rules["prices/shown-and-markup"]["help"]["text"]
    assert text.startswith("Google disapproves offers")
    assert "On Shopify: Use {{ variant.price | money }}" in text
    assert "helpUri" not in rules["links/broken-internal"]  # its first reference is no web address


def test_what_was_not_checked_is_told(rich: ResultDocument, tmp_path: Path) -> None:
    notes = [note["message"]["text"] for note in made(rich, tmp_path)["invocations"][0]["toolExecutionNotifications"]]
    assert "1 rule on 3 pages: axe did not answer within 20 s" in notes
    assert "5 pages blocked" in notes


def test_hostile_text_is_harmless(rich: ResultDocument, tmp_path: Path) -> None:
    made(rich, tmp_path)
    text = (tmp_path / "results.sarif").read_bytes().decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "secret" not in text


def test_very_many_results_are_cut_and_said_so(
    many: ResultDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "_MOST", 100)
    run = made(many, tmp_path)
    assert len(run["results"]) == 100
    notes = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert "9,900 more findings are not listed" in notes


def test_a_rule_without_counts_is_listed_too(rich: ResultDocument, tmp_path: Path) -> None:
    run = made(msgspec.structs.replace(rich, rules=()), tmp_path)
    assert len(run["tool"]["driver"]["rules"]) == len({problem.rule for problem in rich.problems})
