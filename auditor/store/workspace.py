"""The workspace: a private folder with `auditor.db` and `files/`, opened, made or migrated here."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import NullPool

from auditor.model.errors import UsageError
from auditor.store import newest

DATABASE = "auditor.db"
FILES = "files"
NEWEST = "0011"  # of the migrations; a test holds it against them
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "glusterfs", "ceph"})
_LONGEST_LOG = 64_000_000  # bytes of the write-ahead log, from which on it is written back in between
_WAL_SECONDS = 5.0  # for which the switch to write-ahead logging is tried again


class Workspace:
    """A folder (mode 0700) with the database and the pictures of all runs."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.engine = engine
        self._longest_log = _LONGEST_LOG

    @property
    def files(self) -> Path:
        return self.folder / FILES

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @classmethod
    def open(cls, folder: Path | str, *, create: bool = True) -> Workspace:
        """Opens a workspace, makes it where there is none, and brings an older one up to date.

        Raises UsageError: not writable, on a network file system, not a workspace, or of a newer version.
        """
        folder = Path(folder).expanduser()
        if not create and not (folder / DATABASE).exists():
            raise UsageError(
                f"there is no workspace at {folder}",
                hint="Name the right one with --workspace, or make one: auditor run URL",
            )
        _make(folder)
        engine = engine_of(folder / DATABASE)
        try:
            _migrate(engine, folder)
        except (OperationalError, DatabaseError) as error:
            engine.dispose()
            raise UsageError(
                f"the database cannot be used: {error.orig}",
                where=str(folder / DATABASE),
                hint="Restore it from a backup, or choose another folder with --workspace.",
            ) from None
        except BaseException:
            engine.dispose()
            raise
        return cls(folder, engine)

    @classmethod
    def attach(cls, folder: Path | str) -> Workspace:
        """A workspace some other process has opened and brought up to date: for crawl and worker processes."""
        return cls(Path(folder), engine_of(Path(folder) / DATABASE))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first statement."""
        with self.engine.connect() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout."""
        with self.engine.connect() as connection:
            connection.execute(text("BEGIN"))
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Spares many short transactions the writing back of the whole log, which SQLite does when the last connection closes."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
            yield

    def shorten_log(self) -> None:
        """Has SQLite write back a log that has grown long: where some reader is always at work, it never begins again by itself.

        Waits a second for those that read; where they take longer, the next attempt is made at twice the length.
        """
        log = self.folder / f"{DATABASE}-wal"
        if not log.exists() or log.stat().st_size < self._longest_log:
            return
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1000")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        if busy:
            self._longest_log *= 2

    def put_file(self, data: bytes, suffix: str = "") -> str:
        """Keeps a file under its content hash, whole or not at all; returns the hash."""
        digest = hashlib.sha256(data).hexdigest()
        target = self.file(digest, suffix)
        if not _holds(target, digest):
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
                try:
                    part.write(data)
                    part.flush()
                    os.fsync(part.fileno())
                    Path(part.name).replace(target)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise
        return digest

    def file(self, digest: str, suffix: str = "") -> Path:
        return self.files / digest[:2] / f"{digest}{suffix}"

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _holds(file: Path, digest: str) -> bool:
    """Whether the file is there and what its name says; a damaged one is written again."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == digest
    except FileNotFoundError:
        return False


def _make(folder: Path) -> None:
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(
                "the workspace must be a folder, this is a file",
                where=str(folder),
                hint="Choose another with --workspace.",
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / FILES).mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"the workspace cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="Give this user the right to write there, or choose another folder with --workspace.",
        ) from None
    kind = _file_system(folder)
    if kind in _NETWORK:
        raise UsageError(
            f"the workspace is on a network file system ({kind}), where SQLite's locks can't be relied on",
            where=str(folder),
            hint="Choose a folder on a local disk with --workspace.",
        )
    (folder / DATABASE).touch(mode=0o600)  # the folder may have been there before, open to others


def _file_system(folder: Path) -> str:
    """The file system's type by /proc/mounts; empty where the machine does not tell."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    path = str(folder.resolve())
    for line in mounts:
        _, point, this, *_ = [*line.split(" "), "", ""]
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, this
    return kind


def engine_of(database: Path) -> Engine:
    url = URL.create("sqlite", database=str(database))  # a path may hold "?" and "#"
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
        cursor = connection.cursor()
        _begin_wal(cursor)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _begin_wal(cursor: sqlite3.Cursor) -> None:
    """SQLite waits for nobody here: two that make a database at once get "locked" although both would be done in a moment."""
    until = time.monotonic() + _WAL_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(0.02)


def _is_current(engine: Engine) -> bool:
    """Asked without Alembic, which takes longer to load than the question: nearly every workspace is."""
    with engine.connect() as connection:
        versioned = text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'")
        if connection.execute(versioned).scalar() is None:
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [NEWEST]


def _migrate(engine: Engine, folder: Path) -> None:
    if not _is_current(engine) and not _begin(engine):
        upgrade(engine, folder)


def _begin(engine: Engine) -> bool:
    """Makes the newest schema in an empty database, as the migrations would; False where it is not empty."""
    with engine.connect() as connection:
        connection.execute(text("BEGIN IMMEDIATE"))
        if connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one():
            return False
        for statement in newest.statements():
            connection.exec_driver_sql(statement)
        connection.commit()
    return True


def upgrade(engine: Engine, folder: Path) -> None:
    """Brings a database to the newest schema, step by step. Raises UsageError."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == script.get_current_head():
            return
        # Tables that others point to are made anew; SQLite heeds this outside of transactions only
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.rollback()
        # One transaction: a process killed here leaves the database as it was, and two that open it don't meet.
        connection.execute(text("BEGIN IMMEDIATE"))
        current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            raise UsageError(
                f"this workspace was written by a newer version of auditor (schema {current})",
                where=str(folder),
                hint="Update auditor, or choose another folder with --workspace.",
            )
        tables = connection.execute(text("SELECT count(*) FROM sqlite_master WHERE type = 'table'")).scalar_one()
        if current is None and tables:
            raise UsageError(
                "this database is not one of auditor's",
                where=str(folder / DATABASE),
                hint="Choose another folder with --workspace.",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
