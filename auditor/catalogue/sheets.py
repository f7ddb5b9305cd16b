"""Reads a workbook (XLSX) row by row, and the rows of a database query."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from auditor.catalogue.row import LONGEST, Cut, Row, Rows
from auditor.knowledge.exports import plain
from auditor.model.errors import UsageError

_LARGEST = 2_000_000_000  # bytes of all parts, unpacked
_RATIO = 200
_SHARED = 400_000_000  # bytes of the texts that cells share, which are held in memory
_HEAD = 12
_MOST_COLUMNS = 4_000


def workbook(path: Path, sheet: str, known: Callable[[set[str]], bool]) -> Rows:
    """The rows below the header of a sheet. Raises Cut for a workbook that is none or too large, UsageError for a sheet it lacks."""
    from openpyxl.reader.excel import load_workbook

    _refuse_bomb(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of styles and extensions that it leaves out
            book: Any = load_workbook(  # type: ignore[no-untyped-call]
                path, read_only=True, data_only=True, keep_links=False
            )
    except Exception as error:  # whatever a damaged workbook makes openpyxl raise
        raise Cut(0, f"not a workbook that can be read: {type(error).__name__}: {error}"[:200]) from None
    try:
        if sheet and sheet not in book.sheetnames:
            raise UsageError(f"no sheet '{sheet}'", where=str(path), hint=f"It has: {', '.join(book.sheetnames[:20])}")
        page = book[sheet] if sheet else book.worksheets[0]
        page.reset_dimensions()
        rows = page.iter_rows(values_only=True)
        head = [[_text(value) for value in row[:_MOST_COLUMNS]] for row in islice(rows, _HEAD)]
        at, columns = _header(head, known)
        for number, cells in enumerate(head[at + 1 :], at + 2):
            if any(cells):
                yield Row(number, _named(columns, cells))
        for number, row in enumerate(rows, len(head) + 1):
            cells = [_text(value) for value in row[:_MOST_COLUMNS]]
            if any(cells):
                yield Row(number, _named(columns, cells))
    except (ValueError, KeyError, zipfile.BadZipFile, SyntaxError) as error:
        raise Cut(0, f"the sheet cannot be read on: {error}"[:200]) from None
    finally:
        book.close()


def query(database: str, statement: str) -> Rows:
    """The rows of a query, streamed where the driver can; the connection reads only, as far as the database knows how."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(database)
    except (SQLAlchemyError, ImportError) as error:
        raise UsageError(
            f"the database URL cannot be used: {_plain(error)}",
            hint="Write it like postgresql+psycopg://user:…@host/name, and install its driver.",
        ) from None
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            elif engine.dialect.name in ("postgresql", "mysql", "mariadb"):
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            result = connection.execution_options(stream_results=True, max_row_buffer=1_000).execute(text(statement))
            columns = [plain(name) for name in result.keys()]  # noqa: SIM118 -- no mapping
            for number, row in enumerate(result, 1):
                yield Row(number, _named(columns, [_text(value) for value in row]))
    except SQLAlchemyError as error:
        raise Cut(0, f"the query failed: {_plain(error)}") from None
    finally:
        engine.dispose()


def _plain(error: Exception) -> str:
    """Without the statement and its URL, which may hold a password."""
    inner = getattr(error, "orig", None)
    return " ".join(
        str(inner if inner is not None else type(error).__name__ if "://" in str(error) else error).split()
    )[:200]


def _header(head: list[list[str]], known: Callable[[set[str]], bool]) -> tuple[int, list[str]]:
    for number, cells in enumerate(head):
        names = [plain(cell) for cell in cells]
        if known(set(names)):
            return number, names
    for number, cells in enumerate(head):
        if sum(map(bool, cells)) > 1:
            return number, [plain(cell) for cell in cells]
    raise Cut(1, "no header")


def _named(columns: list[str], cells: list[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if cell and name:
            named.setdefault(name, cell)
    return named


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)[:LONGEST].strip()


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise Cut(0, f"not a workbook: {error}") from None
    size, packed = sum(one.file_size for one in parts), sum(one.compress_size for one in parts)
    shared = sum(one.file_size for one in parts if one.filename.endswith("sharedStrings.xml"))
    if size > _LARGEST or shared > _SHARED or (size > 50_000_000 and size > _RATIO * max(packed, 1)):
        raise Cut(0, f"unpacks to {size // 1_000_000:,} MB, more than a workbook should")
