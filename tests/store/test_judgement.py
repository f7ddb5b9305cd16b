"""Judgements: nothing reads half of one, and the last one counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from auditor.model.finding import Excerpt, Finding, Problem, Tally
from auditor.model.rule import Rule
from auditor.model.words import Certainty, On, Outcome, Owner, PageType, Severity
from auditor.store import judgement, schema
from auditor.store.prune import prune
from auditor.store.workspace import Workspace
from tests.store.kit import begin

RULE = Rule(
    id="p/r", title="T", severity=Severity.SERIOUS, certainty=Certainty.PROVEN, owner=Owner.DEV, check="c", message="m",
    why="w", fix="f", on=On.EVERY, page_types=frozenset({PageType.HOME}), options={"a": [1, "x"]}, where="p.yaml:3",
)  # fmt: skip


def finding(number: int, problem: str = "P-1", **values: Any) -> Finding:
    given = {
        "page": f"https://shop.example/{number}", "url": f"https://shop.example/{number}", "page_type": PageType.HOME, "target": "t",
        "severity": Severity.SERIOUS, "certainty": Certainty.PROVEN, "message": "m", "data": {"n": number},
        "excerpts": (Excerpt("e", "text", box=(1, 2, 3, 4)),), "clients": ("http", "chromium/phone"), **values,
    }  # fmt: skip
    return Finding(id=f"F-{number}", problem=problem, rule="p/r", **given)


def problem(number: int, **values: Any) -> Problem:
    given = {
        "page_type": PageType.HOME, "target": "t", "severity": Severity.SERIOUS, "certainty": Certainty.PROVEN, "pages": 1,
        "message": "m", "clients": ("http",), "examples": ("F-1", "F-2"), **values,
    }  # fmt: skip
    return Problem(id=f"P-{number}", rule="p/r", **given)


def tally(count: int, reason: str = "", outcome: Outcome = Outcome.PASSED) -> Tally:
    return Tally(rule="p/r", client="http", outcome=outcome, reason=reason, count=count)


def test_only_a_finished_evaluation_is_the_latest(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        assert judgement.latest(connection, run.id) is None
        first = judgement.begin(connection, run.id, "digest", [RULE], "1")
        assert judgement.latest(connection, run.id) is None
        judgement.end(connection, first)
        second = judgement.begin(connection, run.id, "digest", [RULE], "1")
        assert second > first
        assert judgement.latest(connection, run.id) == first
        judgement.end(connection, second)
        assert judgement.latest(connection, run.id) == second
        assert judgement.rules_of(connection, second) == [RULE]


def test_an_unfinished_evaluation_goes_when_the_next_begins(workspace: Workspace) -> None:
    run, other = begin(workspace), begin(workspace)
    with workspace.write() as connection:
        kept = judgement.begin(connection, other.id, "d", [RULE], "1")
        cut = judgement.begin(connection, run.id, "d", [RULE], "1")
        judgement.add_findings(connection, cut, [finding(1)])
        judgement.add_tallies(connection, cut, [tally(1)])
        judgement.add_problems(connection, cut, [problem(1)])
        new = judgement.begin(connection, run.id, "d", [RULE], "1")
        for table in (schema.findings, schema.problems, schema.outcome_counts):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert connection.execute(
            select(schema.evaluations.c.id).order_by(schema.evaluations.c.id)
        ).scalars().all() == [kept, new]


def test_what_is_found_night_after_night_is_written_once(workspace: Workspace) -> None:
    first, second = begin(workspace), begin(workspace)
    nights = []
    with workspace.write() as connection:
        for run, second_text in ((first, "m"), (second, "another")):
            nights.append(judgement.begin(connection, run.id, "d", [RULE], "1", {"p/r": "1"}))
            judgement.add_findings(connection, nights[-1], [finding(1), finding(2, message=second_text)])
            judgement.add_findings(connection, nights[-1], [finding(1, message="two addresses, one key"), finding(3)])
            judgement.end(connection, nights[-1])
        for table, rows in ((schema.finding_texts, 4), (schema.texts, 2), (schema.evaluation_findings, 6)):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == rows
        told = [[one.message for one in judgement.findings_of(connection, night)] for night in nights]
        assert told == [["m", "m", "m"], ["m", "another", "m"]]
        assert judgement.findings_by_id(connection, nights[0], ["F-2", "F-9"]) == {"F-2": finding(2)}
        assert judgement.logic_of(connection, nights[1]) == {"p/r": "1"}
    prune(workspace, [first])
    with workspace.read() as connection:
        assert connection.execute(select(func.count()).select_from(schema.finding_texts)).scalar_one() == 3
        assert [one.message for one in judgement.findings_of(connection, nights[1])] == ["m", "another", "m"]
        assert judgement.rules_of(connection, nights[1]) == [RULE]


def test_findings_come_back_by_problem_and_page(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        evaluation = judgement.begin(connection, run.id, "d", [RULE], "1")
        judgement.add_findings(connection, evaluation, [finding(3), finding(2, "P-2"), finding(1)])
        judgement.add_findings(
            connection, evaluation, [finding(1, message="again"), finding(4, page="https://shop.example/1")]
        )
        judgement.add_findings(connection, evaluation, [])
        assert [one.id for one in judgement.findings_of(connection, evaluation)] == ["F-1", "F-4", "F-3", "F-2"]
        assert list(judgement.findings_of(connection, evaluation, "P-2")) == [finding(2, "P-2")]
        assert [one.id for one in judgement.findings_of(connection, evaluation, "P-1", 2)] == ["F-1", "F-4"]
        assert judgement.pages_with_findings(connection, evaluation) == {
            "https://shop.example/1": 2, "https://shop.example/2": 1, "https://shop.example/3": 1,
        }  # fmt: skip


def test_problems_come_worst_first(workspace: Workspace) -> None:
    run = begin(workspace)
    listed = [
        problem(1, severity=Severity.CRITICAL, certainty=Certainty.LIKELY),
        problem(2, pages=9),
        problem(3, pages=2),
        problem(4, certainty=Certainty.NEEDS_REVIEW, pages=99),
        problem(5, severity=Severity.INFO, clients=(), examples=()),
    ]
    with workspace.write() as connection:
        evaluation = judgement.begin(connection, run.id, "d", [RULE], "1")
        judgement.add_problems(connection, evaluation, reversed(listed))
        judgement.add_problems(connection, evaluation, [])
        assert judgement.problems_of(connection, evaluation) == listed


def test_tallies_add_up(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        evaluation = judgement.begin(connection, run.id, "d", [RULE], "1")
        judgement.add_tallies(connection, evaluation, [tally(1), tally(2), tally(5, "y" * 400, Outcome.CANT_TELL)])
        judgement.add_tallies(connection, evaluation, [tally(4)])
        judgement.add_tallies(connection, evaluation, [])
        assert judgement.tallies_of(connection, evaluation) == [tally(5, "y" * 300, Outcome.CANT_TELL), tally(7)]


def test_a_verdict_belongs_to_its_evaluation(workspace: Workspace) -> None:
    run = begin(workspace)
    with workspace.write() as connection:
        assert judgement.verdict_of(connection, run.id) is None
        first = judgement.begin(connection, run.id, "d", [RULE], "1")
        judgement.end(connection, first)
        judgement.add_verdict(connection, run.id, first, 1, "Not ready", {"over": ["P-1"]})
        judgement.add_verdict(connection, run.id, first, 0, "All well", {})
        assert judgement.verdict_of(connection, run.id) == (0, "All well", {})
        second = judgement.begin(connection, run.id, "e", [RULE], "1")
        assert judgement.verdict_of(connection, run.id) == (0, "All well", {})
        judgement.end(connection, second)
        assert (
            judgement.verdict_of(connection, run.id) is None
        )  # what was decided on other problems is no verdict on these
