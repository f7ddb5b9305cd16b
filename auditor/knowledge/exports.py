"""Formats of exports and feeds by their columns; read by the catalogue stage."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source

_BLANKS = re.compile(r"[\s_]+")


class Format(Row):
    """`columns`: field -> columns to look in, in the order of preference; names as `plain` gives them."""

    id: str
    name: str
    known_by: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    translated: dict[str, dict[str, str]] = {}  # language -> its heading -> that of `columns`
    columns: dict[str, tuple[str, ...]]

    def fits(self, names: Collection[str]) -> bool:
        """Whether a file with these columns is one."""
        there = set(names)
        return there.issuperset(self.known_by) and (not self.any_of or not there.isdisjoint(self.any_of))

    def english(self, names: Collection[str]) -> dict[str, str]:
        """Heading of the file -> that of `columns`, in the language whose headings make the file one of this format; else empty."""
        for headings in self.translated.values():
            if self.fits([headings.get(name, name) for name in names]):
                return headings
        return {}


class Formats:
    def __init__(self, rows: tuple[Format, ...]) -> None:
        self.rows = rows
        self.ids = tuple(dict.fromkeys(row.id for row in rows))

    def of(self, names: Collection[str], wanted: str = "") -> Format | None:
        """The format of a file with these columns (`plain`); with `wanted` of that id only, and then the nearest one."""
        rows = [row for row in self.rows if wanted in ("", row.id)]
        fitting = next((row for row in rows if row.fits(names) or row.english(names)), None)
        if fitting is not None or not wanted:
            return fitting
        return max(rows, key=lambda row: len(set(row.known_by).intersection(names)), default=None)


def plain(name: str) -> str:
    """A column's name as names are compared: `g:image_link`, `Image Link` and `*Image link` are one."""
    folded = _BLANKS.sub(" ", name.replace("\ufeff", "")).strip(" *").casefold()
    return folded.removeprefix("g:").strip()


@cache
def load() -> Formats:
    source = Source.read(paths.rules() / "knowledge" / "exports.yaml")
    return Formats(tuple(source.load(Format, row, (index,)) for index, row in enumerate(source.data)))


def ids() -> tuple[str, ...]:
    """The formats that a config may name."""
    return load().ids
