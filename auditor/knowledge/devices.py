"""Devices of the world as Playwright describes them; read by config when a name is none of the built-in ones."""

from __future__ import annotations

import re
from functools import cache

from auditor import paths
from auditor.knowledge.table import Row
from auditor.model.written import Source, Written


class DeviceRow(Written):
    id: str
    width: int
    height: int
    scale: float
    mobile: bool
    touch: bool
    platform: str = ""


class _Table(Row):
    devices: tuple[DeviceRow, ...]


@cache
def load() -> dict[str, DeviceRow]:
    table = Source.read(paths.rules() / "knowledge" / "devices.yaml").load(_Table)
    return {row.id: row for row in table.devices}


def identifier(name: str) -> str:
    """`iphone-15-pro` of "iPhone 15 Pro": as it stands in the table, in commands and in the store."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("+", " plus")).strip("-")
