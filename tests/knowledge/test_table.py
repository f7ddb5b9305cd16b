"""Regular expressions of the tables: compiled when first asked, so here all of them are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from auditor import paths
from auditor.facts import money, price_words, prices
from auditor.knowledge import challenges, platforms
from auditor.knowledge.table import Regex
from auditor.model.late import Late
from auditor.model.written import plain


def late(value: Any) -> Iterator[Any]:
    """The regular expressions in a table as it is read, however deep."""
    if isinstance(value, Late):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from late(getattr(value, name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from late(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from late(part)


def tables() -> Iterator[tuple[str, Any]]:
    known = platforms.load()
    yield from ((one.id, one) for one in (*known, known.generic))
    yield "bot_protections", challenges.protections()


@pytest.mark.parametrize(("name", "table"), [pytest.param(name, table, id=name) for name, table in tables()])
def test_all_of_a_table_compile(name: str, table: Any) -> None:
    found = list(late(table))
    assert found, name
    for one in found:
        assert one.flags & re.IGNORECASE, one


@pytest.mark.parametrize("path", sorted((paths.rules() / "knowledge").glob("*.yaml")), ids=lambda path: path.stem)
def test_none_of_a_file_is_wrong(path: Path) -> None:
    """Whatever reads it: a text that looks like one is one."""
    for text in texts(plain(path)):
        if re.search(r"\\[bdsw]|\(\?|\[\^|\.\*", text):
            assert re.compile(text).flags


def test_those_of_prices_compile() -> None:
    found = [one for module in (price_words, money, prices) for one in vars(module).values() if isinstance(one, Late)]
    assert len(found) > 20
    for one in found:
        assert one.flags & re.UNICODE, one


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(part)


def test_one_is_as_good_as_a_compiled_one() -> None:
    one = TypeAdapter(Regex).validate_python("Sh(o)p")
    again = TypeAdapter(Regex).validate_python("Sh(o)p")
    assert one.pattern == "Sh(o)p"
    assert (one, hash(one)) == (again, hash(again))
    found = one.search("my shop")
    assert found is not None
    assert found[1] == "o"
    assert one.fullmatch("SHOP")
    assert one.match("a shop") is None
    assert one.sub("-", "shop shop") == "- -"
    assert [match.start() for match in one.finditer("shop shop")] == [0, 5]
    assert one.groups == 1
