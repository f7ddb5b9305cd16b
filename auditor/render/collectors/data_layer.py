"""Collects the data layer: a script that runs before the page's own keeps every push, and is asked for them at the end."""

from __future__ import annotations

from pathlib import Path

import msgspec
from playwright.sync_api import BrowserContext

from auditor.evidence.data_layer import DataLayer, Push
from auditor.render.collectors.look import Look, Question

QUESTION: Question = ("data_layer", None)


class _Kept(msgspec.Struct):
    pushes: tuple[tuple[float, str, str, bool], ...]
    cut: int


def watch(context: BrowserContext) -> None:
    """Call before the first tab is made."""
    context.add_init_script((Path(__file__).parent / "data_layer_watch.js").read_text("utf-8"))


def collect(look: Look, zero_ms: float) -> DataLayer:
    """`zero_ms`: when navigation began, milliseconds since 1970."""
    kept = look.ask(*QUESTION, _Kept)
    pushes = (
        Push(json=json, name=name[:100], at_ms=-1.0 if at < 0 else round(at - zero_ms, 1), cut=cut)
        for at, name, json, cut in kept.pushes
    )
    return DataLayer(tuple(pushes), kept.cut)
