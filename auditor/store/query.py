"""The run as checks may ask about it: implements model.query.SiteQuery over the tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, select

from auditor.evidence.http import Response
from auditor.model.query import LinkTarget, PageRow
from auditor.model.run import Coverage
from auditor.model.urls import crawl_key, without_fragment
from auditor.model.words import FetchOutcome, PageType
from auditor.store import runs
from auditor.store.schema import pages, urls

_KNOWN = 20_000  # link targets kept: those of headers and footers come up on every page


class StoredSite:
    """Reads of one run over one connection."""

    def __init__(self, connection: Connection, run_id: int, drop: Collection[str]) -> None:
        self._connection = connection
        self._run_id = run_id
        self._drop = drop
        self._targets: dict[str, LinkTarget | None] = {}
        self._coverage: Coverage | None = None

    def coverage(self) -> Coverage:
        if self._coverage is None:
            self._coverage = runs.coverage(self._connection, self._run_id)
        return self._coverage

    def targets(self, wanted: Iterable[str]) -> dict[str, LinkTarget]:
        """By the URL asked for. A URL that was known and left out says so as outcome skipped with its reason."""
        keys = {url: crawl_key(without_fragment(url), self._drop) for url in set(wanted)}
        missing = sorted({key for key in keys.values() if key not in self._targets})
        if len(self._targets) + len(missing) > _KNOWN:
            self._targets.clear()
            missing = sorted(set(keys.values()))
        for start in range(0, len(missing), 500):
            part = missing[start : start + 500]
            self._targets.update(dict.fromkeys(part))
            self._targets.update(self._read(part))
        return {url: target for url, key in keys.items() if (target := self._targets[key]) is not None}

    def pages(self, page_type: PageType | None = None) -> Iterator[PageRow]:
        query = self._rows()
        if page_type is not None:
            query = query.where(pages.c.page_type == page_type)
        for row in self._connection.execute(query.order_by(pages.c.id)):
            yield _page_row(row)

    def page(self, url: str) -> PageRow | None:
        known = urls.c.key == crawl_key(without_fragment(url), self._drop)
        row = self._connection.execute(self._rows().join(urls, urls.c.id == pages.c.url_id).where(known)).first()
        return _page_row(row) if row is not None else None

    def _rows(self) -> Select[Any]:
        columns = (pages.c.url, pages.c.page_key, pages.c.page_type, pages.c.status, pages.c.outcome)
        query = select(*columns, pages.c.final_url, pages.c.template)
        return query.where(pages.c.run_id == self._run_id, pages.c.document.is_not(None), pages.c.page_type != "")

    def _read(self, keys: list[str]) -> Iterator[tuple[str, LinkTarget]]:
        query = select(urls.c.key, urls.c.url, urls.c.status, urls.c.reason, pages.c.response).outerjoin(
            pages, pages.c.url_id == urls.c.id
        )
        for row in self._connection.execute(query.where(urls.c.run_id == self._run_id, urls.c.key.in_(keys))):
            if row.response is not None:
                response = msgspec.msgpack.decode(row.response, type=Response)
                yield (
                    row.key,
                    LinkTarget(
                        url=row.url,
                        outcome=response.outcome,
                        status=response.status,
                        final_url=response.final_url,
                        hops=response.hops,
                        reason=response.reason,
                        confirmed=len(response.attempts),
                    ),
                )
            else:
                reason = row.reason or "not fetched yet"
                yield row.key, LinkTarget(url=row.url, outcome=FetchOutcome.SKIPPED, reason=reason)


def _page_row(row: Row[Any]) -> PageRow:
    return PageRow(
        url=row.url,
        key=row.page_key,
        page_type=PageType(row.page_type),
        status=row.status,
        outcome=FetchOutcome(row.outcome),
        final_url=row.final_url,
        template=row.template,
    )
