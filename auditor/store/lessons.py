"""What a crawl learned from each page about copies and lists without end, so that one that is taken up again knows as much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Connection, delete, insert, select

from auditor.store.schema import lessons


class Lesson(msgspec.Struct, frozen=True):
    """`canonical` is "" where the page names none; `words` and `shows` are digests of what it says and links to, 0 for nothing to compare."""

    url: str
    canonical: str
    words: int
    shows: int


def keep(connection: Connection, run_id: int, learned: Iterable[Lesson]) -> None:
    rows = [{"run_id": run_id, **msgspec.structs.asdict(one)} for one in learned]
    if rows:
        connection.execute(insert(lessons), rows)


def of_run(connection: Connection, run_id: int) -> Iterator[Lesson]:
    """In the order in which they were learned; streamed."""
    columns = (lessons.c[name] for name in Lesson.__struct_fields__)
    for row in connection.execute(select(*columns).where(lessons.c.run_id == run_id).order_by(lessons.c.id)):
        yield Lesson(*row)


def forget(connection: Connection, run_id: int) -> None:
    """Once the run is complete."""
    connection.execute(delete(lessons).where(lessons.c.run_id == run_id))
