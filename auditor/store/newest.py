"""The newest schema as SQL, for new databases: Alembic takes half a second to load and to go through all steps.

`migrations/newest.sql` is what the migrations make; written anew by `python -m auditor.store.newest` (make golden), and a
test holds one against the other.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

FILE = Path(__file__).parent / "migrations" / "newest.sql"


def statements() -> Iterator[str]:
    """The statements that make the newest schema in an empty database, to be run in one transaction."""
    yield from split(FILE.read_text(encoding="utf-8"))


def split(script: str) -> Iterator[str]:
    """SQL statement by statement; a trigger has semicolons in it."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def dump(database: Path) -> str:
    """All that a database holds, as SQL without a transaction of its own."""
    with closing(sqlite3.connect(database)) as connection:
        lines = [line for line in connection.iterdump() if line not in ("BEGIN TRANSACTION;", "COMMIT;")]
    return "\n".join(lines) + "\n"


def migrated() -> str:
    """What the migrations make of an empty database, as SQL."""
    from auditor.store import workspace

    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / workspace.DATABASE
        engine = workspace.engine_of(database)
        workspace.upgrade(engine, Path(folder))
        engine.dispose()
        return dump(database)


if __name__ == "__main__":
    FILE.write_text(migrated(), encoding="utf-8")
