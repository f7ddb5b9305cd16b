"""After judging: compares a run with the one before it, and keeps how its problems stand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from auditor.checks import registry
from auditor.history.compare import Side, compare
from auditor.history.differences import differences
from auditor.history.gone import Gone
from auditor.model.rule import Rule
from auditor.model.run import Run
from auditor.model.standing import Comparison, Standing
from auditor.store import judgement, runs, standings
from auditor.store.schema import evaluations
from auditor.store.workspace import Workspace

_BATCH = 500


class Judged(msgspec.Struct, frozen=True):
    """A run with one of its evaluations."""

    run: Run
    evaluation: int


def record(workspace: Workspace, run: Run, evaluation: int, drop: Collection[str] = ()) -> Comparison:
    """Compares the evaluation with the last earlier run of the same site and environment, and stores what came of it."""
    with workspace.write() as connection:
        standings.clear(connection, evaluation)
        earlier = standings.previous(connection, run) if run.kind == "site" else None
        before = Judged(*earlier) if earlier else None
        after = Judged(run, evaluation)
        kept: list[dict[str, Any]] = []
        counts: Counter[str] = Counter()

        def keep(row: dict[str, Any]) -> None:
            kept.append(row)
            if len(kept) >= _BATCH:
                standings.carry(connection, evaluation, kept)
                kept.clear()

        def counted() -> Iterator[Standing]:
            for one in compared(connection, before, after, drop, keep):
                counts[one.state] += 1
                yield one

        standings.add(connection, evaluation, counted())
        standings.carry(connection, evaluation, kept)
        comparison = msgspec.structs.replace(header(connection, before, after), counts=dict(counts))
        standings.add_comparison(connection, evaluation, before.evaluation if before else 0, comparison)
    return comparison


def compared(
    connection: Connection, before: Judged | None, after: Judged, drop: Collection[str] = (), keep: Any = None
) -> Iterator[Standing]:
    """Every problem of either run as it stands after the later one, in the order of their ids; streamed."""
    rules = judgement.rules_of(connection, after.evaluation)
    config = config_of(after.run)
    gone = Gone(
        connection,
        after.evaluation,
        after.run.id,
        now=after.run.started_at,
        follows=_following(rules),
        short=_short(connection, before, after),
        host_map=config.get("host_map") or {},
        drop=drop,
    )
    sides = [_side(connection, one) if one else None for one in (before, after)]
    assert sides[1] is not None
    return compare(connection, sides[0], sides[1], gone, keep)


def _short(connection: Connection, before: Judged | None, after: Judged) -> str:
    """Why the later run saw less of the shop than it should have, or than the one before it; empty where it did not."""
    now = runs.coverage(connection, after.run.id)
    if not now.complete:
        return "the crawl was not complete"
    # a shop that is larger than its limit every night must see its faults mended all the same
    if now.left_out and before is not None and now.fetched < runs.coverage(connection, before.run.id).fetched:
        return "the limits of the crawl left out more pages than before"
    return ""


def header(connection: Connection, before: Judged | None, after: Judged) -> Comparison:
    """What the two differ in besides the shop."""
    if before is None:
        return Comparison()
    old, new = (_kept(connection, one.evaluation) for one in (before, after))
    return Comparison(
        run=before.run.name,
        started_at=before.run.started_at,
        version="" if old.version == new.version else f"{old.version} -> {new.version}",
        rules_new=tuple(sorted(new.logic.keys() - old.logic.keys())) if old.logic else (),
        rules_gone=tuple(sorted(old.logic.keys() - new.logic.keys())),
        rules_changed=tuple(
            name for name in sorted(new.logic) if old.logic.get(name, new.logic[name]) != new.logic[name]
        ),
        config=tuple(differences(config_of(before.run), config_of(after.run))),
        exports=tuple(
            name for name in sorted({**old.inputs, **new.inputs}) if old.inputs.get(name) != new.inputs.get(name)
        ),
    )


def config_of(run: Run) -> dict[str, Any]:
    """The config that a run began with, as plain data; empty where it cannot be read."""
    try:
        config = json.loads(run.config).get("config", {})
    except (ValueError, AttributeError):
        return {}
    return config if isinstance(config, dict) else {}


class _Kept(msgspec.Struct):
    version: str
    logic: dict[str, str]
    inputs: dict[str, str]


def _kept(connection: Connection, evaluation: int) -> _Kept:
    columns = (evaluations.c.version, evaluations.c.inputs)
    row = connection.execute(select(*columns).where(evaluations.c.id == evaluation)).one()
    return _Kept(row.version, judgement.logic_of(connection, evaluation), json.loads(row.inputs))


def _side(connection: Connection, one: Judged) -> Side:
    rules = judgement.rules_of(connection, one.evaluation)
    grades = {rule.id: f"{rule.severity} {rule.certainty}" for rule in rules}
    kept = _kept(connection, one.evaluation)
    known: Mapping[str, registry.Check] = registry.load()
    exporting = frozenset(rule.id for rule in rules if rule.check in known and "exports" in known[rule.check].needs)
    return Side(one.evaluation, one.run.id, one.run.started_at, kept.logic, kept.inputs, exporting, grades)


def _following(rules: Collection[Rule]) -> set[str]:
    known: Mapping[str, registry.Check] = registry.load()
    return {rule.id for rule in rules if rule.check in known and "targets" in known[rule.check].needs}
