"""junit.xml: red exactly where the gate is, grey where something could not be checked, XML whatever the site sent."""

from __future__ import annotations

from pathlib import Path

import msgspec
from junitparser import JUnitXml, TestCase

from auditor.model.words import Certainty, Severity
from auditor.report import junit
from auditor.report.document import ResultDocument


def cases(document: ResultDocument, folder: Path) -> dict[str, TestCase]:
    junit.write(document, folder / "junit.xml")
    return {case.name: case for suite in JUnitXml.fromfile(str(folder / "junit.xml")) for case in suite}


def failed(found: dict[str, TestCase]) -> list[str]:
    return sorted(name for name, case in found.items() if case.is_failure)


def test_every_pack_is_a_suite_and_every_rule_a_case(document: ResultDocument, tmp_path: Path) -> None:
    found = cases(document, tmp_path)
    rules = {rule.id for rule in document.rules} | {problem.rule for problem in document.problems}
    assert {name.partition(":")[0] for name in found if "/" in name} == rules
    xml = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert {suite.name for suite in xml} == {rule.partition("/")[0] for rule in rules} | {"audit"}
    assert xml.tests == len(found)


def test_only_what_fails_the_gate_is_a_failure(rich: ResultDocument, tmp_path: Path) -> None:
    found = cases(rich, tmp_path)
    assert failed(found) == [
        "The gate holds",
        "links/broken-internal: Links inside the shop lead to a page",
        "prices/shown-and-markup: Markup states the price that shoppers see",
    ]
    price = found["prices/shown-and-markup: Markup states the price that shoppers see"].result[0]
    assert price.message == "Price shown 49.00 €, markup says 41.18 € (12 product pages)"
    assert "P-0000000001" in price.text
    assert "Print the price with tax" in price.text
    likely = found["a11y/colour-contrast: Text stands out from its background"]
    assert likely.is_passed
    assert "Reported, not counted by the gate:\nP-0000000003" in likely.system_out


def test_what_the_gate_said_of_a_problem_counts_most(rich: ResultDocument, tmp_path: Path) -> None:
    known, *others = rich.problems
    document = msgspec.structs.replace(
        rich, problems=(msgspec.structs.replace(known, gated=False), *others[:1]), rules=()
    )
    assert failed(cases(document, tmp_path)) == [
        "The gate holds",
        "links/broken-internal: Links inside the shop lead to a page",
    ]


def test_a_gate_that_held_has_no_failures(rich: ResultDocument, many: ResultDocument, tmp_path: Path) -> None:
    held = msgspec.structs.replace(rich, verdict=msgspec.structs.replace(rich.verdict, exit_code=0))
    assert failed(cases(held, tmp_path)) == []
    assert failed(cases(many, tmp_path)) == []


def test_a_rule_that_could_be_checked_nowhere_is_skipped_with_its_reason(rich: ResultDocument, tmp_path: Path) -> None:
    found = cases(rich, tmp_path)
    skipped = {name: case.result[0].message for name, case in found.items() if case.is_skipped}
    assert skipped.pop("Everything could be checked").startswith(
        "could not be checked: 5 pages blocked; 1 page timed out"
    )
    assert skipped == {
        "seo/hreflang-return: Language versions point at each other": "could not be checked: the other page was not fetched yet",
        "consent/before-choice: Nothing is sent before the shopper has chosen": "there was nothing for this rule to check",
    }


def test_an_audit_that_could_not_be_completed_is_an_error_and_no_failure(
    nothing: ResultDocument, tmp_path: Path
) -> None:
    found = cases(nothing, tmp_path)
    assert [name for name, case in found.items() if case.is_error] == ["The audit could be completed"]
    assert failed(found) == []
    assert found["The gate holds"].is_skipped


def test_many_problems_of_a_rule_stay_bounded(rich: ResultDocument, tmp_path: Path) -> None:
    one = rich.problems[0]
    document = msgspec.structs.replace(
        rich, problems=tuple(msgspec.structs.replace(one, id=f"P-{n}") for n in range(400))
    )
    text = (
        cases(document, tmp_path)["prices/shown-and-markup: Markup states the price that shoppers see"].result[0].text
    )
    assert text.endswith("… and 350 more problems")
    assert (one.severity, one.certainty) == (Severity.CRITICAL, Certainty.PROVEN)
