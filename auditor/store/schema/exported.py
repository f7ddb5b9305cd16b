"""What the shop's own exports and feeds say, as it was read before judging."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from auditor.store.schema.base import metadata, of_run

# What was read of each source of the config's `catalogue`, so that a run can be judged again without it
sources = Table(
    "sources",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("detail", LargeBinary, nullable=False),  # model.expected.SourceRead, msgpack
)

expected_products = Table(
    "expected_products",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("source", String(40), nullable=False),
    Column("key", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, nullable=False),  # numbers and addresses as they are compared: facts.shelf
    Column("gtin", Text, nullable=False),
    Column("mpn", Text, nullable=False),
    Column("place", Text, nullable=False),  # key of its link, without what chooses a variant
    Column("handle", Text, nullable=False),
    Column("grouped", Text, nullable=False),  # what its variants have in common
    Column("detail", LargeBinary, nullable=False),  # model.expected.ExpectedProduct, msgpack
    UniqueConstraint("run_id", "source", "key"),
)

wrong_rows = Table(
    "wrong_rows",
    metadata,
    Column("id", Integer, primary_key=True),
    of_run(),
    Column("source", String(40), nullable=False),
    Column("line", Integer, nullable=False),
    Column("what", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("left_out", Boolean, nullable=False),
    Index(None, "run_id", "source"),
)
