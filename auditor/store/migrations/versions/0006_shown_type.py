"""The type of a page that only browsers can tell, so that it stays the same on nights when none looks."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("pages", sa.Column("shown_type", sa.String(12), nullable=False, server_default=sa.text("''")))
    op.create_index(
        op.f("ix_pages_shown"), "pages", ["page_key", "run_id"], unique=False, sqlite_where=sa.text("shown_type != ''")
    )
