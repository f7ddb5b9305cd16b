"""Reads what a PIM requires of the products of each category, from a file with a row for each category and attribute; called by the stage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from auditor.catalogue import json_rows, opening, sheets, values
from auditor.catalogue.row import Cut, Row, Rows
from auditor.catalogue.tables import Table
from auditor.config.exports import Requirements
from auditor.knowledge.exports import plain
from auditor.model.errors import UsageError

# Headings that such lists have, as `plain` gives them; of families of an Akeneo PIM: code, and one requirements-CHANNEL each
_CATEGORY = (
    "category", "categories", "family", "product type", "attribute set", "attribute set code", "kategorie", "warengruppe", "familie", "famille", "catégorie",
    "categoria", "categorie", "code",
)  # fmt: skip
_ATTRIBUTE = (
    "attribute", "attribute code", "attributes", "field", "property", "characteristic", "merkmal", "attribut", "attributs", "eigenschaft", "champ", "atributo", "attributo",
)  # fmt: skip
_MANDATORY = (
    "required",
    "mandatory",
    "is required",
    "pflicht",
    "pflichtfeld",
    "obligatoire",
    "obligatorio",
    "verplicht",
)
_OF_CHANNEL = "requirements-"
_SEVERAL = re.compile(r"[,;|\n]")
_MOST = 50_000  # rows
_PEEK = 4096


def read(asked: Requirements, source: str) -> dict[str, tuple[str, ...]]:
    """Category -> attributes that its products must have. Raises UsageError for a file that is no such list."""
    where = f"catalogue: {source}: required_from: {asked.file}"
    found: dict[str, dict[str, None]] = {}
    rows: list[Row] = []
    try:
        for row in _rows(asked):
            if not isinstance(row, Row):
                raise UsageError(f"line {row.line:,} cannot be read: {row.text[:100]}", where=where)
            rows.append(row)
            if len(rows) > _MOST:
                raise UsageError(f"it has more than {_MOST:,} rows", where=where)
    except (Cut, opening.TooLarge, UnicodeError, *opening.BROKEN) as error:
        raise UsageError(f"cannot be read: {error}", where=where) from None
    # an empty cell is in no row's cells, so that the column is known by the rows that fill it
    mandatory = next((one for one in _names(asked.mandatory, _MANDATORY) if any(one in row.cells for row in rows)), "")
    for row in rows:
        for category, attribute in _pairs(asked, row, mandatory, where):
            found.setdefault(category, {})[attribute] = None
    if not found:
        raise UsageError("it requires nothing of any category", where=where)
    return {category: tuple(names) for category, names in found.items()}


def _pairs(asked: Requirements, row: Row, mandatory: str, where: str) -> Iterator[tuple[str, str]]:
    cells = row.cells
    category = cells.get(_column(asked.category, _CATEGORY, cells, "category", where), "").strip()
    if not category or (mandatory and values.yes(cells.get(mandatory, "no")) is False):
        return
    channels = [name for name in cells if name.startswith(_OF_CHANNEL)]
    if channels and not asked.attribute:
        columns = channels
    else:
        first = _column(asked.attribute, _ATTRIBUTE, cells, "attribute", where)
        columns = [name for name in cells if name == first or re.fullmatch(rf"{re.escape(first)}\.\d+", name)]
    for column in columns:
        for attribute in _SEVERAL.split(cells[column]):
            if attribute.strip():
                yield category, attribute.strip()


def _column(asked: str, usual: tuple[str, ...], cells: Mapping[str, str], what: str, where: str) -> str:
    for name in _names(asked, usual):
        if any(one == name or one.startswith(f"{name}.") for one in cells):
            return name
    if asked:
        return plain(asked)  # an empty cell
    raise UsageError(
        f"no column is known to hold the {what}",
        where=where,
        hint=f"Name it: {what}: …. It has: {', '.join(list(cells)[:20])}",
    )


def _names(asked: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    return (plain(asked),) if asked else usual


def _rows(asked: Requirements) -> Rows:
    path = Path(asked.file)
    known = _header(asked)
    if opening.is_workbook(path):
        yield from sheets.workbook(path, asked.sheet, known)
        return
    with opening.opened(path) as stream:
        begins = stream.peek(_PEEK)[:_PEEK].lstrip(b"\xef\xbb\xbf \t\r\n") if hasattr(stream, "peek") else b""
        if begins.startswith(b"["):
            yield from json_rows.items(stream, "")
        elif begins.startswith(b"{"):
            with opening.text_of(stream) as text:
                yield from json_rows.lines(text)
        else:
            with opening.text_of(stream) as text:
                table = Table(text, known)
                _refuse_unknown(asked, table.columns)
                yield from table.rows()


def _refuse_unknown(asked: Requirements, columns: list[str]) -> None:
    for named in filter(None, (asked.category, asked.attribute, asked.mandatory)):
        if plain(named) not in columns:
            raise UsageError(
                f"there is no column '{named}'",
                where=f"required_from: {asked.file}",
                hint=f"It has: {', '.join(columns[:30])}",
            )


def _header(asked: Requirements) -> Callable[[set[str]], bool]:
    def known(names: set[str]) -> bool:
        has_category = any(name in names for name in _names(asked.category, _CATEGORY))
        attribute = any(name in names for name in _names(asked.attribute, _ATTRIBUTE))
        return has_category and (attribute or any(name.startswith(_OF_CHANNEL) for name in names))

    return known
