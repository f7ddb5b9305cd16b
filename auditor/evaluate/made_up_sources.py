"""Exports made up from the evidence that cases give, in tables of their own, so that they are matched as a run's are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import create_engine, insert

from auditor.model.expected import ExpectedProduct, SourceRead, WrongRow
from auditor.store import expected
from auditor.store.schema import expected_products, sources, wrong_rows
from auditor.store.shelf import Pages, StoredCatalogue, Targets

_RUN = 1


def catalogue(given: Iterable[Mapping[str, Any]], pages: Pages, targets: Targets) -> StoredCatalogue:
    """Each source: the fields of SourceRead, `products` (fields of ExpectedProduct) and `wrong` (those of WrongRow)."""
    connection = create_engine("sqlite://").connect()
    for table in (sources, expected_products, wrong_rows):
        table.create(connection)
    for one in given:
        about = {name: value for name, value in one.items() if name not in ("products", "wrong")}
        products = [
            msgspec.convert(
                {"key": row.get("sku") or row.get("id") or row.get("gtin") or row.get("link"), "line": line, **row},
                ExpectedProduct,
                strict=False,
            )
            for line, row in enumerate(one.get("products", ()), 2)
        ]
        wrong = [msgspec.convert(row, WrongRow) for row in one.get("wrong", ())]
        read = {
            "read_at": "2026-11-20T03:00:00+00:00",
            "made_at": "2026-11-20T02:00:00+00:00",
            "products": len(products),
            "wrong": len(wrong),
        }
        read["rows"] = len(products) + sum(row.left_out for row in wrong)
        source = msgspec.convert({**read, **about}, SourceRead)
        expected.seal(connection, _RUN, source)
        if products:
            connection.execute(insert(expected_products), [expected.row(_RUN, source.name, row) for row in products])
        if wrong:
            connection.execute(insert(wrong_rows), [expected.wrong_row(_RUN, source.name, row) for row in wrong])
    return StoredCatalogue(connection, _RUN, pages, targets)
