"""What comes after judging: how a run stands against the one before it, its verdict, and what the shop's people leave out."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from auditor.store.schema.base import metadata, of_run

# Findings of earlier runs that were not looked at again
carried = Table(
    "carried",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("problem", String(16), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("page_key", Text, nullable=False),
    Column("page_type", String(12), nullable=False),
    Column("target", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("message", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("seen_at", String(32), nullable=False),  # start of the run that saw it last
    Index(None, "evaluation_id", "problem"),
)

comparisons = Table(
    "comparisons",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("against", Integer, nullable=False, default=0),  # evaluation; it may be gone by now
    Column("detail", Text, nullable=False),  # model.standing.Comparison, JSON
)

standings = Table(
    "standings",
    metadata,
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("problem", String(16), primary_key=True),
    Column("state", String(10), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("since", String(32), nullable=False, default=""),
    Column("detail", Text, nullable=False),  # model.standing.Standing, JSON
    Index(None, "evaluation_id", "state"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("evaluation_id", Integer, ForeignKey("evaluations.id", ondelete="CASCADE"), nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON
    Column("decided_at", String(32), nullable=False),
)

ignores = Table(
    "ignores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", String(255), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("url", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", String(120), nullable=False),
    Column("expires", String(10), nullable=False, default=""),
)
