"""The verdict: was the audit complete enough to say anything, and is there anything over the gate."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial

import msgspec

from auditor.config.gate import COVERAGE, MEASURED, TIMES, WEIGHTS, Budget, FailOn, Gate
from auditor.gate.baseline import FILE, Baseline
from auditor.gate.ignores import Applied, said
from auditor.gate.measures import Measure
from auditor.model.errors import EXIT_CLEAN, EXIT_GATE_FAILED, EXIT_INCOMPLETE
from auditor.model.finding import Problem
from auditor.model.run import Coverage, Run, RunStatus
from auditor.model.words import Certainty, Severity


class BudgetResult(msgspec.Struct, frozen=True, kw_only=True):
    """A budget with what it was held against; `state`: held | exceeded | unknown."""

    name: str
    state: str
    limit: str
    value: float | None = None
    pages: int = 0
    sentence: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`over` are the ids of the problems that fail the gate; `reasons` stand in the order of what to do."""

    exit_code: int
    sentence: str
    reasons: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    fail_on: str = ""
    certainty: str = ""
    min_coverage: float = 0.0
    baseline: str = ""  # name of the file or run; empty: none
    accepted: tuple[str, ...] = ()  # ids of problems of the run that the baseline has
    budgets: tuple[BudgetResult, ...] = ()
    measures: dict[str, float] = {}  # of the budgets
    ignored: dict[str, str] = {}  # problem -> entry of the ignore list, in words
    ignored_pages: dict[str, int] = {}  # problem -> pages left out of it
    expired: tuple[str, ...] = ()  # entries of the ignore list
    unused: tuple[str, ...] = ()
    soon: tuple[tuple[str, str], ...] = ()  # (date, entry) of those that end within 14 days
    later: tuple[tuple[str, str], ...] = ()  # of those that end after these


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """What problems are held against. `asked` is the baseline that the config names; it may not be there yet."""

    asked: str = ""
    baseline: Baseline | None = None
    applied: Applied = msgspec.field(default_factory=Applied)
    measures: dict[str, Measure] = {}


def decide(
    run: Run,
    problems: Sequence[Problem],
    coverage: Coverage,
    gate: Gate,
    wanted_clients: Sequence[str],
    *,
    judged: bool = True,
    against: Against | None = None,
) -> Verdict:
    """Exit 3 before 1: what could not be looked at can't have passed. `judged`: at least one rule could tell something."""
    against = against or Against()
    budgets = tuple(held(one, against) for one in gate.limits)
    gaps = _gaps(run, coverage, gate, wanted_clients)
    if not gaps and not judged:
        gaps.append("No page of the shop was among what was fetched, so no rule could tell anything.")
    if not gaps:
        gaps += [one.sentence for one in budgets if one.state == "unknown"]
    over = tuple(one.id for one in problems if counts(one, gate, run.environment, against))
    exceeded = [one for one in budgets if one.state == "exceeded"]
    reasons = [
        *gaps,
        *_why(gate, over, against, run.environment, problems),
        *(one.sentence for one in exceeded),
        *_beside(against.applied),
    ]
    fails = (*([_by_severity([one for one in problems if one.id in set(over)], _new(gate, against))] if over else []),
             *([f"{_many(len(exceeded), 'budget')} exceeded"] if exceeded else []))  # fmt: skip
    exit_code, sentence = _outcome(gaps, fails, problems, against, stands=gate.on_incomplete == "fail")
    if gate.report_only and exit_code:
        reasons.insert(0, f"Only reported (--report-only); the exit code would have been {exit_code}.")
        exit_code = EXIT_CLEAN
    return Verdict(
        exit_code=exit_code,
        sentence=sentence,
        reasons=tuple(reasons),
        over=over,
        fail_on=str(_fail_on(gate, against) or ""),
        certainty=gate.certainty,
        min_coverage=gate.min_coverage,
        baseline=against.baseline.name if against.baseline else "",
        accepted=tuple(one.id for one in problems if against.baseline and one.id in against.baseline.problems),
        budgets=budgets,
        measures={name: one.value for name, one in against.measures.items() if one.value is not None},
        ignored={name: said(entry) for name, entry in against.applied.problems.items()},
        ignored_pages=against.applied.pages,
        expired=tuple(map(said, against.applied.expired)),
        unused=tuple(map(said, against.applied.unused)),
        soon=tuple((str(entry.ignore.expires), said(entry)) for entry in against.applied.soon),
        later=tuple((str(entry.ignore.expires), said(entry)) for entry in against.applied.later),
    )


def _outcome(
    gaps: Sequence[str], fails: Sequence[str], problems: Sequence[Problem], against: Against, *, stands: bool
) -> tuple[int, str]:
    """Exit code and sentence. `stands`: an audit that could not be completed fails by that."""
    if gaps:
        first = gaps[0] if gaps[0].startswith("http") else f"{gaps[0][0].lower()}{gaps[0][1:]}"
        sentence = f"The audit could not be completed: {first}"
        if problems:
            sentence += f" What was seen shows {_many(len(problems), 'problem')}."
        return (EXIT_INCOMPLETE if stands else EXIT_GATE_FAILED if fails else EXIT_CLEAN), sentence
    if fails:
        return EXIT_GATE_FAILED, f"Not ready: {', '.join(fails)}."
    open_ = [one for one in problems if one.id not in against.applied.problems]
    if not open_:
        left = f" {_many(len(problems), 'problem')} left out by the ignore list." if problems else ""
        return EXIT_CLEAN, f"No problems found on what was looked at.{left}"
    proven = [one for one in open_ if one.certainty is Certainty.PROVEN]
    rest = len(open_) - len(proven)
    sentence = f"{_by_severity(proven)} proven" if proven else "Nothing proven"
    sentence += f", {rest} more to look at." if rest else "."
    if against.baseline is not None:
        sentence = f"Nothing new over the gate. {sentence}"
    return EXIT_CLEAN, sentence


def counts(problem: Problem, gate: Gate, environment: str = "production", against: Against | None = None) -> bool:
    """Whether a problem fails this gate."""
    against = against or Against()
    if problem.id in against.applied.problems:
        return False
    fail_on, certainty, only = _limit(problem, gate, environment, against)
    if fail_on is None or fail_on == "never" or not _reaches(problem.severity, problem.certainty, fail_on, certainty):
        return False
    if only == "all" or against.baseline is None:
        return True
    known = against.baseline.problems.get(problem.id)
    # What was accepted as harmless and is grave now is new to the gate
    return known is None or not _reaches(Severity(known.severity), Certainty(known.certainty), fail_on, certainty)


def held(budget: Budget, against: Against) -> BudgetResult:
    """A budget against what was measured; one that could not be measured is never held."""
    measured = against.measures.get(budget.name)
    name = f"The budget {budget.name}"
    result = partial(BudgetResult, name=budget.name, limit=budget.written)
    if measured is None or measured.value is None:
        why = "nothing was measured on such pages" if budget.metric in MEASURED else "nothing was counted"
        return result(state="unknown", sentence=f"{name} could not be checked: {why}.")
    limit = budget.value
    if budget.added:
        before = against.baseline.measures.get(budget.name) if against.baseline else None
        if before is None:
            return result(
                state="unknown",
                value=measured.value,
                pages=measured.pages,
                sentence=f"{name} could not be checked: the baseline has no value to add to (auditor gate --accept-current keeps one).",
            )
        limit = before * (1 + budget.value) if budget.share else before + budget.value
    least = budget.metric == COVERAGE
    bad = measured.value < limit - 1e-9 if least else measured.value > limit + 1e-9
    told = f"{amount(budget.metric, measured.value)}" + (
        f" on {_many(measured.pages, 'page')}" if budget.metric in MEASURED else ""
    )
    sentence = f"{name} is {'exceeded' if bad else 'held'}: {told}; {'at least' if least else 'at most'} {amount(budget.metric, limit)}"
    sentence += f" ({budget.written} on the baseline)." if budget.added else "."
    return result(state="exceeded" if bad else "held", value=measured.value, pages=measured.pages, sentence=sentence)


def amount(metric: str, value: float) -> str:
    """A measured value in words: "3.1 s", "1.62 MB", "96 %", "4"."""
    if metric in TIMES:
        return f"{value:.3g} s"
    if metric in WEIGHTS:
        return f"{value / 1e6:.3g} MB" if value >= 1e6 else f"{value / 1e3:.3g} kB"
    return f"{int(value * 1000) / 10:g} %" if metric == COVERAGE else f"{value:g}"


def _limit(problem: Problem, gate: Gate, environment: str, against: Against) -> tuple[FailOn | None, Certainty, str]:
    devices = {client.partition("/")[2] for client in problem.clients} - {""}
    for where in gate.where:
        if (
            (not where.rules or any(fnmatchcase(problem.rule, one) for one in where.rules))
            and (not where.page_types or problem.page_type in where.page_types)
            and (not where.devices or devices & set(where.devices))
            and (not where.environments or environment in where.environments)
        ):
            return where.fail_on, where.certainty, where.only
    return _fail_on(gate, against), gate.certainty, gate.only


def _fail_on(gate: Gate, against: Against) -> FailOn | None:
    """Where there is a baseline, serious is the least that fails; where one is asked for and not there yet, nothing does."""
    if against.asked and against.baseline is None and gate.only == "new":
        return None
    if gate.fail_on is None and against.baseline is not None:
        return Severity.SERIOUS
    return gate.fail_on


def _reaches(severity: Severity, certainty: Certainty, fail_on: FailOn, sure: Certainty) -> bool:
    return severity.rank <= Severity(fail_on).rank and certainty.rank <= sure.rank


def _new(gate: Gate, against: Against) -> str:
    return "new " if against.baseline is not None and gate.only == "new" else ""


def _why(
    gate: Gate, over: Sequence[str], against: Against, environment: str, problems: Sequence[Problem]
) -> Iterator[str]:
    """What the gate fails on, what the baseline spares, and that there is none."""
    fail_on = _fail_on(gate, against)
    if over:
        sure = {Certainty.PROVEN: "proven", Certainty.LIKELY: "proven or likely"}.get(gate.certainty, "all")
        new = f" and not in the baseline {against.baseline.name}" if against.baseline and gate.only == "new" else ""
        yield f"The gate fails on {sure} problems that are {fail_on or 'as grave as its entries say'} or worse{new}."
    if against.baseline is not None and gate.only == "new":
        everything = Against(applied=against.applied)
        strict = gate.model_copy(update={"fail_on": fail_on})
        spared = sum(counts(one, strict, environment, everything) for one in problems) - len(over)
        if spared:
            yield f"The baseline {against.baseline.name} knows {_many(spared, 'problem')} that would fail it otherwise."
    if fail_on is None:
        if against.asked:
            yield (
                f"No baseline yet: {against.asked} is not there, so everything is reported and nothing fails. "
                f"Accept what there is now: auditor gate --accept-current{_elsewhere(against.asked)}"
            )
        else:
            yield "No gate: there is no baseline yet and no --fail-on, so everything is reported and nothing fails."


def _beside(applied: Applied) -> Iterator[str]:
    if applied.expired:
        yield f"{_entries(len(applied.expired))} of the ignore list ended and count again: {said(applied.expired[0])}."
    if applied.unused:
        yield f"{_entries(len(applied.unused))} of the ignore list fit nothing any more: {said(applied.unused[0])}."


def _entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"


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


def _elsewhere(asked: str) -> str:
    named = asked != FILE and asked.endswith((".json", ".yaml", ".yml"))
    return f" --baseline {shlex.quote(asked)}" if named else ""


def _why_nothing(coverage: Coverage) -> str:
    if not coverage.outcomes:
        return ""
    outcome, count = max(coverage.outcomes.items(), key=lambda one: one[1])
    return f" ({_many(count, 'page')}: {outcome.replace('_', ' ')})"


def _by_severity(problems: Sequence[Problem], new: str = "") -> str:
    counted = Counter(one.severity for one in problems)
    parts = [f"{counted[severity]} {new}{severity}" for severity in Severity if counted[severity]]
    return f"{', '.join(parts)} {'problem' if len(problems) == 1 else 'problems'}"


def _sentence(text: str) -> str:
    address = text.startswith(("http://", "https://"))
    return f"{text if address else text[0].upper() + text[1:]}".rstrip(".") + "."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
