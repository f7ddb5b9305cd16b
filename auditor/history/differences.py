"""In what two configs differ that may change what is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# How a result is judged and shown, and where it is fetched from, changes nothing of what is found
_BESIDE = frozenset({"gate", "report", "site", "resolve", "access", "host_map", "keep"})
_MOST = 20
_LONG = 80


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Lines like "render.browsers: chromium, firefox -> chromium", the first twenty."""
    if not before or not after:  # one of them was written by something that kept no config
        return []
    old, new = (
        dict(_flat({name: value for name, value in one.items() if name not in _BESIDE})) for one in (before, after)
    )
    changed = sorted(name for name in {**old, **new} if old.get(name) != new.get(name) and name != "rules.ignore")
    return [f"{name}: {_said(old.get(name))} -> {_said(new.get(name))}" for name in changed[:_MOST]]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _flat(one, f"{name}.{key}" if name else str(key))
    elif value not in (None, "", [], {}):
        yield name, value


def _said(value: Any) -> str:
    told = ", ".join(map(str, value)) if isinstance(value, list) else "nothing" if value is None else str(value)
    return told if len(told) <= _LONG else told[: _LONG - 1] + "…"
