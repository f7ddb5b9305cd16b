"""The gate against a baseline, an ignore list and budgets: what is new fails, and the verdict says what to do."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from auditor.config.gate import Gate, budget
from auditor.gate import baseline, ignores
from auditor.gate.baseline import Accepted, Baseline
from auditor.gate.ignores import Applied
from auditor.gate.measures import Measure
from auditor.gate.verdict import Against, Verdict, decide
from auditor.model.errors import UsageError
from auditor.model.finding import Problem
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import Certainty, PageType, Severity

TODAY = date(2026, 11, 25)


def problem(number: int, severity: str = "serious", certainty: str = "proven", **values: Any) -> Problem:
    given = {
        "rule": "links/broken-internal",
        "page_type": PageType.HOME,
        "target": f"t{number}",
        "pages": 1,
        "message": "m",
        **values,
    }
    return Problem(id=f"P-{number}", severity=Severity(severity), certainty=Certainty(certainty), **given)


def accepted(one: Problem, **values: str) -> Accepted:
    given = {"severity": str(one.severity), "certainty": str(one.certainty), **values}
    return Accepted(id=one.id, rule=one.rule, page_type=str(one.page_type), target=one.target, **given)


def known(*problems: Problem, **values: Any) -> Baseline:
    return Baseline(name="auditor-baseline.json", problems={one.id: accepted(one) for one in problems}, **values)


def verdict(
    problems: list[Problem], environment: str = "production", gate: dict[str, Any] | None = None, **against: Any
) -> Verdict:
    run = Run(
        id=1, name="r", site="s", start_url="u", environment=environment, started_at="", status=RunStatus.COMPLETE
    )
    covered = Coverage(known=10, fetched=10, outcomes={"ok": 10})
    return decide(run, problems, covered, Gate.model_validate(gate or {}), (), against=Against(**against))


def test_only_what_is_new_fails_by_default() -> None:
    old, new = problem(1), problem(2)
    decided = verdict([old, new], baseline=known(old), asked="auditor-baseline.json")
    assert (decided.exit_code, decided.over, decided.accepted) == (1, ("P-2",), ("P-1",))
    assert decided.sentence == "Not ready: 1 new serious problem."
    assert decided.reasons == (
        "The gate fails on proven problems that are serious or worse and not in the baseline auditor-baseline.json.",
        "The baseline auditor-baseline.json knows 1 problem that would fail it otherwise.",
    )
    decided = verdict([old], baseline=known(old), asked="auditor-baseline.json")
    assert (decided.exit_code, decided.sentence) == (0, "Nothing new over the gate. 1 serious problem proven.")


@pytest.mark.parametrize(
    ("found", "before", "exit_code"),
    [
        (("moderate", "proven"), ("moderate", "proven"), 0),
        (("serious", "proven"), ("moderate", "proven"), 1),
        (("serious", "proven"), ("serious", "likely"), 1),
        (("critical", "proven"), ("serious", "proven"), 0),
        (("serious", "likely"), ("serious", "proven"), 0),
    ],
)
def test_what_was_harmless_when_it_was_accepted_and_is_grave_now(
    found: tuple[str, str], before: tuple[str, str], exit_code: int
) -> None:
    one = problem(1, *found)
    held = Baseline(name="b", problems={"P-1": accepted(one, severity=before[0], certainty=before[1])})
    assert verdict([one], baseline=held, asked="b").exit_code == exit_code


def test_no_baseline_yet_is_not_clean() -> None:
    decided = verdict([problem(1, "critical")], gate={"fail_on": "serious"}, asked="auditor-baseline.json")
    assert decided.exit_code == 0
    assert decided.sentence == "1 critical problem proven."
    assert decided.reasons == (
        "No baseline yet: auditor-baseline.json is not there, so everything is reported and nothing fails. Accept what there is now: auditor gate --accept-current",
    )
    decided = verdict([problem(1)], asked="accepted.yaml")
    assert decided.reasons[0].endswith("auditor gate --accept-current --baseline accepted.yaml")
    assert verdict([problem(1)], gate={"fail_on": "serious", "only": "all"}, asked="b").exit_code == 1


def test_all_counts_where_it_is_asked_for() -> None:
    one = problem(1)
    assert verdict([one], gate={"only": "all", "fail_on": "serious"}, baseline=known(one), asked="b").exit_code == 1


def test_by_page_type_device_environment_and_rule() -> None:
    where = [
        {"rules": ["security/*"], "fail_on": "never"},
        {"page_types": ["product"], "devices": ["phone"], "fail_on": "minor", "certainty": "likely", "only": "all"},
        {"environments": ["staging"], "fail_on": "critical"},
    ]
    gate = {"fail_on": "serious", "where": where}
    phone = problem(1, "minor", "likely", page_type=PageType.PRODUCT, clients=("chromium/phone",))
    desk = problem(2, "minor", "likely", page_type=PageType.PRODUCT, clients=("chromium/desktop",))
    safe = problem(3, "critical", rule="security/headers")
    plain = problem(4)
    assert verdict([phone, desk, safe, plain], gate=gate).over == ("P-1", "P-4")
    assert verdict([phone, desk, safe, plain], "staging", gate=gate).over == ("P-1",)
    assert verdict([phone], gate=gate, baseline=known(phone), asked="b").over == ("P-1",)


def test_only_reported() -> None:
    decided = verdict([problem(1)], gate={"fail_on": "serious", "report_only": True})
    assert decided.exit_code == 0
    assert decided.sentence.startswith("Not ready")
    assert decided.reasons[0] == "Only reported (--report-only); the exit code would have been 1."


def test_an_audit_that_was_not_completed_may_only_warn() -> None:
    def with_gap(**gate: Any) -> Verdict:
        run = Run(
            id=1,
            name="r",
            site="s",
            start_url="u",
            environment="production",
            started_at="",
            status=RunStatus.INTERRUPTED,
        )
        return decide(
            run, [problem(1)], Coverage(known=1, fetched=1, outcomes={"ok": 1}), Gate.model_validate(gate), ()
        )

    assert with_gap(fail_on="serious").exit_code == 3
    assert with_gap(fail_on="serious", on_incomplete="warn").exit_code == 1
    assert with_gap(on_incomplete="warn").exit_code == 0
    assert with_gap(on_incomplete="warn").sentence.startswith("The audit could not be completed")


# Budgets


@pytest.mark.parametrize(
    ("name", "value", "metric", "limit", "written"),
    [
        ("lcp_product_phone", "2.5s", "lcp", 2.5, "2.5s"),
        ("ttfb_home", "300ms", "ttfb", 0.3, "0.3s"),
        ("weight_product_chromium", "1.5MB", "weight", 1_500_000, "1.5e+06"),
        ("script_weight", "+10%", "script_weight", 0.1, "+10%"),
        ("cls", 0.1, "cls", 0.1, "0.1"),
        ("links/*", 0, "links/*", 0, "0"),
        ("serious", "+0", "serious", 0, "+0"),
        ("price_mismatches", 0, "price_mismatches", 0, "0"),
        ("coverage", "95%", "coverage", 0.95, "95%"),
    ],
)
def test_budgets_are_read(name: str, value: Any, metric: str, limit: float, written: str) -> None:
    one = budget(name, value)
    assert (one.metric, one.value, one.written) == (metric, limit, written)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("lcb", "2s", "there is no budget 'lcb'; known: ttfb"),
        ("lcp_shelf", "2s", "'shelf' is no page type, device or browser"),
        ("lcp_phone_phone", "2s", "'phone' is no page type, device or browser that is still open"),
        ("lcp", "2MB", "has the unit 'MB'; known here: s, ms"),
        ("weight", "10%", "write it like +10%"),
        ("lcp", "fast", "is not a limit"),
        ("requests", "3s", "has the unit 's'"),
    ],
)
def test_budgets_that_are_wrong(name: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match="budgets") as raised:
        Gate.model_validate({"budgets": {name: value}})
    assert says in str(raised.value)


def test_budgets_fail_the_gate_and_say_by_how_much() -> None:
    measures = {
        "lcp_product_phone": Measure(3.1, 4),
        "price_mismatches": Measure(0.0),
        "weight": Measure(1_650_000.0, 9),
    }
    gate = {"budgets": {"lcp_product_phone": "2.5s", "price_mismatches": 0, "weight": "+10%"}}
    decided = verdict([], gate=gate, baseline=known(measures={"weight": 1_400_000}), asked="b", measures=measures)
    assert decided.exit_code == 1
    assert decided.sentence == "Not ready: 2 budgets exceeded."
    assert decided.reasons == (
        "The budget lcp_product_phone is exceeded: 3.1 s on 4 pages; at most 2.5 s.",
        "The budget weight is exceeded: 1.65 MB on 9 pages; at most 1.54 MB (+10% on the baseline).",
    )
    assert [one.state for one in decided.budgets] == ["exceeded", "held", "exceeded"]
    assert decided.measures == {"lcp_product_phone": 3.1, "price_mismatches": 0.0, "weight": 1_650_000.0}


def test_a_budget_that_could_not_be_measured_is_not_held() -> None:
    decided = verdict([], gate={"budgets": {"lcp": "2.5s"}}, measures={"lcp": Measure(None)})
    assert decided.exit_code == 3
    assert "The budget lcp could not be checked: nothing was measured on such pages." in decided.reasons
    decided = verdict([], gate={"budgets": {"serious": "+0"}}, measures={"serious": Measure(2.0)})
    assert decided.exit_code == 3
    assert "--accept-current keeps one" in decided.reasons[0]


def test_coverage_is_at_least() -> None:
    gate = {"budgets": {"coverage": "95%"}}
    assert verdict([], gate=gate, measures={"coverage": Measure(0.94)}).exit_code == 1
    assert verdict([], gate=gate, measures={"coverage": Measure(0.95)}).exit_code == 0


# The baseline's file


@pytest.mark.parametrize("name", ["auditor-baseline.json", "auditor-baseline.yaml"])
def test_the_file_is_small_sorted_and_read_again(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    problems = [accepted(problem(number, target=target)) for number, target in ((2, "b\u2028ö"), (1, "a"), (1, "a"))]
    assert baseline.write(path, problems, {"lcp": 2.123456}) == 2
    text = path.read_text(encoding="utf-8")
    assert sum("P-" in line for line in text.splitlines()) == 2
    assert text.index("P-1") < text.index("P-2")
    held = baseline.read(path)
    assert held is not None
    assert held.problems.keys() == {"P-1", "P-2"}
    assert held.measures == {"lcp": 2.123}
    assert baseline.write(path, held.problems.values(), held.measures) == 2
    assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_branches_merge_line_by_line(tmp_path: Path) -> None:
    """Each problem's line is the same whatever stands around it, the last one too."""
    one, both = tmp_path / "one.json", tmp_path / "both.json"
    baseline.write(one, [accepted(problem(1))], {})
    baseline.write(both, [accepted(problem(1)), accepted(problem(2))], {})
    added = set(both.read_text().splitlines()) - set(one.read_text().splitlines())
    assert len(added) == 1
    json.loads(both.read_text())


def test_no_file_yet_and_files_that_are_none(tmp_path: Path) -> None:
    assert baseline.read(tmp_path / "b.json") is None
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(UsageError, match="no baseline of auditor's"):
        baseline.read(tmp_path / "b.json")
    (tmp_path / "c.json").write_text('{"format": "auditor.baseline/1", "problems": [\n{"id": 1}]}')
    with pytest.raises(UsageError) as raised:
        baseline.read(tmp_path / "c.json")
    assert "problem 1 of the baseline cannot be read" in raised.value.what
    (tmp_path / "d.json").write_text("{\n<<<<<<< ours\n}")
    with pytest.raises(UsageError, match="conflict") as raised:
        baseline.read(tmp_path / "d.json")
    assert raised.value.where.endswith("d.json:2")
    with pytest.raises(UsageError, match="cannot be written"):
        baseline.write(Path("/proc/no/b.json"), [], {})


# The ignore list

RULES = ("links/broken-internal", "images/broken", "security/headers")


def entries(tmp_path: Path, text: str) -> list[ignores.Entry]:
    (tmp_path / "auditor-ignore.yaml").write_text(text, encoding="utf-8")
    return ignores.read(tmp_path / "auditor-ignore.yaml", RULES)


def applied(listed: list[ignores.Entry], *problems: Problem, **addresses: list[str]) -> Applied:
    return ignores.apply(
        listed, problems, lambda name: ((one, one) for one in addresses.get(name.replace("-", ""), [])), TODAY
    )


def test_entries_by_rule_target_page_type_and_id(tmp_path: Path) -> None:
    listed = entries(
        tmp_path,
        """
        - {rule: "images/*", target: "*/old-*.jpg", reason: replaced in spring, owner: ann, expires: 2027-03-01}
        - {rule: links/broken-internal, page_type: home, target: t1, reason: known}
        - {problem: P-9, reason: a vendor's}
        - {rule: security/headers, reason: unused}
        """,
    )
    done = applied(
        listed,
        problem(1),
        problem(2),
        problem(3, rule="images/broken", target="https://s/old-1.jpg"),
        problem(4, rule="images/broken", target="https://s/new.jpg"),
        problem(9),
        problem(5, target="t1", page_type=PageType.CART),
    )
    assert done.problems.keys() == {"P-1", "P-3", "P-9"}
    assert [one.ignore.reason for one in done.unused] == ["unused"]
    assert ignores.said(done.problems["P-3"]).startswith(
        "images/* */old-*.jpg (replaced in spring, ann, ends 2027-03-01; "
    )


def test_entries_by_address_leave_out_findings(tmp_path: Path) -> None:
    listed = entries(tmp_path, '- {rule: "links/*", url: "*/blog/*", reason: moves soon}\n')
    done = applied(
        listed,
        problem(1),
        problem(2),
        problem(3),
        P1=["https://s/blog/a"],
        P2=["https://s/blog/a", "https://s/b"],
        P3=["https://s/c"],
    )
    assert done.problems.keys() == {"P-1"}
    assert done.pages == {"P-2": 1}
    assert done.unused == []


def test_entries_end(tmp_path: Path) -> None:
    listed = entries(
        tmp_path,
        """
        - {rule: links/broken-internal, target: t1, reason: over, expires: 2026-11-24}
        - {rule: links/broken-internal, target: t2, reason: today, expires: 2026-11-25}
        - {rule: links/broken-internal, target: t3, reason: in two weeks, expires: 2026-12-09}
        - {rule: links/broken-internal, target: t4, reason: later, expires: 2026-12-10}
        """,
    )
    done = applied(listed, *(problem(number) for number in range(1, 5)))
    assert done.problems.keys() == {"P-2", "P-3", "P-4"}
    assert [one.ignore.reason for one in done.expired] == ["over"]
    assert [one.ignore.reason for one in done.soon] == ["today", "in two weeks"]
    decided = verdict([problem(1)], gate={"fail_on": "serious"}, applied=done)
    assert decided.over == ("P-1",)
    assert any(one.startswith("1 entry of the ignore list ended and count") for one in decided.reasons)


def test_ignored_problems_do_not_fail(tmp_path: Path) -> None:
    done = applied(entries(tmp_path, "- {rule: links/broken-internal, reason: known}\n"), problem(1))
    decided = verdict([problem(1)], gate={"fail_on": "serious"}, applied=done)
    assert (decided.exit_code, decided.sentence) == (
        0,
        "No problems found on what was looked at. 1 problem left out by the ignore list.",
    )
    assert decided.ignored.keys() == {"P-1"}


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("- {rule: links/broken-internol, reason: known}", "there is no rule 'links/broken-internol'", 1),
        ("- {rule: links/broken-internal}", "reason", 1),
        ("- {reason: known}", "names a rule or a problem", 1),
        (
            "- {rule: links/broken-internal, reason: known}\n- {rule: images/broken, reason: known, until: 2027-01-01}",
            "until",
            2,
        ),
        ("rule: x", "a list of entries", 1),
        ("- {rule: images/broken, reason: known, expires: soon}", "expires", 1),
        ("- {problem: F-1, reason: known}", "begins with P-", 1),
    ],
)
def test_mistakes_in_the_list_name_their_line(tmp_path: Path, text: str, says: str, line: int) -> None:
    with pytest.raises(UsageError) as raised:
        entries(tmp_path, text)
    assert says in str(raised.value)
    assert raised.value.where.endswith(f":{line}")


def test_an_empty_list(tmp_path: Path) -> None:
    assert entries(tmp_path, "") == []
