"""Environments of one shop in one config: `environments: {staging: {…}}` lies over the rest when that environment is chosen."""

from __future__ import annotations

import copy
from typing import Any

from auditor.model.errors import UsageError
from auditor.model.written import Source

NAMES = ("production", "staging", "preview")
_KEY = "environments"


def chosen(source: Source, wanted: str = "") -> Source:
    """The source with the chosen environment's part laid over the rest; `wanted` wins over what the file says.

    Mistakes in what was laid over keep their lines. Raises UsageError for environments that are none.
    """
    data = source.data
    parts = data.get(_KEY)
    name = wanted or str(data.get("environment") or "production")
    if _KEY not in data:
        return source
    if not isinstance(parts, dict):
        raise UsageError(f"'{_KEY}' must be a mapping (name: value)", where=source.where((_KEY,)))
    for one, part in parts.items():
        if one not in NAMES:
            raise UsageError(f"unknown environment '{one}'; known: {', '.join(NAMES)}", where=source.where((_KEY, one)))
        if not isinstance(part, dict | None):
            raise UsageError(f"'{_KEY}.{one}' must be a mapping (name: value)", where=source.where((_KEY, one)))
    laid = copy.copy(source)
    laid.data = _over({key: value for key, value in data.items() if key != _KEY}, parts.get(name) or {})
    laid.data["environment"] = name
    laid.lines = {place: line for place, line in source.lines.items() if place[:1] != (_KEY,)}
    laid.lines |= {place[2:]: line for place, line in source.lines.items() if place[:2] == (_KEY, name) and place[2:]}
    return laid


def _over(below: Any, above: Any) -> Any:
    """Mappings are merged key by key; anything else replaces what is below."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _over(below[key], value) if key in below else value for key, value in above.items()}}
