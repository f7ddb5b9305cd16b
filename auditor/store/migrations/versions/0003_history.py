"""History: who looked where, what was not looked at again, and how problems stand from run to run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _evaluation(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_evaluation_id")
    return (
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name=name, ondelete="CASCADE"),
    )


def upgrade() -> None:
    op.add_column("runs", sa.Column("kind", sa.String(12), nullable=False, server_default="site"))
    op.add_column("evaluations", sa.Column("logic", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("evaluations", sa.Column("inputs", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("findings", sa.Column("asked", sa.Text(), nullable=False, server_default=sa.text("''")))
    # What `auditor page` made is no earlier run of its site
    op.execute(
        "UPDATE runs SET kind = 'page' WHERE json_valid(config) AND json_extract(config, '$.config.crawl.max_pages') = 1 "
        "AND json_extract(config, '$.config.crawl.follow_links') = 0"
    )
    op.create_table(
        "leases",
        sa.Column("site", sa.String(255), nullable=False),
        sa.Column("holder", sa.String(120), nullable=False),
        sa.Column("run", sa.String(120), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_leases")),
    )
    op.create_table(
        "look_sets",
        *_evaluation("look_sets"),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("looks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "id", name=op.f("pk_look_sets")),
    )
    op.create_table(
        "page_looks",
        *_evaluation("page_looks"),
        sa.Column("page_key", sa.Text(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "page_key", name=op.f("pk_page_looks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unsure",
        *_evaluation("unsure"),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "rule", "target", name=op.f("pk_unsure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "carried",
        *_evaluation("carried"),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("problem", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("page_key", sa.Text(), nullable=False),
        sa.Column("page_type", sa.String(12), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("certainty", sa.String(12), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "id", name=op.f("pk_carried")),
    )
    op.create_index(op.f("ix_carried_evaluation_id_problem"), "carried", ["evaluation_id", "problem"])
    op.create_table(
        "comparisons",
        *_evaluation("comparisons"),
        sa.Column("against", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", name=op.f("pk_comparisons")),
    )
    op.create_table(
        "standings",
        *_evaluation("standings"),
        sa.Column("problem", sa.String(16), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("certainty", sa.String(12), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "problem", name=op.f("pk_standings")),
    )
    op.create_index(op.f("ix_standings_evaluation_id_state"), "standings", ["evaluation_id", "state"])
