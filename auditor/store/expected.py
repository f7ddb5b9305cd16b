"""Sources of a run, their products and their wrong rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import sqlite

from auditor.facts import shelf
from auditor.model.expected import ExpectedProduct, SourceRead, WrongRow
from auditor.model.urls import page_key, without_fragment
from auditor.store.schema import expected_products, sources, wrong_rows
from auditor.store.workspace import Workspace

_BATCH = 5_000
_INSERT = """insert or ignore into expected_products (run_id, source, key, line, sku, gtin, mpn, place, handle, grouped, detail)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_MOST_WRONG = 100_000  # kept of one source; the count of all stands with it


def keep(
    workspace: Workspace,
    run_id: int,
    source: str,
    read: Iterable[ExpectedProduct | WrongRow],
    host_map: Mapping[str, str] | None = None,
    drop: Collection[str] = (),
) -> int:
    """Stores what is read, batch by batch, in place of what was there; returns how many products came up twice."""
    with workspace.write() as connection:
        forget(connection, run_id, source)
    rows = iter(read)
    twice = wrong = 0
    while batch := list(islice(rows, _BATCH)):
        products = [one for one in batch if isinstance(one, ExpectedProduct)]
        faults = [one for one in batch if isinstance(one, WrongRow)]
        with workspace.write() as connection:
            again = _add(connection, [row(run_id, source, one, host_map, drop) for one in products], products)
            twice += len(again)
            faults = [*faults, *again][: max(0, _MOST_WRONG - wrong)]
            wrong += len(faults)
            if faults:
                connection.execute(insert(wrong_rows), [wrong_row(run_id, source, one) for one in faults])
    return twice


def seal(connection: Connection, run_id: int, read: SourceRead) -> None:
    """The source has been read whole, or as far as it can be."""
    row = {"run_id": run_id, "name": read.name, "detail": msgspec.msgpack.encode(read)}
    statement = sqlite.insert(sources)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["run_id", "name"], set_={"detail": statement.excluded.detail}),
        row,
    )


def forget(connection: Connection, run_id: int, source: str) -> None:
    connection.execute(delete(sources).where(sources.c.run_id == run_id, sources.c.name == source))
    for table in (expected_products, wrong_rows):
        connection.execute(delete(table).where(table.c.run_id == run_id, table.c.source == source))


def read_of(connection: Connection, run_id: int) -> tuple[SourceRead, ...]:
    """The sources of a run, by name."""
    query = select(sources.c.detail).where(sources.c.run_id == run_id).order_by(sources.c.name)
    return tuple(msgspec.msgpack.decode(row.detail, type=SourceRead) for row in connection.execute(query))


def products(connection: Connection, run_id: int, source: str) -> Iterator[ExpectedProduct]:
    """Every product of a source in the order of lines; streamed."""
    own = (expected_products.c.run_id == run_id, expected_products.c.source == source)
    for row in connection.execute(select(expected_products.c.detail).where(*own).order_by(expected_products.c.line)):
        yield msgspec.msgpack.decode(row.detail, type=ExpectedProduct)


def wrong_of(connection: Connection, run_id: int, source: str) -> Iterator[WrongRow]:
    known = (wrong_rows.c.run_id == run_id, wrong_rows.c.source == source)
    for row in connection.execute(select(wrong_rows).where(*known).order_by(wrong_rows.c.line, wrong_rows.c.id)):
        yield WrongRow(line=row.line, what=row.what, text=row.text, left_out=row.left_out)


def links(connection: Connection, run_id: int, most: int) -> list[str]:
    """Addresses that sources give their products, one of each group."""
    table = expected_products
    one = func.min(table.c.id).label("first")
    grouped = func.coalesce(func.nullif(table.c.grouped, ""), table.c.key)
    firsts = (
        select(one).where(table.c.run_id == run_id, table.c.place != "").group_by(table.c.source, grouped).limit(most)
    )
    query = select(table.c.detail).where(table.c.id.in_(firsts)).order_by(table.c.id)
    found = (msgspec.msgpack.decode(row.detail, type=ExpectedProduct).link for row in connection.execute(query))
    return list(dict.fromkeys(found))


def places(connection: Connection, run_id: int) -> Iterator[str]:
    """Keys of all addresses that sources give their products, without what chooses a variant of a page; streamed."""
    table = expected_products
    yield from connection.execute(select(table.c.place).where(table.c.run_id == run_id, table.c.place != "")).scalars()


def _add(connection: Connection, rows: list[dict[str, Any]], products: list[ExpectedProduct]) -> list[WrongRow]:
    """Those whose key stands there already: the first counts."""
    if not rows:
        return []
    # through SQLAlchemy's own statements a million rows take twice as long
    result = connection.exec_driver_sql(_INSERT, [tuple(row.values()) for row in rows])
    if result.rowcount == len(rows):
        return []
    kept: dict[str, int] = {}
    for start in range(0, len(rows), 500):
        keys = [one["key"] for one in rows[start : start + 500]]
        table = expected_products
        known = (table.c.run_id == rows[0]["run_id"], table.c.source == rows[0]["source"], table.c.key.in_(keys))
        found = connection.execute(select(table.c.key, table.c.line).where(*known))
        kept |= {one.key: one.line for one in found}
    again = []
    for one in products:
        if kept[one.key] != one.line:
            text = f"'{one.key[:100]}' stands in line {kept[one.key]:,} already"
            again.append(WrongRow(line=one.line, what="twice", text=text, left_out=True))
    return again


def row(
    run_id: int,
    source: str,
    one: ExpectedProduct,
    host_map: Mapping[str, str] | None = None,
    drop: Collection[str] = (),
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "source": source,
        "key": one.key,
        "line": one.line,
        "sku": shelf.number(one.sku),
        "gtin": shelf.gtin(one.gtin),
        "mpn": shelf.number(one.mpn),
        "place": page_key(shelf.base_of(without_fragment(one.link)), host_map, drop) if one.link else "",
        "handle": one.handle.casefold(),
        "grouped": one.group,
        "detail": msgspec.msgpack.encode(one),
    }


def wrong_row(run_id: int, source: str, one: WrongRow) -> dict[str, Any]:
    text = one.text[:400].encode("utf-8", "replace").decode()
    return {
        "run_id": run_id,
        "source": source,
        "line": one.line,
        "what": one.what,
        "text": text,
        "left_out": one.left_out,
    }
