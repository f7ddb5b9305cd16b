"""One source, from its file, address or query to products and wrong rows, streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

import msgspec

from auditor.catalogue import json_rows, opening, sheets, values
from auditor.catalogue.mapping import Mapping
from auditor.catalogue.required import Required
from auditor.catalogue.row import Cut, Row, Rows
from auditor.catalogue.tables import Table
from auditor.catalogue.xml import Feed
from auditor.config.exports import Export
from auditor.knowledge import exports
from auditor.knowledge.exports import Format, plain
from auditor.model.errors import UsageError
from auditor.model.expected import ExpectedProduct, WrongRow

_PEEK = 4096
_LOOKED_AT = 20  # rows of JSON whose columns tell the format
_MODULUS = 1 << 128


class Reading:
    """Reads when iterated; `cut`, `made_at`, `digest` and the counts are right afterwards."""

    def __init__(self, export: Export, path: Path | None, site: str, locale: str = "") -> None:
        self._export, self._path, self._site, self._locale = export, path, site, locale
        self.format = export.format
        self.fields: tuple[str, ...] = ()
        self.unasked: tuple[str, ...] = ()
        self.tax = export.tax
        self.cut = ""
        self.made_at = ""
        self.rows = self.products = self.wrong = 0
        self._sum = 0

    @property
    def digest(self) -> str:
        """Of what it says, in whatever order; lines don't count."""
        return f"{self._sum:032x}"

    def __iter__(self) -> Iterator[ExpectedProduct | WrongRow]:
        """Raises UsageError for columns that the source lacks and for a format that nobody knows."""
        try:
            for one in self._all():
                if isinstance(one, WrongRow):
                    self.wrong += 1
                    self.rows += one.left_out
                else:
                    self.rows += 1
                    self.products += 1
                    self._add(one)
                yield one
        except Cut as cut:
            self.cut = f"line {cut.line:,}: {cut.reason}" if cut.line else cut.reason
        except opening.TooLarge as error:
            self.cut = str(error)
        except opening.BROKEN as error:
            self.cut = f"damaged: {' '.join(str(error).split()) or type(error).__name__}"[:200]
        except UnicodeError as error:
            self.cut = f"not in the letters of its encoding: {error}"[:200]

    def _add(self, product: ExpectedProduct) -> None:
        said = msgspec.msgpack.encode(msgspec.structs.replace(product, line=0))
        self._sum = (self._sum + int.from_bytes(hashlib.blake2b(said, digest_size=16).digest())) % _MODULUS

    def _all(self) -> Iterator[ExpectedProduct | WrongRow]:
        if self._export.query:
            database = self._export.database
            yield from self._mapped(sheets.query(database.get_secret_value() if database else "", self._export.query))
            return
        assert self._path is not None
        with self._path.open("rb") as stream:
            start = stream.read(_PEEK)
        if start[:4] == b"PK\x03\x04" and opening.is_workbook(self._path):
            yield from self._mapped(sheets.workbook(self._path, self._export.sheet, self._known))
            return
        with opening.opened(self._path) as unpacked:
            start = unpacked.peek(_PEEK)[:_PEEK] if hasattr(unpacked, "peek") else start
        begins = start.lstrip(b"\xef\xbb\xbf \t\r\n")
        if begins.startswith(b"<") or begins[:6] in (b"\xff\xfe<\x00?\x00", b"\xfe\xff\x00<\x00?"):
            yield from self._feed()
        elif begins.startswith((b"[", b"{")):
            yield from self._json(begins)
        else:
            yield from self._table()

    def _table(self) -> Iterator[ExpectedProduct | WrongRow]:
        assert self._path is not None
        with opening.opened(self._path) as stream, opening.text_of(stream, self._export.encoding) as text:
            table = Table(text, self._known, self._export.delimiter)
            yield from self._mapped(table.rows(), table.columns)

    def _feed(self) -> Iterator[ExpectedProduct | WrongRow]:
        assert self._path is not None
        with opening.opened(self._path) as stream:
            feed = Feed(stream)
            wanted = self.format if self.format in ("merchant", "meta") else "merchant"
            mapping = self._mapping(exports.load().of((), wanted), ())
            for row in feed.rows():
                self.made_at = self.made_at or values.moment(feed.made_at) or ""
                yield from (row,) if isinstance(row, WrongRow) else mapping.products(row)

    def _json(self, begins: bytes) -> Iterator[ExpectedProduct | WrongRow]:
        assert self._path is not None
        first = begins.split(b"\n", 1)[0].strip()
        if begins.startswith(b"{") and first.endswith(b"}") and b"\n" in begins and not self._export.items:
            with opening.opened(self._path) as stream, opening.text_of(stream, self._export.encoding) as text:
                yield from self._mapped(json_rows.lines(text))
            return
        place = self._export.items
        if not place and begins.startswith(b"{"):
            with opening.opened(self._path) as stream:
                place = json_rows.place_of(stream)
            if not place:  # a file of one line
                with opening.opened(self._path) as stream, opening.text_of(stream, self._export.encoding) as text:
                    yield from self._mapped(json_rows.lines(text))
                return
        with opening.opened(self._path) as stream:
            yield from self._mapped(json_rows.items(stream, place))

    def _mapped(self, rows: Rows, columns: list[str] | None = None) -> Iterator[ExpectedProduct | WrongRow]:
        """Products of rows that all have the same columns, or whose first ones tell them."""
        rest: Rows = rows
        if columns is None:
            first, broken = _first(rows)
            names = dict.fromkeys(name for one in first if isinstance(one, Row) for name in one.cells)
            columns, rest = list(names), chain(first, rows if broken is None else _raising(broken))
            if not columns:
                yield from (one for one in first if isinstance(one, WrongRow))
                if broken is not None:
                    raise broken
                return
        known = exports.load().of(columns, self.format if self.format != "table" else "")
        mapping = self._mapping(None if self.format == "table" else known, columns)
        for row in rest:
            yield from (row,) if isinstance(row, WrongRow) else mapping.products(row)

    def _mapping(self, known: Format | None, columns: list[str] | tuple[()]) -> Mapping:
        where = f"catalogue: {self._export.name}"
        named = [*self._export.columns.items()]
        named += [("required", column) for column in self._required(columns)]
        for field, column in named:
            if columns and plain(column) not in columns:
                listed = ", ".join(list(columns)[:30])
                raise UsageError(f"there is no column '{column}' for {field}", where=where, hint=f"It has: {listed}")
        if known is None and not self._export.columns:
            listed = ", ".join(list(columns)[:30])
            raise UsageError(
                "its format is not known by its columns",
                where=where,
                hint=f"Name them: columns: {{sku: …, price: …, stock: …}}. It has: {listed}",
            )
        mapping = Mapping(self._export, known, columns, self._site, self._locale)
        self.format, self.fields, self.tax = mapping.format, mapping.fields, mapping.tax
        return mapping

    def _required(self, columns: list[str] | tuple[()]) -> list[str]:
        """Columns that the config requires by name. What a list requires and the source does not have is told, and left out."""
        wanted = Required(self._export.required).columns
        if self._export.required_from is None or not columns:
            return wanted
        self.unasked = tuple(dict.fromkeys(name for name in wanted if plain(name) not in columns))
        required = {
            category: kept
            for category, names in self._export.required.items()
            if (kept := tuple(name for name in names if name not in self.unasked))
        }
        self._export = self._export.model_copy(update={"required": required})
        return []

    @property
    def _known(self) -> Callable[[set[str]], bool]:
        wanted = {plain(column) for column in self._export.columns.values()}
        formats = exports.load()

        def known(names: set[str]) -> bool:
            return (bool(wanted) and wanted <= names) or (self.format != "table" and formats.of(names) is not None)

        return known


def _first(rows: Rows) -> tuple[list[Row | WrongRow], Cut | None]:
    """The first rows, and what kept them from being more."""
    first: list[Row | WrongRow] = []
    try:
        for row in islice(rows, _LOOKED_AT):  # what came before a break stays
            first.append(row)  # noqa: PERF402
    except Cut as cut:
        return first, cut
    return first, None


def _raising(cut: Cut) -> Rows:
    raise cut
    yield
