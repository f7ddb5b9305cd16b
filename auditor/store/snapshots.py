"""Browser snapshots, fetched pages and their facts, as the evaluate stage and the report read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from auditor.evidence.bundle import Bundle
from auditor.evidence.http import Response
from auditor.model.snapshot import Client, SnapshotKey, State
from auditor.model.words import FetchOutcome
from auditor.store import addresses, documents, responses
from auditor.store.schema import facts, page_links, page_rows, pages, snapshots, urls

_AT_ONCE = 500  # pages of a statement


class StoredPage(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `pages` with its response."""

    id: int
    url: str
    page_key: str
    final_url: str
    outcome: FetchOutcome
    document: str | None
    response: Response
    page_type: str
    shown_type: str  # the type that a browser told, where the fetched page does not; page_type is that one then
    template: str
    platform: str


class StoredSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `snapshots`; the evidence stays packed until it is asked for."""

    id: int
    key: SnapshotKey
    url: str
    outcome: FetchOutcome
    reason: str
    document: str | None
    packed: bytes

    @property
    def shows(self) -> bool:
        """Whether the browser was shown the page, and its document is there."""
        return self.outcome is FetchOutcome.OK and self.document is not None

    def bundle(self) -> Bundle:
        return msgspec.msgpack.decode(documents.unpack(self.packed), type=Bundle)


_PAGE = (
    pages.c.id, pages.c.url, pages.c.page_key, pages.c.final_url, pages.c.outcome, pages.c.document, pages.c.response,
    pages.c.page_type, pages.c.shown_type, pages.c.template, pages.c.platform,
)  # fmt: skip


def html_pages(connection: Connection, run_id: int, after: int = 0, limit: int = 500) -> list[StoredPage]:
    """Fetched pages that have a document, by id; `after` is the last id of the batch before."""
    where = (pages.c.run_id == run_id, pages.c.id > after, pages.c.document.is_not(None), urls.c.kind == "page")
    rows = connection.execute(
        select(*_PAGE).join(urls, urls.c.id == pages.c.url_id).where(*where).order_by(pages.c.id).limit(limit)
    )
    return [_stored(connection, row._mapping) for row in rows.all()]


def page(connection: Connection, page_id: int) -> StoredPage:
    return _stored(connection, connection.execute(select(*_PAGE).where(pages.c.id == page_id)).mappings().one())


def describe(
    connection: Connection, page_id: int, page_type: str, template: str, platform: str, canonical_key: str
) -> None:
    """Writes what the facts say of a page, so that samples and counts need no facts."""
    describe_all(connection, [(page_id, page_type, template, platform, canonical_key)])


def describe_all(connection: Connection, told: Iterable[tuple[int, str, str, str, str]]) -> None:
    """The same of several pages: id, page type, template, platform and canonical key of each."""
    names = ("b_id", "b_type", "b_template", "b_platform", "b_key")
    if rows := [dict(zip(names, one, strict=True)) for one in told]:
        addresses.keep(connection, (str(row["b_key"]) for row in rows if row["b_key"]))
        connection.execute(_DESCRIBE, rows)


_DESCRIBE = (
    update(page_rows)
    .where(page_rows.c.id == bindparam("b_id"))
    .values(
        page_type=bindparam("b_type"),
        template=bindparam("b_template"),
        platform=bindparam("b_platform"),
        canonical_id=addresses.numbered("b_key"),  # none where it is ""
    )
)


def fetches(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Of each page the document it has now, and when that was fetched."""
    rows = connection.execute(select(pages.c.id, pages.c.document, pages.c.fetched_at).where(pages.c.id.in_(ids)))
    return {row.id: (row.document or "", row.fetched_at) for row in rows}


def forget_described(connection: Connection, run_id: int) -> None:
    """The pages of the run are to be described again."""
    connection.execute(update(page_rows).where(page_rows.c.run_id == run_id).values(page_type=""))


def save(
    connection: Connection,
    run_id: int,
    page_id: int | None,
    key: SnapshotKey,
    url: str,
    outcome: FetchOutcome,
    reason: str,
    html: str,
    bundle: Bundle,
    taken_at: str,
) -> None:
    """Keeps a browser snapshot; a second one under the same key replaces the first."""
    values = {
        "run_id": run_id, "page_id": page_id, "page_key": key.page, "url": url, "client": str(key.client), "state": str(key.state),
        "step": key.step, "repeat": key.repeat, "outcome": outcome, "reason": reason,
        "document": documents.put(connection, html.encode("utf-8", "replace")) if html else None,
        "evidence": documents.pack(msgspec.msgpack.encode(bundle)), "taken_at": taken_at,
    }  # fmt: skip
    identity = ["run_id", "page_key", "client", "state", "step", "repeat"]
    connection.execute(insert(snapshots).values(**values).on_conflict_do_update(index_elements=identity, set_=values))


_OF_PAGE = (
    select(snapshots)
    .where(snapshots.c.run_id == bindparam("b_run"), snapshots.c.page_key == bindparam("b_key"))
    .order_by(snapshots.c.id)
)


def of_page(connection: Connection, run_id: int, page_key: str) -> list[StoredSnapshot]:
    """The browser snapshots of a page in the order they were taken, each the first look."""
    return looks_at(connection, run_id, page_key)[0]


def looks_at(connection: Connection, run_id: int, page_key: str) -> tuple[list[StoredSnapshot], list[StoredSnapshot]]:
    """The browser snapshots of a page in the order they were taken: first looks, and second ones."""
    rows = connection.execute(_OF_PAGE, {"b_run": run_id, "b_key": page_key}).mappings()
    looks = [
        StoredSnapshot(
            id=row["id"],
            key=SnapshotKey(
                row["page_key"], Client.parse(row["client"]), State.parse(row["state"]), row["step"], row["repeat"]
            ),
            url=row["url"],
            outcome=FetchOutcome(row["outcome"]),
            reason=row["reason"],
            document=row["document"],
            packed=row["evidence"],
        )
        for row in rows
    ]
    return [one for one in looks if not one.key.repeat], [one for one in looks if one.key.repeat]


def bundle_of(connection: Connection, run_id: int, key: SnapshotKey) -> Bundle | None:
    packed = connection.execute(select(snapshots.c.evidence).where(*_is(run_id, key))).scalar()
    return None if packed is None else msgspec.msgpack.decode(documents.unpack(packed), type=Bundle)


def amend(connection: Connection, run_id: int, key: SnapshotKey, more: Bundle) -> None:
    """Adds evidence that was gathered later to a snapshot; one that is not there is left so."""
    bundle = bundle_of(connection, run_id, key)
    if bundle is None:
        return
    bundle.kinds |= more.kinds
    bundle.missing = {kind: why for kind, why in (bundle.missing | more.missing).items() if kind not in bundle.kinds}
    packed = documents.pack(msgspec.msgpack.encode(bundle))
    connection.execute(update(snapshots).where(*_is(run_id, key)).values(evidence=packed))


def _is(run_id: int, key: SnapshotKey) -> tuple[ColumnElement[bool], ...]:
    return (
        snapshots.c.run_id == run_id, snapshots.c.page_key == key.page, snapshots.c.client == str(key.client),
        snapshots.c.state == str(key.state), snapshots.c.step == key.step, snapshots.c.repeat == key.repeat,
    )  # fmt: skip


def taken(connection: Connection, run_id: int, repeat: int = 0) -> set[tuple[str, str, str]]:
    """(page key, client, state) of every snapshot the run holds: what a resumed render leaves out."""
    rows = connection.execute(
        select(snapshots.c.page_key, snapshots.c.client, snapshots.c.state).where(
            snapshots.c.run_id == run_id, snapshots.c.repeat == repeat
        )
    )
    return {(row.page_key, row.client, row.state) for row in rows}


def consent_answered(connection: Connection, run_id: int) -> int:
    """Visits in which the consent banner was rejected or accepted, or may have been: those that ended later count as well."""
    asked = or_(*(snapshots.c.state.contains(f"consent={answer}") for answer in ("reject", "accept")))
    wanted = select(func.count()).where(
        snapshots.c.run_id == run_id, asked, ~snapshots.c.reason.startswith("consent could not be answered")
    )
    return connection.execute(wanted).scalar_one()


def facts_context(*inputs: str) -> str:
    """A digest of what besides the document went into its facts (URL, status, headers)."""
    return hashlib.blake2b("\x00".join(inputs).encode("utf-8", "replace"), digest_size=8).hexdigest()


_READ = select(facts.c.kinds).where(
    facts.c.document == bindparam("b_document"),
    facts.c.context == bindparam("b_context"),
    facts.c.version == bindparam("b_version"),
)


def read_facts(connection: Connection, document: str, context: str, version: int) -> dict[str, bytes] | None:
    row = connection.execute(_READ, {"b_document": document, "b_context": context, "b_version": version}).first()
    return None if row is None else msgspec.msgpack.decode(documents.unpack(row.kinds), type=dict[str, bytes])


def facts_of(
    connection: Connection, wanted: Iterable[tuple[str, str]], version: int
) -> dict[tuple[str, str], dict[str, bytes] | None]:
    """The facts of these (document, context), read at once; None where there are none."""
    found: dict[tuple[str, str], dict[str, bytes] | None] = dict.fromkeys(wanted)
    names = list({document for document, _ in found})
    for start in range(0, len(names), _AT_ONCE):
        asked = {"b_documents": names[start : start + _AT_ONCE], "b_version": version}
        for row in connection.execute(_READ_ALL, asked):
            if (row.document, row.context) in found:
                kinds = msgspec.msgpack.decode(documents.unpack(row.kinds), type=dict[str, bytes])
                found[(row.document, row.context)] = kinds
    return found


_READ_ALL = select(facts.c.document, facts.c.context, facts.c.kinds).where(
    facts.c.document.in_(bindparam("b_documents", expanding=True)), facts.c.version == bindparam("b_version")
)


def seen_of(connection: Connection, run_id: int, keys: Sequence[str]) -> frozenset[str]:
    """Those of the page keys that a browser has looked at."""
    found: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        asked = {"b_run": run_id, "b_keys": list(keys[start : start + _AT_ONCE])}
        found.update(connection.execute(_SEEN, asked).scalars())
    return frozenset(found)


_SEEN = (
    select(snapshots.c.page_key)
    .where(snapshots.c.run_id == bindparam("b_run"), snapshots.c.page_key.in_(bindparam("b_keys", expanding=True)))
    .distinct()
)


def pack_facts(kinds: dict[str, bytes]) -> bytes:
    """Facts as the store keeps them; workers pack them, so that the writer need not."""
    return documents.pack(msgspec.msgpack.encode(kinds))


def write_facts(connection: Connection, version: int, told: Iterable[tuple[str, str, bytes]]) -> None:
    """Document, context and packed facts of several pages."""
    names = ("document", "context", "kinds")
    if rows := [{**dict(zip(names, one, strict=True)), "version": version} for one in told]:
        connection.execute(_FACTS, rows)


_FACTS = insert(facts)
_FACTS = _FACTS.on_conflict_do_update(
    index_elements=["document", "context", "version"], set_={"kinds": _FACTS.excluded.kinds}
)


def page_ids(connection: Connection, run_id: int, *, opened: bool = False) -> list[int]:
    """The fetched pages that have a document, in the order fetched; `opened`: those of them that browsers saw."""
    where = [pages.c.run_id == run_id, pages.c.document.is_not(None), urls.c.kind == "page"]
    if opened:
        where.append(pages.c.page_key.in_(select(snapshots.c.page_key).where(snapshots.c.run_id == run_id)))
    return list(
        connection.execute(
            select(pages.c.id).join(urls, urls.c.id == pages.c.url_id).where(*where).order_by(pages.c.id)
        ).scalars()
    )


def batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def by_ids(connection: Connection, ids: Iterable[int]) -> list[StoredPage]:
    rows = connection.execute(select(*_PAGE).where(pages.c.id.in_(list(ids))).order_by(pages.c.id)).mappings()
    return [_stored(connection, row) for row in rows.all()]


def _stored(connection: Connection, row: object) -> StoredPage:
    values = dict(row)  # type: ignore[call-overload]
    values["response"] = responses.unpack(connection, values["response"])
    values["outcome"] = FetchOutcome(values["outcome"])
    return StoredPage(**values)


def undescribed(connection: Connection, run_id: int) -> list[int]:
    """Pages with a document whose page type or links are not known yet."""
    unknown = (pages.c.page_type == "") | pages.c.id.not_in(select(page_links.c.page_id))
    where = (pages.c.run_id == run_id, pages.c.document.is_not(None), unknown, urls.c.kind == "page")
    return list(
        connection.execute(
            select(pages.c.id).join(urls, urls.c.id == pages.c.url_id).where(*where).order_by(pages.c.id)
        ).scalars()
    )


def fetched_since(connection: Connection, run_id: int, after: int, limit: int) -> list[int]:
    """Pages that answered well and are not described yet, of those with a higher id, in the order fetched."""
    where = (pages.c.run_id == run_id, pages.c.id > after, pages.c.outcome == FetchOutcome.OK, pages.c.page_type == "")
    of_page = (pages.c.document.is_not(None), urls.c.kind == "page")
    asked = select(pages.c.id).join(urls, urls.c.id == pages.c.url_id).where(*where, *of_page)
    return list(connection.execute(asked.order_by(pages.c.id).limit(limit)).scalars())


def first_rendered(connection: Connection, run_id: int) -> list[int]:
    """Of each template the first page that a browser saw."""
    seen = select(snapshots.c.page_key).where(*_opened(run_id))
    where = (
        pages.c.run_id == run_id,
        pages.c.document.is_not(None),
        pages.c.template != "",
        pages.c.page_key.in_(seen),
    )
    return list(connection.execute(select(func.min(pages.c.id)).where(*where).group_by(pages.c.template)).scalars())


def examples_rendered(connection: Connection, run_id: int, most: int) -> list[int]:
    """Of each template that has pages which no browser saw, the first `most` that one saw."""
    seen = select(snapshots.c.page_key).where(*_opened(run_id))
    place = func.row_number().over(partition_by=pages.c.template, order_by=pages.c.id)
    of_run = (pages.c.run_id == run_id, pages.c.document.is_not(None), pages.c.template != "")
    shown = (
        select(pages.c.id, pages.c.template, place.label("place")).where(*of_run, pages.c.page_key.in_(seen)).subquery()
    )
    unseen = select(pages.c.template).where(*of_run, pages.c.page_key.not_in(seen)).distinct()
    query = select(shown.c.id).where(shown.c.place <= most, shown.c.template.in_(unseen)).order_by(shown.c.id)
    return list(connection.execute(query).scalars())


def _opened(run_id: int) -> tuple[ColumnElement[bool], ...]:
    """Looks that showed something, the first of each."""
    return snapshots.c.run_id == run_id, snapshots.c.outcome == FetchOutcome.OK, snapshots.c.repeat == 0


def opened(connection: Connection, run_id: int, page_types: Sequence[str]) -> list[int]:
    """Pages of these types that a browser opened, in the order fetched."""
    seen = select(snapshots.c.page_key).where(*_opened(run_id))
    where = (pages.c.run_id == run_id, pages.c.document.is_not(None), pages.c.page_type.in_(page_types))
    return list(
        connection.execute(select(pages.c.id).where(*where, pages.c.page_key.in_(seen)).order_by(pages.c.id)).scalars()
    )


def by_url(connection: Connection, run_id: int, wanted: Sequence[str]) -> list[StoredPage]:
    """The fetched pages of these addresses, as the crawl asked for them."""
    own = (pages.c.run_id == run_id, pages.c.document.is_not(None))
    found: list[StoredPage] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = pages.c.url.in_(wanted[start : start + _AT_ONCE])
        found += [_stored(connection, row) for row in connection.execute(select(*_PAGE).where(*own, some)).mappings()]
    return found


def rendered_links(connection: Connection, run_id: int, limit: int) -> list[tuple[int, str, str]]:
    """(page id, final URL, document) of one snapshot of each page that a browser saw, a few of each template first."""
    nth = func.row_number().over(partition_by=pages.c.template, order_by=snapshots.c.id)
    seen = (*_opened(run_id), snapshots.c.document.is_not(None))
    first = select(func.min(snapshots.c.id)).where(*seen).group_by(snapshots.c.page_id)
    asked = (
        select(pages.c.id, pages.c.final_url, snapshots.c.document)
        .join(snapshots, snapshots.c.page_id == pages.c.id)
        .where(snapshots.c.id.in_(first))
        .order_by(nth, snapshots.c.id)
        .limit(limit)
    )
    return [(row.id, row.final_url, row.document) for row in connection.execute(asked)]


def platform(connection: Connection, run_id: int) -> str:
    """The id of the platform that most pages of the run show; "" where none is known."""
    known = (pages.c.run_id == run_id, pages.c.platform != "")
    query = select(pages.c.platform).where(*known).group_by(pages.c.platform)
    query = query.order_by(func.count().desc(), pages.c.platform).limit(1)
    return connection.execute(query).scalar() or ""
