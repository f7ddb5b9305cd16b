"""What the formats share: the document counted, grouped and cut to what a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from auditor.model.errors import EXIT_CLEAN, EXIT_GATE_FAILED, EXIT_INCOMPLETE
from auditor.model.words import Certainty, Severity
from auditor.report import effort, words
from auditor.report.document import ClientPart, Counted, NotChecked, ProblemPart, ResultDocument
from auditor.report.document.coverage import seen_without_scripts

FIRST = 5  # problems on the first screen
COSTS = 3  # reasons why it matters


class Row(msgspec.Struct, frozen=True):
    """Problems of a severity, by certainty."""

    severity: Severity
    problems: tuple[ProblemPart, ...]
    proven: int
    likely: int
    needs_review: int


class First(msgspec.Struct, frozen=True):
    """The worst problem of a rule, how many more the rule found, and the effort of them all."""

    problem: ProblemPart
    alike: int
    effort: str


def counts(document: ResultDocument) -> tuple[Row, ...]:
    """One row a severity, worst first, empty ones too."""
    rows = []
    for severity in Severity:
        problems = tuple(problem for problem in document.problems if problem.severity == severity)
        sure = [sum(problem.certainty == certainty for problem in problems) for certainty in Certainty]
        rows.append(Row(severity, problems, *sure))
    return tuple(rows)


def fix_first(document: ResultDocument) -> tuple[First, ...]:
    """The worst problem of each of the worst rules, in the document's order; what is only worth knowing is left out."""
    kinds: dict[str, list[ProblemPart]] = {}
    for problem in document.problems:
        if problem.severity != Severity.INFO:
            kinds.setdefault(problem.rule, []).append(problem)
    return tuple(_first(problems) for problems in list(kinds.values())[:FIRST])


def _first(problems: list[ProblemPart]) -> First:
    places = sum(problem.places for problem in problems)
    known = all(problem.effort for problem in problems)
    return First(problems[0], len(problems) - 1, effort.effort(places) if known else "")


def checked(document: ResultDocument) -> str:
    """How much of the shop the verdict rests on: "Checked 96 % of 4,120 pages."; empty where no page was asked for."""
    coverage = document.coverage
    if not coverage.in_scope:
        return ""
    pages = words.count(coverage.in_scope, "page")
    said = f"Checked {int(coverage.share * 100):g} % of {pages}"
    if coverage.complete:
        said = "Checked the one page in scope" if coverage.in_scope == 1 else f"Checked all {pages} in scope"
    shells = seen_without_scripts(coverage.not_checked)
    return said + (f", {shells:,} of them without the scripts that make them." if shells else ".")


def reasons(document: ResultDocument) -> tuple[str, ...]:
    """The verdict's reasons that its sentence does not say already."""
    return unsaid(document.verdict.sentence, document.verdict.reasons)


def unsaid(sentence: str, reasons: Sequence[str]) -> tuple[str, ...]:
    """The reasons that a verdict's sentence does not say already."""
    said = _bare(sentence)
    return tuple(reason for reason in reasons if _bare(reason) not in said)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


class Plain(msgspec.Struct, frozen=True):
    """What a manager asks: who has to act, how much of it is small, what it costs the shop."""

    owners: tuple[tuple[str, int], ...]  # owner, problems; most first
    efforts: tuple[tuple[str, int], ...]  # effort, problems; small first
    costs: tuple[tuple[str, str], ...]  # subject (the rule's pack), why it matters; worst first, a subject once


def only(problem: ProblemPart) -> str:
    """Where alone the problem shows, as far as its findings in the document tell: "phone only"."""
    missed_it = {client for finding in problem.findings for client in finding.not_in}
    return words.only(problem.clients, missed_it)


def plain(document: ResultDocument) -> Plain:
    counted = [problem for problem in document.problems if problem.severity != Severity.INFO]
    owners = Counter(str(problem.owner) for problem in counted)
    efforts = Counter(problem.effort for problem in counted)
    costs: dict[str, str] = {}
    for problem in counted:
        costs.setdefault(problem.rule.partition("/")[0].replace("-", " "), problem.why)
    return Plain(
        tuple(owners.most_common()),
        tuple((size, efforts[size]) for size in ("small", "medium", "large") if efforts[size]),
        tuple(list(costs.items())[:COSTS]),
    )


def by_certainty(document: ResultDocument) -> dict[Certainty, int]:
    return {certainty: sum(problem.certainty == certainty for problem in document.problems) for certainty in Certainty}


def state(document: ResultDocument) -> str:
    """How the verdict is shown: failed | incomplete | reported (problems, none over the gate) | partial | clean."""
    code = document.verdict.exit_code
    if code == EXIT_GATE_FAILED:
        return "failed"
    if code != EXIT_CLEAN:
        return "incomplete"
    if document.problems:
        return "reported"
    whole = document.coverage.complete and not failed_checks(document) and not nothing_judged(document)
    return "clean" if whole else "partial"


def nothing_seen(document: ResultDocument) -> bool:
    """No client looked at any page, so the report says nothing about the shop."""
    looked = document.coverage.fetched or any(client.looked for client in document.coverage.clients)
    return not looked and not document.problems


def nothing_judged(document: ResultDocument) -> bool:
    """No rule came to an answer, so that no problem is no good sign."""
    return not document.problems and not any(rule.passed or rule.failed for rule in document.rules)


def over_gate(problem: ProblemPart, document: ResultDocument) -> bool:
    """The problem fails the gate: as the gate said, else by the verdict's severity and certainty; none where it held."""
    if problem.gated is not None:
        return problem.gated
    verdict = document.verdict
    if verdict.fail_on not in list(Severity) or verdict.exit_code == EXIT_CLEAN:
        return False
    sure = Certainty(verdict.certainty) if verdict.certainty in list(Certainty) else Certainty.PROVEN
    return problem.severity.rank <= Severity(verdict.fail_on).rank and problem.certainty.rank <= sure.rank


def not_looked_at(document: ResultDocument) -> tuple[Counted, ...]:
    """Pages no client saw, by reason: what stopped the fetch, then what still waits. What was left out on purpose is apart."""
    coverage = document.coverage
    missed = [
        Counted(what=words.word("fetch_outcome", outcome), count=number)
        for outcome, number in coverage.outcomes.items()
        if number and outcome not in ("ok", "site_error", "skipped")
    ]
    if coverage.waiting:
        missed.append(Counted(what="not fetched yet", count=coverage.waiting))
    return tuple(missed)


def failed_checks(document: ResultDocument) -> tuple[NotChecked, ...]:
    """What could not be checked although it should have been; a sample is no failure."""
    return tuple(row for row in document.coverage.not_checked if row.kind != "sample")


def sample(document: ResultDocument) -> NotChecked | None:
    """The pages that were left out of the browsers' sample, None where all were opened or none was to be."""
    return next((row for row in document.coverage.not_checked if row.kind == "sample"), None)


def not_checked(row: NotChecked) -> str:
    """ "30 rules need a browser; none was used", "2 rules on up to 3 pages: …": for lists without a table."""
    rules = words.count(len(row.rules), "rule")
    if row.kind == "no_browser":
        return f"{rules} {'needs' if len(row.rules) == 1 else 'need'} a browser; none was used"
    if row.kind == "sample":
        return f"{words.count(row.pages, 'page')} not opened in a browser (sample): {rules} did not look there"
    return f"{rules} on {'up to ' if len(row.rules) > 1 and row.pages > 1 else ''}{words.count(row.pages, 'page')}: {row.reason}"


def total(counted: tuple[Counted, ...]) -> int:
    return sum(row.count for row in counted)


def browsers(document: ResultDocument) -> dict[str, list[ClientPart]]:
    """Browser -> its clients, in the document's order; the plain fetch is one of them."""
    grouped: dict[str, list[ClientPart]] = {}
    for client in document.coverage.clients:
        grouped.setdefault(client.client.partition("/")[0], []).append(client)
    return grouped


def moment(iso: str) -> str:
    """`22 November 2026, 20:08 UTC`; the text itself where it is no time."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    when = when.astimezone(UTC) if when.tzinfo else when
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def duration(start: str, end: str) -> str:
    """`4 min`; empty where either end is unknown."""
    try:
        seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError):
        return ""
    if seconds < 0:
        return ""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def exit_reason(document: ResultDocument) -> str:
    """The exit code in words, as the command line documents it."""
    meaning = {
        EXIT_CLEAN: "nothing over the gate" if document.verdict.fail_on else "no gate: everything is only reported",
        EXIT_GATE_FAILED: "the gate failed",
        EXIT_INCOMPLETE: "the audit could not be completed",
    }
    return meaning.get(document.verdict.exit_code, "config, rule pack or usage is wrong")


def since(document: ResultDocument) -> str:
    """ "2 new, 1 fixed, 30 still there, 4 not looked at again"; empty where there is no earlier run."""
    counts = document.history.counts
    if not document.history.run:
        return ""
    return ", ".join(
        f"{counts.get(state, 0):,} {words.word('standing', state).lower()}"
        for state in ("new", "changed", "fixed", "known", "unlooked")
        if state != "changed" or counts.get(state)
    )


class Line(msgspec.Struct, frozen=True):
    """A row of the trend: what is counted, run by run, and the points of its line in a box of 100 by 24."""

    label: str
    values: tuple[int, ...]
    points: str


def trend_lines(document: ResultDocument) -> tuple[Line, ...]:
    """Problems by severity, then of the rules whose number changed most; rows of zeros are left out."""
    runs = document.history.trend
    rows = [
        (words.word("severity", severity), tuple(one.severities.get(severity, 0) for one in runs))
        for severity in Severity
    ]
    rows += list(document.history.trend_rules.items())
    return tuple(Line(label, values, line(values)) for label, values in rows if any(values))


def line(values: Sequence[int]) -> str:
    """The points of a line in a box of 100 by 24; one that neither rises nor falls lies in the middle."""
    step, most = 100 / max(len(values) - 1, 1), max(values) or 1
    if min(values) == max(values):
        values, most = [1] * len(values), 2
    return " ".join(f"{index * step:.1f},{22 - 20 * value / most:.1f}" for index, value in enumerate(values))


def day(iso: str) -> str:
    """`22 November`; the text itself where it is no date."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{when.day} {when:%B}"
