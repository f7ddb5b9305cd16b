"""One pass over a run's pages, kept in a database of its own that lives as long as the judging: implements model.survey.Survey."""

# ruff: noqa: S608 -- the queries are put together from words that stand in this file; what a site says is bound
from __future__ import annotations

import hashlib
import sqlite3
import weakref
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from auditor.evidence.http import server_failed
from auditor.facts.addresses import view
from auditor.facts.contents import gone
from auditor.facts.links import Link
from auditor.facts.snapshot import Snapshot
from auditor.model.query import LinkTarget
from auditor.model.survey import SeenLink, SeenPage, SeenVersion, Shared, SharedBy
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import PageType

_CHUNK = 16  # links: frames repeat on every page but for the few that name the page itself
_TEXT = 60
_NAMED = 50  # pages of a value that several share
_SCRIPTED = 0.3  # share of a page's links that scripts made
_FEW_LINKS = 20
_TABLES = """
create table keys (id integer primary key, key text not null unique, url text not null);
create table pages (id integer primary key, at integer not null unique, url text, type text, title text, description text, h1 text,
  lang text, noindex integer, canonical text, platform text, digest text, words integer, sku text, currency text,
  part text, not_there text, emptied text, crumbs integer, breaks_off text, failed text, took real, gone text);
create table places (key integer primary key, page integer not null) without rowid;
create table ways (key integer primary key, page integer not null) without rowid;
create table blocks (id integer primary key, digest blob not null unique);
create table links (block integer, key integer, text text, position text, nofollow integer, hreflang text);
create table stands (page integer, block integer, primary key (page, block)) without rowid;
create table versions (page integer, code text, key integer, primary key (page, code, key)) without rowid;
"""
_INDEXES = """
create index places_page on places (page);
create index ways_page on ways (page);
create index links_block on links (block);
create index links_key on links (key);
create index stands_block on stands (block, page);
create index versions_key on versions (key, page);
create index pages_canonical on pages (canonical);
create index pages_title on pages (title);
create index pages_description on pages (description);
create index pages_h1 on pages (h1);
create index pages_digest on pages (digest);
create index pages_sku on pages (sku);
analyze;
"""
_PAGE = "p.id, p.url, k.key, p.type, p.title, p.description, p.h1, p.lang, p.noindex, p.canonical, p.platform, p.digest, p.words, p.sku, p.currency, p.part, p.not_there, p.emptied, p.crumbs, p.breaks_off, p.failed, p.took, p.gone"
_LISTABLE = "p.noindex = 0 and p.canonical = '' and p.part = '' and p.gone = ''"
_PAGES = f"select {_PAGE} from pages p join keys k on k.id = p.at"
# every link of a block with the number of pages it stands on, one of them, and where it leads
_LINK = """select k.url, l.text, l.position, l.nofollow, count(*) as pages, min(s.page) as example, t.page as target
  from links l join stands s on s.block = l.block join keys k on k.id = l.key"""


class Survey:
    """Filled when made; memory does not grow with the pages, a file that nobody sees does."""

    def __init__(
        self,
        fetched: Iterable[Snapshot],
        rendered: Iterable[Snapshot],
        drop: Collection[str] = (),
        moved: Iterable[LinkTarget] = (),
    ) -> None:
        self._drop = drop
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        weakref.finalize(self, self._db.close)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
        self.opened = 0
        self.scripted = False
        self._renamed = 0
        self._gone: dict[int, str] = {}  # page that a browser saw -> by which words it is not there, "" where it is
        self._db.execute("begin")
        for snapshot in fetched:
            self._take(snapshot)
        for snapshot in rendered:
            self._take_rendered(snapshot)
        drawn = [(words, page) for page, words in self._gone.items() if words]
        self._db.executemany("update pages set gone = ? where id = ? and not_there = ''", drawn)
        for target in moved:
            self._take_moved(target)
        self._db.execute("commit")
        self._db.executescript(_INDEXES)
        self.counted = int(self._one("select count(*) from pages"))

    @property
    def renamed(self) -> bool:
        return self._renamed * 2 > self.opened

    # Filling

    def _take(self, one: Snapshot) -> None:
        at = self._key(one.final_url)
        page = self._one("select id from pages where at = ?", at)
        if page is None:
            page = self._new_page(one, at)
        for key in {at, self._key(one.url)}:
            for table in ("places", "ways"):
                self._db.execute(f"insert or ignore into {table} values (?, ?)", (key, page))

    def _take_moved(self, target: LinkTarget) -> None:
        """A link that is redirected to a page is a way to it, too."""
        query = "insert or ignore into ways select ?, p.page from places p join keys k on k.id = p.key where k.key = ?"
        self._db.execute(query, (self._key(target.url), crawl_key(without_fragment(target.final_url), self._drop)))

    def _new_page(self, one: Snapshot, at: int) -> int:
        meta, contents = one.meta, one.contents
        named = meta.canonical and crawl_key(without_fragment(meta.canonical), self._drop)
        canonical = named if named and named != crawl_key(without_fragment(one.final_url), self._drop) else ""
        products = {product.sku for product in one.offers.main if product.sku}
        currencies = {offer.currency for offer in one.offers.offers if offer.currency}
        row = (
            at, one.final_url, str(one.page_type), meta.title, meta.description, next((text for text in meta.h1s if text), ""),
            meta.lang, int(meta.noindex), canonical, one.platform.id, contents.digest, contents.words,
            products.pop() if len(products) == 1 else "", currencies.pop() if len(currencies) == 1 else "",
            view(one.final_url, one.platform.id), contents.not_there, contents.nothing, contents.crumbs, *_answered(one, contents.breaks_off), "",
        )  # fmt: skip
        marks = ", ".join("?" * (len(row) + 1))
        page = int(self._db.execute(f"insert into pages values ({marks})", (None, *row)).lastrowid or 0)
        self._links(page, one)
        for version in meta.hreflangs:
            if version.source != "body" and version.url:
                code, key = version.hreflang.casefold(), self._key(version.url)
                self._db.execute("insert or ignore into versions values (?, ?, ?)", (page, code, key))
        return page

    def _take_rendered(self, one: Snapshot) -> None:
        page = self._one(
            "select p.page from places p join keys k on k.id = p.key where k.key = ?",
            crawl_key(without_fragment(one.final_url), self._drop),
        )
        if page is None:
            return
        self.opened += 1
        self._gone[page] = _drawn_gone(one) if self._gone.get(page, " ") else ""
        self._renamed += self._one("select title from pages where id = ?", page) != one.meta.title
        before = self._count_links(page)
        self._links(page, one)
        after = self._count_links(page)
        if after >= _FEW_LINKS and after - before > _SCRIPTED * after:
            self.scripted = True

    def _count_links(self, page: int) -> int:
        return int(
            self._one(
                "select count(distinct key) from links l join stands s on s.block = l.block where s.page = ?", page
            )
        )

    def _links(self, page: int, one: Snapshot) -> None:
        own = one.own_links
        for _, group in groupby(own, key=lambda link: link.position):
            run = list(group)
            for start in range(0, len(run), _CHUNK):
                block = self._block(run[start : start + _CHUNK])
                self._db.execute("insert or ignore into stands values (?, ?)", (page, block))

    def _block(self, links: Sequence[Link]) -> int:
        told = [
            (without_fragment(link.url), link.text[:_TEXT], link.position, link.nofollow, link.hreflang)
            for link in links
        ]
        digest = hashlib.blake2b(msgspec.msgpack.encode(told), digest_size=16).digest()
        known = self._one("select id from blocks where digest = ?", digest)
        if known is not None:
            return int(known)
        block = int(self._db.execute("insert into blocks (digest) values (?)", (digest,)).lastrowid or 0)
        rows = [
            (block, self._key(url), text, position, int(nofollow), code) for url, text, position, nofollow, code in told
        ]
        self._db.executemany("insert into links values (?, ?, ?, ?, ?, ?)", rows)
        return block

    def _key(self, url: str) -> int:
        key = crawl_key(without_fragment(url), self._drop)
        known = self._one("select id from keys where key = ?", key)
        if known is not None:
            return int(known)
        return int(
            self._db.execute("insert into keys (key, url) values (?, ?)", (key, without_fragment(url))).lastrowid or 0
        )

    # Asking

    def pages(self, *page_types: PageType) -> Iterator[SeenPage]:
        for row in self._rows(f"{_PAGES} {_of(page_types)} order by k.key"):
            yield _page(row)

    def page(self, url: str) -> SeenPage | None:
        key = crawl_key(without_fragment(url), self._drop)
        at = "join places a on a.page = p.id join keys b on b.id = a.key where b.key = ?"
        return next((_page(row) for row in self._rows(f"{_PAGES} {at}", key)), None)

    def shared(self, what: Shared, *page_types: PageType) -> Iterator[SharedBy]:
        where = f"{_of(page_types)} {'and' if page_types else 'where'} {_LISTABLE} and p.{what} != ''"
        groups = f"select p.{what}, count(*) as many from pages p {where} group by p.{what} having many > 1 order by many desc, p.{what}"
        for value, count in self._rows(groups):
            pages = self._rows(f"{_PAGES} {where} and p.{what} = ? order by k.key limit {_NAMED}", value)
            yield SharedBy(value=value, count=count, pages=tuple(map(_page, pages)))

    def linked(self, page: SeenPage, *by: PageType) -> int:
        from_ = f"and o.type in ({_quoted(by)})" if by else ""
        query = f"""select count(distinct s.page) from ways a join links l on l.key = a.key join stands s on s.block = l.block
          join pages o on o.id = s.page where a.page = ? and s.page != a.page {from_}"""
        return int(self._one(query, page.id))

    def unlinked(self, *by: PageType) -> Iterator[SeenPage]:
        # in this order, whatever the planner thinks: from the page, by its addresses, to who links to them
        by_links = "cross join links l on l.key = a.key cross join stands s on s.block = l.block"
        from_ = f"cross join pages o on o.id = s.page and o.type in ({_quoted(by)})" if by else ""
        known = f"select 1 from ways a {by_links} {from_} where a.page = p.id and s.page != p.id"
        # lists may link a copy of it (/collections/lamps/products/lamp) that names it as the page
        copied = f"""select 1 from places b cross join keys n on n.id = b.key cross join pages c on c.canonical = n.key and c.id != p.id
          cross join ways a on a.page = c.id {by_links} {from_} where b.page = p.id and s.page not in (p.id, c.id)"""
        for row in self._rows(f"{_PAGES} where not exists ({known}) and not exists ({copied}) order by k.key"):
            yield _page(row)

    def depths(self) -> Iterator[tuple[SeenPage, int]]:
        self._db.executescript(
            "drop table if exists reached; create table reached (page integer primary key, depth integer);"
        )
        home = "insert into reached select id, 0 from pages where type = 'home' order by length(url), url limit 1"
        self._db.execute(home)
        # in this order: from the page that was reached, by its links
        step = """insert or ignore into reached select distinct a.page, ? from reached r cross join stands s on s.page = r.page
          cross join links l on l.block = s.block cross join ways a on a.key = l.key where r.depth = ?"""
        depth = 0
        while self._db.execute(step, (depth + 1, depth)).rowcount > 0 and depth < 100:
            depth += 1
        for *row, far in self._rows(
            f"select {_PAGE}, r.depth from reached r join pages p on p.id = r.page join keys k on k.id = p.at order by r.depth, k.key"
        ):
            yield _page(row), far

    def copies(self) -> Iterator[SeenLink]:
        return self._seen("join places t on t.key = l.key join pages p on p.id = t.page and p.canonical != ''")

    def crossing(self) -> Iterator[SeenLink]:
        other = "join pages o on o.id = s.page and o.lang != '' and lower(substr(o.lang, 1, 2)) != lower(substr(p.lang, 1, 2))"
        alone = "and l.hreflang = '' and not exists (select 1 from versions v where v.page = s.page and v.key = l.key)"
        return self._seen(
            f"join places t on t.key = l.key join pages p on p.id = t.page and p.lang != '' {other} {alone}"
        )

    def queried(self) -> Iterator[SeenLink]:
        return self._seen("and instr(k.url, '?') left join places t on t.key = l.key")

    def unfollowed(self) -> Iterator[SeenLink]:
        followed = "select 1 from links f join stands fs on fs.block = f.block where f.key = l.key and f.nofollow = 0 and fs.page != t.page"
        return self._seen(
            f"join places t on t.key = l.key and l.nofollow = 1 and s.page != t.page and not exists ({followed})"
        )

    def _seen(self, joins: str) -> Iterator[SeenLink]:
        grouped = f"{_LINK} {joins} group by l.key, l.position, l.nofollow order by pages desc, k.key"
        for url, text, position, nofollow, pages, example, target in self._rows(grouped):
            yield SeenLink(
                url=url, text=text, position=position, nofollow=bool(nofollow), pages=pages, example=self._by_id(example),
                target=self._by_id(target) if target is not None else None,
            )  # fmt: skip

    def named_as_canonical(self) -> Iterator[tuple[SeenPage, SeenPage]]:
        query = "select p.id, a.page from pages p join keys k on k.id = p.at join keys c on c.key = p.canonical join places a on a.key = c.id where a.page != p.id order by k.key"
        for page, target in self._rows(query):
            yield self._by_id(page), self._by_id(target)

    def versions(self) -> Iterator[SeenVersion]:
        query = """select v.page, v.code, k.url, a.page, exists (select 1 from versions b join places c on c.key = b.key
            where b.page = a.page and c.page = v.page)
          from versions v join keys k on k.id = v.key left join places a on a.key = v.key where a.page is null or a.page != v.page order by v.page"""
        for page, code, url, target, returns in self._rows(query):
            yield SeenVersion(
                page=self._by_id(page), code=code, url=url, target=self._by_id(target) if target is not None else None, returns=bool(returns)
            )  # fmt: skip

    def are_versions(self, one: SeenPage, other: SeenPage) -> bool:
        query = "select 1 from versions v join places a on a.key = v.key where (v.page = ? and a.page = ?) or (v.page = ? and a.page = ?) limit 1"
        return self._one(query, one.id, other.id, other.id, one.id) is not None

    def codes(self, page: SeenPage) -> tuple[str, ...]:
        return tuple(
            code for (code,) in self._rows("select distinct code from versions where page = ? order by code", page.id)
        )

    def _by_id(self, page: int) -> SeenPage:
        return _page(next(self._rows(f"{_PAGES} where p.id = ?", page)))

    def _rows(self, query: str, *values: Any) -> Iterator[Any]:
        return iter(self._db.execute(query, values))

    def _one(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]


def _of(page_types: Sequence[PageType]) -> str:
    return f"where p.type in ({_quoted(page_types)})" if page_types else ""


def _quoted(page_types: Sequence[PageType]) -> str:
    """Words of our own vocabulary, so nothing in them needs escaping."""
    return ", ".join(f"'{PageType(one).value}'" for one in page_types)


def _drawn_gone(one: Snapshot) -> str:
    """By which words a browser shows that the page is not there; "" where its data may only have failed to come."""
    if one.missing("contents") or one.missing("meta"):
        return ""
    words = gone(one.contents, one.meta.h1s)
    failed = (
        not words
        or one.missing("requests")
        or any(
            ask.type in ("xhr", "fetch")
            and not ask.third_party
            and (ask.status >= 429 or (not ask.status and ask.failure))
            for ask in one.requests.items
        )
    )
    return "" if failed else words


def _answered(one: Snapshot, end: str) -> tuple[str, str, float]:
    """Where the page breaks off by itself, what was wrong at first, where the server failed, and how long the page took."""
    if one.missing("response"):
        return end, "", 0.0
    failed = next((first.reason for first in one.response.attempts[:1] if server_failed(first)), "")
    cut = one.response.truncated or one.response.reason  # by us, or what was packed ends too early
    return "" if cut else end, failed, one.response.elapsed_ms


def _page(row: Sequence[Any]) -> SeenPage:
    (
        number,
        url,
        key,
        kind,
        title,
        description,
        h1,
        lang,
        noindex,
        canonical,
        platform,
        digest,
        words,
        sku,
        currency,
        *more,
    ) = row
    seen, not_there, nothing, crumbs, end, failed, took, drawn = more
    return SeenPage(
        id=number, url=url, key=key, page_type=PageType(kind), title=title, description=description, h1=h1, lang=lang, noindex=bool(noindex),
        canonical=canonical, platform=platform, digest=digest, words=words, sku=sku, currency=currency, view=seen, not_there=not_there,
        nothing=nothing, crumbs=crumbs, breaks_off=end, failed_first=failed, took_ms=took, gone=drawn,
    )  # fmt: skip
