"""The gate stage: what a run's problems are held against, and the files that hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select

from auditor.config.config import Config, is_file_name
from auditor.evaluate import packs as rule_packs
from auditor.gate import baseline as baselines
from auditor.gate import ignores
from auditor.gate.baseline import FILE, Accepted, Baseline
from auditor.gate.measures import Measure, measure
from auditor.gate.verdict import Against
from auditor.model.errors import UsageError
from auditor.model.finding import Problem
from auditor.model.run import Coverage, Run
from auditor.model.standing import Standing, State
from auditor.store import judgement, runs, standings
from auditor.store.schema import findings
from auditor.store.workspace import Workspace

PREVIOUS = "previous"


def check(config: Config, known: Iterable[str] = ()) -> None:
    """Reads the files that the gate needs, so that a mistake in one is told before the first request. Raises UsageError."""
    if is_file_name(config.gate.baseline):
        baselines.read(Path(config.gate.baseline))
    _entries(config, known)


def against(
    connection: Connection,
    workspace: Workspace,
    config: Config,
    run: Run,
    evaluation: int,
    problems: list[Problem],
    coverage: Coverage,
) -> Against:
    """What the problems of a run are held against: baseline, ignore list and measures. Raises UsageError."""
    rules = [rule.id for rule in judgement.rules_of(connection, evaluation)]
    applied = ignores.apply(
        _entries(config, rules),
        problems,
        lambda problem: _addresses(connection, evaluation, problem),
        date.fromisoformat(run.started_at[:10]),
    )
    left = [one for one in problems if one.id not in applied.problems]
    asked = config.gate.baseline
    return Against(
        asked=Path(asked).name if is_file_name(asked) else asked,
        baseline=_baseline(connection, workspace, asked, run),
        applied=applied,
        measures=measure(connection, run.id, config.gate.limits, left, coverage),
    )


def accept(
    connection: Connection, path: Path, evaluation: int, problems: Iterable[Problem], measures: dict[str, Measure]
) -> tuple[int, int, int]:
    """Writes the baseline of what is there now: (problems in it, new in it, gone from it). Raises UsageError.

    What it held and nobody looked at again stays; what is fixed goes.
    """
    before = baselines.read(path)
    kept = {one.id: one for one in (before.problems.values() if before else ())}
    now = {one.id: _accepted(one) for one in problems}
    known = {one.problem: one for one in standings.of(connection, evaluation)}
    for name, standing in known.items():
        if name not in now and standing.state is State.UNLOOKED:
            now.setdefault(name, _accepted_of(standing))
    gone = {name for name, one in known.items() if one.state is State.FIXED and name in kept}
    told = {name: one.value for name, one in measures.items() if one.value is not None}
    entries = {**{name: one for name, one in kept.items() if name not in gone}, **now}
    count = baselines.write(path, entries.values(), {**(before.measures if before else {}), **told})
    return count, len(entries.keys() - kept.keys()), len(gone)


def _entries(config: Config, known: Iterable[str]) -> list[ignores.Entry]:
    if not config.rules.ignore:
        return []
    every = {*known, *(rule.id for rule in rule_packs.load(("all",), (), ()).rules)}
    return ignores.read(Path(config.rules.ignore), every)


def _baseline(connection: Connection, workspace: Workspace, asked: str, run: Run) -> Baseline | None:
    if not asked:
        return None
    if is_file_name(asked):
        return baselines.read(Path(asked))
    if asked == PREVIOUS:
        earlier = standings.previous(connection, run)
        return None if earlier is None else _of_run(connection, *earlier)
    try:
        named = runs.find(workspace, asked)
    except UsageError as error:
        raise UsageError(
            f"gate.baseline: {error.what}",
            hint=f"Name a file ({FILE}), a run of this workspace, or '{PREVIOUS}'.",
        ) from None
    evaluation = judgement.latest(connection, named.id)
    if evaluation is None:
        raise UsageError(f"gate.baseline: run '{asked}' was not judged", hint=f"auditor evaluate {asked}")
    return _of_run(connection, named, evaluation)


def _of_run(connection: Connection, run: Run, evaluation: int) -> Baseline:
    """What a run found, and what it carried on from earlier ones."""
    problems = {one.id: _accepted(one) for one in judgement.problems_of(connection, evaluation)}
    for standing in standings.of(connection, evaluation, State.UNLOOKED):
        problems.setdefault(standing.problem, _accepted_of(standing))
    verdict = judgement.verdict_of(connection, run.id)
    measures = verdict[2].get("measures") if verdict else None
    return Baseline(name=run.name, problems=problems, measures=measures if isinstance(measures, dict) else {})


def _addresses(connection: Connection, evaluation: int, problem: str) -> Iterator[tuple[str, str]]:
    where = (findings.c.evaluation_id == evaluation, findings.c.problem == problem)
    for row in connection.execute(select(findings.c.page_key, findings.c.url).where(*where)):
        yield row.page_key, row.url


def _accepted(one: Problem) -> Accepted:
    return Accepted(
        id=one.id,
        rule=one.rule,
        page_type=str(one.page_type),
        target=one.target,
        severity=str(one.severity),
        certainty=str(one.certainty),
    )


def _accepted_of(one: Standing) -> Accepted:
    return Accepted(
        id=one.problem,
        rule=one.rule,
        page_type=str(one.page_type),
        target=one.target,
        severity=str(one.severity),
        certainty=str(one.certainty),
    )
