"""What a collector is handed, and how its script is run in the page: one evaluation for many, each answer checked against a type."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from playwright.sync_api import BrowserContext, Frame, Page

from auditor.config.devices import Device
from auditor.render.task import RenderSettings

T = TypeVar("T")
Question = tuple[str, Any]  # a script's name and its `arg`
_HERE = Path(__file__).parent
_SHARED = {
    "texts": ("money", "product"),
    "parts": ("money", "product", "hit"),
    "furniture": ("hit",),
    "paint": ("spot",),
    "reading": ("spot", "money"),
    "lingering": ("spot",),
    "options": ("spot", "product"),
    "focus": ("spot",),
    "dialogs": ("spot",),
    "moving": ("spot", "pause", "roots"),
    "freeze": ("roots",),
    "layout": ("roots", "still"),
    "areas": ("money",),
    "axe_part": ("axe_results",),
    "axe_finish": ("axe_results",),
}
_STATELESS = ("money", "spot")  # of the shared: scripts that run together share one copy


@dataclass(frozen=True)
class Look:
    """An open page, and what was asked for."""

    tab: Page
    context: BrowserContext
    device: Device
    settings: RenderSettings
    answers: dict[str, tuple[Any, str]] = field(default_factory=dict)  # script -> its arg and JSON, asked together

    def ask(self, name: str, arg: Any, answer: type[T]) -> T:
        """As `ask` in the page itself; what was asked together before is handed over once."""
        known = self.answers.pop(name, None)
        if known is not None and known[0] == arg:
            # what went wrong in there goes wrong again alone, and says how
            with contextlib.suppress(msgspec.MsgspecError, RecursionError, UnicodeError):
                return msgspec.json.decode(known[1], type=answer, strict=False)
        return ask(self.tab, name, arg, answer)

    def ask_together(self, questions: Sequence[Question]) -> None:
        """Runs scripts one after the other in a single round trip; what one of them lacks is asked again by its collector."""
        self.answers.clear()
        # as text: Playwright would take apart each arg and each answer, piece by piece
        args = msgspec.json.encode([arg for _, arg in questions]).decode()
        raw = self.tab.evaluate(f"({_together(tuple(name for name, _ in questions))})({args})")
        if isinstance(raw, list):
            pairs = zip(questions, raw, strict=False)
            self.answers.update({name: (arg, said) for (name, arg), said in pairs if isinstance(said, str)})


class Distorted(Exception):
    """The page's own scripts made a collector's answer unusable."""


@cache
def _source(name: str) -> str:
    """`name`.js without what only people read: it is sent with every page."""
    lines = (line.strip() for line in (_HERE / f"{name}.js").read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@cache
def script(name: str) -> str:
    """`name`.js as a function of `arg`, with what collectors share in front of it."""
    bodies = "\n".join(_source(part) for part in ("common", *_SHARED.get(name, ()), name))
    return f"async (arg) => {{\n'use strict';\n{bodies}\n}}"


@cache
def _together(names: tuple[str, ...]) -> str:
    """A function of the scripts' args, in their order: each answer as JSON, null of one that failed or was not come to."""
    used = {part for name in names for part in _SHARED.get(name, ())}
    outside = ["common", *(part for part in _STATELESS if part in used)]
    functions = (
        "async (arg) => {\n"
        + "\n".join(_source(part) for part in (*(p for p in _SHARED.get(name, ()) if p not in _STATELESS), name))
        + "\n}"
        for name in names
    )
    return "\n".join(
        (
            "async (args) => {\n'use strict';",
            *map(_source, outside),
            f"const scripts = [{', '.join(functions)}];",
            _source("together"),
            "}",
        )
    )


def ask(frame: Page | Frame, name: str, arg: Any, answer: type[T]) -> T:
    """Runs a script in the page. Raises Distorted where the answer has not the shape it should have."""
    raw = frame.evaluate(script(name), arg)
    try:
        return msgspec.convert(raw, answer, strict=False)
    except (msgspec.ValidationError, RecursionError, UnicodeError) as error:
        raise Distorted(f"the page's scripts distorted the answer: {str(error)[:160]}") from error
