"""The frontier: every URL known in a run. Rows that wait are what is still to be fetched; the others have their reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Connection, RowMapping, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from auditor.evidence.http import Response
from auditor.model.words import FetchOutcome
from auditor.store import addresses, documents, responses
from auditor.store.runs import counted
from auditor.store.schema import ANSWER_OF_URL, OF_ROW, ROW_OF_URL, WAITING, page_rows, pages, runs, url_rows, urls
from auditor.store.workspace import Workspace

SEARCHED = "search"  # `found_by` of results of the shop's own search, which only we asked for


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that came up. With a `reason` it is known and will not be fetched."""

    key: str
    url: str
    kind: str = "page"  # page | asset | external | robots | sitemap
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


_CRASHED = -500  # a URL that a crawl was killed at stands further back than this, and stays there
_NEW = insert(url_rows)
# A page that the shop links to is nearer than one that a sitemap alone names, of which most may be long gone.
_ADD = _NEW.on_conflict_do_update(
    index_elements=[url_rows.c.run_id, url_rows.c.key_id],
    set_={"priority": _NEW.excluded.priority, "depth": _NEW.excluded.depth},
    where=and_(
        url_rows.c.status == "waiting",
        url_rows.c.found_by == "sitemap",
        url_rows.c.priority > _CRASHED,
        _NEW.excluded.status == "waiting",
        _NEW.excluded.found_by == "link",
        _NEW.excluded.priority > url_rows.c.priority,
    ),
).values(key_id=addresses.numbered("b_key"), address_id=addresses.numbered("b_url"))
_LEASE = update(url_rows).where(url_rows.c.id == bindparam("b_id")).values(status="leased")


def add(connection: Connection, run_id: int, found: Iterable[Found]) -> None:
    """Takes up URLs that are new to the run; of those known already, a sitemap's that wait come sooner where a link leads to them."""
    found = list(found)
    rows = [
        {
            "run_id": run_id, "b_key": one.key, "b_url": one.url, "kind": one.kind,
            "status": "skipped" if one.reason else "waiting", "reason": one.reason,
            "priority": one.priority, "depth": one.depth, "found_by": one.found_by, "referrer_id": one.referrer_id,
        }
        for one in found
    ]  # fmt: skip
    if rows:
        addresses.keep(connection, (text for one in found for text in (one.key, one.url)))
        connection.execute(_ADD, rows)


def lease(connection: Connection, run_id: int, limit: int, kinds: Sequence[str] = ("page", "asset")) -> list[Waiting]:
    """The next URLs by priority, then in the order found; they are marked as under way."""
    wanted = (urls.c.run_id == run_id, urls.c.status == WAITING, urls.c.kind.in_(kinds))
    columns = (urls.c.id, urls.c.key, urls.c.url, urls.c.kind, urls.c.depth, urls.c.found_by)
    rows = (
        connection.execute(select(*columns).where(*wanted).order_by(urls.c.priority.desc(), urls.c.id).limit(limit))
        .mappings()
        .all()
    )
    if rows:
        connection.execute(_LEASE, [{"b_id": row["id"]} for row in rows])
    return [Waiting(**row) for row in rows]


def release(connection: Connection, run_id: int, *, behind: int = 0) -> int:
    """What a killed crawl had under way waits again, `behind` places lower; returns how many."""
    return connection.execute(
        update(url_rows)
        .where(url_rows.c.run_id == run_id, url_rows.c.status == "leased")
        .values(status="waiting", priority=url_rows.c.priority - behind)
    ).rowcount


def postpone(connection: Connection, url_id: int) -> None:
    """Puts a URL back, behind those of its priority."""
    again = {"status": "waiting", "priority": url_rows.c.priority - 1}
    connection.execute(update(url_rows).where(url_rows.c.id == url_id).values(**again))


def skip(connection: Connection, url_id: int, reason: str) -> None:
    connection.execute(update(url_rows).where(url_rows.c.id == url_id).values(status="skipped", reason=reason))


def skip_waiting(connection: Connection, run_id: int, reason: str, kind: str = "page") -> int:
    """All of a kind that still wait are left out, with one reason (a budget is used up); returns how many."""
    waiting = (url_rows.c.run_id == run_id, url_rows.c.status == WAITING, url_rows.c.kind == kind)
    return connection.execute(update(url_rows).where(*waiting).values(status="skipped", reason=reason)).rowcount


def count(connection: Connection, run_id: int, status: str, kind: str = "page") -> int:
    wanted = WAITING if status == "waiting" else status
    where = (url_rows.c.run_id == run_id, url_rows.c.status == wanted, url_rows.c.kind == kind)
    return connection.execute(select(func.count()).select_from(url_rows).where(*where)).scalar_one()


_PAGE = insert(page_rows)
_SAVE = _PAGE.on_conflict_do_update(
    index_elements=["run_id", "url_id"],
    set_={
        column.name: _PAGE.excluded[column.name]
        for column in page_rows.c
        if column.name not in ("id", "run_id", "url_id")
    },
).values(
    address_id=addresses.numbered("b_url"), key_id=addresses.numbered("b_key"), final_id=addresses.numbered("b_final")
)
_SETTLE = (
    update(url_rows)
    .where(url_rows.c.id == bindparam("b_id"))
    .values(status=bindparam("b_status"), reason=bindparam("b_reason"))
)
_SETTLE_AS = _SETTLE.values(kind=bindparam("b_kind"))


def save(
    connection: Connection,
    run_id: int,
    url_id: int,
    response: Response,
    page_key: str,
    body: bytes | None,
    found: Iterable[Found] = (),
    *,
    kind: str = "",
) -> None:
    """One fetch, its body and the URLs new to it: the crawl's transaction. A second fetch of a URL replaces the first.

    A fetch that was given up on purpose (outcome skipped) leaves the URL skipped, with its reason. `kind` corrects the
    URL's kind, once its answer told it.
    """
    values = {
        "run_id": run_id, "url_id": url_id, "b_url": response.url, "b_key": page_key, "b_final": response.final_url,
        "outcome": response.outcome, "status": response.status, "content_type": response.content_type[:120],
        "document": documents.put(connection, body) if body is not None else None,
        "response": responses.pack(connection, response), "fetched_at": response.fetched_at,
        "page_type": "", "shown_type": "", "template": "", "platform": "", "canonical_id": None,
    }  # fmt: skip
    addresses.keep(connection, (response.url, page_key, response.final_url))
    connection.execute(_SAVE, values)
    skipped = response.outcome is FetchOutcome.SKIPPED
    settled = {
        "b_id": url_id,
        "b_status": "skipped" if skipped else "done",
        "b_reason": response.reason if skipped else "",
    }
    if kind:
        connection.execute(_SETTLE_AS, {**settled, "b_kind": kind})
    else:
        connection.execute(_SETTLE, settled)
    add(connection, run_id, found)


class Known(msgspec.Struct, frozen=True):
    """What the run knows of a URL; `response` once it was fetched, `reason` where it was left out."""

    waiting: Waiting
    status: str
    reason: str
    response: Response | None = None


_COLUMNS = (urls.c.id, urls.c.key, urls.c.url, urls.c.kind, urls.c.depth, urls.c.found_by)
_KNOWN = (
    select(*_COLUMNS, urls.c.status, urls.c.reason, page_rows.c.response)
    .join_from(urls, page_rows, ROW_OF_URL, isouter=True)
    .where(urls.c.run_id == bindparam("b_run"), urls.c.key == bindparam("b_key"))
)


def known(connection: Connection, run_id: int, key: str) -> Known | None:
    """The URL with this key, if the run knows it."""
    row = connection.execute(_KNOWN, {"b_run": run_id, "b_key": key}).mappings().first()
    return _known(connection, row) if row else None


_HAS = select(urls.c.id).where(urls.c.run_id == bindparam("b_run"), urls.c.key == bindparam("b_key"))


def has(connection: Connection, run_id: int, key: str) -> bool:
    return connection.execute(_HAS, {"b_run": run_id, "b_key": key}).first() is not None


def on_host(connection: Connection, run_id: int, host: str) -> list[Waiting]:
    """Links to another site that lead to this host, and were not asked for."""
    where = (urls.c.run_id == run_id, urls.c.kind == "external", urls.c.status.in_(("waiting", "skipped")))
    starts = (urls.c.url.startswith(f"{scheme}://{host}", autoescape=True) for scheme in ("https", "http"))
    rows = connection.execute(select(*_COLUMNS).where(*where, or_(*starts)).order_by(urls.c.id)).mappings()
    return [Waiting(**row) for row in rows if (urlsplit(row["url"]).hostname or "") == host]


_PLACE = (
    update(url_rows)
    .where(url_rows.c.id == bindparam("b_id"))
    .values(kind=bindparam("b_kind"), status=bindparam("b_status"), reason=bindparam("b_reason"), priority=bindparam("b_priority"))
)  # fmt: skip


def place(connection: Connection, placed: Iterable[tuple[int, str, str, int]]) -> None:
    """(id, kind, reason, priority) of URLs that belong elsewhere than where they were put when they came up."""
    rows = [
        {"b_id": number, "b_kind": kind, "b_status": "skipped" if reason else "waiting", "b_reason": reason, "b_priority": priority}
        for number, kind, reason, priority in placed
    ]  # fmt: skip
    if rows:
        connection.execute(_PLACE, rows)


class Earlier(msgspec.Struct, frozen=True):
    """What a page answered in an earlier run of the site, and its document."""

    response: Response
    document: str


_EARLIER = (
    select(pages.c.response, pages.c.document)
    .join_from(urls, pages, ANSWER_OF_URL)
    .where(urls.c.run_id == bindparam("b_run"), urls.c.key == bindparam("b_key"), urls.c.kind == "page")
    .where(pages.c.document.is_not(None), pages.c.outcome == FetchOutcome.OK)
)


def earlier(connection: Connection, run_id: int, key: str) -> Earlier | None:
    """A page of another run by its key, None where that run did not get it."""
    row = connection.execute(_EARLIER, {"b_run": run_id, "b_key": key}).first()
    return Earlier(responses.unpack(connection, row.response), row.document) if row else None


def run_before(connection: Connection, run_id: int) -> int | None:
    """The last run of the same site before this one that fetched a page, by the same config but for its limits."""
    this = select(runs.c.site, runs.c.environment, runs.c.start_url).where(runs.c.id == run_id)
    site, environment, start_url = connection.execute(this).one()
    same = (runs.c.site == site, runs.c.environment == environment, runs.c.start_url == start_url, runs.c.id < run_id)
    fetched_any = select(pages.c.id).where(pages.c.run_id == runs.c.id, pages.c.document.is_not(None)).exists()
    return connection.execute(select(func.max(runs.c.id)).where(*same, fetched_any)).scalar()


def failures(
    connection: Connection,
    run_id: int,
    outcomes: Sequence[str],
    after: int = 0,
    limit: int = 100,
    kind: str = "page",
) -> list[Known]:
    """Fetches with one of these outcomes, by URL id beyond `after`: to be asked for again before they are believed.

    Addresses where a file was only looked for (a sitemap nobody names) are left out: that it is not there says nothing.
    """
    rows = connection.execute(
        select(*_COLUMNS, urls.c.status, urls.c.reason, pages.c.response)
        .join_from(urls, pages, ANSWER_OF_URL)
        .where(urls.c.run_id == run_id, urls.c.id > after, urls.c.kind == kind, pages.c.outcome.in_(outcomes))
        .order_by(urls.c.id)
        .limit(limit)
    )
    return [_known(connection, row) for row in rows.mappings().all()]


def _known(connection: Connection, row: RowMapping) -> Known:
    response = responses.unpack(connection, row["response"]) if row["response"] else None
    return Known(
        Waiting(**{column.name: row[column.name] for column in _COLUMNS}), row["status"], row["reason"], response
    )


def fetched(connection: Connection, run_id: int) -> int:
    """Pages that were asked for; addresses that only redirect to another are not counted twice."""
    itself = page_rows.c.final_id == page_rows.c.address_id
    where = (
        url_rows.c.run_id == run_id,
        url_rows.c.kind == "page",
        page_rows.c.outcome != FetchOutcome.SKIPPED,
        itself,
    )
    query = select(func.count()).select_from(url_rows).join(page_rows, OF_ROW)
    return connection.execute(query.where(*where)).scalar_one()


def counts(connection: Connection, run_id: int, kind: str = "page") -> tuple[dict[str, int], dict[str, int]]:
    """URLs of a kind by status, and fetches by outcome: what progress is told from."""
    is_page = (url_rows.c.run_id == run_id, url_rows.c.kind == kind)
    states = select(url_rows.c.status, func.count()).where(*is_page).group_by(url_rows.c.status)
    outcomes = select(page_rows.c.outcome, func.count()).join_from(url_rows, page_rows, OF_ROW)
    return counted(connection, states), counted(connection, outcomes.where(*is_page).group_by(page_rows.c.outcome))


def others_answered(connection: Connection, run_id: int) -> bool:
    """Whether a link to another site was asked for in this run, not in an earlier one, and answered well."""
    began = select(runs.c.started_at).where(runs.c.id == run_id).scalar_subquery()
    where = (urls.c.run_id == run_id, urls.c.kind == "external", pages.c.outcome == FetchOutcome.OK)
    query = select(pages.c.id).join(urls, ANSWER_OF_URL).where(*where, pages.c.fetched_at >= began)
    return connection.execute(query.limit(1)).first() is not None


def answered_directly(connection: Connection, run_id: int) -> str:
    """The first page below a start page that answered by itself, without query; "" without one."""
    where = (urls.c.run_id == run_id, urls.c.kind == "page", urls.c.depth > 0, pages.c.outcome == FetchOutcome.OK)
    plain = (pages.c.final_url == urls.c.url, pages.c.document.is_not(None), urls.c.url.not_like("%?%"))
    query = select(urls.c.url).join(pages, ANSWER_OF_URL).where(*where, *plain)
    return connection.execute(query.order_by(urls.c.id).limit(1)).scalar() or ""


def started(connection: Connection, run_id: int) -> list[Known]:
    """The start URLs and what came of them."""
    rows = connection.execute(
        select(*_COLUMNS, urls.c.status, urls.c.reason, page_rows.c.response)
        .join_from(urls, page_rows, ROW_OF_URL, isouter=True)
        .where(urls.c.run_id == run_id, urls.c.kind == "page", urls.c.found_by == "start")
        .order_by(urls.c.id)
    )
    return [_known(connection, row) for row in rows.mappings().all()]


def save_alone(
    workspace: Workspace,
    run_id: int,
    response: Response,
    page_key: str,
    *,
    kind: str = "page",
    body: bytes | None = None,
) -> None:
    """Keeps a fetch that ended the run before its crawl began: the start page that could not be had, or its robots.txt."""
    with workspace.write() as connection:
        add(connection, run_id, [Found(key=page_key, url=response.url, kind=kind, found_by="start")])
        known = select(urls.c.id).where(urls.c.run_id == run_id, urls.c.key == page_key)
        save(connection, run_id, connection.execute(known).scalar_one(), response, page_key, body)
