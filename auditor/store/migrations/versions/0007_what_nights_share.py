"""What nights have in common is kept once: texts of findings, rules as they were, headers of answers. `findings` becomes a view."""

# ruff: noqa: S608 -- the queries are put together from words that stand in this file
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import sqlalchemy as sa
import zstandard
from alembic import op

revision = "0007"
down_revision = "0006"

_SAYS = "problem, rule, page_key, url, page_type, target, severity, certainty, message, clients, detail, asked"
_SHARED = (
    ("evaluation_findings", "evaluation_findings", "500000 20000 1"),
    ("finding_texts", "ix_finding_texts_finding", "100000 3"),
    ("finding_texts", "ix_finding_texts_problem", "100000 40"),
    ("finding_texts", "sqlite_autoindex_finding_texts_1", "100000 1"),
)


def upgrade() -> None:
    op.create_table(
        "response_samples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.Column("sample", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_samples")),
        sa.UniqueConstraint("shape", name=op.f("uq_response_samples_shape")),
    )
    op.create_table(
        "texts",
        sa.Column("hash", sa.String(32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_texts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "finding_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("finding", sa.String(16), nullable=False),
        sa.Column("problem", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("page_key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("page_type", sa.String(12), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("certainty", sa.String(12), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("clients", sa.Text(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_texts")),
        sa.UniqueConstraint("hash", name=op.f("uq_finding_texts_hash")),
    )
    op.create_table(
        "evaluation_findings",
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_evaluation_findings_evaluation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "text_id", name=op.f("pk_evaluation_findings")),
        sqlite_with_rowid=False,
    )
    database = op.get_bind().connection.driver_connection
    assert isinstance(database, sqlite3.Connection)
    database.create_function("_hash", 1, lambda detail: hashlib.blake2b(detail, digest_size=12).digest())
    op.execute(
        f"INSERT OR IGNORE INTO finding_texts (hash, finding, {_SAYS}) SELECT _hash(detail), id, {_SAYS} FROM findings"
    )
    op.execute(
        "INSERT OR IGNORE INTO evaluation_findings (evaluation_id, text_id) SELECT evaluation_id, t.id FROM findings f "
        "JOIN finding_texts t ON t.hash = _hash(f.detail)"
    )
    op.drop_table("findings")
    op.create_index(op.f("ix_finding_texts_finding"), "finding_texts", ["finding"])
    op.create_index(op.f("ix_finding_texts_problem"), "finding_texts", ["problem"])
    op.execute(
        f"CREATE VIEW findings AS SELECT e.evaluation_id, t.finding AS id, {_SAYS} "
        "FROM evaluation_findings e JOIN finding_texts t ON t.id = e.text_id"
    )
    # how many rows share what: without it SQLite may look through a whole night for each finding that is asked for by name
    op.execute("ANALYZE evaluation_findings")
    op.execute("DELETE FROM sqlite_stat1 WHERE tbl IN ('evaluation_findings', 'finding_texts')")
    for table, index, numbers in _SHARED:
        database.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", (table, index, numbers))
    for evaluation, column, text in list(_long(database)):
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        packed = zstandard.ZstdCompressor(level=9).compress(text.encode())
        database.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", (digest, packed))
        database.execute(f"UPDATE evaluations SET {column} = ? WHERE id = ?", (digest, evaluation))


def _long(database: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    for column in ("rules", "logic"):
        with closing(database.execute(f"SELECT id, {column} FROM evaluations")) as rows:
            for evaluation, text in rows:
                yield evaluation, column, text
