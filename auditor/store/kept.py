"""Answers of one night that the next may take over: written while a run is judged, read while the next one is."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select
from sqlalchemy.dialects import sqlite

from auditor.store import addresses, documents
from auditor.store.schema import evaluations, kept_pages, kept_sets, runs

_SETS = 500  # unpacked at once


class KeptPage(msgspec.Struct, frozen=True, kw_only=True):
    """What a page came to. `basis` and `links` are digests; `answers` is the evaluate stage's to read; `findings` their ids."""

    page_key: str
    basis: bytes
    links: bytes
    answers: bytes
    findings: tuple[str, ...] = ()


class Keeper:
    """Writes the answers of one evaluation; memory holds a digest of each set of answers, and no page.

    `before` is the evaluation whose answers were taken over: what it kept of a page goes as soon as the page is judged.
    """

    def __init__(self, evaluation: int, before: int | None = None) -> None:
        self._evaluation = evaluation
        self._before = before
        self._known: dict[bytes, int] = {}

    def add(self, connection: Connection, found: Sequence[KeptPage]) -> None:
        """Two pages with one key are kept as one that matches nothing."""
        numbers = addresses.numbers(connection, [one.page_key for one in found])
        if self._before is not None:
            gone = (kept_pages.c.key_id.in_(numbers.values()), kept_pages.c.evaluation_id == self._before)
            connection.execute(delete(kept_pages).where(*gone))
        rows = [
            {
                "evaluation_id": self._evaluation, "key_id": numbers[one.page_key], "basis": one.basis, "links": one.links,
                "set_id": self._set(connection, one.answers), "findings": msgspec.msgpack.encode(one.findings),
            }
            for one in found
        ]  # fmt: skip
        if rows:
            statement = sqlite.insert(kept_pages)
            twice = statement.on_conflict_do_update(index_elements=["key_id", "evaluation_id"], set_={"basis": b""})
            connection.execute(twice, rows)

    def _set(self, connection: Connection, answers: bytes) -> int:
        digest = hashlib.blake2b(answers, digest_size=16).digest()
        if digest not in self._known:
            number = self._known[digest] = len(self._known)
            values = {"evaluation_id": self._evaluation, "id": number, "answers": documents.pack(answers)}
            connection.execute(insert(kept_sets).values(**values))
        return self._known[digest]


class Keeping:
    """Reads the answers of one evaluation."""

    def __init__(self, evaluation: int) -> None:
        self._evaluation = evaluation
        self._sets: OrderedDict[int, bytes] = OrderedDict()

    def pages(self, connection: Connection, keys: Iterable[str]) -> dict[str, KeptPage]:
        """By page key; those that matched nothing are left out."""
        by_number = {number: key for key, number in addresses.known(connection, list(keys)).items()}
        where = (kept_pages.c.evaluation_id == self._evaluation, kept_pages.c.key_id.in_(list(by_number)))
        return {
            by_number[row.key_id]: KeptPage(
                page_key=by_number[row.key_id], basis=row.basis, links=row.links, answers=self._answers(connection, row.set_id),
                findings=msgspec.msgpack.decode(row.findings, type=tuple[str, ...]),
            )
            for row in connection.execute(select(kept_pages).where(*where)).all()
            if row.basis
        }  # fmt: skip

    def _answers(self, connection: Connection, number: int) -> bytes:
        if number not in self._sets:
            where = (kept_sets.c.evaluation_id == self._evaluation, kept_sets.c.id == number)
            packed = connection.execute(select(kept_sets.c.answers).where(*where)).scalar_one()
            self._sets[number] = documents.unpack(packed)
            if len(self._sets) > _SETS:
                self._sets.popitem(last=False)
        self._sets.move_to_end(number)
        return self._sets[number]


def is_first(connection: Connection, run_id: int) -> bool:
    """Whether no earlier run of the same site and kind was judged."""
    return _last(connection, run_id) is None


def before(connection: Connection, run_id: int, basis: str) -> tuple[int, int] | None:
    """(evaluation, run) of the night before whose answers may hold in this run: same site, kind and basis; None where there is none."""
    return _last(connection, run_id, evaluations.c.basis == basis)


def _last(connection: Connection, run_id: int, *where: ColumnElement[bool]) -> tuple[int, int] | None:
    site, environment, kind = connection.execute(
        select(runs.c.site, runs.c.environment, runs.c.kind).where(runs.c.id == run_id)
    ).one()
    same = (runs.c.site == site, runs.c.environment == environment, runs.c.kind == kind, runs.c.id < run_id)
    judged = (evaluations.c.ended_at != "", evaluations.c.basis != "")
    query = select(evaluations.c.id, evaluations.c.run_id).join(runs, runs.c.id == evaluations.c.run_id)
    last = query.where(*same, *judged, *where).order_by(runs.c.id.desc(), evaluations.c.id.desc()).limit(1)
    found = connection.execute(last).first()
    return None if found is None else (found.id, found.run_id)


def forget_older(connection: Connection, evaluation: int) -> None:
    """Only the last night's answers are ever taken over: those of the runs of this site before it go."""
    this = runs.alias()
    own = select(this.c.site, this.c.environment, this.c.kind, this.c.id).join(
        evaluations, evaluations.c.run_id == this.c.id
    )
    site, environment, kind, run_id = connection.execute(own.where(evaluations.c.id == evaluation)).one()
    same = (runs.c.site == site, runs.c.environment == environment, runs.c.kind == kind, runs.c.id <= run_id)
    older = select(evaluations.c.id).join(runs, runs.c.id == evaluations.c.run_id)
    older = older.where(*same, evaluations.c.id != evaluation)
    for table in (kept_pages, kept_sets):
        connection.execute(delete(table).where(table.c.evaluation_id.in_(older)))
