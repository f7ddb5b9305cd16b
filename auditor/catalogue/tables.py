"""Reads CSV and TSV row by row: each row with its line, each that is wrong said so, and a quote that never closes costs its row only."""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from auditor.catalogue.row import LONGEST, Cut, Row, Rows
from auditor.knowledge.exports import plain
from auditor.model.expected import WrongRow

_HEAD = 12  # lines among which the header is looked for: some formats begin with remarks
_DELIMITERS = (",", ";", "\t", "|")
_MOST_COLUMNS = 4_000
_MOST_SWALLOWED = 20_000  # lines that a quote may take with it and that are read again
_SHOWN = 160
_NO_LETTER = re.compile("[\udc80-\udcff]")


class Table:
    """The header of a table, and its rows. `known`: whether columns make a header that somebody can use."""

    def __init__(self, lines: Iterable[str], known: Callable[[set[str]], bool], delimiter: str = "") -> None:
        self._lines = _Lines(lines)
        head = list(islice(self._lines, _HEAD))
        if not head:
            raise Cut(0, "it is empty")
        self.delimiter, self.head_line, names = _header(head, known, delimiter)
        self.columns = [plain(name) for name in names]
        self._lines.back(head[self.head_line :], self.head_line)

    def rows(self) -> Rows:
        reader = _Reader(self._lines, self.delimiter)
        width = len(self.columns)
        while True:
            start = self._lines.number + 1
            reader.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield from self._again(start, list(reader.taken), str(error))
                continue
            lines = len(reader.taken)
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                if lines > 1 and lines <= _MOST_SWALLOWED:
                    self._lines.back(list(reader.taken)[1:], start)
                yield _wrong(start, "columns", f"{len(cells)} columns instead of {width}", cells, left_out=True)
                continue
            if any(not line.isascii() and _NO_LETTER.search(line) for line in reader.taken):
                cells = [cell.encode("utf-8", "surrogateescape").decode("cp1252", "replace") for cell in cells]
                yield _wrong(start, "encoding", "letters that are not UTF-8", cells)
            if len(cells) < width and lines > 1 and not _closes(reader.taken):
                self._lines.back(list(reader.taken)[1:], start)
                yield _wrong(start, "quote", "a quote is not closed", cells, left_out=True)
                continue
            yield Row(start, self._named(cells))
            if len(cells) < width and len(cells) < 0.5 * width:
                yield _wrong(start, "columns", f"{len(cells)} columns instead of {width}", cells)

    def _again(self, start: int, taken: list[str], error: str) -> Rows:
        """After a quote that is not closed or stands where none may: that row is wrong, the lines it took with it are read anew."""
        first = taken[0] if taken else ""
        if len(taken) > _MOST_SWALLOWED:
            raise Cut(start, f"a quote is not closed within {_MOST_SWALLOWED:,} lines")
        self._lines.back(taken[1:], start)
        bare = first.rstrip("\r\n").split(self.delimiter)
        if self.delimiter == "\t" and len(bare) == len(self.columns):  # inches: feeds in TSV need no quotes
            yield Row(start, self._named(bare))
            return
        what = "long" if "field limit" in error else "quote"
        told = (
            f"a value of more than {LONGEST:,} characters"
            if what == "long"
            else "a quote is not closed, or stands within a value"
        )
        yield _wrong(start, what, told, [first], left_out=True)

    def _named(self, cells: Sequence[str]) -> dict[str, str]:
        named: dict[str, str] = {}
        for name, cell in zip(self.columns, cells, strict=False):
            if cell and name not in named:
                named[name] = cell
        return named


class _Lines:
    """Lines with their number, of which some can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._inner = iter(lines)
        self._back: deque[str] = deque()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._inner)
        self.number += 1
        return line.replace("\0", "") if "\0" in line else line

    def back(self, lines: Sequence[str], number: int) -> None:
        """Puts lines back that come after line `number`."""
        self._back.extendleft(reversed(lines))
        self.number = number


class _Reader:
    """csv.reader over lines that remembers which a row took."""

    def __init__(self, lines: _Lines, delimiter: str) -> None:
        csv.field_size_limit(LONGEST)
        self.taken: list[str] = []
        self._rows = csv.reader(self._taking(lines), delimiter=delimiter, strict=True)

    def _taking(self, lines: _Lines) -> Iterator[str]:
        for line in lines:
            self.taken.append(line)
            yield line

    def __next__(self) -> list[str]:
        return next(self._rows)


def _header(head: Sequence[str], known: Callable[[set[str]], bool], delimiter: str) -> tuple[str, int, list[str]]:
    """Delimiter, number of the header's line and its names: the first line with columns that are known, else the first that has several."""
    best: tuple[str, int, list[str]] | None = None
    for number, line in enumerate(head, 1):
        for one in (delimiter,) if delimiter else _DELIMITERS:
            try:
                names = next(csv.reader([line], delimiter=one), [])
            except csv.Error:
                continue
            if len(names) > _MOST_COLUMNS:
                raise Cut(number, f"more than {_MOST_COLUMNS:,} columns")
            if known({plain(name) for name in names}):
                return one, number, names
            if line.strip() and not line.startswith("#") and (best is None or len(names) > len(best[2])):
                best = one, number, names
    if best is None:
        raise Cut(1, "no header")
    return best


def _closes(lines: Sequence[str]) -> bool:
    """Whether the quotes of a row's lines come in pairs."""
    return sum(Counter(line)['"'] for line in lines) % 2 == 0


def _wrong(line: int, what: str, told: str, cells: Sequence[str], *, left_out: bool = False) -> WrongRow:
    shown = " | ".join(cell for cell in cells if cell)[:_SHOWN]
    return WrongRow(line=line, what=what, text=f"{told}: {shown}", left_out=left_out)
