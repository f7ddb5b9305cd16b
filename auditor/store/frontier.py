"""The frontier: every URL known in a run. Rows that wait are what is still to be fetched; the others have their reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome
from auditor.store import documents
from auditor.store.schema import pages, urls


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that came up. With a `reason` it is known and will not be fetched."""

    key: str
    url: str
    kind: str = "page"  # page | asset | external
    priority: int = 0
    depth: int = 0
    found_by: str = "link"
    referrer_id: int | None = None
    reason: str = ""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A URL to fetch now."""

    id: int
    key: str
    url: str
    kind: str
    depth: int
    found_by: str


_ADD = insert(urls).on_conflict_do_nothing()
_LEASE = update(urls).where(urls.c.id == bindparam("b_id")).values(status="leased")


def add(connection: Connection, run_id: int, found: Iterable[Found]) -> None:
    """Takes up URLs that are new to the run; those known already stay as they are."""
    rows = [
        {
            "run_id": run_id, "key": one.key, "url": one.url, "kind": one.kind,
            "status": "skipped" if one.reason else "waiting", "reason": one.reason,
            "priority": one.priority, "depth": one.depth, "found_by": one.found_by, "referrer_id": one.referrer_id,
        }
        for one in found
    ]  # fmt: skip
    if rows:
        connection.execute(_ADD, rows)


def lease(connection: Connection, run_id: int, limit: int, kinds: Sequence[str] = ("page", "asset")) -> list[Waiting]:
    """The next URLs by priority, then in the order found; they are marked as under way."""
    wanted = (urls.c.run_id == run_id, urls.c.status == "waiting", urls.c.kind.in_(kinds))
    columns = (urls.c.id, urls.c.key, urls.c.url, urls.c.kind, urls.c.depth, urls.c.found_by)
    rows = (
        connection.execute(select(*columns).where(*wanted).order_by(urls.c.priority.desc(), urls.c.id).limit(limit))
        .mappings()
        .all()
    )
    if rows:
        connection.execute(_LEASE, [{"b_id": row["id"]} for row in rows])
    return [Waiting(**row) for row in rows]


def release(connection: Connection, run_id: int) -> int:
    """What a killed crawl had under way waits again; returns how many."""
    return connection.execute(
        update(urls).where(urls.c.run_id == run_id, urls.c.status == "leased").values(status="waiting")
    ).rowcount


def postpone(connection: Connection, url_id: int) -> None:
    """Puts a URL back, behind those of its priority."""
    connection.execute(update(urls).where(urls.c.id == url_id).values(status="waiting", priority=urls.c.priority - 1))


def skip(connection: Connection, url_id: int, reason: str) -> None:
    connection.execute(update(urls).where(urls.c.id == url_id).values(status="skipped", reason=reason))


def skip_waiting(connection: Connection, run_id: int, reason: str) -> int:
    """All that still waits is left out, with one reason (a budget is used up); returns how many."""
    waiting = (urls.c.run_id == run_id, urls.c.status == "waiting")
    return connection.execute(update(urls).where(*waiting).values(status="skipped", reason=reason)).rowcount


def count(connection: Connection, run_id: int, status: str, kind: str = "page") -> int:
    where = (urls.c.run_id == run_id, urls.c.status == status, urls.c.kind == kind)
    return connection.execute(select(func.count()).select_from(urls).where(*where)).scalar_one()


def save(
    connection: Connection,
    run_id: int,
    url_id: int,
    response: Response,
    page_key: str,
    body: bytes | None,
    found: Iterable[Found] = (),
) -> None:
    """One fetch, its body and the URLs new to it: the crawl's transaction. A second fetch of a URL replaces the first."""
    values = {
        "run_id": run_id, "url_id": url_id, "url": response.url, "page_key": page_key, "final_url": response.final_url,
        "outcome": response.outcome, "status": response.status, "content_type": response.content_type[:120],
        "document": documents.put(connection, body) if body is not None else None,
        "response": msgspec.msgpack.encode(response), "fetched_at": response.fetched_at,
        "page_type": "", "template": "", "platform": "",
    }  # fmt: skip
    statement = insert(pages).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=["run_id", "url_id"], set_=values))
    connection.execute(update(urls).where(urls.c.id == url_id).values(status="done", reason=""))
    add(connection, run_id, found)


def settled(connection: Connection, run_id: int, key: str) -> int | None:
    """The id of the URL with this key if it is known in the run."""
    return connection.execute(select(urls.c.id).where(urls.c.run_id == run_id, urls.c.key == key)).scalar_one_or_none()


def failures(connection: Connection, run_id: int) -> list[tuple[int, str, Response]]:
    """Fetches that say the site is at fault: (url id, URL, response). To be asked for again before they are believed."""
    rows = connection.execute(
        select(pages.c.url_id, pages.c.url, pages.c.response)
        .where(pages.c.run_id == run_id, pages.c.outcome == FetchOutcome.SITE_ERROR)
        .order_by(pages.c.id)
    )
    return [(row.url_id, row.url, msgspec.msgpack.decode(row.response, type=Response)) for row in rows]
