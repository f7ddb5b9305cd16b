"""Libraries of scripts: where a page tells their release, and which releases have known holes."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source, Written

Number = tuple[int, ...]
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,6}){1,3}")


def number(text: str) -> Number | None:
    """`1.12.4` and what begins so; None for what is no release."""
    match = _NUMBER.match(text.removeprefix("v"))
    return tuple(int(part) for part in match[0].split(".")) if match else None


def _number(value: Any) -> Any:
    if not (isinstance(value, str) and (read := number(value))):
        raise ValueError('must be a release in quotes, as "1.12.4"')
    return read


class Hole(Written):
    below: Annotated[Number, BeforeValidator(_number)]
    since: Annotated[Number, BeforeValidator(_number)] = (0,)
    ids: tuple[str, ...]
    told_by: str = ""


class Library(Row):
    id: str
    name: str
    reads: tuple[str, ...] = ()
    has: str = ""
    lacks: str = ""
    files: tuple[str, ...] = ()
    holes: tuple[Hole, ...]

    def holes_of(self, release: Number) -> tuple[Hole, ...]:
        return tuple(one for one in self.holes if one.since <= release < one.below)


class _Table(Written):
    libraries: tuple[Library, ...]


@cache
def load() -> dict[str, Library]:
    """The table of rules/knowledge/releases.yaml by id; raises UsageError with file:line where it is wrong."""
    rows = Source.read(paths.rules() / "knowledge" / "releases.yaml").load(_Table).libraries
    return {row.id: row for row in rows}
