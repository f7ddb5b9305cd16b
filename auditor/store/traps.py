"""Sources of very many URLs, as the crawl met them: how many came up, how many were left out, and where each began."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.sqlite import insert

from auditor.store.schema import traps, urls


class Trap(msgspec.Struct, frozen=True, kw_only=True):
    """One source; `name` begins with its kind. `referrer_id` is the row of the page that linked to the first URL."""

    name: str
    kind: str
    known: int = 0
    left_out: int = 0
    first_url: str = ""
    referrer_id: int | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Sources of one kind and name together, as a report tells them; `began_on` is the page that first linked there."""

    kind: str
    places: int
    known: int
    left_out: int
    first_url: str
    began_on: str


_KEEP = insert(traps)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=["run_id", "name"], set_={"known": _KEEP.excluded.known, "left_out": _KEEP.excluded.left_out}
)


def keep(connection: Connection, run_id: int, changed: Iterable[Trap]) -> None:
    rows = [{"run_id": run_id, **msgspec.structs.asdict(one)} for one in changed]
    if rows:
        connection.execute(_KEEP, rows)


def get(connection: Connection, run_id: int, name: str) -> Trap | None:
    row = connection.execute(select(traps).where(traps.c.run_id == run_id, traps.c.name == name)).mappings().first()
    return None if row is None else Trap(**{field: row[field] for field in Trap.__struct_fields__})


def told(connection: Connection, run_id: int, limit: int = 50) -> list[Told]:
    """Sources that left something out, those that cost most first; all places of one kind count as one source."""
    own = (traps.c.run_id == run_id, traps.c.left_out > 0)
    grouped = (
        select(
            traps.c.kind, func.count().label("places"), func.sum(traps.c.known).label("known"),
            func.sum(traps.c.left_out).label("left_out"), func.max(traps.c.left_out), traps.c.first_url, traps.c.referrer_id,
        )
        .where(*own)
        .group_by(traps.c.kind)
        .order_by(func.sum(traps.c.left_out).desc())
        .limit(limit)
    )  # fmt: skip  # first_url and referrer_id are those of the row with the most left out: SQLite's rule for a bare max()
    found = []
    for row in connection.execute(grouped):
        began = (
            connection.execute(select(urls.c.url).where(urls.c.id == row.referrer_id)).scalar()
            if row.referrer_id
            else ""
        )
        found.append(
            Told(
                kind=row.kind,
                places=row.places,
                known=row.known,
                left_out=row.left_out,
                first_url=row.first_url,
                began_on=began or "",
            )
        )
    return found
