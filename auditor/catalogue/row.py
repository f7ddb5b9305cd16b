"""A row of any kind of source, and what says that one is wrong; what readers hand to the mapping of columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from auditor.model.expected import WrongRow

LONGEST = 1_000_000  # characters of one cell; descriptions with pictures inside them are this long


class Row(NamedTuple):
    """`cells`: column as `knowledge.exports.plain` names it -> text."""

    line: int
    cells: dict[str, str]


Rows: TypeAlias = Iterator[Row | WrongRow]


class Cut(Exception):
    """The source cannot be read on from here: line and reason."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}" if line else reason)
