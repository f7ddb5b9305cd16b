"""A run's sources held against its pages: implements model.expected.Catalogue over the tables, with tables of its own that live as long as the connection."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any

import msgspec
from sqlalchemy import Connection, inspect

from auditor.facts import shelf
from auditor.facts.shelf import ShelfOffer, ShelfPage
from auditor.model.expected import ExpectedProduct, Met, SourceRead, WrongRow
from auditor.model.query import LinkTarget
from auditor.model.urls import page_key, without_fragment
from auditor.store import expected

_BATCH = 2_000
_KEPT_PAGES = 300  # unpacked; variants of a product stand together
# How a product is known, the surest first. A link names its page; numbers do where it leads to none of the shop's.
_WAYS = ("link", "gtin", "sku", "variant", "handle", "mpn")
_NUMBERED = ("gtin", "sku", "variant")
_TABLES = """
create temp table shelf_pages (id integer primary key, url text not null, listable integer not null, detail blob not null,
  versions text not null, distance integer not null);
create index temp.shelf_versions on shelf_pages (versions);
create temp table shelf_possible (source text not null, page integer not null, primary key (source, page)) without rowid;
create temp table shelf_numbers (kind text not null, value text not null, page integer not null, offer integer not null,
  primary key (kind, value, page, offer)) without rowid;
create temp table shelf_counts (page integer not null, source text not null, many integer not null, primary key (page, source)) without rowid;
create temp table shelf_groups (grouped text primary key, page integer not null) without rowid;
create temp table shelf_met (expected integer primary key, source text not null, page integer, offer integer, how text not null, several integer not null, own integer not null)
"""
_NUMBERS = "insert or ignore into shelf_numbers values (?, ?, ?, ?)"
# Every page that a product may be on, by each way of knowing it. Pages of one set of languages have the same `versions`.
_CANDIDATES = """
select e.id, e.detail, {known} as known, c.kind, c.page, c.offer, p.listable, p.versions, p.distance from expected_products e
left join shelf_numbers c on (c.kind = 'link' and c.value = e.place and e.place != '')
  or (c.kind = 'gtin' and c.value = e.gtin and e.gtin != '')
  or (c.kind = 'sku' and c.value = e.sku and e.sku != '')
  or (c.kind = 'variant' and c.value = e.sku and e.sku != '')
  or (c.kind = 'mpn' and c.value = e.mpn and e.mpn != '')
  or (c.kind = 'handle' and c.value = e.handle and e.handle != '')
left join shelf_pages p on p.id = c.page
where e.run_id = ? and e.source = ? order by e.id
"""
_KNOWN = "exists (select 1 from urls u where u.run_id = e.run_id and u.key = e.place)"
_MET = """
select e.detail, {known} as known, m.page, m.offer, m.how, m.several, m.own, c.many from expected_products e left join shelf_met m on m.expected = e.id
left join shelf_counts c on c.page = m.page and c.source = e.source where e.run_id = ? and e.source = ? order by e.line, e.id
"""
# Of a page in several languages one stands for all; pages that could be a product of the source are none that it lacks
_STRANGERS = """
select s.detail from shelf_pages s where s.listable and s.id not in (select page from shelf_met where source = ? and page is not null)
  and s.id not in (select page from shelf_possible where source = ?)
  and (s.versions = '' or (s.versions not in (select p.versions from shelf_met m join shelf_pages p on p.id = m.page where m.source = ?)
    and not exists (select 1 from shelf_pages o where o.versions = s.versions and o.listable and (o.distance, o.id) < (s.distance, s.id)))) order by s.id
"""
# A variant that no page names is on the page of its group, where others of it were found
_GROUPS = (
    "delete from shelf_groups",
    """insert or ignore into shelf_groups select e.grouped, m.page from shelf_met m join expected_products e on e.id = m.expected
    where m.source = ? and m.page is not null and e.grouped != ''""",
    """update shelf_met set how = 'group', offer = -1, page = (
      select g.page from expected_products e join shelf_groups g on g.grouped = e.grouped where e.id = shelf_met.expected)
    where source = ? and page is null and several = 0""",
    "update shelf_met set how = '' where source = ? and page is null",
    "insert into shelf_counts select page, source, count(*) from shelf_met where source = ? and page is not null group by page",
)

Pages = Callable[[], Iterable[ShelfPage]]
Targets = Callable[[Iterable[str]], Mapping[str, LinkTarget]]


class StoredCatalogue:
    """Filled when first asked; `pages` gives the shop's product pages once."""

    def __init__(
        self,
        connection: Connection,
        run_id: int,
        pages: Pages,
        targets: Targets,
        host_map: Mapping[str, str] | None = None,
        drop: Collection[str] = (),
    ) -> None:
        self._connection, self._run_id, self._pages = connection, run_id, pages
        self._targets, self._host_map, self._drop = targets, host_map, drop
        self._filled = False
        self._has_urls = inspect(connection).has_table("urls")  # a made-up run has none
        self._matched: set[str] = set()
        self._known: OrderedDict[int, ShelfPage] = OrderedDict()
        self._sources = expected.read_of(connection, run_id)

    def sources(self) -> tuple[SourceRead, ...]:
        return self._sources

    def wrong(self, source: str) -> Iterator[WrongRow]:
        yield from expected.wrong_of(self._connection, self._run_id, source)

    def met(self, source: str) -> Iterator[Met]:
        self._match(source)
        for detail, known, page, offer, how, several, own, siblings in self._rows(
            self._asked(_MET), self._run_id, source
        ):
            product = msgspec.msgpack.decode(detail, type=ExpectedProduct)
            if page is None:
                yield Met(product=product, several=several or 0, known=bool(known))
                continue
            found = self._page(page)
            variant = found.offers[offer] if offer >= 0 else None
            yield Met(
                product=product,
                how=how,
                page=found,
                offer=variant,
                several=several,
                own=bool(own),
                siblings=siblings,
                known=bool(known),
            )

    def strangers(self, source: str) -> Iterator[ShelfPage]:
        self._match(source)
        for (detail,) in self._rows(_STRANGERS, source, source, source):
            yield msgspec.msgpack.decode(detail, type=ShelfPage)

    # Filling

    def _fill(self) -> None:
        if self._filled:
            return
        self._filled = True
        for table in ("shelf_pages", "shelf_numbers", "shelf_groups", "shelf_counts", "shelf_met", "shelf_possible"):
            self._run(f"drop table if exists temp.{table}")
        for statement in _TABLES.split(";"):
            self._run(statement)
        pages = enumerate(self._pages(), 1)
        while batch := list(islice(pages, _BATCH)):
            self._many("insert into shelf_pages values (?, ?, ?, ?, ?, ?)", [
                (number, page.url, int(page.listable), msgspec.msgpack.encode(page), page.versions, page.distance)
                for number, page in batch
            ])  # fmt: skip
            self._many(_NUMBERS, [row for number, page in batch for row in self._numbers(number, page)])

    def _numbers(self, number: int, page: ShelfPage) -> Iterator[tuple[str, str, int, int]]:
        for url in page.places:
            yield "link", self._key(url), number, -1
            yield "link", self._key(shelf.base_of(url)), number, -1
            yield "handle", shelf.handle_of(url), number, -1
        for kind, values in (("sku", page.numbers), ("gtin", page.gtins), ("mpn", page.mpns)):
            yield from ((kind, value, number, -1) for value in values)
        for place, offer in enumerate(page.offers):
            for kind, value in (
                ("sku", offer.sku),
                ("gtin", offer.gtin),
                ("mpn", offer.mpn),
                ("variant", offer.variant),
            ):
                if value:
                    yield kind, value, number, place

    def _match(self, source: str) -> None:
        self._fill()
        if source in self._matched:
            return
        self._matched.add(source)
        rows: list[tuple[Any, ...]] = []
        rows_of = self._rows(self._asked(_CANDIDATES), self._run_id, source)
        for (number, detail, known), found in groupby(rows_of, key=lambda row: (row[0], row[1], row[2])):
            product = msgspec.msgpack.decode(detail, type=ExpectedProduct)
            candidates = [row[3:] for row in found if row[3] is not None]
            if known and product.link and not any(row[0] == "link" for row in candidates):
                candidates += self._by_redirect(product.link)
            page, how, several = _chosen(candidates)
            if several > 1:
                possible = {(source, row[1]) for row in candidates}
                self._many("insert or ignore into shelf_possible values (?, ?)", sorted(possible))
            offer, named = self._offer(product, page)
            own = named or any(row[1] == page and row[0] in _NUMBERED for row in candidates)
            rows.append((number, source, page, offer, how, several, int(own)))
            if len(rows) >= _BATCH:
                self._save(rows)
        self._save(rows)
        for statement in _GROUPS:
            self._run(statement, *([source] * statement.count("?")))

    def _save(self, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            self._many("insert into shelf_met values (?, ?, ?, ?, ?, ?, ?)", rows)
            rows.clear()

    def _by_redirect(self, link: str) -> list[Sequence[Any]]:
        """Pages that the link is redirected to."""
        query = """select c.kind, c.page, c.offer, p.listable, p.versions, p.distance from shelf_numbers c join shelf_pages p on p.id = c.page
          where c.kind = 'link' and c.value = ?"""
        targets = self._targets([link]) or self._targets([shelf.base_of(link)])
        for target in targets.values():
            if target.final_url and (found := list(self._rows(query, self._key(shelf.base_of(target.final_url))))):
                return found
        return []

    def _asked(self, query: str) -> str:
        """With hosts mapped the keys of addresses are others than those of pages, so that every link may be known."""
        return query.format(known="1" if self._host_map or not self._has_urls else _KNOWN)

    def _key(self, url: str) -> str:
        return page_key(without_fragment(url), self._host_map, self._drop)

    def _offer(self, product: ExpectedProduct, page: int | None) -> tuple[int, bool]:
        """The place of this very variant among the page's offers and whether it is named there; -1 where none is known for it."""
        if page is None:
            return -1, False
        offers = self._page(page).offers
        variant = shelf.variant_of(product.link)
        wanted = {shelf.number(product.sku), shelf.number(product.id)} - {""}
        gtin = shelf.gtin(product.gtin)
        tests: tuple[Callable[[ShelfOffer], bool], ...] = (
            lambda one: bool(variant) and variant.casefold() in (one.variant, one.sku),
            lambda one: bool(one.sku) and one.sku in wanted,
            lambda one: bool(one.variant) and one.variant in wanted,
            lambda one: bool(one.gtin) and one.gtin == gtin,
        )
        for test in tests:
            fitting = [place for place, one in enumerate(offers) if test(one)]
            if fitting:
                return next((place for place in fitting if offers[place].price is not None), fitting[0]), True
        priced = [place for place, one in enumerate(offers) if one.price is not None]
        single = len({offers[place].price for place in priced}) == 1 and all(one.low is None for one in offers)
        return (priced[0] if single and not product.variant else -1), False

    def _page(self, number: int) -> ShelfPage:
        if (page := self._known.get(number)) is None:
            if len(self._known) >= _KEPT_PAGES:
                self._known.popitem(last=False)
            (row,) = self._rows("select detail from shelf_pages where id = ?", number)
            page = self._known[number] = msgspec.msgpack.decode(row[0], type=ShelfPage)
        return page

    def _rows(self, statement: str, *values: Any) -> Iterator[Any]:
        yield from self._connection.exec_driver_sql(statement, values)

    def _run(self, statement: str, *values: Any) -> None:
        self._connection.exec_driver_sql(statement, values)

    def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self._connection.exec_driver_sql(statement, list(rows))


def _chosen(candidates: Sequence[Sequence[Any]]) -> tuple[int | None, str, int]:
    """(page, how, pages that could be it): by the surest way that names one page, listed pages before their copies.

    Of the views of one page that a link may mean, it is the one that names the product's number; of a page's versions in several
    languages the one that is nearest to the market.
    """
    linked = {row[1] for row in candidates if row[0] == "link"}
    for way in _NUMBERED:
        views = {row[1] for row in candidates if row[0] == way and row[1] in linked}
        if len(views) == 1:
            return next(iter(views)), "link", 1
    several = 0
    for way in _WAYS:
        rows = [row for row in candidates if row[0] == way]
        rows = [row for row in rows if row[3]] or rows
        pages = {row[1] for row in rows}
        if len(pages) > 1 and rows[0][4] and len({row[4] for row in rows}) == 1:
            pages = {min((row[5], row[1]) for row in rows)[1]}
        if len(pages) == 1:
            return next(iter(pages)), way, 1
        several = several or len(pages)
    return None, "", several
