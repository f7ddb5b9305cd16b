"""The verdict: exit 3 before 1 before 0, and the sentence says why."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.config.config import Gate
from auditor.gate.verdict import Verdict, decide
from auditor.model.finding import Problem
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import Certainty, PageType, Severity

CLIENTS = ("chromium/desktop", "chromium/phone")
WHOLE = {"known": 10, "fetched": 10, "outcomes": {"ok": 10}, "rendered": {"chromium/desktop": 3, "chromium/phone": 3}}


def problem(severity: Severity = Severity.SERIOUS, certainty: Certainty = Certainty.PROVEN, number: int = 1) -> Problem:
    return Problem(
        id=f"P-{number}",
        rule="a/b",
        page_type=PageType.HOME,
        target="",
        severity=severity,
        certainty=certainty,
        pages=1,
        message="m",
    )


def verdict(
    *problems: Problem,
    coverage: dict[str, Any] | None = None,
    run: dict[str, Any] | None = None,
    clients: tuple[str, ...] = CLIENTS,
    **gate: Any,
) -> Verdict:
    ran = Run(
        **{
            "id": 1,
            "name": "r",
            "site": "s",
            "start_url": "u",
            "environment": "production",
            "started_at": "",
            "status": RunStatus.COMPLETE,
            **(run or {}),
        }
    )
    return decide(ran, problems, Coverage(**{**WHOLE, **(coverage or {})}), Gate(**gate), clients)


@pytest.mark.parametrize(
    ("severity", "certainty", "gate", "exit_code"),
    [
        ("serious", "proven", {}, 0),
        ("critical", "proven", {}, 0),
        ("critical", "proven", {"fail_on": "never"}, 0),
        ("serious", "proven", {"fail_on": "serious"}, 1),
        ("critical", "proven", {"fail_on": "serious"}, 1),
        ("moderate", "proven", {"fail_on": "serious"}, 0),
        ("info", "proven", {"fail_on": "info"}, 1),
        ("critical", "likely", {"fail_on": "serious"}, 0),
        ("critical", "likely", {"fail_on": "serious", "certainty": "likely"}, 1),
        ("critical", "needs_review", {"fail_on": "serious", "certainty": "likely"}, 0),
        ("critical", "needs_review", {"fail_on": "serious", "certainty": "needs_review"}, 1),
    ],
)
def test_what_fails_the_gate(severity: str, certainty: str, gate: dict[str, str], exit_code: int) -> None:
    decided = verdict(problem(Severity(severity), Certainty(certainty)), **gate)
    assert decided.exit_code == exit_code
    assert decided.over == (("P-1",) if exit_code else ())


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"coverage": {"fetched": 0, "outcomes": {"blocked": 7, "timeout": 1}, "rendered": {}}},
            "no page could be fetched (7 pages: blocked).",
        ),
        ({"coverage": {"fetched": 0, "outcomes": {}, "known": 0, "rendered": {}}}, "no page could be fetched."),
        (
            {"coverage": {"fetched": 4, "outcomes": {"ok": 4, "rate_limited": 6}}},
            "only 40% of 10 pages could be fetched; at least 50% were asked for",
        ),
        (
            {"coverage": {"fetched": 9, "outcomes": {"ok": 9, "blocked": 1}}, "min_coverage": 0.95},
            "only 90% of 10 pages",
        ),
        ({"run": {"status": RunStatus.INTERRUPTED}}, "it was interrupted."),
        ({"run": {"status": RunStatus.INCOMPLETE, "stop_reason": "out of time"}}, "out of time."),
        ({"run": {"status": RunStatus.INCOMPLETE, "stop_reason": "The shop blocked us."}}, "the shop blocked us."),
        (
            {"run": {"status": RunStatus.RUNNING}, "coverage": {"waiting": 1}},
            "the crawl was not finished: 1 page not fetched yet.",
        ),
        (
            {"coverage": {"rendered": {"chromium/desktop": 3}}},
            "no page could be looked at in chromium/phone: no page was opened in it.",
        ),
        (
            {"coverage": {"rendered": {}, "render_failed": {"chromium/desktop: the browser is not installed.": 3}}},
            "no page could be looked at in chromium/desktop, chromium/phone: the browser is not installed.",
        ),
        (
            {
                "coverage": {"rendered": {"chromium/desktop": 1, "chromium/phone": 1}},
                "clients": (*CLIENTS, "firefox/desktop"),
            },
            "no page could be looked at in firefox/desktop",
        ),
    ],
)
@pytest.mark.parametrize("problems", [(), (problem(Severity.CRITICAL),)])
def test_an_audit_that_could_not_be_completed_is_exit_3_whatever_it_found(
    values: dict[str, Any], says: str, problems: tuple[Problem, ...]
) -> None:
    decided = verdict(*problems, fail_on="serious", **values)
    assert decided.exit_code == 3
    assert decided.sentence.startswith(f"The audit could not be completed: {says}")
    assert ".." not in decided.sentence
    assert ("What was seen shows 1 problem." in decided.sentence) == bool(problems)
    assert bool(decided.over) == bool(problems)


def test_rules_that_could_tell_nothing_are_no_pass() -> None:
    run = Run(
        id=1, name="r", site="s", start_url="u", environment="production", started_at="", status=RunStatus.COMPLETE
    )
    decided = decide(run, [], Coverage(**WHOLE), Gate(), CLIENTS, judged=False)
    assert decided.exit_code == 3
    assert "no rule could tell anything" in decided.sentence


def test_what_was_skipped_on_purpose_is_no_gap() -> None:
    skipped = {"known": 110, "skipped": {"chosen: max_pages": 100}, "outcomes": {"ok": 10, "skipped": 1}}
    assert verdict(coverage=skipped, min_coverage=1.0).exit_code == 0


def test_pages_that_wait_of_a_finished_run_count_against_coverage() -> None:
    assert verdict(coverage={"waiting": 90}).exit_code == 3
    assert verdict(coverage={"waiting": 2}).exit_code == 0


def test_no_browser_was_wanted() -> None:
    assert verdict(coverage={"rendered": {}}, clients=()).exit_code == 0


def test_stages_run_one_by_one_leave_the_run_running() -> None:
    assert verdict(run={"status": RunStatus.RUNNING}).exit_code == 0


@pytest.mark.parametrize(
    ("problems", "gate", "sentence"),
    [
        ([], {}, "No problems found on what was looked at."),
        ([problem()], {}, "1 serious problem proven."),
        (
            [problem(), problem(Severity.CRITICAL, number=2), problem(number=3)],
            {},
            "1 critical, 2 serious problems proven.",
        ),
        (
            [problem(), problem(certainty=Certainty.LIKELY, number=2)],
            {},
            "1 serious problem proven, 1 more to look at.",
        ),
        ([problem(certainty=Certainty.LIKELY)], {}, "Nothing proven, 1 more to look at."),
        ([problem(), problem(Severity.MINOR, number=2)], {"fail_on": "serious"}, "Not ready: 1 serious problem."),
    ],
)
def test_sentences(problems: list[Problem], gate: dict[str, Any], sentence: str) -> None:
    assert verdict(*problems, **gate).sentence == sentence


def test_it_says_when_there_is_no_gate() -> None:
    assert verdict(problem()).reasons == (
        "No gate: there is no baseline yet and no --fail-on, so everything is reported and nothing fails.",
    )
    assert verdict(problem(), fail_on="never").reasons == ()
    decided = verdict(problem(), fail_on="serious", certainty="likely", min_coverage=0.9)
    assert (decided.fail_on, decided.certainty, decided.min_coverage) == ("serious", "likely", 0.9)
    assert len(decided.reasons) == 1
