"""What judging left: evaluations with their findings and problems, and what the next night may take over or must look at."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from auditor.store.schema.base import metadata, of_run, views


def _of_finding(own: str = "finding") -> tuple[Column[Any], ...]:
    """What a finding says; `own` names its id."""
    return (
        Column(own, String(16), nullable=False),
        Column("problem", String(16), nullable=False),
        Column("rule", String(80), nullable=False),
        Column("page_key", Text, nullable=False),
        Column("url", Text, nullable=False),
        Column("page_type", String(12), nullable=False),
        Column("target", Text, nullable=False),
        Column("severity", String(10), nullable=False),
        Column("certainty", String(12), nullable=False),
        Column("message", Text, nullable=False),
        Column("clients", Text, nullable=False),  # "chromium/desktop chromium/phone"
        Column("detail", LargeBinary, nullable=False),  # of model.finding.Finding what has no column here, msgpack
        Column("asked", Text, nullable=False),  # looks that must be taken again before it may be called fixed
    )


# Long texts that every night has in common: the rules, and what judges them.
texts = Table(
    "texts",
    metadata,
    Column("hash", String(32), primary_key=True),
    Column("text", LargeBinary, nullable=False),  # zstandard
    sqlite_with_rowid=False,
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("packs", String(64), nullable=False),  # digest of the rules that judged
    Column("rules", Text, nullable=False),  # texts.hash of the rules as JSON, so that a report needs no packs
    Column("version", String(40), nullable=False),
    Column("began_at", String(32), nullable=False),
    Column("ended_at", String(32), nullable=False, default=""),
    Column(
        "logic", Text, nullable=False, server_default="{}"
    ),  # texts.hash of JSON: rule -> digest of what judges, without its words
    Column("inputs", Text, nullable=False, server_default="{}"),  # JSON: export -> digest of what it said
    Column(
        "basis", String(32), nullable=False, server_default=text("''")
    ),  # digest of code, tables and config that judged
    Column("unchanged", Integer, nullable=False, server_default="0"),  # pages of which answers were carried forward
)

# What findings say. Most say the same night after night, so that each evaluation only names them.
finding_texts = Table(
    "finding_texts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),  # of the whole Finding
    *_of_finding(),
    Index(None, "finding"),
    Index(None, "problem"),
)

evaluation_findings = Table(
    "evaluation_findings",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("text_id", Integer, primary_key=True, autoincrement=False),  # finding_texts.id
    sqlite_with_rowid=False,
)

findings = Table("findings", views, Column("evaluation_id", Integer), *_of_finding("id"))

# Who looked at which page by which rule: without it nobody knows whether what is not found any more is fixed. Pages of
# one kind were looked at alike, so each way of looking is kept once.
look_sets = Table(
    "look_sets",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column(
        "looks", LargeBinary, nullable=False
    ),  # {looks: [rules by their place in the evaluation's]}, msgpack, zstandard
)

page_looks = Table(
    "page_looks",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "key_id", Integer, primary_key=True, autoincrement=False
    ),  # addresses.id of its page key; 0: the shop as a whole
    Column("set_id", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Answers that hold until what they rest on changes (store.kept). Pages of one kind have theirs in common, as with looks.
kept_sets = Table(
    "kept_sets",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("answers", LargeBinary, nullable=False),  # msgpack, zstandard
)

kept_pages = Table(
    "kept_pages",
    metadata,
    # in this order what a night keeps of a page takes the place of what the one before kept of it
    Column("key_id", Integer, primary_key=True, autoincrement=False),  # addresses.id of its page key
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("basis", LargeBinary, nullable=False),  # digest of the page; empty: two addresses have this key
    Column("links", LargeBinary, nullable=False),  # digest of what came of asking for its links
    Column("set_id", Integer, nullable=False),
    Column("findings", LargeBinary, nullable=False),  # their ids, msgpack
    Index(None, "evaluation_id"),
    sqlite_with_rowid=False,
)

# What a rule could not tell of: where it finds nothing there, nothing is known
unsure = Table(
    "unsure",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("target", Text, primary_key=True),
    sqlite_with_rowid=False,
)

problems = Table(
    "problems",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("rule", String(80), nullable=False),
    Column("page_type", String(12), nullable=False),
    Column("target", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("clients", Text, nullable=False),
    Column("examples", Text, nullable=False),  # finding ids
)

outcome_counts = Table(
    "outcome_counts",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", String(80), primary_key=True),
    Column("client", String(40), primary_key=True),
    Column("outcome", String(14), primary_key=True),
    Column("reason", String(300), primary_key=True),
    Column("count", Integer, nullable=False),
)
