"""The graph of links in the store: keeps each page's runs of links, and counts from them clicks and inlinks of every URL.

Counting works in temporary tables, level by level, so that memory does not grow with the site.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, text
from sqlalchemy.dialects.sqlite import insert

from auditor.facts.link_graph import Block, Edge
from auditor.model.query import Inlink
from auditor.model.urls import crawl_key
from auditor.model.words import FetchOutcome
from auditor.store import documents
from auditor.store.frontier import SEARCHED
from auditor.store.schema import link_blocks, page_links, pages, snapshots, urls

_BATCH = 500
_DEEPEST = 1_000  # clicks
_SAVE = insert(page_links)
_SAVE = _SAVE.on_conflict_do_update(index_elements=["page_id"], set_={"blocks": _SAVE.excluded.blocks})
_KEEP = insert(link_blocks).on_conflict_do_nothing()
_IDS = select(link_blocks.c.hash, link_blocks.c.id).where(link_blocks.c.hash.in_(bindparam("b_hashes", expanding=True)))


class Known:
    """Numbers of the runs kept lately, so that a menu costs nothing on the second page. Bounded."""

    def __init__(self, most: int = 50_000) -> None:
        self._ids: dict[bytes, int] = {}
        self._most = most

    def ids(self, connection: Connection, found: Sequence[Block]) -> list[int]:
        """The numbers of these runs; those that are new are kept."""
        missing = {one.digest: one for one in found if one.digest not in self._ids}
        if missing:
            if len(self._ids) + len(missing) > self._most:
                self._ids.clear()
                missing = {one.digest: one for one in found}
            rows = [{"hash": one.digest, "links": documents.pack(one.edges)} for one in missing.values()]
            connection.execute(_KEEP, rows)
            hashes = list(missing)
            for start in range(0, len(hashes), _BATCH):
                kept = connection.execute(_IDS, {"b_hashes": hashes[start : start + _BATCH]}).all()
                self._ids.update({row.hash: row.id for row in kept})
        return [self._ids[one.digest] for one in found]


def save(connection: Connection, found: Mapping[int, Sequence[Block] | bytes], known: Known) -> None:
    """The links of fetched pages by their ids, or what `of_earlier` gave of them; those of an earlier fetch go."""
    given = {page_id: links for page_id, links in found.items() if not isinstance(links, bytes)}
    ids = iter(known.ids(connection, [one for links in given.values() for one in links]))
    rows = [
        {
            "page_id": page_id,
            "blocks": links if isinstance(links, bytes) else msgspec.msgpack.encode(list(islice(ids, len(links)))),
        }
        for page_id, links in found.items()
    ]
    if rows:
        connection.execute(_SAVE, rows)


def forget_unread(connection: Connection, run_id: int) -> None:
    """The links of pages that have no document any more: they were fetched again since they were described."""
    gone = select(pages.c.id).where(pages.c.run_id == run_id, pages.c.document.is_(None))
    connection.execute(delete(page_links).where(page_links.c.page_id.in_(gone)))


_OF_EARLIER = (
    select(pages.c.page_key, pages.c.document, pages.c.final_url, page_links.c.blocks)
    .join(pages, pages.c.id == page_links.c.page_id)
    .where(
        pages.c.run_id == bindparam("b_run"), pages.c.page_key.in_(bindparam("b_keys", expanding=True)),
        ~select(snapshots.c.id)
        .where(snapshots.c.run_id == pages.c.run_id, snapshots.c.page_key == pages.c.page_key)
        .exists(),
    )
)  # fmt: skip


def of_earlier(connection: Connection, run_id: int, page_keys: Sequence[str]) -> dict[tuple[str, str, str], bytes]:
    """The links of pages in another run, packed, by page key, document and final address; those that browsers added to are left out."""
    found: dict[tuple[str, str, str], bytes] = {}
    for start in range(0, len(page_keys), _BATCH):
        for row in connection.execute(_OF_EARLIER, {"b_run": run_id, "b_keys": page_keys[start : start + _BATCH]}):
            found.setdefault((row.page_key, row.document or "", row.final_url), row.blocks)
    return found


def add(connection: Connection, page_id: int, found: Sequence[Block], known: Known) -> None:
    """More links of a page: those that a browser saw."""
    before = connection.execute(select(page_links.c.blocks).where(page_links.c.page_id == page_id)).scalar()
    ids = msgspec.msgpack.decode(before, type=list[int]) if before else []
    together = list(dict.fromkeys([*ids, *known.ids(connection, found)]))
    connection.execute(_SAVE, {"page_id": page_id, "blocks": msgspec.msgpack.encode(together)})


def count(connection: Connection, run_id: int, drop: Collection[str]) -> None:
    """Writes `clicks` and `inlinks` of every URL of the run, by the links known now. `drop`: as for `crawl_key`."""
    _edges(connection, run_id, drop)
    run = {"run": run_id}
    connection.execute(text("CREATE TEMP TABLE reached (url INTEGER PRIMARY KEY, clicks INTEGER NOT NULL)"))
    started = "SELECT id, 0 FROM urls WHERE run_id = :run AND kind = 'page' AND found_by = 'start'"
    connection.execute(text(f"INSERT INTO reached {started}"), run)
    for clicks in range(_DEEPEST):
        connection.execute(text(_LED), {"clicks": clicks})  # a redirect is no click
        further = connection.execute(text(_FURTHER), {"clicks": clicks})
        if not further.rowcount:
            break
    connection.execute(text("UPDATE url_rows SET clicks = NULL, inlinks = 0 WHERE run_id = :run"), run)
    connection.execute(text(_CLICKS), run)
    connection.execute(text(_INLINKS), run)
    for table in ("edges", "leads", "reached", "block_edges", "page_blocks"):
        connection.execute(text(f"DROP TABLE temp.{table}"))


_LED = """INSERT OR IGNORE INTO reached
    SELECT leads.final, :clicks FROM reached JOIN leads ON leads.url = reached.url WHERE reached.clicks = :clicks"""
_FURTHER = """INSERT OR IGNORE INTO reached
    SELECT DISTINCT edges.target, :clicks + 1 FROM reached JOIN edges ON edges.source = reached.url
    WHERE reached.clicks = :clicks"""
_CLICKS = """UPDATE url_rows SET clicks = reached.clicks FROM temp.reached AS reached
    WHERE reached.url = url_rows.id AND url_rows.run_id = :run"""
_INLINKS = """UPDATE url_rows SET inlinks = counted.number
    FROM (SELECT target, count(*) AS number FROM temp.edges WHERE source != target GROUP BY target) AS counted
    WHERE counted.target = url_rows.id AND url_rows.run_id = :run"""


def inlinks(connection: Connection, run_id: int, url_id: int, key: str, limit: int) -> list[Inlink]:
    """Pages that link to a URL, those found first, with the words and the place of their first link."""
    if connection.execute(text("SELECT 1 FROM sqlite_temp_master WHERE name = 'page_blocks'")).first() is None:
        _tables(connection, run_id)
    asked = text(
        "SELECT pages.url, page_blocks.block FROM temp.block_edges JOIN temp.page_blocks USING (block)"
        " JOIN pages ON pages.run_id = :run AND pages.url_id = page_blocks.source"
        " WHERE block_edges.target = :target AND page_blocks.source != :target ORDER BY pages.id LIMIT :most"
    )
    found: dict[str, Inlink] = {}
    for row in connection.execute(asked, {"run": run_id, "target": url_id, "most": 5 * limit}):
        if row.url in found or len(found) >= limit:
            continue
        ((_, edges),) = _read(connection, [row.block])
        edge = next(one for one in edges if one.key == key and one.kind == "a")
        found[row.url] = Inlink(url=row.url, text=edge.text, position=edge.position, nofollow=edge.nofollow)
    return list(found.values())


def forget(connection: Connection) -> None:
    """What `inlinks` found out; to be asked again when more pages are there."""
    for table in ("block_edges", "page_blocks"):
        connection.execute(text(f"DROP TABLE IF EXISTS temp.{table}"))


def _edges(connection: Connection, run_id: int, drop: Collection[str]) -> None:
    """Temporary tables: `edges` from URL to URL by links a person can follow, `leads` from a redirect to where it ends."""
    for table in ("edges", "leads", "reached"):
        connection.execute(text(f"DROP TABLE IF EXISTS temp.{table}"))
    _tables(connection, run_id)
    connection.execute(text("CREATE TEMP TABLE leads (url INTEGER PRIMARY KEY, final INTEGER NOT NULL)"))
    connection.execute(
        text("CREATE TEMP TABLE edges (source INTEGER, target INTEGER, PRIMARY KEY (source, target)) WITHOUT ROWID")
    )
    redirects = (pages.c.run_id == run_id, pages.c.final_url != pages.c.url, pages.c.outcome != FetchOutcome.SKIPPED)
    led = text("INSERT OR IGNORE INTO temp.leads SELECT :url, id FROM urls WHERE run_id = :run AND key = :key")
    moved = select(pages.c.url_id, pages.c.final_url).where(*redirects)
    for rows in connection.execution_options(yield_per=_BATCH).execute(moved).partitions():
        connection.execute(
            led, [{"url": row.url_id, "run": run_id, "key": crawl_key(row.final_url, drop)} for row in rows]
        )
    connection.execute(
        text(
            "INSERT OR IGNORE INTO temp.edges SELECT page_blocks.source, block_edges.target"
            " FROM temp.page_blocks JOIN temp.block_edges USING (block)"
        )
    )
    connection.execute(
        text(
            "INSERT OR IGNORE INTO temp.edges SELECT edges.source, leads.final FROM temp.edges"
            " JOIN temp.leads ON leads.url = edges.target"
        )
    )


def _tables(connection: Connection, run_id: int) -> None:
    """Temporary tables: `page_blocks` (which pages hold a run of links) and `block_edges` (where its links lead)."""
    forget(connection)
    connection.execute(
        text("CREATE TEMP TABLE page_blocks (block INTEGER, source INTEGER, PRIMARY KEY (block, source)) WITHOUT ROWID")
    )
    connection.execute(
        text("CREATE TEMP TABLE block_edges (target INTEGER, block INTEGER, PRIMARY KEY (target, block)) WITHOUT ROWID")
    )
    held = text("INSERT OR IGNORE INTO temp.page_blocks VALUES (:block, :source)")
    for rows in _page_blocks(connection, run_id):
        connection.execute(held, rows)
    targets = text(
        "INSERT OR IGNORE INTO temp.block_edges SELECT id, :block FROM urls WHERE run_id = :run AND key = :key"
    )
    after = 0
    while blocks := connection.execute(_NEXT, {"after": after, "most": _BATCH}).scalars().all():
        after = blocks[-1]
        led_to: list[dict[str, int | str]] = [
            {"block": block, "run": run_id, "key": edge.key}
            for block, edges in _read(connection, blocks)
            for edge in edges
            if edge.kind == "a"
        ]
        if led_to:
            connection.execute(targets, led_to)
    connection.execute(text("CREATE INDEX temp.edges_of_block ON block_edges (block)"))


_NEXT = text("SELECT DISTINCT block FROM temp.page_blocks WHERE block > :after ORDER BY block LIMIT :most")


def _page_blocks(connection: Connection, run_id: int) -> Iterator[list[dict[str, int]]]:
    searched = select(urls.c.id).where(urls.c.run_id == run_id, urls.c.found_by == SEARCHED)
    aside = frozenset(connection.execute(searched).scalars())  # few, and a join would read all URLs with every batch
    after = 0
    while True:
        asked = (
            select(page_links.c.page_id, pages.c.url_id, page_links.c.blocks)
            .join(pages, pages.c.id == page_links.c.page_id)
            .where(pages.c.run_id == run_id, page_links.c.page_id > after)
            .order_by(page_links.c.page_id)
            .limit(_BATCH)
        )
        rows = connection.execute(asked).all()
        if not rows:
            return
        after = rows[-1].page_id
        if held := [
            {"block": block, "source": row.url_id}
            for row in rows
            if row.url_id not in aside
            for block in msgspec.msgpack.decode(row.blocks, type=list[int])
        ]:
            yield held


def _read(connection: Connection, blocks: Sequence[int]) -> Iterator[tuple[int, list[Edge]]]:
    for row in connection.execute(select(link_blocks.c.id, link_blocks.c.links).where(link_blocks.c.id.in_(blocks))):
        yield row.id, msgspec.msgpack.decode(documents.unpack(row.links), type=list[Edge])
