"""Reads JSON (an array somewhere in a document) and JSON Lines object by object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import ijson
from ijson.common import JSONError

from auditor.catalogue.row import LONGEST, Cut, Row, Rows
from auditor.knowledge.exports import plain
from auditor.model.expected import WrongRow

_PLACES = ("item", "products.item", "items.item", "data.item", "data.products.item", "results.item")
_MOST_CELLS = 500
_DEEP = 6
_SHOWN = 160


def lines(text: Iterable[str]) -> Rows:
    """JSON Lines: a line that is no object is wrong, the others are read all the same."""
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        if len(line) > 4 * LONGEST:
            yield WrongRow(line=number, what="long", text=f"more than {4 * LONGEST:,} characters", left_out=True)
            continue
        try:
            one = json.loads(line, parse_float=Decimal, parse_int=str)
        except (ValueError, RecursionError) as error:
            yield WrongRow(line=number, what="syntax", text=f"no JSON: {error}: {line.strip()[:_SHOWN]}", left_out=True)
            continue
        if isinstance(one, dict):
            yield Row(number, cells(one))
        else:
            yield WrongRow(line=number, what="syntax", text=f"no object: {line.strip()[:_SHOWN]}", left_out=True)


def items(stream: BinaryIO, place: str) -> Rows:
    """The objects of the array at `place` ("" : the document itself), numbered; what JSON gives no line to is told by its number."""
    number = 0
    try:
        for number, one in enumerate(ijson.items(stream, f"{place}.item" if place else "item"), 1):
            if isinstance(one, dict):
                yield Row(number, cells(one))
            else:
                yield WrongRow(line=number, what="syntax", text=f"no object: {str(one)[:_SHOWN]}", left_out=True)
    except JSONError as error:
        raise Cut(number + 1, f"no JSON from here: {' '.join(str(error).split())}"[:200]) from None
    if not number:
        raise Cut(0, f"no list of products at '{place}'" if place else "no list of products")


def place_of(stream: BinaryIO) -> str:
    """Where the first array of objects stands, as `items` wants it; "" for a document that is one."""
    try:
        for prefix, event, _ in ijson.parse(stream):
            if event == "start_map" and (prefix == "item" or prefix.endswith(".item")):
                return str(prefix).removesuffix("item").rstrip(".")
    except JSONError:
        return ""
    return ""


def cells(one: dict[str, Any]) -> dict[str, str]:
    """A nested object as columns: `price.amount`, `images.0.src`."""
    found: dict[str, str] = {}
    for name, text in _flat(one, "", 0):
        if len(found) >= _MOST_CELLS:
            break
        if text != "":
            found[plain(name)] = text
    return found


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _DEEP:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list) and depth < _DEEP:
        for index, inner in enumerate(value[:20]):
            yield from _flat(inner, f"{name}.{index}", depth + 1)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, str | int | float | Decimal):
        yield name, str(value)[:LONGEST]
