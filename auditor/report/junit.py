"""`junit.xml`: a test suite for each rule pack, a test case for each rule, so that a CI server shows what fails the gate.

A case fails only where the gate counts the problem, so a green pipeline has a green file; what is only reported stands
in the case's output. A rule that could be checked nowhere is skipped with its reason. The suite `audit` says whether the
audit itself could be completed: an error there is never a fault of the shop.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from auditor.model.errors import EXIT_GATE_FAILED, EXIT_INCOMPLETE
from auditor.report import atomic, escape, view, words
from auditor.report.document import ProblemPart, ResultDocument, RulePart

_PROBLEMS = 50  # listed in a case
_URLS = 3  # of a problem


def write(document: ResultDocument, path: Path) -> None:
    """Writes the file whole or not at all."""
    suites = JUnitXml("auditor")
    suites.add_testsuite(_audit(document))
    problems: dict[str, list[ProblemPart]] = {}
    for problem in document.problems:
        problems.setdefault(problem.rule, []).append(problem)
    judged = sorted({rule.id: rule for rule in document.rules}.values(), key=lambda rule: rule.id)
    unknown = sorted(problems.keys() - {rule.id for rule in judged})
    rules = sorted([*judged, *(_without_counts(problems[name][0]) for name in unknown)], key=_pack)
    for pack, members in groupby(rules, key=_pack):
        suites.add_testsuite(_suite(pack, members, problems, document))
    suites.update_statistics()  # type: ignore[no-untyped-call]
    data = io.BytesIO()
    suites.write(data)
    atomic.write(path, data.getvalue())


def _pack(rule: RulePart) -> str:
    return rule.id.partition("/")[0]


def _without_counts(problem: ProblemPart) -> RulePart:
    return RulePart(
        id=problem.rule,
        title=problem.title,
        severity=problem.severity,
        certainty=problem.certainty,
        owner=problem.owner,
        failed=problem.pages,
    )


def _audit(document: ResultDocument) -> TestSuite:
    """What is true of the audit as a whole: it was completed, the gate held, everything could be checked."""
    verdict, coverage = document.verdict, document.coverage
    suite = _new("audit", document)
    for name, value in (
        ("site", document.run.site),
        ("run", document.run.name),
        ("version", document.run.version),
        ("verdict", verdict.sentence),
        ("coverage", coverage.sentence),
        ("exit code", str(verdict.exit_code)),
    ):
        suite.add_property(name, escape.line(value, 500))
    why = "\n".join(escape.line(reason, 500) for reason in verdict.reasons)
    completed = _case("audit", "The audit could be completed")
    if verdict.exit_code == EXIT_INCOMPLETE:
        completed.result = [_with_text(Error(escape.line(verdict.sentence, 500), "incomplete"), why)]
    held = _case("audit", "The gate holds")
    if verdict.exit_code == EXIT_GATE_FAILED:
        held.result = [_with_text(Failure(escape.line(verdict.sentence, 500), "gate"), why)]
    elif verdict.exit_code == EXIT_INCOMPLETE:
        held.result = [Skipped("the audit could not be completed")]
    checked = _case("audit", "Everything could be checked")
    gaps = [f"{words.count(row.count, 'page')} {row.what}" for row in view.not_looked_at(document)]
    gaps += [
        f"{words.client(client.client)}: {row.what} ({words.count(row.count, 'page')})"
        for client in coverage.clients
        for row in client.failed
    ]
    gaps += [view.not_checked(row) for row in view.failed_checks(document)]
    if gaps:
        checked.result = [Skipped(f"could not be checked: {escape.line('; '.join(gaps), 2_000)}")]
    suite.add_testcases([completed, held, checked])
    return suite


def _suite(
    pack: str, rules: Iterable[RulePart], problems: dict[str, list[ProblemPart]], document: ResultDocument
) -> TestSuite:
    suite = _new(pack, document)
    cases: list[TestCase] = []
    reasons: dict[str, str] = {}
    for row in document.coverage.not_checked:
        for name in row.rules:
            reasons.setdefault(name, row.reason)
    for rule in rules:
        found = problems.get(rule.id, [])
        counted = [problem for problem in found if view.over_gate(problem, document)]
        reported = [problem for problem in found if not view.over_gate(problem, document)]
        case = _case(pack, f"{rule.id}: {rule.title}")
        if counted:
            failure = Failure(escape.line(_headline(counted), 500), rule.severity.value)
            case.result = [_with_text(failure, _listed(counted))]
        elif not found and not rule.passed and rule.cant_tell:
            reason = reasons.get(rule.id) or "the reason was not kept"
            case.result = [Skipped(f"could not be checked: {escape.line(reason, 500)}")]
        elif not found and not rule.passed and not rule.failed:
            case.result = [Skipped("there was nothing for this rule to check")]
        notes = []
        if reported:
            notes.append(f"Reported, not counted by the gate:\n{_listed(reported)}")
        if rule.cant_tell and not case.is_skipped:
            notes.append(f"Could not be checked everywhere: {reasons.get(rule.id) or 'the reason was not kept'}")
        if notes:
            case.system_out = escape.visible("\n\n".join(notes))
        cases.append(case)
    suite.add_testcases(cases)  # together: each call counts all of the suite again
    return suite


def _new(name: str, document: ResultDocument) -> TestSuite:
    suite = TestSuite(escape.line(name, 120))
    suite.timestamp = document.run.started_at[:19]
    suite.hostname = escape.line(document.run.site, 255)
    return suite


def _case(pack: str, name: str) -> TestCase:
    return TestCase(escape.line(name, 250), escape.line(f"auditor.{pack}", 120), 0.0)


def _with_text(result: Failure | Error, text: str) -> Failure | Error:
    result.text = text
    return result


def _headline(problems: list[ProblemPart]) -> str:
    first = f"{problems[0].message} ({_where(problems[0])})"
    return first if len(problems) == 1 else f"{first} and {words.count(len(problems) - 1, 'more problem')}"


def _where(problem: ProblemPart) -> str:
    return words.count(problem.pages, words.word("page_type", problem.page_type))


def _listed(problems: list[ProblemPart]) -> str:
    parts = []
    for problem in problems[:_PROBLEMS]:
        lines = [
            f"{problem.id} {words.word('severity', problem.severity)}, {words.word('certainty', problem.certainty)}: "
            f"{escape.line(problem.message, 400)}",
            f"  {_where(problem)}, for {words.word('owner', problem.owner)}",
            *(f"  {escape.address(finding.url, 300)}" for finding in problem.findings[:_URLS]),
            f"  Fix: {escape.line(problem.fix, 400)}",
        ]
        parts.append("\n".join(lines))
    if len(problems) > _PROBLEMS:
        parts.append(f"… and {words.count(len(problems) - _PROBLEMS, 'more problem')}")
    return "\n\n".join(parts)
