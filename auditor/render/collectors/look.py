"""What a collector is handed, and how its script is run in the page: one evaluation, its answer checked against a type."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from playwright.sync_api import BrowserContext, Frame, Page

from auditor.config.devices import Device
from auditor.render.task import RenderSettings

T = TypeVar("T")
_HERE = Path(__file__).parent
_SHARED = {
    "texts": ("money", "product"),
    "parts": ("money", "product", "hit"),
    "furniture": ("hit",),
    "paint": ("spot",),
    "reading": ("spot", "money"),
    "options": ("spot", "product"),
    "axe_part": ("axe_results",),
    "axe_finish": ("axe_results",),
}


@dataclass(frozen=True)
class Look:
    """An open page, and what was asked for."""

    tab: Page
    context: BrowserContext
    device: Device
    settings: RenderSettings


class Distorted(Exception):
    """The page's own scripts made a collector's answer unusable."""


@cache
def script(name: str) -> str:
    """`name`.js as a function of `arg`, with what collectors share in front of it."""
    parts = ("common", *_SHARED.get(name, ()), name)
    bodies = "\n".join((_HERE / f"{part}.js").read_text("utf-8") for part in parts)
    return f"async (arg) => {{\n'use strict';\n{bodies}\n}}"


def ask(frame: Page | Frame, name: str, arg: Any, answer: type[T]) -> T:
    """Runs a script in the page. Raises Distorted where the answer has not the shape it should have."""
    raw = frame.evaluate(script(name), arg)
    try:
        return msgspec.convert(raw, answer, strict=False)
    except (msgspec.ValidationError, RecursionError, UnicodeError) as error:
        raise Distorted(f"the page's scripts distorted the answer: {str(error)[:160]}") from error
