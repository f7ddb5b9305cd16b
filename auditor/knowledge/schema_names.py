"""Names of schema.org's types and properties: rdflib's, and our dated supplement of newer ones; read by checks of structured data."""

from __future__ import annotations

import difflib
from functools import cache

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source, Written

_SHORTEST = 5  # letters of a name that may be taken for a misspelt other one
_ALIKE = 0.87


class _Newer(Row):
    names: tuple[str, ...]


class _Table(Written):
    newer: tuple[_Newer, ...]


@cache
def names() -> frozenset[str]:
    """Every name known, types and properties together, in their own letter case."""
    from rdflib import SDO  # takes a third of a second

    table = Source.read(paths.rules() / "knowledge" / "schema_names.yaml").load(_Table)
    return frozenset(SDO.__annotations__) | {name for row in table.newer for name in row.names}


@cache
def _by_lower_case() -> dict[tuple[str, bool], str]:
    return {(name.lower(), _is_type(name)): name for name in names()}


@cache
def meant(name: str) -> str:
    """The known name that an unknown one is a misspelling of; "" where it is known, or like none (a pending or own word)."""
    if name in names() or len(name) > 80:
        return ""
    for kind in (_is_type(name), not _is_type(name)):
        if known := _by_lower_case().get((name.lower(), kind)):
            return known
    if len(name) < _SHORTEST:
        return ""
    same_kind = [known for known in names() if _is_type(known) is _is_type(name) and abs(len(known) - len(name)) < 3]
    return next(iter(difflib.get_close_matches(name, same_kind, 1, _ALIKE)), "")


def _is_type(name: str) -> bool:
    return not name[:1].islower()
