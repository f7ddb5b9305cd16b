"""Addresses and keys, each kept once for all nights; rows of URLs and pages name them by number."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, ScalarSelect, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from auditor.store.schema import addresses

_AT_ONCE = 500
_KEEP = insert(addresses).on_conflict_do_nothing()
_NUMBERS = select(addresses.c.text, addresses.c.id).where(addresses.c.text.in_(bindparam("b_texts", expanding=True)))


def keep(connection: Connection, texts: Iterable[str]) -> None:
    """Those that are new are written."""
    if rows := [{"text": one} for one in dict.fromkeys(texts)]:
        connection.execute(_KEEP, rows)


def numbered(parameter: str) -> ScalarSelect[int]:
    """The number of the text that a statement is given under this name."""
    return select(addresses.c.id).where(addresses.c.text == bindparam(parameter)).scalar_subquery()


def numbers(connection: Connection, texts: Collection[str]) -> dict[str, int]:
    """By text; those that are new are written."""
    keep(connection, texts)
    return known(connection, texts)


def known(connection: Connection, texts: Collection[str]) -> dict[str, int]:
    """The numbers of those that were written, by text."""
    wanted, found = list(texts), dict[str, int]()
    for start in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(_NUMBERS, {"b_texts": wanted[start : start + _AT_ONCE]})
        found.update({row.text: row.id for row in rows})
    return found
