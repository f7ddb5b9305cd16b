"""The run as checks may ask about it: implements model.query.SiteQuery over the tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from auditor.evidence.certificate import Certificate
from auditor.evidence.exposed import Exposed
from auditor.evidence.http import Response
from auditor.evidence.look import Look
from auditor.facts.shelf import ShelfPage, shelf_page
from auditor.facts.snapshot import SiteContext, Snapshot
from auditor.model.query import FileRow, Inlink, LinkTarget, PageRow
from auditor.model.run import Coverage, RunStatus
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import FetchOutcome, PageType
from auditor.store import documents, link_graph, link_sources, probes, reading, responses, snapshots
from auditor.store import runs as stored_runs
from auditor.store.frontier import SEARCHED
from auditor.store.probes import Planned
from auditor.store.schema import ANSWER_OF_URL, ROW_OF_URL, addresses, page_rows, pages, runs, url_rows, urls
from auditor.store.shelf import StoredCatalogue
from auditor.store.snapshots import StoredPage
from auditor.store.survey import Survey

_FEW = 5  # pages whose snapshots are kept: documents take memory
_FEW_FILES = 100
_KNOWN = 20_000  # link targets kept: those of headers and footers come up on every page


class StoredSite:
    """Reads of one run over one connection."""

    def __init__(
        self,
        connection: Connection,
        run_id: int,
        drop: Collection[str],
        site: SiteContext | None = None,
        like: StoredSite | None = None,
        pictures: Callable[[str], Path] | None = None,
    ) -> None:
        """`pictures` gives the file of a picture by its content hash. `like`: another reading of the same run, when nothing was written in between; what it knows of links is taken over."""
        self._connection = connection
        self._run_id = run_id
        self._drop = drop
        self.site = site or SiteContext(hosts=())
        self._reading = reading.Reading(connection, run_id, self.site, self.targets)
        self._targets: dict[str, LinkTarget | None] = like._targets if like else {}
        self._keys: dict[str, str] = like._keys if like else {}
        self._coverage: Coverage | None = None
        self._pictures = pictures
        self._storefront: dict[tuple[str, str], bool] = {}  # document, address
        self._snapshots: dict[str, list[Snapshot]] = {}
        self._files: dict[str, list[FileRow]] = {}

    @cached_property
    def started_at(self) -> str:
        began = self._connection.execute(select(runs.c.started_at).where(runs.c.id == self._run_id))
        return str(began.scalar_one())

    @cached_property
    def before(self) -> StoredSite | None:
        this = runs.alias()
        known = (this.c.id == self._run_id, runs.c.site == this.c.site, runs.c.environment == this.c.environment)
        # One page, or what was looked at again, is no shop to compare with
        earlier = (runs.c.id < self._run_id, runs.c.status == RunStatus.COMPLETE, runs.c.kind == "site")
        query = select(runs.c.id).where(*known, *earlier).order_by(runs.c.id.desc()).limit(1)
        found = self._connection.execute(query).scalar()
        if found is None:
            return None
        return StoredSite(self._connection, found, self._drop, self.site, pictures=self._pictures)

    @cached_property
    def platform(self) -> str:
        return snapshots.platform(self._connection, self._run_id)

    @cached_property
    def survey(self) -> Survey:
        """Without results of searches that only we made: nothing of the shop leads there."""
        asked = select(urls.c.url).where(urls.c.run_id == self._run_id, urls.c.found_by == SEARCHED)
        aside = frozenset(self._connection.execute(asked).scalars())
        fetched, rendered = self.fetched(), self.rendered()
        if aside:
            fetched, rendered = ((one for one in seen if one.url not in aside) for seen in (fetched, rendered))
        return Survey(fetched, rendered, self._drop, self.moved())

    @cached_property
    def catalogue(self) -> StoredCatalogue:
        return StoredCatalogue(
            self._connection, self._run_id, self.shelves, self.targets, self.site.host_map, self._drop
        )

    def shelves(self) -> Iterator[ShelfPage]:
        """What every product page sells, by all that saw it on a first visit."""
        fetched_twice = probes.has_seconds(self._connection, self._run_id)
        for stored in self._shop_pages(PageType.PRODUCT):
            first, later = self._reading.looks_at(stored.page_key)
            seen = [reading.rendered(self._reading, one) for one in first if one.shows and not one.key.step]
            again = reading.second_looks(self._reading, later)
            if fetched_twice and not seen and not again and (once_more := reading.second_fetch(self._reading, stored)):
                again = [once_more]
            yield shelf_page(reading.fetched(self._reading, stored), seen, tuple(self._drop), again)

    def coverage(self) -> Coverage:
        if self._coverage is None:
            self._coverage = stored_runs.coverage(self._connection, self._run_id)
        return self._coverage

    def targets(self, wanted: Iterable[str]) -> dict[str, LinkTarget]:
        """By the URL asked for. A URL that was known and left out says so as outcome skipped with its reason."""
        known = self._keys
        keys = {url: known.get(url) or self._key(url) for url in set(wanted)}
        missing = sorted({key for key in keys.values() if key not in self._targets})
        if len(self._targets) + len(missing) > _KNOWN:
            self._targets.clear()
            missing = sorted(set(keys.values()))
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            self._targets.update(dict.fromkeys(part))
            self._targets.update(self._read(part))
        return {url: target for url, key in keys.items() if (target := self._targets[key]) is not None}

    @cached_property
    def _taken_out(self) -> dict[str, dict[str, Any]]:
        return link_sources.taken_out(self._connection, self._run_id, self._key)

    def _key(self, url: str) -> str:
        """The crawl key; remembered, since the links of a menu are asked for on every page."""
        if (key := self._keys.get(url)) is None:
            if len(self._keys) >= 2 * _KNOWN:
                self._keys.clear()
            key = self._keys[url] = crawl_key(without_fragment(url), self._drop)
        return key

    def pages(self, page_type: PageType | None = None) -> Iterator[PageRow]:
        query = self._rows()
        if page_type is not None:
            query = query.where(pages.c.page_type == page_type)
        for row in self._connection.execute(query.order_by(pages.c.id)):
            yield _page_row(row)

    def given(self) -> Iterator[LinkTarget]:
        named = (
            urls.c.run_id == self._run_id,
            urls.c.kind.in_(("page", "asset")),
            urls.c.found_by.in_(("start", "list")),
        )
        query = select(urls.c.url, pages.c.response).join(pages, ANSWER_OF_URL).where(*named).order_by(urls.c.id)
        for row in self._connection.execute(query):
            yield LinkTarget(**_answer(row.url, responses.unpack(self._connection, row.response)))

    def moved(self) -> Iterator[LinkTarget]:
        moved = (pages.c.run_id == self._run_id, pages.c.final_url != pages.c.url, pages.c.outcome == FetchOutcome.OK)
        query = select(pages.c.url, pages.c.response).join(urls, ANSWER_OF_URL)
        for row in self._connection.execute(query.where(*moved, urls.c.kind == "page").order_by(pages.c.url)):
            yield LinkTarget(**_answer(row.url, responses.unpack(self._connection, row.response)))

    def page(self, url: str) -> PageRow | None:
        known = (urls.c.run_id == self._run_id, urls.c.key == crawl_key(without_fragment(url), self._drop))
        row = self._connection.execute(self._rows().where(*known)).first()
        return _page_row(row) if row is not None else None

    def inlinks(self, url: str, limit: int = 20) -> list[Inlink]:
        key = crawl_key(without_fragment(url), self._drop)
        known = select(urls.c.id).where(urls.c.run_id == self._run_id, urls.c.key == key)
        row = self._connection.execute(known).scalar()
        return [] if row is None else link_graph.inlinks(self._connection, self._run_id, row, key, limit)

    def fetched(self, page_type: PageType | None = None) -> Iterator[Snapshot]:
        return self._held("fetched", page_type, self._read_fetched)

    def rendered(self, page_type: PageType | None = None) -> Iterator[Snapshot]:
        return self._held("rendered", page_type, self._read_rendered)

    def _held(
        self, which: str, page_type: PageType | None, read: Callable[[PageType | None], Iterator[Snapshot]]
    ) -> Iterator[Snapshot]:
        """Of a few pages the snapshots are kept, with what was read of them: rule after rule asks for the same."""
        if not self._few:
            return read(page_type)
        if which not in self._snapshots:
            self._snapshots[which] = list(read(None))
        return iter([one for one in self._snapshots[which] if page_type in (None, one.page_type)])

    @cached_property
    def _few(self) -> bool:
        return len(snapshots.page_ids(self._connection, self._run_id)) <= _FEW

    def _read_fetched(self, page_type: PageType | None) -> Iterator[Snapshot]:
        for stored in self._shop_pages(page_type):
            one = reading.fetched(self._reading, stored)
            one.page_type = PageType(stored.page_type)
            yield one

    def _read_rendered(self, page_type: PageType | None) -> Iterator[Snapshot]:
        for stored in self._shop_pages(page_type, opened=True):
            first, later = self._reading.looks_at(stored.page_key)
            again = reading.second_looks(self._reading, later)
            for seen in first:
                if seen.outcome is FetchOutcome.OK and seen.document:
                    one = reading.rendered(self._reading, seen)
                    one.again = reading.second_look(one, again)
                    one.page_type = PageType(stored.page_type)
                    if self._is_storefront(one, seen.document):
                        yield one

    def _is_storefront(self, shown: Snapshot, document: str) -> bool:
        """What its document says; remembered, since rule after rule asks for the same snapshots and few of them for documents."""
        key = (document, shown.final_url)
        if (known := self._storefront.get(key)) is None:
            if len(self._storefront) >= _KNOWN:
                self._storefront.clear()
            known = self._storefront[key] = shown.page_kind.type.is_storefront
        return known

    def files(self, kind: str) -> Iterator[FileRow]:
        if kind not in self._files:
            read = self._read_files(kind)
            first = list(islice(read, _FEW_FILES + 1))
            if len(first) > _FEW_FILES:
                return chain(first, read)
            self._files[kind] = first
        return iter(self._files[kind])

    def _read_files(self, kind: str) -> Iterator[FileRow]:
        naming, name = url_rows.alias(), addresses.alias()
        named = (name.c.text.label("named_by"), naming.c.kind.label("by"))
        query = (
            select(urls.c.url, urls.c.reason, page_rows.c.response, *named)
            .outerjoin(page_rows, ROW_OF_URL)
            .outerjoin(naming, naming.c.id == urls.c.referrer_id)
            .outerjoin(name, name.c.id == naming.c.address_id)
            .where(urls.c.run_id == self._run_id, urls.c.kind == kind)
            .order_by(urls.c.id)
        )
        for row in self._connection.execute(query).all():
            named_by = row.named_by if row.by in ("robots", "sitemap") else ""
            if row.response is None:
                reason = row.reason or "the file was not fetched yet"
                yield FileRow(url=row.url, kind=kind, outcome=FetchOutcome.SKIPPED, reason=reason, named_by=named_by)
                continue
            response = responses.unpack(self._connection, row.response)
            yield FileRow(
                kind=kind,
                content_type=response.content_type,
                size=response.size,
                truncated=response.truncated,
                named_by=named_by,
                **_answer(row.url, response),
            )

    def content(self, file: FileRow) -> bytes:
        query = select(pages.c.document).join(urls, ANSWER_OF_URL)
        known = (urls.c.run_id == self._run_id, urls.c.key == crawl_key(file.url, self._drop), urls.c.kind == file.kind)
        document = self._connection.execute(query.where(*known)).scalar()
        return documents.get(self._connection, document) if document else b""

    def probe(self, name: str) -> LinkTarget | None:
        response = probes.answer(self._connection, self._run_id, name)
        return None if response is None else LinkTarget(**_answer(response.url, response))

    def look(self, name: str) -> Look | None:
        return probes.look(self._connection, self._run_id, name)

    def plan(self, kind: type[Planned]) -> Planned | None:
        return probes.plan(self._connection, self._run_id, kind)

    def views(self, url: str) -> list[Snapshot]:
        found: list[Snapshot] = []
        for stored in snapshots.by_url(self._connection, self._run_id, [url]):
            first, _ = self._reading.looks_at(stored.page_key)
            found.append(reading.fetched(self._reading, stored))
            found += [reading.rendered(self._reading, one) for one in first if one.shows]
        return found

    def exposed(self) -> Iterator[Exposed]:
        return probes.exposed(self._connection, self._run_id)

    def picture(self, sha256: str) -> bytes:
        try:
            return self._pictures(sha256).read_bytes() if self._pictures else b""
        except OSError:
            return b""

    def certificates(self) -> Iterator[Certificate]:
        return probes.certificates(self._connection, self._run_id)

    def _shop_pages(self, page_type: PageType | None, *, opened: bool = False) -> Iterator[StoredPage]:
        """In the order fetched; a batch at a time, since a check may ask for other things meanwhile. `opened`: by browsers."""
        for stored in self._reading.pages(snapshots.page_ids(self._connection, self._run_id, opened=opened)):
            kind = PageType(stored.page_type) if stored.page_type else None
            shop = stored.outcome is FetchOutcome.OK and kind is not None and kind.is_storefront
            if shop and page_type in (None, kind):
                yield stored

    def _rows(self) -> Select[Any]:
        columns = (pages.c.url, pages.c.page_key, pages.c.page_type, pages.c.status, pages.c.outcome)
        graph = (urls.c.clicks, urls.c.inlinks, urls.c.found_by)
        query = select(*columns, pages.c.final_url, pages.c.template, *graph).join(urls, ANSWER_OF_URL)
        return query.where(pages.c.run_id == self._run_id, pages.c.document.is_not(None), pages.c.page_type != "")

    def _read(self, keys: list[str]) -> Iterator[tuple[str, LinkTarget]]:
        query = select(urls.c.key, urls.c.url, urls.c.status, urls.c.reason, page_rows.c.response).outerjoin(
            page_rows, ROW_OF_URL
        )
        for row in self._connection.execute(query.where(urls.c.run_id == self._run_id, urls.c.key.in_(keys))):
            if row.response is not None:
                response = responses.unpack(self._connection, row.response)
                yield row.key, LinkTarget(**_answer(row.url, response), **self._taken_out.get(row.key, {}))
            else:
                reason = row.reason or "an address that is named there was not fetched yet"
                yield row.key, LinkTarget(url=row.url, outcome=FetchOutcome.SKIPPED, reason=reason)


def _answer(url: str, response: Response) -> dict[str, Any]:
    """A response in the words of a LinkTarget."""
    return {
        "url": url, "outcome": response.outcome, "status": response.status, "final_url": response.final_url,
        "hops": response.hops, "reason": response.reason, "confirmed": len(response.attempts), "trouble": response.trouble,
    }  # fmt: skip


def _page_row(row: Row[Any]) -> PageRow:
    return PageRow(
        url=row.url,
        key=row.page_key,
        page_type=PageType(row.page_type),
        status=row.status,
        outcome=FetchOutcome(row.outcome),
        final_url=row.final_url,
        template=row.template,
        clicks=row.clicks,
        inlinks=row.inlinks,
        found_by=row.found_by,
    )
