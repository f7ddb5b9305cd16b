"""What a finding says in columns of its own is not written into its detail again."""

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_KEPT = ("data", "excerpts", "not_in", "states", "owner")
_AT_ONCE = 500


def upgrade() -> None:
    database, after = op.get_bind(), 0
    texts = sa.table("finding_texts", sa.column("id", sa.Integer), sa.column("detail", sa.LargeBinary))
    change = sa.update(texts).where(texts.c.id == sa.bindparam("b_id")).values(detail=sa.bindparam("b_detail"))
    while True:
        asked = sa.select(texts).where(texts.c.id > after).order_by(texts.c.id).limit(_AT_ONCE)
        rows = database.execute(asked).all()
        if not rows:
            return
        after = rows[-1].id
        database.execute(change, [{"b_id": row.id, "b_detail": _further(row.detail)} for row in rows])


def _further(detail: bytes) -> bytes:
    told = msgspec.msgpack.decode(detail)
    return msgspec.msgpack.encode({name: told[name] for name in _KEPT if name in told})
