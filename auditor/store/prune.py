"""Takes old runs out of a workspace, and the documents and pictures that no other run needs."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, Table, delete, select, text

from auditor.config.keep import Keep
from auditor.model.run import Run
from auditor.store import documents as bodies
from auditor.store import leases
from auditor.store.schema import (
    addresses,
    documents,
    evaluation_findings,
    evaluations,
    facts,
    finding_texts,
    kept_pages,
    metadata,
    page_links,
    page_looks,
    page_rows,
    runs,
    snapshots,
    texts,
)
from auditor.store.workspace import DATABASE, Workspace

_YOUNG = 24 * 3600  # seconds; an audit under way writes a picture before the row that names it
_DIGEST = re.compile(rb"[0-9a-f]{64}")
_WORTH = 0.25  # of the database free, to be worth packing it


class Pruned(msgspec.Struct, kw_only=True):
    """What went: runs by name, documents and pictures in number, bytes of pictures and of the database."""

    runs: tuple[str, ...] = ()
    documents: int = 0
    pictures: int = 0
    freed: int = 0


def doomed(workspace: Workspace, keep: Keep, site: str = "", *, mine: bool = False) -> list[Run]:
    """The runs that `keep` does not ask for, oldest first. The last of each site and those under way always stay.

    `mine`: the caller holds the site itself.
    """
    with workspace.read() as connection:
        query = select(runs).order_by(runs.c.id.desc())
        query = query.where(runs.c.site == site) if site else query
        every = [msgspec.convert(row, Run, from_attributes=True) for row in connection.execute(query)]
        busy = set() if mine else set(leases.held(connection))
    named = " ".join(run.config for run in every)
    by_site: dict[tuple[str, str], list[Run]] = {}
    for run in every:
        by_site.setdefault((run.site, run.environment), []).append(run)
    going = [run for those in by_site.values() for run in _beyond(those, keep)]
    # A baseline may name a run; a site under way is left alone
    kept = [run for run in going if f'"{run.name}"' not in named and run.site not in busy]
    return sorted(kept, key=lambda run: run.id)


def _beyond(those: Sequence[Run], keep: Keep) -> Iterator[Run]:
    """Of one site, newest first. Nights and months are those that had runs, so that a clock that jumps takes nothing away."""
    nights: set[str] = set()
    months: set[str] = set()
    for index, run in enumerate(those):
        nights.add(run.started_at[:10])
        if len(nights) <= keep.nights or index == 0:
            continue
        month = run.started_at[:7]
        if run.kind == "site" and month not in months and len(months) < keep.months and run.status == "complete":
            months.add(month)
            continue
        yield run


def prune(workspace: Workspace, going: Iterable[Run]) -> Pruned:
    """Takes the runs out, then what nothing needs any more. Cut short, it leaves whole runs and is done by the next one."""
    names = []
    before = _size(workspace)
    for run in going:
        with _unchecked(workspace) as connection:
            _remove(connection, run.id)
        shutil.rmtree(workspace.reports / run.name, ignore_errors=True)
        names.append(run.name)
    with _unchecked(workspace) as connection:
        lost = _collect(connection)
    pictures, freed = _pictures(workspace)
    _pack(workspace)
    return Pruned(runs=tuple(names), documents=lost, pictures=pictures, freed=freed + max(0, before - _size(workspace)))


@contextmanager
def _unchecked(workspace: Workspace) -> Iterator[Connection]:
    """A writing transaction that leaves foreign keys alone: every row is taken out here, and checking each one is slow."""
    with workspace.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(text("BEGIN IMMEDIATE"))
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _remove(connection: Connection, run_id: int) -> None:
    """Every row of the run, whatever table it stands in."""
    judged = select(evaluations.c.id).where(evaluations.c.run_id == run_id)
    for table in reversed(metadata.sorted_tables):
        if "evaluation_id" in table.c:
            connection.execute(delete(table).where(table.c.evaluation_id.in_(judged)))
    own = select(page_rows.c.id).where(page_rows.c.run_id == run_id)
    connection.execute(delete(page_links).where(page_links.c.page_id.in_(own)))
    for table in reversed(metadata.sorted_tables):
        if "run_id" in table.c:
            connection.execute(delete(table).where(table.c.run_id == run_id))
    connection.execute(delete(runs).where(runs.c.id == run_id))


def _collect(connection: Connection) -> int:
    """Documents and texts that no row names, and the facts of documents; returns how many documents."""
    naming = [
        select(column).where(column.is_not(None))
        for table in metadata.sorted_tables
        for column in table.c
        if _names_document(table, column.name)
    ]
    needed = naming[0].union(*naming[1:])
    lost = connection.execute(delete(documents).where(documents.c.hash.not_in(needed))).rowcount
    connection.execute(delete(facts).where(facts.c.document.not_in(select(documents.c.hash))))
    connection.execute(delete(finding_texts).where(finding_texts.c.id.not_in(select(evaluation_findings.c.text_id))))
    named = select(evaluations.c.rules).union(select(evaluations.c.logic))
    connection.execute(delete(texts).where(texts.c.hash.not_in(named)))
    _collect_links(connection)
    _collect_addresses(connection)
    return lost


def _collect_addresses(connection: Connection) -> None:
    """Addresses that no row names."""
    naming = [
        select(column).where(column.is_not(None))
        for table in metadata.sorted_tables
        for column in table.c
        if any(key.column.table is addresses for key in column.foreign_keys)
    ]
    needed = select(page_looks.c.key_id).union(select(kept_pages.c.key_id), *naming)
    connection.execute(delete(addresses).where(addresses.c.id.not_in(needed)))


def _collect_links(connection: Connection) -> None:
    """Blocks of links that no page has."""
    connection.execute(text("CREATE TEMP TABLE used (id INTEGER PRIMARY KEY)"))
    put = text("INSERT OR IGNORE INTO used VALUES (:id)")
    for row in connection.execute(select(page_links.c.blocks)):
        ids = msgspec.msgpack.decode(row.blocks, type=list[int])
        if ids:
            connection.execute(put, [{"id": one} for one in ids])
    connection.execute(text("DELETE FROM link_blocks WHERE id NOT IN (SELECT id FROM used)"))
    connection.execute(text("DROP TABLE used"))


def _names_document(table: Table, column: str) -> bool:
    return any(key.column.table is documents for key in table.c[column].foreign_keys)


def _pictures(workspace: Workspace) -> tuple[int, int]:
    """Takes away files that no evidence names: (files, bytes)."""
    named: set[bytes] = set()
    with workspace.read() as connection:
        for row in connection.execute(select(snapshots.c.evidence)):
            named.update(bytes.fromhex(digest.decode()) for digest in _DIGEST.findall(bodies.unpack(row.evidence)))
    count = size = 0
    limit = time.time() - _YOUNG
    for file in workspace.files.glob("*/*"):
        stem = file.name.partition(".")[0]
        if not re.fullmatch(r"[0-9a-f]{64}", stem) or bytes.fromhex(stem) in named:
            continue
        stat = file.stat()
        if stat.st_mtime < limit:
            file.unlink(missing_ok=True)
            count, size = count + 1, size + stat.st_size
    return count, size


def _pack(workspace: Workspace) -> None:
    """Gives the database's free pages back to the disk, where there are many of them and room to write it anew."""
    with workspace.engine.connect() as connection:
        free, total, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("freelist_count", "page_count", "page_size")
        )
        room = shutil.disk_usage(workspace.folder).free
        if total and free / total >= _WORTH and room > 2 * total * size:
            connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _size(workspace: Workspace) -> int:
    return sum(file.stat().st_size for file in workspace.folder.glob(f"{DATABASE}*"))
