"""The verdict: was the audit complete enough to say anything, and is there anything over the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from auditor.config.config import Gate
from auditor.model.errors import EXIT_CLEAN, EXIT_GATE_FAILED, EXIT_INCOMPLETE
from auditor.model.finding import Problem
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import Certainty, Severity


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`over` are the ids of the problems that fail the gate; `reasons` stand in the order of what to do."""

    exit_code: int
    sentence: str
    reasons: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    fail_on: str = ""
    certainty: str = ""
    min_coverage: float = 0.0


def decide(
    run: Run,
    problems: Sequence[Problem],
    coverage: Coverage,
    gate: Gate,
    wanted_clients: Sequence[str],
    *,
    judged: bool = True,
) -> Verdict:
    """Exit 3 before 1: what could not be looked at can't have passed. `judged`: at least one rule could tell something."""
    gaps = _gaps(run, coverage, gate, wanted_clients)
    if not gaps and not judged:
        gaps.append("No page of the shop was among what was fetched, so no rule could tell anything.")
    over = tuple(one.id for one in problems if counts(one, gate))
    proven = [one for one in problems if one.certainty is Certainty.PROVEN]
    reasons: list[str] = list(gaps)
    if over:
        sure = {Certainty.PROVEN: "proven", Certainty.LIKELY: "proven or likely"}.get(gate.certainty, "all")
        reasons.append(f"The gate fails on {sure} problems that are {gate.fail_on} or worse.")
    if gate.fail_on is None:
        reasons.append(
            "No gate: there is no baseline yet and no --fail-on, so everything is reported and nothing fails."
        )
    if gaps:
        exit_code = EXIT_INCOMPLETE
        first = gaps[0] if gaps[0].startswith("http") else f"{gaps[0][0].lower()}{gaps[0][1:]}"
        sentence = f"The audit could not be completed: {first}"
        if problems:
            sentence += f" What was seen shows {_many(len(problems), 'problem')}."
    elif over:
        exit_code = EXIT_GATE_FAILED
        sentence = f"Not ready: {_by_severity([one for one in problems if one.id in set(over)])}."
    elif problems:
        exit_code = EXIT_CLEAN
        rest = len(problems) - len(proven)
        sentence = f"{_by_severity(proven)} found" if proven else "Nothing proven"
        sentence += f", {rest} more to look at." if rest else "."
    else:
        exit_code = EXIT_CLEAN
        sentence = "No problems found on what was looked at."
    return Verdict(
        exit_code=exit_code,
        sentence=sentence,
        reasons=tuple(reasons),
        over=over,
        fail_on=str(gate.fail_on or ""),
        certainty=gate.certainty,
        min_coverage=gate.min_coverage,
    )


def counts(problem: Problem, gate: Gate) -> bool:
    """Whether a problem fails this gate."""
    if gate.fail_on is None or gate.fail_on == "never":
        return False
    return problem.severity.rank <= Severity(gate.fail_on).rank and problem.certainty.rank <= gate.certainty.rank


def _gaps(run: Run, coverage: Coverage, gate: Gate, wanted_clients: Sequence[str]) -> list[str]:
    """Why the audit is not complete enough to stand on, worst first; empty where it is."""
    gaps: list[str] = []
    if coverage.fetched == 0:
        told = f": {run.stop_reason}" if run.stop_reason else _why_nothing(coverage)
        gaps.append(f"No page could be fetched{told.rstrip('.')}.")
    if run.status is RunStatus.INTERRUPTED:
        gaps.append("It was interrupted.")
    elif run.stop_reason and coverage.fetched:
        gaps.append(_sentence(run.stop_reason))
    elif run.status is RunStatus.RUNNING and coverage.waiting:
        gaps.append(f"The crawl was not finished: {_many(coverage.waiting, 'page')} not fetched yet.")
    if coverage.fetched and coverage.share < gate.min_coverage:
        gaps.append(
            f"Only {coverage.share:.0%} of {coverage.in_scope} pages could be fetched; at least {gate.min_coverage:.0%} were asked for (--min-coverage)."
        )
    if coverage.fetched:
        blind = [client for client in wanted_clients if not coverage.rendered.get(client)]
        for browser in dict.fromkeys(client.partition("/")[0] for client in blind):
            mine = [client for client in blind if client.startswith(f"{browser}/")]
            why = next(
                (text.partition(": ")[2] for text in coverage.render_failed if text.startswith(f"{mine[0]}: ")),
                "no page was opened in it",
            )
            gaps.append(_sentence(f"No page could be looked at in {', '.join(mine)}: {why}"))
    return gaps


def _why_nothing(coverage: Coverage) -> str:
    if not coverage.outcomes:
        return ""
    outcome, count = max(coverage.outcomes.items(), key=lambda one: one[1])
    return f" ({_many(count, 'page')}: {outcome.replace('_', ' ')})"


def _by_severity(problems: Sequence[Problem]) -> str:
    counted = Counter(one.severity for one in problems)
    parts = [f"{counted[severity]} {severity}" for severity in Severity if counted[severity]]
    return f"{', '.join(parts)} {'problem' if len(problems) == 1 else 'problems'}"


def _sentence(text: str) -> str:
    address = text.startswith(("http://", "https://"))
    return f"{text if address else text[0].upper() + text[1:]}".rstrip(".") + "."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
