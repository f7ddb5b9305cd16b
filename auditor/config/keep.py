"""How long runs are kept: `30 nights, 12 months`."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from pydantic import BeforeValidator

_PART = re.compile(r"\s*(\d{1,5})\s*(nights?|days?|months?)\s*")


class Keep(msgspec.Struct, frozen=True):
    """All runs of the last so many nights that had one; of the time before, one run a month."""

    nights: int
    months: int = 0


def keep(text: str) -> Keep:
    """Raises ValueError with the mend."""
    found: dict[str, int] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part)
        kind = "" if match is None else "months" if match[2].startswith("month") else "nights"
        if match is None or kind in found:
            raise ValueError(f"'{text}' does not say what to keep; write it like 30 nights, 12 months")
        found[kind] = int(match[1])
    if not found.get("nights"):
        raise ValueError(f"'{text}' keeps no night; write it like 30 nights, 12 months")
    return Keep(found["nights"], found.get("months", 0))


def _checked(value: Any) -> Any:
    if isinstance(value, str) and value:
        keep(value)
    return value


KeepText = Annotated[str, BeforeValidator(_checked)]
