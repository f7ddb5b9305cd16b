"""What a finding keeps and says: text and data that any store and report can hold, and the sentence made of them."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import msgspec

from auditor.model.finding import Observation

MAX_TEXT = 2000  # characters of any text a finding keeps
_MAX_ITEMS = 50  # of a list or mapping in a finding's data
_WIDEST = 2**63
_LISTED = 10  # items of a list in a sentence


def storable(observation: Observation) -> Observation:
    """The observation with text that any store and report can hold: whole characters, nothing huge, plain data."""
    return msgspec.structs.replace(
        observation,
        target=text(observation.target, None),
        page=text(observation.page, None),
        data=_plain(observation.data),
        excerpts=tuple(
            msgspec.structs.replace(one, text=text(one.text), where=text(one.where)) for one in observation.excerpts
        ),
    )


def text(text: str, limit: int | None = MAX_TEXT) -> str:
    """Half characters (lone surrogates, which JSON in a page may hold) become "?"."""
    return text[:limit].encode("utf-8", "replace").decode()


def _plain(value: Any) -> Any:
    match value:
        case str():
            return text(value)
        case None | bool() | float():
            return value
        case int() if abs(value) < _WIDEST:
            return value
        case dict():
            return {text(str(name)): _plain(one) for name, one in islice(value.items(), _MAX_ITEMS)}
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in islice(value, _MAX_ITEMS)]
        case _:
            return text(str(value))


def message(template: str, data: dict[str, Any]) -> str:
    """A rule's sentence with the data in it; what is not there is said to be unknown."""
    words = _Words({name: _word(value) for name, value in data.items() if value is not None})
    return template.format_map(words).strip()


class _Words(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"({name} unknown)"


def _word(value: Any) -> str:
    """A datum as it stands in a sentence: text folded and cut, the first of a list joined."""
    match value:
        case float():
            text = f"{value:g}" if abs(value) < 100_000 else f"{value:.0f}"
        case list():
            text = ", ".join(_word(one) for one in value[:_LISTED])
            text += f" and {len(value) - _LISTED} more" if len(value) > _LISTED else ""
            return text
        case dict():
            text = json.dumps(value, ensure_ascii=False)
        case _:
            text = " ".join(str(value).split())
    return text if len(text) <= 200 else text[:199] + "…"
