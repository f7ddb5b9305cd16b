"""How many bytes a run has received, so that their limit holds over a resume."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("runs", sa.Column("received", sa.Integer(), nullable=False, server_default=sa.text("0")))
