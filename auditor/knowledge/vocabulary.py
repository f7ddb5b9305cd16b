"""schema.org's vocabulary: which words there are, where properties belong and what they take; read by checks of structured data."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cache

import msgspec

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source, Written

_SHORTEST = 5  # letters of a name that may be taken for a misspelt other one
_ALIKE = 0.87
_UNITS = frozenset({"Text", "URL", "PronounceableText", "CssSelectorType", "XPathType"})


class Vocabulary(msgspec.Struct, frozen=True):
    """Types with their parents; properties with the types they belong to and those they take; enumerations with their members."""

    source: str
    checked: str
    types: dict[str, tuple[str, ...]]
    properties: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    members: dict[str, tuple[str, ...]]


class _Newer(Row):
    names: tuple[str, ...]


class _Table(Written):
    newer: tuple[_Newer, ...]


@cache
def load() -> Vocabulary:
    return msgspec.json.decode((paths.rules() / "knowledge" / "schema_org.json").read_bytes(), type=Vocabulary)


@cache
def names() -> frozenset[str]:
    """Every name known, types, properties and members together, in their own letter case."""
    known = load()
    newer = Source.read(paths.rules() / "knowledge" / "schema_names.yaml").load(_Table).newer
    members = {name for one in known.members.values() for name in one}
    return frozenset({*known.types, *known.properties, *members, *(name for row in newer for name in row.names)})


@cache
def _by_lower_case() -> dict[tuple[str, bool], str]:
    return {(name.lower(), _is_type(name)): name for name in names()}


@cache
def meant(name: str, *, as_type: bool | None = None) -> str:
    """The known name that an unknown one is a misspelling of; "" where it is known, or like none (a pending or own word).

    `as_type`: whether it stands where types do, or where properties do; None: either.
    """
    if len(name) > 80:
        return ""
    if name in names():
        return "" if as_type is not False else _as_property(name)
    own = _is_type(name) if as_type is None else as_type
    for kind in (own, not own) if as_type is None else (own,):
        if known := _by_lower_case().get((name.lower(), kind)):
            return known
    if len(name) < _SHORTEST:
        return ""
    same_kind = [known for known in names() if _is_type(known) is own and abs(len(known) - len(name)) < 3]
    return next(iter(difflib.get_close_matches(name, same_kind, 1, _ALIKE)), "")


def _as_property(name: str) -> str:
    """The property that a type's name stands for where properties do (Brand for brand); "" where it is one itself, or like none."""
    own = name[:1].lower() + name[1:]
    return own if name not in load().properties and name in load().types and own in load().properties else ""


@cache
def ancestors(name: str) -> frozenset[str]:
    """A type and all above it; empty for one that is not known."""
    found: set[str] = set()
    pending = [name] if name in load().types else []
    while pending:
        here = pending.pop()
        if here not in found:
            found.add(here)
            pending += load().types.get(here, ())
    return frozenset(found)


def is_a(types: Iterable[str], family: str) -> bool:
    """Whether one of the types is `family` or below it."""
    return any(name == family or family in ancestors(name) for name in types)


@cache
def belongs(name: str, types: tuple[str, ...]) -> bool:
    """Whether a known property may stand on one of these types; True where property or one of the types is not known."""
    entry = load().properties.get(name)
    if entry is None or not types or any(one not in load().types for one in types):
        return True
    above = frozenset().union(*(ancestors(one) for one in types))
    return not above.isdisjoint(entry[0])


def takes(name: str) -> tuple[str, ...]:
    """The types of values that a property takes; () where it is not known."""
    entry = load().properties.get(name)
    return entry[1] if entry else ()


@cache
def members_of(name: str) -> frozenset[str]:
    """The members that a property's value must be one of; empty where it takes anything else too."""
    wanted = takes(name)
    if not wanted or any("Enumeration" not in ancestors(one) for one in wanted):
        return frozenset()
    found: set[str] = set()
    for kind, listed in load().members.items():
        if not ancestors(kind).isdisjoint(wanted):
            found.update(listed)
    # An enumeration without listed members (a pending one) forbids nothing
    return frozenset(found)


def takes_text(name: str) -> bool:
    return not _UNITS.isdisjoint(takes(name))


def _is_type(name: str) -> bool:
    return not name[:1].islower()
