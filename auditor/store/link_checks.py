"""What links to other sites answered, kept across the runs of a workspace: a good answer need not be asked for every night."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome
from auditor.store.schema import link_checks


class LinkCheck(msgspec.Struct, frozen=True):
    """The last answer of a URL; `checked_at` UTC, ISO 8601."""

    status: int
    checked_at: str


def good(connection: Connection, keys: Iterable[str], since: str) -> dict[str, LinkCheck]:
    """Those that answered well at or after `since` (UTC, ISO 8601), by key."""
    wanted, found = list(keys), {}
    for start in range(0, len(wanted), 500):
        where = (
            link_checks.c.key.in_(wanted[start : start + 500]),
            link_checks.c.outcome == FetchOutcome.OK,
            link_checks.c.checked_at >= since,
        )
        for row in connection.execute(select(link_checks).where(*where)):
            found[row.key] = LinkCheck(row.status, row.checked_at)
    return found


def keep(connection: Connection, key: str, response: Response) -> None:
    values = {
        "url": response.url, "outcome": response.outcome, "status": response.status, "reason": response.reason,
        "checked_at": response.fetched_at,
    }  # fmt: skip
    statement = insert(link_checks).values(key=key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=values))
