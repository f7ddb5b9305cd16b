"""Kept answers: what a page came to, with a digest of what that rests on, so that the next night need not judge it again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _evaluation(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_evaluation_id")
    return (
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=name, ondelete="CASCADE"),
    )


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("basis", sa.String(32), nullable=False, server_default=sa.text("''")))
    op.add_column("evaluations", sa.Column("unchanged", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "kept_sets",
        *_evaluation("kept_sets"),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "id", name=op.f("pk_kept_sets")),
    )
    op.create_table(
        "kept_pages",
        *_evaluation("kept_pages"),
        sa.Column("page_key", sa.Text(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("links", sa.LargeBinary(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "page_key", name=op.f("pk_kept_pages")),
        sqlite_with_rowid=False,
    )
