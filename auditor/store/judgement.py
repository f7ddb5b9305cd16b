"""Evaluations, findings, problems, outcome counts and verdicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import sqlite

from auditor.model.finding import Excerpt, Finding, Problem, Tally
from auditor.model.rule import Rule
from auditor.model.words import Certainty, Outcome, Owner, PageType, Severity
from auditor.store import texts
from auditor.store.runs import now
from auditor.store.schema import (
    evaluation_findings,
    evaluations,
    finding_texts,
    findings,
    outcome_counts,
    problems,
    verdicts,
)

_AT_ONCE = 500  # findings of a statement


class _Further(msgspec.Struct, omit_defaults=True):
    """What a finding says besides what has a column of its own."""

    data: dict[str, Any] = {}
    excerpts: tuple[Excerpt, ...] = ()
    not_in: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    owner: Owner | None = None


_HAS = (
    select(finding_texts.c.finding)
    .join(evaluation_findings, evaluation_findings.c.text_id == finding_texts.c.id)
    .where(evaluation_findings.c.evaluation_id == bindparam("b_evaluation"))
    .where(finding_texts.c.finding.in_(bindparam("b_ids", expanding=True)))
)
_SAID = select(finding_texts.c.hash, finding_texts.c.id).where(
    finding_texts.c.hash.in_(bindparam("b_hashes", expanding=True))
)


def begin(
    connection: Connection,
    run_id: int,
    packs: str,
    rules: Iterable[Rule],
    version: str,
    logic: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
    basis: str = "",
) -> int:
    """A new evaluation of a run. Unfinished ones of the same run are removed: nothing reads half a judgement."""
    connection.execute(delete(evaluations).where(evaluations.c.run_id == run_id, evaluations.c.ended_at == ""))
    values = {
        "run_id": run_id,
        "packs": packs,
        "rules": texts.put(connection, msgspec.json.encode(list(rules), order="deterministic").decode()),
        "version": version,
        "began_at": now(),
        "logic": texts.put(connection, json.dumps(dict(logic or {}))),
        "inputs": json.dumps(dict(inputs or {})),
        "basis": basis,
    }
    key = connection.execute(insert(evaluations).values(**values)).inserted_primary_key
    return int(key[0]) if key else 0


def end(connection: Connection, evaluation_id: int, unchanged: int = 0) -> None:
    """`unchanged`: pages of which answers of the night before were carried forward."""
    values = {"ended_at": now(), "unchanged": unchanged}
    connection.execute(update(evaluations).where(evaluations.c.id == evaluation_id).values(**values))


def unchanged(connection: Connection, evaluation_id: int) -> int:
    """Pages that were as in the run before, so that answers of theirs were carried forward."""
    query = select(evaluations.c.unchanged).where(evaluations.c.id == evaluation_id)
    return int(connection.execute(query).scalar_one())


def latest(connection: Connection, run_id: int) -> int | None:
    """The id of the run's last finished evaluation."""
    where = (evaluations.c.run_id == run_id, evaluations.c.ended_at != "")
    return connection.execute(select(func.max(evaluations.c.id)).where(*where)).scalar_one_or_none()


def rules_of(connection: Connection, evaluation_id: int) -> list[Rule]:
    """The rules that judged, as they were then."""
    digest = connection.execute(select(evaluations.c.rules).where(evaluations.c.id == evaluation_id)).scalar_one()
    return msgspec.json.decode(texts.get(connection, digest), type=list[Rule])


def logic_of(connection: Connection, evaluation_id: int) -> dict[str, str]:
    """Rule -> digest of what judged by it."""
    digest = connection.execute(select(evaluations.c.logic).where(evaluations.c.id == evaluation_id)).scalar_one()
    return msgspec.json.decode(texts.get(connection, digest), type=dict[str, str])


def add_findings(connection: Connection, evaluation_id: int, found: Iterable[Finding]) -> None:
    """Of several with one id the first counts. What was said in another night is not written again."""
    own: dict[str, Finding] = {}
    for one in found:
        own.setdefault(one.id, one)
    for start in range(0, len(own), _AT_ONCE):
        _add_findings(connection, evaluation_id, dict(islice(own.items(), start, start + _AT_ONCE)))


def _add_findings(connection: Connection, evaluation_id: int, own: dict[str, Finding]) -> None:
    for id_ in connection.execute(_HAS, {"b_evaluation": evaluation_id, "b_ids": list(own)}).scalars().all():
        own.pop(id_, None)
    told = {hashlib.blake2b(msgspec.msgpack.encode(one), digest_size=12).digest(): one for one in own.values()}
    known = _said(connection, told)
    fresh = [
        {
            "hash": digest, "finding": one.id, "problem": one.problem, "rule": one.rule, "page_key": one.page, "url": one.url,
            "page_type": one.page_type, "target": one.target, "severity": one.severity, "certainty": one.certainty,
            "message": one.message, "clients": " ".join(one.clients), "asked": one.asked,
            "detail": msgspec.msgpack.encode(_Further(one.data, one.excerpts, one.not_in, one.states, one.owner)),
        }
        for digest, one in told.items() if digest not in known
    ]  # fmt: skip
    if fresh:
        connection.execute(insert(finding_texts), fresh)
        known |= _said(connection, told.keys() - known.keys())
    if known:
        rows = [{"evaluation_id": evaluation_id, "text_id": number} for number in known.values()]
        connection.execute(insert(evaluation_findings), rows)


def _said(connection: Connection, hashes: Collection[bytes]) -> dict[bytes, int]:
    """Ids of those texts that are kept."""
    rows = connection.execute(_SAID, {"b_hashes": list(hashes)}) if hashes else ()
    return {row.hash: row.id for row in rows}


def add_tallies(connection: Connection, evaluation_id: int, tallies: Iterable[Tally]) -> None:
    statement = sqlite.insert(outcome_counts)
    statement = statement.on_conflict_do_update(
        index_elements=["evaluation_id", "rule", "client", "outcome", "reason"],
        set_={"count": outcome_counts.c.count + statement.excluded["count"]},
    )
    rows = [
        {
            "evaluation_id": evaluation_id,
            "rule": one.rule,
            "client": one.client,
            "outcome": one.outcome,
            "reason": one.reason[:300],
            "count": one.count,
        }
        for one in tallies
    ]
    if rows:
        connection.execute(statement, rows)


def add_problems(connection: Connection, evaluation_id: int, found: Iterable[Problem]) -> None:
    rows = [
        {
            "evaluation_id": evaluation_id, "id": one.id, "rule": one.rule, "page_type": one.page_type, "target": one.target,
            "severity": one.severity, "certainty": one.certainty, "pages": one.pages, "message": one.message,
            "clients": " ".join(one.clients), "examples": " ".join(one.examples),
        }
        for one in found
    ]  # fmt: skip
    if rows:
        connection.execute(insert(problems), rows)


def findings_of(connection: Connection, evaluation_id: int, problem: str = "", limit: int = -1) -> Iterator[Finding]:
    """Findings by problem, then page; streamed."""
    query = _findings(findings.c.evaluation_id == evaluation_id)
    if problem:
        query = query.where(findings.c.problem == problem)
    for row in connection.execute(query.order_by(findings.c.problem, findings.c.page_key, findings.c.id).limit(limit)):
        yield _finding(row)


def findings_by_rule(
    connection: Connection, evaluation_id: int, rules: Collection[str], limit: int
) -> Iterator[Finding]:
    """Findings of these rules, in no order; streamed."""
    where = (findings.c.evaluation_id == evaluation_id, findings.c.rule.in_(rules))
    for row in connection.execute(_findings(*where).limit(limit)):
        yield _finding(row)


def findings_by_id(connection: Connection, evaluation_id: int, ids: Iterable[str]) -> dict[str, Finding]:
    """Those of these findings that the evaluation has."""
    where = (findings.c.evaluation_id == evaluation_id, findings.c.id.in_(list(ids)))
    return {row.id: _finding(row) for row in connection.execute(_findings(*where))}


def _findings(*where: ColumnElement[bool]) -> Select[Any]:
    return select(*(column for column in findings.c if column.name != "evaluation_id")).where(*where)


def _finding(row: Row[Any]) -> Finding:
    further = msgspec.msgpack.decode(row.detail, type=_Further)
    return Finding(
        id=row.id,
        problem=row.problem,
        rule=row.rule,
        page=row.page_key,
        url=row.url,
        page_type=PageType(row.page_type),
        target=row.target,
        severity=Severity(row.severity),
        certainty=Certainty(row.certainty),
        message=row.message,
        data=further.data,
        excerpts=further.excerpts,
        clients=tuple(row.clients.split()),
        not_in=further.not_in,
        states=further.states,
        owner=further.owner,
        asked=row.asked,
    )


def ending(connection: Connection, evaluation_id: int) -> Iterator[Finding]:
    """Findings whose data name a day on which something ends (`expires_at`, ISO 8601); streamed."""
    named = func.instr(findings.c.detail, b"expires_at") > 0
    query = _findings(findings.c.evaluation_id == evaluation_id, named)
    for row in connection.execute(query.order_by(findings.c.id)):
        finding = _finding(row)
        if isinstance(finding.data.get("expires_at"), str):
            yield finding


def problems_of(connection: Connection, evaluation_id: int) -> list[Problem]:
    """All problems, worst first: by severity, certainty, pages."""
    rows = connection.execute(select(problems).where(problems.c.evaluation_id == evaluation_id)).mappings()
    found = [
        Problem(
            id=row["id"],
            rule=row["rule"],
            page_type=PageType(row["page_type"]),
            target=row["target"],
            severity=Severity(row["severity"]),
            certainty=Certainty(row["certainty"]),
            pages=row["pages"],
            message=row["message"],
            clients=tuple(row["clients"].split()),
            examples=tuple(row["examples"].split()),
        )
        for row in rows
    ]
    return sorted(
        found, key=lambda one: (one.severity.rank, one.certainty.rank, -one.pages, one.rule, one.target, one.id)
    )


def tallies_of(connection: Connection, evaluation_id: int) -> list[Tally]:
    by = (outcome_counts.c.rule, outcome_counts.c.client, outcome_counts.c.outcome, outcome_counts.c.reason)
    query = select(outcome_counts).where(outcome_counts.c.evaluation_id == evaluation_id).order_by(*by)
    rows = connection.execute(query).mappings()
    return [
        Tally(
            rule=row["rule"],
            client=row["client"],
            outcome=Outcome(row["outcome"]),
            reason=row["reason"],
            count=row["count"],
        )
        for row in rows
    ]


def pages_with_findings(connection: Connection, evaluation_id: int) -> dict[str, int]:
    """Page key -> findings on it."""
    query = (
        select(findings.c.page_key, func.count())
        .where(findings.c.evaluation_id == evaluation_id)
        .group_by(findings.c.page_key)
    )
    return {key: count for key, count in connection.execute(query)}  # noqa: C416


def add_verdict(
    connection: Connection, run_id: int, evaluation_id: int, exit_code: int, sentence: str, detail: dict[str, Any]
) -> None:
    connection.execute(
        insert(verdicts).values(
            run_id=run_id,
            evaluation_id=evaluation_id,
            exit_code=exit_code,
            sentence=sentence,
            detail=json.dumps(detail),
            decided_at=now(),
        )
    )


def verdict_of(connection: Connection, run_id: int) -> tuple[int, str, dict[str, Any]] | None:
    """The last verdict on the run's last evaluation: exit code, sentence, detail. One on an older evaluation is stale."""
    evaluation = latest(connection, run_id)
    row = connection.execute(
        select(verdicts).where(verdicts.c.evaluation_id == evaluation).order_by(verdicts.c.id.desc()).limit(1)
    ).first()
    return None if row is None else (row.exit_code, row.sentence, json.loads(row.detail))
