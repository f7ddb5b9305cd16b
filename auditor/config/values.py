"""How people write amounts in a config: `12m`, `2/s`, `95%`, `500 MB`, `${NAME}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from auditor.model.errors import UsageError
from auditor.model.written import Source

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ENVIRONMENT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _duration(value: Any) -> Any:
    """`90`, `90s`, `12m`, `1.5h` as seconds."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", value)
        if not match:
            raise ValueError(f"'{value}' is not a duration; write it like 90s, 12m or 2h")
        return float(match[1]) * _SECONDS[match[2] or "s"]
    return value


def _rate(value: Any) -> Any:
    """`2/s`, `30/m` or a plain number as requests a second."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*([smh]))?\s*", value)
        if not match or not float(match[1]):
            raise ValueError(f"'{value}' is not a rate; write it like 2/s or 30/m")
        return float(match[1]) / _SECONDS[match[2] or "s"]
    return value


def _share(value: Any) -> Any:
    """`95%` or `0.95` as 0.95."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", value)
        if not match:
            raise ValueError(f"'{value}' is not a share; write it like 95%")
        value = float(match[1]) / (100 if match[2] else 1)
    if isinstance(value, int | float) and not 0 <= value <= 1:
        raise ValueError(f"{value} is not a share; write it like 95% or 0.95")
    return value


def _size(value: Any) -> Any:
    """`500 MB`, `2GB` or a plain number as bytes."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(kB|KB|MB|GB|B|)\s*", value)
        if not match or not float(match[1]):
            raise ValueError(f"'{value}' is not a size; write it like 500 MB or 2 GB")
        value = int(float(match[1]) * {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9}[match[2].upper()])
    if isinstance(value, int) and not isinstance(value, bool) and value <= 0:
        raise ValueError(f"{value} is not a size; write it like 500 MB or 2 GB")
    return value


Duration = Annotated[float, BeforeValidator(_duration)]
Rate = Annotated[float, BeforeValidator(_rate)]
Size = Annotated[int, BeforeValidator(_size)]
Share = Annotated[float, BeforeValidator(_share)]


def expand(source: Source, environment: Mapping[str, str]) -> Any:
    """The source's data with `${NAME}` replaced; raises UsageError at the line of a name that is not set."""

    def walk(value: Any, place: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {key: walk(item, (*place, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item, (*place, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            for name in _ENVIRONMENT.findall(value):
                if name not in environment:
                    raise UsageError(
                        f"the environment variable {name} is not set",
                        where=source.where(place),
                        hint=f"export {name}=…",
                    )
            return _ENVIRONMENT.sub(lambda match: environment[match[1]], value)
        return value

    return walk(source.data, ())
